"""Data panel: the pictures that the network learns from: how many, how they look, what is wrong, and put right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from cnnstudio.disk import shown
from cnnstudio.folders import decoded_folder
from cnnstudio.project import ProjectError
from cnnstudio.project.corrections import Correction, corrected, of_data
from cnnstudio.project.datasets import DATASETS, FOLDER
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.collection import Brought
from cnnstudio.training.data.decoded_cache import clear, held, limit
from cnnstudio.training.data.roll import Roll
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.training.data.batch_look import BatchLook
from cnnstudio.ui.training.data.batch_page import BatchPage
from cnnstudio.ui.training.data.collect_page import CollectPage
from cnnstudio.ui.training.data.doubter import Doubter
from cnnstudio.ui.training.data.doubts_page import DoubtsPage
from cnnstudio.ui.training.data.dropped_images import PICTURES, images_in, local_files
from cnnstudio.ui.training.data.notes_page import NotesPage
from cnnstudio.ui.training.data.pictures_page import PicturesPage
from cnnstudio.ui.widgets.advice_row import Advice
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Elided
from cnnstudio.wording import counted, memory
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.data.album import Album
    from cnnstudio.training.data.doubts.doubt import Doubt, Doubts

NO_FOLDER = "Choose a folder of images in the Training panel, or drop one here: one folder in it for each class."
TO_TRAINING, LOOK, LOAD, STOP, AGAIN = "Go to Training", "Look there", "Load the images", "Stop", "Look again"


class DataPanel(Panel):
    """Lists the pictures of the project's data set once it is seen; what the person says of some is an edit."""

    delay = 60

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.album: Album | None = None
        self.roll: Roll | None = None
        self._collected_of: Path | None = None  # the recipe's folder, as the page to collect was told
        self._of: object = None  # where the images are that are shown, and how they are divided
        self._said: object = None  # the corrections that are shown
        self._may_load = ""  # the data set that the person allowed to be fetched
        self._task: Task[Album] | None = None
        self.doubts: Doubts | None = None
        self._told_of: tuple[object, ...] = (None,) * 4  # what the doubts that are shown follow from
        self.pictures, self.doubts_page = PicturesPage(self), DoubtsPage(self)
        self.batch_page, self.notes, self.collect = BatchPage(self), NotesPage(self), CollectPage(self)
        self.pages: dict[str, QWidget] = {
            "Pictures": self.pictures,
            "What is wrong": self.doubts_page,
            "What the network sees": self.batch_page,
            "Notes": self.notes,
            "Collect": self.collect,
        }
        self._lay_out()
        self.doubter = Doubter(document, run, self)
        self.doubter.progressed.connect(self.doubts_page.go_on)
        self.doubter.waits.connect(self.doubts_page.wait)
        self.doubter.found.connect(self._show_doubts)
        self.batches = BatchLook(document, run, self.batch_page, self)
        self.pictures.labelled.connect(self.label)
        self.pictures.left_out_asked.connect(self.leave_out)
        self.pictures.kept.connect(self.keep)
        self.pictures.taken.connect(self.take)
        page = self.doubts_page
        page.shown.connect(self._show_doubt)
        page.out_asked.connect(lambda numbers: self.leave_out(numbers.tolist(), True))
        page.weights_asked.connect(self._balance)
        page.search_asked.connect(lambda: self.doubter.look(self.album, self.roll, is_asked=True))
        page.stop_asked.connect(self.doubter.stop)
        self.notes.clear_asked.connect(self._clear_kept)
        self.collect.work.changed.connect(self._take_collected)
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
        self.tabs.currentChanged.connect(self._turn)
        self.told = Elided(parent=self)
        self.told.setProperty("role", "muted")
        self.told.setProperty("textSize", "small")
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 0, 8, 0)
        bar.setSpacing(10)
        bar.addWidget(self.tabs)
        bar.addWidget(self.told, 1)
        self.nothing = Advice()
        empty = QWidget(self)
        around = QVBoxLayout(empty)
        around.setContentsMargins(16, 14, 16, 14)
        around.addWidget(self.nothing)
        around.addStretch(1)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(self._pages)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._stack, 1)

    # what is looked at

    def refresh(self) -> None:
        """List the pictures of the data set, where others are shown, and what is said of them now."""
        recipe = self.document.project.recipe
        groups = recipe.group, recipe.group_end
        of = self.document.places.where(recipe), recipe.validation_share, recipe.seed, *groups
        if of != self._of:
            self._look(of)
        elif self.album is not None:
            if self._said is not self.document.project.corrections:
                self._show_roll()
            self.doubter.look(self.album, self.roll)
            self._say_doubts()
        self._turn()

    def _look(self, of: object) -> None:
        self._drop()
        document, recipe = self.document, self.document.project.recipe
        dataset = DATASETS[recipe.data]
        if dataset.is_own and not recipe.folder:
            self._say(NO_FOLDER, TO_TRAINING, lambda: self.panel_asked.emit("training"))
        elif dataset.is_own and document.places.seen(recipe.folder).state == "unasked":
            self._say(document.unlooked or NO_FOLDER, LOOK, document.look_there)
        elif dataset.is_own and document.places.seen(recipe.folder).state == "awaited":
            self._say("Looking for the images…", AGAIN, self._look_again)  # more is known of the place soon
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
        self._turn()
        self.doubter.look(found, self.roll)

    def _turn(self, *_: object) -> None:
        """Show the page of the tab; what the network sees is looked at once somebody wants to see it.

        Where there are no pictures it is said why, but where one can collect some.
        """
        self._pages.setCurrentIndex(self.tabs.currentIndex())
        page = self._pages.currentWidget()
        self._stack.setCurrentIndex(int(self.album is not None or page is self.collect))
        if page is self.batch_page and self.album is not None and self.isVisible():
            self.batches.look()
        elif page is self.notes:
            self._say_kept()
        elif page is self.collect:
            self._show_collection()

    # what is collected by hand

    def _show_collection(self) -> None:
        """Collect into the folder of the recipe, where it has another one now; else on where one was."""
        recipe, page = self.document.project.recipe, self.collect.work
        folder = Path(recipe.folder).expanduser() if recipe.data == FOLDER and recipe.folder else None
        if folder != self._collected_of:
            self._collected_of = folder
            page.show_home(folder, {})
        if folder is not None and folder == page.home and self.roll is not None:
            counts = np.bincount(self.roll.given, minlength=len(self.roll.classes)).tolist()
            page.show_home(folder, dict(zip(self.roll.classes, counts, strict=True)))

    def _take_collected(self, folder: Path) -> None:
        """See what is in the folder now; learn from it once there are two classes."""
        recipe = self.document.project.recipe
        if recipe.data == FOLDER and recipe.folder and Path(recipe.folder).expanduser() == folder:
            self.document.look_again()
        elif sum(count > 0 for count in self.collect.work.counts.values()) > 1:
            self._collected_of = folder
            self._choose(FOLDER, folder, "Learn from the collected pictures")

    def _choose(self, data: str, path: Path, text: str) -> None:
        recipe = self.document.project.recipe
        self.document.edit_recipe(text, replace(recipe, data=data, folder=str(path)))

    def _show_roll(self) -> None:
        assert self.album is not None
        self._said = self.document.project.corrections
        self.roll = roll = self.album.roll(self._said)
        self.pictures.show_pictures(self.album, roll)
        self._say_notes()
        used = ~roll.left_out
        train, validation = int((used & ~roll.apart).sum()), int((used & roll.apart).sum())
        out = f", {int(roll.left_out.sum()):,} left out" if roll.left_out.any() else ""
        classes = counted(len(roll.classes), "class")
        told = f"{train:,} to train with, {validation:,} to validate{out}"
        self.told.setText(f"{train:,} + {validation:,} images{out}")
        self.told.setToolTip(tip(f"{self.album.title}, {classes}", title=told))
        self.told.setAccessibleName(told)

    def _say_notes(self) -> None:
        if self.album is not None and self.roll is not None:
            broken = self.doubter.broken_note
            self.notes.say((*self.album.notes, *self.roll.notes, *([broken] if broken is not None else [])))

    def _say_kept(self) -> None:
        """Say what decoded pictures take on the disk."""
        taken = held()
        told = (
            f"Pictures that were decoded once take {memory(taken)} of {memory(limit())} at most in {decoded_folder()}."
        )
        self.notes.say_kept(told if taken else "")

    def _clear_kept(self) -> None:
        freed = clear()
        self.document.said.emit(f"{memory(freed)} were cleared. The next run decodes its pictures anew.")
        self._say_kept()

    # what may be wrong

    def _show_doubts(self, found: Doubts) -> None:
        self.doubts = found
        self._say_doubts()
        self._say_notes()

    def _say_doubts(self) -> None:
        """Tell what is left of the doubts, and how many there are in the title of their tab."""
        is_balanced = self.document.project.recipe.class_weights == "balanced"
        said = self.doubts, self.roll, self.doubter.weights, is_balanced
        if self.doubter.is_looking or said == self._told_of:
            return
        self._told_of = said
        doubts = self.doubter.remaining(self.roll) if self.doubts is not None and self.roll is not None else None
        count = f" ({len(doubts.found)})" if doubts is not None and doubts.found else ""
        self.tabs.setTabText(1, f"What is wrong{count}")
        if doubts is not None:
            self.doubts_page.show_doubts(doubts, is_balanced)

    def _show_doubt(self, doubt: Doubt) -> None:
        self.tabs.setCurrentIndex(0)
        self.pictures.show_doubt(doubt)
        self.pictures.grid.setFocus()

    def _balance(self) -> None:
        recipe = self.document.project.recipe
        self.document.edit_recipe("Balance the class weights", replace(recipe, class_weights="balanced"))

    def _drop(self) -> None:
        """Hold no pictures, and look at none."""
        self.doubter.drop()
        self.doubts, self._told_of = None, (None,) * 4
        self.tabs.setTabText(1, "What is wrong")
        task, self._task = self._task, None
        put_away(task)
        if self.album is not None:
            self.pictures.show_pictures(None, None)
        self.album = self.roll = self._of = self._said = None
        self.told.setText("")

    def _forget(self) -> None:
        self._drop()
        self._collected_of = None
        self.collect.work.show_home(None, {})  # what is still being written is of the project that was here
        self._may_load = ""
        self.touch()

    def _say(self, sentence: str, ask: str, then: Callable[[], object]) -> None:
        """Show no pictures but why there are none, and the button of what can be done."""
        self.nothing.say(sentence, "accent", ways=((ask, then),))
        self._turn()

    # what a person says of pictures

    def label(self, numbers: Sequence[int], label: int) -> None:
        """Say that these pictures are of this class; of one that was found in it nothing is said any more."""
        if (roll := self.roll) is not None:
            name = roll.classes[label]
            said = [(n, name if roll.given[n] != label else "", None) for n in numbers]
            self._correct(f"Relabel {counted(len(numbers), 'picture')} as {name}", said)

    def keep(self, numbers: Sequence[int]) -> None:
        """Say that these pictures are of the classes that they are in."""
        if (roll := self.roll) is not None:
            said = [(n, roll.classes[roll.labels[n]], None) for n in numbers]
            self._correct(f"Keep {counted(len(numbers), 'picture')}", said)

    def take(self, labels: Mapping[int, int]) -> None:
        """Say that each of these pictures is of this class."""
        if (roll := self.roll) is not None:
            said = [(n, roll.classes[label], None) for n, label in labels.items()]
            self._correct(f"Relabel {counted(len(labels), 'picture')}", said)

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
        self.update_now()  # who says more of a picture at once says it of what is so now

    # events

    def focusInEvent(self, event: QFocusEvent) -> None:
        page = [*self.pages.values()][max(0, self._pages.currentIndex())]
        (self.nothing.buttons[0] if self._stack.currentIndex() == 0 else page).setFocus(event.reason())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if images_in(local_files(event.mimeData())) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.take_dropped(local_files(event.mimeData()))
        event.acceptProposedAction()

    def take_dropped(self, paths: Sequence[Path]) -> None:
        """Learn from the images in what was dropped; single pictures go into a class that is collected."""
        found = images_in(paths)
        if found == PICTURES:
            self.tabs.setCurrentIndex([*self.pages].index("Collect"))
            self.collect.bring([Brought(path, path.name) for path in paths])
        elif found is not None:
            self._choose(found, paths[0], f"Learn from {shown(paths[0])}")

    def close_tasks(self, seconds: float = 10.0) -> bool:
        task, self._task = self._task, None
        ended = [self.pictures.close_tasks(seconds), self.doubter.close(seconds), self.batches.close(seconds)]
        ended.append(self.collect.close_tasks(seconds))
        return all([task is None or task.stop(seconds), *ended])
