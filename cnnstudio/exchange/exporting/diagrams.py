"""Diagrams: the network as text that Mermaid, Graphviz or TikZ draw: boxes, wires and what flows. Knows no torch."""

from __future__ import annotations

from cnnstudio.compiler.inference import Analysis
from cnnstudio.exchange.exporting.latex import latex
from cnnstudio.graph import Edge, Graph, Node
from cnnstudio.layout.layout import arranged
from cnnstudio.layout.metrics import node_size
from cnnstudio.wording import on_a_line

PIXELS = 60  # of the canvas that make a centimetre


def mermaid(analysis: Analysis) -> str:
    """A flowchart of Mermaid, which GitHub, GitLab and many wikis draw: https://mermaid.js.org/syntax/flowchart.html."""
    acting = analysis.acting
    keys = _keys(acting.graph)
    lines = ["flowchart TD"]
    lines += [
        f'    {keys[node.name]}["{"<br>".join(_entities(text) for text in _texts(node))}"]' for node in acting.graph
    ]
    for edge in _wires(acting.graph):
        lines.append(f'    {keys[edge.source]} -->|"{_entities(_shape(acting, edge))}"| {keys[edge.target]}')
    return "\n".join(lines) + "\n"


def graphviz(analysis: Analysis) -> str:
    """A graph in Graphviz's language: ``dot -Tsvg``. https://graphviz.org/doc/info/lang.html."""
    acting = analysis.acting
    keys = _keys(acting.graph)
    lines = [
        "digraph network {",
        '    node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];',
        '    edge [fontname="Helvetica", fontsize=9, color="#666666"];',
    ]
    texts = {node.name: r"\n".join(_quoted(text) for text in _texts(node)) for node in acting.graph}
    lines += [f'    {keys[name]} [label="{text}"];' for name, text in texts.items()]
    lines += [
        f'    {keys[edge.source]} -> {keys[edge.target]} [label="{_quoted(_shape(acting, edge))}"];'
        for edge in _wires(acting.graph)
    ]
    return "\n".join([*lines, "}"]) + "\n"


def tikz(analysis: Analysis) -> str:
    """A drawing of TikZ as a document of its own, the blocks where they stand on the canvas: ``pdflatex``."""
    acting = analysis.acting
    graph = acting.graph
    if len({node.position for node in graph}) < len(graph):
        graph = arranged(graph)  # of a network that nobody has seen yet, all stand in one place
    keys = _keys(graph)
    lines = [
        r"\documentclass[tikz,border=4pt]{standalone}",
        r"\usepackage{textcomp}",
        r"\usetikzlibrary{arrows.meta}",
        r"\begin{document}",
        r"\begin{tikzpicture}[",
        r"    block/.style={draw, rounded corners=2pt, align=center, font=\sffamily\footnotesize, fill=white},",
        r"    wire/.style={-{Stealth[length=2mm]}, gray},",
        r"    size/.style={font=\sffamily\tiny, fill=white, inner sep=1pt}]",
    ]
    for node in graph:
        (x, y), (width, height) = node.position, node_size(node)
        across, down = (x + width / 2) / PIXELS, -(y + height / 2) / PIXELS
        texts = r" \\ ".join(latex(text) for text in _texts(node))
        lines.append(f"  \\node[block] ({keys[node.name]}) at ({across:.2f}, {down:.2f}) {{{texts}}};")
    for edge in _wires(graph):
        size = latex(_shape(acting, edge))
        lines.append(f"  \\draw[wire] ({keys[edge.source]}) -- node[size] {{{size}}} ({keys[edge.target]});")
    return "\n".join([*lines, r"\end{tikzpicture}", r"\end{document}"]) + "\n"


def _keys(graph: Graph) -> dict[str, str]:
    """A name for each node that is no word of any of these languages."""
    return {node.name: f"n{number}" for number, node in enumerate(graph)}


def _texts(node: Node) -> tuple[str, ...]:
    said = f"{node.block.title} {node.block.brief()}".strip()
    return (node.name, said) if said != node.name else (said,)


def _wires(graph: Graph) -> list[Edge]:
    return [edge for node in graph for edge in node.edges]


def _shape(analysis: Analysis, edge: Edge) -> str:
    shape = analysis.shape(edge.source)
    return str(shape) if shape is not None else ""


_ENTITIES = {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;"}


def _entities(text: str) -> str:
    """Within quotes of Mermaid, which reads entities without the ampersand."""
    return "".join(_ENTITIES.get(letter, letter) for letter in on_a_line(text))


def _quoted(text: str) -> str:
    return on_a_line(text).replace("\\", "\\\\").replace('"', '\\"')
