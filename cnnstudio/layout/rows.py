"""Rows: what reads what, set in rows as a text is: what is too long for a screen goes on in the next row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate, pairwise

from cnnstudio.graph.node import Bends, Position, shifted
from cnnstudio.layout.layers import Layers, Reads
from cnnstudio.layout.metrics import WIDTH

Size = tuple[float, float]

ASPECT = 1.6  # width to height of a screen, which a network shall fill
LONGEST = 5  # layers that always share a row: a window of 1280 pixels shows them with their shapes
SHORTEST = 4  # layers in a row at least, where there are more than those
TRACKS = 3  # wires that may go on side by side in the next row where a branch is torn
TURN, APART = 26.0, 22.0  # how far out the first of them turns, and how far apart they run
FEW, TRIES = 9, 8  # up to how many rows are made even, and how often a narrower width is tried for it
SHARES = (0.5, 0.65, 0.8, 0.9, 1.0, 1.15, 1.35, 1.6)  # of the width at which an area has the proportions of a screen


def extent(width: float, height: float) -> float:
    """How large a screen has to be to show so much: the less, the larger all is shown."""
    return max(width / ASPECT, height)


def widths(area: float, least: float) -> list[float]:
    """The widths that are worth a try for rows that take this area, none below ``least``."""
    return sorted({max(least, share * (area * ASPECT) ** 0.5) for share in SHARES})


class Rows:
    """What reads what, in layers, to be set in rows of any width."""

    def __init__(self, reads: Reads, boxes: Mapping[str, Size], gap: Size, tears: bool = False) -> None:
        """With ``tears``, what cannot be set in rows otherwise may be torn where wires pass: then they bend."""
        parts = _components(reads)
        self._boxes, self._gap = boxes, gap
        self._lines = [_Line(part, boxes, gap, tears) for part in parts if len(part) > 1]
        self._alone = [name for part in parts if len(part) == 1 for name in part]

    def best(self) -> float:
        """The width at which a screen shows all of it largest."""
        area = sum(sum(line.lengths) * (line.height + 2 * self._gap[1]) for line in self._lines)
        least = max((line.least for line in self._lines), default=0.0)
        return min(widths(area, least), key=self._extent)

    def _extent(self, width: float) -> float:
        sizes = [line.size(width) for line in self._lines]
        return extent(max((w for w, _ in sizes), default=0.0), sum(h + 2 * self._gap[1] for _, h in sizes))

    def at(self, width: float) -> dict[str, Position]:
        """The corners of the nodes in rows of this width; parts that nothing joins below one another."""
        placed: dict[str, Position] = {}
        top = 0.0
        for line in self._lines:
            placed |= {name: (x, y + top) for name, (x, y) in line.places(width).items()}
            top += line.size(width)[1] + 2 * self._gap[1]
        columns = max(1, round(len(self._alone) ** 0.5))
        step = max((self._boxes[name][0] for name in self._alone), default=0.0) + self._gap[0]
        for start in range(0, len(self._alone), columns):
            row = self._alone[start : start + columns]
            placed |= {name: (column * step, top) for column, name in enumerate(row)}
            top += max(self._boxes[name][1] for name in row) + self._gap[1]
        return placed

    def bends(self, width: float) -> dict[tuple[str, str], Bends]:
        """How wires run that go on in the next row beside others: source and target -> where they bend."""
        found: dict[tuple[str, str], Bends] = {}
        top = 0.0
        for line in self._lines:
            found |= {wire: shifted(bends, (0.0, top)) for wire, bends in line.bends(width).items()}
            top += line.size(width)[1] + 2 * self._gap[1]
        return found


def _components(reads: Reads) -> list[Reads]:
    """The names in groups that no wire joins, in the order of their first.

    Not by networkx, as layers are not: with both, a thousand nodes took 1.08 times as long to arrange, and a famous
    network 1.2 times as long to make.
    """
    neighbours: dict[str, list[str]] = {name: [] for name in reads}
    for name, sources in reads.items():
        for source in sources:
            if source in reads:
                neighbours[name].append(source)
                neighbours[source].append(name)
    group: dict[str, int] = {}
    count = 0
    for root in reads:
        if root not in group:
            stack = [root]
            while stack:
                name = stack.pop()
                if name not in group:
                    group[name] = count
                    stack += neighbours[name]
            count += 1
    parts: list[dict[str, tuple[str, ...]]] = [{} for _ in range(count)]
    for name, sources in reads.items():
        parts[group[name]][name] = sources
    return list(parts)


class _Line:
    """What wires join, laid out to the right, with the layers behind which a row may end."""

    def __init__(self, reads: Reads, boxes: Mapping[str, Size], gap: Size, tears: bool) -> None:
        self._names, self._gap = list(reads), gap
        self._layers = layers = Layers(reads)
        layers.sort()
        count = len(reads)
        self._breadths = [boxes[name][1] for name in reads] + [0.0] * (len(layers.layer) - count)
        self._centres = layers.places(self._breadths, gap[1])
        self.lengths: list[float] = []
        self._tops: list[float] = []
        self._bottoms: list[float] = []
        for items in layers.rows:
            width = max((boxes[self._names[item]][0] for item in items if item < count), default=0.0)
            self.lengths.append(width + gap[0])
            self._tops.append(min(self._centres[item] - self._breadths[item] / 2 for item in items))
            self._bottoms.append(max(self._centres[item] + self._breadths[item] / 2 for item in items))
        self.height = max(self._bottoms) - min(self._tops)
        columns = len(layers.rows) if len(layers.rows) <= LONGEST else SHORTEST
        self.least = columns * max(self.lengths) - gap[0]  # the width of the narrowest rows
        self._starts = [0.0, *accumulate(self.lengths)]
        self._stops = self._where_to_stop(tears)
        self._ends = [self._starts[stop] for stop in self._stops]
        self._known: dict[float, list[int]] = {}

    def _where_to_stop(self, tears: bool) -> list[int]:
        """The layers behind which a row may end, and the last: behind what stands alone, so that no branch is torn.

        A row that ends where branches begin sends several wires back, so it does only where it would be far too long
        otherwise. No node has a row for itself.
        """
        layers, last, short = self._layers, len(self._layers.rows), 1.5 * (WIDTH + self._gap[0])
        able = [layer for layer in range(1, last) if short < self._starts[layer] < self._starts[-1] - short]
        alone = [layer for layer in able if len(layers.rows[layer - 1]) == 1]
        plain = [layer for layer in alone if len(layers.after[layers.rows[layer - 1][0]]) == 1]
        if tears and not alone and last > LONGEST:
            return [*(layer for layer in able if len(self._tracks(layer)) <= TRACKS), last]
        longest = max(after - before for before, after in pairwise([0, *plain, last]))
        return [*(plain if longest <= 2 * LONGEST else alone), last]

    def _tracks(self, stop: int) -> list[int]:
        """What passes from before this layer into it, from the lowest to the highest."""
        leaving = (item for item in self._layers.rows[stop - 1] if self._layers.after[item])
        return sorted(leaving, key=lambda item: -self._centres[item])

    def _space(self, stop: int) -> float:
        """How much is left free below a row that ends before this layer."""
        return 2 * self._gap[1] + APART * (len(self._tracks(stop)) - 1)

    def _rows(self, width: float) -> list[int]:
        """The layers with which rows begin, and how many there are: the fewest rows of this width, made even."""
        if width not in self._known:
            rows = self._filled(width)
            low, high = self._starts[-1] / (len(rows) - 1) - self._gap[0], width
            for _ in range(TRIES if 2 < len(rows) <= FEW else 0):
                middle = (low + high) / 2
                tried = self._filled(middle)
                if len(tried) == len(rows):
                    rows, high = tried, middle
                else:
                    low = middle
            self._known[width] = rows
        return self._known[width]

    def _filled(self, width: float) -> list[int]:
        rows = [0]
        while rows[-1] < self._stops[-1]:
            first = bisect_right(self._stops, rows[-1])
            last = bisect_right(self._ends, self._starts[rows[-1]] + width + self._gap[0])
            rows.append(self._stops[max(first, last - 1)])
        return rows

    def size(self, width: float) -> Size:
        """The width and the height of it in rows of this width."""
        rows = self._rows(width)
        high = sum(max(self._bottoms[a:b]) - min(self._tops[a:b]) for a, b in pairwise(rows))
        wide = max(self._starts[b] - self._starts[a] for a, b in pairwise(rows)) - self._gap[0]
        return wide, high + sum(map(self._space, rows[1:-1]))

    def _corners(self, width: float) -> list[Position]:
        """How far each layer moves, in rows of this width, to its row from where it stands in one line."""
        found: list[Position] = []
        top = 0.0
        for first, last in pairwise(self._rows(width)):
            highest = min(self._tops[first:last])
            found += [(start - self._starts[first], top - highest) for start in self._starts[first:last]]
            top += max(self._bottoms[first:last]) - highest + self._space(last)
        return found

    def places(self, width: float) -> dict[str, Position]:
        """The corners of the nodes in rows of this width, from (0, 0)."""
        corners, layer = self._corners(width), self._layers.layer
        return {
            name: (
                corners[layer[index]][0],
                self._centres[index] - self._breadths[index] / 2 + corners[layer[index]][1],
            )
            for index, name in enumerate(self._names)
        }

    def bends(self, width: float) -> dict[tuple[str, str], Bends]:
        """How wires run that go on in the next row beside others, so that none crosses another on the way."""
        corners, rows = self._corners(width), self._rows(width)
        found: dict[tuple[str, str], Bends] = {}
        for first, stop in pairwise(rows[:-1]):
            tracks = self._tracks(stop)
            end = corners[stop - 1][0] + self.lengths[stop - 1] - self._gap[0]
            bottom = max(self._bottoms[first:stop]) + corners[stop - 1][1] + self._gap[1]
            for rank, item in enumerate(tracks if len(tracks) > 1 else ()):
                high, low = self._centres[item] + corners[stop - 1][1], bottom + APART * rank
                right, left = end + TURN + APART * rank, corners[stop][0] - TURN - APART * (len(tracks) - 1 - rank)
                for source, target, after in self._passing(item, stop):
                    to = self._centres[after] + corners[stop][1]
                    turn = [(right, (high + low) / 2), (end, low), (corners[stop][0], low), (left, (low + to) / 2)]
                    begin = [(end, high)] if item >= len(self._names) else []
                    go_on = [(corners[stop][0], to)] if after >= len(self._names) else []
                    wire = self._names[source], self._names[target]
                    found[wire] = (*found.get(wire, ()), *begin, *turn, *go_on)
        return found

    def _passing(self, item: int, stop: int) -> list[tuple[int, int, int]]:
        """The wires that pass from this item into that layer: source, target, and the item that they pass into."""
        layers = self._layers
        source, lane = next((number, lane) for number, lane in enumerate(layers.lane) if item in lane)
        at = stop - layers.layer[source]
        return [
            (source, target, target if layers.layer[target] == stop else lane[at])
            for target, sources in enumerate(layers.reads)
            if source in sources and layers.layer[target] >= stop
        ]
