"""Pages panel: F1 reads about what is meant, pages lead to the canvas, and words explain themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QImage, QTextCursor
from PySide6.QtWidgets import QApplication, QTextEdit, QToolTip
from pytestqt.qtbot import QtBot

from cnnstudio.graph import BLOCKS
from cnnstudio.project import Project
from cnnstudio.ui.docking.docks import panel_in
from cnnstudio.ui.lessons.lesson_text import LessonText
from cnnstudio.ui.lessons.pages_panel import PagesPanel
from cnnstudio.ui.main_window import MainWindow

ROOT = Path(__file__).parents[3]


def panel_of(window: MainWindow) -> PagesPanel:
    return panel_in(window.docks["pages"], PagesPanel)


def told(text: QTextEdit, word: str) -> str:
    """The tooltip at this word of a text."""
    cursor = text.document().find(word, 0)
    assert not cursor.isNull(), f"{word} does not stand there"
    return cursor.charFormat().toolTip()


def test_f1_reads_about_the_selected_block_and_else_opens_the_contents(window: MainWindow, tiny: Project) -> None:
    window.files.begin(tiny)
    window.commands.run("help")
    panel = panel_of(window)
    assert panel.key == "contents" and "LeNet-5" in panel.text.toPlainText()
    window.document.select(("conv1",))
    window.commands.run("help")
    assert panel.key == "block/Conv2d"
    assert panel.text.toPlainText().startswith("Conv2d") and panel.text.verticalScrollBar().value() == 0
    assert window.commands.bound["help"].shortcut().toString() == "F1"
    panel.go_back()
    assert panel.key == "contents" and not panel.back.isEnabled()


def test_f1_in_the_list_of_blocks_reads_about_the_one_at_which_it_stands(window: MainWindow) -> None:
    window.show_panel("palette")
    palette = window.docks["palette"].widget()
    palette.search.setText("relu6")
    palette.search.setFocus()
    window.commands.run("help")
    assert panel_of(window).key == "block/ReLU6"


def test_the_inspector_leads_to_the_page_of_a_block(window: MainWindow, tiny: Project, qtbot: QtBot) -> None:
    window.files.begin(tiny)
    window.document.select(("flatten1",))
    links = window.docks["inspector"].widget().lessons
    qtbot.waitUntil(lambda: "Read about it" in links.text())
    links.linkActivated.emit("block/Flatten")
    assert panel_of(window).key == "block/Flatten"


def test_a_page_puts_its_block_behind_the_selected_one_and_undo_takes_it_back(
    window: MainWindow, tiny: Project
) -> None:
    window.files.begin(tiny)
    window.document.select(("conv1",))
    before = window.document.graph
    window.reading.read("block/ReLU")
    panel_of(window).follow("put:ReLU")
    graph = window.document.graph
    assert graph[window.document.selection[0]].block == BLOCKS["ReLU"]()
    assert graph[window.document.selection[0]].inputs == ("conv1",)
    window.document.undo_stack.undo()
    assert window.document.graph == before


def test_a_network_s_page_opens_it_beside_this_one_and_shows_its_figure(window: MainWindow) -> None:
    window.reading.read("network/lenet5")
    panel, asked = panel_of(window), []
    panel.project_asked.disconnect()
    panel.project_asked.connect(asked.append)
    panel.follow("open:lenet5")
    assert len(asked) == 1 and asked[0].graph.order[0] == "input1"
    image = panel.text.loadResource(2, "figure:lenet5")
    assert isinstance(image, QImage) and 100 < image.width() <= panel.text.width() * panel.devicePixelRatioF()
    assert len({image.pixel(x, image.height() // 2) for x in range(image.width())}) > 3
    assert panel.text.loadResource(2, "/etc/hostname").isNull()
    assert panel.text.loadResource(2, "figure:nothing").isNull()


def test_pages_are_found_by_other_names_and_taken_by_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    window.reading.read("contents")
    panel = panel_of(window)
    panel.search.setFocus()
    qtbot.keyClicks(panel.search, "atrous")
    assert panel.list.topLevelItem(0).text(0) == "Conv2d"
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel.key == "block/Conv2d" and not panel.search.text()
    qtbot.keyClicks(panel.search, "qqzx")
    assert "Nothing was found" in panel.list.topLevelItem(0).text(0)
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    assert panel.key == "block/Conv2d" and panel.text.isVisible()


def test_words_explain_themselves_on_pages_and_in_lessons(window: MainWindow, qtbot: QtBot) -> None:
    window.reading.read("block/MaxPool2d")
    text = panel_of(window).text
    assert "small window of weights" in told(text, "the stride is the kernel")
    text.setTextCursor(text.document().find("the stride is the kernel", 0))
    text.ensureCursorVisible()
    place = text.cursorRect().center() - QPoint(6, 0)
    hover = QHelpEvent(QEvent.Type.ToolTip, place, text.viewport().mapToGlobal(place))
    QApplication.sendEvent(text.viewport(), hover)
    assert "small window of weights" in QToolTip.text()
    QToolTip.hideText()
    lesson = LessonText("# Dropout\nThe *stride* and `stride` of [padding](x): a kernel with a stride.", {})
    qtbot.addWidget(lesson)
    cursor = QTextCursor(lesson.document())
    tips = []
    while not cursor.atEnd():
        cursor.movePosition(QTextCursor.MoveOperation.NextCharacter)
        tips.append(cursor.charFormat().toolTip())
    assert sum("How many pixels" in tip for tip in tips) == len("stride"), (
        "of each word the first alone, in running text"
    )
    assert not any("zero by chance" in tip for tip in tips), "a heading is left as it is"


def test_other_colours_and_sizes_leave_the_page_where_it_was(window: MainWindow) -> None:
    window.reading.read("block/Conv2d")
    panel = panel_of(window)
    bar = panel.text.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    share = bar.value() / bar.maximum()
    window.preferences.use_scheme("dark")
    assert panel.key == "block/Conv2d" and abs(bar.value() / bar.maximum() - share) < 0.1
    window.preferences.use_scheme("light")


def test_a_lesson_that_puts_the_pages_away_keeps_them_away(window: MainWindow) -> None:
    window.classroom.withheld = frozenset({"show-pages"})
    window.reading.read("contents")
    assert window.docks["pages"].isHidden() and not window.docks["pages"].is_made


START = """
import sys
from cnnstudio.ui.app import application
app = application()
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.theme import theme
theme.install("light")
window = MainWindow()
window.show()
for _ in range(20):
    app.processEvents()
late = ("page_file", "pages", "glossary", "pages_panel", "tour")
read = [name for name in sys.modules if name.rpartition(".")[2] in late]
window.close()
assert not read, read
"""


def test_a_window_that_starts_reads_no_page(isolated_home: Path) -> None:
    subprocess.run([sys.executable, "-c", START], cwd=ROOT, check=True, timeout=120)
