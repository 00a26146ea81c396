"""Messages: a sentence for the person, in place, over the canvas; it asks for nothing and blocks nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.ui.theme import icon, mix, theme
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Plain, Sentence
from cnnstudio.ui.widgets.progress_bar import ProgressBar
from cnnstudio.wording import printable

Choice = tuple[str, Callable[[], object]]
ICONS = {"info": "info", "success": "check-circle", "warning": "warning", "error": "warning-circle"}
MOST = 2  # messages seen at once
WIDEST, LEAST, TEXT = 520, 340, 200  # pixels at the normal size of text: of a message, and of its words beside buttons
LINES = 3  # of a message that has its buttons beside it
AWAY = 12  # pixels from the edge of the host
STAY, LETTER, REACH = 4_000, 45, 4_000  # milliseconds: for any message, for each letter, and to reach a button


class MessageBar(QFrame):
    """One sentence with what can be done about it.

    An info and a success ``pass``: they go by themselves, unless the pointer or the keyboard is there.
    ``about`` is what it is about, whatever that is.
    """

    def __init__(
        self, sentence: str, kind: str, choices: tuple[Choice, ...], parent: QWidget, passes: bool = True
    ) -> None:
        super().__init__(parent)
        self.kind, self.sentence = kind, printable(sentence)
        self.about: object = None
        self._label = Sentence(sentence)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._sign = Plain()
        self._draw_sign()
        theme.changed.connect(self._draw_sign)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.setSpacing(8)
        self._line.addWidget(self._label, 1, Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addLayout(self._line, 1)
        self.buttons: dict[str, QPushButton] = {}
        self._choices = self._make_choices(choices)
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("x", "muted"))
        self.close_button.setToolTip("Close this message")
        self.close_button.setAccessibleName("Close this message")
        self.close_button.clicked.connect(self.dismiss)
        layout.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.asks = kind == "warning" and bool(choices)
        self.is_outcome = kind == "success" or not choices  # which later ones push out
        self.passes = passes and kind in ("info", "success")
        self._timer = QTimer(self, singleShot=True, interval=STAY + LETTER * len(sentence) + REACH * bool(choices))
        self._timer.timeout.connect(self._pass)
        if self.passes:
            self._timer.start()

    def _make_choices(self, choices: tuple[Choice, ...]) -> QWidget:
        place = QWidget(self)
        row = FlowLayout(place)
        for number, (title, act) in enumerate(choices):
            button = QPushButton(printable(title))
            button.setToolTip(tip(title))
            button.setAccessibleName(title)
            button.setProperty("primary", number == 0)
            button.clicked.connect(self._chosen(act))
            row.addWidget(button)
            self.buttons[title] = button
        place.setVisible(bool(choices))
        self._line.addWidget(place, 0, Qt.AlignmentFlag.AlignVCenter)
        return place

    def fit(self, width: int) -> None:
        """Stand within this width: the buttons beside the words, or below them where that leaves too little room."""
        room, needed = width - self._other_width(), self._needed()
        for title, button in self.buttons.items():
            metrics = QFontMetrics(button.font())
            edges = button.sizeHint().width() - metrics.horizontalAdvance(button.text())
            button.setText(metrics.elidedText(title, Qt.TextElideMode.ElideRight, room - edges))
        spoken = self._spoken()
        is_wide = needed + max(min(round(TEXT * theme.scale), spoken), round(spoken / LINES)) <= room
        self._choices.setMinimumWidth(needed if is_wide else 0)
        way = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if way != self._line.direction():  # an alignment that is set again is laid out again, and so on for ever
            self._line.setDirection(way)
            self._line.setAlignment(self._choices, Qt.AlignmentFlag.AlignVCenter if is_wide else Qt.AlignmentFlag(0))

    def whole(self) -> int:
        """The width at which all of it stands on one line."""
        return self._other_width() + self._spoken() + self._needed()

    def _spoken(self) -> int:
        """The width of the sentence on one line."""
        return QFontMetrics(self._label.font()).horizontalAdvance(self.sentence) + 4

    def _needed(self) -> int:
        """The width of the buttons with all of their titles, side by side."""
        widths = [
            button.sizeHint().width() + metrics.horizontalAdvance(title) - metrics.horizontalAdvance(button.text())
            for title, button in self.buttons.items()
            if (metrics := QFontMetrics(button.font()))
        ]
        return sum(widths) + 6 * max(0, len(widths) - 1)

    def _other_width(self) -> int:
        """What the sign, the button to close it and the spaces take."""
        return 18 + self.close_button.sizeHint().width() * self.close_button.isVisibleTo(self) + 20 + 3 * 8

    @property
    def _has_keyboard(self) -> bool:
        return self.isAncestorOf(self.window().focusWidget())  # its own one had it once, and may have lost it

    def _pass(self) -> None:
        """Go, unless somebody is here."""
        if self.underMouse() or self._has_keyboard:
            self._timer.start(STAY)
        else:
            self.dismiss()

    def _draw_sign(self) -> None:
        role = "accent" if self.kind == "info" else self.kind
        self._sign.setPixmap(icon(ICONS[self.kind], role).pixmap(QSize(18, 18), self.devicePixelRatioF()))

    def _chosen(self, act: Callable[[], object]) -> Callable[[], None]:
        def chosen() -> None:
            self.dismiss()
            act()

        return chosen

    def say(self, sentence: str) -> None:
        """Put another sentence in the place of this one."""
        self.sentence = printable(sentence)
        self._label.setText(sentence)

    def dismiss(self) -> None:
        """Take the message away; the keyboard goes back to what it stood over, not to whatever comes next."""
        messages = self.parentWidget()
        host = messages.parentWidget() if messages is not None else None
        if host is not None and self._has_keyboard:
            host.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()
        self.setParent(None)
        self.deleteLater()

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        ):
            event.accept()  # they answer here, whatever they do on the canvas
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802 - Qt's name
        # the host may want Tab for itself, as the canvas does, so it goes round here
        buttons = [*self.buttons.values(), self.close_button]
        at = next((number for number, button in enumerate(buttons) if button.hasFocus()), -1 if forward else 0)
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        buttons[(at + (1 if forward else -1)) % len(buttons)].setFocus(reason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = next((button for button in self.buttons.values() if button.hasFocus()), None)
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and focused is not None:
            focused.click()  # which Qt does in dialogs alone
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        color = theme.color("accent" if self.kind == "info" else self.kind)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(mix(color, theme.color("line"), 0.5), 1))
        painter.setBrush(QColor(mix(color, theme.color("panel"), 0.07)))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()


class ProgressMessage(MessageBar):
    """A sentence about something that goes on, with how far it is; it stays until that has ended."""

    def __init__(self, sentence: str, choices: tuple[Choice, ...], parent: QWidget) -> None:
        super().__init__(sentence, "info", choices, parent, passes=False)
        self.is_outcome = False
        self.close_button.hide()
        self._progress = ProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("How far it is")
        self._progress.setRange(0, 0)
        self._progress.setFixedWidth(110)
        # to the left, or below the words it would make them as narrow as it is
        self._line.insertWidget(1, self._progress, 0, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)

    def _other_width(self) -> int:
        return super()._other_width() + self._progress.width()

    def advance(self, sentence: str, share: float | None) -> None:
        """Say how far it is; a share of None is a bar that only moves."""
        if sentence:
            self.say(sentence)
        self._progress.setRange(0, 0 if share is None else 1000)
        self._progress.setValue(round(1000 * (share or 0)))


class Messages(QWidget):
    """The place at the foot of ``host`` where messages appear, the latest below the earlier ones.

    The latest is seen whatever stands there, for it answers what a person has done just now; beside it what asks.

    ``taken`` is a part of the foot that something else takes just now; messages stand beside it, or above it.
    """

    def __init__(self, host: QWidget, taken: Callable[[], QRect] = QRect) -> None:
        super().__init__(host)
        self._taken = taken
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._place)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.hide()
        host.installEventFilter(self)
        theme.changed.connect(self.place_soon)

    @property
    def bars(self) -> list[MessageBar]:
        """The messages that stand, oldest first."""
        return list(self.findChildren(MessageBar, options=Qt.FindChildOption.FindDirectChildrenOnly))

    def say(
        self, sentence: str, kind: str = "info", *choices: Choice, passes: bool = True, about: object = None
    ) -> MessageBar:
        """Show a sentence in the place of what was said ``about`` the same thing; it is not shown twice."""
        for bar in self.bars:
            if bar.sentence == printable(sentence):
                bar.dismiss()
        self.withdraw(about)
        bar = MessageBar(sentence, kind, choices, self, passes)
        bar.about = about
        self._add(bar)
        announce(self, bar.sentence)
        if bar.asks:  # the keyboard can answer it at once
            next(iter(bar.buttons.values())).setFocus(Qt.FocusReason.OtherFocusReason)
        return bar

    def withdraw(self, about: object) -> None:
        """Take away what was said about something: it holds no more."""
        for bar in self.bars:
            if about is not None and bar.about == about:
                bar.dismiss()

    def clear(self) -> None:
        """Take away what was said of a project that is gone; what goes on stays, and so does a question."""
        for bar in self.bars:
            if not isinstance(bar, ProgressMessage) and not bar.asks:
                bar.dismiss()

    def progress(self, sentence: str, *choices: Choice) -> ProgressMessage:
        """Show that something goes on, with a way to end it where there is one."""
        bar = ProgressMessage(sentence, choices, self)
        self._add(bar)
        return bar

    def _add(self, bar: MessageBar) -> None:
        """Take the message in, and let those go that are least missed; where none can go, some wait out of sight."""
        others = [old for old in self.bars if old is not bar and old.is_outcome]
        for old in sorted(others, key=lambda each: not each.passes)[: max(0, len(self.bars) - MOST)]:
            old.dismiss()
        self._layout.addWidget(bar)
        self._place()

    def _place(self) -> None:
        host, bars = self.parentWidget(), self.bars
        if host is None:
            return
        seen = [*sorted(bars[:-1], key=lambda bar: bar.asks)[1 - MOST :], *bars[-1:]]
        for bar in bars:
            bar.setVisible(bar in seen)
        self.setVisible(bool(bars))
        left, right, foot = self._room(host.rect())
        wanted = max((bar.whole() for bar in seen), default=1)
        width = max(1, min(round(WIDEST * theme.scale), right - left, wanted))
        for bar in seen:
            bar.fit(width)
        self.setFixedWidth(width)
        self.setFixedHeight(max(1, self._layout.heightForWidth(width) if self._layout.hasHeightForWidth() else 1))
        middle = max(left, min(right - width, (host.width() - width) // 2))
        self.move(QPoint(middle, max(0, foot - self.height())))
        self.raise_()

    def _room(self, host: QRect) -> tuple[int, int, int]:
        """From where to where messages may stand, and on what."""
        taken, left, right = self._taken(), AWAY, host.width() - AWAY
        if taken.isEmpty():
            return left, right, host.height() - AWAY
        if taken.center().x() > host.center().x():
            beside = left, taken.left() - AWAY
        else:
            beside = taken.right() + AWAY, right
        if beside[1] - beside[0] >= LEAST * theme.scale:
            return *beside, host.height() - AWAY
        return left, right, taken.top() - AWAY

    def place_soon(self) -> None:
        """Look again where there is room, if anything stands here."""
        if not self.isHidden():
            self._soon.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._soon.start()
        return super().event(event)


LONGEST = 200  # letters of an address that are shown


def offer_link(messages: Messages, address: str) -> None:
    """Say where this address of the web leads, with a button to open it in the browser."""
    shown = address if len(address) <= LONGEST else f"{address[:LONGEST]}…"
    messages.say(f"The link leads to {shown}", "info", ("Open in the browser", lambda: _open(address)))


def _open(address: str) -> None:
    QDesktopServices.openUrl(QUrl(address))
