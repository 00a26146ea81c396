"""Structure: the rules about what keeps a graph from being a network."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cnnstudio.blocks import Input
from cnnstudio.compiler.diagnostics import fixes
from cnnstudio.compiler.diagnostics.fixes import Fix
from cnnstudio.compiler.diagnostics.rules import Finding, Known, called, rule
from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.obstacles import NO_INPUT, NO_LAYER, unwritable
from cnnstudio.graph import Composite, Edge, Graph, Node
from cnnstudio.wording import listed


@rule("no-input", "error")
def no_input(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """Every shape follows from the shape of the images, so a network begins with an Input."""
    graph = analysis.graph
    if graph.inputs:
        return
    port = next((Edge("", node.name, node.inputs.index(None)) for node in graph if None in node.inputs), None)
    fix = fixes.begin("Add an Input", port, Input())
    if not len(graph):
        yield Finding((), "There is no network yet. Begin with an Input block, or start from a template.", (fix,))
    else:
        yield Finding((), NO_INPUT, (fix,))


@rule("no-layer", "error")
def no_layer(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """An Input alone computes nothing."""
    graph = analysis.graph
    if graph.inputs and all(node.is_input for node in graph):
        # it marks no node: a network that is being begun has nothing wrong with it yet
        yield Finding((), NO_LAYER)


@rule("shape", "error")
def shape(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """What flows into a block has to have a shape that the block can work on."""
    graph = analysis.graph
    for name, error in analysis.errors.items():
        node = graph[name]
        given = [f"{analysis.shape(source)} from {called(graph, str(source))}" for source in node.inputs]
        verb = "take" if len(given) == 1 else "join"
        reason = error.sentence[0].lower() + error.sentence[1:] if error.sentence[:7] == "Inside " else error.sentence
        yield Finding(
            (name, *dict.fromkeys(str(source) for source in node.inputs)),
            f"{called(graph, name)} cannot {verb} {listed(given)}: {reason}",
            tuple(
                fixes.replace(remedy.title, name, remedy.blocks[0])
                if remedy.port is None
                else fixes.insert(remedy.title, Edge(str(node.inputs[remedy.port]), name, remedy.port), *remedy.blocks)
                for remedy in error.remedies
            ),
        )


@rule("opaque", "error")
def opaque(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """What an imported network does without a block here is named and shown, but it is not known how to write it."""
    graph = analysis.graph
    for name in analysis.facts:
        block = graph[name].block
        if not block.obstacle and not isinstance(block, Composite):
            continue
        shapes = tuple(shape for shape in analysis.shapes_into(name) if shape is not None)
        if reason := unwritable(block, shapes):
            yield Finding((name,), f"{called(graph, name)}: {reason}")


@rule("open-port", "error")
def open_port(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """A block works only when something flows into each of its inputs."""
    graph = analysis.graph
    ends = [end.name for end in graph.outputs if end.name in analysis.facts]
    for node in graph:
        for port, source in enumerate(node.inputs[:1] if node.bypassed else node.inputs):
            if source is not None:
                continue
            which = f"input {port + 1}" if len(node.inputs) > 1 else "the input"
            yield Finding(
                (node.name,),
                f"Nothing flows into {which} of {called(graph, node.name)}.",
                (*_joins(graph, ends, node, port), fixes.remove(f"Delete {node.name}", node.name)),
            )


def _joins(graph: Graph, ends: Sequence[str], node: Node, port: int) -> Iterator[Fix]:
    """A wire from the one node of ``ends``, which have a shape and nothing reads, if there is just one."""
    ends = [end for end in ends[:3] if end != node.name]
    if len(ends) == 1 and graph.refusal(ends[0], node.name, port) is None:
        yield fixes.connect(f"Connect {ends[0]} to {node.name}", Edge(ends[0], node.name, port))


@rule("unreachable", "error")
def unreachable(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """Nodes that no Input reaches, though they are wired to each other, take no part in the network."""
    graph = analysis.graph
    if not graph.inputs or len(analysis.facts) == len(graph):
        return
    reached: set[str] = set()
    for name in graph.order:
        if graph[name].is_input or any(source in reached for source in graph[name].inputs):
            reached.add(name)
    for names in _islands(graph, reached):
        if len(names) > 1:
            yield Finding(
                names,
                f"No Input leads to {listed([*names[:3], *[f'{len(names) - 3} more'] * (len(names) > 3)])}.",
                (fixes.delete("Delete them", names),),
            )


def _islands(graph: Graph, reached: Collection[str]) -> Iterator[tuple[str, ...]]:
    """What is wired to each other of the nodes that are not ``reached``, in the network's order."""
    seen = set(reached)
    island: dict[str, int] = {}
    for count, name in enumerate(graph.order):
        stack = [name]
        while stack:
            if (here := stack.pop()) in seen:
                continue
            seen.add(here)
            island[here] = count
            stack += [source for source in graph[here].inputs if source is not None]
            stack += [edge.target for edge in graph.consumers[here]]
    names: dict[int, list[str]] = {}
    for name in graph.order:
        if name in island:
            names.setdefault(island[name], []).append(name)
    yield from map(tuple, names.values())


@rule("unused-branch", "error")
def unused_branch(analysis: Analysis, known: Known) -> Iterator[Finding]:
    """A network has one output. What nothing reads, except the last layer, changes nothing about it."""
    graph = analysis.graph
    fed = _fed(analysis)
    ends = [node.name for node in graph.outputs if node.name in fed]
    if len(ends) < 2:
        return
    depth: dict[str, int] = {}
    for name in graph.order:
        depth[name] = 1 + max((depth[source] for source in graph[name].inputs if source is not None), default=0)
    main = max(ends, key=lambda name: depth[name])
    place = {name: number for number, name in enumerate(graph.order)}
    for end in ends:
        if end != main:
            branch = sorted(_branch(graph, end), key=place.__getitem__)
            title = f"Delete the branch that ends in {end}" if len(branch) > 1 else f"Delete {end}"
            yield Finding(
                (end,),
                f"Nothing reads {called(graph, end)}: the network would end in it as well as in {main}.",
                (fixes.delete(title, branch),),
            )


def _fed(analysis: Analysis) -> set[str]:
    """The nodes that have all their inputs, and of which nothing upstream lacks one."""
    fed = {*analysis.facts, *(name for name in analysis.errors if None not in analysis.graph[name].inputs)}
    for name in analysis.graph.order:
        if all(source in fed for source in analysis.graph[name].inputs):
            fed.add(name)
    return fed


def _branch(graph: Graph, end: str) -> set[str]:
    """``end`` and what is before it, as far as nothing else reads that; Inputs stay unless they are the end."""
    branch, stack = {end}, [end]
    while stack:
        for source in graph[stack.pop()].inputs:
            if source is None or source in branch or graph[source].is_input:
                continue
            if all(edge.target in branch for edge in graph.consumers[source]):
                branch.add(source)
                stack.append(source)
    return branch
