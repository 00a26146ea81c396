"""Weights here: the open network has the weights of a run that has trained it, wherever that run was begun."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from cnnstudio.compiler.source import SourceError, source
from cnnstudio.disk import DiskError
from cnnstudio.project import ProjectError
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.kept_run import KeptRun, open_kept, other_places, own_folder, reference_to
from cnnstudio.training.runs.run_library import present_record
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.wording import counted


def of_this_network(folder: Path, document: Document) -> KeptRun | str:
    """The run in this folder where it has weights of the open network, else why not, in a sentence."""
    try:
        kept = open_kept(folder)
        is_of_this = kept.source.text == source(document.graph).text
    except (DiskError, ProjectError, SourceError) as error:
        return f"The weights of the run {folder.name} are not used: {error}"
    if kept.folder.weights is None:
        return kept.sentence
    if not is_of_this:
        return f"{folder.name} has trained another network than this one. Open its network in a new window instead."
    return kept


def lack_of_room(run: Run) -> str:
    """Why no other weights may take the place of what this window has, in a sentence; empty where they may."""
    if run.is_active:
        return "A run goes on in this window. Take other weights when it has ended."
    if run.is_passing:
        return (
            f"{run.unkept or 'What was trained here is in no folder that stays.'} Export it first, or close the window."
        )
    return ""


def caught_up(document: Document, run: Run) -> str:
    """Where somebody else has gone on with the run, have what it has come to by now; what to say, or nothing."""
    last, folder = run.history.last, run.folder
    if last is None or folder is None or run.is_active:
        return ""
    with suppress(DiskError, ProjectError, SourceError):  # of which going on tells
        if present_record(folder.path)[0].steps_done > last.step:
            take_weights(open_kept(folder.path), document, run)
            epochs = counted(len(run.history.epochs), "epoch")
            return f"This run has come further than was shown here: it has {epochs} behind it by now."
    return ""


def take_weights(kept: KeptRun, document: Document, run: Run) -> None:
    """Have the weights of this run, and its curves, and let the project remember it; ``lack_of_room`` comes first."""
    run.recall(kept)
    remember(document, kept.folder, kept.epoch)


def remember(document: Document, folder: RunFolder, epoch: int) -> None:
    """Let the project know that it has its weights from this run, and that its folder may be looked at."""
    reference = reference_to(folder, epoch)
    if own_folder(reference) is None:
        document.places.choose(map(str, other_places(reference, document.path)))
    document.take_run(reference)
