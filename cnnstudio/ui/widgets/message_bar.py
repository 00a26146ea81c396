"""Message bar: a sentence for the person, in place, over the canvas; it asks for nothing and blocks nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QChildEvent, QEvent, QObject, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from cnnstudio.ui.announcement import announce
from cnnstudio.ui.theme import icon, mix, theme

Choice = tuple[str, Callable[[], object]]
ICONS = {"info": "info", "success": "check-circle", "warning": "warning", "error": "warning-circle"}
MOST_BARS = 4
MOST_OUTCOMES = 2  # of those that stay until they are closed: more of them would hide the network


class MessageBar(QFrame):
    """One sentence with what can be done about it. It goes by itself unless it is an error or offers a choice."""

    def __init__(
        self, sentence: str, kind: str, choices: tuple[Choice, ...], parent: QWidget, passes: bool = True
    ) -> None:
        super().__init__(parent)
        self.kind = kind
        self.sentence = sentence
        self._label = QLabel(sentence)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setMinimumWidth(220)
        sign = QLabel()
        sign.setPixmap(icon(ICONS[kind], "accent" if kind == "info" else kind).pixmap(QSize(18, 18)))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(sign, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._label, 1)
        self.buttons: dict[str, QPushButton] = {}
        for number, (title, act) in enumerate(choices):
            button = QPushButton(title)
            button.setProperty("primary", number == 0)
            button.clicked.connect(self._chosen(act))
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
            self.buttons[title] = button
        self.close_button = QToolButton()
        self.close_button.setIcon(icon("x", "muted"))
        self.close_button.setToolTip("Close this message")
        self.close_button.setAccessibleName("Close this message")
        self.close_button.clicked.connect(self.dismiss)
        layout.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.asks = kind == "warning" and bool(choices)
        self.is_outcome = kind == "success" or (kind == "error" and not choices)
        self.passes = passes and kind in ("info", "success") and not choices
        if self.passes:
            QTimer.singleShot(4000 + 45 * len(sentence), self, self.dismiss)

    def _chosen(self, act: Callable[[], object]) -> Callable[[], None]:
        def chosen() -> None:
            self.dismiss()
            act()

        return chosen

    def say(self, sentence: str) -> None:
        """Put another sentence in the place of this one."""
        self.sentence = sentence
        self._label.setText(sentence)

    def dismiss(self) -> None:
        """Take the message away; the keyboard goes back to what it stood over, not to whatever comes next."""
        messages = self.parentWidget()
        host = messages.parentWidget() if messages is not None else None
        if host is not None and self.isAncestorOf(self.focusWidget()):
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
        self.close_button.hide()
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("How far it is")
        self._progress.setRange(0, 0)
        self._progress.setFixedWidth(110)
        row = self.layout()
        if isinstance(row, QHBoxLayout):
            row.insertWidget(2, self._progress, 0, Qt.AlignmentFlag.AlignVCenter)

    def advance(self, sentence: str, share: float | None) -> None:
        """Say how far it is; a share of None is a bar that only moves."""
        if sentence:
            self.say(sentence)
        self._progress.setRange(0, 0 if share is None else 1000)
        self._progress.setValue(round(1000 * (share or 0)))


class Messages(QWidget):
    """The place over ``host`` where messages appear, the latest below the earlier ones, and all below ``below``."""

    def __init__(self, host: QWidget, below: QWidget | None = None) -> None:
        super().__init__(host)
        self._below = below
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self.hide()
        for watched in filter(None, (host, below)):
            watched.installEventFilter(self)

    @property
    def bars(self) -> list[MessageBar]:
        """The messages shown, oldest first."""
        return list(self.findChildren(MessageBar, options=Qt.FindChildOption.FindDirectChildrenOnly))

    def say(self, sentence: str, kind: str = "info", *choices: Choice) -> MessageBar:
        """Show a sentence; the same sentence is not shown twice."""
        for bar in self.bars:
            if bar.sentence == sentence:
                bar.dismiss()
        bar = MessageBar(sentence, kind, choices, self)
        self._add(bar)
        announce(self, sentence)
        if bar.asks:  # the keyboard can answer it at once
            next(iter(bar.buttons.values())).setFocus(Qt.FocusReason.OtherFocusReason)
        return bar

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
        outcomes = [old for old in self.bars if old.is_outcome and old is not bar]
        for old in outcomes[: -(MOST_OUTCOMES - bar.is_outcome)]:
            old.dismiss()
        passing = [old for old in self.bars if old.passes and old is not bar]
        for old in passing[: max(0, len(self.bars) - MOST_BARS)]:
            old.dismiss()
        self._layout.addWidget(bar)
        bar.show()
        self._place()

    def _place(self) -> None:
        host = self.parentWidget()
        if host is None:
            return
        self.setVisible(bool(self.bars))
        width = min(660, host.width() - 24)
        self.setFixedWidth(max(width, 1))
        self.setFixedHeight(max(1, self._layout.heightForWidth(width) if self._layout.hasHeightForWidth() else 1))
        top = self._below.geometry().bottom() if self._below is not None and self._below.isVisible() else 0
        self.move(QPoint((host.width() - width) // 2, top + 10))
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            self._place()
        return False

    def childEvent(self, event: QChildEvent) -> None:
        super().childEvent(event)
        QTimer.singleShot(0, self, self._place)
