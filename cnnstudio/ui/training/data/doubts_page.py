"""Doubts page: what may be wrong with the images, each thing with its pictures and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.ui.widgets.advice_row import Advice, AdviceList, Way
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.scrolled import Scrolled
from cnnstudio.wording import counted

if TYPE_CHECKING:
    from cnnstudio.training.data.doubts.doubt import Doubt, Doubts

GOES_ON = "Looking for what may be wrong with them…"
NOTHING = "Nothing was found that may be wrong."


class DoubtsPage(QWidget):
    """What was found so far, and how far the search is. It changes nothing by itself: it asks.

    ``shown`` carries the doubt whose pictures shall be seen, ``out_asked`` the numbers that shall be left out.
    """

    shown = Signal(object)
    out_asked = Signal(object)
    weights_asked = Signal()
    search_asked = Signal()
    stop_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(10)
        self.state, self.found, self.looked = Advice(), AdviceList(), Sentence()
        self.looked.setProperty("role", "muted")
        self.looked.setProperty("textSize", "small")
        for widget in (self.state, self.found, self.looked):
            column.addWidget(widget)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Scrolled(content))
        self.setFocusProxy(self.state)

    def go_on(self, sentence: str, share: float | None) -> None:
        """Say how far the search is."""
        far = "" if share is None else f" {share:.0%}"
        self._say(f"{sentence or GOES_ON.rstrip('…')}…{far}", ("Stop", self.stop_asked.emit))

    def wait(self, sentence: str, ask: str) -> None:
        """Say why nothing is looked for, with the button that begins it."""
        self.found.say(())
        self.looked.setText("")
        self._say(sentence, (ask, self.search_asked.emit))

    def show_doubts(self, doubts: Doubts, is_balanced: bool) -> None:
        """Show what was found; ``is_balanced`` says that the recipe has balanced class weights already."""
        if doubts.found:
            self.state.hide()
        else:
            self.state.say(NOTHING, "success", ways=(("Look again", self.search_asked.emit),))
            self.state.show()
        rows = [(each.sentence, "warning", each.advice, self._ways(each, is_balanced)) for each in doubts.found]
        self.found.say(rows)
        self.looked.setText(" ".join(doubts.looked))

    def _ways(self, doubt: Doubt, is_balanced: bool) -> list[Way]:
        ways: list[Way] = []
        if len(doubt.numbers):
            title = "Show the picture" if len(doubt.numbers) == 1 else "Show the pictures"
            ways.append((title, partial(self.shown.emit, doubt)))
        if len(doubt.out):
            ways.append((f"Leave out {counted(len(doubt.out), 'picture')}", partial(self.out_asked.emit, doubt.out)))
        if doubt.weighs and not is_balanced:
            ways.append(("Balance the class weights", self.weights_asked.emit))
        return ways

    def _say(self, sentence: str, way: tuple[str, Callable[[], object]]) -> None:
        self.state.say(sentence, "accent", ways=(way,))
        self.state.show()
