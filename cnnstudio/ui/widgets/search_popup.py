"""SearchPopup: a field and a list over the canvas, for finding a block, a port or a node by typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.ui.theme import theme
from cnnstudio.ui.theme.pens import glyph, glyph_font, pen
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.labels import Plain
from cnnstudio.ui.widgets.search import Entry, found

ROWS = 9  # that are shown at most
LEAST, MOST = 19, 30  # the width of the list, in heights of a letter
AIR = 14  # pixels that a row has more than its letters
SIDES = 36, 8  # pixels of a row before the title, for the glyph of the family, and after the rest
BETWEEN = 10  # pixels from a title to what it belongs to
MARGIN = 8  # pixels round the field and the list, and round them all in the view
Index = QModelIndex | QPersistentModelIndex


class SearchPopup(QFrame):
    """Type, choose with the arrows, Enter takes, Escape or a click elsewhere gives up without a change."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Search")
        self.field.setClearButtonEnabled(True)
        self.list = QListView(self)
        self.list.setAccessibleName("Found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.note = Plain(parent=self)
        self.note.setProperty("role", "muted")
        self.note.setProperty("textSize", "small")
        self._model = _Model()
        self.list.setModel(self._model)
        box = QVBoxLayout(self)
        box.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        box.setSpacing(6)
        for widget in (self.field, self.list, self.note):
            box.addWidget(widget)
        self._rows = ROWS  # that there is room for
        self._entries: Sequence[Entry] = ()
        self._take: Callable[[object], None] = lambda value: None
        self._give_up: Callable[[], None] = lambda: None
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._take_row)
        self.hide()

    def ask(
        self,
        entries: Sequence[Entry],
        at: QPoint | None,
        take: Callable[[object], None],
        *,
        hint: str = "",
        note: str = "",
        give_up: Callable[[], None] = lambda: None,
    ) -> None:
        """Open with its field at this point of the parent, or in the upper middle of it where there is none.

        ``take`` gets the value of the entry that is chosen.
        """
        self.close_without_change()
        self._entries, self._take, self._give_up = entries, take, give_up
        self.field.setPlaceholderText(hint)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.field.clear()
        self._fit(cast(QWidget, self.parent()).rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN), at)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def _fit(self, space: QRect, at: QPoint | None) -> None:
        """Be as wide as what is listed and as high as nine rows, or as there is room for."""
        body, small = QFontMetrics(theme.font()), QFontMetrics(theme.font("small"))
        rows = (
            body.horizontalAdvance(entry.way + entry.title) + BETWEEN + small.horizontalAdvance(entry.detail)
            for entry in self._entries
        )
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        wide = max([sum(SIDES) + bar + max(rows, default=0), small.horizontalAdvance(self.note.text())]) + 2 * MARGIN
        self.setFixedWidth(min(space.width(), max(LEAST * body.height(), min(wide, MOST * body.height()))))
        self.list.setFixedHeight(0)
        self.adjustSize()
        self._rows = max(1, min(ROWS, (space.height() - self.height() - 2) // _row_height()))
        self._search("")
        place = (
            at - QPoint(18, 18)
            if at is not None
            else space.center() - QPoint(self.width(), space.height() * 3 // 5) / 2
        )
        self.move(
            max(space.left(), min(place.x(), space.right() - self.width())),
            max(space.top(), min(place.y(), space.bottom() - self.height())),
        )

    @property
    def entries(self) -> Sequence[Entry]:
        """What the list shows now."""
        return self._model.entries

    def close_without_change(self) -> None:
        """Give up, if it is open."""
        if self.isVisible():
            self._close()
            self._give_up()

    def _close(self) -> None:
        self.hide()
        cast(QWidget, self.parent()).setFocus()

    def _search(self, text: str) -> None:
        self._model.show(found(text, self._entries))
        rows = max(1, min(self._rows, self._model.rowCount()))
        self.list.setFixedHeight(rows * _row_height() + 2)
        self._go_to(0)
        self.adjustSize()

    def _go_to(self, row: int) -> None:
        index = self._model.index(row, 0)
        self.list.setCurrentIndex(index)
        told = str(index.data(Qt.ItemDataRole.AccessibleTextRole)) if index.isValid() else "Nothing was found"
        announce(self.field, f"{told}, {row + 1} of {self._model.rowCount()}" if index.isValid() else told)

    def _take_row(self, index: Index) -> None:
        if index.isValid():
            value, take = self._model.entries[index.row()].value, self._take
            self._close()
            take(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            if not self.isAncestorOf(cast(QWidget, self.window().focusWidget() or self.parent())):
                self.hide()
                self._give_up()
            return False
        if event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        key, steps = cast(QKeyEvent, event).key(), {
            Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: self._rows, Qt.Key.Key_PageUp: -self._rows,
            Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1,
        }  # fmt: skip
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_row(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.close_without_change()
        elif key in steps:
            last = self._model.rowCount() - 1
            row = max(0, min(last, self.list.currentIndex().row() + steps[Qt.Key(key)]))
            self._go_to(row)
        else:
            return False
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(theme.color("line"), 1.0))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)


class _Model(QAbstractListModel):
    """The entries that were found."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []

    def show(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's
        return len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(filter(None, (entry.way + entry.title, entry.detail)))
        return entry.way + entry.title if role == Qt.ItemDataRole.DisplayRole else None


class _Delegate(QStyledItemDelegate):
    """A row: the glyph of the family in its colour, the title, and where there is room what it belongs to, muted."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        return QSize(0, _row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = cast(_Model, index.model()).entries[index.row()]
        row = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent", 0.14))
            painter.drawRoundedRect(row.adjusted(0, 1, 0, -1), 6, 6)
        square = QRectF(row.x() + 6.0, row.center().y() - 9.5, 20.0, 20.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family(entry.family))
        painter.drawRoundedRect(square, 5.0, 5.0)
        painter.setFont(glyph_font(14))
        painter.setPen(theme.color("on_accent"))
        painter.drawText(square, int(Qt.AlignmentFlag.AlignCenter), glyph(entry.family))
        room = row.adjusted(SIDES[0], 0, -SIDES[1], 0)
        title, font = QFontMetrics(theme.font()), theme.font("small")
        painter.setFont(theme.font())
        if entry.way:
            spare = room.width() - title.horizontalAdvance(entry.title)
            way = title.elidedText(entry.way, Qt.TextElideMode.ElideMiddle, spare)
            painter.setPen(theme.color("muted"))
            painter.drawText(room, _MIDDLE_LEFT, way)
            room.adjust(title.horizontalAdvance(way), 0, 0, 0)
        painter.setPen(theme.color("text"))
        painter.drawText(room, _MIDDLE_LEFT, title.elidedText(entry.title, Qt.TextElideMode.ElideRight, room.width()))
        left = room.width() - title.horizontalAdvance(entry.title) - BETWEEN
        if left > 2 * title.height():  # or nothing that could be read
            painter.setFont(font)
            painter.setPen(theme.color("muted"))
            detail = QFontMetrics(font).elidedText(entry.detail, Qt.TextElideMode.ElideMiddle, left)
            painter.drawText(room, _MIDDLE_RIGHT, detail)
        painter.restore()


def _row_height() -> int:
    return QFontMetrics(theme.font()).height() + AIR


_MIDDLE_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_MIDDLE_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
