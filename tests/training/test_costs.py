"""What a run takes by formula: its terms, and that it is known without torch."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from cnnstudio import zoo
from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.costs import Costs, costs, energy, work


def of(graph: Graph, **recipe: object) -> Costs:
    found = costs(infer(graph), Recipe(**recipe))
    assert found is not None
    return found


def test_every_weight_has_a_gradient_and_what_the_optimizer_remembers() -> None:
    lenet = zoo.lenet5()
    totals = infer(lenet).totals
    assert totals is not None
    of_each = {"SGD": 4, "Adam": 5, "AdamW": 5, "NAdam": 5, "RMSprop": 5, "Adagrad": 4}
    for optimizer, numbers in of_each.items():
        assert of(lenet, optimizer=optimizer).weights == 4 * numbers * totals.parameters
    assert of(lenet, optimizer="SGD", momentum=0.0).weights == 4 * 3 * totals.parameters
    assert of(lenet, optimizer="Adam", averaging=True).weights == 4 * 6 * totals.parameters


@pytest.mark.parametrize(
    ("recipe", "numbers"),  # measured in weights of one large layer
    [
        ({"optimizer": "SGD", "weight_decay": 0.01}, 1),
        ({"optimizer": "Adam", "weight_decay": 0.01}, 1),
        ({"optimizer": "RMSprop"}, 2),
        ({"optimizer": "RMSprop", "weight_decay": 0.01}, 3),
        ({"optimizer": "NAdam"}, 3),
        ({"optimizer": "NAdam", "weight_decay": 0.01}, 4),
        ({"optimizer": "Adagrad"}, 2),
        ({"optimizer": "SGD", "precision": "bfloat16"}, 1.5),
    ],
)
def test_a_step_takes_what_its_optimizer_makes_in_passing(recipe: dict[str, object], numbers: float) -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 40, 40))), Flatten(), Linear(1_000, bias=False))
    assert of(draw.graph(), **recipe).gradients == 4 * numbers * 1_600_000


def test_a_batch_that_fits_fits_and_the_double_of_it_does_not() -> None:
    found = of(zoo.small_resnet(), data="cifar10")
    for free in (2**30, 2**31, 2**34):
        size = found.fitting(free)
        assert found.memory(size) <= free < found.memory(2 * size)
    assert found.fitting(0) == 0


def test_the_work_of_a_run_is_that_of_its_images() -> None:
    found = of(zoo.lenet5(), data="mnist", epochs=2)
    assert found.run_macs == 3 * found.macs * 60_000 * 2
    assert "the run" in work(found)
    unknown = of(zoo.lenet5(), data="folder", folder="somewhere")
    assert unknown.run_macs is None and unknown.data == 0 and "the run" not in work(unknown)
    assert costs(infer(Graph()), Recipe()) is None


def test_the_images_take_their_bytes() -> None:
    assert of(zoo.lenet5(), data="mnist").data == 70_000 * 28 * 28
    assert dataclasses.replace(of(zoo.lenet5()), data=0).memory(1) < of(zoo.lenet5()).memory(1)


def test_the_memory_is_that_of_the_layout_in_which_it_is_trained() -> None:
    draw = Sketch()
    draw.chain(draw(Input((3, 16, 16))), Conv2d(8, 3), ReLU(), Flatten(), Linear(10))
    graph = draw.graph()
    last, plain = (of(graph, data="cifar10", channels_last=layout).image for layout in ("on", "off"))
    assert last > 1.4 * plain
    assert of(graph, data="cifar10").image == of(graph, data="cifar10", device="cpu").image == last
    assert of(graph, data="cifar10", device="cuda").image == plain
    assert of(graph, data="cifar10", device="cuda", precision="bfloat16").image == last


def test_energy_is_told_by_what_people_know_and_with_what_is_assumed() -> None:
    assert energy(90.0, "cpu") == (
        "1 Wh: a lamp for 6 min 0 s",
        "If the computer draws 40 watts more while it trains; the lamp is one of 10 watts.",
    )
    assert energy(36_000.0, "cuda")[0] == "2.50 kWh: a lamp for 250 h 0 min"


def test_it_is_known_without_torch() -> None:
    program = "import sys, cnnstudio.training.costs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
