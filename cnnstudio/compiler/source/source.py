"""Source: a network as the Python that a good person would write. This text is the compiled form: it is what is
trained and what is exported.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from cnnstudio.blocks.group import Group, unrolled
from cnnstudio.blocks.opaque import Opaque
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.compiler.obstacles import NO_INPUT, NO_LAYER, unwritable
from cnnstudio.compiler.source.class_names import FRAME
from cnnstudio.compiler.source.classes import Class, classes
from cnnstudio.compiler.source.composite_uses import Use, frozen, init, use_of
from cnnstudio.compiler.source.expressions import template, written
from cnnstudio.compiler.source.growing_lists import Gathering, gatherings
from cnnstudio.compiler.source.line_breaks import LINE_LENGTH, wrapped
from cnnstudio.compiler.source.repeats import repeated
from cnnstudio.compiler.variables import variables
from cnnstudio.graph import BLOCKS, Composite, Graph, NamingError, Node, Shape, checked_name
from cnnstudio.graph.names import fresh_name
from cnnstudio.zoo import Backbone


class SourceError(ValueError):
    """This graph cannot be written as a network; the message is a sentence."""


@dataclass(frozen=True)
class Statement:
    """The value of one node as an expression of the values of others, in variables named as their nodes."""

    node: str
    inputs: tuple[str, ...]
    expression: str


@dataclass(frozen=True)
class Source:
    """The text of a Python file that needs torch alone, and where to find the nodes in it.

    ``paths`` holds, for every node that has a module, its path in the ``state_dict``: ``stage1.0``. ``steps`` are the
    nodes but the inputs, in the order in which ``forward`` computes them. ``backbones`` are the pretrained blocks, also
    those inside others, by their path. ``passed`` tells for a bypassed node whose result it passes on, and
    ``has_lines`` whether a step is a line of PyTorch from a file, of which nothing is known but what the file says.
    """

    text: str
    class_name: str
    paths: Mapping[str, str]
    steps: tuple[Statement, ...]
    backbones: Mapping[str, Backbone] = field(default_factory=dict)
    passed: Mapping[str, str] = field(default_factory=dict)
    has_lines: bool = False


def source(graph: Graph, class_name: str = "Network") -> Source:
    """The source of a network. Raises ``SourceError`` if it has errors, no input or not exactly one output.

    Bypassed nodes are not in it: what reads one reads what it passes on.
    """
    passed = {node.name: source for node in graph if node.bypassed and (source := graph.passed(node.name)) is not None}
    graph = graph.acting
    analysis = infer(graph)
    _check(analysis, class_name)
    network = _Network(analysis, class_name)
    text = network.text()
    backbones = dict(_backbones(graph, network.paths))
    return Source(text, class_name, network.paths, tuple(network.steps()), backbones, passed, has_lines(graph))


def has_lines(graph: Graph) -> bool:
    """Whether a step of it, or of a group in it, is a line of PyTorch from a file."""
    kinds = {type(node.block) for node in graph}
    if Opaque in kinds or Group not in kinds:
        return Opaque in kinds
    return any(has_lines(node.block.body) for node in graph if isinstance(node.block, Group))


def _backbones(graph: Graph, paths: Mapping[str, str]) -> Iterator[tuple[str, Backbone]]:
    for node in graph:
        path = paths.get(node.name, "")
        if isinstance(node.block, Backbone):
            yield path, node.block
        elif isinstance(node.block, Group):
            body = unrolled(node.block.body.acting)
            copies = [f"{path}.{number}" for number in range(node.block.repeat)] if node.block.repeat > 1 else [path]
            for copy in copies:
                yield from _backbones(body, {inner: f"{copy}.{inner}" for inner in body.nodes})


def _check(analysis: Analysis, class_name: str) -> None:
    graph = analysis.graph
    try:
        checked_name(class_name)
    except NamingError as refusal:
        raise SourceError(str(refusal)) from refusal
    if class_name in FRAME:
        raise SourceError(f"{class_name!r} has a meaning of its own in the generated source; choose another name.")
    if not graph.inputs:
        raise SourceError(NO_INPUT)
    for name, error in analysis.errors.items():
        raise SourceError(f"{name} ({graph[name].block.title}): {error.sentence}")
    for name in graph.order:
        if None in graph[name].inputs:
            raise SourceError(f"{name} ({graph[name].block.title}) has an open input. Connect it or delete it.")
        block, shapes = graph[name].block, tuple(analysis.facts[s].shape for s in graph[name].inputs if s is not None)
        if reason := unwritable(block, shapes):
            raise SourceError(f"{name} ({block.title}): {reason}")
    outputs = [node.name for node in graph.outputs]
    if len(outputs) != 1:
        raise SourceError(f"The network ends in {len(outputs)} places, {', '.join(outputs[:5])}; it must end in one.")
    if graph.outputs[0].is_input:
        raise SourceError(NO_LAYER)


@dataclass
class _Stage:
    """A run of composites that is one ``nn.Sequential``."""

    name: str
    nodes: tuple[str, ...]


@dataclass
class _Statement:
    """One line of ``forward``: a node, or a stage under the name of its last node."""

    node: str
    inputs: tuple[str, ...]
    attribute: str
    stage: _Stage | None = None


@cache
def _defined() -> frozenset[str]:
    """What the classes that blocks bring along are called."""
    text = "\n".join(text for made in BLOCKS.values() for text in made.definitions)
    return frozenset(re.findall(r"(?m)^class (\w+)", text))


@dataclass
class _Network:
    """A network while its source is written."""

    analysis: Analysis
    class_name: str
    paths: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.graph = self.analysis.graph
        self.uses: dict[str, list[Use]] = {
            node.name: [use_of(*copy) for copy in _copies(node.block, self._into(node))]
            for node in self.graph
            if isinstance(node.block, Composite)
        }
        self.classes = classes((use for row in self.uses.values() for use in row), {self.class_name, *_defined()})
        self.stages = {stage.nodes[0]: stage for stage in _stages(self.analysis)}
        self.staged = {name: (stage, i) for stage in self.stages.values() for i, name in enumerate(stage.nodes)}
        self.inits = self._inits()

    def text(self) -> str:
        """The whole file."""
        body = [line for text in self._definitions() for line in ("", "", *text.splitlines())]
        body += [line for made in self.classes.values() for line in ("", "", *_written(made))]
        body += ["", "", *self._network()]
        code = "\n".join(body)
        functional = ["import torch.nn.functional as F"] if re.search(r"\bF\.", code) else []
        imports = ["import torch", *functional, "from torch import nn"]
        return "\n".join([self._docstring(), "", *imports, code, ""])

    def steps(self) -> Iterator[Statement]:
        """Every node but the inputs, as an expression of the nodes that it reads."""
        for name in self.graph.order:
            node = self.graph[name]
            if node.is_input:
                continue
            inputs = tuple(str(source) for source in node.inputs)
            stage, index = self.staged.get(name, (None, 0))
            attribute = f"{stage.name}[{index}]" if stage else name
            yield Statement(name, inputs, node.block.forward(attribute, *inputs))

    def _definitions(self) -> dict[str, None]:
        """The classes that blocks bring along, each once."""
        inner = (line.node for made in self.classes.values() for line in made.sample.lines)
        return dict.fromkeys(text for node in (*self.graph, *inner) for text in node.block.needed)

    def _docstring(self) -> str:
        totals = self.analysis.totals
        shapes = " and ".join(str(self.analysis.facts[node.name].shape) for node in self.graph.inputs)
        result = self.analysis.facts[self.graph.outputs[0].name].shape
        count = f"{totals.parameters:,}" if totals else "?"
        return f'"""A network for images of {shapes}, with {_counted(result)} and {count} parameters."""'

    def _network(self) -> list[str]:
        lines = [f"class {self.class_name}(nn.Module):"]
        if self.inits:
            lines += ["    def __init__(self) -> None:", "        super().__init__()"]
            lines += [line for name, text in self.inits for line in wrapped(f"self.{name} = {text}", 8)]
            lines += [""]
        return [*lines, *_forward(self.graph, self._statements(), self._shapes())]

    def _inits(self) -> list[tuple[str, str]]:
        """Attribute and expression of every module, in the order of ``forward``; fills ``paths``."""
        inits: list[tuple[str, str]] = []
        for name in self.graph.order:
            if name in self.stages:
                stage = self.stages[name]
                inits.append((stage.name, f"nn.Sequential({', '.join(repeated([*map(self._call, stage.nodes)]))})"))
            if name in self.staged:
                stage, index = self.staged[name]
                self.paths[name] = f"{stage.name}.{index}"
                continue
            node = self.graph[name]
            text = self._call(name) if name in self.uses else init(node.block, self._into(node))
            if text is not None:
                inits.append((name, text))
                self.paths[name] = name
        return inits

    def _statements(self) -> list[_Statement]:
        statements = []
        for name in self.graph.order:
            node = self.graph[name]
            stage, index = self.staged.get(name, (None, 0))
            if stage is None and not node.is_input:
                statements.append(_Statement(name, tuple(map(str, node.inputs)), name))
            elif stage is not None and index == 0:
                statements.append(_Statement(stage.nodes[-1], tuple(map(str, node.inputs)), stage.name, stage))
        return statements

    def _shapes(self) -> dict[str, Shape]:
        return {name: facts.shape for name, facts in self.analysis.facts.items()}

    def _call(self, name: str) -> str:
        calls = [self.classes[use.key].call(use) + frozen(use.block) for use in self.uses[name]]
        return calls[0] if len(calls) == 1 else f"nn.Sequential({', '.join(repeated(calls))})"

    def _into(self, node: Node) -> tuple[Shape, ...]:
        return tuple(self.analysis.facts[source].shape for source in node.inputs if source is not None)


def _copies(block: Composite, shapes: tuple[Shape, ...]) -> list[tuple[Composite, tuple[Shape, ...]]]:
    """The composites that are written for a block, with what enters them: of a repeated group its copies."""
    return [*block.copies(*shapes)] if isinstance(block, Group) else [(block, shapes)]


def _counted(shape: Shape) -> str:
    return f"{shape[0]} outputs" if len(shape) == 1 else f"an output of {shape}"


def _written(made: Class) -> list[str]:
    """A composite's class."""
    use = made.sample
    lines = [f"class {made.name}({'nn.Sequential' if use.is_row else 'nn.Module'}):"]
    # not for a group, nor for ConvBN, which is a ConvBNReLU without what its help says
    if made.name.startswith(type(use.block).__name__) and use.block.is_offered:
        lines += [*_sentence(use.block), ""]
    if made.lines:
        lines += [*wrapped(f"def __init__(self{made.signature}) -> None:", 4), "        super().__init__()"]
        lines += [line for name, text in made.lines for line in _assignment(made, name, text)]
    if use.is_row:  # all that it does is to call them in turn
        return lines
    lines += [""] if made.lines else []
    statements = [
        _Statement(name, tuple(map(str, use.graph[name].inputs)), name)
        for name in use.graph.order
        if not use.graph[name].is_input
    ]
    lists = gatherings(use.graph, {*use.graph.nodes, *variables(use.graph).values()})
    return [*lines, *_forward(use.graph, statements, {}, made.forward, lists)]


