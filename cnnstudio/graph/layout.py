"""Layout: where the nodes of a graph go, in layers, without overlaps. Knows nothing of a canvas but sizes in pixels.

The steps are Sugiyama's: longest-path layers, a lane through the layers for every wire that skips some, an order in
each layer by the medians of the neighbours, then places. Wires are drawn straight from node to node, so a wire that
skips layers keeps its lane straight and the nodes that it passes give way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Literal

from cnnstudio.graph.graph import Graph
from cnnstudio.graph.node import Node, Position

Size = tuple[float, float]
Direction = Literal["right", "down"]

SWEEPS = 2  # there and back again, for the order and for the places; more changes nothing that can be seen
HEAVY = 1_000.0  # how much more a lane weighs than a node that it passes
STEEP = 1_000.0  # how much more a lane weighs than the next shorter one
MOST_RANKS = 80  # beyond it, longer lanes weigh the same: numbers are finite
ASPECT = 1.8  # width to height at which a long network goes on in the next row, as a line of text does
SHORTEST = 6  # layers that always share one row


def layout(
    graph: Graph,
    direction: Direction = "right",
    size: Size | Callable[[Node], Size] = (184.0, 68.0),
    gap: Size = (84.0, 36.0),
    *,
    only: frozenset[str] | None = None,
    wrap: bool = True,
) -> dict[str, Position]:
    """The top left corner of every node, in scene pixels: name -> (x, y).

    With ``wrap``, a long network to the right goes on in the next row, as a line of text does. ``size`` is the width
    and the height of a node, for all or for each. ``gap`` is what is left free between two layers and between two
    nodes of one layer. With ``only``, these nodes alone are placed, where they lie now, and clear of the nodes that
    stay.
    """
    nodes = [node for node in graph if only is None or node.name in only]
    sizes = {node.name: size(node) if callable(size) else size for node in graph}
    turned = direction == "down"
    boxes = {node.name: sizes[node.name][::-1] if turned else sizes[node.name] for node in nodes}
    placed = _pack([_placed(part, boxes, gap, wrap and not turned) for part in _components(nodes)], boxes, gap)
    corners = {name: ((y, x) if turned else (x, y)) for name, (x, y) in placed.items()}
    if only is not None and corners:
        corners = _anchored(graph, corners, sizes, gap)
    return {name: (float(round(x)), float(round(y))) for name, (x, y) in corners.items()}


def laid_out(graph: Graph) -> Graph:
    """The graph with every node at the place that ``layout`` gives it, and straight wires."""
    return graph.straighten(graph.nodes).move(layout(graph))


def _components(nodes: list[Node]) -> list[list[Node]]:
    """The nodes in groups that no wire joins, in the order of their first nodes."""
    names = {node.name for node in nodes}
    neighbours: dict[str, list[str]] = {name: [] for name in names}
    for node in nodes:
        for source in node.inputs:
            if source in names:
                neighbours[node.name].append(source)
                neighbours[source].append(node.name)
    group: dict[str, int] = {}
    count = 0
    for node in nodes:
        if node.name not in group:
            stack = [node.name]
            while stack:
                name = stack.pop()
                if name not in group:
                    group[name] = count
                    stack += neighbours[name]
            count += 1
    parts: list[list[Node]] = [[] for _ in range(count)]
    for node in nodes:
        parts[group[node.name]].append(node)
    return parts


def _placed(nodes: list[Node], boxes: Mapping[str, Size], gap: Size, wrap: bool) -> dict[str, Position]:
    """The corners of the nodes of one component, laid out to the right from (0, 0)."""
    layered = _Layers(nodes)
    layered.sort()
    breadths = [boxes[node.name][1] for node in nodes] + [0.0] * (len(layered.layer) - len(nodes))
    centres = layered.places(breadths, gap[1])
    lengths, tops, bottoms = [], [], []
    for items in layered.rows:
        lengths.append(max((boxes[nodes[item].name][0] for item in items if item < len(nodes)), default=0.0) + gap[0])
        tops.append(min(centres[item] - breadths[item] / 2 for item in items))
        bottoms.append(max(centres[item] + breadths[item] / 2 for item in items))
    corners: list[Position] = []
    top = 0.0
    breaks = _breaks(layered, lengths, max(bottoms) - min(tops) + 2 * gap[1]) if wrap else []
    for first, last in pairwise([0, *breaks, len(lengths)]):
        highest = min(tops[first:last])
        start = 0.0
        for layer in range(first, last):
            corners.append((start, top - highest))
            start += lengths[layer]
        top += max(bottoms[first:last]) - highest + 2 * gap[1]
    return {
        node.name: (
            corners[layered.layer[index]][0],
            centres[index] - breadths[index] / 2 + corners[layered.layer[index]][1],
        )
        for index, node in enumerate(nodes)
    }


def _breaks(layered: _Layers, lengths: list[float], breadth: float) -> list[int]:
    """The layers at which a new row begins: only behind a node that stands alone, so that no branch is torn apart."""
    if len(lengths) <= SHORTEST:
        return []
    longest = max((sum(lengths) * breadth * ASPECT) ** 0.5, SHORTEST / 2 * max(lengths))
    rows = max(1, round(sum(lengths) / longest))
    found: list[int] = []
    length, rest = 0.0, sum(lengths)
    for layer in range(1, len(lengths)):
        length += lengths[layer - 1]
        rest -= lengths[layer - 1]
        even = (length + rest) / (rows - len(found))
        if len(layered.rows[layer - 1]) == 1 and length + lengths[layer] / 4 > even and rest > even / 2:
            found.append(layer)
            length = 0.0
        if len(found) == rows - 1:
            break
    return found


class _Layers:
    """The nodes of one component and the lanes between them, as numbered items in layers.

    The first ``len(nodes)`` items are the nodes, the others are the pieces of lanes, one a layer that is passed. All
    wires of one node share a lane.
    """

    def __init__(self, nodes: list[Node]) -> None:
        index = {node.name: number for number, node in enumerate(nodes)}
        self.reads = [[index[source] for source in dict.fromkeys(node.inputs) if source in index] for node in nodes]
        self.layer = _longest_paths(self.reads)
        self.before: list[list[int]] = [[] for _ in nodes]
        self.after: list[list[int]] = [[] for _ in nodes]
        lanes: list[list[int]] = [[number] for number in range(len(nodes))]
        for target, sources in enumerate(self.reads):
            for source in sources:
                lane = lanes[source]
                steps = self.layer[target] - self.layer[source]
                while len(lane) < steps:
                    self._join(lane[-1], self._piece(self.layer[source] + len(lane)))
                    lane.append(len(self.layer) - 1)
                self._join(lane[steps - 1], target)
        self.nodes = len(nodes)
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


def _pack(parts: list[dict[str, Position]], boxes: Mapping[str, Size], gap: Size) -> dict[str, Position]:
    """The components below one another; nodes that nothing joins in rows at the end."""
    placed: dict[str, Position] = {}
    top = 0.0
    alone = [name for part in parts if len(part) == 1 for name in part]
    for part in parts:
        if len(part) > 1:
            placed |= {name: (x, y + top) for name, (x, y) in part.items()}
            top = max(placed[name][1] + boxes[name][1] for name in part) + 2 * gap[1]
    columns = max(1, round(len(alone) ** 0.5))
    width = max((boxes[name][0] for name in alone), default=0.0) + gap[0]
    for start in range(0, len(alone), columns):
        row = alone[start : start + columns]
        placed |= {name: (column * width, top) for column, name in enumerate(row)}
        top += max(boxes[name][1] for name in row) + gap[1]
    return placed


def _anchored(
    graph: Graph, corners: Mapping[str, Position], sizes: Mapping[str, Size], gap: Size
) -> dict[str, Position]:
    """Moved as one to where these nodes lie now, then down past the nodes that stay."""
    left = min(graph[name].position[0] for name in corners) - min(x for x, _ in corners.values())
    top = min(graph[name].position[1] for name in corners) - min(y for _, y in corners.values())
    staying = [(node.position, sizes[node.name]) for node in graph if node.name not in corners]
    moved = True
    while moved:
        moved = False
        for name, (x, y) in corners.items():
            width, height = sizes[name]
            for (other_x, other_y), (other_width, other_height) in staying:
                if (
                    x + left < other_x + other_width
                    and other_x < x + left + width
                    and y + top < other_y + other_height
                    and other_y < y + top + height
                ):
                    top = other_y + other_height + gap[1] - y
                    moved = True
    return {name: (x + left, y + top) for name, (x, y) in corners.items()}
