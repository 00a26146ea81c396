"""Report: a project as one page, with what a run of it has learned, and the file that it is written to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.disk import DiskError, replacing
from cnnstudio.exchange.reporting import contents
from cnnstudio.exchange.reporting.contents_page import Block, Page, Paragraph, Section
from cnnstudio.exchange.reporting.markup import document
from cnnstudio.exchange.reporting.verdict import Scores, limits
from cnnstudio.project import Project
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.kept_run import KeptRun
from cnnstudio.training.runs.record import Labels, RunRecord, read_labels
from cnnstudio.training.runs.session import Prepared, prepare
from cnnstudio.wording import on_a_line, printable
from cnnstudio.worker import Report, sentence_of, unheard

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data

UNTRAINED = "This network is not trained: there are no curves, no accuracy and no mistakes to report."


class ReportError(Exception):
    """There is no report of this; the message is a sentence."""


@dataclass(frozen=True, eq=False)
class Trained:
    """What became of a training: what it said, its record where it has one, and which weights count, as a sentence.

    ``prepare`` gives the network with these weights and all its images; it may take long and raise sentences.
    """

    project: Project
    history: History
    weights: str
    prepare: Callable[[Report], Prepared]
    record: RunRecord | None = None
    labels: Labels | None = None
    classes: tuple[str, ...] = ()


def trained_by(kept: KeptRun, known: Data | None = None) -> Trained:
    """A run of an earlier day, from its folder; ``known`` are its images, where they are in memory."""

    def prepared(report: Report) -> Prepared:
        return prepare(kept.project, report, known, kept.folder.weights)

    return Trained(
        kept.project, kept.history, kept.sentence, prepared, kept.record, read_labels(kept.folder.path), kept.classes
    )


def page(project: Project, title: str, trained: Trained | None, report: Report = unheard, remark: str = "") -> Page:
    """The report of this project, and of what it learned, where it did; belongs on a thread, since it may take long.

    Where the images cannot be read any more, it says so and tells the rest. ``remark`` is said first.
    Raises ``ReportError`` where there is no network, and where ``report`` says to end.
    """
    if not len(project.graph):
        raise ReportError("There is no network to report on yet.")
    if trained is not None:
        project = replace(project, recipe=trained.project.recipe)  # by which it was trained
    sections = [contents.network(project)]
    judged: list[Section] = []
    scored: Scores | None = None
    shown: list[Block] = []
    counts = trained.record.images if trained is not None and trained.record is not None else (0, 0)
    classes = trained.classes if trained is not None else ()
    notes: tuple[str, ...] = ()
    _go_on(report, "Drawing the network…")
    if trained is not None:
        from cnnstudio.exchange.reporting import outcome

        try:
            prepared = trained.prepare(report)
            _go_on(report, "Looking at the validation images…")
            counts, classes, notes = prepared.data.counts, prepared.data.classes, prepared.data.notes
            judged, scored = outcome.outcome(prepared, trained.record, report)
            shown = list(outcome.samples(prepared.data))
        except ReportError:
            raise
        except Exception as error:
            _go_on(report, "Writing what is known…")
            why = Paragraph(f"The trained network could not be asked again: {sentence_of(error)}", "warning")
            judged = [Section("How good it is", (why,))]
        _go_on(report, "Writing…")
    sections.append(Section("Data", (*contents.data(project, counts, classes, notes), *shown)))
    sections.append(contents.recipe(project, counts[0]))
    if trained is not None:
        sections.append(contents.course(trained.history, trained.weights, trained.labels))
    sections += judged
    record, history = (trained.record, trained.history) if trained is not None else (None, None)
    sections.append(contents.environment(project, record, history))
    sections.append(limits(project.recipe, scored))
    said = [Paragraph(remark, "warning")] if remark else []
    said += [Paragraph(UNTRAINED, "warning")] if trained is None else []
    sections.insert(0, Section("In short", (Paragraph(contents.short(project, scored)), *said)))
    line = (
        f"Report of a convolutional network, written by CNN Studio on {datetime.now().astimezone():%Y-%m-%d at %H:%M}"
    )
    return Page(on_a_line(title or "Network", 200), line, tuple(sections))


def write_html(page: Page, path: Path) -> str:
    """Write the page as one HTML file; what is to be said of it. Raises ``ReportError`` with a sentence."""
    try:
        with replacing(path) as temporary:
            temporary.write_text(document(page), encoding="utf-8")
    except DiskError as error:
        raise ReportError(str(error)) from error
    return f"{printable(path.name)} is written: one file that needs no other."


def _go_on(report: Report, sentence: str) -> None:
    if not report(sentence, None):
        raise ReportError("The report was stopped, so nothing was written.")
