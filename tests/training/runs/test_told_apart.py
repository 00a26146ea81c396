from __future__ import annotations

import dataclasses
from dataclasses import replace

import msgspec

from cnnstudio.blocks import ReLU
from cnnstudio.graph import Graph
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.queue import new_entry
from cnnstudio.training.runs.told_apart import told_apart


def test_runs_of_one_name_are_told_by_what_differs(chain: Graph) -> None:
    plain = Project(chain, Recipe())
    rates = [replace(plain, recipe=Recipe(learning_rate=rate, epochs=3)) for rate in (0.1, 0.01)]
    other = replace(rates[0], graph=chain.replace("conv1", dataclasses.replace(chain["conv1"].block, bias=False)))
    first, second, third = (new_entry(each, "lenet") for each in (*rates, other))
    alone = new_entry(plain, "alone")
    told = told_apart([first, second, alone])
    assert told == {first.id: "learning_rate 0.1", second.id: "learning_rate 0.01", alone.id: ""}
    told = told_apart([first, second, third])
    assert told[third.id] == "network 2, learning_rate 0.1" and told[second.id] == "network 1, learning_rate 0.01"


def test_a_broken_file_tells_nothing(chain: Graph) -> None:
    entry = msgspec.structs.replace(new_entry(Project(chain, Recipe()), "a"), project="{")
    other = new_entry(Project(chain.replace("relu1", ReLU()), Recipe()), "a")
    assert told_apart([entry, other]) == {other.id: ""}
