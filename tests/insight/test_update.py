"""The next step of one weight of a real network, against torch's own optimizers; and nothing is changed by looking."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from cnnstudio.blocks import BatchNorm2d, Conv2d, Dropout, Flatten, Group, Input, Linear, ReLU, Residual
from cnnstudio.compiler.source import Place
from cnnstudio.graph import Graph, Node
from cnnstudio.insight.activations import activation, entering
from cnnstudio.insight.calculation import UnexplainedError
from cnnstudio.insight.examination import examined
from cnnstudio.insight.subject import Subject
from cnnstudio.insight.update import Update, update
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.loop import train
from cnnstudio.training.runs.session import prepare


def network(*, dropout: bool = False) -> Graph:
    blocks = [
        ("input1", Input((1, 8, 8))), ("conv1", Conv2d(3, 3, bias=False)), ("norm1", BatchNorm2d()),
        ("relu1", ReLU()),
        ("flatten1", Flatten()), *([("dropout1", Dropout(0.5))] if dropout else []), ("linear1", Linear(10)),
    ]  # fmt: skip
    before = [None, *(name for name, _ in blocks)]
    return Graph.of(
        tuple(Node(name, block, (last,) if last else ()) for (name, block), last in zip(blocks, before, strict=False))
    )


def subject(recipe: Recipe, graph: Graph | None = None) -> Subject:
    return Subject(prepare(Project(graph or network(), recipe), lambda *_: True), "untrained weights")


def stepped(found: Subject, update_: Update, name: str, make: Any, clip: float = 0.0) -> float:
    """The weight after one real step, in float32, of the very batch."""
    module, data = copy.deepcopy(found.module).train(), found.data
    chosen = torch.linspace(0, len(data.train_labels) - 1, update_.images).round().long()
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (data.mean, data.std))
    optimizer = make(module)
    cross_entropy(module(normalised(data.train_images[chosen], mean, std)), data.train_labels[chosen]).backward()
    if clip:
        torch.nn.utils.clip_grad_norm_(module.parameters(), clip)
    optimizer.step()
    return float(module.get_parameter(name)[update_.index].detach())


@pytest.mark.parametrize("node", ["conv1", "norm1", "linear1"])
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_the_new_weight_is_that_of_one_real_step(node: str, kind: Literal["SGD", "Adam"]) -> None:
    clip = 0.05 if node == "linear1" else 0.0
    recipe = Recipe(
        data="digits", batch_size=32, optimizer=kind, learning_rate=0.05, weight_decay=0.01, schedule="constant",
        augmentations=(), gradient_clip=clip,
    )  # fmt: skip
    looked_at = subject(recipe)
    found = update(looked_at, Place(node), None)
    assert found.images == 32 and abs(found.gradient) == np.abs(found.gradients).max()
    assert found.slope.gradient == pytest.approx(found.gradient, rel=1e-9)
    assert found.measured == pytest.approx(found.gradient, rel=1e-3, abs=1e-7)

    def made(module: torch.nn.Module) -> torch.optim.Optimizer:
        if kind == "SGD":
            return torch.optim.SGD(module.parameters(), 0.05, momentum=recipe.momentum, weight_decay=0.01)
        return torch.optim.Adam(module.parameters(), 0.05, weight_decay=0.01)

    after = stepped(looked_at, found, f"{node}.weight", made, clip)
    assert found.step.after == pytest.approx(after, rel=1e-5, abs=1e-6) and found.step.after != found.step.before
    assert any("clipped" in line.words for line in found.step.lines) == bool(clip)
    assert "As in a first step" in found.memory and "BatchNorm normalises by this batch" in found.mode


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_in_a_run_the_memory_of_its_optimizer_counts(kind: Literal["SGD", "Adam"]) -> None:
    recipe = Recipe(
        data="digits", batch_size=64, optimizer=kind, epochs=1, learning_rate=0.01, augmentations=(), device="cpu",
        precision="float32", threads=1,
    )  # fmt: skip
    looked_at = subject(recipe)
    prepared = looked_at.prepared
    run = train(prepared.module, prepared.data, recipe, source=prepared.source, end=prepared.end)
    seen = 0
    for event in run:
        seen += type(event).__name__ == "Step"
        if seen == 5:
            break
    live = prepared.end.optimizer
    assert live is not None
    found = update(dataclasses.replace(looked_at, step=5), Place("conv1"), (1, 0, 2, 0))
    assert "after 5 steps" in found.memory

    def made(module: torch.nn.Module) -> torch.optim.Optimizer:
        own = type(live)(module.parameters(), lr=live.param_groups[0]["lr"])
        own.load_state_dict(copy.deepcopy(live.state_dict()))
        return own

    after = stepped(looked_at, found, "conv1.weight", made)
    assert found.step.after == pytest.approx(after, rel=1e-5, abs=1e-6)
    run.close()
    assert prepared.end.optimizer is None, "and its room is given back"
    assert "As in a first step" in update(looked_at, Place("conv1"), None).memory


def test_looking_changes_nothing() -> None:
    looked_at = subject(Recipe(data="digits", batch_size=16), network(dropout=True))
    module = looked_at.module
    module.get_parameter("conv1.weight").grad = torch.ones(3, 1, 3, 3)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    modes, random = [part.training for part in module.modules()], torch.get_rng_state()
    found = update(looked_at, Place("linear1"), (3, 7))
    assert found.index == (3, 7) and "dropout is on" in found.mode
    assert found.measured == pytest.approx(found.gradient, rel=1e-3, abs=1e-7), "both with the same draws"
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert modes == [part.training for part in module.modules()] and torch.equal(random, torch.get_rng_state())
    gradients = {name: each.grad for name, each in module.named_parameters() if each.grad is not None}
    assert set(gradients) == {"conv1.weight"} and bool((gradients["conv1.weight"] == 1).all())
    assert all(not part._forward_hooks for part in module.modules())


def test_the_parts_are_ranked_and_what_has_no_weight_says_so() -> None:
    looked_at = subject(Recipe(data="digits", batch_size=16))
    found = update(looked_at, Place("conv1"), (99, 0, 0, 0))
    assert found.index != (99, 0, 0, 0), "which is not there"
    said: list[float] = []
    update(looked_at, Place("conv1"), None, lambda _, share: said.append(share) or True)  # type: ignore[func-returns-value,arg-type]
    assert said == [0.25, 0.5, 0.75], "of the three passes"
    with pytest.raises(UnexplainedError, match="cancelled"):
        update(looked_at, Place("conv1"), None, lambda _, share: share != 0.5)
    products = [abs(each[3]) for each in found.largest(6)]
    assert len(products) == 6 and products == sorted(products, reverse=True)
    assert products[0] == np.abs(found.slope.terms).max()
    for name, words in (("relu1", "no weight"), ("input1", "no weights"), ("gone", "gone is not in the network")):
        with pytest.raises(UnexplainedError, match=words):
            update(looked_at, Place(name), None)


def nested() -> Graph:
    body = Graph.of((Node("input1", Input((2, 8, 8))), Node("conv1", Conv2d(2, padding=1), ("input1",))))
    return Graph.of(
        (
            Node("input1", Input((1, 8, 8))),
            Node("residual1", Residual(2), ("input1",)),
            Node("group1", Group("Twice", body, repeat=2), ("residual1",)),
            Node("flatten1", Flatten(), ("group1",)),
            Node("linear1", Linear(10), ("flatten1",)),
        )
    )


def test_a_weight_inside_a_copy_of_a_group_is_followed() -> None:
    looked_at = subject(Recipe(data="digits", batch_size=16, schedule="constant"), nested())
    found = update(looked_at, Place("conv1", ("group1",), (1,)), (1, 0, 2, 1))
    own = looked_at.module.get_parameter("group1.1.conv1.weight")
    assert found.step.before == float(own[1, 0, 2, 1].detach())
    assert found.slope.gradient == pytest.approx(found.gradient, rel=1e-9)
    make = lambda module: torch.optim.Adam(module.parameters(), 0.002)  # noqa: E731
    assert found.step.after == pytest.approx(stepped(looked_at, found, "group1.1.conv1.weight", make), abs=1e-6)
    with pytest.raises(UnexplainedError, match="open it and choose one"):
        update(looked_at, Place("group1"), None)


def test_a_value_inside_is_told_as_one_outside() -> None:
    looked_at = subject(Recipe(data="digits"), nested())
    image = looked_at.picture(3).image
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (looked_at.data.mean, looked_at.data.std))
    x = normalised(torch.tensor(image)[None], mean, std)
    seen: dict[str, Any] = {}
    for path, part in looked_at.module.named_modules():
        part.register_forward_hook(lambda _part, _in, value, path=path: seen.__setitem__(path, value[0].numpy()))
    with torch.no_grad():
        looked_at.module.eval()(x)
    for place, path in (
        (Place("conv1", ("residual1",)), "residual1.conv1"),
        (Place("conv1", ("group1",), (0,)), "group1.0.conv1"),
        (Place("conv1", ("group1",), (1,)), "group1.1.conv1"),
    ):
        found = examined(looked_at, place, (1, 2, 3), 3)
        assert found.place == place and np.array_equal(found.output, seen[path])
        assert found.calculation is not None and found.calculation.agrees, found.why
    entered = examined(looked_at, Place("input1", ("group1",), (1,)), (1, 2, 3), 3)
    assert "what enters group1" in entered.why and np.array_equal(entered.output, seen["group1.0.conv1"])
    with pytest.raises(UnexplainedError, match="nothing inside"):
        examined(looked_at, Place("conv1", ("linear1",)), None, 3)


def test_a_number_of_a_composite_is_told_where_it_ends_inside() -> None:
    """The sum in which a residual block ends, and the last copy of what is repeated; its field is known as before."""
    looked_at = subject(Recipe(data="digits"), nested())
    for name in ("residual1", "group1"):
        found = examined(looked_at, name, (1, 2, 3), 3)
        assert found.place.scope == (name,) and found.cell == (1, 2, 3)
        assert found.calculation is not None and found.calculation.agrees, found.why
        own = activation(looked_at.module, looked_at.source, name, entering_of(looked_at, 3))[0]
        assert np.array_equal(found.output, own.numpy()) and found.seen is not None
    assert found.place.copies == (1,)
    assert examined(looked_at, "linear1", None, 3).place == Place("linear1")


def entering_of(looked_at: Subject, number: int) -> torch.Tensor:
    return entering(looked_at.module, looked_at.picture(number).image, looked_at.data)
