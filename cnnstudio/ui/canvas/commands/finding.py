"""Finding: all nodes that can be searched for, wherever they lie, with the way to each. Knows no Qt."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Composite, Node, ShapeError
from cnnstudio.ui.widgets.search import Entry

Path = tuple[str, ...]  # names of composites, outermost first

MOST = 5_000  # nodes: listed in 40 ms, searched in 25; the largest network of the zoo has 1,806 with all that is inside
BETWEEN = " › "


def node_entries(whole: Analysis, scope: Path) -> list[Entry]:
    """The nodes of the network and of all that is inside its composites, those of the open one (``scope``) first.

    What lies elsewhere is called with its path. The value of an entry is that path with the name at its end.
    """
    found = sorted(islice(_nodes(whole), MOST), key=lambda each: each[0] != scope)
    return [_entry(path, node, path == scope, bool(scope)) for path, node in found]


def _nodes(whole: Analysis) -> Iterator[tuple[Path, Node]]:
    """Every node with the path to where it lies: what lies deeper comes later."""
    waiting: deque[tuple[Path, Callable[[], Analysis]]] = deque([((), lambda: whole)])
    while waiting:
        path, opened = waiting.popleft()
        try:
            analysis = opened()
        except ShapeError:  # what is inside depends on what enters, and that is not known yet
            continue
        for node in analysis.graph:
            yield path, node
            if isinstance(node.block, Composite):
                waiting.append(((*path, node.name), partial(analysis.inside, node.name)))


def _entry(path: Path, node: Node, is_here: bool, is_inside: bool) -> Entry:
    steps = () if is_here else path or ("Network",) if is_inside else path
    block, way = node.block, "".join(step + BETWEEN for step in steps)
    words = f"{block.title} {block.family} {' '.join(steps)}"
    return Entry(node.name, block.title, block.family, (*path, node.name), words, way=way)
