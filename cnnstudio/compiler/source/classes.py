"""Classes: one readable ``nn.Module`` class for each composite and inner topology.

All uses of a class are compared literal by literal (anti-unification): what differs becomes a parameter of its
constructor, what is equal at every use stays in the class.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from cnnstudio.compiler.source.class_names import class_names, numbered
from cnnstudio.compiler.source.composite_uses import Line, Use, frozen
from cnnstudio.compiler.source.expressions import annotation, quoted, written
from cnnstudio.compiler.variables import shared_words
from cnnstudio.graph import NamingError, Node, Shape, checked_name, parameters


@dataclass(frozen=True)
class Loop:
    """``for i in range(...)`` over modules that are counted up: what is in the brackets, and what they are called."""

    bounds: str
    name: str


@dataclass(eq=False)
class Class:
    """A class of the generated source, with everything that is needed to write it and to call it."""

    uses: list[Use]
    name: str = ""
    annotations: dict[str, str] = field(default_factory=dict)  # parameter -> its type
    defaults: dict[str, str] = field(default_factory=dict)  # parameter -> its default, for those that have one
    arguments: dict[Use, dict[str, str]] = field(default_factory=dict)  # use -> parameter -> literal
    lines: list[tuple[str, str]] = field(default_factory=list)  # attribute, expression of the parameters
    forward: dict[str, tuple[str, ...]] = field(default_factory=dict)  # node -> words for the numbers in its forward
    loops: dict[str, Loop] = field(default_factory=dict)  # attribute of the first -> the loop that makes them all

    def call(self, use: Use) -> str:
        """``Residual(64, 128, stride=2)``."""
        arguments = list(self.arguments[use].items())
        split = _positional(self.annotations)
        return written(
            self.name, [word for _, word in arguments[:split]], self.without_defaults(dict(arguments[split:]))
        )

    @property
    def signature(self) -> str:
        """The parameters of ``__init__`` behind self, each with a comma before it."""
        typed = ((name, f"{name}: {kind}") for name, kind in self.annotations.items())
        words = [f"{word} = {self.defaults[name]}" if name in self.defaults else word for name, word in typed]
        return "".join(f", {word}" for word in sorted(words, key=lambda word: " = " in word))

    def without_defaults(self, words: Mapping[str, str]) -> dict[str, str]:
        """The keywords that a call has to give."""
        return {name: word for name, word in words.items() if self.defaults.get(name) != word}

    @property
    def sample(self) -> Use:
        """Any of the uses: their graphs differ in numbers alone."""
        return self.uses[0]


def classes(uses: Iterable[Use], taken: Iterable[str]) -> dict[tuple[Any, ...], Class]:
    """Key -> class for these uses and everything inside them, inner classes first; none is called as in ``taken``."""
    made: dict[tuple[Any, ...], Class] = {}
    seen: set[Use] = set()

    def collect(use: Use) -> None:
        if use in seen:
            return
        seen.add(use)
        for line in use.lines:
            for inner in line.run or (line.use,):
                if inner is not None:
                    collect(inner)
        made.setdefault(use.key, Class([])).uses.append(use)

    for use in uses:
        collect(use)
    names = class_names([(one.sample.block, one.sample.graph) for one in made.values()], set(taken))
    for one, name in zip(made.values(), names, strict=True):
        one.name = name
        _resolve(one, made)
    return made


# what differs between uses

_Slot = tuple[str, tuple[str, ...]]  # what a literal is for, and its text at every use


@dataclass
class _Column:
    """One literal of a class: at which node, what torch calls it, and its text at every use."""

    node: str
    label: str
    literals: tuple[str, ...]
    is_width: bool = False  # whether it counts channels or features

    def __post_init__(self) -> None:
        self.is_width = self.label.endswith(("channels", "features", "embed_dim")) or (
            self.label == "normalized_shape" and all(map(str.isdigit, self.literals))
        )

    @property
    def differs(self) -> bool:
        return len(set(self.literals)) > 1

    @property
    def slot(self) -> _Slot:
        """Columns of one slot share a parameter; a kernel of 3 and 3 channels are not the same thing."""
        return ("width" if self.is_width else self.label), self.literals


@dataclass
class _Call:
    """What is called in a line, nothing for a node without a module, and with which columns.

    Of a run, ``grown`` holds by how much a column grows from one to the next, and ``last`` the number of the last.
    """

    called: str = ""
    positional: list[_Column] = field(default_factory=list)
    keywords: list[_Column] = field(default_factory=list)
    grown: dict[str, _Column] = field(default_factory=dict)  # label of a column -> its growth
    last: _Column | None = None

    @property
    def columns(self) -> list[_Column]:
        """All of them."""
        return [*self.positional, *self.keywords, *self.grown.values(), *([self.last] if self.last else [])]


def _resolve(made: Class, known: Mapping[tuple[Any, ...], Class]) -> None:
    """Find the parameters of a class whose inner classes are resolved, and write its lines with them."""
    rows = [[use.lines[index] for use in made.uses] for index in range(len(made.sample.lines))]
    calls = [_call(row, known) for row in rows]
    later = [_forward_columns(row) for row in rows]
    columns = [column for call in calls for column in call.columns]
    names = _parameters(made, columns, [column for row in later for column in row])

    halves = _halves(columns, names)

    def word(column: _Column) -> str:
        return halves.get(column.slot) or names.get(column.slot, column.literals[0])

    for row, columns, call in zip(rows, later, calls, strict=True):
        kept = {names[column.slot]: _attribute(made, names[column.slot]) for column in columns if column.slot in names}
        made.lines[:0] = [(attribute, name) for name, attribute in kept.items() if (attribute, name) not in made.lines]
        if kept:
            words = [f"self.{kept[names[c.slot]]}" if c.slot in names else c.literals[0] for c in columns]
            made.forward[row[0].node.name] = tuple(words)
        if call.called:
            named = {c.label: word(c) + _growth(call, c.label, word) for c in call.keywords}
            if row[0].use is not None:
                named = known[row[0].use.key].without_defaults(named)
            first = [word(c) + _growth(call, c.label, word) for c in call.positional]
            made.lines.append((row[0].node.name, written(call.called, first, named) + frozen(row[0].node.block)))
        if call.last is not None:
            made.loops[row[0].node.name] = _loop(row[0], word(call.last))
    usual = {parameter.name: quoted(repr(parameter.default)) for parameter in parameters(type(made.sample.block))}
    names = {slot: name for slot, name in names.items() if slot not in halves}
    for (_, literals), name in names.items():
        made.annotations[name] = annotation(tuple(sorted(set(literals))))
        # a kernel is always told, since the padding follows from it
        if name not in (*_LEADING, "kernel_size") and usual.get(name) in literals:
            made.defaults[name] = usual[name]
    for index, use in enumerate(made.uses):
        made.arguments[use] = {name: literals[index] for (_, literals), name in names.items()}


def _growth(call: _Call, label: str, word: Callable[[_Column], str]) -> str:
    """`` + 32 * i`` where this column of a run grows."""
    if label not in call.grown:
        return ""
    step = word(call.grown[label])
    return " + i" if step == "1" else f" + {step} * i"


def _loop(line: Line, last: str) -> Loop:
    """The loop that counts up to ``last``, from 0 where the first is the first of all."""
    if line.number == 1:
        return Loop(last, f'f"{line.stem}{{i + 1}}"')
    end = str(int(last) + 1) if last.isdigit() else f"{last} + 1"
    return Loop(f"{line.number}, {end}" if line.number else end, f'f"{line.stem}{{i}}"')


def _halves(columns: list[_Column], names: Mapping[_Slot, str]) -> dict[_Slot, str]:
    """Slot -> ``kernel_size // 2``: the padding that goes with a kernel everywhere needs no parameter of its own."""
    halves: dict[_Slot, str] = {}
    slots = {column.slot: None for column in columns if column.slot in names}
    kernels, paddings = ([slot for slot in slots if slot[0] == label] for label in ("kernel_size", "padding"))
    for kernel, padding in product(kernels, paddings):
        pairs = zip(kernel[1], padding[1], strict=True)
        if all(k.isdigit() and p.isdigit() and int(k) // 2 == int(p) for k, p in pairs):
            halves[padding] = f"{names[kernel]} // 2"
    return halves


def _attribute(made: Class, parameter: str) -> str:
    """What a parameter that ``forward`` needs is kept as: its own name, unless a node or every module bears it."""
    try:
        checked_name(parameter)
    except NamingError:
        return numbered(parameter, made.sample.graph.nodes)
    return parameter if parameter not in made.sample.graph else numbered(parameter, made.sample.graph.nodes)


def _forward_columns(row: list[Line]) -> list[_Column]:
    """A column for each number in the ``forward`` of a node, called as the block's parameter of that value."""
    columns = []
    for literals in zip(*(line.forward.positional for line in row), strict=True):
        values = [line.node.block.values for line in row]
        label = (name for name in values[0] if literals == tuple(repr(value[name]) for value in values))
        columns.append(_Column(row[0].node.name, next(label, "value"), literals))
    return columns


def _call(row: list[Line], known: Mapping[tuple[Any, ...], Class]) -> _Call:
    """What is called in this line."""
    line = row[0]
    if line.use is not None:
        call = _inner_call(row, known[line.use.key])
    elif line.expression is None:
        return _Call()
    else:
        expressions = [line.expression for line in row if line.expression is not None]
        literals = zip(*(expression.positional for expression in expressions), strict=True)
        labelled = zip(expressions[0].labels, literals, strict=True)
        given = [dict(expression.keywords) for expression in expressions]
        call = _Call(
            expressions[0].called,
            [_Column(line.node.name, *column) for column in labelled],
            [_Column(line.node.name, *column) for column in _keywords(line.node, given)],
        )
    for column in call.keywords:
        # depthwise: as many groups as channels come in, so that the number of groups is that width
        if column.label == "groups":
            column.is_width = any(o.label in _INWARD and o.literals == column.literals for o in call.positional)
    return call


def _inner_call(row: list[Line], inner: Class) -> _Call:
    """The call of a class, or of a run the calls of all: what they begin with, how it grows and where it ends."""
    name = row[0].stem.rstrip("_") if row[0].run else row[0].node.name
    runs = [line.run or (line.use,) for line in row if line.use is not None]
    columns: list[_Column] = []
    grown: dict[str, _Column] = {}
    for parameter in inner.annotations:
        first, second = (tuple(inner.arguments[run[min(i, len(run) - 1)]][parameter] for run in runs) for i in (0, 1))
        columns.append(_Column(name, parameter, first))
        if first != second:
            steps = tuple(str(int(b) - int(a)) for a, b in zip(first, second, strict=True))
            grown[parameter] = _Column(name, f"{parameter}_step", steps)
    for parameter, step in grown.items():  # what each adds is often told to it: the growth of a dense layer
        told = (column for column in columns if column.literals == step.literals and column.differs)
        grown[parameter] = next(told, step)
    last = _Column(name, f"{name}s", tuple(str(line.last) for line in row)) if row[0].run else None
    split = _positional(inner.annotations)
    return _Call(inner.name, columns[:split], columns[split:], grown, last)


_INWARD = ("channels", "in_channels")


def _keywords(node: Node, rows: list[dict[str, str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every keyword that some use writes; where another leaves it out, it has the default of its parameter."""
    defaults = {parameter.name: quoted(repr(parameter.default)) for parameter in parameters(type(node.block))}
    written = {keyword: None for row in rows for keyword in row}
    same = all(list(row) == list(rows[0]) for row in rows)
    order = rows[0] if same else [*(k for k in defaults if k in written), *(k for k in written if k not in defaults)]
    for keyword in order:
        yield keyword, tuple(row[keyword] if keyword in row else defaults[keyword] for row in rows)


def _parameters(made: Class, columns: list[_Column], later: list[_Column]) -> dict[_Slot, str]:
    """Slot -> the parameter that stands for it, the widths of what flows in and out first.

    ``later`` are the columns of ``forward``: a number there that differs as a width does is that width.
    """
    own = _Own(made)
    widths = {column.literals for column in columns if column.is_width and column.differs}
    for column in later:
        column.is_width = column.literals in widths
    columns = [*columns, *(column for column in later if column.differs)]
    for column in columns:
        column.is_width = column.is_width or (column.label == "size" and column.literals in own.widths)
    chosen: dict[_Slot, _Column] = {}
    # in and out are parameters even where all uses agree, unless widths that follow from them would stay behind
    follows = any(c.is_width and not c.differs and c.literals not in own.widths for c in columns)
    for column in columns:
        if column.differs or (column.is_width and column.literals in own.widths and not follows):
            chosen.setdefault(column.slot, column)
    labels = Counter(column.label for column in chosen.values())
    names: dict[_Slot, str] = {}
    for slot, column in chosen.items():
        plain = column.label if labels[column.label] == 1 and not column.is_width else None
        nodes = dict.fromkeys(other.node for other in columns if other.slot == slot and other not in later)
        longer = f"{shared_words(list(nodes) or [column.node]) or column.node}_{_short(column.label)}"
        taken = set(names.values())
        wanted = [name for name in (own.name(column), plain, longer) if name is not None and name not in taken]
        names[slot] = wanted[0] if wanted else numbered(longer, taken)
    return dict(sorted(names.items(), key=lambda item: _LEADING.index(item[1]) if item[1] in _LEADING else 9))


class _Own:
    """What a composite itself calls the literals at its uses: a width of what flows in or out, or one of its fields."""

    def __init__(self, made: Class) -> None:
        before = _widths([use.shapes[0] for use in made.uses])
        after = _widths([use.result for use in made.uses])
        sort = "features" if len(made.sample.shapes[0]) < 3 else "channels"
        self.widths = {after: f"out_{sort}", before: sort if before == after else f"in_{sort}"}
        self.fields = {
            name: tuple(quoted(repr(getattr(use.block, name))) for use in made.uses)
            for name, value in made.sample.block.values.items()
            if isinstance(value, int | float | str | tuple | None)
        }

    def name(self, column: _Column) -> str | None:
        """Its name for this column, a field that torch calls the same before others."""
        if column.is_width and column.literals in self.widths:
            return self.widths[column.literals]
        equal = [name for name, literals in self.fields.items() if literals == column.literals]
        return column.label if column.label in equal else equal[0] if equal else None


def _widths(shapes: list[Shape]) -> tuple[str, ...]:
    return tuple(repr(shape[0] if shape.is_map else shape[-1]) for shape in shapes)


def _short(label: str) -> str:
    return "size" if label == "normalized_shape" else re.sub(r"^(in|out|num)_", "", label)


_LEADING = ("channels", "in_channels", "out_channels", "features", "in_features", "out_features")


def _positional(names: Iterable[str]) -> int:
    """How many of these parameters, which stand first, a call gives without their keyword."""
    return sum(name in _LEADING for name in names)
