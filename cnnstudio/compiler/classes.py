"""Classes: one readable ``nn.Module`` class for each composite and inner topology.

All uses of a class are compared literal by literal (anti-unification): what is equal at every use stays in the class,
what differs becomes a parameter of its constructor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cnnstudio.compiler.expressions import Expression, annotation, parsed
from cnnstudio.graph import Composite, Graph, Node, Shape, parameters


@dataclass(frozen=True)
class Line:
    """A node inside a composite that has a module: its own expression, or the composite that it is."""

    node: Node
    expression: Expression | None
    use: Use | None


@dataclass(frozen=True, eq=False)
class Use:
    """A composite with the shapes that enter it. Uses of equal ``key`` have one topology and share a class."""

    block: Composite
    shapes: tuple[Shape, ...]
    graph: Graph
    shapes_inside: Mapping[str, Shape]
    lines: tuple[Line, ...]
    key: tuple[Any, ...]


@dataclass(eq=False)
class Class:
    """A class of the generated source, with everything that is needed to write it and to call it."""

    uses: list[Use]
    name: str = ""
    annotations: dict[str, str] = field(default_factory=dict)  # parameter -> its type
    arguments: dict[Use, dict[str, str]] = field(default_factory=dict)  # use -> parameter -> literal
    lines: list[tuple[str, str]] = field(default_factory=list)  # attribute, expression of the parameters

    def call(self, use: Use) -> str:
        """``Residual(64, 128, stride=2)``."""
        return _call(self.name, self.arguments[use])

    @property
    def sample(self) -> Use:
        """Any of the uses: their graphs differ in numbers alone."""
        return self.uses[0]


@lru_cache(maxsize=4_096)
def use_of(block: Composite, shapes: tuple[Shape, ...]) -> Use:
    """``block`` taken apart for these inputs."""
    parts = block.parts(*shapes)
    lines: list[Line] = []
    key: list[Any] = [type(block)]
    for name in parts.graph.order:
        node = parts.graph[name]
        into = parts.shapes_into(node)
        form: Any = None
        if isinstance(node.block, Composite):
            use = use_of(node.block, into)
            form = use.key
            lines.append(Line(node, None, use))
        elif text := node.block.init(*into):
            expression = parsed(text)
            form = _form(node, expression)
            lines.append(Line(node, expression, None))
        sources = tuple(map(str, node.inputs))
        key.append((name, type(node.block), form, node.block.forward(name, *sources), sources))
    return Use(block, shapes, parts.graph, parts.shapes, tuple(lines), tuple(key))


def _form(node: Node, expression: Expression) -> tuple[Any, ...]:
    """What may not differ within a class. A keyword that is left out stands for the default of its parameter."""
    optional = {parameter.name for parameter in parameters(type(node.block))}
    needed = tuple(keyword for keyword, _ in expression.keywords if keyword not in optional)
    return expression.called, len(expression.positional), needed


def classes(uses: Iterable[Use], taken: Iterable[str]) -> dict[tuple[Any, ...], Class]:
    """Key -> class for these uses and everything inside them, inner classes first; none is called as in ``taken``."""
    made: dict[tuple[Any, ...], Class] = {}
    seen: set[Use] = set()

    def collect(use: Use) -> None:
        if use in seen:
            return
        seen.add(use)
        for line in use.lines:
            if line.use is not None:
                collect(line.use)
        made.setdefault(use.key, Class([])).uses.append(use)

    for use in uses:
        collect(use)
    _name(list(made.values()), set(taken))
    for one in made.values():
        _resolve(one, made)
    return made


# what differs between uses


@dataclass
class _Column:
    """One literal of a class: at which node, what torch calls it, and its text at every use."""

    node: str
    label: str
    literals: tuple[str, ...]


def _resolve(made: Class, known: Mapping[tuple[Any, ...], Class]) -> None:
    """Find the parameters of a class whose inner classes are resolved, and write its lines with them."""
    calls = [_columns(made, index, known) for index in range(len(made.sample.lines))]
    names = _parameters(made, [column for _, positional, keywords in calls for column in (*positional, *keywords)])
    for line, (called, positional, keywords) in zip(made.sample.lines, calls, strict=True):
        words = [_word(column, names) for column in positional]
        words += [f"{column.label}={_word(column, names)}" for column in keywords]
        is_call = line.expression is None or line.expression.is_call
        made.lines.append((line.node.name, f"{called}({', '.join(words)})" if is_call else called))
    for literals, name in names.items():
        made.annotations[name] = annotation(tuple(sorted(set(literals))))
    for index, use in enumerate(made.uses):
        made.arguments[use] = {name: literals[index] for literals, name in names.items()}


def _columns(
    made: Class, index: int, known: Mapping[tuple[Any, ...], Class]
) -> tuple[str, list[_Column], list[_Column]]:
    """What is called in this line, its positional and its keyword columns."""
    lines = [use.lines[index] for use in made.uses]
    name = lines[0].node.name
    if lines[0].use is not None:
        inner = known[lines[0].use.key]
        rows = [inner.arguments[line.use] for line in lines if line.use is not None]
        columns = [_Column(name, parameter, tuple(row[parameter] for row in rows)) for parameter in inner.annotations]
        split = _positional(inner.annotations)
        return inner.name, columns[:split], columns[split:]
    expressions = [line.expression for line in lines if line.expression is not None]
    first = expressions[0]
    positional = [
        _Column(name, label, literals)
        for label, literals in zip(first.labels, zip(*(e.positional for e in expressions), strict=True), strict=True)
    ]
    defaults = {p.name: repr(p.default) for p in parameters(type(lines[0].node.block))}
    rows = [dict(expression.keywords) for expression in expressions]
    written = {keyword: None for row in rows for keyword in row}
    order = [*(k for k in defaults if k in written), *(k for k in written if k not in defaults)]
    if all(list(row) == list(rows[0]) for row in rows):
        order = list(rows[0])
    keywords = [_Column(name, k, tuple(row[k] if k in row else defaults[k] for row in rows)) for k in order]
    return first.called, positional, keywords


def _parameters(made: Class, columns: list[_Column]) -> dict[tuple[str, ...], str]:
    """Literals that differ -> the parameter that stands for them; equal columns share one."""
    names: dict[tuple[str, ...], str] = {}
    own = _own_names(made)
    for column in columns:
        if len(set(column.literals)) == 1 or column.literals in names:
            continue
        name = own.get(column.literals) or f"{column.node}_{_short(column.label)}"
        taken = set(names.values())
        names[column.literals] = name if name not in taken else _numbered(name, taken)
    first = [name for name in ("channels", "in_channels", "out_channels") if name in names.values()]
    return dict(sorted(names.items(), key=lambda item: first.index(item[1]) if item[1] in first else len(first)))


def _own_names(made: Class) -> dict[tuple[str, ...], str]:
    """Literals at every use -> what the composite itself calls them: its fields and the size of its input."""
    own: dict[tuple[str, ...], str] = {}
    for parameter in parameters(type(made.sample.block)):
        own.setdefault(tuple(repr(getattr(use.block, parameter.name)) for use in made.uses), parameter.name)
    sizes = {1: ("in_features",), 2: ("tokens", "width"), 3: ("in_channels", "in_height", "in_width")}
    for index, name in enumerate(sizes.get(len(made.sample.shapes[0]), ()) if made.sample.shapes else ()):
        if any(len(use.shapes[0]) <= index for use in made.uses):
            continue
        literals = tuple(repr(use.shapes[0][index]) for use in made.uses)
        if name == "in_channels":
            own[literals] = "channels" if own.get(literals) in ("out_channels", "channels") else name
        else:
            own.setdefault(literals, name)
    return own


def _word(column: _Column, names: Mapping[tuple[str, ...], str]) -> str:
    return names.get(column.literals, column.literals[0])


def _short(label: str) -> str:
    return label.removeprefix("out_").removeprefix("num_")


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def _positional(names: Iterable[str]) -> int:
    """How many of these leading parameters a call gives without their keyword."""
    return sum(name in ("channels", "in_channels", "out_channels", "in_features") for name in names)


def _call(name: str, arguments: Mapping[str, str]) -> str:
    split = _positional(arguments)
    words = [
        literal if index < split else f"{parameter}={literal}"
        for index, (parameter, literal) in enumerate(arguments.items())
    ]
    return f"{name}({', '.join(words)})"


# names of classes


def _name(made: list[Class], taken: set[str]) -> None:
    """The plainest topology of a composite bears its name; the others say what they have more."""
    families: dict[type[Composite], list[Class]] = {}
    for one in made:
        families.setdefault(type(one.sample.block), []).append(one)
    for kind, variants in families.items():
        base = min(variants, key=lambda one: len(one.sample.graph))
        for one in (base, *(one for one in variants if one is not base)):
            name = kind.__name__ + ("" if one is base else _difference(one.sample.graph, base.sample.graph))
            one.name = name if name not in taken else _numbered(name, taken)
            taken.add(one.name)


def _difference(graph: Graph, base: Graph) -> str:
    """``Projection`` where the nodes that ``base`` has not are called projection_conv and projection_norm."""
    extra = [node.name for node in graph if node.name not in base]
    if extra:
        words = {re.sub(r"\d+$", "", name.partition("_")[0]) for name in extra}
        return words.pop().capitalize() if len(words) == 1 else ""
    changed = [node for node in graph if type(node.block) is not type(base[node.name].block)]
    return type(changed[0].block).__name__ if changed else ""
