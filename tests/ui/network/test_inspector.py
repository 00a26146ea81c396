from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import combinations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import (
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    Group,
    GroupNorm,
    Input,
    Linear,
    MaxPool2d,
    Opaque,
    ReLU,
    Residual,
)
from cnnstudio.blocks.group import grouped
from cnnstudio.compiler.inference import infer
from cnnstudio.editing.replacement import replacement
from cnnstudio.graph import BLOCKS, Graph, Node, Sketch, parameters
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.inspector import InspectorPanel, shared
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import DARK, LIGHT, theme
from cnnstudio.ui.widgets.editors import TextEditor
from cnnstudio.ui.widgets.fix_button import FixButton
from cnnstudio.zoo import transfer

Show = Callable[..., InspectorPanel]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def made(graph: Graph, *selection: str) -> InspectorPanel:
        panel = InspectorPanel(Document(Project(graph)), Run())
        qtbot.addWidget(panel)
        panel.resize(320, 900)
        panel.document.select(selection)
        with qtbot.waitActive(panel):
            panel.show()
        return panel

    return made


def small() -> Graph:
    draw = Sketch()
    x = draw.chain(draw(Input((3, 32, 32))), Conv2d(64, 3, padding=1), ReLU(), Conv2d(8, 3, stride=2))
    draw.chain(x, Residual(8), Flatten(), Linear(10))
    return draw.graph()


def type_into(qtbot: QtBot, panel: InspectorPanel, name: str, text: str) -> TextEditor:
    assert panel.form is not None
    field = panel.form.editor(name)
    assert isinstance(field, TextEditor)
    field.field.setFocus()
    field.line.selectAll()
    qtbot.keyClicks(field.field, text)
    return field


