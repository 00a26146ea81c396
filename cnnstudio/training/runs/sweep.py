"""Sweep: one project with some of its fields varied, as runs that are to come. A value; knows no torch."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.diagnostics.scores import fitted
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import GraphError, NamingError, ParameterError
from cnnstudio.project import Project
from cnnstudio.project.axes import Axis, AxisError, Field, applied, field_of, fields
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.costs import costs
from cnnstudio.training.place import Place, look
from cnnstudio.training.readiness import obstacle
from cnnstudio.training.runs.queue import PARTICULAR, Queue, QueueFile, new_entry
from cnnstudio.wording import counted

MOST_RUNS = 200  # of one sweep
MOST_AXES = 8
MOST_EPOCHS = 10_000_000
_TRIES = 4  # draws, as a multiple of the runs that are wanted, before it is held that there are no more

Kind: TypeAlias = Literal["grid", "random"]
Values: TypeAlias = tuple[Any, ...]


class SweepError(ValueError):
    """A sweep that cannot be; the message is a sentence."""


@dataclass(frozen=True)
class SweepRun:
    """One run of a sweep: the project, what is particular about it, and what is known of it beforehand.

    ``epochs`` are those of its recipe, or about as many as the run will choose.
    """

    title: str
    project: Project
    epochs: int
    parameters: int
    macs: int


@dataclass(frozen=True)
class LeftOut:
    """A combination that is no run: what it would have been, and why it cannot be trained, in a sentence."""

    title: str
    sentence: str


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep. ``left_out`` cannot be trained, ``alike`` so many come to what another run is already.

    ``spare`` are the runs for which the budget was too small; where there are any, chance has chosen.
    """

    runs: tuple[SweepRun, ...]
    left_out: tuple[LeftOut, ...] = ()
    alike: int = 0
    spare: int = 0

    @property
    def epochs(self) -> int:
        """The epochs of all runs together, about, where all go to their end."""
        return sum(run.epochs for run in self.runs)

    def seconds(self, epoch_seconds: float, macs: int) -> float:
        """About how long they take where an epoch of a network of so many MACs takes so long."""
        return sum(run.epochs * epoch_seconds * run.macs / max(1, macs) for run in self.runs)

    @property
    def sentence(self) -> str:
        """How many runs there are, and what became of the other combinations."""
        said = [f"{counted(len(self.runs), 'run')}, {counted(self.epochs, 'epoch')} in all."]
        if self.spare:
            said.append(f"The budget is too small for {self.spare:,} more; chance has chosen.")
        if self.alike:
            come = "comes" if self.alike == 1 else "come"
            alike = counted(self.alike, "combination")
            said.append(f"{alike} {come} to the same as another, since a field means nothing there.")
        if self.left_out:
            first, count = self.left_out[0], counted(len(self.left_out), "combination")
            said.append(f"{count} cannot be trained, such as {first.title}: {first.sentence}")
        return " ".join(said)


