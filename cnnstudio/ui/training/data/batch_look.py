"""Batch look: finds the first batch of a run for the page that shows it, once somebody looks there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.runs.session import image_size, images_key
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.training.data.batch_page import BatchPage
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.augmentation.preview import Preview
    from cnnstudio.training.data.loading import Data

NO_SIZE = "What the network sees is seen once it has an Input that takes images."
TRAINS = "What the network sees is shown when the run has ended; the run keeps its first batch in its folder."
OTHERS = "The weights that the run begins with may ask for another mean and deviation."
LOADING = "Loading the images…"
MOST = 64  # images that are shown


class BatchLook(QObject):
    """Loads the images where they are not in memory, and keeps them for whoever wants them next."""

    def __init__(self, document: Document, run: Run, page: BatchPage, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._run, self._page = document, run, page
        self._shown: object = None
        self._task: Task[tuple[Data, Preview]] | None = None
        self._ending: list[Task[tuple[Data, Preview]]] = []

    def look(self) -> None:
        """Show the batch of the project as it is, where another one is shown."""
        project = self._document.project
        of = images_key(project), project.recipe
        if of == self._shown:
            return
        self._drop()
        if image_size(project.graph) is None:
            self._page.say(NO_SIZE)
        elif self._run.is_active:
            self._page.say(TRAINS)
        elif DATASETS[project.recipe.data].is_own and not self._document.has_images:
            self._page.say("The images are not there, or nobody has asked to look at them.")
        else:
            self._shown = of
            self._begin(project)

    def _begin(self, project: Project) -> None:
        known, size = self._run.loaded.some_of(project), image_size(project.graph)

        def see(report: Report) -> tuple[Data, Preview]:
            from dataclasses import replace

            from cnnstudio.training.augmentation.preview import preview
            from cnnstudio.training.data.loading import SAMPLE, load

            assert size is not None  # or nobody would look
            data = known or load(project.recipe, size, report, SAMPLE, corrections=project.corrections)
            said = project.recipe.normalization(size.channels)
            mean, std = said or (data.mean, data.std)
            data = replace(data, mean=mean, std=std)
            return data, preview(project.recipe, data)

        self._page.say(LOADING)
        self._task = Task(see, "first batch", self)
        self._task.finished.connect(lambda found: self._show(project, *found))
        self._task.failed.connect(self._page.say)

    def _show(self, project: Project, data: Data, found: Preview) -> None:
        self._task = None
        if self._run.loaded.some_of(project) is None:
            self._run.loaded.keep(project, data)
        recipe = project.recipe
        is_open = bool(recipe.weights) and recipe.normalization(len(data.mean)) is None
        sentence = f"{told(found, data)} {OTHERS if is_open else ''}".strip()
        shown = found.before[:MOST].numpy(), found.after[:MOST].numpy(), found.labels[:MOST]
        self._page.show_batch(sentence, *shown)

    def _drop(self) -> None:
        task, self._task = self._task, None
        self._shown = None
        if task is not None:
            task.stop()
            self._ending.append(task)
        for ended in [each for each in self._ending if each.has_ended]:
            self._ending.remove(ended)
            ended.deleteLater()

    def close(self, seconds: float) -> bool:
        """End for good, and wait so long; whether it has ended."""
        self._drop()
        ended = [task.stop(seconds) for task in self._ending]
        return all(ended)


def told(found: Preview, data: Data) -> str:
    """What the pixels of a batch become, in numbers."""
    mean, std = (", ".join(f"{number:.4g}" for number in each) for each in (data.mean, data.std))
    size = " × ".join(str(number) for number in found.after.shape[1:])
    ends = [getattr(found.after, name)((0, 2, 3)).tolist() for name in ("amin", "amax")]  # of each channel
    low, high = ([(v / 255 - m) / s for v, m, s in zip(each, data.mean, data.std, strict=True)] for each in ends)
    of = ", of some of the images" if data.whole is not None else ""
    return (
        f"The first batch of a run{of}: {len(found.after):,} images of {size}. The pixels, from 0 to 1, less the mean "
        f"{mean}, by the deviation {std}: numbers from {min(low):.3g} to {max(high):.3g}. They are drawn back here."
    )
