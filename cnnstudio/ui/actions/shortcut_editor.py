"""ShortcutEditor: every command with its shortcuts, to search and to change. Its rules are those of ``shortcuts``."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QToolButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.ui.actions.commands import Commands
from cnnstudio.ui.actions.shortcuts import SLOTS, shown_keys
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.columns import columns
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Plain
from cnnstudio.ui.widgets.question_bar import QuestionBar

ORDINALS = ("First", "Second")


class KeysField(QKeySequenceEdit):
    """Takes the keys that are pressed in it; Tab goes on to the next field, Escape leaves everything as it is."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaximumSequenceLength(1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not event.modifiers():
            self.left.emit()
        else:
            super().keyPressEvent(event)


class ShortcutEditor(QDialog):
    """A list to search, and below it the keys of the command that is chosen there. A change acts at once."""

    def __init__(self, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(theme.scaled(600, 640, self.screen().availableSize()))
        self._commands, self._shortcuts = commands, commands.shortcuts
        self._titles = commands.titles()
        self._name: str | None = None
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Search by name or by keys")
        self.field.setAccessibleName("Search shortcuts")
        self.field.setClearButtonEnabled(True)
        self.field.installEventFilter(self)
        self.list = columns(self, "Commands and their shortcuts", 3, 0)
        self.list.header().setMinimumSectionSize(80)  # so that the columns stand still while the list is searched
        self.title = Plain(parent=self)
        self.title.setProperty("textSize", "large")
        self.keys = [KeysField(self) for _ in range(SLOTS)]
        self.removes = [QToolButton(self) for _ in range(SLOTS)]
        self.reset = QPushButton("Reset", self)
        self.reset_all = QPushButton("Reset all…", self)
        self.sentence = Plain(parent=self)
        self.sentence.setWordWrap(True)
        self.question = QuestionBar(self)
        self._lay_out()
        self._connect()
        self._fill()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        for keys, remove in zip(self.keys, self.removes, strict=True):
            remove.setIcon(icon("x", "muted"))
            row.addWidget(keys)
            row.addWidget(remove)
            row.addSpacing(8)
        row.addStretch()
        row.addWidget(self.reset)
        strip = QFrame(self)
        strip.setProperty("surface", "raised")
        inside = QVBoxLayout(strip)
        inside.setContentsMargins(12, 10, 12, 12)
        inside.setSpacing(8)
        for widget in (self.title, self.sentence, self.question):
            inside.addWidget(widget)
        inside.insertLayout(1, row)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(self.reset_all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(strip)
        layout.addLayout(foot)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter in the search field presses none

    def _connect(self) -> None:
        self.field.textChanged.connect(self._fill)
        self.list.currentItemChanged.connect(self._choose)
        self.list.itemActivated.connect(self.keys[0].setFocus)
        for slot, (keys, remove) in enumerate(zip(self.keys, self.removes, strict=True)):
            keys.editingFinished.connect(lambda slot=slot: self._typed(slot))
            keys.left.connect(self.list.setFocus)
            keys.left.connect(self._show_keys)
            remove.clicked.connect(lambda _=False, slot=slot: self._put(slot, ""))
        self.reset.clicked.connect(self._reset)
        self.reset_all.clicked.connect(self._ask_to_reset_all)
        self._shortcuts.changed.connect(self._refresh)
        theme.changed.connect(self._fill)

    # the list

    def _fill(self, *_: object) -> None:
        """List the commands whose titles or keys have every word that is searched for, by menu."""
        words, heading, chosen = self.field.text().lower().split(), "", self._name
        self.list.clear()
        for name, menu in self._commands.menus().items():
            shown = " or ".join(map(shown_keys, self._shortcuts.keys(name)))
            if not all(word in f"{menu} {self._titles[name]} {shown}".lower() for word in words):
                continue
            if menu != heading:
                heading = menu
                self._add_heading(menu)
            item = QTreeWidgetItem(self.list, [self._titles[name]])
            item.setIcon(0, self._commands.bound[name].icon())
            item.setForeground(2, theme.color("muted"))
            item.setData(0, Qt.ItemDataRole.UserRole, name)
            self._show_row(item)
            if name == chosen:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None and (first := self.list.topLevelItem(1)) is not None:  # below its heading
            self.list.setCurrentItem(first)
        self._choose()

    def _add_heading(self, title: str) -> None:
        heading = QTreeWidgetItem(self.list, [title])
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        heading.setFirstColumnSpanned(True)
        heading.setFont(0, theme.font("small"))
        heading.setForeground(0, theme.color("accent"))

    def _show_row(self, item: QTreeWidgetItem) -> None:
        name = item.data(0, Qt.ItemDataRole.UserRole)
        keys = self._shortcuts.keys(name)
        item.setText(1, "  or  ".join(map(shown_keys, keys)))
        item.setText(2, "" if keys == self._shortcuts.declared(name) else "changed")

    def _refresh(self) -> None:
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            if item is not None and item.data(0, Qt.ItemDataRole.UserRole):
                self._show_row(item)
        self._show_keys()

    def _choose(self, *_: object) -> None:
        item = self.list.currentItem()
        self._name = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        self.question.hide()
        self._say("")
        self._show_keys()

    # the keys of the one that is chosen

    def _show_keys(self) -> None:
        name = self._name
        has = self._shortcuts.keys(name) if name is not None else ()
        title = self._titles[name] if name is not None else "No command is called that"
        self.title.setText(title)
        for slot, (keys, remove) in enumerate(zip(self.keys, self.removes, strict=True)):
            here = has[slot] if slot < len(has) else ""
            keys.setKeySequence(QKeySequence(here))
            keys.setEnabled(name is not None and slot <= len(has))
            keys.setAccessibleName(f"{ORDINALS[slot]} shortcut of {title}")
            remove.setEnabled(bool(here))
            said = f"Take {shown_keys(here)} away from {title}" if here else "Nothing to take away"
            remove.setToolTip(tip(said))
            remove.setAccessibleName(said)
        self.reset.setEnabled(name is not None and has != self._shortcuts.declared(name))
        self.reset.setToolTip(tip(self._reset_words(name) if name is not None else ""))

    def _reset_words(self, name: str) -> str:
        keys = " or ".join(map(shown_keys, self._shortcuts.declared(name)))
        return f"Back to {keys}" if keys else "Back to no shortcut"

    def _typed(self, slot: int) -> None:
        """The keys were pressed, or the field was left."""
        self._put(slot, self.keys[slot].keySequence().toString())

    def _put(self, slot: int, keys: str) -> None:
        if self._name is None:
            return
        has = list(self._shortcuts.keys(self._name))
        if keys == (has[slot] if slot < len(has) else ""):
            return
        has[slot : slot + 1] = [keys] if keys else []
        self._want(self._name, tuple(dict.fromkeys(has)))

    def _reset(self) -> None:
        if self._name is not None:
            self._want(self._name, self._shortcuts.declared(self._name))

    def _want(self, name: str, keys: tuple[str, ...]) -> None:
        """Give the command these keys; what stands against it is said, and what another loses is asked first."""
        self.question.hide()
        fresh = [each for each in keys if each not in self._shortcuts.keys(name)]
        refusals = [sentence for each in fresh if (sentence := self._shortcuts.refusal(name, each))]
        held = {each: holder for each in fresh if (holder := self._shortcuts.holder(each)) is not None}
        self._say(" ".join(refusals), "error")
        if refusals:
            self._show_keys()
        elif held:
            losses = " and ".join(f"{shown_keys(each)} is for “{self._titles[other]}”" for each, other in held.items())
            self._show_keys()
            self.question.ask(
                f"{losses}. Take it for “{self._titles[name]}”?", "Take it", lambda: self._give(name, keys)
            )
        else:
            self._give(name, keys)

    def _give(self, name: str, keys: tuple[str, ...]) -> None:
        self._shortcuts.set(name, keys)
        self._say("Kept.", "success")

    def _ask_to_reset_all(self) -> None:
        self._say("")
        self.question.ask(
            "Give every command the shortcuts that it had at first?", "Reset all", self._shortcuts.reset_all
        )

    def _say(self, sentence: str, role: str = "") -> None:
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self.sentence.setProperty("role", role)
        self.sentence.style().polish(self.sentence)

    # keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down:
                self.list.setFocus()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.keys[0].setFocus()
                return True
        return super().eventFilter(watched, event)


def show_shortcuts(commands: Commands) -> None:
    """Open the list of shortcuts, or bring it to the front where it is open."""
    page = commands.host.findChild(ShortcutEditor) or ShortcutEditor(commands, commands.host)
    page.show()
    page.raise_()
    page.activateWindow()
