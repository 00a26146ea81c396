"""Data panel: the pictures that the network learns from: how many, how they look, what is wrong, and put right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from cnnstudio.project import ProjectError
from cnnstudio.project.corrections import Correction, corrected, of_data
from cnnstudio.project.datasets import DATASETS, FOLDER
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.roll import Roll
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task
from cnnstudio.ui.training.data.notes_page import NotesPage
from cnnstudio.ui.training.data.pictures_page import PicturesPage
from cnnstudio.ui.widgets.advice import Advice
from cnnstudio.ui.widgets.labels import Elided
from cnnstudio.wording import counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.data.album import Album

NO_FOLDER = "Choose a folder of images in the Training panel, or drop one here: one folder in it for each class."
TO_TRAINING, LOOK, LOAD, STOP, AGAIN = "Go to Training", "Look there", "Load the images", "Stop", "Look again"


class DataPanel(Panel):
    """Lists the pictures of the project's data set once it is seen; what the person says of some is an edit."""

    delay = 60

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.album: Album | None = None
        self.roll: Roll | None = None
        self._of: object = None  # where the images are that are shown, and how they are divided
        self._said: object = None  # the corrections that are shown
        self._may_load = ""  # the data set that the person allowed to be fetched
        self._task: Task[Album] | None = None
        self.pictures, self.notes = PicturesPage(self), NotesPage(self)
        self.pages: dict[str, QWidget] = {"Pictures": self.pictures, "Notes": self.notes}
        self._lay_out()
        self.pictures.labelled.connect(self.label)
        self.pictures.left_out_asked.connect(self.leave_out)
        self.setAcceptDrops(True)
        document.opened.connect(self._forget)
        run.state_changed.connect(self.touch)

    def _lay_out(self) -> None:
        self.tabs, self._pages = QTabBar(self), QStackedWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Views of the images")
        for title, page in self.pages.items():
            self.tabs.addTab(title)
            self._pages.addWidget(page)
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        self.told = Elided(parent=self)
        self.told.setProperty("role", "muted")
        self.told.setProperty("textSize", "small")
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 0, 8, 0)
        bar.setSpacing(10)
        bar.addWidget(self.tabs)
        bar.addWidget(self.told, 1)
        shown = QWidget(self)
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._pages, 1)
        self.nothing = Advice()
        empty = QWidget(self)
        around = QVBoxLayout(empty)
        around.setContentsMargins(16, 14, 16, 14)
        around.addWidget(self.nothing)
        around.addStretch(1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(shown)

    # what is looked at

    def refresh(self) -> None:
        """List the pictures of the data set, where others are shown, and what is said of them now."""
        recipe = self.document.project.recipe
        of = self.document.places.where(recipe), recipe.validation_share, recipe.seed
        if of != self._of:
            self._look(of)
        elif self.album is not None and self._said is not self.document.project.corrections:
            self._show_roll()

    def _look(self, of: object) -> None:
        self._drop()
        document, recipe = self.document, self.document.project.recipe
        dataset = DATASETS[recipe.data]
        if dataset.is_own and not recipe.folder:
            self._say(NO_FOLDER, TO_TRAINING, lambda: self.panel_asked.emit("training"))
        elif dataset.is_own and (unlooked := document.unlooked) is not None:
            self._say(unlooked, LOOK, document.look_there)
        elif dataset.download_megabytes and self._may_load != dataset.key and not self._is_known():
            self._say(dataset.sentence, LOAD, self._allow)
        else:
            self._load(of, recipe)

    def _is_known(self) -> bool:
        return self.run.loaded.some_of(self.document.project) is not None

    def _allow(self) -> None:
        self._may_load = self.document.project.recipe.data
        self.touch()

    def _load(self, of: object, recipe: Recipe) -> None:
        def look(report: Report) -> Album:
            from cnnstudio.training.data.album import album

            return album(recipe, report)

        self._of = of
        self._say("Looking at the images…", STOP, self._stop)
        self._task = Task(look, "album", self)
        self._task.progressed.connect(self._advance)
        self._task.finished.connect(self._show)
        self._task.failed.connect(lambda sentence: self._say(sentence, AGAIN, self._look_again))

    def _advance(self, sentence: str, share: float | None) -> None:
        far = "" if share is None else f" {share:.0%}"
        if sentence:
            self._say(f"{sentence}…{far}", STOP, self._stop)

    def _stop(self) -> None:
        of = self._of
        self._drop()
        self._of = of
        self._say("The images were not looked at, since it was stopped.", AGAIN, self._look_again)

    def _look_again(self) -> None:
        self._of = None
        self.touch()

    def _show(self, found: Album) -> None:
        self.album, self._task = found, None
        self._show_roll()
        self._stack.setCurrentIndex(1)

    def _show_roll(self) -> None:
        assert self.album is not None
        self._said = self.document.project.corrections
        self.roll = roll = self.album.roll(self._said)
        self.pictures.show_pictures(self.album, roll)
        self.notes.say((*self.album.notes, *roll.notes))
        used = ~roll.left_out
        train, validation = int((used & ~roll.apart).sum()), int((used & roll.apart).sum())
        out = f", {int(roll.left_out.sum()):,} left out" if roll.left_out.any() else ""
        classes = counted(len(roll.classes), "class")
        self.told.setText(
            f"{self.album.title}: {classes}, {train:,} to train with, {validation:,} to validate with{out}"
        )

    def _drop(self) -> None:
        """Hold no pictures, and look at none."""
        task, self._task = self._task, None
        if task is not None:
            task.stop()
            task.deleteLater()
        if self.album is not None:
            self.pictures.show_pictures(None, None)
        self.album = self.roll = self._of = self._said = None

    def _forget(self) -> None:
        self._drop()
        self._may_load = ""
        self.touch()

    def _say(self, sentence: str, ask: str, then: Callable[[], object]) -> None:
        """Show no pictures but why there are none, and the button of what can be done."""
        self.nothing.say(sentence, "accent", ways=((ask, then),))
        self._stack.setCurrentIndex(0)

    # what a person says of pictures

    def label(self, numbers: Sequence[int], label: int, *, confirms: bool = False) -> None:
        """Say that these pictures are of this class; ``confirms`` says it of those that were found in it, too."""
        roll = self.roll
        if roll is None:
            return
        name, count = roll.classes[label], counted(len(numbers), "picture")
        words = {n: name if confirms or roll.given[n] != label else "" for n in numbers}
        text = f"Keep {count} as {name}" if confirms else f"Relabel {count} as {name}"
        self._correct(text, [(n, word, None) for n, word in words.items()])

    def leave_out(self, numbers: Sequence[int], on: bool) -> None:
        """Leave these pictures out, or use them again."""
        count = counted(len(numbers), "picture")
        self._correct(f"Leave out {count}" if on else f"Use {count} again", [(n, None, on) for n in numbers])

    def _correct(self, text: str, said: Sequence[tuple[int, str | None, bool | None]]) -> None:
        album, project = self.album, self.document.project
        if album is None:
            return
        known, changes = of_data(project.corrections, album.data), []
        for number, label, out in said:
            way = album.ways[number]
            before = known.get(way) or Correction(album.data, way)
            changes.append(
                replace(
                    before,
                    label=before.label if label is None else label,
                    left_out=before.left_out if out is None else out,
                )
            )
        try:
            made = replace(project, corrections=corrected(project.corrections, changes))
        except ProjectError as error:
            self.document.said.emit(str(error))
            return
        self.document.edit(text, made)

    # events

    def focusInEvent(self, event: QFocusEvent) -> None:
        page = [*self.pages.values()][max(0, self._pages.currentIndex())]
        (self.nothing.buttons[0] if self._stack.currentIndex() == 0 else page).setFocus(event.reason())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if (folder := _folder(event)) is not None:
            event.acceptProposedAction()
            recipe = self.document.project.recipe
            self.document.edit_recipe("Choose a folder of images", replace(recipe, data=FOLDER, folder=str(folder)))

    def close_tasks(self, seconds: float = 10.0) -> bool:
        task, self._task = self._task, None
        return all([task is None or task.stop(seconds), self.pictures.close_tasks(seconds)])


def _folder(event: QDropEvent) -> Path | None:
    """The one folder that is dropped, or None."""
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 and paths[0].is_dir() else None
