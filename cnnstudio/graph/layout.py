"""Layout: where the nodes of a graph go, in layers, without overlaps. Knows no frames: those are in ``arrangement``.

The steps are Sugiyama's: longest-path layers, a lane through the layers for every wire that skips some, an order in
each layer by the medians of the neighbours, then places. Wires are drawn straight from node to node, so a wire that
skips layers keeps its lane straight and the nodes that it passes give way. What is too long for a screen goes on in
the next row, as a line of text does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import accumulate, pairwise
from math import inf
from typing import Literal

from cnnstudio.graph.graph import Graph
from cnnstudio.graph.measures import GAP, WIDTH, node_size
from cnnstudio.graph.node import Node, Position

Size = tuple[float, float]
Reads = Mapping[str, tuple[str, ...]]  # name -> what stands before it
Direction = Literal["right", "down"]

SWEEPS = 2  # there and back again, for the order and for the places; more changes nothing that can be seen
HEAVY = 1_000.0  # how much more a lane weighs than a node that it passes
STEEP = 1_000.0  # how much more a lane weighs than the next shorter one
MOST_RANKS = 80  # beyond it, longer lanes weigh the same: numbers are finite
ASPECT = 1.6  # width to height of a screen, which a network shall fill
LONGEST, SHORTEST = (
    5,
    4,
)  # layers that always share a row, as 1280 pixels show them with their shapes; the least of more
FEW, TRIES = 9, 8  # up to how many rows are made even, and how often a narrower width is tried for it
SHARES = (0.5, 0.65, 0.8, 0.9, 1.0, 1.15, 1.35, 1.6)  # of the width at which an area has the proportions of a screen


def layout(
    graph: Graph,
    direction: Direction = "right",
    size: Size | Callable[[Node], Size] = node_size,
    gap: Size = GAP,
    *,
    wrap: bool = True,
) -> dict[str, Position]:
    """The top left corner of every node, in scene pixels: name -> (x, y).

    With ``wrap``, a long network to the right goes on in the next row, so that a screen shows it largest. ``size`` is
    the width and the height of a node, for all or for each. ``gap`` is what is left free between two layers and
    between two nodes of one layer.
    """
    turned = direction == "down"
    sizes = {node.name: size(node) if callable(size) else size for node in graph}
    flow = Flow(reads_of(graph), {name: each[::-1] for name, each in sizes.items()} if turned else sizes, gap)
    placed = flow.at(flow.best() if wrap and not turned else inf)
    corners = {name: ((y, x) if turned else (x, y)) for name, (x, y) in placed.items()}
    return {name: (float(round(x)), float(round(y))) for name, (x, y) in corners.items()}


def laid_out(graph: Graph) -> Graph:
    """The graph with every node at the place that ``layout`` gives it, and straight wires."""
    return graph.straighten(graph.nodes).move(layout(graph))


def extent(width: float, height: float) -> float:
    """How large a screen has to be to show so much: the less, the larger all is shown."""
    return max(width / ASPECT, height)


def widths(area: float, least: float) -> list[float]:
    """The widths that are worth a try for rows that take this area, none below ``least``."""
    return sorted({max(least, share * (area * ASPECT) ** 0.5) for share in SHARES})


class Flow:
    """What reads what, in layers, to be set in rows of any width."""

    def __init__(self, reads: Reads, boxes: Mapping[str, Size], gap: Size) -> None:
        parts = _components(reads)
        self._boxes, self._gap = boxes, gap
        self._lines = [_Line(part, boxes, gap) for part in parts if len(part) > 1]
        self._alone = [name for part in parts if len(part) == 1 for name in part]

    def best(self) -> float:
        """The width at which a screen shows all of it largest."""
        area = sum(sum(line.lengths) * (line.height + 2 * self._gap[1]) for line in self._lines)
        least = max(
            (LONGEST * max(line.lengths) - self._gap[0] for line in self._lines if len(line.lengths) <= LONGEST),
            default=0.0,
        )
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


def reads_of(graph: Graph) -> Reads:
    """Name -> what that node reads."""
    return {node.name: tuple(source for source in node.inputs if source is not None) for node in graph}


def _components(reads: Reads) -> list[Reads]:
    """The names in groups that no wire joins, in the order of their first."""
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

    def __init__(self, reads: Reads, boxes: Mapping[str, Size], gap: Size) -> None:
        self._names, self._gap = list(reads), gap
        self._layers = layers = _Layers(reads)
        layers.sort()
        count = len(reads)
        self._breadths = [boxes[name][1] for name in reads] + [0.0] * (len(layers.layer) - count)
        self._centres = layers.places(self._breadths, gap[1])
        self.lengths: list[float] = []
        self._tops: list[float] = []
        self._bottoms: list[float] = []
        for items in layers.rows:
            self.lengths.append(
                max((boxes[self._names[each]][0] for each in items if each < count), default=0.0) + gap[0]
            )
            self._tops.append(min(self._centres[item] - self._breadths[item] / 2 for item in items))
            self._bottoms.append(max(self._centres[item] + self._breadths[item] / 2 for item in items))
        self.height = max(self._bottoms) - min(self._tops)
        columns = len(layers.rows) if len(layers.rows) <= LONGEST else SHORTEST
        self.least = columns * max(self.lengths) - gap[0]  # the width of the narrowest rows
        self._starts = [0.0, *accumulate(self.lengths)]
        self._stops = self._where_to_stop(layers, 1.5 * (WIDTH + gap[0]))
        self._ends = [self._starts[stop] for stop in self._stops]
        self._known: dict[float, list[int]] = {}

    def _where_to_stop(self, layers: _Layers, short: float) -> list[int]:
        """The layers behind which a row may end: of what stands alone, so that no branch is torn apart.

        A row that ends where branches begin sends several wires back, so it does only where it would be far too long
        otherwise. None is as ``short`` as a single node.
        """
        last = len(layers.rows)
        alone = [
            layer
            for layer in range(1, last)
            if len(layers.rows[layer - 1]) == 1 and short < self._starts[layer] < self._starts[-1] - short
        ]
        plain = [layer for layer in alone if len(layers.after[layers.rows[layer - 1][0]]) == 1]
        longest = max(after - before for before, after in pairwise([0, *plain, last]))
        return [*(plain if longest <= 2 * LONGEST else alone), last]

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
        rows = list(pairwise(self._rows(width)))
        high = sum(max(self._bottoms[a:b]) - min(self._tops[a:b]) for a, b in rows)
        return max(self._starts[b] - self._starts[a] for a, b in rows) - self._gap[0], high + (
            len(rows) - 1
        ) * 2 * self._gap[1]

    def places(self, width: float) -> dict[str, Position]:
        """The corners of the nodes in rows of this width, from (0, 0)."""
        corners: list[Position] = []
        top = 0.0
        for first, last in pairwise(self._rows(width)):
            highest = min(self._tops[first:last])
            corners += [(start - self._starts[first], top - highest) for start in self._starts[first:last]]
            top += max(self._bottoms[first:last]) - highest + 2 * self._gap[1]
        layer = self._layers.layer
        return {
            name: (
                corners[layer[index]][0],
                self._centres[index] - self._breadths[index] / 2 + corners[layer[index]][1],
            )
            for index, name in enumerate(self._names)
        }


class _Layers:
    """The nodes of one component and the lanes between them, as numbered items in layers.

    The first items are the nodes, the others are the pieces of lanes, one a layer that is passed. All
    wires of one node share a lane.
    """

    def __init__(self, reads: Reads) -> None:
        index = {name: number for number, name in enumerate(reads)}
        self.reads = [[index[source] for source in dict.fromkeys(each) if source in index] for each in reads.values()]
        self.layer = _longest_paths(self.reads)
        self.before: list[list[int]] = [[] for _ in reads]
        self.after: list[list[int]] = [[] for _ in reads]
        lanes: list[list[int]] = [[number] for number in range(len(reads))]
        for target, sources in enumerate(self.reads):
            for source in sources:
                lane = lanes[source]
                steps = self.layer[target] - self.layer[source]
                while len(lane) < steps:
                    self._join(lane[-1], self._piece(self.layer[source] + len(lane)))
                    lane.append(len(self.layer) - 1)
                self._join(lane[steps - 1], target)
        self.nodes = len(reads)
        self.lanes = [lane for lane in lanes if len(lane) > 1]
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer) + 1)]
        for item in self._walk():
            self.rows[self.layer[item]].append(item)

    def _piece(self, layer: int) -> int:
        self.layer.append(layer)
        self.before.append([])
        self.after.append([])
        return len(self.layer) - 1

    def _join(self, source: int, target: int) -> None:
        self.after[source].append(target)
        self.before[target].append(source)

    def _walk(self) -> list[int]:
        """Every item once, from the ends backwards along the first input first: the order to begin with."""
        seen: dict[int, None] = {}
        for end in range(len(self.layer)):
            stack = [end] if not self.after[end] else []
            while stack:
                item = stack.pop()
                if item not in seen:
                    seen[item] = None
                    stack += reversed(self.before[item])
        return list(seen)

    def sort(self) -> None:
        """Order each layer by the medians of its items' neighbours, so that few wires cross."""
        place = [0.0] * len(self.layer)
        for row in self.rows:
            for index, item in enumerate(row):
                place[item] = float(index)
        for sweep in range(2 * SWEEPS):
            neighbours, rows = (self.before, self.rows) if sweep % 2 == 0 else (self.after, self.rows[::-1])
            for row in rows:
                if len(row) > 1:
                    # a stable sort: items that do not care stay as they are
                    medians = {item: _median([place[n] for n in neighbours[item]], place[item]) for item in row}
                    row.sort(key=medians.__getitem__)
                    for index, item in enumerate(row):
                        place[item] = float(index)

    def places(self, breadths: list[float], gap: float) -> list[float]:
        """The centre of every item across the layers: near its neighbours, lanes and what they join first."""
        weight = self._weights()
        centre = [0.0] * len(self.layer)
        rooms = [[(breadths[a] + breadths[b]) / 2 + gap for a, b in pairwise(row)] for row in self.rows]
        for sweep in range(2 * SWEEPS + 1):
            ahead = sweep % 2 == 0
            neighbours = self.before if ahead else self.after
            for number in range(len(self.rows)) if ahead else reversed(range(len(self.rows))):
                row = self.rows[number]
                wanted = []
                for item in row:
                    total = pull = 0.0
                    for other in neighbours[item]:
                        total += weight[other]
                        pull += weight[other] * centre[other]
                    wanted.append(pull / total if total else centre[item])
                for item, place in zip(
                    row, _spread(wanted, [weight[item] for item in row], rooms[number]), strict=True
                ):
                    centre[item] = place
        return centre

    def _weights(self) -> list[float]:
        """1, and much more for lanes and the chains that lead into or out of one; the longer a lane, the more."""
        weight = [1.0] * len(self.layer)
        lengths = sorted({len(lane) for lane in self.lanes})
        ranks = {length: min(rank, MOST_RANKS) for rank, length in enumerate(lengths)}
        for lane in sorted(self.lanes, key=len):
            heavy = HEAVY * STEEP ** ranks[len(lane)]
            for item in lane[1:]:
                weight[item] = heavy
                for neighbours, back in ((self.before, self.after), (self.after, self.before)):
                    end = item
                    while len(neighbours[end]) == 1 and (end == item or len(back[end]) == 1):
                        end = neighbours[end][0]
                        if end >= self.nodes:
                            break
                        weight[end] = heavy
        return weight


