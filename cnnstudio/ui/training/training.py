"""Training: start, pause and stop a run, how it goes, and the recipe it follows."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.graph import Graph, parameters
from cnnstudio.project.datasets import FILE, TABLE
from cnnstudio.project.presets import Preset
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.schedules import told_of_rate
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.training.after import AfterCard
from cnnstudio.ui.training.before import BeforeCard
from cnnstudio.ui.training.dataset_choice import ImagesChoice
from cnnstudio.ui.training.during import DuringCard
from cnnstudio.ui.training.recipe_form import PresetButton, RecipeForm
from cnnstudio.ui.training.standing import ProgressLine, Standing
from cnnstudio.ui.training.told import ToldCard
from cnnstudio.ui.training.train_button import goes_on, train_button
from cnnstudio.ui.training.weights_here import caught_up
from cnnstudio.ui.widgets.announcement import announce
from cnnstudio.ui.widgets.editors import TextEditor
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.form import Form
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.question_bar import QuestionBar
from cnnstudio.wording import counted, listed

MORE = 10  # epochs that a run at its end is given
BESIDE_IMAGES = ("data", "folder")  # what is asked where the images are shown
NOWHERE = "What was trained is in no folder that stays."
TAKEN = "Another run takes its place: export the network first where it is to be kept."
EARLIER = "It is the network as it was at the start: later changes are not in it."


class TrainingPanel(Panel):
    """Buttons and progress above, always in view; below them in parts that fold what matters now, and the recipe.

    The recipe is edited through the document, so it can be undone.
    """

    own_asked = Signal(object)  # the project as the run has it, to be seen in a window of its own
    looked = Signal()  # and found that the network is the one of the run again, or is so no more
    queue_asked = Signal()  # the network shall be trained later, after others
    refused = Signal()  # training was asked for, here or elsewhere, and it says why that cannot be

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._button = train_button(document, run)  # as it is shown
        self._recipe_shown: Recipe | None = None
        self._compared: tuple[Graph, RunFolder | None] | None = None
        self._is_other = False  # whether the network is no longer the one of the run
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 0)
        layout.setSpacing(8)
        self.progress, self.standing = ProgressLine(run), Standing(run)
        self.standing.own.clicked.connect(lambda: self.own_asked.emit(run.own_project))
        self.before, self.during, self.after = (
            BeforeCard(document, run),
            DuringCard(document, run),
            AfterCard(document, run),
        )
        self.told = ToldCard(run)
        self.question = QuestionBar(self)
        self._area = self._recipe()
        self._remember_folds()
        layout.addLayout(self._buttons())
        layout.addWidget(self.question)
        layout.addWidget(self.progress)
        layout.addWidget(self._area, 1)
        self._compare = QTimer(self, singleShot=True, interval=300)
        self._compare.timeout.connect(self._look)
        run.state_changed.connect(self.touch)
        run.advanced.connect(self._follow)
        run.kept.changed.connect(self.touch)  # somebody may have deleted what could be gone on with

    @property
    def sentence(self) -> Sentence:
        """What is said of the run."""
        return self.standing.sentence

    # commands

    @property
    def can_toggle(self) -> bool:
        """Whether the Train button can do anything now."""
        return train_button(self.document, self.run).is_enabled

    def toggle(self) -> None:
        """What the one large button says: train, pause, or go on; where nothing can be trained, show why."""
        if self._button.text == "Train":
            self.document.look_there()
        self._look()
        self.touch()
        said = self._button.text
        self.update_now()
        if said == "Go on" != self._button.text and self.run.is_gone:
            self.document.said.emit(self.sentence.text())  # and nothing is begun anew unasked
            return
        if self.run.state == "training":
            self.run.pause()
        elif self.run.state == "paused":
            self.run.resume()
        elif self._button.obstacle is not None:
            self._area.verticalScrollBar().setValue(0)
            self.refused.emit()
            announce(self, self._button.obstacle)
        elif self._button.text == "Go on":
            self.go_on()
        else:
            self.start_anew()

    def start_anew(self) -> None:
        """Train from fresh weights, in a folder of its own: the run before stays in its own, or its end is asked."""
        self.document.look_there()
        if not self._button.is_enabled or self.run.is_active or self.document.obstacle() is not None:
            return
        if self.run.is_passing:
            self._area.verticalScrollBar().setValue(0)
            self.question.ask(f"{self.run.unkept or NOWHERE} {TAKEN}", "Train anew", self._begin)
        else:
            self._begin()

    def _begin(self) -> None:
        self.settle()
        self.run.start(self.document.project, self.document.title)

    def settle(self) -> None:
        """Take what is being typed into the recipe."""
        for form in self._forms:
            form.settle()

    def go_on(self) -> None:
        """Go on with the run: to its end, and where it is there, for as many epochs as the button says."""
        if not self.run.can_go_on or not self.run.fits(self.document.graph):
            return
        if told := caught_up(self.document, self.run):
            self.document.said.emit(told)
        else:
            self.run.go_on(self._epochs_to_come())

    def _epochs_to_come(self) -> int | None:
        """To how many epochs in all the run would go on; None for its own."""
        run, asked = self.run, self.document.project.recipe.epochs
        done = len(run.history.epochs)
        if run.has_ended_early and run.history.started is not None:
            return max(done + MORE, run.history.started.epochs)
        if asked is None or asked <= done or run.project is None:
            return done + MORE if run.is_at_end else None
        return asked if run.is_at_end or asked != run.project.recipe.epochs else None

    # parts

    def _buttons(self) -> QHBoxLayout:
        self.train = QPushButton("Train")
        self.train.setProperty("primary", True)
        self.train.clicked.connect(self.toggle)
        self.stop = QPushButton("Stop")
        self.stop.setIcon(icon("stop"))
        self.stop.clicked.connect(self.run.stop)
        self.other = QPushButton()  # the other way to train, where there are two
        self.other.setIcon(icon("play"))
        self.other.clicked.connect(lambda: self.go_on() if self.run.is_at_end else self.start_anew())
        for button in (self.train, self.other, self.stop):
            button.setIconSize(QSize(14, 14))
        self.later = QToolButton()
        self.later.setIcon(icon("list-plus"))
        self.later.setToolTip("Add to the queue: train it as it is now, after those that wait")
        self.later.setAccessibleName("Add to the queue")
        self.later.clicked.connect(self.queue_asked)
        row = QHBoxLayout()
        row.addWidget(self.train, 2)
        row.addWidget(self.other, 1)
        row.addWidget(self.stop, 1)
        row.addWidget(self.later)
        return row

    def _recipe(self) -> QScrollArea:
        self.images = ImagesChoice(self.document, self.run)
        self.images.chosen.connect(lambda key: self._edit("data", key))
        self.images.loaded.connect(self.touch)
        names = [parameter.name for parameter in parameters(Recipe) if parameter.name not in BESIDE_IMAGES]
        basic = [name for name in names if Recipe.is_basic(name)]
        advanced = [name for name in names if not Recipe.is_basic(name)]
        self.folder, self.basic = (Form(Recipe, plain=True, names=each) for each in (("folder",), basic))
        self.advanced = RecipeForm(Recipe, advanced)
        for form in self._forms:
            form.edited.connect(self._edit)
        self.presets = PresetButton()
        self.presets.chosen.connect(self._take)
        self.next = Sentence("What is changed here counts in the next run.")
        self.next.setProperty("role", "muted")
        self.recipe = Fold("Recipe")
        self.recipe.set_corner(self.presets)
        for widget in (self.next, self.basic, self.advanced):
            self.recipe.body.addWidget(widget)
        self.images.body.insertWidget(0, self.folder)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 2, 12)
        layout.setSpacing(6)
        for part in (self.standing, self.before.concerns, *self._cards, self.images, self.recipe):
            layout.addWidget(part)
        layout.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to what has the keyboard
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme.changed.connect(self._align)
        self._align()
        return area

    def _remember_folds(self) -> None:
        """Fold what was folded the last time."""
        parts = {"result": self.after, "learning": self.during, "before": self.before, "images": self.images}
        parts |= {"told": self.told, "recipe": self.recipe}
        parts |= {f"recipe-{section.name.lower()}": fold for section, (fold, _) in self.advanced.sections.items()}
        for name, fold in parts.items():
            fold.set_open(not Preferences().is_folded(f"training-{name}", not fold.is_open))
            fold.toggled.connect(lambda on, name=name: Preferences().set_folded(f"training-{name}", not on))

    def _align(self) -> None:
        """Let all fields begin at one place, however wide the labels are, and leave them most of the room."""
        forms = self._forms
        width = min(max(form.label_width for form in forms), self.width() * 2 // 5)
        for part in (self.images, *forms):
            part.indent(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._align()

    @property
    def _cards(self) -> tuple[AfterCard, DuringCard, ToldCard, BeforeCard]:
        return self.after, self.during, self.told, self.before

    # the recipe

    @property
    def _forms(self) -> tuple[Form | RecipeForm, ...]:
        return self.folder, self.basic, self.advanced

    def _take(self, preset: Preset) -> None:
        """Train in the way of a preset: one edit, which can be undone, and what it is for in words."""
        self.settle()
        self.document.edit_recipe(f"Preset {preset.title}", preset.applied(self.document.project.recipe))
        self.document.said.emit(preset.sentence)

    def _edit(self, name: str, value: Any) -> None:
        recipe = dataclasses.replace(self.document.project.recipe, **{name: value})
        burst = sum(form.burst for form in self._forms)
        title = name.replace("_", " ")
        self.document.edit_recipe(f"Change {title}", recipe, merge=f"recipe {name} {burst}")

    def _show_recipe(self, recipe: Recipe) -> None:
        self._recipe_shown = recipe
        for form in self._forms:
            form.set_values(recipe)
        self.folder.setVisible(recipe.matters("folder"))
        editor = self.folder.editor("folder")
        if isinstance(editor, TextEditor):
            editor.ask_for_file(recipe.data in (TABLE, FILE))
        for form in (self.basic, self.advanced):
            form.show_only(name for name in form.rows if recipe.matters(name))
        epochs = counted(recipe.epochs, "epoch") if recipe.epochs else "epochs by the images"
        self.recipe.tell(f"{epochs}, batch {recipe.batch_size:,}, {recipe.optimizer} {recipe.learning_rate:g}")

    # the run

    def refresh(self) -> None:
        if self.document.project.recipe is not self._recipe_shown:
            self._show_recipe(self.document.project.recipe)
        self._button = button = train_button(self.document, self.run)
        self.train.setText(button.text)
        self.train.setIcon(icon(button.icon, "on_accent"))
        self.train.setEnabled(button.is_enabled)
        self.train.setToolTip(
            tip(button.obstacle or ("Train, pause or resume" if button.is_enabled else "It is being prepared."))
        )
        self.stop.setEnabled(self.run.is_active)
        self.stop.setToolTip(
            "Stop after this step and keep the weights" if self.run.is_active else "Nothing is being trained."
        )
        self._offer_two_ways()
        self._is_other = self._is_other and self.run.state != "preparing"
        self._show_progress()
        self.next.setVisible(self.run.is_active)
        self.before.images_refusal = self.images.refusal
        for card in self._cards:
            card.refresh()
        self._look_soon()

    def _look_soon(self) -> None:
        """Compare the network with that of the run, where either is another: soon, for it writes the whole source."""
        known = self._compared
        is_new = known is None or known[0] is not self.document.graph or known[1] is not self.run.folder
        if is_new and not self._compare.isActive():
            self._compare.start()

    def _offer_two_ways(self) -> None:
        """Beside the large button the other way to train, in the place of Stop, where there are two."""
        run, is_offered = self.run, goes_on(self.document, self.run)
        self.stop.setVisible(not is_offered)
        self.other.setVisible(is_offered)
        if not is_offered:
            return
        if run.is_at_end:
            asked = self._epochs_to_come() or 0
            more = asked - len(run.history.epochs)
            title, words = f"{more:,} more", f"Go on with this run for {counted(more, 'more epoch')}"
            told = self._told_of_rate(asked)
            self.train.setToolTip("Train from fresh weights; this run keeps its folder")
        else:
            title, words, told = "Start anew", "Train from fresh weights; this run keeps its folder", ""
            self.train.setToolTip("Go on with this run where it was stopped")
        self.other.setText(title)
        self.other.setToolTip(tip(words, told))
        self.other.setAccessibleName(words)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._compare.isActive():
            self._look()

    def _follow(self) -> None:
        """Show how far the run is; nothing else has changed by a step."""
        if self.isVisible():
            self._look_soon()  # a run takes the place of the one before at its first step
            self._show_progress()
            self.during.follow()
            self.told.refresh()
        else:
            self.touch()

    def _show_progress(self) -> None:
        self.progress.refresh()
        self.standing.refresh()
        self._say()

    def _look(self) -> None:
        """See whether the network is still the one of the run."""
        self._compare.stop()
        self._compared = self.document.graph, self.run.folder
        was, self._is_other = self._is_other, self.run.project is not None and not self.run.fits(self.document.graph)
        is_offered = not self.other.isHidden()  # of another network, where it was changed and changed back at once
        if was != self._is_other or is_offered != goes_on(self.document, self.run):
            self.touch()
            self.looked.emit()
        self._say()

    def _say(self) -> None:
        run = self.run
        text, role = run.sentence, ""
        if run.is_gone and run.folder is not None:
            learned = ". What it has learned is in memory." if run.is_in_memory else ", with what it had learned."
            text, role = f"The files of run {run.folder.path.name} were moved or deleted{learned}", "warning"
        elif run.state == "failed":
            role = "error"
        elif run.state in ("training", "paused") and not run.is_stopping:
            device = run.under_way.started.device if run.under_way.started else "the computer"
            text, role = run.sentence or f"Training on {device}.", "muted"
            if self._is_other:
                text, role = f"{text} {EARLIER}", "warning"
        elif run.state == "finished" and self._is_other:
            text, role = f"{text} The network has changed since then.", "warning"
        is_own = self._is_other and run.state in ("finished", "failed")
        self.standing.own.setVisible(is_own)
        self.standing.say(text, role, self._told_of_going_on() if goes_on(self.document, run) else "")
        self.standing.setVisible(bool(text or self.standing.more.text()) or is_own)

    def _told_of_rate(self, epochs: int) -> str:
        """What the learning rate does where the run goes on to so many epochs in all."""
        started, last, project = self.run.history.started, self.run.history.last, self.run.project
        if started is None or last is None or project is None:
            return ""
        longer = dataclasses.replace(project.recipe, epochs=max(1, epochs))
        return told_of_rate(project.recipe, longer, started.steps_per_epoch, last.step)

    def _told_of_going_on(self) -> str:
        """What a person should know who goes on with the run: what counts no more, and what of the recipe does not."""
        run, told = self.run, list[str]()
        if run.has_ended_early:
            told.append("Going on takes all these epochs, whether they bring anything better or not.")
        others = {"epochs", "patience"} if run.has_ended_early else {"epochs"}
        now, then = self.document.project.recipe.values, run.project.recipe.values if run.project is not None else {}
        changed = [name.replace("_", " ") for name in then if name not in others and now[name] != then[name]]
        if changed:
            told.append(
                f"Going on keeps the recipe of the run: {listed(changed)}, which you have changed since, "
                f"{'counts' if len(changed) == 1 else 'count'} in a new one."
            )
        return " ".join(told)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        return all([self.before.close_tasks(seconds), self.images.close_tasks(seconds)])
