"""Chooser: a field and a list over the window, to search and to choose from by keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.columns import columns
from cnnstudio.ui.widgets.labels import Plain

MOST_SHOWN = 60  # letters of what was searched for that are repeated


class Chooser(QFrame):
    """Type, choose with the arrows, Enter takes, Escape or a click elsewhere gives up.

    Those who inherit it fill ``list`` in ``search`` and do what was chosen in ``take``.
    """

    size_wanted = 540, 420  # pixels at the normal size of text

    def __init__(self, host: QWidget, hint: str, name: str, count: int, give_back_focus: Callable[[], None]) -> None:
        super().__init__(host)
        self._host, self._give_back_focus = host, give_back_focus
        self.setProperty("surface", "popup")
        self.field = QLineEdit()
        self.field.setPlaceholderText(hint)
        self.field.setAccessibleName(name)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self.list = columns(self, "Found", count)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(self._choose)
        self.nothing = Plain(parent=self)
        self.nothing.setProperty("role", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.nothing.setMargin(24)
        self.nothing.setWordWrap(True)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(8, 8, 8, 8)
        self.box.addWidget(self.field)
        self.box.addWidget(self.list)
        self.box.addWidget(self.nothing, 1)
        self.hide()

    def search(self, text: str) -> None:
        """Fill the list with what answers ``text``; an item that can be chosen has data in ``Qt.UserRole``."""
        raise NotImplementedError

    def take(self, value: object) -> None:
        """Do what was chosen."""
        raise NotImplementedError

    def ask(self) -> None:
        """Open over the window, with nothing searched for yet."""
        host = self._host
        self.setFixedSize(theme.scaled(*self.size_wanted, host.size() - QSize(40, 80)))
        self.move(QPoint((host.width() - self.width()) // 2, 60))
        self.field.clear()
        self._search("")
        self.show()
        self.raise_()
        self.field.setFocus()

    def _search(self, text: str) -> None:
        self.list.clear()
        self.search(text)
        is_empty = self.list.topLevelItemCount() == 0
        self.nothing.setText(f"Nothing was found for “{text.strip()[:MOST_SHOWN]}”. Try another word for it.")
        self.nothing.setVisible(is_empty)
        self.list.setHidden(is_empty)
        if is_empty:
            announce(self.field, self.nothing.text())
        self._step(0)

    def _step(self, by: int) -> None:
        """Go to the next row that can be chosen, in the direction of ``by``; 0 is the first one."""
        rows = [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]
        enabled = [row for row in rows if row is not None and not row.isDisabled()]
        if not enabled:
            return
        current = self.list.currentItem()
        at = max(0, min(len(enabled) - 1, enabled.index(current) + by)) if by and current in enabled else 0
        if at == 0:
            self.list.scrollToTop()  # a heading above the first row stays in sight
        self.list.setCurrentItem(enabled[at])
        announce(self.field, f"{enabled[at].text(0)}, {at + 1} of {len(enabled)}")

    def _choose(self, item: QTreeWidgetItem | None = None) -> None:
        item = item or self.list.currentItem()
        if item is None or item.isDisabled():
            return
        value = item.data(0, Qt.ItemDataRole.UserRole)
        self._leave()
        self.take(value)

    def _leave(self) -> None:
        self.hide()
        self._give_back_focus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.FocusOut:
            focus = QApplication.focusWidget()
            if focus is None or not self.isAncestorOf(focus):
                self.hide()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        key = Qt.Key(event.key())
        if key in steps and watched is self.field:
            self._step(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif key == Qt.Key.Key_Escape:
            self._leave()
        else:
            return False
        return True
