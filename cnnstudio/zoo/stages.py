"""Stages: a network laid out so that stem, stages and head can be seen, each in rows and in a frame of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from math import ceil

from cnnstudio.blocks import MaxPool2d
from cnnstudio.graph import Graph, Position
from cnnstudio.graph.annotations import HUES
from cnnstudio.layout.layout import laid_out, layout
from cnnstudio.layout.rows import ASPECT

SHORTEST, LONGEST = 4, 9  # nodes in a row before a stage goes on in the next
COLUMN, ROW = 268.0, 160.0  # what a node takes of the width, and a row of the height, in scene pixels
HEIGHT = 68.0  # of a row of nodes, in scene pixels
WITHIN, BETWEEN = 64.0, 124.0  # from one row to the next of the same stage, and of another: frames have titles
STEM, HEAD = "Stem", "Head"
LAYERS = {"conv", "bn", "relu", "pool", "stage"}  # what may be numbered by its stage


def in_stages(graph: Graph, begins: Mapping[str, str] | None = None) -> Graph:
    """The graph with every node in its place and frames round stem, stages and head, which begin rows.

    A stage is what is named stage2_1, stage2_2 ..., conv2_1, relu2_1 ..., or inception3a, inception3b ...; where the
    names do not tell, ``begins`` does: the node that a part begins with -> the part's title. Without either it is laid
    out like any other network, without frames. The Input stands before the stem.
    """
    titles = _told(graph, begins) if begins else _titles(graph)
    if len(set(titles.values())) < 2:
        return laid_out(graph)
    places: dict[str, Position] = {}
    top, before = 0.0, ""
    for row in _rows(titles):
        spots = layout(graph.subgraph(row), wrap=False)
        high = min(y for _, y in spots.values())
        if before:
            top += WITHIN if titles[row[0]] == before else BETWEEN
        places |= {name: (x, y - high + top) for name, (x, y) in spots.items()}
        top += max(y for _, y in spots.values()) - high + HEIGHT
        before = titles[row[-1]]
    made = graph.move(places)
    for number, title in enumerate(dict.fromkeys(titles.values())):
        members = [name for name in titles if titles[name] == title and not graph[name].is_input]
        if members:
            made = made.frame(members, title, HUES[number % len(HUES)])
    return made


def _told(graph: Graph, begins: Mapping[str, str]) -> dict[str, str]:
    """Name -> the part that began last."""
    current, titles = STEM, dict[str, str]()
    for name in graph.order:
        titles[name] = current = begins.get(name, current)
    return titles


def _titles(graph: Graph) -> dict[str, str]:
    """Name -> the part of the network that the node is in, in the order in which the data passes them."""
    stages = {name: _stage(name) for name in graph.order}
    staged = [index for index, name in enumerate(graph.order) if stages[name]]
    titles: dict[str, str] = {}
    current = STEM
    for index, name in enumerate(graph.order):
        # the pooling that closes the last stage belongs to it
        if staged and index > staged[-1] and not isinstance(graph[name].block, MaxPool2d):
            current = HEAD
        titles[name] = current = stages[name] or current
    return titles


def _stage(name: str) -> str | None:
    """``Stage 2`` for stage2_1 and relu2_1, ``Inception 3`` for inception3a, ``Encoder`` for encoder_3, else None."""
    found = re.fullmatch(r"([a-z]+)(\d)[a-z]", name) or re.fullmatch(r"([a-z]+)(\d*)_(\d+|[a-z]+)", name)
    if found is None or not (found[2] or found[3].isdigit()):
        return None
    word = "stage" if found[1] in LAYERS else found[1]
    return f"{word.capitalize()} {found[2]}".strip()


def _rows(titles: dict[str, str]) -> list[list[str]]:
    """Each part of the network in rows of its own; parts of one node share a row with what follows.

    A longer part goes on in the next row, where that shows all of the network largest.
    """
    rows: list[list[str]] = [[]]
    for title, names in groupby(titles, key=titles.__getitem__):
        if rows[-1] and (title == HEAD or len(rows[-1]) > 1):
            rows.append([])
        rows[-1] += names
    # the Input stands outside the frame of the first part, in whose next row it would be in the way
    first = _parts(rows[0], LONGEST)
    broken = (
        [*first, *(part for row in rows[1:] for part in _parts(row, most))] for most in range(LONGEST, SHORTEST - 1, -1)
    )
    return min(broken, key=lambda rows: max(max(map(len, rows)) * COLUMN / ASPECT, len(rows) * ROW))


def _parts(row: list[str], most: int) -> list[list[str]]:
    """The row in as many equal parts as make none longer than ``most``."""
    length = ceil(len(row) / ceil(len(row) / most))
    return [row[start : start + length] for start in range(0, len(row), length)]
