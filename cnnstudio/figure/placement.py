"""Placement: where the stations of a figure stand and how the data runs between them.

All is told along the way of the data (``along``) and across it; what is above the main path has negative ``across``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil

GAP = 38.0  # between two columns
LANE = 13.0  # between two ways above the main path
ROW = 46.0  # between two rows
MARGIN = 26.0  # before a row: the way that comes from the row above turns there


@dataclass(frozen=True)
class Cell:
    """What a station takes: its length along, its extent before and behind the axis, and where its box lies in it."""

    length: float
    before: float
    after: float
    entry: float  # from the beginning of the cell to where the data enters ...
    exit: float  # ... and to where it leaves
    is_junction: bool = False


@dataclass(frozen=True)
class Spot:
    """Where a station stands: the beginning of its cell and its axis."""

    along: float
    across: float
    row: int


Place = tuple[float, float]  # along, across


@dataclass(frozen=True)
class Way:
    """A line of the data from one station to another; a plain one is straight, from exit to entry."""

    source: int
    target: int
    points: tuple[Place, ...]
    is_plain: bool = False


@dataclass
class Arranged:
    """Where everything is, and how large it is in all."""

    spots: list[Spot]
    ways: list[Way]
    length: float
    depth: float
    rows: list[tuple[float, float]] = field(default_factory=list)  # across, from and to


def arranged(
    cells: Sequence[Cell], sources: Sequence[Sequence[int]], frames: Sequence[str], longest: float, below: float = 0.0
) -> Arranged:
    """The stations with their longest path in rows of about ``longest`` at most, and the other branches above it.

    A row ends between two ``frames`` where it can. ``below`` is room that each row needs below it.
    """
    return _Arrangement(cells, sources, frames, longest, below).made()


class _Arrangement:
    def __init__(
        self,
        cells: Sequence[Cell],
        sources: Sequence[Sequence[int]],
        frames: Sequence[str],
        longest: float,
        below: float,
    ) -> None:
        self.cells, self.sources, self.frames = cells, sources, frames
        self.longest, self.gap, self.below = longest, below + ROW, below
        self.edges = [(source, target) for target, every in enumerate(sources) for source in every]
        self.rank: list[int] = []
        for every in sources:
            self.rank.append(1 + max((self.rank[source] for source in every), default=-1))
        self.main = self._main_path()
        self.lane: dict[int, int] = dict.fromkeys(self.main, 0)  # station -> the number of its chain
        self.chains = self._chains()
        ranks = range(max(self.rank) + 1)
        self.widths = [max(c.length for c, r in zip(cells, self.rank, strict=True) if r == rank) for rank in ranks]
        self.tops = [0.0] * len(ranks)  # how high the skyline is over each column
        for index in self.main:
            self.tops[self.rank[index]] = cells[index].before + 4.0
        self.height: dict[int, float] = {0: 0.0}  # chain -> how far its axis is above the main one
        self.detours: dict[tuple[int, int], float] = {}  # edge -> how far above the main axis it runs
        self.over: list[list[float]] = [[] for _ in ranks]  # how far above the main axis what is over a column begins

    def made(self) -> Arranged:
        self._raise_branches()
        rows = self._rows()
        starts = self._starts(rows)
        row_of = {rank: number for number, row in enumerate(rows) for rank in row}
        axes: list[float] = []
        extents: list[tuple[float, float]] = []
        depth = 0.0
        for row in rows:
            high = max(self.tops[rank] for rank in row)
            low = max(self.cells[index].after for index in self.main if self.rank[index] in row)
            extents.append((depth, depth + high + low))
            axes.append(depth + high)
            depth += high + low + self.gap
        spots = []
        for index, cell in enumerate(self.cells):
            rank = self.rank[index]
            number = row_of[rank]
            slack = (self.widths[rank] - cell.length) / 2
            spots.append(Spot(starts[rank] + slack, axes[number] - self.height[self.lane[index]], number))
        self.spots, self.starts, self.axes, self.extents = spots, starts, axes, extents
        ways = [self._way(source, target) for source, target in self.edges]
        length = max(starts[row[-1]] + self.widths[row[-1]] for row in rows)
        return Arranged(spots, ways, length + (MARGIN if len(rows) > 1 else 0.0), depth - self.gap, extents)

    # branches

    def _main_path(self) -> list[int]:
        last = max(range(len(self.rank)), key=lambda index: (self.rank[index], -index))
        path = [last]
        while self.sources[path[-1]]:
            path.append(max(self.sources[path[-1]], key=lambda index: self.rank[index]))
        return path[::-1]

    def _chains(self) -> list[list[int]]:
        chains: list[list[int]] = []
        for index, every in enumerate(self.sources):
            if index in self.lane:
                continue
            tail = next((source for source in every if any(chain[-1] == source for chain in chains)), None)
            if tail is None:
                chains.append([index])
            else:
                next(chain for chain in chains if chain[-1] == tail).append(index)
            self.lane[index] = next(number for number, chain in enumerate(chains, 1) if chain[-1] == index)
        return chains

    def _raise_branches(self) -> None:
        """Give every branch and every way past other stations a height, the short ones nearest to the main path."""
        spans: list[tuple[int, int, int | tuple[int, int]]] = []  # how long, from which rank, a chain or an edge
        for number, chain in enumerate(self.chains, 1):
            begins = min([self.rank[source] for source in self.sources[chain[0]]] or [self.rank[chain[0]] - 1])
            readers = [self.rank[target] for source, target in self.edges if source == chain[-1]]
            spans.append((max([*readers, self.rank[chain[-1]] + 1]) - begins, begins, number))
        for edge in self.edges:
            if self._needs_detour(*edge):
                begins = self.rank[edge[0]]
                spans.append((self.rank[edge[1]] - begins, begins, edge))
        for length, begins, what in sorted(spans, key=lambda span: span[:2]):
            columns = range(max(begins + 1, 0), min(begins + max(length, 2), len(self.tops)))
            base = max((self.tops[rank] for rank in columns), default=self.tops[-1])
            if isinstance(what, int):
                cells = [self.cells[index] for index in self.chains[what - 1]]
                self.height[what] = base + max(cell.after for cell in cells) + LANE
                top = self.height[what] + max(cell.before for cell in cells)
            else:
                self.detours[what] = top = base + LANE
            for rank in columns:
                self.tops[rank] = top
                self.over[rank].append(base if isinstance(what, int) else top)
        for (source, target), high in self.detours.items():  # nothing may stand out over a row
            for rank in (self.rank[source], self.rank[target]):
                self.tops[rank] = max(self.tops[rank], high)

    def _needs_detour(self, source: int, target: int) -> bool:
        """Whether a wire passes other stations of a lane: between two chains the lane of one of them is its way."""
        if self.lane[source] == self.lane[target]:
            between = range(self.rank[source] + 1, self.rank[target])
            return any(self.rank[i] in between for i in self.lane if self.lane[i] == self.lane[source])
        if self.lane[source] and self.lane[target]:
            return True
        number = self.lane[source] or self.lane[target]
        chain = self.chains[number - 1]
        return source != chain[-1] if self.lane[source] else target != chain[0]

    # rows

    def _rows(self) -> list[list[int]]:
        pieces = self._pieces()
        lengths = [self._length(piece) for piece in pieces]
        # what cannot be cut makes the figure wide anyway: then a little more of it saves a row for a few columns
        longest = max(self.longest, 1.35 * max(lengths))
        fair = sum(lengths) / max(1, ceil(sum(lengths) / longest))
        rows, used = [pieces[0]], lengths[0]
        for piece, length in zip(pieces[1:], lengths[1:], strict=True):
            # the turn of the row where it comes nearest to an equal share
            if used + length / 2 > fair * 1.02:
                rows.append(piece)
                used = length
            else:
                rows[-1] = rows[-1] + piece
                used += length
        return rows

    def _pieces(self) -> list[list[int]]:
        """The columns in pieces that stay in one row, a frame whole unless it is longer than a row."""
        ranks = range(len(self.widths))
        cuts = [rank for rank in ranks if rank and all(self._may_cut(rank, *edge) for edge in self.edges)]
        frame = [self.frames[index] for index in self.main]
        kept = [rank for rank in cuts if not frame[rank] or frame[rank] != frame[rank - 1]]
        pieces = []
        for begins, ends in pairwise([0, *kept, len(ranks)]):
            inner = [rank for rank in cuts if begins < rank < ends]
            if self._length(range(begins, ends)) <= self.longest * 0.7:
                inner = []
            pieces += [list(range(a, b)) for a, b in pairwise([begins, *inner, ends])]
        return pieces

    def _length(self, ranks: Iterable[int]) -> float:
        return sum(self.widths[rank] + GAP for rank in ranks)

    def _may_cut(self, rank: int, source: int, target: int) -> bool:
        """Whether a row may begin with this rank: a wire either keeps to one side or runs straight over the cut."""
        before, after = self.rank[source], self.rank[target]
        if after < rank or before >= rank:
            return True
        return self.lane[source] == 0 == self.lane[target] and after == before + 1

    def _starts(self, rows: list[list[int]]) -> list[float]:
        starts = [0.0] * len(self.widths)
        for row in rows:
            along = MARGIN if len(rows) > 1 else 0.0
            for rank in row:
                starts[rank] = along
                along += self.widths[rank] + GAP
        return starts

    # ways

    def _way(self, source: int, target: int) -> Way:
        start, end = self.spots[source], self.spots[target]
        leaves = (start.along + self.cells[source].exit, start.across)
        enters = (end.along + self.cells[target].entry, end.across)
        if start.row != end.row:
            return Way(source, target, self._turn(leaves, enters, start.row, self.rank[source]))
        high = self.detours.get((source, target))
        axis = self.axes[start.row]
        away = self.starts[self.rank[source]] + self.widths[self.rank[source]] + GAP * 0.3
        back = self.starts[self.rank[target]] - GAP * 0.42
        if high is not None:
            across = axis - high
            if self._is_open(target, high):
                head, top = self._head(target)
                return Way(source, target, (leaves, (away, leaves[1]), (away, across), (head, across), (head, top)))
            points = leaves, (away, leaves[1]), (away, across), (back, across), (back, enters[1]), enters
            return Way(source, target, points)
        if start.across == end.across:
            return Way(source, target, (leaves, enters), is_plain=True)
        if self.lane[source] == 0:  # up into a branch
            return Way(source, target, (leaves, (away, leaves[1]), (away, enters[1]), enters))
        if self._is_open(target, self.height[self.lane[source]]):
            head, top = self._head(target)
            return Way(source, target, (leaves, (head, leaves[1]), (head, top)))
        return Way(source, target, (leaves, (back, leaves[1]), (back, enters[1]), enters))

    def _is_open(self, target: int, high: float) -> bool:
        """Whether a way may come down on the head of this station: a sum with nothing over it up to that height."""
        over = self.over[self.rank[target]]
        return self.cells[target].is_junction and self.lane[target] == 0 and all(other >= high for other in over)

    def _head(self, target: int) -> Place:
        """The middle of the upper side of a sum."""
        spot, cell = self.spots[target], self.cells[target]
        return spot.along + (cell.entry + cell.exit) / 2, spot.across - cell.before

    def _turn(self, leaves: Place, enters: Place, row: int, rank: int) -> tuple[Place, ...]:
        """From the end of a row to the beginning of the next."""
        right = self.starts[rank] + self.widths[rank] + MARGIN * 0.6
        between = self.extents[row][1] + self.below + ROW * 0.45
        return leaves, (right, leaves[1]), (right, between), (MARGIN * 0.2, between), (MARGIN * 0.2, enters[1]), enters