def _longest_paths(reads: list[list[int]]) -> list[int]:
    """The layer of each item: one past the last of what it reads; a source stands just before its first reader."""
    layer = [-1] * len(reads)
    for root in range(len(reads)):
        stack = [root]
        while stack:
            item = stack[-1]
            waiting = [source for source in reads[item] if layer[source] < 0]
            if waiting:
                stack += waiting
            else:
                layer[item] = max((layer[source] + 1 for source in reads[item]), default=0)
                stack.pop()
    first: dict[int, int] = {}
    for item, sources in enumerate(reads):
        for source in sources:
            if not reads[source]:
                first[source] = min(first.get(source, layer[item]), layer[item])
    for source, reader in first.items():
        layer[source] = reader - 1
    return layer


def _median(places: list[float], otherwise: float) -> float:
    if not places:
        return otherwise
    places.sort()
    return (places[(len(places) - 1) // 2] + places[len(places) // 2]) / 2


def _spread(wanted: list[float], weights: list[float], rooms: list[float]) -> list[float]:
    """The places nearest to those wanted, weighted, in this order and at least ``rooms`` apart.

    Least squares by pooling adjacent violators: neighbours that press on each other share their mean.
    """
    if len(wanted) == 1:
        return wanted
    offsets = [0.0]
    for room in rooms:
        offsets.append(offsets[-1] + room)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for place, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, total, count = place - offset, weight, 1
        while pools and pools[-1][0] >= mean:
            other, other_total, other_count = pools.pop()
            mean = (mean * total + other * other_total) / (total + other_total)
            total += other_total
            count += other_count
        pools.append((mean, total, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
