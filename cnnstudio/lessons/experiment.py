"""Experiment: one idea with a few knobs, shown by networks that are drawn for them and by what inference says of these.

No count is written by a second formula: parameters, multiply-accumulates, shapes and receptive fields are those that
the same network would have on the canvas. Where the idea shows only in a network that has learned, there is an
``attempt``: it trains small ones and says again and again what has come of it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cnnstudio.compiler.inference import Analysis, Totals, infer
from cnnstudio.compiler.receptive import ReceptiveField, receptive_fields
from cnnstudio.graph import Graph, Shape
from cnnstudio.insight.calculation import Numbers
from cnnstudio.project.recipe import Recipe
from cnnstudio.wording import readable
from cnnstudio.worker import Report

Values = Mapping[str, int]
OTHERS = -1  # the ink of curves that stand behind those that are looked at
Box = tuple[range, range]  # rows and columns


@dataclass(frozen=True)
class Knob:
    """Something to move: its name, the values that it can have, and the one that it has at first.

    With ``is_percent`` they are hundredths, and 110 is shown as 1.1; with ``words`` they are the numbers of these.
    One that ``is_look`` changes nothing of what is trained, only what is looked at in it.
    """

    name: str
    stops: tuple[int, ...]
    value: int
    is_percent: bool = False
    words: tuple[str, ...] = ()
    is_look: bool = False

    def written(self, value: int) -> str:
        """A value as it is shown."""
        if self.words:
            return self.words[value]
        return f"{value / 100:g}" if self.is_percent else f"{value:,}"


@dataclass(frozen=True)
class Side:
    """One of the networks of an experiment, by its title, and how it is trained, where it is."""

    title: str
    graph: Graph
    recipe: Recipe | None = None

    @cached_property
    def analysis(self) -> Analysis:
        """What inference says of it."""
        return infer(self.graph)

    @property
    def end(self) -> str:
        """The name of the node at its end."""
        return self.graph.outputs[0].name

    @property
    def shape(self) -> Shape | None:
        """What comes out."""
        return self.analysis.shape(self.end)

    @property
    def totals(self) -> Totals:
        """Parameters and multiply-accumulates; nothing where it does not fit."""
        return self.analysis.totals or Totals(0, 0)

    @property
    def misfit(self) -> str:
        """Why it cannot be, as a sentence; empty where it can."""
        error = next(iter(self.analysis.errors.values()), None)
        return "" if error is None else error.sentence[:1].upper() + error.sentence[1:]

    @cached_property
    def field(self) -> ReceptiveField | None:
        """What a value at its end sees of the image."""
        return receptive_fields(self.analysis).get(self.end)

    @cached_property
    def weights(self) -> int:
        """Its parameters without the biases."""
        found = 0
        for node in self.graph:
            shapes = [shape for shape in self.analysis.shapes_into(node.name) if shape is not None]
            found += sum(each.numel for name, each in node.block.weights(*shapes).items() if name == "weight")
        return found


@dataclass(frozen=True)
class Row:
    """One thing that the sides are compared by: a cell for each side, and its size where a bar can show it."""

    name: str
    cells: tuple[str, ...]
    sizes: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Picture:
    """A map (H, W) with its title, and what of it is framed.

    With ``ends`` its colours go from the one value to the other, dark to light, through the colours of a height, and
    ``heights`` are drawn as lines; what is NaN is left open.
    """

    title: str
    values: Numbers
    box: Box | None = None
    limits: tuple[float, float] | None = None  # what is black and what is white, where the map itself does not say
    ends: tuple[float, float] | None = None
    heights: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Curve:
    """Points that are joined by a line, or stand alone with their ``names`` where they have some.

    Curves with one number for their ``ink`` have one colour. NaN is left out.
    """

    name: str
    x: Numbers
    y: Numbers
    ink: int = 0
    is_dashed: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves in one field; ``title`` says what goes up, ``across`` what goes to the right.

    ``wide`` and ``high`` are the ends of the axes where they do not follow from the points.
    """

    title: str
    across: str
    curves: tuple[Curve, ...]
    wide: tuple[float, float] | None = None
    high: tuple[float, float] | None = None
    is_logarithmic: bool = False  # to the right


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an experiment comes to for some values of its knobs: a table, a sentence, pictures, or why it cannot be.

    The columns of the table are the sides, where it has no ``titles`` of its own.
    """

    sides: tuple[Side, ...]
    rows: tuple[Row, ...]
    sentence: str
    pictures: tuple[Picture, ...] = ()
    misfit: str = ""
    titles: tuple[str, ...] = ()
    curves: Curves | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The titles of the columns."""
        return self.titles or tuple(side.title for side in self.sides)


@dataclass(frozen=True)
class Experiment:
    """A title, the idea, the blocks that it is about by their class names, what can be moved, and what comes of it.

    ``attempt`` trains what the knobs say, seconds long, and yields what has come of it so far; it ends where its report
    says so. Until it is asked for there is what ``tell`` says of the networks.
    """

    key: str
    title: str
    sentence: str
    blocks: frozenset[str]
    knobs: tuple[Knob, ...]
    tell: Callable[[Values], Outcome]
    attempt: Callable[[Values, Report], Generator[Outcome, None, None]] | None = None

    @property
    def values(self) -> dict[str, int]:
        """What its knobs are set to at first."""
        return {knob.name: knob.value for knob in self.knobs}

    def outcome(self, values: Values | None = None) -> Outcome:
        """What comes of it for these values of the knobs, or for those at first."""
        return self.tell({**self.values, **(values or {})})


def compared(sides: Sequence[Side], sentence: Callable[[], str], *more: Row, has_field: bool = True) -> Outcome:
    """The outcome that compares these sides: what comes out, parameters, cost, and what a value sees.

    ``sentence`` is asked for only where all of them can be.
    """
    misfit = next((side.misfit for side in sides if side.misfit), "")
    if misfit:
        return Outcome(tuple(sides), (), "", misfit=misfit)
    totals = [side.totals for side in sides]
    rows = [
        Row("Comes out", tuple(str(side.shape) for side in sides)),
        Row("Parameters", tuple(f"{each.parameters:,}" for each in totals), tuple(each.parameters for each in totals)),
        Row("Multiply-accumulates", tuple(readable(each.macs) for each in totals), tuple(each.macs for each in totals)),
    ]
    if has_field:
        rows.append(Row("A value sees", tuple(side.field.written if side.field else "all" for side in sides)))
    return Outcome(tuple(sides), (*rows, *more), sentence())
