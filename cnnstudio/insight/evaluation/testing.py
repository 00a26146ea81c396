"""Testing: a network is shown the test pictures of a folder, which training never saw, and that is written down."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cnnstudio.disk import DiskError
from cnnstudio.insight.evaluation.evaluation import Evaluation
from cnnstudio.insight.evaluation.one_pass import evaluate
from cnnstudio.insight.subject import Subject
from cnnstudio.project.datasets import DATASETS, ImageFolder
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import said, test_root
from cnnstudio.training.data.unseen import unseen
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.training.runs.tested import Tested, note_test, now, read_tests, told
from cnnstudio.wording import counted
from cnnstudio.worker import Report


@dataclass(frozen=True, eq=False)
class Test:
    """What the test pictures say: ``subject`` is the network with them, ``sentences`` say what they are worth."""

    evaluation: Evaluation
    subject: Subject
    sentences: tuple[str, ...]

    __test__ = False  # it is nothing for pytest


def offered(recipe: Recipe, report: Report) -> Path | None:
    """The folder of test pictures that lies beside those to learn from and to validate with, where there is one."""
    if not recipe.folder or not isinstance(DATASETS[recipe.data].origin, ImageFolder):
        return None
    with suppress(DataError):  # it may be gone by now
        return test_root(recipe.folder, report)
    return None


def tested(subject: Subject, folder: Path, run: RunFolder | None, epoch: int, report: Report) -> Test:
    """Show the pictures below ``folder`` to a network, and note it in the folder of its ``run``, where it has one.

    Raises ``DataError``, ``DataCancelledError`` and ``EvaluationError``, each with a sentence.
    """
    found = unseen(folder, subject.data, report)
    prepared = replace(subject.prepared, data=found.data)
    evaluation = replace(evaluate(prepared, report), kind="test")
    before = read_tests(run) if run is not None else ()
    accuracy, pictures = float(evaluation.right.mean()), counted(len(evaluation), "test picture")
    sentences = [
        f"{accuracy:.1%} of {pictures} in {said(folder.name)} are told right.",
        told(before, found.fingerprint),
    ]
    if run is not None and evaluation.is_whole:
        test = Tested(
            when=now(),
            name=said(folder.name),
            fingerprint=found.fingerprint,
            pictures=len(evaluation),
            epoch=epoch,
            accuracy=accuracy,
        )
        try:
            note_test(run, test)
        except DiskError as error:
            sentences.append(f"That it was tested is not written down: {error}")
    if run is None:
        sentences.append("The run has no folder, so that it was tested is not written down.")
    worth = " ".join((*sentences[1:], *found.notes))
    return Test(replace(evaluation, worth=worth), replace(subject, prepared=prepared), (*sentences, *found.notes))
