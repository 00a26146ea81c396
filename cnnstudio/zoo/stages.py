"""Stages: a network laid out so that stem, stages and head can be seen, each in rows of its own."""

from __future__ import annotations

import re
from math import ceil

from cnnstudio.blocks import MaxPool2d
from cnnstudio.graph import Graph
from cnnstudio.graph.layout import laid_out, layout

LONGEST = 9  # nodes in a row; a longer stage goes on in the next
BETWEEN = 140.0  # from one row to the next, in scene pixels


def in_stages(graph: Graph) -> Graph:
    """The graph with every node in its place: a new row begins with each stage, and with the head.

    A stage is what is named stage2_1, stage2_2 ..., or conv2_1, relu2_1 ...; a network without such names is laid out
    like any other.
    """
    rows = _rows(graph)
    if len(rows) < 3:
        return laid_out(graph)
    places = {}
    for number, row in enumerate(rows):
        for name, (x, y) in layout(graph.subgraph(row), wrap=False).items():
            places[name] = (x, y + number * BETWEEN)
    return graph.move(places)


def _rows(graph: Graph) -> list[list[str]]:
    stages = {name: _stage(name) for name in graph.order}
    staged = [index for index, name in enumerate(graph.order) if stages[name]]
    rows: list[list[str]] = [[]]
    current = None
    for index, name in enumerate(graph.order):
        stage = stages[name]
        begins = stage is not None and stage != current and len(rows[-1]) > 1
        if current is not None and index > staged[-1] and not isinstance(graph[name].block, MaxPool2d):
            begins, stage, current = True, "head", None
        if begins:
            rows.append([])
        current = stage if stage is not None and stage != "head" else current
        rows[-1].append(name)
    return [part for row in rows for part in _parts(row)]


def _stage(name: str) -> str | None:
    """``2`` for stage2_1 and relu2_1, ``encoder`` for encoder_3, else None."""
    found = re.fullmatch(r"([a-z]+)(\d*)_(\d+|[a-z]+)", name)
    if found is None or not (found[2] or found[3].isdigit()):
        return None
    return found[2] or found[1]


def _parts(row: list[str]) -> list[list[str]]:
    """The row in as many equal parts as make none too long."""
    length = ceil(len(row) / ceil(len(row) / LONGEST))
    return [row[start : start + length] for start in range(0, len(row), length)]
