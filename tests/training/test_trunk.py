"""What a frozen trunk makes of an image is computed once, and nothing but the time tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from cnnstudio.blocks import AdaptiveAvgPool2d, Add, BatchNorm2d, Conv2d, Dropout, Flatten, Input, Linear, ReLU
from cnnstudio.compiler.source import Source, source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project.augmentations import MixUp, usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import trunk
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd, Event, Foreseen, Remark, Step
from cnnstudio.training.loop import fresh, train
from cnnstudio.zoo import Backbone

SMALL = "shufflenet_v2_x0_5"


@pytest.fixture
def data(make_data: Callable[..., Data]) -> Data:
    return make_data(size=(3, 32, 32), images=66)


def classifier() -> Graph:
    """The frozen part goes on behind the backbone, past two ways, up to the dropout."""
    draw = Sketch()
    x = draw.chain(draw(Input((3, 32, 32))), Backbone(SMALL, "1/16"), AdaptiveAvgPool2d(1))
    x = draw.chain(draw(Add(), draw(ReLU(), x), x), Flatten())
    draw.chain(x, Dropout(0.3), Linear(3))
    return draw.graph()


def plan(**values: Any) -> Recipe:
    return Recipe(**{"epochs": 3, "batch_size": 8, "learning_rate": 0.01, "device": "cpu", "threads": 1, **values})


def trained(
    data: Data, recipe: Recipe, graph: Graph | None = None, with_source: bool = True
) -> tuple[nn.Module, list[Event], list[int]]:
    """The module after, what was said, and how many images went through the backbone each time while it trained."""
    made: Source = source(graph or classifier())
    module, seen = fresh(made, recipe), list[int]()
    backbone = module.get_submodule("backbone1")
    backbone.register_forward_hook(lambda part, x, y: seen.append(len(x[0])))
    return module, list(train(module, data, recipe, source=made if with_source else None)), seen


def numbers(events: list[Event]) -> list[tuple[float, ...]]:
    steps = [(each.loss, each.accuracy) for each in events if isinstance(each, Step)]
    ends = [(each.validation_loss, each.validation_accuracy) for each in events if isinstance(each, EpochEnd)]
    return [*steps, *ends]


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnstudio.training.loop.kept_trunk", lambda *_: (None, ""))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_run_is_the_one_that_computes_them_anew(
    data: Data, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    kept, said, seen = trained(data, plan(precision=precision))
    assert seen == [2, 2, 64, 2, 12]  # a check that it fits, a look for the trunk, and each image once
    _, said_again, _ = trained(data, plan(precision=precision))
    assert numbers(said) == numbers(said_again)
    without(monkeypatch)
    plain, expected, seen = trained(data, plan(precision=precision))
    assert sum(seen) > 3 * (66 + 12)
    close = {"rtol": 1e-4, "atol": 1e-5} if precision == "float32" else {"rtol": 0.05, "atol": 0.05}
    torch.testing.assert_close(torch.tensor(numbers(said)), torch.tensor(numbers(expected)), **close)
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(kept.state_dict()[name], value, **close)
        if name.startswith("backbone1"):
            assert torch.equal(kept.state_dict()[name], value), name  # the statistics of its BatchNorms too


def test_how_far_it_is_can_be_seen_and_left(data: Data) -> None:
    _, events, _ = trained(data, plan())
    assert [each for each in events if isinstance(each, Foreseen)] == [
        Foreseen(64, 78), Foreseen(66, 78), Foreseen(78, 78)
    ]  # fmt: skip
    assert isinstance(events[1], Foreseen)
    assert events[1].sentence == "Sending all images once through the part that does not learn: 64 of 78."
    made = source(classifier())
    module = fresh(made, plan())
    run = train(module, data, plan(), source=made)
    next(run), next(run)
    run.close()
    assert not module.training


@pytest.mark.parametrize("how", ["augmented", "mixed", "averaged", "one epoch", "unknown source"])
def test_features_are_not_kept_where_they_would_not_hold_or_not_pay(data: Data, how: str) -> None:
    changed = {
        "augmented": {"augmentations": usual(True)},
        "mixed": {"augmentations": (MixUp(),)},
        "averaged": {"averaging": True},
    }
    recipe = plan(**{"epochs": 1 if how == "one epoch" else 2, **changed.get(how, {})})
    _, events, _ = trained(data, recipe, with_source=how != "unknown source")
    assert not any(isinstance(each, Foreseen) for each in events)


def test_they_are_let_go_of_when_the_backbone_learns(data: Data) -> None:
    recipe = plan(epochs=4, unfreeze_epoch=3)
    _, events, seen = trained(data, recipe)
    assert sum(isinstance(each, Foreseen) for each in events) == 3
    learning = seen[-(9 + 1) * 2 :]
    assert sum(learning) == 2 * (66 + 12)


def test_what_looks_at_a_batch_or_draws_numbers_ends_the_trunk(data: Data) -> None:
    draw = Sketch()
    x = draw.chain(draw(Input((3, 32, 32))), Backbone(SMALL, "1/16"), ReLU(), BatchNorm2d(affine=False))
    draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Linear(3))
    module = fresh(made := source(draw.graph()), plan())
    found = front(module, made, data)
    assert found.is_worth_it and [each.statement.node for each in found._front] == ["backbone1", "relu1"]
    draw = Sketch()
    draw.chain(draw(Input((3, 32, 32))), Backbone(SMALL, "1/16"), Dropout(0.001), Flatten(), Linear(3))
    module = fresh(made := source(draw.graph()), plan())
    assert front(module, made, data).edge == ("backbone1",)


def test_a_network_that_reads_the_image_beside_the_backbone_keeps_none(data: Data) -> None:
    draw = Sketch()
    image = draw(Input((3, 32, 32)))
    ways = draw(Conv2d(96, 1, stride=16), image), draw(Backbone(SMALL, "1/16"), image)
    draw.chain(draw(Add(), *ways), Flatten(), Linear(3))
    assert not front(fresh(made := source(draw.graph()), plan()), made, data).is_worth_it


def front(module: nn.Module, made: Source, data: Data) -> trunk.Trunk:
    from cnnstudio.training.device import chosen_device

    module.train()
    module.get_submodule("backbone1").eval()
    return trunk.Trunk(module, made, data.train_images[:2].float(), chosen_device(module, plan()))


def test_features_that_there_is_no_room_for_are_computed_anew(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk, "SHARE", 10**12)
    _, events, _ = trained(data, plan(epochs=2))
    assert not any(isinstance(each, Foreseen) for each in events)
    (remark,) = [each for each in events if isinstance(each, Remark)]
    assert remark.sentence.startswith("The features of the frozen part take 29.2 KiB for all images and ")
