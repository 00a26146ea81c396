"""Finding: all nodes that can be searched for, wherever they lie, with the way to each. Knows no Qt."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Composite, Node, ShapeError
from cnnstudio.ui.search import Entry

Path = tuple[str, ...]  # names of composites, outermost first

MOST = 5_000  # nodes; the largest network of the zoo has 1,806 with all that is in its blocks, and takes 16 ms
BETWEEN = " › "


def node_entries(whole: Analysis, scope: Path) -> list[Entry]:
    """The nodes of the network and of all that is inside its composites, those of the open one (``scope``) first.

    What lies elsewhere is called with its path. The value of an entry is that path with the name at its end.
    """
    found = sorted(islice(_nodes(whole), MOST), key=lambda each: each[0] != scope)
    return [_entry(path, node, path == scope, bool(scope)) for path, node in found]


def _nodes(whole: Analysis) -> Iterator[tuple[Path, Node]]:
    """Every node with the path to where it lies: what lies deeper comes later."""
    waiting: deque[tuple[Path, Analysis]] = deque([((), whole)])
    while waiting:
        path, analysis = waiting.popleft()
        for node in analysis.graph:
            yield path, node
            if isinstance(node.block, Composite):
                try:
                    waiting.append(((*path, node.name), analysis.inside(node.name)))
                except ShapeError:  # what is inside depends on what enters, and that is not known yet
                    continue


def _entry(path: Path, node: Node, is_here: bool, is_inside: bool) -> Entry:
    steps = () if is_here else path or ("Network",) if is_inside else path
    block, way = node.block, "".join(step + BETWEEN for step in steps)
    words = f"{block.title} {block.family} {' '.join(steps)}"
    return Entry(node.name, block.title, block.family, (*path, node.name), words, way=way)