def _assignment(made: Class, name: str, text: str) -> list[str]:
    """The line that makes this module, or the loop that makes a run of them."""
    if name not in made.loops:
        return wrapped(f"self.{name} = {text}", 8)
    loop = made.loops[name]
    return [f"        for i in range({loop.bounds}):", *wrapped(f"self.add_module({loop.name}, {text})", 12)]


def _sentence(block: Composite) -> list[str]:
    """The first sentence of the composite's help as a docstring, harmless whatever it says."""
    first = re.split(r"(?<=\.)(?<!\.\.)\s", " ".join(block.help().split()), maxsplit=1)[0]
    plain = "".join(letter if letter.isprintable() and letter not in '\\"' else "'" for letter in first)
    if len(plain) > LINE_LENGTH - 10:
        plain = plain.partition(":")[0].rstrip(".") + "."
    return textwrap.wrap(
        f'"""{plain or type(block).__name__}"""', LINE_LENGTH, initial_indent="    ", subsequent_indent="    "
    )


def _forward(
    graph: Graph,
    statements: list[_Statement],
    shapes: Mapping[str, Shape],
    words: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    lists: Sequence[Gathering] = (),
) -> list[str]:
    """The lines of ``forward``; a comment says the shape wherever it changes.

    ``words`` stand in the place of the numbers in the expressions of these nodes, ``lists`` in that of many inputs.
    """
    names = variables(graph)
    opened = {each.readers[0]: each for each in lists}
    read = {name: each.name for each in lists for name in each.readers}
    added = {name: each.name for each in lists for name in each.added}
    arguments = "".join(f", {names[node.name]}: torch.Tensor" for node in graph.inputs)
    lines = wrapped(f"def forward(self{arguments}) -> torch.Tensor:", 4)
    for number, statement in enumerate(statements, 1):
        node = graph[statement.node]
        block = graph[statement.stage.nodes[0]].block if statement.stage else node.block
        inputs = [names[source] for source in statement.inputs]
        expression = block.forward(statement.attribute, *inputs)
        if statement.node in words:
            expression = written(template(expression).called, words[statement.node], {})
            expression = re.sub(r":(self\.\w+)", r": \1", re.sub(r"(self\.\w+):", r"\1 :", expression))  # as ruff does
        if statement.node in opened:
            begins = ", ".join(names[source] for source in opened[statement.node].begins)
            lines += wrapped(f"{opened[statement.node].name} = [{begins}]", 8)
        if statement.node in read:
            expression = node.block.forward("", "*").replace("[*]", read[statement.node])
        shape, before = shapes.get(statement.node), shapes.get(statement.inputs[0])
        comment = f"  # {shape}" if shape is not None and shape != before else ""
        if number == len(statements):
            lines += wrapped(f"return {expression}", 8, comment)
        elif statement.node in added:
            lines += wrapped(f"{added[statement.node]}.append({expression})", 8, comment)
        elif expression != names[statement.node]:
            lines += wrapped(f"{names[statement.node]} = {expression}", 8, comment)
    return lines


