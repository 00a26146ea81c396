"""The outline as a tree model: the nodes in their order, and under each its wires and, of a composite, its parts.

What is under a node is found when it is first unfolded. After an edit the rows that stay are the rows that were there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block, Composite, Edge, Graph
from cnnstudio.graph.diff import diff
from cnnstudio.ui.network.outline_row import COLUMNS, KIND, NAME, TIPS, Cell, Row
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.tile import tile

MOST_STEPS = 60  # rows that come and go one by one; from there on the view is filled anew
TILE = 16  # pixels
NONE, PLAIN = Qt.ItemFlag.NoItemFlags, Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
NAMED = PLAIN | Qt.ItemFlag.ItemIsEditable
Index = QModelIndex | QPersistentModelIndex


@dataclass
class Branch:
    """What is under one node: the rows, the graph in which that node is and, of a composite, the graph inside it."""

    key: int
    path: tuple[str, ...]  # to that node from the network on the canvas
    analysis: Analysis
    inside: Analysis | None = None
    rows: list[Row] = field(default_factory=list)
    above: Branch | None = None

    @property
    def name(self) -> str:
        """The node under which the rows are."""
        return self.path[-1]


class OutlineModel(QAbstractItemModel):
    """``names`` are the rows of the first level; what an index deeper down means is kept in branches.

    ``rename(old, new)`` is asked to give a node another name and tells whether it has it now.
    """

    def __init__(self, rename: Callable[[str, str], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.analysis = Analysis(Graph(), {}, {})
        self.names: list[str] = []
        self.can_rename = True
        self._rename = rename
        self._places: dict[str, int] = {}
        self._branches: dict[int, Branch] = {}
        self._keys: dict[tuple[str, ...], int] = {}
        self._fresh = count(1)
        self._wanted = ""
        self._conceals: Callable[[str], bool] = lambda name: False
        self._icons: dict[tuple[type[Block], str, float], QIcon] = {}

    # following the document

    def show(self, analysis: Analysis, conceals: Callable[[str], bool], anew: bool = False) -> None:
        """Show these facts; ``anew`` when they are of another network than before."""
        before, self._conceals = self.analysis, conceals
        facts, old = analysis.facts, before.facts
        self._rearrange(self._found(analysis), analysis, anew)
        changed = set(diff(before.graph, analysis.graph).changed)
        changed |= {name for name in analysis.graph.nodes if facts.get(name) is not old.get(name)}
        changed |= before.errors.keys() ^ analysis.errors.keys()
        if before.graph.frames != analysis.graph.frames:
            changed |= before.graph.framed.keys() | analysis.graph.framed.keys()
        self._tell(changed)
        for branch in [each for each in self._branches.values() if each.above is None]:
            self._refresh(branch)

    def filter(self, words: str) -> None:
        """Show the nodes alone that have each of these words in their name, kind, family or frame."""
        if words != self._wanted:
            self._wanted = words
            self._rearrange(self._found(self.analysis), self.analysis)

    def restyle(self) -> None:
        """Paint the tiles in the colours of the theme in force, when they are next painted."""
        self._icons.clear()

    def place(self, name: str) -> int | None:
        """The row of a node."""
        return self._places.get(name)

    def path(self, index: Index) -> tuple[str, ...]:
        """The node that this row is or is under, from the network on the canvas inwards."""
        branch = self._branches.get(index.internalId())
        if branch is None:
            return (self.names[index.row()],)
        part = branch.rows[index.row()].part
        return branch.path if part is None else (*branch.path, part)

    def row(self, index: Index) -> Row | None:
        """What this row is; None for a node of the first level."""
        branch = self._branches.get(index.internalId())
        return branch.rows[index.row()] if branch is not None else None

    def _found(self, analysis: Analysis) -> list[str]:
        graph, words = analysis.graph, self._wanted.casefold().split()
        if not words:
            return list(graph.order)
        framed = graph.framed

        def text(name: str) -> str:
            block, frame = graph[name].block, framed.get(name)
            return f"{name} {block.title} {block.family} {frame.title if frame else ''}".casefold()

        return [name for name in graph.order if all(word in text(name) for word in words)]

    # rows that come, go and stay

    def _set(self, names: list[str]) -> None:
        self.names = names
        self._places = {name: place for place, name in enumerate(names)}

    def _rearrange(self, names: list[str], analysis: Analysis, anew: bool = False) -> None:
        """Have these rows, in the graph of this analysis; what goes does so while its own is still there."""
        stay = set(names) & self._places.keys()
        if anew or len(names) + len(self.names) - 2 * len(stay) > MOST_STEPS:
            self.beginResetModel()
            self._branches.clear()
            self._keys.clear()
            self.analysis = analysis
            self._set(names)
            self.endResetModel()
            return
        for place in reversed([place for place, name in enumerate(self.names) if name not in stay]):
            self.beginRemoveRows(QModelIndex(), place, place)
            self._forget(self.names[place])
            self._set([*self.names[:place], *self.names[place + 1 :]])
            self.endRemoveRows()
        self.analysis = analysis
        if self.names != (kept := [name for name in names if name in stay]):
            self._reorder(kept)
        for place, name in enumerate(names):
            if name not in stay:
                self.beginInsertRows(QModelIndex(), place, place)
                self._set([*self.names[:place], name, *self.names[place:]])
                self.endInsertRows()

    def _reorder(self, names: list[str]) -> None:
        self.layoutAboutToBeChanged.emit()
        before, old = self.names, self.persistentIndexList()
        self._set(names)
        new = [
            self.createIndex(self._places[before[index.row()]], index.column(), 0) if not index.internalId() else index
            for index in old
        ]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _forget(self, name: str, deeper_than: int = 0) -> None:
        """Forget what is under this node of the first level, from so deep down on."""
        for path in [path for path in self._keys if path[0] == name and len(path) > deeper_than]:
            del self._branches[self._keys.pop(path)]

    def _tell(self, names: Iterable[str]) -> None:
        places = sorted(self._places[name] for name in names if name in self._places)
        spans, left = [(place, place) for place in places], NAME
        if len(places) > MOST_STEPS:  # Qt asks for the children of each row whose first cell is another
            spans, left = [(places[0], places[-1])], KIND
        for first, last in spans:
            self.dataChanged.emit(self.index(first, left), self.index(last, len(COLUMNS) - 1))

    def _refresh(self, branch: Branch) -> None:
        """Bring what is under a node of the first level in line; its parts are folded where they are others."""
        before, branch.analysis = branch.analysis, self.analysis
        name = branch.name
        if before.graph.nodes.get(name) is not self.analysis.graph[name] or (
            before.shapes_into(name) != self.analysis.shapes_into(name)
        ):
            branch.inside = self._inside(branch)
            parts_changed = branch.inside is not None or any(row.part for row in branch.rows)
        else:
            parts_changed = False
        rows = self._rows(branch)
        if rows != branch.rows or parts_changed:
            parent = self._index_of(branch)
            if branch.rows:
                self.beginRemoveRows(parent, 0, len(branch.rows) - 1)
                branch.rows = []
                self._forget(name, 1)
                self.endRemoveRows()
            if rows:
                self.beginInsertRows(parent, 0, len(rows) - 1)
                branch.rows = rows
                self.endInsertRows()
        elif rows:
            last = self.createIndex(len(rows) - 1, len(COLUMNS) - 1, branch.key)
            self.dataChanged.emit(self.createIndex(0, 0, branch.key), last)

    # what is under a node

    def _branch(self, index: Index) -> Branch | None:
        """What is under this row, found now where nobody asked before; None where nothing can be."""
        row = self.row(index)
        if row is not None and row.part is None:
            return None
        path = self.path(index)
        if path not in self._keys:
            branch = Branch(next(self._fresh), path, self._around(index), above=self._branches.get(index.internalId()))
            branch.inside = self._inside(branch)
            branch.rows = self._rows(branch)
            self._branches[branch.key], self._keys[path] = branch, branch.key
        return self._branches[self._keys[path]]

    def _inside(self, branch: Branch) -> Analysis | None:
        return branch.analysis.inside(branch.name) if _has_parts(branch.analysis, branch.name) else None

    def _rows(self, branch: Branch) -> list[Row]:
        graph, name, rows = branch.analysis.graph, branch.name, list[Row]()
        if branch.above is None:
            for port, source in enumerate(graph[name].inputs):
                rows.append(Row(port=port) if source is None else Row(Edge(source, name, port)))
            rows += [Row(edge, outward=True) for edge in graph.consumers[name]] or [Row(outward=True)]
        return rows + [Row(part=part) for part in (branch.inside.graph.order if branch.inside else ())]

    def _around(self, index: Index) -> Analysis:
        """The analysis of the graph in which the node of this row is."""
        branch, row = self._branches.get(index.internalId()), self.row(index)
        if branch is None or row is None:
            return self.analysis
        return branch.inside if row.part is not None and branch.inside is not None else branch.analysis

    def _index_of(self, branch: Branch) -> QModelIndex:
        if branch.above is None:
            return self.createIndex(self._places[branch.name], 0, 0)
        return self.createIndex(branch.above.rows.index(Row(part=branch.name)), 0, branch.above.key)

    # what Qt asks

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's default
        if not parent.isValid():
            return self.createIndex(row, column, 0) if 0 <= row < len(self.names) else QModelIndex()
        branch = self._branch(parent)
        if branch is None or not 0 <= row < len(branch.rows):
            return QModelIndex()
        return self.createIndex(row, column, branch.key)

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override] # QObject has another of this name
        branch = self._branches.get(index.internalId()) if index.isValid() else None
        return self._index_of(branch) if branch is not None else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        if not parent.isValid():
            return len(self.names)
        branch = self._branch(parent) if parent.column() == 0 else None
        return len(branch.rows) if branch is not None else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's name and default
        return len(COLUMNS)

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008, N802 - Qt's name and default
        """Whether there is anything to unfold. Every row is asked, and one of the first level always has something."""
        if not parent.isValid():
            return bool(self.names)
        if not parent.internalId():
            return not parent.column()
        row = self.row(parent)
        return (
            row is not None
            and row.part is not None
            and not parent.column()
            and _has_parts(self._around(parent), row.part)
        )

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return NONE
        return NAMED if self.can_rename and index.column() == NAME and not index.internalId() else PLAIN

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        return role == Qt.ItemDataRole.EditRole and self._rename(self.path(index)[0], str(value).strip())

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self.cell(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return cell.text()
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return cell.sentence()
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(cell.sentence())
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.color(cell.color)
        if role == Qt.ItemDataRole.DecorationRole and cell.column == NAME and (cell.row is None or cell.row.part):
            return self._tile(type(cell.analysis.graph[cell.name].block))
        return None

    def cell(self, index: Index) -> Cell:
        """What stands at this place."""
        path, row = self.path(index), self.row(index)
        source = row.edge.source if row is not None and row.edge is not None else path[0]
        return Cell(self._around(index), path[-1], row, index.column(), self._conceals(source))

    def _tile(self, block: type[Block]) -> QIcon:
        key = block, theme.palette.name, theme.scale
        if key not in self._icons:
            self._icons[key] = QIcon(tile(block, round(TILE * theme.scale), 2.0))
        return self._icons[key]


def _has_parts(analysis: Analysis, name: str) -> bool:
    """Whether there is a graph inside this node, and what it is may be known."""
    is_known = name in analysis.facts and None not in analysis.shapes_into(name)
    return is_known and isinstance(analysis.graph[name].block, Composite)
