"""Clean up: what of the selected runs may go to the bin, how much room it frees, and the question before it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFile, QObject, Signal
from PySide6.QtWidgets import QMenu

from cnnstudio.disk import DiskError
from cnnstudio.training.runs.record import read_record
from cnnstudio.training.runs.run_library import Keep, ListedRun
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.question_bar import QuestionBar
from cnnstudio.wording import counted, memory

KEEPS: tuple[Keep, ...] = ("best", "last")


class CleanUp(QObject):
    """Moves weights or whole runs to the system's bin, from where they can be had back; a run that goes on stays.

    ``selected`` tells which runs are meant, and ``in_use`` the folder that the open network has its weights from.
    """

    said = Signal(str)
    done = Signal()

    def __init__(
        self,
        question: QuestionBar,
        selected: Callable[[], Sequence[ListedRun]],
        in_use: Callable[[], Path | None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._question, self._selected, self._in_use = question, selected, in_use

    def fill_menu(self, menu: QMenu) -> None:
        """List what can be freed, and how much that is."""
        runs = self._selected()
        for keep in KEEPS:
            size = _size(self._spare(keep, runs))
            entry = menu.addAction(icon("archive"), f"Keep only the {keep} weights: frees {memory(size)}")
            entry.triggered.connect(partial(self.ask_to_clean, keep))
            entry.setEnabled(size > 0)
            entry.setToolTip(tip("" if size else f"There is nothing beside the {keep} weights that could go."))
        name = "the run" if len(runs) < 2 else counted(len(runs), "run")
        settled = [run for run in runs if run.state != "running"]
        entry = menu.addAction(icon("trash"), f"Move {name} to the bin: frees {memory(_room(settled))}")
        entry.triggered.connect(self.ask_to_bin)
        entry.setEnabled(bool(settled))
        entry.setToolTip("" if settled else "A run that is going on stays." if runs else "Select a run for that.")

    def ask_to_clean(self, keep: Keep) -> None:
        """Ask whether all but these weights of the selected runs shall go to the bin."""
        runs = self._selected()
        if files := self._spare(keep, runs):
            sentence = f"Move all but the {keep} weights to the bin? It frees {memory(_size(files))}. What was trained"
            sentence += " can then not be gone on with; its numbers and its network stay."
            self._question.ask(sentence, "Move to the bin", partial(self._clean, runs, keep))

    def ask_to_bin(self) -> None:
        """Ask whether the selected runs shall go to the bin."""
        selected = self._selected()
        runs = [run for run in selected if run.state != "running"]
        if not runs:
            if selected:
                self.said.emit("This run is going on. Stop it first.")
            return
        what = runs[0].title if len(runs) == 1 else counted(len(runs), "run")
        sentence = f"Move {what} to the bin? It frees {memory(_room(runs))}."
        if self._in_use() in [run.folder for run in runs]:
            sentence += " The open network has its weights from there."
        self._question.ask(sentence, "Move to the bin", partial(self._bin, runs))

    @staticmethod
    def _spare(keep: Keep, runs: Sequence[ListedRun]) -> list[Path]:
        return [file for run in runs for file in run.spare(keep) if file.exists()]

    def _clean(self, runs: Sequence[ListedRun], keep: Keep) -> None:
        self._move(self._spare(keep, self._at_rest(runs)))

    def _bin(self, runs: Sequence[ListedRun]) -> None:
        self._move([run.folder for run in self._at_rest(runs)])

    def _at_rest(self, runs: Sequence[ListedRun]) -> list[ListedRun]:
        """Those that nobody has gone on with since it was asked; of the others it is said that they stay."""
        going = [run for run in runs if _goes_on(run.folder)]
        if going:
            self.said.emit(f"{going[0].title} is being trained again by now, and stays.")
        return [run for run in runs if run not in going]

    def _move(self, paths: Sequence[Path]) -> None:
        left = [path for path in paths if not to_bin(path)]
        if left:
            reason = "this disk has no bin, or you have no permission for it"
            self.said.emit(f"{left[0].name} was not moved to the bin: {reason}. Nothing of it was deleted.")
        elif paths:
            self.said.emit("It is in the bin, from where it can be had back.")
        self.done.emit()


def to_bin(path: Path) -> bool:
    """Move a file or a folder to the system's bin; False, and it stays, where there is none that takes it."""
    return bool(QFile(str(path)).moveToTrash())


def _goes_on(folder: Path) -> bool:
    with suppress(DiskError):
        return read_record(folder)[0].present_state == "running"
    return False


def _room(runs: Sequence[ListedRun]) -> int:
    return sum(run.size for run in runs)


def _size(files: Sequence[Path]) -> int:
    return sum(file.lstat().st_size for file in files)
