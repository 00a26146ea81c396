"""Switch off: a block, its channels or one of its wires is switched off, and the answer and the accuracy follow."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.compiler.source import Place
from cnnstudio.insight.effect import MEANT, SAID, Cost, Effect, Instead, Ranking, Switched
from cnnstudio.insight.subject import Subject
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.copy_choice import CopyChoice
from cnnstudio.ui.insight.followed import analysis_in, outermost
from cnnstudio.ui.insight.looking_panel import LookingPanel
from cnnstudio.ui.insight.told_area import ToldArea
from cnnstudio.ui.insight.value_view import narrow
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.bars import Bars
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.wording import printable

if TYPE_CHECKING:
    from cnnstudio.worker import Report

SELECT = "Select a block to switch it off, or some of its channels."
BUSY = "Switching off takes too long to be done between two steps: pause the run, or wait for its end."
UNTRAINED = "The weights are untrained, so no channel has learned anything yet."
Direction = QBoxLayout.Direction


class AblationPanel(LookingPanel):
    """The channels of the selected block, the dearest first once they are ranked; what is chosen is switched off."""

    settle_milliseconds = 250

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, "ablation", SELECT, parent)
        self.found: Effect | None = None
        self.ranked: Ranking | None = None
        self._place: Place | None = None
        self._key: tuple[object, ...] | None = None  # what was asked for last
        self._is_ranking = False  # which nothing but another block, or Cancel, ends before its time
        self._lay_out(self._controls(), self._result())
        self._choose_instead()  # it asks all parts for what they show
        run.state_changed.connect(self.touch)
        run.picture.changed.connect(self.touch)

    # parts

    def _controls(self) -> QWidget:
        # by their contents they would set their own size, beyond a narrow panel's edge
        by_letters = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.part, self.instead = QComboBox(), QComboBox()
        self.part.setAccessibleName("What is switched off")
        self.part.setToolTip(tip("All that reads the block gets other numbers, or only one of those that read it"))
        self.instead.setAccessibleName("What stands in its place")
        for each in Instead:
            self.instead.addItem(SAID[each], each)
            self.instead.setItemData(self.instead.count() - 1, tip(MEANT[each]), Qt.ItemDataRole.ToolTipRole)
        for box in (self.part, self.instead):
            box.setMinimumWidth(90)
            box.setSizeAdjustPolicy(by_letters)
        self.part.setMinimumContentsLength(16)
        self.instead.setMinimumContentsLength(10)
        self.part.currentIndexChanged.connect(self.touch)
        self.instead.currentIndexChanged.connect(self._choose_instead)
        self.rank = QPushButton("Rank channels")
        self.rank.setToolTip(tip("Switch off one channel after the other, and order them by how much the loss rises"))
        self.rank.clicked.connect(self._rank)
        self.copies = CopyChoice()
        self.copies.changed.connect(self.touch)
        made = QWidget()
        flow = FlowLayout(made)
        for widget in (self.part, self.copies, self.instead, self.rank):
            flow.addWidget(widget)
        return made

    def _result(self) -> QWidget:
        self.list = QListWidget()
        self.list.setAccessibleName("Channels; those that are selected are switched off")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setUniformItemSizes(True)
        self.list.setMinimumWidth(120)
        self.list.itemSelectionChanged.connect(self.touch)
        self.before, self.after = Bars(), Bars()
        self.before.setAccessibleName("Probabilities as they are")
        self.after.setAccessibleName("Probabilities with the part switched off")
        both = QHBoxLayout()
        both.setSpacing(14)
        for bars, words in ((self.before, "As it is"), (self.after, "Switched off")):
            label = Elided(words)
            bars.hovered.connect(lambda text, label=label, words=words: label.setText(text or words))
            label.setProperty("role", "muted")
            label.setProperty("textSize", "small")
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(label)
            column.addWidget(bars, 1)
            both.addLayout(column, 1)
        self.told = Sentence()
        self.told.setProperty("textSize", "small")
        self._area = ToldArea(self.told)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self._area)
        right.addLayout(both, 1)
        made = QWidget()
        self._row = QBoxLayout(Direction.LeftToRight, made)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(10)
        self._row.addWidget(self.list, 2)
        self._row.addLayout(right, 3)
        return made

    def _choose_instead(self) -> None:
        chosen = Instead(self.instead.currentData())
        self.instead.setToolTip(tip(MEANT[chosen], title=SAID[chosen]))
        self.touch()

    # what is looked at

    def touch(self) -> None:
        """Keep in mind which node was selected last, also while nobody looks."""
        before, self._place = self._place, self.copies.follow(self.document, self._place)
        if self._place != before:
            self._begin_anew()
        super().touch()

    def _begin_anew(self) -> None:
        """Another block: no channel is chosen, none is ranked."""
        self.ranked, self._is_ranking = None, False
        self.list.blockSignals(True)
        self.list.clear()
        self.list.blockSignals(False)
        self.part.blockSignals(True)
        self.part.clear()
        if (place := self._place) is not None:
            self.part.addItem(f"All of {printable(str(place))}", None)
            around = analysis_in(self.document, place.scope)
            graph = around.graph if around is not None else ()
            for name in [node.name for node in graph if place.node in node.inputs and not node.bypassed]:
                self.part.addItem(f"Its wire to {printable(name)}", name)
        self.part.blockSignals(False)

    def restyle(self) -> None:
        self.before.update()
        self.after.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = narrow(self.width(), self.height())
        self._row.setDirection(Direction.TopToBottom if is_narrow else Direction.LeftToRight)

    @property
    def _node(self) -> str | Place | None:
        """The block that was selected last, by its name, or by its place where it is inside another one."""
        return self._place.node if self._place is not None and not self._place.scope else self._place

    @property
    def _is_hidden(self) -> bool:
        return self._place is not None and outermost(self._place) in self.document.concealed

    @property
    def switched(self) -> Switched | None:
        """What is switched off; None where no block is selected."""
        if self._node is None:
            return None
        channels = tuple(sorted(item.data(Qt.ItemDataRole.UserRole) for item in self.list.selectedItems()))
        return Switched(self._node, channels, self.part.currentData(), Instead(self.instead.currentData()))

    @property
    def _weights(self) -> tuple[object, ...]:
        run = self.run
        return (
            self.looker.ready or self.document.graph,
            run.state,
            len(run.history.epochs),
            run.recalled,
            self.looker.beside,
        )

    def _look(self) -> None:
        """Ask what the part that is chosen does, as things are now."""
        switched, run = self.switched, self.run
        if not self.isVisible():
            return
        if switched is None or self._place is None or outermost(self._place) not in self.document.graph:
            self._say(SELECT)
            return
        if self._is_hidden:
            self._say(f"What {switched.node} does is hidden while a question is open.")
            return
        if run.state == "training":
            self._say(BUSY)
            return
        key = (switched, run.picture.choice, *self._weights)
        if key == self._key or (self._is_ranking and self.looker.is_looking):
            return
        choice = run.picture.choice

        def work(subject: Subject, report: Report) -> Effect:
            from cnnstudio.insight.ablation import effect

            return effect(subject, choice, switched, report)

        self._key = key
        if self.looker.look(work, self._show, all_images=True):
            self.going.begin()

    def _rank(self) -> None:
        """Try one channel after the other."""
        switched = self.switched
        if switched is None or self.run.state == "training" or self._is_hidden:
            return
        node, instead = switched.node, switched.instead

        def work(subject: Subject, report: Report) -> Ranking:
            from cnnstudio.insight.ablation import ranking

            return ranking(subject, node, instead, report)

        self._key, self._is_ranking = None, True
        if self.looker.look(work, partial(self._take_ranking, node), all_images=True):
            self.going.begin()

    # showing

    def _cancelled(self) -> None:
        self._is_ranking = False
        if self.found is None:
            self.nothing.say("It was cancelled.")

    def _refuse(self, sentence: str, ask: str) -> None:
        if self.looker.is_looking:  # it only says what it does, and that stands in the row of progress
            if self.found is None:
                self.nothing.say("")
            return
        self.going.end()
        self._key = self.found = None
        self.nothing.say(sentence, ask)
        self._stack.setCurrentIndex(0)

    def _show(self, subject: Subject, found: Effect) -> None:
        self.going.end()
        if found.switched.node != self._node or self._is_hidden:
            return
        self.found = found
        if self._key is not None:
            self._key = (*self._key[:2], *self._weights)  # it may have been built only now
        if not self.list.count():
            self._list([(channel, None) for channel in range(found.channels)])
        reach = float(max(found.before.max(), found.after.max()))
        for bars, values in ((self.before, found.before), (self.after, found.after)):
            bars.set_values(values, found.classes, found.label or "", reach=reach)
        told = list(found.sentences)
        if not subject.is_trained:
            told.insert(0, UNTRAINED)
        if self.ranked is not None:
            told.append(self.ranked.sentence)
        self._area.say(printable(" ".join(told)))
        self._stack.setCurrentIndex(1)

    def _take_ranking(self, node: str | Place, subject: Subject, found: Ranking) -> None:
        self.going.end()
        self._is_ranking = False
        if node != self._node or self._is_hidden:
            return
        self.ranked = found
        self._list([(each.channel, each) for each in found.costs])
        self.touch()

    def _list(self, rows: list[tuple[int, Cost | None]]) -> None:
        """Show the channels in this order, with what they cost; those that were chosen stay so."""
        chosen = {item.data(Qt.ItemDataRole.UserRole) for item in self.list.selectedItems()}
        self.list.blockSignals(True)
        self.list.clear()
        for channel, cost in rows:
            words = f"Channel {channel + 1}"
            if cost is not None:
                points = round(-100 * cost.accuracy, 1) + 0.0  # no minus before a zero
                words += f": loss {cost.loss:+.3f}, accuracy {points:+.1f} points".replace("-", "−")
            item = QListWidgetItem(words)
            item.setData(Qt.ItemDataRole.UserRole, channel)
            self.list.addItem(item)
            if channel in chosen:
                self.list.setCurrentItem(item, QItemSelectionModel.SelectionFlag.Select)
        self.list.blockSignals(False)
