"""Tour: five stops that point at the parts of the window; it asks nothing, and can be left at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnstudio.ui.theme import theme
from cnnstudio.ui.theme.pens import pen
from cnnstudio.ui.widgets.labels import Plain, Sentence

WIDE = 320  # pixels at the normal size of text
GAP = 14  # pixels from what is pointed at
_LAID_OUT = (QEvent.Type.LayoutRequest, QEvent.Type.ChildAdded)  # of a window, as it shows a panel


@dataclass(frozen=True)
class Stop:
    """What is pointed at, which ``show`` brings into sight, and what is said of it."""

    title: str
    sentence: str
    show: Callable[[], QWidget]


class Ring(QWidget):
    """A frame round what is pointed at, which lets every click through."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(theme.color("accent"), 2.5))
        painter.setBrush(QColor(0, 0, 0, 0))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(1.5, 1.5, -1.5, -1.5), 8.0, 8.0)


class Tour(QFrame):
    """A card beside what it tells of. Right and left arrow go on and back, Escape leaves."""

    def __init__(self, host: QWidget, stops: Sequence[Stop], give_back_focus: Callable[[], object]) -> None:
        super().__init__(host)
        self.stops, self._host, self._give_back_focus = stops, host, give_back_focus
        self.at = 0
        self.target: QWidget | None = None
        self.ring = Ring(host)
        self.setProperty("surface", "popup")
        self.setAccessibleName("Tour")
        self.title, self.sentence, self.count = Plain(parent=self), Sentence(parent=self), Plain(parent=self)
        self.title.setProperty("textSize", "large")
        self.count.setProperty("role", "muted")
        self.leave_button = QPushButton("Leave", self)
        self.leave_button.setProperty("flat", True)
        self.back_button, self.next_button = QPushButton("Back", self), QPushButton(self)
        self.next_button.setProperty("primary", True)
        self.leave_button.clicked.connect(self.leave)
        self.back_button.clicked.connect(lambda: self.go_to(self.at - 1))
        self.next_button.clicked.connect(lambda: self.go_to(self.at + 1))
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        buttons.addWidget(self.count)
        buttons.addStretch()
        for button in (self.leave_button, self.back_button, self.next_button):
            buttons.addWidget(button)
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.sentence)
        layout.addLayout(buttons)
        host.installEventFilter(self)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.place)
        theme.changed.connect(self.place)
        self.hide()

    def begin(self, by_key: bool = True) -> None:
        """Go to the first stop; ``by_key`` gives the keyboard to the card."""
        self.go_to(0)
        if by_key:
            self.next_button.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def go_to(self, at: int) -> None:
        """Go to a stop; behind the last one the tour is over."""
        if at >= len(self.stops):
            self.leave()
            return
        self.at = at = max(0, at)
        stop = self.stops[at]
        self._follow(stop.show())
        self.title.setText(stop.title)
        self.sentence.setText(stop.sentence)
        self.count.setText(f"{at + 1} of {len(self.stops)}")
        self.back_button.setVisible(at > 0)
        is_last = at == len(self.stops) - 1
        self.next_button.setText("Done" if is_last else "Next")
        self.leave_button.setVisible(not is_last)
        self.setAccessibleDescription(f"{stop.title}. {stop.sentence}")
        self.show()
        self.place()

    def leave(self) -> None:
        """End the tour; it is found again under Help."""
        had_focus = self.isAncestorOf(self._host.focusWidget())
        self._follow(None)
        self.hide()
        self.ring.hide()
        if had_focus:
            self._give_back_focus()

    def _follow(self, target: QWidget | None) -> None:
        if self.target is not None:
            self.target.removeEventFilter(self)
        self.target = target
        if target is not None:
            target.installEventFilter(self)

    def place(self) -> None:
        """Stand beside what is pointed at, on the side where there is room."""
        if self.isHidden() or self.target is None:
            return
        host = self._host.rect()
        around = QRect(self.target.mapTo(self._host, QPoint()), self.target.size()).intersected(host)
        self.setFixedWidth(min(round(WIDE * theme.scale), host.width() - 2 * GAP))
        self.setFixedHeight(self._column.heightForWidth(self.width()))
        self.ring.setGeometry(around.adjusted(-3, -3, 3, 3).intersected(host))
        self.ring.setVisible(self.target.isVisible())
        self.move(_beside(around, self.size().width(), self.size().height(), host))
        self.ring.raise_()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        moved = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)
        if event.type() in moved and self.isVisible():
            self.place()
        elif event.type() in _LAID_OUT and self.isVisible():  # a panel that came to the front lies over the card
            self._soon.start()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        elif event.key() in steps:
            self.go_to(self.at + steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go_to(self.at + 1)
        else:
            super().keyPressEvent(event)


def _beside(around: QRect, width: int, height: int, host: QRect) -> QPoint:
    """A place for a card at a side of ``around`` where there is room, else in its middle; always within ``host``."""
    middle = around.center() - QPoint(width // 2, height // 2)
    sides = {
        "right": (host.right() - around.right() > width + 2 * GAP, QPoint(around.right() + GAP, middle.y())),
        "left": (around.left() > width + 2 * GAP, QPoint(around.left() - GAP - width, middle.y())),
        "above": (around.top() > height + 2 * GAP, QPoint(middle.x(), around.top() - GAP - height)),
        "below": (host.bottom() - around.bottom() > height + 2 * GAP, QPoint(middle.x(), around.bottom() + GAP)),
    }
    is_low = around.height() < height  # a button of a bar: beside it the card would lie over the others
    order = ("below", "above", "right", "left") if is_low else ("right", "left", "above", "below")
    place = next((there for fits, there in map(sides.__getitem__, order) if fits), middle)
    return QPoint(
        max(GAP, min(place.x(), host.width() - width - GAP)), max(GAP, min(place.y(), host.height() - height - GAP))
    )
