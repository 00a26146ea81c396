"""DeclarationList: cards one below the other, to add, remove and put in another order. Knows no forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.graph import Declaration
from cnnstudio.graph.parameter import Length, summary
from cnnstudio.ui.theme import icon, mix, theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Plain

GAP = 6  # pixels between two cards
GRIP = 16  # pixels for the dots at which a card is taken
NEAR = 40  # pixels from the edge at which a list scrolls under what is dragged
KEYS = "Alt+Up and Alt+Down move it, Delete removes it."
Held = Qt.KeyboardModifier


class DeclarationList(QWidget):
    """The cards and, below them, the button that adds one. It asks for what a person wants and changes nothing itself.

    ``added(kind)`` asks for one more at the end, ``removed(place)`` for one less, ``moved(old, new)`` for the one at
    ``old`` to stand at ``new``. Whoever listens arranges the cards anew.
    """

    added = Signal(object)
    removed = Signal(int)
    moved = Signal(int, int)

    def __init__(self, kinds: Sequence[type[Declaration]], count: Length, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[DeclarationCard] = []
        self.is_read_only = False
        self._count = count
        self._gap: int | None = None  # before which card what is dragged would stand, where that is elsewhere
        self.empty = Plain(parent=self)
        self.empty.setProperty("role", "muted")
        self.add = QPushButton(icon("plus", "muted"), "Add…", self)
        self.add.setProperty("textSize", "small")
        self.menu = QMenu(self.add)
        self.menu.setToolTipsVisible(True)
        for kind in kinds:
            action = self.menu.addAction(kind.__name__)
            action.setToolTip(_told(kind))
            action.triggered.connect(lambda _=False, kind=kind: self.added.emit(kind))
        self.add.setMenu(self.menu)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, GAP // 2, 0, 0)
        self._column.setSpacing(GAP)
        self._column.addWidget(self.empty)
        self._column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addStretch(1)  # or the cards share what room is left over

    def arrange(self, cards: Sequence[DeclarationCard], nothing: str) -> None:
        """Show these cards in this order and let all others go; ``nothing`` is what is said where there are none."""
        for gone in [card for card in self.cards if card not in cards]:
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        self.cards = list(cards)
        for place, card in enumerate(cards):
            if self._column.indexOf(card) != place:
                self._column.removeWidget(card)
                self._column.insertWidget(place, card)
            card.show()  # at once, so that it can take the keyboard
        self.empty.setText(nothing)
        self.empty.setVisible(not cards)
        self._show_state()

    def set_read_only(self, read_only: bool) -> None:
        """Show the cards but let nobody change which there are."""
        self.is_read_only = read_only
        self._show_state()

    def _show_state(self) -> None:
        can_add = len(self.cards) < self._count.high
        self.add.setEnabled(can_add and not self.is_read_only)
        self.add.setToolTip(tip("" if can_add else f"There may be {self._count.high:,} at most."))
        for place, card in enumerate(self.cards, 1):
            card.setAccessibleName(f"{card.title.text()}, {place} of {len(self.cards)}")
            card.remove.setEnabled(self._can_remove)

    @property
    def _can_remove(self) -> bool:
        return not self.is_read_only and len(self.cards) > self._count.low

    # what a card asks for

    def take_away(self, card: DeclarationCard) -> None:
        """Ask for this card to be removed, if there may be fewer."""
        if self._can_remove:
            self.removed.emit(self.cards.index(card))

    def shift(self, card: DeclarationCard, by: int) -> None:
        """Ask for this card to stand further down, or with -1 further up."""
        old = self.cards.index(card)
        if not self.is_read_only and 0 <= old + by < len(self.cards):
            self.moved.emit(old, old + by)

    def go_on(self, card: DeclarationCard, by: int) -> None:
        """Give the keyboard to the next card, or with -1 to the one before."""
        place = self.cards.index(card) + by
        if 0 <= place < len(self.cards):
            self.cards[place].setFocus(Qt.FocusReason.TabFocusReason)

    def drag(self, card: DeclarationCard, y: int) -> None:
        """Show where this card would stand if it were dropped at this height."""
        old, gap = self.cards.index(card), sum(each.geometry().center().y() < y for each in self.cards)
        self._gap = gap if gap not in (old, old + 1) else None
        if (area := _area(self)) is not None and (page := area.widget()) is not None:
            place = self.mapTo(page, QPoint(0, y))
            area.ensureVisible(place.x(), place.y(), 0, NEAR)
        self.update()

    def drop(self, card: DeclarationCard) -> None:
        """Ask for this card to stand where it would."""
        gap, self._gap = self._gap, None
        self.update()
        if gap is not None:
            old = self.cards.index(card)
            self.moved.emit(old, gap - (gap > old))

    def give_up(self) -> None:
        """Let what is dragged stay where it is."""
        self._gap = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._gap is not None:
            below = self._gap < len(self.cards)
            y = self.cards[self._gap].y() - GAP // 2 if below else self.cards[-1].geometry().bottom() + GAP // 2
            painter = QPainter(self)
            painter.fillRect(QRect(0, y - 1, self.width(), 2), theme.color("accent"))
            painter.end()


class DeclarationCard(QWidget):
    """One declaration of the list: its kind, the widget for its values, and what a person can do with it.

    It takes the keyboard. It is dragged anywhere but at a field.
    """

    def __init__(self, owner: DeclarationList, value: Declaration, body: QWidget | None) -> None:
        super().__init__(owner)
        self.value = value
        self.is_dragged = False
        self._owner = owner
        self._pressed: QPoint | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(_told(type(value)))
        self.setAccessibleDescription(f"{_first(type(value))} {KEYS}".strip())
        self.title = Elided(type(value).__name__, self)
        self.title.setCursor(Qt.CursorShape.OpenHandCursor)
        self.remove = QToolButton(self)
        self.remove.setAutoRaise(True)
        self.remove.setIcon(icon("x", "muted"))
        self.remove.setIconSize(QSize(12, 12))
        self.remove.setToolTip("Remove")
        self.remove.setAccessibleName(f"Remove {type(value).__name__}")
        self.remove.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.remove.clicked.connect(lambda: owner.take_away(self))
        header = QHBoxLayout()
        header.addSpacing(GRIP)
        header.addWidget(self.title, 1)
        header.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 3, 6, 4 if body is None else 8)
        column.setSpacing(4)
        column.addLayout(header)
        if body is not None:
            column.addWidget(body)

    # the keyboard

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._command(event):
            event.accept()  # Delete means this card, not what is selected on the canvas
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = self._command(event)
        if command is None:
            super().keyPressEvent(event)
        else:
            command()

    def _command(self, event: QKeyEvent) -> Callable[[], None] | None:
        """What this key does here; nothing where a field in the card has the keyboard and had no use for the key."""
        if not self.hasFocus():
            return None
        if event.key() == Qt.Key.Key_Escape:
            return self._give_up if self.is_dragged else None
        owner, held = self._owner, event.modifiers() & ~Held.KeypadModifier
        commands = {
            (Qt.Key.Key_Up, Held.AltModifier): partial(owner.shift, self, -1),
            (Qt.Key.Key_Down, Held.AltModifier): partial(owner.shift, self, 1),
            (Qt.Key.Key_Up, Held.NoModifier): partial(owner.go_on, self, -1),
            (Qt.Key.Key_Down, Held.NoModifier): partial(owner.go_on, self, 1),
            (Qt.Key.Key_Delete, Held.NoModifier): partial(owner.take_away, self),
            (Qt.Key.Key_Backspace, Held.NoModifier): partial(owner.take_away, self),
        }
        return next((does for (key, keys), does in commands.items() if (key, keys) == (event.key(), held)), None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()
        if (area := _area(self)) is not None and event.reason() != Qt.FocusReason.MouseFocusReason:
            area.ensureWidgetVisible(self, 0, GAP)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._give_up()
        self.update()

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._owner.is_read_only:
            self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if self._pressed is None:
            return
        if not self.is_dragged and (place - self._pressed).manhattanLength() < QApplication.startDragDistance():
            return
        self.is_dragged = True
        self._owner.drag(self, self.mapToParent(place).y())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_dragged, self._pressed, self.is_dragged = self.is_dragged, None, False
        self.update()
        if was_dragged:
            self._owner.drop(self)

    def _give_up(self) -> None:
        if self._pressed is not None:
            self._pressed, self.is_dragged = None, False
            self._owner.give_up()
            self.update()

    def menu(self) -> QMenu:
        """What can be done with the card."""
        owner, menu = self._owner, QMenu(self)
        place = owner.cards.index(self)
        for words, name, by in (("Move up\tAlt+Up", "arrow-up", -1), ("Move down\tAlt+Down", "arrow-down", 1)):
            action = menu.addAction(icon(name), words, partial(owner.shift, self, by))
            action.setEnabled(not owner.is_read_only and 0 <= place + by < len(owner.cards))
        action = menu.addAction(icon("trash"), "Remove\tDel", partial(owner.take_away, self))
        action.setEnabled(self.remove.isEnabled())
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("accent" if self.hasFocus() or self.is_dragged else "line"))
        raised = theme.color("raised")
        painter.setBrush(mix(theme.color("accent"), raised, 0.14) if self.is_dragged else raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        middle = self.title.geometry().center().y()
        icon("dots-six-vertical", "muted").paint(painter, QRect(5, middle - 7, 14, 14))
        painter.end()


def _area(widget: QWidget) -> QScrollArea | None:
    """What scrolls it."""
    around = widget.parentWidget()
    while around is not None and not isinstance(around, QScrollArea):
        around = around.parentWidget()
    return around


def _first(kind: type[Declaration]) -> str:
    """The first paragraph of its help, in one line."""
    return " ".join(summary(kind).partition("\n\n")[0].split())


def _told(kind: type[Declaration]) -> str:
    return tip(_first(kind))
