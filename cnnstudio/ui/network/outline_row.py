"""The rows of the outline: what each column says of a node or a wire, to the eye and to the ear. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from cnnstudio.compiler.inference import Analysis
from cnnstudio.editing.description import told_inputs, told_kind, told_node, told_output, told_wire
from cnnstudio.graph import Edge

COLUMNS = ("Block", "Kind", "Output", "Reads", "Frame")
TIPS = (
    "The name of the block, which is its name in the code",
    "What it is",
    "The shape of what comes out, channels × height × width, for one image",
    "The blocks whose results it takes",
    "The frame that it is in",
)
NAME, KIND, OUTPUT, READS, FRAME = range(len(COLUMNS))


@dataclass(frozen=True)
class Row:
    """A row under a node: a wire that enters it or leaves it, an end without a wire, or a part that it has."""

    edge: Edge | None = None
    outward: bool = False
    port: int | None = None
    part: str | None = None


@dataclass(frozen=True)
class Cell:
    """One cell: the node of ``analysis`` that its row is or is under, and the row where it is not that node itself."""

    analysis: Analysis
    name: str
    row: Row | None
    column: int
    concealed: bool  # whether what comes out there is hidden

    @property
    def frame(self) -> str:
        """The title of the frame that the node is in."""
        frame = self.analysis.graph.framed.get(self.name)
        return frame.title if frame is not None else ""

    def text(self) -> str:
        """What is seen."""
        if self.row is not None and self.row.part is None:
            return self._wire(self.row)
        name = self.name
        if self.column == NAME:
            return name
        if self.column == KIND:
            return told_kind(self.analysis, name)
        if self.column == READS:
            return ", ".join(source or "nothing" for source in self.analysis.graph[name].inputs)
        if self.column == FRAME:
            return self.frame
        shape = self.analysis.shape(name)
        if shape is None or self.concealed:
            return "?" if self.concealed else "does not fit" if name in self.analysis.errors else "waits"
        return str(shape)

    def _wire(self, row: Row) -> str:
        """All in the first column, which spans the others."""
        edge = row.edge
        if self.column != NAME:
            return ""
        if edge is None:
            return "read by nothing" if row.outward else f"input {(row.port or 0) + 1}: nothing"
        shape = "?" if self.concealed else self.analysis.shape(edge.source)
        at = f" at input {edge.port + 1}" if len(self.analysis.graph[edge.target].inputs) > 1 else ""
        carried = f" · {shape}" if shape is not None else ""
        return (f"read by {edge.target}{at}" if row.outward else f"reads {edge.source}{at}") + carried

    def sentence(self) -> str:
        """What is heard; the first cell of a row says everything."""
        analysis, name, row = self.analysis, self.name, self.row
        if row is not None and row.edge is not None:
            return told_wire(analysis, row.edge, self.concealed)
        if row is not None and row.outward:
            return f"Nothing reads {name}."
        if row is not None and row.port is not None:
            return f"Nothing enters input {row.port + 1} of {name}."
        if self.column == OUTPUT:
            return f"{name} {told_output(analysis, name, self.concealed)}."
        if self.column == READS:
            return f"{name} {told_inputs(analysis, name) or 'reads the images themselves'}."
        if self.column == FRAME:
            return f"{name} is in the frame {self.frame}." if self.frame else f"{name} is in no frame."
        if self.column == KIND:
            return f"{name} is a {told_kind(analysis, name)}."
        return told_node(analysis, name, self.concealed)

    @property
    def color(self) -> str:
        """The role of its colour."""
        if self.row is not None and self.row.part is None:
            return "muted"
        if self.column == OUTPUT and self.name in self.analysis.errors:
            return "error"
        said = self.column == NAME or (self.column == OUTPUT and self.analysis.shape(self.name) is not None)
        return "text" if said else "muted"
