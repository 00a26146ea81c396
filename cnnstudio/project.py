"""Project: a graph and a recipe, and the .cnn file that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnstudio.graph import Graph
from cnnstudio.recipe import Recipe


@dataclass(frozen=True)
class Project:
    """What a person works on: the network and how it is trained. A value; the file's name is not part of it."""

    graph: Graph = field(default_factory=Graph)
    recipe: Recipe = field(default_factory=Recipe)
