"""Run differences: what differs between some runs, field by field and block by block, and nothing that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cnnstudio.compiler.comparison import Change, compare, written
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Declaration, Graph, Node, parameters
from cnnstudio.project import Project, ProjectError
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.run_library import ListedRun
from cnnstudio.wording import duration, short

Kind = Literal["result", "recipe", "network"]
ABSENT = "–"
LONGEST = 120  # letters of a value
DEEPEST = 4  # lists in lists that are told
UNTOLD = frozenset({"epochs"})  # what the results say


@dataclass(frozen=True)
class Difference:
    """A row: what it is about, and what each of the runs has, in their order."""

    kind: Kind
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Differences:
    """What differs between runs, the results before the recipe and that before the network; and what is not known."""

    rows: tuple[Difference, ...]
    troubles: tuple[str, ...] = ()

    def of(self, kind: Kind) -> tuple[Difference, ...]:
        """The rows of one kind."""
        return tuple(row for row in self.rows if row.kind == kind)


def differences(runs: Sequence[ListedRun]) -> Differences:
    """What differs between these runs. Runs whose project cannot be read have their results alone."""
    projects: list[Project | None] = []
    troubles = []
    for run in runs:
        try:
            projects.append(run.project())
        except ProjectError as error:
            projects.append(None)
            troubles.append(f"{run.folder.name}: {error}")
    rows = [*_results(runs), *_recipes(projects), *_networks(projects)]
    return Differences(tuple(rows), tuple(troubles))


def since(run: ListedRun, before: ListedRun | None) -> str:
    """What of the recipe is otherwise than in an earlier run, in a line, and whether the network is; for a list."""
    if before is None:
        return ""
    names = [name for name in run.values if run.values[name] != before.values.get(name, run.values[name])]
    said = [f"{name} {in_letters(before.values.get(name))} → {in_letters(run.values[name])}" for name in names]
    if run.record.structure and before.record.structure and run.record.structure != before.record.structure:
        said.append("another network")
    return ", ".join(said)


def best_of(run: ListedRun) -> str:
    """The best accuracy with its epoch: ``98.1% (epoch 4)``."""
    best = run.record.best
    if best is None:
        return ABSENT
    where = f"epoch {best.epoch}"
    return where if best.accuracy is None else f"{best.accuracy:.1%} ({where})"


def _results(runs: Sequence[ListedRun]) -> Iterator[Difference]:
    def loss(run: ListedRun) -> str:
        best = run.record.best
        return f"{best.loss:.4g}" if best is not None and best.loss is not None else ABSENT

    def count(number: int | None) -> str:
        return ABSENT if number is None else f"{number:,}"

    def images(run: ListedRun) -> str:
        return " + ".join(f"{number:,}" for number in run.record.images) if any(run.record.images) else ABSENT

    told: tuple[tuple[str, Callable[[ListedRun], str]], ...] = (
        ("best accuracy", best_of),
        ("its loss", loss),
        ("epochs", lambda run: f"{run.record.epochs_done:,} of {run.record.epochs:,}"),
        ("time", lambda run: duration(run.record.seconds) if run.record.seconds else ABSENT),
        ("parameters", lambda run: count(run.record.parameters)),
        ("MACs", lambda run: ABSENT if run.record.macs is None else short(run.record.macs)),
        ("images", images),
        ("device", lambda run: run.record.device or ABSENT),
    )  # fmt: skip
    for name, say in told:
        values = tuple(map(say, runs))
        if name == "best accuracy" or len(set(values)) > 1:
            yield Difference("result", name, values)


def _recipes(projects: Sequence[Project | None]) -> Iterator[Difference]:
    known = [project.recipe for project in projects if project is not None]
    for parameter in parameters(Recipe):
        name = parameter.name
        if name in UNTOLD or not any(recipe.matters(name) for recipe in known):
            continue
        found = [getattr(recipe, name) for recipe in known if recipe.matters(name)]
        values = tuple(
            ABSENT if each is None or not each.recipe.matters(name) else in_letters(getattr(each.recipe, name))
            for each in projects
        )
        if any(value != found[0] for value in found) or len({value for value in values if value != ABSENT}) > 1:
            yield Difference("recipe", name, values)


def _networks(projects: Sequence[Project | None]) -> Iterator[Difference]:
    """What the networks differ in from that of the first run that has one, setting by setting."""
    first = next((place for place, project in enumerate(projects) if project is not None), None)
    if first is None:
        return
    base = projects[first]
    assert base is not None
    rows: dict[str, dict[int, str]] = {}
    basis: dict[str, str] = {}
    analysis = infer(base.graph)
    for place, project in enumerate(projects):
        if project is None or place == first or project.graph == base.graph:
            continue
        for name, old, new in _cells(compare(analysis, infer(project.graph)).changes):
            rows.setdefault(name, {})[place] = new
            basis[name] = old
    for name, cells in rows.items():
        others = (
            ABSENT if project is None else cells.get(place, basis[name]) for place, project in enumerate(projects)
        )
        yield Difference("network", name, tuple(others))


def _cells(changes: Sequence[Change], outer: str = "") -> Iterator[tuple[str, str, str]]:
    """What a row is called, and what is before and after; a name alone is no difference, nor what follows from one."""
    for change in changes:
        name = outer + (change.old.name if change.old is not None else change.name)
        if change.kind in ("added", "removed", "replaced"):
            yield name, _block(change.old), _block(change.new)
            continue
        for setting in change.settings:
            if not isinstance(setting.old, Graph):
                yield f"{name}: {setting.name}", in_letters(setting.old), in_letters(setting.new)
        if change.is_rewired and change.new is not None:
            yield f"{name}: reads", _wires(change.old_inputs), _wires(change.new.inputs)
        yield from _cells(change.inside, f"{name}/")


def _block(node: Node | None) -> str:
    return ABSENT if node is None else f"{node.block.title} {node.block.brief()}".strip()[:LONGEST]


def _wires(inputs: Sequence[str | None]) -> str:
    return ", ".join(source for source in inputs if source) or ABSENT


def in_letters(value: Any, depth: int = 0) -> str:
    """A value of the recipe or of a block in a few letters, whatever a file says."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, Declaration):
        settings = ", ".join(f"{name} {in_letters(each, depth + 1)}" for name, each in value.changed_values.items())
        return f"{type(value).__name__}({settings})"[:LONGEST]
    if isinstance(value, Mapping):
        return in_letters(value.get("kind", "…"), depth + 1)
    if isinstance(value, (list, tuple)) and any(isinstance(each, Declaration | Mapping | list) for each in value):
        return ", ".join(in_letters(each, depth + 1) for each in value[:LONGEST])[:LONGEST]
    return " ".join(written(tuple(value) if isinstance(value, list) else value).split())[:LONGEST]