# stages


def _stages(analysis: Analysis) -> Iterator[_Stage]:
    """Runs of two or more composites, one behind the other, that are counted up in their names: stage1_1, stage1_2.

    Without an underscore, as in block1, block2, they are a stage where they are of one kind and one size.
    """
    graph = analysis.graph
    taken = set(graph.nodes)
    done: set[str] = set()
    for name in graph.order:
        if name in done or not isinstance(graph[name].block, Composite) or len(graph[name].inputs) != 1:
            continue  # an nn.Sequential takes one input
        run = [name]
        while (follower := _follower(analysis, run[-1])) is not None:
            run.append(follower)
        done.update(run)
        if len(run) >= 2:
            stem = _counted_name(name)[0]
            # a word that others bear as well tells nothing of this run
            tells = stem.endswith("_") or sum(_counted_name(other)[0] == stem for other in graph.nodes) == len(run)
            stage = _Stage(_stage_name(graph[name], taken, tells), tuple(run))
            taken.add(stage.name)
            yield stage


def _follower(analysis: Analysis, name: str) -> str | None:
    graph = analysis.graph
    edges = graph.consumers[name]
    if len(edges) != 1:
        return None
    target = graph[edges[0].target]
    stem, number = _counted_name(name)
    follows = (
        len(target.inputs) == 1
        and isinstance(target.block, Composite)
        and number is not None
        and _counted_name(target.name) == (stem, number + 1)
    )
    alike = (
        type(target.block) is type(graph[name].block)
        and analysis.facts[target.name].shape == analysis.facts[name].shape
    )
    return target.name if follows and (alike or stem.endswith("_")) else None


def _counted_name(name: str) -> tuple[str, int | None]:
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    return stem, int(digits) if digits else None


def _stage_name(node: Node, taken: set[str], tells: bool) -> str:
    """``middle`` for middle1 or middle_1; ``stage1``, ``stage2`` ... in turn where the names tell nothing."""
    wanted = node.name.rstrip("0123456789").rstrip("_")
    try:
        if tells and wanted != node.block.stem and wanted not in taken:
            return checked_name(wanted)
    except NamingError:
        pass
    return fresh_name("stage", taken)