def test_typing_edits_the_block_in_one_step(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    document = panel.document
    field = type_into(qtbot, panel, "out_channels", "1")
    qtbot.waitUntil(lambda: document.graph["conv1"].block == Conv2d(1, 3, padding=1))
    qtbot.keyClicks(field.field, "28")
    qtbot.waitUntil(lambda: document.graph["conv1"].block == Conv2d(128, 3, padding=1))
    assert document.undo_stack.count() == 1 and document.undo_stack.undoText() == "Set out_channels of conv1"
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    qtbot.keyClick(field.field, Qt.Key.Key_Up)
    assert document.graph["conv1"].block == Conv2d(129, 3, padding=1) and document.undo_stack.count() == 2
    document.undo_stack.undo()
    qtbot.waitUntil(lambda: field.line.text() == "128")


def test_a_value_out_of_range_is_refused_in_place(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    field = type_into(qtbot, panel, "stride", "0")
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert panel.document.graph == small()
    assert panel.form is not None and panel.form.rows["stride"].sentence.isVisible()


def test_what_is_half_typed_goes_to_its_own_node(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    type_into(qtbot, panel, "out_channels", "5")
    panel.document.select(("conv2",))
    assert panel.document.graph["conv1"].block == Conv2d(5, 3, padding=1)
    qtbot.wait(200)
    assert panel.document.graph["conv2"].block == Conv2d(8, 3, stride=2)


def test_it_shows_what_comes_out_with_the_numbers(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv2")
    text = panel.outcome.text.text().replace("\u00a0", " ")
    assert "64 × 32 × 32" in text and "<b>8 × 15 × 15</b>" in text and "4,616" in text
    assert "Receptive field" not in text  # which comes a little later
    assert "Kept for backward" in text and "7.03 KiB" in text  # 8 × 15 × 15 numbers, which block1 reads again
    qtbot.waitUntil(lambda: "5 × 5" in panel.outcome.text.text().replace("\u00a0", " "))
    assert "Begins at pixel" in panel.outcome.text.text() and ">−1<" in panel.outcome.text.text()
    qtbot.waitUntil(panel.formula.isVisible)
    arithmetic = panel.formula.text.text().replace("\u00a0", " ")
    assert "⌊(32 + 2·0 − 1·(3 − 1) − 1) / 2⌋ + 1" in arithmetic and "<b>15</b>" in arithmetic
    assert "Slide small learned filters" in panel.theory.text.text()


def test_it_can_show_where_a_pixel_goes_instead(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv2")
    panel.forward.click()
    text = panel.outcome.text.text().replace("\u00a0", " ")
    assert "Pixel 16, 16 reaches" in text and "2 × 2" in text and "Receptive field" not in text
    panel.forward.click()
    assert "Receptive field" in panel.outcome.text.text()


def test_it_says_what_is_not_known_and_what_is_seen_besides(show: Show, qtbot: QtBot) -> None:
    draw = Sketch()
    norm = draw.chain(draw(Input((3, 8, 8))), GroupNorm(3))
    unknown = draw(Opaque("torch.flip"), norm)
    panel = show(draw.graph(), norm)
    qtbot.waitUntil(lambda: "normalisation on the way" in panel.outcome.text.text())
    panel.document.select((unknown,))
    qtbot.waitUntil(lambda: "not known" in panel.outcome.text.text())


def test_the_numbers_follow_an_edit(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv2")
    panel.document.edit_graph("Stride", panel.document.graph.replace("conv2", Conv2d(8, 3)))
    qtbot.waitUntil(lambda: "<b>30</b>" in panel.formula.text.text())


def test_a_node_is_renamed_and_stays_selected(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    name = panel.header.name
    name.setFocus()
    name.selectAll()
    qtbot.keyClicks(name, "stem")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert "stem" in panel.document.graph and panel.document.selection == ("stem",)
    assert panel.document.undo_stack.undoText() == "Rename conv1 to stem"


@pytest.mark.parametrize(("name", "words"), [("conv2", "already"), ("class", "Python"), ("2d", "letters"), ("", "")])
def test_a_name_that_cannot_be_is_refused_in_a_sentence(show: Show, qtbot: QtBot, name: str, words: str) -> None:
    panel = show(small(), "conv1")
    field = panel.header.name
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, name)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert panel.document.graph == small()
    assert panel.header.refusal.isVisible() and words in panel.header.refusal.text()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "conv1" and not panel.header.refusal.isVisible()


def test_several_of_a_kind_are_edited_together(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1", "conv2")
    assert panel.header.title.text() == "2 blocks" and panel.form is not None
    channels = panel.form.editor("out_channels")
    assert isinstance(channels, TextEditor) and channels.line.placeholderText() == "—"
    type_into(qtbot, panel, "out_channels", "12")
    qtbot.waitUntil(lambda: panel.document.graph["conv2"].block == Conv2d(12, 3, stride=2))
    assert panel.document.graph["conv1"].block == Conv2d(12, 3, padding=1)
    panel.document.undo_stack.undo()
    assert panel.document.graph == small()


def test_nodes_of_several_kinds_are_edited_in_what_they_share(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1", "fc1")
    assert panel.form is not None and list(panel.form.rows) == ["bias"]
    assert "in common" in panel.theory.text.text()
    qtbot.keyClick(panel.form.editor("bias").focusProxy(), Qt.Key.Key_Space)
    graph = panel.document.graph
    assert (graph["conv1"].block, graph["fc1"].block) == (
        dataclasses.replace(small()["conv1"].block, bias=False),
        dataclasses.replace(small()["fc1"].block, bias=False),
    )
    assert graph["conv2"] == small()["conv2"]
    panel.document.undo_stack.undo()
    assert panel.document.graph == small()


def test_kinds_with_nothing_in_common_say_so(show: Show) -> None:
    for kind, other in (("conv1", "relu1"), ("conv1", "input1")):
        panel = show(small(), kind, other)
        assert panel.form is None and "Conv2d" in panel.header.kind.text()
        assert "no parameter in common" in panel.theory.text.text()


def test_many_kinds_are_named_in_part(show: Show) -> None:
    draw = Sketch()
    draw.chain(draw(Input((3, 8, 8))), Conv2d(4), ReLU(), MaxPool2d(2), Flatten(), Linear(3))
    panel = show(draw.graph(), *draw.graph().nodes)
    assert panel.header.kind.text() == "Conv2d, Flatten, Input, Linear and 2 more"


def test_any_kinds_together_have_a_form_of_what_they_share_or_none() -> None:
    for one, other in combinations(BLOCKS.values(), 2):
        both = shared((one, other))
        assert set(both) == set(shared((other, one)))
        for name in both:
            (first,), (second,) = ([p for p in parameters(kind) if p.name == name] for kind in (one, other))
            assert first.type == second.type


def test_with_nothing_selected_it_shows_the_network(show: Show, qtbot: QtBot) -> None:
    panel = show(small())
    totals = panel.document.analysis.totals
    assert totals is not None and f"{totals.parameters:,}" in panel.outcome.text.text()
    panel.document.edit_graph("Break", panel.document.graph.replace("conv1", Conv2d(64, groups=2)))
    qtbot.waitUntil(lambda: "error" in panel.header.kind.text())
    assert f"{totals.parameters:,}" not in panel.outcome.text.text()


def test_frozen_parameters_are_told_apart(show: Show, qtbot: QtBot) -> None:
    panel = show(transfer(), "backbone1")
    assert "of these frozen" in panel.outcome.text.text() and panel.outcome.text.text().count("927,008") == 2
    panel.document.select(())
    qtbot.waitUntil(lambda: "932,778" in panel.outcome.text.text())
    assert "927,008" in panel.outcome.text.text()
    free = dataclasses.replace(panel.document.graph["backbone1"].block, frozen=False)
    panel.document.edit_graph("Thaw", panel.document.graph.replace("backbone1", free))
    qtbot.waitUntil(lambda: "frozen" not in panel.outcome.text.text())


def test_a_problem_can_be_put_right_here(show: Show, qtbot: QtBot) -> None:
    panel = show(small().replace("conv1", Conv2d(64, 3, padding=1, groups=2)), "conv1")
    button = next(button for button in panel.findChildren(FixButton) if "groups" in button.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert panel.document.graph == small()
    qtbot.waitUntil(lambda: not any("groups" in row.sentence.text() for row in panel.rows))


def test_a_composite_opens_and_its_inside_is_read_only(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "block1")
    qtbot.mouseClick(panel.header.open_button, Qt.MouseButton.LeftButton)
    assert panel.document.scope == ("block1",)
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: panel.form is not None and panel.form.declaration is Conv2d)
    assert "inside of block1" in panel.sentence.text() and panel.sentence.isVisible()
    field = type_into(qtbot, panel, "out_channels", "9")
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    assert panel.document.graph == small() and panel.header.name.isReadOnly()


def test_a_composite_is_ungrouped_in_one_step(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "block1")
    before = panel.document.analysis.totals
    qtbot.mouseClick(panel.header.ungroup_button, Qt.MouseButton.LeftButton)
    graph = panel.document.graph
    assert "block1" not in graph and "block1_conv1" in graph
    assert panel.document.analysis.totals is not None and before is not None
    assert panel.document.analysis.totals.parameters == before.parameters
    assert set(panel.document.selection) == {name for name in graph.nodes if name.startswith("block1_")}
    panel.document.undo_stack.undo()
    assert panel.document.graph == small()


def test_replacing_keeps_what_both_have(show: Show) -> None:
    panel = show(small(), "conv2")
    panel.header.fill_menu()
    menus = panel.header.menu.findChildren(QMenu)
    action = next(a for menu in menus for a in menu.actions() if a.text() == "ConvTranspose2d")
    action.trigger()
    assert panel.document.graph["convtranspose1"].block == ConvTranspose2d(8, 3, stride=2)
    assert panel.document.selection == ("convtranspose1",)
    assert panel.document.undo_stack.undoText() == "Replace conv2 by ConvTranspose2d"
    assert not any(a.text() in ("Add", "Input") for menu in menus for a in menu.actions())


def test_blocks_of_different_kinds_and_those_of_a_person_s_own_can_be_replaced_together(show: Show) -> None:
    body = Graph.of((Node("input1", Input()), Node("conv1", Conv2d(8), ("input1",))))
    panel = show(small(), "relu1", "conv1", "conv2")
    panel.document.library.keep(Group("Stem", body))
    panel.document.select(("conv2", "relu1"))
    panel.update_now()
    assert not panel.header.replace_button.isHidden()
    panel.header.fill_menu()
    offered = {menu.title(): [a.text() for a in menu.actions()] for menu in panel.header.menu.findChildren(QMenu)}
    assert offered["Mine"] == ["Stem"]
    assert "Conv2d" in offered["Convolution"] and "ReLU" in offered["Activation"]
    mine = next(menu for menu in panel.header.menu.findChildren(QMenu) if menu.title() == "Mine")
    mine.actions()[0].trigger()
    assert sorted(panel.document.selection) == ["group1", "group2"]
    panel.document.undo_stack.undo()
    assert panel.document.graph == small()
    assert set(panel.document.selection) == {"conv2", "relu1"}
    panel.document.select(("conv2", "input1"))
    panel.update_now()
    assert panel.header.replace_button.isHidden()


def test_a_value_the_other_block_cannot_take_is_left_out() -> None:
    assert replacement(Conv2d(8, 3, padding="same"), ConvTranspose2d) == ConvTranspose2d(8, 3)
    assert replacement(Conv2d(8), BatchNorm2d) == BatchNorm2d()


def test_a_node_that_is_gone_leaves_the_network(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    panel.document.edit_graph("Remove", panel.document.graph.remove("conv1", heal=True))
    qtbot.waitUntil(lambda: panel.header.title.text() == "Network")


def test_the_keyboard_goes_to_the_first_field(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    panel.setFocus()
    assert panel.form is not None and panel.form.editor("out_channels").focusProxy().hasFocus()


def test_texts_take_the_colours_of_another_theme(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    try:
        theme.use(DARK)
        qtbot.waitUntil(lambda: DARK.muted in panel.outcome.text.text() and DARK.muted in panel.formula.text.text())
        assert LIGHT.muted not in panel.outcome.text.text()
    finally:
        theme.use(LIGHT)


def test_a_refused_name_is_forgotten_when_another_node_is_selected(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    field = panel.header.name
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "two words")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert panel.header.refusal.isVisible()
    panel.document.select(("conv2",))
    qtbot.waitUntil(lambda: field.text() == "conv2" and not panel.header.refusal.isVisible())
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: field.text() == "conv1")
    assert panel.document.graph == small()


def test_spaces_round_a_name_do_not_count(show: Show, qtbot: QtBot) -> None:
    panel = show(small(), "conv1")
    field = panel.header.name
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_End)
    qtbot.keyClicks(field, "  ")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "conv1" and panel.document.undo_stack.count() == 0


def folded() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((3, 8, 8))), Conv2d(4, 3, padding=1), ReLU(), Conv2d(6, 3), Flatten(), Linear(3))
    graph = draw.graph()
    return grouped(graph, ("conv1", "relu1"), infer(graph).shape, "Stem")[0]


def test_inside_a_group_of_ones_own_the_parts_can_be_edited(show: Show, qtbot: QtBot) -> None:
    panel = show(folded(), "group1")
    document = panel.document
    qtbot.mouseClick(panel.header.open_button, Qt.MouseButton.LeftButton)
    assert document.scope == ("group1",) and not document.is_read_only
    document.select(("conv1",))
    qtbot.waitUntil(lambda: panel.form is not None and panel.form.declaration is Conv2d)
    field = type_into(qtbot, panel, "out_channels", "5")
    qtbot.keyClick(field.field, Qt.Key.Key_Return)
    group = document.graph["group1"].block
    assert isinstance(group, Group) and group.body["conv1"].block == Conv2d(5, 3, padding=1)
    assert document.undo_stack.undoText() == "Set out_channels of conv1" and not panel.sentence.isVisible()


def test_inside_a_group_a_misfit_is_said_where_it_is(show: Show, qtbot: QtBot) -> None:
    panel = show(folded(), "group1")
    panel.document.enter(("group1",))
    panel.document.select(("conv1",))
    panel.document.edit_graph("Break", panel.document.view_graph.replace("conv1", Conv2d(4, groups=2)))
    qtbot.waitUntil(lambda: "2 groups must divide" in panel.outcome.text.text())


def test_a_group_has_a_name_to_type_and_a_body_to_draw(show: Show) -> None:
    panel = show(folded(), "group1")
    assert panel.form is not None and list(panel.form.rows) == ["label", "repeat", "frozen"]


def test_an_empty_network_has_hints_and_no_figures(show: Show) -> None:
    panel = show(Graph())
    assert panel.header.kind.text() == "Empty" and not panel.outcome.isVisible()
    assert "palette" in panel.theory.text.text()


# groups of one's own


def offered(panel: InspectorPanel, *exposed: str) -> Group:
    """The group of the panel's document, made to offer these parameters."""
    document = panel.document
    block = document.graph["group1"].block
    assert isinstance(block, Group)
    document.edit_graph("Offer", document.graph.replace("group1", dataclasses.replace(block, exposed=exposed)))
    return block


def ticks(menu: QMenu) -> dict[str, QAction]:
    return {action.text(): action for action in menu.actions() if action.isCheckable()}


def test_what_a_group_offers_is_edited_on_it(show: Show, qtbot: QtBot) -> None:
    panel = show(folded(), "group1")
    assert not panel.exposed.forms
    offered(panel, "conv1.out_channels", "conv1.kernel_size")
    qtbot.waitUntil(lambda: bool(panel.exposed.forms))
    form = panel.exposed.forms["conv1"]
    assert list(form.rows) == ["out_channels", "kernel_size"]
    form.editor("out_channels").give(5)
    group = panel.document.graph["group1"].block
    assert isinstance(group, Group) and group.body["conv1"].block == Conv2d(5, 3, padding=1)
    assert panel.document.undo_stack.undoText() == "Set conv1.out_channels of group1"
    panel.document.undo_stack.undo()
    qtbot.waitUntil(lambda: panel.exposed.forms["conv1"].editor("out_channels").value == 4)


def test_what_a_group_offers_is_ticked_on_it(show: Show, qtbot: QtBot) -> None:
    panel = show(folded(), "group1")
    panel.exposed.fill_menu()
    menus = {action.text(): action.menu() for action in panel.exposed.menu.actions()}
    assert list(menus) == ["conv1"]  # an Input's size is what enters, and ReLU has none
    ticks(menus["conv1"])["out_channels"].trigger()
    qtbot.waitUntil(lambda: "conv1" in panel.exposed.forms)
    group = panel.document.graph["group1"].block
    assert isinstance(group, Group) and group.exposed == ("conv1.out_channels",)
    panel.exposed.fill_menu()
    (menu,) = [action.menu() for action in panel.exposed.menu.actions()]
    assert ticks(menu)["out_channels"].isChecked()
    ticks(menu)["out_channels"].trigger()
    qtbot.waitUntil(lambda: not panel.exposed.forms)
    assert panel.document.graph["group1"].block.values["exposed"] == ()


def test_inside_a_group_a_parameter_is_offered_on_it(show: Show, qtbot: QtBot) -> None:
    panel = show(folded(), "group1")
    panel.document.enter(("group1",))
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: "group1" in panel.exposed.choose.toolTip() and panel.exposed.isVisible())
    panel.exposed.fill_menu()
    ticks(panel.exposed.menu)["bias"].trigger()
    assert panel.document.graph["group1"].block.values["exposed"] == ("conv1.bias",)
    assert panel.document.scope == ("group1",)
    panel._rename("first")
    assert panel.document.graph["group1"].block.values["exposed"] == ("first.bias",)
    panel.document.enter(())
    panel.document.select(("conv2",))
    qtbot.waitUntil(lambda: not panel.exposed.isVisible())


def test_a_group_is_named_repeated_and_kept(show: Show, qtbot: QtBot) -> None:
    panel = show(folded(), "group1")
    assert panel.form is not None
    panel.form.editor("label").give("Fine stem")
    panel.form.editor("repeat").give(2)
    block = panel.document.graph["group1"].block
    assert isinstance(block, Group) and block.brief() == "Fine stem × 2"
    with qtbot.waitSignal(panel.document.said) as said:
        qtbot.mouseClick(panel.header.keep_button, Qt.MouseButton.LeftButton)
    assert said.args[0].startswith("Fine stem is in your library")
    assert [kept.group for kept in panel.document.library.groups] == [block]


def test_only_a_group_can_be_kept(show: Show, qtbot: QtBot) -> None:
    panel = show(folded(), "group1")
    assert panel.header.keep_button.isVisible()
    panel.document.select(("conv2",))
    qtbot.waitUntil(lambda: not panel.header.keep_button.isVisible())


def test_inside_a_repeated_group_it_is_said_that_all_copies_change(show: Show, qtbot: QtBot) -> None:
    panel = show(folded(), "group1")
    document = panel.document
    document.enter(("group1",))
    qtbot.waitUntil(lambda: panel.header.title.text() == "group1")
    assert not panel.sentence.isVisible()
    document.enter(())
    block = dataclasses.replace(document.graph["group1"].block, repeat=3)
    document.edit_graph("Repeat", document.graph.replace("group1", block))
    document.enter(("group1",))
    qtbot.waitUntil(lambda: "one of the 3 copies" in panel.sentence.text() and panel.sentence.isVisible())
