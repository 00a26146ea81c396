"""Data set choice: what a network is to learn from: the data set by name, a sentence, an image of each class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from cnnstudio.graph import Shape
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.data.folder_layout import FolderLayout, folder_layout
from cnnstudio.training.data.group_split import grouped
from cnnstudio.training.runs.session import image_size, images_key
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import PATIENCE, Task, put_away
from cnnstudio.ui.widgets.advice_row import Advice
from cnnstudio.ui.widgets.fields import Choices
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.samples import Sample, Samples
from cnnstudio.wording import counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data

T = TypeVar("T")
NOT_SEEN = "The images were not looked at, since it was stopped."


class ImagesChoice(Fold):
    """Chooses the data set. Its samples are loaded in the background where that costs no download.

    They are enough to show an image of each class and to take a few steps; who trains loads the rest.
    """

    chosen = Signal(str)  # the key of a data set
    loaded = Signal()  # the images are in memory, or it is known that there are none

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__("Images", parent)
        self._document, self._run = document, run
        self._task: Task[Any] | None = None
        self._shown: tuple[object, ...] | None = None
        self._told: tuple[object, str] = (None, "")  # which folder was looked through, and what is in it
        self._refused: tuple[object, str] = (None, "")  # which folder nothing can be learned from, and why
        self._settle = QTimer(self, singleShot=True, interval=400)
        self._settle.timeout.connect(self._load)
        self.box = Choices()
        for dataset in DATASETS.values():
            self.box.addItem(dataset.title, dataset.key)
        self.box.activated.connect(lambda _: self.chosen.emit(self.box.currentData()))
        self.box.setAccessibleName("Images to learn from")
        self.set_corner(self.box, 1)
        self.about = Sentence()
        self.about.setProperty("role", "muted")
        self.about.setProperty("textSize", "small")
        self.samples = Samples()
        self.samples.hide()
        self.going = Advice()
        self.going.hide()
        self._far: tuple[str, float | None] = ("", None)  # what the task has said last
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self._patience.timeout.connect(self._show_going)
        self.body.addWidget(self.about)
        self.body.addWidget(self.going)
        self.body.addWidget(self.samples)
        document.changed.connect(self._follow)
        document.learned.connect(self._load_soon)
        run.state_changed.connect(self._follow)
        self._follow()

    @property
    def refusal(self) -> str:
        """Why nothing can be learned from the images that are chosen, where somebody has looked; empty where it can."""
        key, sentence = self._refused
        return sentence if key == images_key(self._document.project) else ""

    def indent(self, width: int) -> None:
        """Leave so much room for the title, so that the field stands in line with those of forms."""
        self.head.setFixedWidth(max(width, self.head.sizeHint().width()))
        self.line.setSpacing(10)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._settle.start()

    def _follow(self, *_: object) -> None:
        dataset = DATASETS[self._document.project.recipe.data]
        self.box.setCurrentIndex(self.box.findData(dataset.key))
        self.tell(dataset.title)
        key, told = self._told
        self.about.setText(told if dataset.is_own and key == images_key(self._document.project) else dataset.sentence)
        self._run.loaded.let_go(self._document.project)
        if (known := self._run.loaded.some_of(self._document.project)) is not None:
            self._document.learn_classes(len(known.classes))
        self._load_soon()

    def _load_soon(self) -> None:
        if self.isVisible() and self._shown != images_key(self._document.project):
            self._settle.start()

    def _load(self) -> None:
        """Show the samples of the project's images, from memory or from a task."""
        project = self._document.project
        dataset, size = DATASETS[project.recipe.data], image_size(project.graph)
        if not self.isVisible() or self._shown == images_key(project):
            return
        if (known := self._run.loaded.some_of(project)) is not None:
            self._show(project, known)
        elif dataset.is_own and self._document.has_images and not self._run.is_active:
            self._look_through(project, size)
        elif not dataset.is_at_hand or size is None:
            self._shown = None
            self._call_off()
            self.samples.set_samples(())
        elif not self._run.is_active:  # else the run loads them itself
            self._start(project, size)

    def _start(self, project: Project, size: Shape) -> None:
        def load(report: Report) -> Data:
            from cnnstudio.training.data.loading import SAMPLE, load

            return load(project.recipe, size, report, SAMPLE, corrections=project.corrections)

        task = self._begin(load)
        task.finished.connect(lambda data: self._show(project, data))
        task.failed.connect(lambda _: self.samples.set_samples(()))  # training says why

    def _look_through(self, project: Project, size: Shape | None) -> None:
        """See what a person's own images are, of files by their names, and read some of them."""

        def look(report: Report) -> tuple[FolderLayout | None, Data | None]:
            layout = grouped(folder_layout(project.recipe.folder, report), project.recipe) if is_folder else None
            if size is None or (layout is not None and not layout.names):
                return layout, None
            from cnnstudio.training.data.loading import SAMPLE, layout_of, load

            layout = layout or layout_of(project.recipe, report)

            return layout, load(project.recipe, size, report, SAMPLE, layout=layout, corrections=project.corrections)

        is_folder = DATASETS[project.recipe.data].is_folder
        self._shown = images_key(project)
        self.samples.set_samples(())
        task = self._begin(look)
        task.finished.connect(lambda found: self._tell(project, *found))
        task.failed.connect(lambda sentence: self._refuse(project, sentence))

    def _begin(self, work: Callable[[Report], T]) -> Task[T]:
        self._call_off()
        self._refused = (None, "")
        task = Task(work, "images", self)
        self._task = task
        task.progressed.connect(self._advance)
        for ended in (task.finished, task.failed):
            ended.connect(self._end_going)
        self._patience.start()
        return task

    def _advance(self, sentence: str, share: float | None) -> None:
        self._far = sentence or self._far[0], share
        if not self.going.isHidden():
            self._show_going()

    def _show_going(self) -> None:
        """Say how far the loading is, with a way to stop it."""
        sentence, share = self._far
        far = "" if share is None else f" {share:.0%}"
        self.going.say(f"{sentence or 'Looking at the images'}…{far}", "accent", ways=(("Stop", self._stop),))
        self.going.show()

    def _end_going(self, *_: object) -> None:
        self._patience.stop()
        self._far = "", None
        self.going.hide()

    def _call_off(self) -> None:
        """End what is being loaded."""
        self._end_going()
        task, self._task = self._task, None
        put_away(task)

    def _stop(self) -> None:
        self._call_off()
        self._shown = images_key(self._document.project)
        self.going.say(NOT_SEEN, "accent", ways=(("Look again", self._look_again),))
        self.going.show()

    def _look_again(self) -> None:
        self.going.hide()
        self._shown = None
        self._load()

    def _tell(self, project: Project, layout: FolderLayout | None, data: Data | None) -> None:
        names = layout.names if layout is not None else data.classes if data is not None else ()
        if layout is not None:
            self._told = images_key(project), layout.sentence
        elif data is not None:
            count = f"{counted(sum(data.counts), 'image')} of {counted(len(names), 'class')}"
            self._told = images_key(project), f"{count}, {data.counts[1]:,} of them to validate with."
        if data is not None:
            self._show(project, data)
        if names and images_key(project) == images_key(self._document.project):
            self._document.learn_classes(len(names))
        self._follow()

    def _refuse(self, project: Project, sentence: str) -> None:
        self._told = self._refused = (images_key(project), sentence)
        self.loaded.emit()
        self._follow()

    def _show(self, project: Project, data: Data) -> None:
        self._run.loaded.keep(project, data)
        self.loaded.emit()
        self._shown = images_key(project)
        labels = data.train_labels.tolist()
        first = {label: index for index, label in reversed(list(enumerate(labels)))}
        self.samples.set_samples(
            tuple(
                Sample(data.train_images[first[label]].numpy(), name)
                for label, name in enumerate(data.classes)
                if label in first
            )
        )

    def close_tasks(self, seconds: float = 10.0) -> bool:
        """End what is being loaded for good, and wait so long for it; whether it has ended."""
        self._settle.stop()
        self._end_going()
        return self._task is None or self._task.stop(seconds)
