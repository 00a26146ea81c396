"""Notes on the canvas: written, moved, sized, coloured, copied and found, a step of undo each, and harmless."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Group
from cnnstudio.graph import Graph, Note
from cnnstudio.graph.annotations import HUES, LONGEST_NOTE, SMALLEST
from cnnstudio.layout.metrics import SNAP
from cnnstudio.project import dumps, loads
from cnnstudio.ui.canvas.inline_edit import NoteField
from cnnstudio.ui.canvas.scene.note_item import inner, laid_out, rect_of
from cnnstudio.ui.theme import DARK, LIGHT, theme

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
ONE = Note("Why *here*?", (300.0, 180.0), (240.0, 100.0))
TWO = Note("# Two\n\nA [page](https://example.org/a) to read.", (620.0, 180.0), (200.0, 100.0), HUES[1])


@pytest.fixture
def noted(chain: Graph) -> Graph:
    """The chain with two notes below it."""
    return chain.add_note(ONE).add_note(TWO)


def middle(note: Note) -> QPointF:
    return rect_of(note).center()


def field(hand) -> NoteField:
    (found,) = (each for each in hand.view.viewport().findChildren(NoteField) if each.isVisible())
    return found


def fields(hand) -> list[NoteField]:
    return [each for each in hand.view.viewport().findChildren(NoteField) if each.isVisible()]


def steps(hand) -> list[str]:
    stack = hand.document.undo_stack
    return [stack.text(index) for index in range(stack.count())]


def seen(hand) -> np.ndarray:
    QApplication.processEvents()
    image = hand.view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].astype(int)


# writing


def test_a_note_is_written_in_place(hand_on, chain):
    hand = hand_on(chain)
    hand.view.ask_note(QPointF(400.0, 230.0))
    QTest.keyClicks(field(hand), "Halve it")
    QTest.keyClick(field(hand), Qt.Key.Key_Return)
    QTest.keyClicks(field(hand), "here")
    assert hand.graph == chain, "it is not there before it is kept"
    QTest.keyClick(field(hand), Qt.Key.Key_Return, CTRL)
    (note,) = hand.graph.notes
    assert note.text == "Halve it\nhere"
    assert middle(note) == QPointF(400.0, 230.0)
    assert steps(hand) == ["Add a note"]
    assert hand.view.scene().notes.chosen == {note}
    assert hand.view.hasFocus()
    hand.document.undo_stack.undo()
    assert hand.graph == chain


def test_a_new_note_lies_where_nothing_covers_it(hand_on, noted):
    hand = hand_on(noted)
    for words in ("one", "two"):
        hand.view.ask_note()
        QTest.keyClicks(field(hand), words)
        field(hand).ending.keep()
    *others, first, second = hand.graph.notes
    for note in (first, second):
        assert not hand.view.scene().hit_test.nodes_in(rect_of(note))
        assert not any(rect_of(note).intersects(rect_of(other)) for other in others)
    assert not rect_of(first).intersects(rect_of(second))


def test_a_note_without_a_text_is_none_and_escape_gives_up(hand_on, chain):
    hand = hand_on(chain)
    hand.view.ask_note()
    QTest.keyClicks(field(hand), "  ")
    QTest.keyClick(field(hand), Qt.Key.Key_Return, CTRL)
    hand.view.ask_note()
    QTest.keyClicks(field(hand), "never mind")
    QTest.keyClick(field(hand), Qt.Key.Key_Escape)
    assert hand.graph == chain
    assert not steps(hand)
    assert not fields(hand)


def test_a_double_click_writes_in_it_and_a_click_elsewhere_keeps(hand_on, noted):
    hand = hand_on(noted)
    hand.double_click(middle(ONE))
    assert field(hand).toPlainText() == ONE.text
    QTest.keyClicks(field(hand), " Yes.")
    hand.view.setFocus()
    assert [note.text for note in hand.graph.notes] == ["Why *here*? Yes.", TWO.text]
    assert steps(hand) == ["Write a note"]
    assert not fields(hand)


def test_enter_writes_in_the_selected_note(hand_on, noted):
    hand = hand_on(noted)
    hand.click(middle(ONE))
    hand.key(Qt.Key.Key_Return)
    assert field(hand).toPlainText() == ONE.text


def test_a_text_that_does_not_fit_makes_the_note_higher(hand_on, noted):
    hand = hand_on(noted)
    hand.view.edit_note(ONE)
    field(hand).setPlainText("line\n\n" * 40)
    field(hand).ending.keep()
    assert hand.graph.notes[0].size[0] == 240.0
    assert hand.graph.notes[0].size[1] > 400.0
    assert len(steps(hand)) == 1


def test_a_note_left_without_a_text_is_gone(hand_on, noted):
    hand = hand_on(noted)
    hand.view.edit_note(ONE)
    field(hand).clear()
    QTest.keyClick(field(hand), Qt.Key.Key_Return, CTRL)
    assert hand.graph.notes == (TWO,)
    hand.document.undo_stack.undo()
    assert hand.graph == noted


def test_the_field_has_an_undo_of_its_own(hand_on, noted):
    hand = hand_on(noted)
    hand.document.edit_graph("Move", hand.graph.move({"conv1": (280.0, 70.0)}))
    hand.view.edit_note(ONE)
    QTest.keyClicks(field(hand), "abc")
    QTest.keyClick(field(hand), Qt.Key.Key_Z, CTRL)
    assert field(hand).toPlainText() == ONE.text
    assert hand.document.undo_stack.index() == 1


def test_letters_and_commands_of_the_canvas_do_nothing_while_one_writes(hand_on, noted):
    from PySide6.QtGui import QAction, QKeySequence

    hand, ran = hand_on(noted), []
    action = QAction("Duplicate", hand.view)
    action.setShortcut(QKeySequence("Ctrl+D"))
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    action.triggered.connect(lambda: ran.append(1))
    hand.view.addAction(action)
    hand.view.edit_note(ONE)
    for key, held in ((Qt.Key.Key_D, CTRL), (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier)):
        QTest.keyClick(field(hand), key, held)
    QTest.keyClicks(field(hand), "fly")
    assert field(hand).toPlainText() == f"{ONE.text}\tfly"
    assert not ran
    assert not hand.view.popup.isVisible()


def test_no_more_goes_in_than_a_note_holds(hand_on, noted):
    hand = hand_on(noted)
    hand.view.edit_note(ONE)
    mime = QMimeData()
    mime.setText("a\x00b\r\n" + "x" * 2 * LONGEST_NOTE)
    field(hand).selectAll()
    field(hand).insertFromMimeData(mime)
    text = field(hand).toPlainText()
    assert text.startswith("ab\nxxx")
    QTest.keyClicks(field(hand), "more")
    assert len(field(hand).toPlainText()) == LONGEST_NOTE
    field(hand).ending.keep()
    assert len(hand.graph.notes[0].text) == LONGEST_NOTE
    assert not hand.said


def test_a_note_that_goes_while_one_writes_takes_the_field_along(hand_on, noted):
    hand = hand_on(noted)
    hand.view.edit_note(ONE)
    hand.document.edit_graph("Rename", hand.graph.rename("conv1", "stem"))
    assert fields(hand), "another change leaves it open"
    hand.document.edit_graph("Delete", hand.graph.remove_note(ONE))
    assert not fields(hand)


def test_inside_a_block_no_note_is_written(hand_on, chain):
    from cnnstudio.blocks import Residual

    hand = hand_on(chain.replace("conv1", Residual()))
    hand.view.enter("conv1")
    assert hand.document.is_read_only
    hand.view.ask_note()
    assert not fields(hand)
    assert "Ungroup" in hand.said[-1]


def test_notes_are_written_inside_a_group(hand_on, chain):
    hand = hand_on(chain)
    hand.document.select(("conv1", "relu1"))
    hand.view.group()
    (group,) = hand.document.selection
    hand.view.enter(group)
    hand.view.ask_note(QPointF(0.0, 300.0))
    QTest.keyClicks(field(hand), "inside")
    field(hand).ending.keep()
    block = hand.graph[group].block
    assert isinstance(block, Group)
    assert [note.text for note in block.body.notes] == ["inside"]


# moving and sizing


def test_a_drag_moves_it_and_what_is_selected_with_it(hand_on, noted):
    hand = hand_on(noted)
    hand.drag(middle(ONE), middle(ONE) + QPointF(30.0, 41.0))
    assert hand.graph.notes[0].position == (330.0, 221.0)
    assert hand.graph.notes[1] == TWO
    assert steps(hand) == ["Move a note"]
    hand.document.undo_stack.undo()
    assert hand.graph == noted
    assert hand.view.scene().notes.chosen == {ONE}, "what was moved stays selected"


def test_notes_and_nodes_move_together_whichever_is_dragged(hand_on, noted):
    hand = hand_on(noted)
    for grip in (hand.body("conv2"), middle(ONE)):
        hand.document.select(("conv2",))
        hand.view.select_notes((ONE,), adds=True)
        hand.drag(grip, grip + QPointF(24.0, 60.0), CTRL if grip == hand.body("conv2") else SHIFT)
        moves = {
            (hand.graph["conv2"].position[0] - 280.0, hand.graph["conv2"].position[1] - 320.0),
            (hand.graph.notes[0].position[0] - 300.0, hand.graph.notes[0].position[1] - 180.0),
        }
        assert len(moves) == 1 and moves != {(0.0, 0.0)}
        assert len(steps(hand)) == 1
        hand.document.undo_stack.undo()
        hand.view.select_none()


def test_it_snaps_to_the_grid_where_that_is_wanted(hand_on, noted):
    hand = hand_on(noted)
    hand.view.snaps = True
    hand.drag(middle(ONE), middle(ONE) + QPointF(31.0, 17.0))
    assert all(side % SNAP == 0 for side in hand.graph.notes[0].position)


def test_escape_gives_a_drag_up(hand_on, noted):
    hand = hand_on(noted)
    hand.drag(middle(ONE), middle(ONE) + QPointF(50.0, 0.0), let_go=False)
    assert hand.view.scene().notes.rects()[0].x() == 350.0
    hand.key(Qt.Key.Key_Escape)
    assert hand.view.scene().notes.rects()[0].x() == 300.0
    hand.release(middle(ONE) + QPointF(50.0, 0.0))
    assert hand.graph == noted and not steps(hand)


def test_its_corner_makes_it_larger_and_never_too_small(hand_on, noted):
    hand = hand_on(noted)
    corner = rect_of(ONE).bottomRight() - QPointF(5.0, 5.0)
    hand.drag(corner, corner + QPointF(60.0, 44.0))
    assert hand.graph.notes[0].size == (300.0, 144.0)
    assert steps(hand) == ["Size of the note"]
    hand.document.undo_stack.undo()
    hand.drag(corner, corner - QPointF(400.0, 400.0))
    assert hand.graph.notes[0].size == SMALLEST


def test_arrows_nudge_it_in_one_step(hand_on, noted):
    hand = hand_on(noted)
    hand.click(middle(ONE))
    hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Down)
    assert hand.graph.notes[0].position == (300.0 + 2 * SNAP, 180.0 + SNAP)
    assert steps(hand) == ["Nudge"]


# selecting


def test_a_click_selects_it_alone_and_shift_adds(hand_on, noted):
    hand = hand_on(noted)
    hand.document.select(("conv1",))
    hand.click(middle(ONE))
    assert hand.document.selection == ()
    assert hand.view.scene().notes.chosen == {ONE}
    hand.click(QPointF(rect_of(TWO).right() - 10.0, rect_of(TWO).top() + 10.0), SHIFT)
    assert hand.view.scene().notes.chosen == {ONE, TWO}
    hand.click(hand.body("conv1"))
    assert hand.view.scene().notes.chosen == frozenset()
    hand.view.select_all()
    assert hand.view.scene().notes.chosen == {ONE, TWO}
    hand.key(Qt.Key.Key_Escape)
    assert hand.view.scene().notes.chosen == frozenset()
    assert hand.document.undo_stack.count() == 0


def test_a_rectangle_round_it_selects_it_and_one_across_it_does_not(hand_on, noted):
    hand = hand_on(noted)
    hand.drag(QPointF(560.0, 160.0), QPointF(700.0, 230.0))
    assert hand.view.scene().notes.chosen == frozenset()
    hand.drag(QPointF(610.0, 160.0), QPointF(840.0, 300.0))
    assert hand.view.scene().notes.chosen == {TWO}


def test_a_selected_note_and_an_edited_one_look_it(hand_on, noted):
    hand = hand_on(noted)
    plain = seen(hand)
    hand.view.select_notes((ONE,))
    assert (seen(hand) != plain).any()
    place = hand.view.mapFromScene(rect_of(ONE).topRight() - QPointF(30.0, 0.0))
    accent = theme.color("accent")
    column = seen(hand)[place.y() - 3 : place.y() + 4, place.x()]
    assert (np.abs(column - [accent.blue(), accent.green(), accent.red()]).sum(axis=1) < 60).any()


def test_what_is_selected_is_told_in_words(hand_on, noted):
    hand = hand_on(noted)
    hand.click(middle(ONE))
    assert ONE.text in hand.view.accessibleDescription()


# the rest


def test_it_is_copied_pasted_and_cut_with_the_selection(hand_on, noted):
    hand = hand_on(noted)
    hand.document.select(("conv1",))
    hand.view.select_notes((ONE,), adds=True)
    hand.view.copy()
    assert '"Why *here*?"' in QGuiApplication.clipboard().text()
    hand.view.paste()
    assert [note.text for note in hand.graph.notes] == [ONE.text, TWO.text, ONE.text]
    assert hand.graph.notes[2].position != ONE.position
    assert hand.view.scene().notes.chosen == {hand.graph.notes[2]}
    assert len(hand.document.selection) == 1
    hand.view.cut()
    assert hand.graph == noted
    assert steps(hand) == ["Paste", "Cut"]


def test_a_note_alone_is_copied_and_duplicated(hand_on, noted):
    hand = hand_on(noted)
    hand.click(middle(ONE))
    hand.view.copy()
    hand.view.paste()
    hand.view.duplicate()
    places = [note.position for note in hand.graph.notes if note.text == ONE.text]
    assert len(set(places)) == 3
    assert steps(hand) == ["Paste", "Duplicate"]


def test_it_is_deleted(hand_on, noted):
    hand = hand_on(noted)
    hand.document.select(("conv2",))
    hand.view.select_notes((ONE, TWO), adds=True)
    hand.view.delete()
    assert hand.graph.notes == ()
    assert "conv2" not in hand.graph
    assert len(steps(hand)) == 1
    hand.document.undo_stack.undo()
    assert hand.graph == noted


def test_the_colours_go_round(hand_on, noted):
    hand = hand_on(noted)
    hand.click(middle(ONE))
    found = set()
    for _ in HUES:
        hand.view.recolor_note()
        found.add(hand.graph.notes[0].hue)
    assert found == set(HUES)
    assert hand.graph == noted


def test_lifting_a_node_off_its_wires_leaves_the_notes(hand_on, noted):
    hand = hand_on(noted)
    hand.drag(hand.body("conv1"), hand.body("conv1") + QPointF(0.0, 400.0), SHIFT)
    assert hand.graph.notes == (ONE, TWO)


def test_it_is_found_by_what_stands_in_it(hand_on, noted):
    hand = hand_on(noted)
    hand.view.find_node()
    hand.answer("page")
    assert hand.view.scene().notes.chosen == {TWO}


def test_the_keyboard_goes_from_note_to_note(hand_on, noted):
    hand = hand_on(noted.add_note(Note("above", (900.0, 20.0))))
    seen_texts = []
    for _ in range(4):
        hand.view.step_note()
        (note,) = hand.view.scene().notes.chosen
        seen_texts.append(note.text)
        assert hand.view.visible().intersects(rect_of(note))
    assert seen_texts == ["above", ONE.text, TWO.text, "above"]
    assert not steps(hand)


def test_it_is_part_of_all_that_there_is_to_see(hand_on, noted):
    far = Note("far", (5_000.0, 0.0))
    hand = hand_on(noted.add_note(far))
    hand.view.fit()
    assert hand.view.visible().contains(rect_of(far))
    hand.click(middle(ONE))
    hand.view.fit_selection()
    assert hand.view.visible().contains(rect_of(ONE))
    assert not hand.view.visible().contains(rect_of(far))


def test_a_canvas_of_notes_alone_is_not_empty(hand_on):
    hand = hand_on(Graph().add_note(ONE))
    assert not hand.view.scene().is_empty
    hand.view.fit()
    assert hand.view.visible().contains(rect_of(ONE))


@pytest.mark.parametrize("zoom", [1.0, 0.2])
@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_it_is_painted_near_and_from_afar(hand_on, noted, zoom, palette):
    theme.use(palette)
    hand = hand_on(noted)
    hand.view.zoom_by(zoom)
    hand.view.centerOn(middle(ONE))
    hand.view._smooth_again()
    inside = hand.view.mapFromScene(inner(ONE)).boundingRect()
    pixels = seen(hand)[inside.top() : inside.bottom(), inside.left() : inside.right()]
    ground = np.bincount(pixels.reshape(-1, 3) @ [1, 256, 65536]).argmax()
    assert ground != QColor(palette.canvas).rgb() & 0xFFFFFF, "it has a ground of its own"
    written = (np.abs(pixels - pixels[-2, -2]).sum(axis=2) > 200).any()
    assert written == (zoom == 1.0), "letters near, a plain sheet from afar"
    theme.use(LIGHT)


def test_a_picture_has_it(hand_on, noted):
    from cnnstudio.ui.pictures.canvas_picture import drawing

    hand = hand_on(noted)
    hand.document.select(("conv1",))
    whole = bytes(drawing(hand.view.scene(), ".svg").data()).decode()
    assert "to read" in whole
    only = bytes(drawing(hand.view.scene(), ".svg", only=frozenset({"conv1"})).data()).decode()
    assert "to read" not in only
    hand.view.select_notes((TWO,), adds=True)
    both = bytes(drawing(hand.view.scene(), ".svg", only=frozenset({"conv1"})).data()).decode()
    assert "to read" in both
    assert hand.view.scene().notes.chosen == {TWO}


def test_it_comes_back_from_a_file(hand_on, noted):
    hand = hand_on(noted)
    assert loads(dumps(hand.document.project)).graph.notes == (ONE, TWO)


# harm


def link(hand, note: Note, word: str) -> QPointF:
    """A place on this word of a note."""
    text = hand.view.scene().notes.text(note)
    cursor = text.find(word)
    block = cursor.block()
    line = block.layout().lineForTextPosition(cursor.selectionStart() - block.position())
    x = line.cursorToX(cursor.selectionStart() - block.position() + 1)[0]
    top = text.documentLayout().blockBoundingRect(block).topLeft()
    return inner(note).topLeft() + top + QPointF(x, line.y() + line.height() / 2)


def test_a_click_on_a_link_asks_and_opens_nothing(hand_on, noted, monkeypatch):
    hand, asked = hand_on(noted), []
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda url: pytest.fail("nothing is opened"))
    hand.view.link_clicked.connect(asked.append)
    hand.click(link(hand, TWO, "page"))
    assert asked == ["https://example.org/a"]
    hand.drag(link(hand, TWO, "page"), link(hand, TWO, "page") + QPointF(40.0, 0.0))
    assert len(asked) == 1, "a drag follows no link"


def test_from_afar_a_note_is_moved_and_no_link_is_followed(hand_on, chain):
    small = Note("[page](https://example.org/a)", (300.0, 180.0), (90.0, 48.0))
    hand, asked = hand_on(chain.add_note(small)), []
    hand.view.link_clicked.connect(asked.append)
    place = link(hand, small, "page")
    hand.view.zoom_by(0.2)
    hand.click(place)
    assert not asked
    hand.drag(middle(small), middle(small) + QPointF(300.0, 0.0))
    assert hand.graph.notes[0].position == (600.0, 180.0)
    assert hand.graph.notes[0].size == small.size


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "/etc/passwd",
        "\\\\host\\share",
        "http:",
        "ftp://a.b/c",
        "smb://a",
        "",
    ],
)
def test_only_pages_of_the_web_are_offered(hand_on, noted, address):
    hand, asked = hand_on(noted), []
    hand.view.link_clicked.connect(asked.append)
    hand.view.follow_link(address)
    assert not asked
    assert "web" in hand.said[-1]


def test_an_address_is_shown_as_the_browser_reads_it(hand_on, noted):
    hand, asked = hand_on(noted), []
    hand.view.link_clicked.connect(asked.append)
    hand.view.follow_link("https://ex\u0430mple.org/a")
    assert asked[0].startswith("https://xn--"), "a letter of another alphabet does not pass for ours"


@pytest.mark.parametrize("form", ["![red]({})", "![red](file://{})", "<img src='{}'>", "[![red]({})](http://a.b)"])
def test_no_picture_is_ever_read(qtbot, tmp_path: Path, form: str):
    picture = QImage(60, 60, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    assert picture.save(str(tmp_path / "red.png"))
    text = laid_out(form.format(tmp_path / "red.png"), 200.0)
    shown = QImage(200, 200, QImage.Format.Format_RGB32)
    shown.fill(Qt.GlobalColor.white)
    painter = QPainter(shown)
    text.drawContents(painter, QRectF(0, 0, 200, 200))
    painter.end()
    reds = [shown.pixelColor(x, y) for x in range(200) for y in range(200)]
    assert not any(color.red() > 240 and color.green() < 20 and color.blue() < 20 for color in reds)
    assert "red" in text.toPlainText()


@pytest.mark.parametrize(
    "text",
    [">" * LONGEST_NOTE, "[" * LONGEST_NOTE, "*a" * (LONGEST_NOTE // 2), "> - " * (LONGEST_NOTE // 4),
     "|a|\n|-|\n" + "|b|\n" * 900, "\ufffc" * 50, "\u202e" * 500 + "abc", "a" + "\u0301" * 3_000, "1. " * 1_300,
     "```\n" * 1_000],
)  # fmt: skip
def test_no_text_breaks_the_canvas(hand_on, chain, text):
    hand = hand_on(chain.add_note(Note(text, (200.0, 200.0))))
    assert seen(hand).size
    hand.view.edit_note(hand.graph.notes[0])
    field(hand).ending.give_up()


def test_a_new_note_is_in_view_and_as_near_as_before(hand_on, chain):
    hand = hand_on(chain)
    hand.view.centerOn(hand.body("conv1") - QPointF(0.0, 300.0))  # the node is at the lower edge
    hand.view.zoom_by(0.8)
    zoom = hand.view.zoom
    hand.view.ask_note(hand.view.visible().bottomLeft())
    QTest.keyClicks(field(hand), "below")
    field(hand).ending.keep()
    assert hand.view.visible().contains(rect_of(hand.graph.notes[0]))
    assert hand.view.zoom == zoom
