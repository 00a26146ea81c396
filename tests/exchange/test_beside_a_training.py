"""A training goes bit for bit the same way, whatever else the program does meanwhile."""

from __future__ import annotations

import dataclasses
import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnnstudio.blocks import (
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    FractionalMaxPool2d,
    Input,
    Linear,
    ReLU,
    RReLU,
    StochasticDepth,
)
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.export import WRITERS, export
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.exchange.importing.network import import_module
from cnnstudio.exchange.importing.referee import compared
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.insight.activations import ActivationProbe, maps
from cnnstudio.insight.evaluation.one_pass import evaluate
from cnnstudio.project import Project
from cnnstudio.project.augmentations import MixUp, usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.batches import Batches
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.device import chosen_device
from cnnstudio.training.events import Finished, Observation
from cnnstudio.training.layer_probe import LayerProbe
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.rehearsal import rehearsed
from cnnstudio.training.runs.session import Prepared
from cnnstudio.training.warming import warm_up
from cnnstudio.worker import unheard

SIZE = Shape(1, 8, 8)
PLAN = Recipe(data="digits", epochs=4, batch_size=32, augmentations=(*usual(True), MixUp()), device="cpu", threads=1)


def network() -> Graph:
    draw = Sketch()
    x = draw.chain(draw(Input(SIZE)), Conv2d(8, padding=1), BatchNorm2d(), RReLU(), FractionalMaxPool2d((5, 5)))
    draw.chain(x, StochasticDepth(0.2), Flatten(), Dropout(0.3), Linear(32), ReLU(), Dropout(0.2), Linear(10))
    return draw.graph()


@pytest.fixture(scope="module")
def digits() -> Data:
    """Some of them, as if a mirror image were as good."""
    data = load(PLAN, SIZE)
    some = {name: getattr(data, name)[:320] for name in ("train_images", "train_labels")}
    return dataclasses.replace(data, mirror=True, **some)


def trained(data: Data) -> tuple[list[Any], dict[str, torch.Tensor]]:
    """All that a run says, but for times, and the weights that it ends with."""
    text = source(network())
    module = fresh(text, PLAN)
    probes = [ActivationProbe("pool1", every_seconds=0.0), LayerProbe(every_seconds=0.0)]
    said = []
    for event in train(module, data, PLAN, None, probes, text):
        numbers = {name: value for name, value in vars(event).items() if "second" not in name and name != "notes"}
        said.append((type(event).__name__, "" if isinstance(event, Finished | Observation) else numbers))
    return said, module.state_dict()


def others(data: Data, folder: Path) -> dict[str, Callable[[], object]]:
    """What the program does beside a training, by name; each checks that it does it right."""
    graph, text = network(), source(network())
    first = {name: tensor.clone() for name, tensor in fresh(text, PLAN).state_dict().items()}
    prepared = Prepared(Project(graph, PLAN), text, fresh(text, PLAN).eval(), data)

    class Original(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Dropout(0.5), nn.Flatten(), nn.Linear(108, 5))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layers(x)  # type: ignore[no-any-return]

    def fresh_weights() -> None:
        again = fresh(text, PLAN).state_dict()
        assert all(torch.equal(first[name], again[name]) for name in first)

    def thumbnails() -> None:
        device = chosen_device(prepared.module, PLAN)
        chance = torch.Generator().manual_seed(0)
        Batches(data, PLAN, device).batch(torch.arange(320), 0, 1, chance)

    def imported() -> None:
        original = Original()
        assert compared(original, import_module(original, SIZE, "Original"), SIZE) == ()

    def rehearsal() -> None:
        with rehearsed(prepared.project, data, unheard):
            pass

    def stranger() -> None:
        torch.manual_seed(11)
        torch.rand(1_000)
        with torch.random.fork_rng(devices=()):
            torch.randn(1_000)

    def exporting(kind: str) -> Callable[[], object]:
        path = folder / f"network{KINDS[kind].suffix}"
        return lambda: export(graph, kind, path, folder / "some.safetensors")

    weights.save(folder / "some.safetensors", prepared.module)
    return {
        **{kind: exporting(kind) for kind in WRITERS if KINDS[kind].group == "PyTorch"},
        "feature maps": lambda: maps(prepared.module, text, "pool1", data.validation_images[0].numpy(), data),
        "evaluation": lambda: evaluate(prepared, unheard),
        "fresh weights": fresh_weights,
        "thumbnails": thumbnails,
        "import": imported,
        "rehearsal": rehearsal,
        "warming": warm_up,
        "a stranger": stranger,
    }


@contextmanager
def going_on(jobs: dict[str, Callable[[], object]]) -> Iterator[dict[str, int]]:
    """Inside, these are done in turn, again and again, on a thread beside; how often each was done."""
    done, over, errors = dict.fromkeys(jobs, 0), threading.Event(), list[str]()

    def work() -> None:
        for name in itertools.cycle(jobs):
            if over.is_set():
                return
            try:
                jobs[name]()
            except Exception as error:
                errors.append(f"{name}: {type(error).__name__}: {error}")
            done[name] += 1

    thread, before = threading.Thread(target=work), sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        sys.setswitchinterval(before)
        thread.join()
    assert errors == []


def test_a_training_is_bit_for_bit_the_same_beside_everything_else(digits: Data, tmp_path: Path) -> None:
    said, wanted = trained(digits)
    with going_on(others(digits, tmp_path)) as done:
        while not all(done.values()):
            again, found = trained(digits)
            assert again == said
            assert all(torch.equal(wanted[name], found[name]) for name in wanted)
