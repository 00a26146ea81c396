"""Description: what is drawn, as sentences for those who hear the program. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Edge, Graph
from cnnstudio.wording import listed

BYPASSED = "Bypassed: what enters goes out unchanged."
HIDDEN = "what comes out is hidden while a question is open"


def told_names(names: Sequence[str]) -> str:
    """The name of the one block that is meant, or how many are."""
    return names[0] if len(names) == 1 else f"{len(names)} blocks"


def told_node(analysis: Analysis, name: str, concealed: bool = False) -> str:
    """A node as one sentence: its name, its block with the parameters, what it gives, what it reads, what is wrong."""
    parts = [name, _block(analysis, name), told_output(analysis, name, concealed), told_inputs(analysis, name)]
    error = analysis.errors.get(name)
    told = ", ".join(filter(None, parts)) + (f": {error.sentence}" if error is not None else ".")
    return f"{told} {BYPASSED}" if analysis.graph[name].bypassed else told


def told_kind(analysis: Analysis, name: str) -> str:
    """The block of a node with its parameters in short, and whether it is bypassed."""
    return _block(analysis, name) + (", bypassed" if analysis.graph[name].bypassed else "")


def _block(analysis: Analysis, name: str) -> str:
    block = analysis.graph[name].block
    return " ".join(filter(None, (block.title, block.brief())))


def told_output(analysis: Analysis, name: str, concealed: bool = False) -> str:
    """What a node gives, or why it gives nothing."""
    if concealed:
        return HIDDEN
    if name in analysis.errors:
        return "does not fit"
    shape = analysis.shape(name)
    return f"gives {shape}" if shape is not None else "has no shape yet"


def told_inputs(analysis: Analysis, name: str) -> str:
    """What a node reads, port after port; nothing for an Input."""
    inputs = analysis.graph[name].inputs
    if not inputs:
        return ""
    return f"reads {listed([source if source is not None else 'nothing' for source in inputs])}"


def told_wire(analysis: Analysis, edge: Edge, concealed: bool = False) -> str:
    """A wire as one sentence: what reads what at which input, and the shape that it carries."""
    many = len(analysis.graph[edge.target].inputs) > 1
    shape = analysis.shape(edge.source)
    carried = HIDDEN if concealed else str(shape) if shape is not None else "no shape yet"
    return f"{edge.target} reads {edge.source}{f' at input {edge.port + 1}' if many else ''}: {carried}."


def told_port(analysis: Analysis, name: str, index: int | None, concealed: bool = False) -> str:
    """A port that no wire is in as one sentence: this input of a node, or with None its output."""
    if index is None:
        return f"Nothing reads {name}: {told_output(analysis, name, concealed)}."
    spare = index >= len(analysis.graph[name].inputs)
    return f"Input {index + 1} of {name} is to spare." if spare else f"Nothing enters input {index + 1} of {name}."


def told_bend(graph: Graph, edge: Edge, index: int) -> str:
    """A bend of a wire as one sentence: which of how many it is, of what, and where."""
    bends = graph.bends(edge)
    x, y = bends[index]
    return f"Bend {index + 1} of {len(bends)} of the wire from {edge.source} to {edge.target}, at {x:g}, {y:g}."
