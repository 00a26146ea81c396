"""Another name for what is selected, written where the name stands."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest

from cnnstudio.graph import Note
from cnnstudio.layout.metrics import WIDTH
from cnnstudio.project import Project, read
from cnnstudio.resources import resource
from cnnstudio.ui.canvas.inline_edit import NoteField, TitleField


def field(view) -> TitleField:
    (found,) = (each for each in view.viewport().findChildren(TitleField) if each.isVisible())
    return found


def test_the_name_is_written_over_itself_as_one_step(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1",))
    hand.view.rename()
    over = field(hand.view)
    body = hand.view.mapFromScene(hand.view.scene_item("conv1").body).boundingRect()
    assert body.intersects(QRect(over.geometry()))
    assert over.selectedText() == "conv1"
    QTest.keyClicks(over, "mutd")  # each of them a command of the canvas
    QTest.keyClick(over, Qt.Key.Key_Return)
    assert tuple(hand.graph.nodes) == ("input1", "mutd", "relu1", "conv2")
    assert hand.document.undo_stack.count() == 1
    assert hand.document.undo_stack.undoText() == "Rename conv1 to mutd"
    assert hand.document.selection == ("mutd",)
    assert hand.view.hasFocus()
    hand.document.undo_stack.undo()
    assert hand.document.selection == ("conv1",)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("relu1", "already a block called relu1"),
        ("2 b", "is no name"),
        ("", "is no name"),
        ("class", "Python language"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_words(hand_on, chain, name, sentence):
    hand = hand_on(chain)
    hand.document.select(("conv1",))
    hand.view.rename()
    field(hand.view).setText(name)
    QTest.keyClick(field(hand.view), Qt.Key.Key_Return)
    assert sentence in hand.said[-1]
    assert hand.graph == chain
    assert field(hand.view).text() == name, "what was typed is there to be put right"
    field(hand.view).setText("other")
    QTest.keyClick(field(hand.view), Qt.Key.Key_Return)
    assert tuple(hand.graph.nodes) == ("input1", "other", "relu1", "conv2")


def test_a_refused_name_is_given_up_by_escape_or_a_click_elsewhere(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1",))
    for leave in (lambda over: QTest.keyClick(over, Qt.Key.Key_Escape), lambda over: hand.view.setFocus()):
        hand.view.rename()
        over = field(hand.view)
        over.setText("stag 9!")
        QTest.keyClick(over, Qt.Key.Key_Return)
        assert over.isVisible()
        assert over.hasFocus()
        leave(over)
        assert over.isHidden()
        assert hand.graph == chain


def test_a_refused_title_stays_to_be_put_right(hand_on, chain):
    hand = hand_on(chain.frame(("conv1", "relu1"), "Stem"))
    hand.document.select(("conv1", "relu1"))
    hand.view.rename()
    over = field(hand.view)
    over.clear()
    QTest.keyClick(over, Qt.Key.Key_Return)
    assert hand.said == ["A frame needs a title."]
    assert over.isVisible()
    over.setText("Body")
    QTest.keyClick(over, Qt.Key.Key_Return)
    assert hand.graph.frames[0].title == "Body"


def test_escape_leaves_the_name(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1",))
    hand.view.rename()
    QTest.keyClicks(field(hand.view), "other")
    QTest.keyClick(field(hand.view), Qt.Key.Key_Escape)
    assert hand.graph == chain
    assert hand.document.selection == ("conv1",)


def test_a_node_out_of_view_is_brought_into_it_first(hand_on, chain):
    hand = hand_on(chain.move({"conv2": (9_000.0, 9_000.0)}))
    hand.document.select(("conv2",))
    hand.view.rename()
    assert hand.view.viewport().rect().contains(field(hand.view).geometry())


@pytest.mark.parametrize("zoom", [0.3, 0.4, 0.6, 1.0, 2.0])
def test_it_is_written_over_the_name_at_every_zoom(hand_on, chain, zoom):
    hand = hand_on(chain)
    hand.view.zoom_by(zoom)
    item = hand.view.scene_item("conv1")
    hand.document.select(("conv1",))
    hand.view.rename()
    over = field(hand.view).geometry()
    line = hand.view.mapFromScene(item.name_line(hand.view.zoom)).boundingRect()
    assert over.adjusted(0, -1, 0, 1).contains(line.center())
    assert abs(over.center().y() - line.center().y()) <= 1
    if zoom < 0.35:
        assert abs(over.center().x() - hand.view.mapFromScene(item.body).boundingRect().center().x()) <= 1
    else:
        assert over.left() + 10 == line.left()


def test_a_name_takes_all_the_room_of_its_card_from_afar(hand_on):
    hand = hand_on(read(resource("examples", "small_resnet.cnn")).graph)
    for name in hand.graph.nodes:
        item = hand.view.scene_item(name)
        (place, text, _, _), *_ = item._layout_texts(0)
        assert text.text() == name
        assert place.x() + text.size().width() < WIDTH


def test_what_is_meant_is_the_node_the_frame_or_the_note(hand_on, chain):
    hand = hand_on(chain.frame(("conv1", "relu1"), "Stem").add_note(Note("a note")))
    hand.document.select(("conv1", "relu1"))
    hand.view.rename()
    assert field(hand.view).text() == "Stem"
    QTest.keyClick(field(hand.view), Qt.Key.Key_Escape)
    hand.view.select_notes(hand.graph.notes)
    hand.view.rename()
    (written,) = hand.view.viewport().findChildren(NoteField)
    QTest.keyClick(written, Qt.Key.Key_Escape)
    hand.view.select_none()
    hand.view.rename()
    assert "Select one block" in hand.said[-1]
    hand.view.step(1)
    hand.view.turn_selected()
    hand.view.rename()
    assert field(hand.view).text() == "input1", "the node that the keyboard is on"


def test_f2_renames_and_the_menus_know_it(qtbot, window, tiny_graph):
    window.document.open(Project(tiny_graph), None)
    window.commands.refresh()
    assert not window.commands.bound["rename"].isEnabled()
    window.document.select(("conv1",))
    qtbot.waitUntil(window.commands.bound["rename"].isEnabled)
    window.activateWindow()
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_F2)
    qtbot.keyClicks(field(window.canvas), "first")
    qtbot.keyClick(field(window.canvas), Qt.Key.Key_Return)
    assert "first" in window.document.graph
    window.document.enter(())