@dataclass(frozen=True)
class Sweep:
    """A project of which some fields are varied: every combination of a grid, or combinations by chance.

    ``runs`` is how many runs there may be at most, which a random sweep has to say; ``epochs`` how many epochs they may
    take together. Where a budget is too small for a grid, chance chooses which of its combinations are trained. The
    same ``seed`` gives the same runs. Raises ``SweepError`` with a sentence for what cannot be.
    """

    base: Project
    axes: tuple[Axis, ...]
    kind: Kind = "grid"
    seed: int = 0
    runs: int | None = None
    epochs: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.axes) <= MOST_AXES:
            raise SweepError(f"A sweep varies from 1 to {MOST_AXES} fields, not {len(self.axes)}.")
        if len({field.name for field in self.fields}) < len(self.axes):
            raise SweepError("A field is varied twice: give all of its values at once.")
        for number, most, noun in ((self.runs, MOST_RUNS, "run"), (self.epochs, MOST_EPOCHS, "epoch")):
            if number is not None and not 1 <= number <= most:
                raise SweepError(f"The budget of a sweep is from 1 to {counted(most, noun)}, not {number:,}.")
        if self.kind == "random" and self.runs is None:
            raise SweepError("Say how many runs chance is to draw.")
        if self.kind == "grid" and self.size > MOST_RUNS and self.runs is None and self.epochs is None:
            raise SweepError(
                f"These are {self.size:,} runs, and {MOST_RUNS} are the most: give fewer values, or a budget of runs, "
                "and chance chooses among them."
            )

    @property
    def size(self) -> int:
        """How many runs there are at most, known without a look at any of them."""
        if self.kind == "grid":
            return math.prod(len(axis.values) for axis in self.axes)
        return int(min(self.runs or MOST_RUNS, math.prod(axis.choices for axis in self.axes)))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What each axis varies. Raises ``SweepError`` where the project has it no more."""
        try:
            return tuple(field_of(self.base, axis.name) for axis in self.axes)
        except AxisError as error:
            raise SweepError(str(error)) from error

    def plan(self, classes: int | None = None, seen: Callable[[str], Place] = look) -> Plan:
        """The distinct runs that can be trained, in the order of the grid or in that of chance.

        ``classes`` is how many the images have where only a look at them can tell, and ``seen`` says what is known of a
        path that a recipe names. Takes milliseconds a run.
        Raises ``SweepError`` where there is none, with the reason.
        """
        most = min(self.runs or MOST_RUNS, MOST_RUNS)
        is_whole = self.kind == "grid" and self.size <= MOST_RUNS
        found = _Found(self, classes, seen)
        for values in self._combinations(is_whole):
            found.take(values)
            if not is_whole and (len(found.runs) >= most or found.tried >= _TRIES * most + MOST_RUNS):
                break
        if not found.runs:
            raise SweepError(f"None of these runs can be trained. {found.left_out[0].sentence}")
        runs = found.runs
        chosen = self._affordable(runs, most, by_chance=is_whole)
        spare = len(runs) - len(chosen) if is_whole or len(chosen) < len(runs) else 0
        if self.kind == "grid" and not is_whole:
            spare = self.size - len(chosen) - len(found.left_out) - found.alike
        if not chosen:
            raise SweepError(f"A budget of {counted(self.epochs or 0, 'epoch')} is too small for a single run.")
        return Plan(tuple(chosen), tuple(found.left_out), found.alike, spare)

    def _affordable(self, runs: Sequence[SweepRun], most: int, by_chance: bool) -> list[SweepRun]:
        """Those that the budget has room for, in their order; by chance, or the first ones."""
        budget = self.epochs if self.epochs is not None else math.inf
        if len(runs) <= most and sum(run.epochs for run in runs) <= budget:
            return list(runs)
        places = list(range(len(runs)))
        if by_chance:
            random.Random(self.seed).shuffle(places)
        spent = itertools.accumulate(runs[place].epochs for place in places)
        kept = [place for place, so_far in zip(places, spent, strict=True) if so_far <= budget][:most]
        return [runs[place] for place in sorted(kept)]

    def _combinations(self, is_whole: bool) -> Iterator[Values]:
        if is_whole:
            yield from itertools.product(*(axis.values for axis in self.axes))
            return
        chance, seen = random.Random(self.seed), set[Values]()
        while True:
            for _ in range(1_000):
                values = tuple(_drawn(axis, chance, self.kind) for axis in self.axes)
                if values not in seen:
                    break
            else:  # there are no more, or hardly any
                return
            seen.add(values)
            yield values


class _Found:
    """The runs that were found among the combinations so far, and those that are none."""

    def __init__(self, sweep: Sweep, classes: int | None, seen: Callable[[str], Place]) -> None:
        self.runs: list[SweepRun] = []
        self.left_out: list[LeftOut] = []
        self.alike = self.tried = 0
        self._sweep, self._classes, self._seen = sweep, classes, seen
        self._before = infer(sweep.base.graph)
        self._known: set[object] = set()

    def take(self, values: Values) -> None:
        """See what this combination comes to."""
        sweep = self._sweep
        self.tried += 1
        named = dict(zip((axis.name for axis in sweep.axes), values, strict=True))
        try:
            project = replace(applied(sweep.base, named), run=None)
        except (GraphError, NamingError, ParameterError) as error:
            self.left_out.append(LeftOut(_title(sweep.fields, values), str(error)))
            return
        title = _title(sweep.fields, values, project.recipe)
        recipe, dataset = project.recipe, DATASETS[project.recipe.data]
        classes = dataset.classes if dataset.classes is not None else self._classes
        analysis = infer(project.graph, self._before)
        if "data" in named and (graph := fitted(analysis, classes)) is not project.graph:
            project, analysis = replace(project, graph=graph), infer(graph, analysis)
        key = _essence(project)
        if key in self._known:
            self.alike += 1
            return
        self._known.add(key)
        found = diagnose(analysis, classes, dataset.train_images(recipe.validation_share), bool(recipe.weights))
        reason = obstacle(project, found, analysis, is_for_later=True, seen=self._seen)
        takes, totals = costs(analysis, recipe), analysis.totals
        if reason is not None or takes is None or totals is None:
            self.left_out.append(LeftOut(title, reason or "Not all of its shapes are known."))
            return
        self.runs.append(SweepRun(title, project, takes.epochs, totals.parameters, totals.macs))


def offered(project: Project, selected: Sequence[str] = ()) -> list[Field]:
    """What can be varied, as a person is to find it: the parameters of the selected blocks first.

    ``selected`` are the names of nodes, each a path with dots between where it is in a group.
    """
    known = list(fields(project).values())
    return sorted(known, key=lambda field: ".".join(field.path) not in selected)  # which leaves the rest in order


def enqueue(
    file: QueueFile,
    plan: Plan,
    title: str,
    taken: Iterable[str] = (),
    place: Path | None = None,
    *,
    is_judged: bool = False,
) -> str:
    """Put the runs behind what is queued already, all or none, and say what the sweep is called: sweep 1, sweep 2 ...

    ``title`` is what the project is called, ``taken`` are names that other sweeps have had, ``place`` is where the
    folders of the runs go, called after the title; without one they are the person's own. Where they are judged, a run
    that falls behind ends early. Raises ``QueueError`` where there is no room.
    """
    entries = [
        new_entry(run.project, f"{title}{PARTICULAR}{run.title}", place, is_judged=is_judged) for run in plan.runs
    ]
    name = ""

    def put(queue: Queue) -> Queue:
        nonlocal name
        used = {*taken, *(entry.sweep for entry in queue.entries)}
        name = next(name for number in itertools.count(1) if (name := f"sweep {number}") not in used)
        folder = f"{title} {name}".replace(" ", "-") if place is not None else ""
        return queue.added(*(msgspec.structs.replace(entry, sweep=name, name=folder) for entry in entries))

    file.change(put)
    return name


def _drawn(axis: Axis, chance: random.Random, kind: Kind) -> Any:
    if axis.span is None or kind == "grid":
        return chance.choice(axis.values)
    return type(axis.values[0])(axis.span.at(chance.random()))


def _title(varied: Sequence[Field], values: Values, recipe: Recipe | None = None) -> str:
    """What is particular about a run; of a recipe that is known, only what means anything in it."""
    told = (
        f"{field.name} {field.said(value)}"
        for field, value in zip(varied, values, strict=True)
        if field.path or recipe is None or recipe.matters(field.parameter.name)
    )
    return ", ".join(told) or "as it is"


def _essence(project: Project) -> object:
    """What two projects have in common that train alike: the blocks that act, their wires, and what matters."""
    recipe = project.recipe
    nodes = tuple((node.name, node.block, node.inputs) for node in project.graph.acting)
    return nodes, tuple((name, value) for name, value in recipe.values.items() if recipe.matters(name))
