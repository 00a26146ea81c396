"""What the outline of 5,000 nodes takes to follow an edit, against filling it anew, in turns.

Promise: a changed block and a selection of everything take at most a third of it. An added block may take as long, for
Qt asks every row for its place again, and what is unfolded, selected and in view stays all the same.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Add, Conv2d, Input, ReLU
from cnnstudio.graph import Node, Sketch
from cnnstudio.project import Project
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.outline import OutlinePanel
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme

BLOCKS, TURNS = 1_666, 7
PROMISED = {"a changed block": 0.33, "an added block": 1.1, "selecting everything": 0.33}


def main() -> None:
    """Print the milliseconds and their ratios."""
    app = QApplication([])
    theme.install("light")
    draw = Sketch()
    x = draw(Input((3, 64, 64)))
    for _ in range(BLOCKS):
        y = draw(Conv2d(8, 3, padding=1), x)
        x = draw(Add(), draw(ReLU(), y), y)
    document = Document(Project(draw.graph()))
    panel = OutlinePanel(document, Run())
    panel.resize(300, 600)
    panel.show()
    app.processEvents()
    names = list(document.graph.nodes)
    middle = names[len(names) // 2]

    def timed(change: Callable[[], object]) -> float:
        change()
        _ = document.analysis, document.graph.order  # which others wait for as well
        start = time.process_time()
        panel.update_now()
        app.processEvents()
        return 1000.0 * (time.process_time() - start)

    def widen(turn: int) -> None:
        graph = document.graph
        document.edit_graph("Widen", graph.replace(names[1], Conv2d(8, 3 + 2 * (turn % 2), padding=1 + turn % 2)))

    def add(turn: int) -> None:
        document.edit_graph("Add", document.graph.add(Node(f"more{turn}", ReLU(), (middle,))))

    def fill(_: int) -> None:
        panel.model.show(document.analysis, document.conceals, anew=True)

    def select(turn: int) -> None:
        document.select(tuple(names) if turn % 2 else ())

    taken: dict[str, list[float]] = {}
    for turn in range(TURNS):
        start = time.process_time()
        fill(turn)
        app.processEvents()
        taken.setdefault("filling it anew", []).append(1000.0 * (time.process_time() - start))
        for title, change in (("a changed block", widen), ("an added block", add), ("selecting everything", select)):
            taken.setdefault(title, []).append(timed(lambda change=change, turn=turn: change(turn)))
    medians = {title: statistics.median(times) for title, times in taken.items()}
    anew = medians.pop("filling it anew")
    print(f"filling it anew {anew:.1f} ms with {len(names):,} nodes")
    for title, median in medians.items():
        print(f"{title} {median:.1f} ms: {median / anew:.2f} of it (promised: {PROMISED[title]:.2f})")


if __name__ == "__main__":
    main()
