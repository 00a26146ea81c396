"""StartPage: templates, recent files and lessons, over the canvas for as long as the project is new and empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction, QDragEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.lessons.begun import begun
from cnnstudio.lessons.lesson import LESSONS
from cnnstudio.lessons.shipped import shipped
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.files.recent import Recent, RecentFile
from cnnstudio.ui.start.entries import ARROWS, Card, Entry, Link, Row
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Plain
from cnnstudio.wording import on_a_line
from cnnstudio.zoo import TEMPLATES, Template

WIDEST = 1080  # pixels of what stands on the page, at the normal size of text
MARGIN, GAP = 20, 12  # beside everything, and between the columns
LAST = 90  # the row of the grid below everything
PREDICT = "Predict the numbers"  # the title of short lessons in which a network's numbers are predicted
BLOCK = "application/x-cnnstudio-block"


class StartPage(QWidget):
    """Covers the canvas, and gives way to the first gesture that begins a network there.

    The keyboard stays with the canvas, where Tab and Space add a block as ever; an arrow goes to the page, Escape back.
    Some of ``bound``, the commands by their ids, stand there as links, and ``begin_lesson`` is given a lesson's key.
    """

    def __init__(  # noqa: PLR0917 - all that one can begin with
        self,
        document: Document,
        canvas: CanvasView,
        files: Files,
        recent: Recent,
        bound: Mapping[str, QAction],
        begin_lesson: Callable[[str], object],
    ) -> None:
        super().__init__(canvas)
        self._document, self._canvas, self._files, self._recent = document, canvas, files, recent
        self._bound, self._teach = bound, begin_lesson
        self._called = self._dismissed = False
        self.setAccessibleName("Start page")
        self.setAcceptDrops(True)
        self._make()
        document.changed.connect(self._leave_to_the_network)
        document.path_changed.connect(self._begin_anew)
        recent.changed.connect(self._fill_recent)
        theme.changed.connect(self._restyle)
        canvas.installEventFilter(self)
        self._restyle()
        self._fill_recent()
        self._follow()

    def _make(self) -> None:
        self.inside = QWidget()
        self.column = QWidget(self.inside)
        self._links = QWidget(self.column)
        row = FlowLayout(self._links, 8)
        self.links = self._make_links()
        for link in self.links:
            row.addWidget(link)
        self.cards = [self._card(key, template) for key, template in TEMPLATES.items()]
        self.lessons = [
            Row(lesson.title, lesson.sentence, self._begin_lesson(key), str(number))
            for number, (key, lesson) in enumerate(LESSONS.items(), 1)
        ]
        self.labs = [
            Row(lab.title, lab.sentence, self._open_lab(lab.path), str(number))
            for number, lab in enumerate(shipped(), 1)
        ]
        self.recent: list[Row] = []
        self._titles = [Plain(text, self.column) for text in ("Start with a network", "Recent", "Lessons", PREDICT)]
        for title in self._titles:
            title.setProperty("textSize", "large")
        self.nothing = Plain("What you save or open is found here again.", self.column)
        self.nothing.setProperty("role", "muted")
        self.nothing.setWordWrap(True)
        self.clear = QPushButton("Clear the list", self.column)
        self.clear.setProperty("flat", True)
        self.clear.setProperty("role", "muted")
        self.clear.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clear.clicked.connect(self._recent.clear)
        self.footer = Plain("or drag a block here, or press Tab")
        self.footer.setProperty("role", "muted")
        self.footer.setWordWrap(True)
        self._grid = QGridLayout(self.column)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._middle = QHBoxLayout(self.inside)
        self._middle.addStretch(1)
        self._middle.addWidget(self.column, 100)
        self._middle.addStretch(1)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setWidget(self.inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area)
        for entry in (*self.links, *self.cards, *self.labs, *self.lessons):
            self._join(entry)

    def _make_links(self) -> list[Link]:
        wanted = (
            ("Open…", "folder-open", "open"), ("Famous networks…", "books", "new-network"),
            ("Import a model…", "download-simple", "import-model"),
        )  # fmt: skip
        links = [
            Link(title, glyph, self._bound[name].trigger, self._bound[name].shortcut().toString())
            for title, glyph, name in wanted
        ]
        return [*links, Link("Empty canvas", "file-plus", self.dismiss, "Esc")]

    def _card(self, key: str, template: Template) -> Card:
        return Card(
            template.title,
            template.sentence,
            lambda: template.make(template.classes, template.size),
            lambda: self._files.new(key),
        )

    def _begin_lesson(self, key: str) -> Callable[[], object]:
        return lambda: self._teach(key)

    def _open_lab(self, path: Path) -> Callable[[], object]:
        return lambda: self._files.open(path)

    def _tick(self) -> None:
        """Say of every lesson that was begun how much of it is done."""
        far = {each.id: each for each in begun()}
        for row, lab in zip(self.labs, shipped(), strict=True):
            if (known := far.get(lab.id)) is None:
                row.word = ""
            else:
                row.word = "✓ done" if known.done == known.tasks else f"{known.done} of {known.tasks}"
            row.setAccessibleDescription(f"{lab.sentence} {row.word}".strip())
            row.update()

    def _join(self, entry: Entry) -> None:
        entry.walked.connect(lambda dx, dy: self._walk(entry, dx, dy))
        entry.left.connect(self.dismiss)

    # when it is seen

    @property
    def is_new(self) -> bool:
        """Whether the project is new and empty."""
        document = self._document
        return not len(document.graph) and document.path is None and not document.undo_stack.count()

    def call(self) -> None:
        """Bring the page back, or put it away again, whatever is on the canvas."""
        self._called, self._dismissed = not self.isVisible(), self.isVisible()
        self._follow()
        if self.isVisible():
            self.cards[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def dismiss(self) -> None:
        """Leave the canvas to whoever wants to draw on it."""
        self._called, self._dismissed = False, True
        self._follow()

    def _begin_anew(self, *_: object) -> None:
        self._called = self._dismissed = False
        self._follow()

    def _leave_to_the_network(self, *_: object) -> None:
        self._called = False
        self._follow()

    def _follow(self) -> None:
        is_wanted = self._called or (self.is_new and not self._dismissed)
        self.links[-1].set_title("Back to the network" if len(self._document.graph) else "Empty canvas")
        had_focus = self.isAncestorOf(self.window().focusWidget())
        if is_wanted and self.isHidden():
            self._tick()
        self.setVisible(is_wanted)
        self._place()
        if had_focus and not is_wanted:
            self._canvas.setFocus()

    def look(self) -> None:
        """See to what the first paint of the window did without."""
        self._recent.look()
        for number, card in enumerate(self.cards):
            QTimer.singleShot(10 * number, card, card.draw)

    # what stands on it

    def _fill_recent(self) -> None:
        files = self._recent.files
        if [str(file.path) for file in files] != [row.objectName() for row in self.recent]:
            for row in self.recent:
                self._grid.removeWidget(row)
                row.hide()
                row.deleteLater()
            self.recent = [self._recent_row(file.path) for file in files]
            self.lay_out()
        for row, file in zip(self.recent, files, strict=True):
            _show(row, file)
        self.clear.setEnabled(bool(files))

    def _recent_row(self, path: Path) -> Row:
        row = Row(on_a_line(path.stem), on_a_line(_folder(path)), lambda: self._files.open(path))
        row.setObjectName(str(path))
        row.setToolTip(tip(f"{path}\nDelete takes it out of this list."))
        row.unwanted.connect(lambda: self._forget(path))
        self._join(row)
        return row

    def _forget(self, path: Path) -> None:
        at = next(number for number, row in enumerate(self.recent) if row.objectName() == str(path))
        self._recent.forget(path)
        rest = self.recent or self.cards
        rest[min(at, len(rest) - 1)].setFocus(Qt.FocusReason.OtherFocusReason)

    def lay_out(self) -> None:
        """Set as many cards side by side as there is room for; beside four the lists stand side by side, too."""
        scale, grid = theme.scale, self._grid
        while grid.count():
            grid.takeAt(0)
        across = next((count for count in (4, 2) if self._needed(count) <= self.width()), 1)
        is_wide = across == 4
        self.column.setMaximumWidth(round(WIDEST * scale))
        for row in range(grid.rowCount()):
            grid.setRowStretch(row, 0)
            grid.setRowMinimumHeight(row, 0)
        for each in range(4):
            grid.setColumnStretch(each, 1 if each < across else 0)
        grid.setHorizontalSpacing(round(GAP * scale))
        grid.setVerticalSpacing(round(5 * scale))
        self.footer.setAlignment(Qt.AlignmentFlag.AlignRight if is_wide else Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self._titles[0], 0, 0, 1, across if not is_wide else 2)
        grid.addWidget(self._links, 1, 0, 1, across)
        for number, card in enumerate(self.cards):
            grid.addWidget(card, 2 + number // across, number % across)
        gap = 2 + -(-len(self.cards) // across)
        grid.setRowMinimumHeight(gap, round(8 * scale))
        span = 2 if is_wide else across
        self._list(self._titles[1], self.recent or [self.nothing], 0, span, gap + 1)
        grid.addWidget(self.clear, gap + 1, span - 1, Qt.AlignmentFlag.AlignRight)
        self._list(self._titles[2], self.labs, 2 if is_wide else 0, span, gap + (1 if is_wide else 30))
        below = 2 + max(1, len(self.recent)) if is_wide else 50
        self._list(self._titles[3], self.lessons, 0, span, gap + below)
        grid.addWidget(self.footer, *((0, 2, 1, 2) if is_wide else (LAST, 0, 1, across)))
        grid.setRowStretch(LAST + 1, 1)
        self.nothing.setVisible(not self.recent)
        self.clear.setVisible(bool(self.recent))

    def _needed(self, across: int) -> int:
        """The width of the page with so many cards side by side, all of them as narrow as they can be."""
        card, bar = self.cards[0].minimumSizeHint().width(), self._area.verticalScrollBar().sizeHint().width()
        return across * card + round((2 * MARGIN + (across - 1) * GAP) * theme.scale) + bar

    def _list(self, title: QWidget, rows: list[Row] | list[Plain], column: int, span: int, top: int) -> None:
        self._grid.addWidget(title, top, column, 1, span)
        for number, row in enumerate(rows, top + 1):
            self._grid.addWidget(row, number, column, 1, span)
            row.show()

    def _restyle(self) -> None:
        margin = round(MARGIN * theme.scale)
        self._middle.setContentsMargins(margin, round(14 * theme.scale), margin, round(14 * theme.scale))
        for entry in self.entries:
            entry.setMinimumHeight(entry.sizeHint().height())
            entry.updateGeometry()
        self.lay_out()
        self.update()

    @property
    def entries(self) -> list[Entry]:
        """All that can be chosen, in the order of reading."""
        return [*self.links, *self.cards, *self.recent, *self.labs, *self.lessons]

    # walking by keyboard

    def _walk(self, entry: Entry, dx: int, dy: int) -> None:
        """Go to the nearest entry on this side."""
        here = entry.mapTo(self.inside, entry.rect().center())

        def far(other: Entry) -> float | None:
            way = other.mapTo(self.inside, other.rect().center()) - here
            along, aside = way.x() * dx + way.y() * dy, abs(way.x() * dy) + abs(way.y() * dx)
            return along + 2.5 * aside if along > 4 else None

        found = [(distance, other) for other in self.entries if other is not entry and (distance := far(other))]
        if found:
            self._go_to(min(found, key=lambda each: each[0])[1])

    def _go_to(self, entry: Entry) -> None:
        entry.setFocus(Qt.FocusReason.TabFocusReason)
        self._area.ensureWidgetVisible(entry, 10, 30)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        """Tab goes from one part of the page to the next, and on from the last."""
        every = (self.links, self.cards, self.recent, self.labs, self.lessons)
        parts: list[list[Entry]] = [list(part) for part in every if part]
        at = next((number for number, part in enumerate(parts) if any(entry.hasFocus() for entry in part)), None)
        if at is not None and 0 <= (after := at + (1 if forward else -1)) < len(parts):
            self._go_to(parts[after][0])
            return True
        return super().focusNextPrevChild(forward)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        canvas = self._canvas
        if watched is canvas and event.type() == QEvent.Type.Resize:
            self._place()
        elif watched is canvas and event.type() == QEvent.Type.KeyPress and self.isVisible():
            if cast(QKeyEvent, event).key() in ARROWS:
                self._go_to(self.cards[0])
                return True
            if cast(QKeyEvent, event).key() == Qt.Key.Key_Escape and self._called:
                self.dismiss()
                return True
        elif watched is canvas.viewport() and event.type() in (QEvent.Type.DragLeave, QEvent.Type.Drop):
            canvas.viewport().removeEventFilter(self)
            QTimer.singleShot(0, self, self._follow)
        return False

    # gestures that belong to the canvas

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.ignore()
        if event.mimeData().hasFormat(BLOCK):
            self.hide()  # the canvas is under the pointer now, and shows where the block will be
            self._canvas.viewport().installEventFilter(self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._canvas.quick_add(event.position().toPoint())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._canvas.popup.close_without_change()
        self._canvas.setFocus(Qt.FocusReason.MouseFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.lay_out()

    def _place(self) -> None:
        self.setGeometry(self._canvas.rect())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        painter.end()


def _show(row: Row, file: RecentFile) -> None:
    row.picture, row.is_grey = file.picture, not file.is_there
    row.word = _moment(file.written) if file.is_there else "gone"
    row.setAccessibleDescription(f"{file.path.parent}, {row.word or 'not looked at yet'}")
    row.update()


def _folder(path: Path) -> str:
    """The folder of a file, with ~ for the person's own one."""
    home = Path.home()
    return str(Path("~", path.parent.relative_to(home))) if path.is_relative_to(home) else str(path.parent)


def _moment(written: datetime | None, today: date | None = None) -> str:
    """When a file was written, in as few words as tell it."""
    if written is None:
        return ""
    days = ((today or date.today()) - written.date()).days
    if days == 0:
        return f"{written:%H:%M}"
    if days == 1:
        return "yesterday"
    return f"{written.day} {written:%b}" if 0 < days < 300 else f"{written.day} {written:%b %Y}"
