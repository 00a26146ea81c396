"""Microscope: a kernel slides over numbers step by step, and every setting of it can be changed on the way."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSizeF, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from cnnstudio.compiler.source import Place
from cnnstudio.graph import ParameterError
from cnnstudio.insight.calculation import Numbers
from cnnstudio.insight.subject import Subject
from cnnstudio.lessons.microscope import Microscope
from cnnstudio.lessons.microscope_setting import Setting, setting_of
from cnnstudio.lessons.photograph import photograph
from cnnstudio.lessons.worked_examples import EXAMPLES, filtered
from cnnstudio.ui.document import Document
from cnnstudio.ui.lessons.microscope_controls import NETWORK, OWN, PICTURE, MicroscopeControls
from cnnstudio.ui.lessons.microscope_stage import MicroscopeStage
from cnnstudio.ui.lessons.microscope_view import View, told_step
from cnnstudio.ui.lessons.network_map import MakeLooks, NetworkMap, network_map
from cnnstudio.ui.lessons.refusal import Refusal
from cnnstudio.ui.lessons.stepper import Stepper, button
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets import cards
from cnnstudio.ui.widgets.foreign_text import html, tip
from cnnstudio.ui.widgets.labels import Elided, Rich, Sentence
from cnnstudio.ui.widgets.sizes import NO_LIMIT

SELECT = (
    "Select a block of your network: a map that it makes of the picture that all panels look at comes under the "
    "microscope."
)
NARROW, HIGH = 600, 360  # pixels at the normal size of text
SIDE = 290  # pixels at the normal size of text, of the controls
MOST_PAST = 200
LOWEST = 150  # pixels
SETTLE_MILLISECONDS = 150


class MicroscopePanel(Panel):
    """The controls, the stage with the formula above it, and below it what steps. It edits no project."""

    def __init__(self, document: Document, run: Run, looks: MakeLooks, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.microscope = EXAMPLES[0].make()
        self.source, self.example, self.filter = OWN, 0, None  # type: str, int | None, str | None
        self.channel = self.into = self.step = 0
        self._map: int | None = None  # which map of the network was chosen
        self._rows: Numbers | None = None  # what there was before one row was taken of it
        self._past: list[tuple[Any, ...]] = []
        self._future: list[tuple[Any, ...]] = []
        self._burst: object = None
        self.looker = looks(self)
        self.looker.refused.connect(self._refuse_look)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._look)
        self._build()
        self._lay_out()
        self.setMinimumSize(1, LOWEST)  # it has its parts one under the other as soon as it is narrow
        run.picture.changed.connect(self.touch)
        run.state_changed.connect(self.touch)
        self._show()

    # parts

    def _build(self) -> None:
        self.controls = MicroscopeControls()
        self.controls.example_chosen.connect(self.show_example)
        self.controls.source_chosen.connect(self.use_source)
        self.controls.filter_chosen.connect(self.use_filter)
        self.controls.map_chosen.connect(self._choose_map)
        self.controls.edited.connect(self._edit)
        self.controls.like.clicked.connect(self._take_block)
        self.note, self.short_note = Sentence(), Elided()
        self.formula, self.result = Rich(), Elided()
        self.formula.setWordWrap(True)
        self.formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for each in (self.note, self.short_note):
            each.setProperty("role", "muted")
        for label in (self.short_note, self.formula, self.result):
            label.setProperty("textSize", "small")
        self.stage = MicroscopeStage()
        self.stage.stepped.connect(self.go_to)
        self.stage.channel_stepped.connect(self._step_channel)
        self.stage.typed.connect(self._type)
        self.stage.said.connect(self._tell)
        self.refusal = Refusal()
        self.stepper = Stepper()
        self.stepper.moved.connect(self.go_to)
        self.stage.toggled.connect(self.stepper.play.toggle)
        self.matrix = button("grid-four", "As a matrix: the same as a sparse matrix times the input")
        self.matrix.setCheckable(True)
        self.matrix.toggled.connect(self._show)
        self.map_in = button("arrow-line-right", "Show another map that goes in")
        self.map_in.clicked.connect(self._step_into)
        self.map_out = button("arrow-line-left", "Show another map that comes out (Page Down)")
        self.map_out.clicked.connect(lambda: self._step_channel(1))
        self.undo_button = button("arrow-counter-clockwise", "Undo the last change under the microscope")
        self.redo_button = button("arrow-clockwise", "Redo it")
        self.undo_button.clicked.connect(self.undo)
        self.redo_button.clicked.connect(self.redo)

    def _lay_out(self) -> None:
        self._area, self._side = QScrollArea(), QScrollArea()
        for area, inside in ((self._area, self.stage), (self._side, self.controls)):
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys step
            area.setWidget(inside)
        self._area.viewport().installEventFilter(self)
        self._side.setWidgetResizable(True)
        self._side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        self._stack = QStackedLayout(content)
        self._stack.addWidget(self._area)
        self._stack.addWidget(self.refusal)
        for widget in (self.map_in, self.map_out, self.matrix, self.undo_button, self.redo_button):
            self.stepper.row.addWidget(widget)
        right = QVBoxLayout()
        right.setSpacing(3)
        for each in (self.note, self.short_note, self.formula):
            right.addWidget(each)
        right.addWidget(content, 1)
        right.addWidget(self.result)
        right.addWidget(self.stepper)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(8, 8, 8, 6)
        self._row.setSpacing(7)
        self._row.addWidget(self._side)
        self._row.addLayout(right, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW * theme.scale
        ways = QBoxLayout.Direction
        self._row.setDirection(ways.TopToBottom if is_narrow else ways.LeftToRight)
        self._side.setMinimumWidth(0 if is_narrow else round(SIDE * theme.scale))
        self._side.setMaximumWidth(NO_LIMIT if is_narrow else round(SIDE * theme.scale))
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Resize and watched is self._area.viewport():
            self._show_stage()
        return super().eventFilter(watched, event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.stage.setFocus(event.reason())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stepper.stop()
        self._settle.stop()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        self.stepper.stop()
        return self.looker.close(seconds)

    def step_on(self, by: int) -> bool:
        if is_there := 0 <= self.stepper.step + by < self.stepper.steps:
            self.go_to(self.stepper.step + by)
        return is_there

    # what is changed

    @property
    def _state(self) -> tuple[Any, ...]:
        return self.microscope, self.source, self.example, self.filter

    def _change(
        self,
        microscope: Microscope,
        *,
        source: str | None = None,
        example: int | None = None,
        name: str | None = None,
        burst: object = None,
    ) -> None:
        """Look at this from now on; changes of one ``burst`` are undone together."""
        if burst is None or burst != self._burst:
            self._past = [*self._past[-MOST_PAST:], self._state]
        self._burst, self._future = burst, []
        self.microscope, self.example, self.filter = microscope, example, name
        self.source = source or self.source
        self._show()

    def show_example(self, index: int, **changed: Any) -> None:
        """Lay a worked example under the microscope, some of its setting changed, with the window at its first step."""
        example = EXAMPLES[index]
        self.looker.drop()
        self.channel = self.into = self.step = 0
        microscope = example.make()
        microscope = microscope.set(replace(microscope.setting, **changed)) if changed else microscope
        is_picture = microscope.value.shape[1:] == photograph().shape[1:]
        self._change(microscope, source=PICTURE if is_picture else OWN, example=None if changed else index)

    def use_source(self, source: str) -> None:
        """Lay numbers, the photograph or a map of the network under the microscope."""
        self.looker.drop()
        if source == NETWORK:
            self._map = None
            self.source = NETWORK
            self._look()
        elif source == PICTURE:
            self._lay_under(photograph(), source)
        elif source != self.source:
            self._lay_under(np.array(EXAMPLES[0].make().value), source)

    def _lay_under(self, value: Numbers, source: str) -> None:
        self.step = 0
        channels, height, width = value.shape
        setting = replace(self.microscope.setting, in_channels=channels, height=height, width=width)
        setting = replace(setting, dimensions="2-D" if height > 1 else "1-D")
        if setting.groups > channels:
            setting = replace(setting, groups=1)
        self._change(replace(self.microscope.set(setting), value=value),
                     source=source, name=self.filter)  # fmt: skip

    def use_filter(self, name: str) -> None:
        """Take the kernel of a filter, with its convention."""
        self._change(filtered(self.microscope, name), name=name)

    def _mend(self, setting: Setting) -> None:
        self._change(self.microscope.set(setting))

    def _edit(self, name: str, value: object) -> None:
        setting: Setting = replace(self.microscope.setting, **{name: value})  # type: ignore[arg-type]
        if name == "dimensions" and setting.is_flat:
            self._rows = self.microscope.value
        made = self.microscope.set(setting)
        if name == "dimensions" and self._rows is not None and self._rows.shape == made.value.shape:
            rows = self._rows.copy()
            rows[:, :1] = self.microscope.value
            made = replace(made, value=rows)
        self._change(made, burst=(name, self.controls.form.burst))

    def _take_block(self) -> None:
        """Slide as the selected block of the network does."""
        names, graph = self.document.selection, self.document.view_graph
        if len(names) != 1 or names[0] not in graph:
            self.document.said.emit(
                "Select a convolution or a pool of the network, to see under the microscope how it slides."
            )
            return
        try:
            setting = setting_of(graph[names[0]].block, self.microscope.setting)
        except ParameterError as error:
            self.document.said.emit(f"{names[0]} cannot be shown under the microscope: {error}")
            return
        self._change(self.microscope.set(setting))

    def _type(self, what: str, into: int, row: int, column: int, number: float) -> None:
        self._change(self.microscope.put(what, (into, row, column), number, self.channel))

    def undo(self) -> None:
        """Take the last change back."""
        self._go(self._past, self._future)

    def redo(self) -> None:
        """Make it again."""
        self._go(self._future, self._past)

    def _go(self, back: list[tuple[Any, ...]], forth: list[tuple[Any, ...]]) -> None:
        if back:
            forth.append(self._state)
            self.microscope, self.source, self.example, self.filter = back.pop()
            self._burst = None
            self._show()

    # a map of the network

    def refresh(self) -> None:
        if self.source == NETWORK:
            self._settle.start()

    def restyle(self) -> None:
        super().restyle()
        self._show()

    def _look(self) -> None:
        if not self.isVisible() or self.source != NETWORK:
            return
        names, scope = self.document.selection, self.document.scope
        if len(names) != 1 or names[0] not in self.document.view_graph:
            self._refuse_look(SELECT, "")
            return
        if self.document.conceals(names[0]):
            self._refuse_look(f"What {names[0]} computes is hidden while a question is open.", "")
            return
        place, choice, channel = Place(names[0], scope), self.run.picture.choice, self._map
        self.looker.look(lambda subject, _: network_map(subject, place, choice, channel), self._show_map)

    def _choose_map(self, channel: int) -> None:
        self._map = channel
        self._look()

    def _show_map(self, _: Subject, found: NetworkMap | str) -> None:
        if self.source != NETWORK:
            return
        if isinstance(found, str):
            self._refuse_look(found, "")
            return
        self._map = found.channel
        step = self.step
        self._lay_under(found.values, NETWORK)
        self.go_to(step)
        self.controls.show_maps(found.count, found.channel)
        self._note(found.sentence)

    def _allow(self) -> None:
        self.looker.allow()
        self._look()

    def _refuse_look(self, sentence: str, ask: str) -> None:
        self.controls.show_microscope(self.microscope, self.source, None, None)
        self.controls.show_maps(0, 0)
        self._say_nothing()
        self.refusal.say(sentence, [(ask, self._allow)] if ask else [])
        self._stack.setCurrentWidget(self.refusal)

    # stepping

    def go_to(self, step: int) -> None:
        """Bring the window to this step, no further than the ends."""
        if self.microscope.refusal:
            return
        self.step = min(max(0, step), self._view.steps - 1)
        self._show_stage()

    def _step_channel(self, by: int) -> None:
        self.channel = (self.channel + by) % self.microscope.setting.maps
        self._show()

    def _step_into(self) -> None:
        channels = self.microscope.channels_of(self.channel)
        self.into = channels[(self.into - channels[0] + 1) % len(channels)] if self.into in channels else channels[0]
        self._show()

    # showing

    @property
    def _view(self) -> View:
        return View(self.microscope, self.channel, self.into, self.step, self.matrix.isChecked())

    def _show(self) -> None:
        """Show what is there, all of it."""
        microscope = self.microscope
        setting = microscope.setting
        self.controls.show_microscope(microscope, self.source, self.example, self.filter)
        if self.source != NETWORK:
            self.controls.show_maps(0, 0)
        self.undo_button.setEnabled(bool(self._past))
        self.redo_button.setEnabled(bool(self._future))
        self._note(EXAMPLES[self.example].sentence if self.example is not None else "")
        if microscope.refusal:
            self._say_nothing()
            self._show_formula()
            self.refusal.say(
                microscope.refusal, [(title, partial(self._mend, way)) for title, way in microscope.remedies]
            )
            self._stack.setCurrentWidget(self.refusal)
            return
        self.channel = min(self.channel, setting.maps - 1)
        self.into = min(self.into, setting.in_channels - 1)
        self.step = min(self.step, self._view.steps - 1)
        self.map_in.setVisible(len(microscope.channels_of(self.channel)) > 1)
        self.map_out.setVisible(setting.maps > 1)
        self._show_formula()
        self._stack.setCurrentWidget(self._area)
        self._show_stage()

    def _note(self, sentence: str) -> None:
        words = f"{sentence} {self.microscope.convention}.".strip()
        is_high = self.height() >= HIGH * theme.scale
        self.note.setText(words)
        self.short_note.setText(sentence.split(". ", maxsplit=1)[0].removesuffix(".") + "." if sentence else words)
        self.short_note.setToolTip(tip(words))
        self.note.setVisible(is_high)
        self.short_note.setVisible(not is_high)

    def _show_formula(self) -> None:
        made = self.microscope.formula
        if made is None:
            self.formula.setText("")
            return
        family, size = theme.monospace().family(), theme.monospace("small").pixelSize()
        is_high = self.height() >= HIGH * theme.scale
        rule = f"out = {made.rule}" if made.rule else ""
        sizes = [line for line in made.lines if not line.startswith(("parameters", "multiply"))]
        shown = [html(line) for line in ([rule, *made.lines] if is_high else sizes) if line]
        if is_high and rule:
            shown[0] = cards.colored(shown[0], "accent")
        body = "<br>".join(shown) if is_high else " &nbsp;·&nbsp; ".join(shown)
        self.formula.setText(f"<span style=\"font-family:'{family}'; font-size:{size}px\">{body}</span>")
        self.formula.setToolTip(tip(rule, *made.lines, title=made.title))

    def _show_stage(self) -> None:
        if self.microscope.refusal or self._stack.currentWidget() is not self._area:
            return
        view = self._view
        port = self._area.viewport().size()
        self.stage.show_view(view, QSizeF(port.width(), port.height()))
        self.stepper.show_step(view.step, view.steps)
        told = told_step(view)
        self.result.setText(told)
        self.stage.setAccessibleDescription(told)

    def _tell(self, words: str) -> None:
        self.result.setText(words or (told_step(self._view) if not self.microscope.refusal else ""))

    def _say_nothing(self) -> None:
        self.result.setText("")
        self.stepper.show_step(0, 0)
