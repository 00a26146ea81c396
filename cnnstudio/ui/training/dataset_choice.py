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
from cnnstudio.training.data.stamp import stamp
from cnnstudio.training.runs.session import image_size, images_key
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.widgets.fields import Choices
from cnnstudio.ui.widgets.fold import Fold
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.samples import Sample, Samples
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data

T = TypeVar("T")
MOST_READ = 2_000  # images of a folder that are read before anybody trains


class ImagesChoice(Fold):
    """Chooses the data set. Its samples are loaded in the background where that costs no download."""

    chosen = Signal(str)  # the key of a data set
    loaded = Signal()  # the images are in memory, or it is known that there are none

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__("Images", parent)
        self._document, self._run = document, run
        self._task: Task[Any] | None = None
        self._shown: tuple[object, ...] | None = None
        self._told: tuple[object, str] = (None, "")  # which folder was looked through, and what is in it
        self.refusal = ""  # why nothing can be learned from the folder of images
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
        self.body.addWidget(self.about)
        self.body.addWidget(self.samples)
        document.changed.connect(self._follow)
        run.state_changed.connect(self._follow)
        self._follow()

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
        self.about.setText(
            told if dataset.is_folder and key == images_key(self._document.project) else dataset.sentence
        )
        if (known := self._run.images_of(self._document.project)) is not None:
            self._document.learn_classes(len(known.classes))
        if self.isVisible() and self._shown != images_key(self._document.project):
            self._settle.start()

    def _load(self) -> None:
        """Show the samples of the project's images, from memory or from a task."""
        project = self._document.project
        dataset, size = DATASETS[project.recipe.data], image_size(project.graph)
        if not self.isVisible() or self._shown == images_key(project):
            return
        if (known := self._run.images_of(project)) is not None:
            self._show(project, known)
        elif dataset.is_folder and stamp(project.recipe.folder) and not self._run.is_active:
            self._look_through(project, size)
        elif not dataset.is_at_hand or size is None:
            self._shown = None
            self.samples.set_samples(())
        elif not self._run.is_active:  # else the run loads them itself
            self._start(project, size)

    def _start(self, project: Project, size: Shape) -> None:
        def load(report: Report) -> Data:
            from cnnstudio.training.data.loading import load

            return load(project.recipe, size, report)

        task = self._begin(load)
        task.finished.connect(lambda data: self._show(project, data))
        task.failed.connect(lambda _: self.samples.set_samples(()))  # training says why

    def _look_through(self, project: Project, size: Shape | None) -> None:
        """See what is in the folder of images by the names of its files, and read the images where they are few."""

        def look(report: Report) -> tuple[FolderLayout, Data | None]:
            layout = folder_layout(project.recipe.folder, report)
            if not layout.names or size is None or len(layout.files) > MOST_READ:
                return layout, None
            from cnnstudio.training.data.loading import load

            return layout, load(project.recipe, size, report)

        self._shown = images_key(project)
        self.samples.set_samples(())
        task = self._begin(look)
        task.finished.connect(lambda found: self._tell(project, *found))
        task.failed.connect(lambda sentence: self._refuse(project, sentence))

    def _begin(self, work: Callable[[Report], T]) -> Task[T]:
        if self._task is not None:
            self._task.stop()
            self._task.deleteLater()
        self.refusal = ""
        task = Task(work, "images", self)
        self._task = task
        return task

    def _tell(self, project: Project, layout: FolderLayout, data: Data | None) -> None:
        self._told = images_key(project), layout.sentence
        if data is not None:
            self._show(project, data)
        if images_key(project) == images_key(self._document.project):
            self._document.learn_classes(len(layout.names))
        self._follow()

    def _refuse(self, project: Project, sentence: str) -> None:
        self._told, self.refusal = (images_key(project), sentence), sentence
        self.loaded.emit()
        self._follow()

    def _show(self, project: Project, data: Data) -> None:
        self._run.keep_images(project, data)
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
        return self._task is None or self._task.stop(seconds)
