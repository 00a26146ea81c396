"""Augmentation: what is done to each training image, and what the first batch of the run looks like after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from cnnstudio.project import Project
from cnnstudio.project.augmentations import doubts, usual
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.session import image_size, images_key
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import PATIENCE, Task, put_away
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.advice_row import Advice, AdviceList
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.form import Form
from cnnstudio.ui.widgets.labels import Elided, Sentence
from cnnstudio.ui.widgets.picture_pairs import PicturePairs
from cnnstudio.ui.widgets.scrolled import Scrolled
from cnnstudio.ui.widgets.sizes import NO_LIMIT
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.augmentation.preview import Preview
    from cnnstudio.training.data.loading import Data

FIELDS = ("augmentations", "test_time_mirror")
TIMES = 20  # that one picture is shown
ROOMY = 620  # pixels at the normal size of text, from which the list stands beside the pictures
LIST = 290  # pixels of the list there
EMPTY = "Nothing is done to the images: the network sees each of them alike in every epoch."
NO_IMAGES = "The network takes no images, so there are none to show."
Direction = QBoxLayout.Direction


@dataclass(frozen=True, eq=False)
class _Shown:
    """What was computed: of which images, their first batch, and one picture again and again."""

    data: Data
    batch: Preview
    one: Any  # uint8 (1 + TIMES, C, H, W), the picture as it is before the others
    name: str


class AugmentationPanel(Panel):
    """The list of the recipe on the left, each gesture an edit; on the right what it makes of the images.

    What is shown is the first batch of the run that would begin now, or another draw of it, or one picture as it comes
    in twenty epochs.
    """

    delay = 120

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._task: Task[_Shown] | None = None
        self._key: tuple[object, ...] | None = None  # of what is shown or being computed
        self._data: tuple[tuple[object, ...], Data] | None = None
        self._draw, self._picture = 0, 0  # which draw, and which picture of the batch is the one
        self._is_fetching = False  # what has to be downloaded
        self.shown: _Shown | None = None
        self._row = QBoxLayout(Direction.LeftToRight, self)
        self._row.setContentsMargins(12, 8, 8, 8)
        self._row.setSpacing(14)
        self.listed = Scrolled(self._list())
        self._row.addWidget(self.listed)
        self._row.addWidget(self._pictures(), 1)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(lambda: self.told.setText("Altering the images…" if self.shown else ""))
        run.state_changed.connect(self.touch)

    # parts

    def _list(self) -> QWidget:
        self.form = Form(Recipe, plain=True, names=FIELDS)
        self.form.edited.connect(self._edit)
        self.usual = QPushButton("As usual")
        self.usual.setToolTip(tip("Move each image and, where a mirror image is as good, mirror every other"))
        self.usual.clicked.connect(self._take_usual)
        self.doubts = AdviceList()
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(8)
        column.addWidget(self.doubts)
        column.addWidget(self.form)
        column.addWidget(self.usual, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return made

    def _pictures(self) -> QWidget:
        self.batch, self.one = QPushButton("First batch"), QPushButton(f"{TIMES} of one")
        self.batch.setToolTip(
            tip("The images of the first step of the run, as they are and as the network is shown them")
        )
        self.one.setToolTip(tip("One picture as it is shown in twenty epochs"))
        group = QButtonGroup(self)
        for button in (self.batch, self.one):
            button.setCheckable(True)
            button.setProperty("textSize", "small")
            group.addButton(button)
        self.batch.setChecked(True)
        group.buttonClicked.connect(lambda _: self._show())
        self.again = QPushButton("Draw again")
        self.again.setIcon(icon("shuffle"))
        self.again.setIconSize(QSize(14, 14))
        self.again.setProperty("textSize", "small")
        self.again.setToolTip(tip("See the same images altered by other numbers"))
        self.again.clicked.connect(self._draw_again)
        self.first = QPushButton("Back to the first")
        self.first.setProperty("textSize", "small")
        self.first.setToolTip(tip("See the images as the run will draw them"))
        self.first.clicked.connect(self._back)
        controls = QWidget()
        flow = FlowLayout(controls)
        for widget in (self.batch, self.one, self.again, self.first):
            flow.addWidget(widget)
        self.told, self.readout = Sentence(), Elided()
        for label in (self.told, self.readout):
            label.setProperty("role", "muted")
            label.setProperty("textSize", "small")
        self.pairs = PicturePairs()
        self.pairs.hovered.connect(self.readout.setText)
        self.pairs.chosen.connect(self._choose)
        self.nothing = Advice()
        content, absent = QWidget(), QWidget()
        around = QVBoxLayout(absent)
        around.addStretch(1)
        around.addWidget(self.nothing)
        around.addStretch(1)
        self._stack = QStackedLayout(content)
        self._stack.addWidget(absent)
        self._stack.addWidget(self.pairs)
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(controls)
        column.addWidget(self.told)
        column.addWidget(content, 1)
        column.addWidget(self.readout)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_roomy = self.width() >= ROOMY * theme.scale
        self._row.setDirection(Direction.LeftToRight if is_roomy else Direction.TopToBottom)
        width = round(LIST * theme.scale) if is_roomy else NO_LIMIT
        self.listed.setMaximumWidth(width)
        self.listed.setMinimumWidth(width if is_roomy else 0)
        self._row.setStretch(0, 0 if is_roomy else 1)

    # the list

    def _edit(self, name: str, value: Any) -> None:
        recipe = dataclasses.replace(self.document.project.recipe, **{name: value})
        title = name.replace("_", " ")
        self.document.edit_recipe(f"Change {title}", recipe, merge=f"recipe {name} here {self.form.burst}")

    def _take_usual(self) -> None:
        recipe = self.document.project.recipe
        listed = usual(DATASETS[recipe.data].mirror)
        self.document.edit_recipe("Augment as usual", dataclasses.replace(recipe, augmentations=listed))

    def _take_out(self, place: int) -> None:
        recipe = self.document.project.recipe
        listed = recipe.augmentations[:place] + recipe.augmentations[place + 1 :]
        self.document.edit_recipe("Take it out", dataclasses.replace(recipe, augmentations=listed))

    def refresh(self) -> None:
        project = self.document.project
        recipe = project.recipe
        self.form.set_values(recipe)
        self.form.show_only(name for name in FIELDS if recipe.matters(name))
        self.usual.setVisible(not recipe.augmentations)
        self.doubts.say(
            [
                (sentence, "warning", "", [("Take it out", partial(self._take_out, place))])
                for place, sentence in doubts(recipe.augmentations, DATASETS[recipe.data])
            ]
        )
        self._look(project)

    # the pictures

    def _look(self, project: Project) -> None:
        """Compute what is shown, where it is not of this project already."""
        key = (images_key(project), project.recipe, self._draw, self._picture)
        if key == self._key:
            return
        size, dataset = image_size(project.graph), DATASETS[project.recipe.data]
        known = self.run.loaded.some_of(project)
        if known is None and self._data is not None and self._data[0] == images_key(project):
            known = self._data[1]
        is_here = dataset.is_at_hand or (dataset.is_folder and self.document.has_images) or self._is_fetching
        if size is None:
            self._say(NO_IMAGES)
        elif known is None and dataset.is_folder and not self.document.has_images:
            self._say("Choose the folder of images in the Training panel, and they are shown here.")
        elif known is None and not is_here:
            self._say(f"The images are not in memory. {dataset.sentence}", "Load them", self._fetch)
        else:
            self._start(project, known, key)

    def _start(self, project: Project, known: Data | None, key: tuple[object, ...]) -> None:
        size, draw, picture = image_size(project.graph), self._draw, self._picture
        recipe, most = project.recipe, not self._is_fetching

        def compute(report: Report) -> _Shown:
            from cnnstudio.training.augmentation.preview import preview, repeated
            from cnnstudio.training.data.loading import SAMPLE, load

            assert size is not None
            data = known or load(recipe, size, report, SAMPLE if most else None)
            batch = preview(recipe, data, draw)
            place = min(picture, len(batch.numbers) - 1)
            number = batch.numbers[place]
            image = data.train_images[number : number + 1]
            many = repeated(recipe, data, number, TIMES, draw)
            name = data.classes[int(data.train_labels[number])]
            return _Shown(data, batch, [*image.numpy(), *many.numpy()], name)

        self._call_off()
        self._key = key
        if known is None:
            self._going("Reading the images", None)
        task = Task(compute, "augmentation", self)
        self._task = task
        self._patience.start()
        task.progressed.connect(self._going)
        task.finished.connect(lambda found: self._take(project, found))
        task.failed.connect(self._fail)

    def _going(self, sentence: str, share: float | None) -> None:
        """Say how far the reading is, with a way to stop it."""
        far = "" if share is None else f" {share:.0%}"
        self._say(f"{sentence}…{far}", "Stop", self._stop, ends=False)

    def _fail(self, sentence: str) -> None:
        self._is_fetching = False
        self._say(sentence, ends=False)

    def _stop(self) -> None:
        self._is_fetching = False
        key = self._key
        self._say("The images were not read, since it was stopped.", "Read them", self._fetch)
        self._key = key  # until something changes

    def _take(self, project: Project, found: _Shown) -> None:
        self._is_fetching = False
        self._patience.stop()
        self._data = images_key(project), found.data
        self.run.loaded.keep(project, found.data)
        self.shown = found
        self._show()

    def _show(self) -> None:
        """Show what was computed, in the way that is chosen."""
        found = self.shown
        if found is None:
            return
        is_batch = self.batch.isChecked()
        if is_batch:
            batch = found.batch
            self.pairs.set_pictures(list(batch.before.numpy()), list(batch.after.numpy()), names=batch.labels)
            self.pairs.setAccessibleName("Images as they are and as the network is shown them")
        else:
            names = ["as it is", *map(str, range(1, TIMES + 1))]
            self.pairs.set_pictures(found.one, names=names, is_first_marked=True)
            self.pairs.setAccessibleName("One picture as it is shown in each epoch")
        self._stack.setCurrentWidget(self.pairs)
        self.first.setVisible(self._draw > 0)
        self.again.setEnabled(bool(self.document.project.recipe.augmentations))
        self.told.setText(self._sentence(found, is_batch))
        self.readout.setText("")

    def _sentence(self, found: _Shown, is_batch: bool) -> str:
        if not self.document.project.recipe.augmentations:
            return EMPTY
        if not is_batch:
            return (
                f"A picture of {found.name}, and how it may come in {TIMES} epochs. Click one of the batch for another."
            )
        if found.data.whole is not None:
            loaded, whole = len(found.data.train_labels), found.data.counts[0]
            return f"Above as it is, below as shown; drawn from the {loaded:,} images in memory, of {whole:,}."
        if self._draw:
            return "Above as it is, below as it might be shown: another draw than that of the run."
        return "Above as it is, below as shown: the first batch of the run, byte for byte."

    def _draw_again(self) -> None:
        self._draw += 1
        self.touch()

    def _back(self) -> None:
        self._draw = 0
        self.touch()

    def _choose(self, place: int) -> None:
        """See this picture of the batch again and again."""
        if self.batch.isChecked():
            self._picture = place
            self.one.setChecked(True)
            self._show()
            self.touch()

    def _fetch(self) -> None:
        self._is_fetching, self._key = True, None
        self.touch()

    def _say(
        self, sentence: str, ask: str = "", act: Callable[[], object] = lambda: None, *, ends: bool = True
    ) -> None:
        """Show nothing but why."""
        if ends:
            self._call_off()
        self.shown = None
        self.nothing.say(sentence, "accent", ways=((ask, act),) if ask else ())
        self.told.setText("")
        self._stack.setCurrentIndex(0)

    def _call_off(self, seconds: float = 0.0) -> bool:
        task, self._task = self._task, None
        self._key = None
        self._patience.stop()
        return put_away(task, seconds)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        return self._call_off(seconds)
