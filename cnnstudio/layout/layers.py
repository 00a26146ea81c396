"""Layers: Sugiyama's layout of what reads what: layers, an order in each, and how far across them everything stands.

The steps are longest-path layers, a lane through the layers for every wire that skips some, an order in each layer by
the medians of the neighbours, then places. Wires are drawn straight from node to node, so a wire that skips layers
keeps its lane straight and the nodes that it passes give way.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

Reads = Mapping[str, tuple[str, ...]]  # name -> what stands before it

SWEEPS = 2  # there and back again, for the order and for the places; more changes nothing that can be seen
HEAVY = 1_000.0  # how much more a lane weighs than a node that it passes
STEEP = 1_000.0  # how much more a lane weighs than the next shorter one
MOST_RANKS = 80  # beyond it, longer lanes weigh the same: numbers are finite


class Layers:
    """The nodes of one component and the lanes between them, as numbered items in layers.

    The first items are the nodes, the others are the pieces of lanes, one a layer that is passed. All wires of one node
    share a lane.
    """

    def __init__(self, reads: Reads) -> None:
        index = {name: number for number, name in enumerate(reads)}
        self.reads = [[index[source] for source in dict.fromkeys(each) if source in index] for each in reads.values()]
        self.layer = _longest_paths(self.reads)
        self.before: list[list[int]] = [[] for _ in reads]
        self.after: list[list[int]] = [[] for _ in reads]
        self.lane = lanes = [[number] for number in range(len(reads))]  # of each node, itself first
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
    # networkx's topological generations are the same, but inference asks for them, too: it lays out what a Backbone is
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
