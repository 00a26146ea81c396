"""What a frame of the canvas costs: processor milliseconds (median) for each gesture, offscreen, on a tidy network.

Promises, at 1,000 nodes: every gesture within 16.7 ms, the whole network in view within 5 ms, new shapes on every node
within 16.7 ms, opening within 0.5 s; at 5,000 nodes every gesture within 33 ms; one edit of 500 nodes, canvas included,
within 16.7 ms. With ``--against NodeGraphQt`` (where it is installed) the same graph and the same frames there.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from networks import residual_chain
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Add, Conv2d, Input
from cnnstudio.graph import Graph
from cnnstudio.project import Project
from cnnstudio.ui.canvas.move_tool import MoveTool
from cnnstudio.ui.canvas.tools import KnifeTool, Pointer
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.document import Document
from cnnstudio.ui.theme import theme

SIZE = (1280, 720)
FRAMES = 15
ZOOMS = {"whole network in view": None, "zoom 0.4": 0.4, "zoom 1": 1.0}
PLAIN = Qt.KeyboardModifier.NoModifier


def tidy(nodes: int) -> Graph:
    """A network of so many nodes and 1.3 times as many wires, in rows as wide as they are high, with full faces."""
    graph = residual_chain(nodes)
    order = [name for name in graph.order if not isinstance(graph[name].block, Input)]
    adds = [name for name in order if isinstance(graph[name].block, Add)]
    missing = int(nodes * 1.3) - len(graph.edges)
    for target in adds:
        for source in reversed(adds[: adds.index(target)][-3:]):
            if missing > 0:
                graph, missing = graph.connect(source, target, len(graph[target].inputs)), missing - 1
    across = max(4, round((nodes * 104 / 268 * SIZE[0] / SIZE[1]) ** 0.5))
    return graph.move({name: (i % across * 268.0, i // across * 104.0) for i, name in enumerate(graph.order)})


def frames(work: Callable[[], object], app: QApplication, times: int = FRAMES) -> float:
    """The median processor time of ``work`` and of all painting that follows from it, in milliseconds."""
    taken = []
    for _ in range(times + 2):
        app.processEvents()
        start = time.process_time()
        work()
        app.processEvents()
        taken.append((time.process_time() - start) * 1000)
    return statistics.median(taken[2:])


def canvas_gestures(view: CanvasView, app: QApplication) -> Iterator[tuple[str, float]]:
    """Each gesture's name and its cost a frame at the zoom in force."""
    canvas, middle = view.canvas, view.visible().center()
    near = sorted(canvas.nodes, key=lambda name: (canvas.nodes[name].pos() - middle).manhattanLength())
    turn = count()

    def moved(names: list[str]) -> float:
        view.document.select(tuple(names))
        start = canvas.nodes[names[0]].body.center()
        tool = MoveTool(view, Pointer(start, view.mapFromScene(start), PLAIN), names[0])

        def once() -> None:
            place = start + QPointF(40.0 + next(turn) % 7 * 9.0, 40.0)
            tool.move(Pointer(place, view.mapFromScene(place), PLAIN))

        cost = frames(once, app)
        tool.cancel()
        return cost

    yield "repaint", frames(view.viewport().update, app)
    yield "pan", frames(lambda: view.pan_by(*((7, 4) if next(turn) % 2 else (-7, -4))), app)
    yield "zoom", frames(lambda: view.zoom_by(1.02 if next(turn) % 2 else 1 / 1.02), app)
    yield "move 1", moved(near[:1])
    yield "move 100", moved(near[:100])
    yield "select", frames(lambda: view.document.select((near[next(turn) % 50],)), app)
    yield "select all", frames(lambda: view.select_all() if next(turn) % 2 else view.select_none(), app)
    view.select_none()
    seen = view.visible()
    knife, stroke = KnifeTool(view, Pointer(seen.center(), QPoint(), PLAIN)), count(1)

    def cut() -> None:
        at = next(stroke)
        x, y = seen.x() + at % 17 * seen.width() / 17, seen.center().y() + at % 5 * 30 / view.zoom
        knife.move(Pointer(QPointF(x, y), view.mapFromScene(QPointF(x, y)), PLAIN))

    yield "knife", frames(cut, app)
    knife.cancel()


