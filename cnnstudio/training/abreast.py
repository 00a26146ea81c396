"""Abreast: several small networks trained at the same time, a step of each in turn, so that their curves grow together.

It is for showing what a difference comes to, and needs seconds. Each is trained exactly as it would be alone: by
``train``, from the first weights of its own seed, with random numbers of its own.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from cnnstudio.project import Project
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd, Event, Step
from cnnstudio.training.loop import train
from cnnstudio.training.rehearsal import at_first, in_turn
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.session import Prepared
from cnnstudio.wording import counted
from cnnstudio.worker import Report

STEPS = 8  # of each, between two looks at them


@dataclass(frozen=True, eq=False)
class Runner:
    """One of them: what it was built from, with the module as it is now, and what its training has said until now."""

    prepared: Prepared
    history: History

    @property
    def share(self) -> float:
        """How far it is, from 0 to 1."""
        return 1.0 if self.history.finished is not None else self.history.share or 0.0

    @property
    def has_diverged(self) -> bool:
        """Whether it ended because its numbers became too large."""
        return self.history.finished is not None and self.history.finished.reason == "diverged"


def abreast(
    projects: Sequence[Project], data: Sequence[Data], report: Report
) -> Generator[tuple[Runner, ...], None, None]:
    """Train these projects, each with its images: the runners after every few steps of each, and at their end.

    They are the same objects each time, only further. Where ``report`` says to end, nothing more comes. Raises
    ``RehearsalError`` where it says so before their turn has come, and whatever ``train`` raises.
    """
    with ExitStack() as held:
        held.enter_context(in_turn(report))
        prepared = [at_first(*each) for each in zip(projects, data, strict=True)]
        runners = tuple(Runner(each, History(each.project.recipe.batch_size)) for each in prepared)
        going: dict[Runner, Generator[Event, None, None]] = {}
        for each in runners:
            events = train(each.prepared.module, each.prepared.data, each.prepared.project.recipe,
                           source=each.prepared.source)  # fmt: skip
            going[each] = held.enter_context(closing(events))
        sentence = f"Training {counted(len(runners), 'network')} side by side"
        rounds = 0
        while going:
            for each, events in list(going.items()):
                if not _step(each, events):
                    del going[each]
            rounds += 1
            if rounds % STEPS == 0 or not going:
                yield runners
                if not report(sentence, sum(each.share for each in runners) / len(runners)):
                    return


def _step(runner: Runner, events: Generator[Event, None, None]) -> bool:
    """Go on to the next step or to the end of an epoch; whether there was one."""
    for event in events:
        runner.history.take(event)
        if isinstance(event, Step | EpochEnd):
            return True
    return False
