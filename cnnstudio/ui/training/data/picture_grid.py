"""Picture grid: thumbnails in rows, as many as there are pictures; to look at, select, tick and drag."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QItemSelectionModel, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.training.data.picture_model import Index, PictureModel

SIDE = 64  # pixels of a thumbnail
SPARE = 4  # pixels that its name may be wider
GAP = 6
TICK = 16  # pixels of the sign of what is left out


class PictureDelegate(QStyledItemDelegate):
    """Draws a picture, its class below it, and a tick to leave it out where the mouse is or it is selected."""

    def __init__(self, model: PictureModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        theme.changed.connect(self._measure)
        self._measure()

    def _measure(self) -> None:
        self._font, self._bold = theme.font("small"), theme.font("small", bold=True)
        self._line = round(theme.font("small").pixelSize() * 1.35)
        self._signs = {sign: icon(name, "error").pixmap(QSize(TICK, TICK)) for sign, name in _SIGNS.items()}

    @property
    def cell(self) -> QSize:
        """The room of a picture with its words."""
        return QSize(SIDE + 2 * GAP + SPARE, SIDE + self._line + 2 * GAP - 1)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        return self.cell

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, room = self._model, option.rect
        if model.roll is None:
            return
        number = model.number(index)
        roll, state = model.roll, option.state
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        is_under = bool(state & QStyle.StateFlag.State_MouseOver)
        if is_selected or is_under:
            painter.fillRect(room, theme.color("accent", 0.28 if is_selected else 0.1))
        place = QRect(room.x() + (room.width() - SIDE) // 2, room.y() + GAP, SIDE, SIDE)
        is_out = bool(roll.left_out[number])
        picture = model.thumbnails.of(number)
        if picture is not None:
            painter.setOpacity(0.35 if is_out else 1.0)
            x, y = place.x() + (SIDE - picture.width()) // 2, place.y() + (SIDE - picture.height()) // 2
            painter.drawPixmap(x, y, picture)
            painter.setOpacity(1.0)
        else:
            painter.fillRect(place, theme.color("raised"))
            if number in model.thumbnails.broken:
                painter.drawPixmap(
                    place.center().x() - TICK // 2, place.center().y() - TICK // 2, self._signs["broken"]
                )
        if roll.apart[number]:  # a corner in the colour of validation
            painter.fillRect(QRect(place.x(), place.bottom() - 2, SIDE, 3), theme.color("validation"))
        is_moved = roll.labels[number] != roll.given[number]
        painter.setFont(self._bold if is_moved else self._font)
        painter.setPen(theme.color("accent" if is_moved else "muted" if is_out else "text"))
        words = painter.fontMetrics().elidedText(model.caption(number), Qt.TextElideMode.ElideRight, room.width() - 4)
        below = QRect(room.x() + 2, place.bottom() + 2, room.width() - 4, self._line)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)
        if is_out or is_under or is_selected:
            self._draw_tick(painter, self.tick(room), is_out)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(room.adjusted(0, 0, -1, -1))

    def _draw_tick(self, painter: QPainter, box: QRect, is_on: bool) -> None:
        painter.setPen(QPen(theme.color("error" if is_on else "muted"), 1))
        painter.setBrush(theme.color("panel", 0.9))
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if is_on:
            painter.drawPixmap(box.topLeft(), self._signs["out"])

    @staticmethod
    def tick(room: QRect) -> QRect:
        """Where the tick of a picture in this room is."""
        return QRect(room.right() - TICK - 3, room.y() + 4, TICK, TICK)

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
            is_in = QRectF(self.tick(option.rect)).contains(QPointF(event.position()))
            if is_in and event.type() == QEvent.Type.MouseButtonRelease:
                is_out = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
                wanted = Qt.CheckState.Unchecked if is_out else Qt.CheckState.Checked
                return model.setData(index, wanted, Qt.ItemDataRole.CheckStateRole)
            return is_in
        return False


class PictureGrid(QListView):
    """The pictures of a model. ``opened`` says that one shall be seen large, ``looked_at`` which is current."""

    opened = Signal(int)
    looked_at = Signal(int)

    def __init__(self, model: PictureModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures = model
        self.setAccessibleName("Pictures")
        self.setViewMode(QListView.ViewMode.ListMode)  # the other mode lays out every picture by itself
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setMinimumSize(120, 60)
        self.delegate = PictureDelegate(model, self)
        self.setItemDelegate(self.delegate)
        self.setModel(model)
        self.activated.connect(lambda index: self.opened.emit(model.number(index)))
        self.selectionModel().currentChanged.connect(self._look)
        model.modelReset.connect(self._begin)
        model.thumbnails.arrived.connect(self.viewport().update)
        theme.changed.connect(self._size)
        self._size()

    @property
    def selected(self) -> tuple[int, ...]:
        """The numbers of the pictures that are selected, by their rows."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return tuple(self.pictures.order[rows].tolist())

    def choose(self, number: int) -> None:
        """Make a picture the current one, where it is shown."""
        found = (self.pictures.order == number).nonzero()[0]
        if len(found):
            index = self.pictures.index(int(found[0]))
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Space) and (chosen := self.selected):
            roll = self.pictures.roll
            assert roll is not None
            self.pictures.left_out_asked.emit(chosen, not roll.left_out[list(chosen)].all())
            return
        super().keyPressEvent(event)

    def _look(self, index: Index) -> None:
        if index.isValid():
            self.looked_at.emit(self.pictures.number(index))

    def _begin(self) -> None:
        self.scrollToTop()

    def _size(self) -> None:
        self.setGridSize(self.delegate.cell)
        self.verticalScrollBar().setSingleStep(self.delegate.cell.height() // 2)


_SIGNS = {"broken": "x-circle", "out": "x"}