def measure(nodes: int, app: QApplication) -> dict[str, dict[str, float]]:
    """Print what the canvas of a network of so many nodes costs; zoom -> gesture -> milliseconds."""
    graph = tidy(nodes)
    memory = psutil.Process().memory_info().rss
    start = time.process_time()
    document = Document(Project(graph))
    view = CanvasView(document)
    view.resize(*SIZE)
    view.show()
    view.fit()
    app.processEvents()
    opening = (time.process_time() - start) * 1000
    used = (psutil.Process().memory_info().rss - memory) / 1024 / nodes
    print(f"\n{nodes} nodes, {len(graph.edges)} wires: opening {opening:.0f} ms, {used:.1f} KB a node")
    found: dict[str, dict[str, float]] = {"opening": {"opening": opening}}
    for name, zoom in ZOOMS.items():
        if zoom is not None:
            view.zoom_by(zoom / view.zoom)
        found[name] = dict(canvas_gestures(view, app))
        print(f"  {name:<24}" + "  ".join(f"{gesture} {cost:.1f}" for gesture, cost in found[name].items()))
    turn = count()
    view.select_none()

    def reshape() -> None:
        first = next(iter(document.graph.inputs))
        document.edit_graph("", document.graph.replace(first.name, Input((3, 32 + 4 * (next(turn) % 2), 32))))

    print(f"  new shapes on all nodes  {frames(reshape, app):.1f}   (inference and diagnostics included)")
    target = next(name for name in list(graph.order)[nodes // 2 :] if isinstance(graph[name].block, Conv2d))

    def edit() -> None:
        block = document.graph[target].block
        document.edit_graph("", document.graph.replace(target, replace(block, bias=not block.bias)))

    print(f"  one edit of one node     {frames(edit, app):.1f}")
    view.close()
    return found


def measure_node_graph_qt(nodes: int, app: QApplication, ours: dict[str, dict[str, float]]) -> None:
    """Print how many times what ``ours`` took the same network costs in NodeGraphQt."""
    import NodeGraphQt  # a benchmark-only extra

    class Plain(NodeGraphQt.BaseNode):  # type: ignore[misc]
        """A node with as many ports as the network needs."""

        __identifier__ = "bench"
        NODE_NAME = "Plain"

    graph = tidy(nodes)
    start = time.process_time()
    other = NodeGraphQt.NodeGraph()
    other.register_node(Plain)
    made = {}
    for node in graph:
        made[node.name] = item = other.create_node("bench.Plain", name=node.name, selected=False, push_undo=False)
        for port in range(len(node.inputs)):
            item.add_input(f"in {port}")
        item.add_output("out", multi_output=True)
        item.set_pos(*node.position)
    other.viewer().acyclic = False  # its search for cycles does not end on a network with branches
    for edge in graph.edges:
        made[edge.source].output(0).connect_to(made[edge.target].input(edge.port), push_undo=False)
    view = other.viewer()
    view.resize(*SIZE)
    other.widget.resize(*SIZE)
    other.widget.show()
    app.processEvents()
    opening = (time.process_time() - start) * 1000
    print(f"\nNodeGraphQt, {nodes} nodes, and how many times ours that is")
    print(f"  opening {opening:.0f} ({opening / ours['opening']['opening']:.1f})")
    whole = view.scene().itemsBoundingRect()
    items = [node.view for node in made.values()]
    for name, zoom in ZOOMS.items():
        costs = their_gestures(view, app, items, zoom or SIZE[0] / whole.width() * 0.9)
        words = (f"{gesture} {cost:.1f} ({cost / max(ours[name][gesture], 0.05):.1f})" for gesture, cost in costs)
        print(f"  {name:<24}" + "  ".join(words))


def their_gestures(view: object, app: QApplication, items: list[object], zoom: float) -> Iterator[tuple[str, float]]:
    """The same gestures on NodeGraphQt's viewer."""
    turn, center = count(), view.scene().itemsBoundingRect().center()
    span = SIZE[0] / zoom, view.height() / zoom

    def look(factor: float = 1.0, dx: float = 0.0) -> None:
        w, h = span[0] * factor, span[1] * factor
        view._scene_range.setRect(center.x() - w / 2 + dx, center.y() - h / 2, w, h)
        view._update_scene()

    def shift(chosen: list[object]) -> None:
        step = 6.0 if next(turn) % 2 else -6.0
        for item in chosen:
            item.setPos(item.pos() + QPointF(step, 0))

    look()
    app.processEvents()
    near = sorted(items, key=lambda item: (item.pos() - center).manhattanLength())
    yield "repaint", frames(view.viewport().update, app)
    yield "pan", frames(lambda: look(1.0, 7 / zoom if next(turn) % 2 else -7 / zoom), app)
    yield "zoom", frames(lambda: look(1.02 if next(turn) % 2 else 1 / 1.02), app)
    yield "move 1", frames(lambda: shift(near[:1]), app)
    yield "move 100", frames(lambda: shift(near[:100]), app)

    def select() -> None:
        view.scene().clearSelection()
        near[next(turn) % 50].setSelected(True)

    yield "select", frames(select, app)


def main() -> None:
    """Print the figures."""
    app = QApplication([])
    theme.install("light")
    print(f"processor milliseconds a frame, median of {FRAMES}, {SIZE[0]} x {SIZE[1]}")
    # the largest first: later ones use memory that is there already
    found = {nodes: measure(nodes, app) for nodes in (5_000, 1_000, 500)}
    if "--against" in sys.argv:
        measure_node_graph_qt(1_000, app, found[1_000])


if __name__ == "__main__":
    main()
