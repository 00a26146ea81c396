"""Exports: the network leaves the program on a thread; the result is a sentence in place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from cnnstudio.disk import DiskError
from cnnstudio.exchange.exporting.formats import KINDS, TRAINING_FOLDER, WEIGHTS_ALONE, chosen, lacking
from cnnstudio.exchange.exporting.onnx_limits import limit
from cnnstudio.training.readiness import obstacle_of_export
from cnnstudio.training.runs.record import read_labels
from cnnstudio.training.runs.run_library import present_record
from cnnstudio.training.runs.session import in_memory
from cnnstudio.training.runs.weights_header import epoch_of
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.export_choice import CARD, MEASURE, ExportChoice
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.run import IN_MEMORY, Run
from cnnstudio.ui.task import Jobs
from cnnstudio.wording import printable
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.exchange.exporting.training_folder import TrainingFolder
    from cnnstudio.exchange.reporting.contents_page import Page
    from cnnstudio.exchange.reporting.report import Trained
    from cnnstudio.training.weights import Held

REPORT = "report"  # what messages are about that later ones replace
REPORTS = "Web page (*.html);;Pages to print (*.pdf)"
CHANGED = "The network has changed since it was trained, so nothing of its run is told here."


UNKEPT = "unkept"
"""What a run has not on the disk: nothing that is said of something else takes its place."""

BEHIND = (
    "The disk did not take the best weights of this run yet, and the file has older ones. Make room on the disk, or "
    "stop the run and export then: what is in memory is written."
)


class Exports(QObject):
    """Asks where to, exports in the background, and says what became of it."""

    def __init__(
        self, document: Document, run: Run, files: Files, jobs: Jobs, parent: QWidget, *, leave: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        self._parent, self._leave = parent, leave
        self._document, self._run, self._files = document, run, files
        self._jobs, self._messages = jobs, jobs.messages

    @cached_property
    def choice(self) -> ExportChoice:
        """All formats, over the window."""
        return ExportChoice(self._ask_chosen, self._refusal, self._parent, self._leave)

    def choose(self) -> None:
        """Let the person choose a format, and then a file."""
        self.choice.ask()

    def _ask_chosen(self, kind: str) -> None:
        self.ask(kind, self.choice.off, self.choice.on)

    def ask(self, kind: str, off: frozenset[str] = frozenset(), on: frozenset[str] = frozenset()) -> None:
        """Ask for a file and export to it; where the network cannot be exported, say why instead."""
        if reason := self._refusal(kind):
            self._messages.say(reason, "error", about=kind)
            return
        title, suffix = KINDS[kind].title, KINDS[kind].suffix
        stem = "model" if self._document.path is None else self._document.path.stem
        self._files.choose(
            f"Export: {title}",
            f"{stem}{suffix}",
            f"{title} (*{suffix})",
            suffix,
            lambda path: self.start(kind, path, off, on),
        )

    def start(self, kind: str, path: Path, off: frozenset[str] = frozenset(), on: frozenset[str] = frozenset()) -> None:
        """Export to ``path`` in the background, with the trained weights where they fit the network.

        ``off`` and ``on`` are the choices that a person has made.
        """
        project, weights, title = self._document.project, self.weights(), self._document.title
        known, may_look = self._run.loaded.all_of(project), self._document.unlooked is None
        is_untrained = KINDS[kind].answers and kind != "python" and weights is None and not project.recipe.weights

        def work(report: Report) -> tuple[Path, str]:
            from cnnstudio.exchange.exporting.delivery import Wanted, deliver

            report(f"Writing {path.name} and comparing it with the network…", None)
            wanted = Wanted(title, chosen(kind, off, on), MEASURE.key not in off, CARD.key not in off, may_look)
            return path, deliver(project, kind, path, weights, wanted, known=known, report=report)[1]

        self._jobs.start(work, f"Exporting {path.name}…", lambda told: self._say(kind, *told, is_untrained), about=kind)

    def ask_folder(self) -> None:
        """Ask for the name of a folder that trains the network elsewhere, and write it."""
        if reason := self._obstacle(TRAINING_FOLDER):
            self._messages.say(reason, "error", about=TRAINING_FOLDER)
            return
        stem = "model" if self._document.path is None else self._document.path.stem
        self._files.choose("Train elsewhere: a new folder", f"{stem} training", "Folders (*)", "", self.start_folder)

    def start_folder(self, path: Path) -> None:
        """Write the folder in the background."""
        project, title = self._document.project, self._document.title

        def work(report: Report) -> TrainingFolder:
            from cnnstudio.exchange.exporting.training_folder import write_training_folder

            return write_training_folder(project, path, title, report=report)

        def done(written: TrainingFolder) -> None:
            self._announce(written.sentence, written.path, TRAINING_FOLDER)

        self._jobs.start(work, f"Writing {path.name}…", done, about=TRAINING_FOLDER)

    def ask_report(self) -> None:
        """Ask for a file and write a report of the project to it; where that cannot be now, say why instead."""
        if reason := self._lack_of_report():
            self._messages.say(reason, "error", about=REPORT)
            return
        name, kinds = f"{self._document.title} report.html", (".html", ".pdf")
        self._files.choose("Export: Report", name, REPORTS, ".html", self.start_report, kinds=kinds)

    def start_report(self, path: Path) -> None:
        """Write the report in the background: of the network, and of what the last run has learned of it."""
        project, title, trained = self._document.project, self._document.title, self._trained()
        is_of_another = trained is None and self._run.history.last is not None
        remark = CHANGED if is_of_another else ""

        is_paged = path.suffix.lower() == ".pdf"

        def work(report: Report) -> Page | str:
            from cnnstudio.exchange.reporting.report import page, write_html

            made = page(project, title, trained, report, remark)
            return made if is_paged else write_html(made, path)

        def done(found: Page | str) -> None:
            try:
                said = found if isinstance(found, str) else _paged(found, path)
            except DiskError as error:
                self._messages.say(str(error), "error", about=REPORT)
            else:
                self._announce(said, path.parent, REPORT)

        self._jobs.start(work, f"Writing {path.name}…", done, about=REPORT)

    def _lack_of_report(self) -> str:
        """Why there is no report now; empty where there is one."""
        if self._run.is_active:
            return "The run goes on. Its report can be written when it has ended or is stopped."
        if self._document.concealed:
            return "A question is open, and a report would answer it."
        return "" if len(self._document.graph) else "There is no network to report on yet."

    def _trained(self) -> Trained | None:
        """What was learned, where it is this network that learned it."""
        from cnnstudio.exchange.reporting.report import Trained, trained_by

        run = self._run
        if not run.fits(self._document.graph) or run.history.last is None:
            return None
        if run.trained is None:
            return (
                None
                if run.recalled is None or run.weights is None
                else trained_by(run.recalled, run.loaded.all_of(run.recalled.project))
            )
        here, record, labels = run.trained, None, None
        if here.folder is not None:
            with suppress(DiskError):
                record, labels = present_record(here.folder.path)[0], read_labels(here.folder.path)
        told = here.end.sentence
        return Trained(here.project, run.history, f"{told[:1].upper()}{told[1:]}.", lambda _: here, record, labels)

    def warn(self, sentence: str) -> None:
        """Say what the disk does not take of a run, and once that is over offer to write it again, or elsewhere."""
        trained = self._run.trained
        again = trained.end.again if trained is not None and not self._run.is_active else None
        if again is None:
            self._messages.say(sentence, "error", passes=False, about=UNKEPT)
            return
        write, save = partial(self._write_again, again), partial(self.ask, "weights")
        ways = ("Write it again", write), ("Save elsewhere…", save)
        self._messages.say(sentence, "error", *ways, passes=False, about=UNKEPT)

    def _write_again(self, again: Callable[[], str]) -> None:
        of = self._run.trained

        def done(lacking: str) -> None:
            if self._run.trained is not of:  # another run has begun meanwhile
                return
            if lacking:
                self.warn(f"{lacking} {IN_MEMORY}")
                return
            self._run.settled()
            self._messages.say("What the run has learned is on the disk now.", "success", about=UNKEPT)

        self._jobs.start(lambda report: again(), "Writing what the disk did not take…", done, about=UNKEPT)

    def _obstacle(self, kind: str) -> str | None:
        document = self._document
        return obstacle_of_export(document.project, document.diagnostics, document.told, kind)

    def _refusal(self, kind: str) -> str | None:
        if reason := lacking(kind) or self._obstacle(kind) or limit(self._document.told, kind):
            return reason
        if kind != "python" and self._is_behind():
            return BEHIND
        if kind in WEIGHTS_ALONE and self.weights() is None and not self._document.project.recipe.weights:
            if self._run.is_gone and self._run.fits(self._document.graph):
                return (
                    "What this network has learned is not there any more: the files of its run were moved or deleted."
                )
            return "There are no trained weights of this network yet. Train it first, or export it in another way."
        return None

    def weights(self) -> Path | Held | None:
        """The weights of the last run, where they are this network's: from memory, once it is over."""
        run = self._run
        if not run.fits(self._document.graph):
            return None
        if run.trained is not None and run.is_in_memory:
            return in_memory(run.trained)
        return run.weights

    def _is_behind(self) -> bool:
        """Whether a run goes on of which the disk does not have the best weights so far."""
        file, best = self._run.weights, self._run.history.best
        if not self._run.is_active or file is None or best is None or not self._run.fits(self._document.graph):
            return False
        return (epoch_of(file) or 0) < best.epoch

    def _say(self, kind: str, path: Path, sentence: str, is_untrained: bool) -> None:
        untrained = " Its weights are untrained." if is_untrained else ""
        self._announce(f"{sentence}{untrained}", path.parent, kind)

    def _announce(self, sentence: str, folder: Path, about: str) -> None:
        show = ("Show in folder", lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self._messages.say(sentence, "success", show, about=about)


def _paged(page: Page, path: Path) -> str:
    """Write the report as pages; what is to be said of it. Raises ``DiskError``."""
    from cnnstudio.ui.pictures.report_pages import write_pages

    write_pages(page, path)
    return f"{printable(path.name)} is written: pages to print, with the figures as lines and letters."
