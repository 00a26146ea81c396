"""A single image is looked at and evaluated where PyTorch refuses it: it never ends a run, nor blames a BatchNorm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from cnnstudio.blocks import AdaptiveAvgPool2d, BatchNorm1d, Conv2d, Flatten, GroupNorm, Input, Linear
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.insight.activations import ActivationProbe, maps
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import TrainingError, of_any_batch
from cnnstudio.training.events import EpochEnd, Finished, Remark
from cnnstudio.training.loop import fresh, train

MakeData = Callable[..., Data]
POOLED = (Conv2d(4, 3), AdaptiveAvgPool2d(1))
REFUSING = {
    "GroupNorm of one value a group": (*POOLED, GroupNorm(4), Flatten()),
    "BatchNorm1d without running statistics": (*POOLED, Flatten(), BatchNorm1d(track_running_stats=False)),
}


def network(*blocks: Block) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), *blocks, Linear(3))
    return draw.graph()


@pytest.mark.parametrize("blocks", REFUSING.values(), ids=REFUSING)
@pytest.mark.parametrize("validation", [1, 33])  # chunks of 32: the last is of one image
def test_looks_and_validation_of_one_image_do_not_end_a_run(
    blocks: tuple[Block, ...], validation: int, make_data: MakeData
) -> None:
    text = source(network(*blocks))
    recipe = Recipe(epochs=2, batch_size=8, device="cpu")
    data = make_data(validation=validation)
    module = fresh(text, recipe).eval()
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        module(torch.zeros(1, 1, 8, 8))
    events = list(train(module, data, recipe, probes=[ActivationProbe("conv1", every_seconds=0)], source=text))
    assert isinstance(events[-1], Finished) and events[-1].reason == "done"
    assert sum(isinstance(event, FeatureMaps) for event in events) == 8
    assert [event.sentence for event in events if isinstance(event, Remark)] == []
    assert sum(isinstance(event, EpochEnd) for event in events) == 2


@pytest.mark.parametrize("blocks", REFUSING.values(), ids=REFUSING)
def test_a_look_without_a_run_sees_it_too(blocks: tuple[Block, ...], make_data: MakeData) -> None:
    graph, data = network(*blocks), make_data()
    text = source(graph)
    found = maps(fresh(text, Recipe()), text, graph.outputs[0].name, data.validation_images[0].numpy(), data)
    assert found.shape == (3,)


def test_a_step_of_one_image_is_refused_with_a_true_sentence(make_data: MakeData) -> None:
    text = source(network(*REFUSING["GroupNorm of one value a group"]))
    recipe = Recipe(epochs=1, batch_size=1, device="cpu")
    with pytest.raises(TrainingError, match="A normalisation is given one number of each channel") as caught:
        list(train(fresh(text, recipe), make_data(), recipe, source=text))
    assert "BatchNorm" not in str(caught.value)


def test_one_image_is_shown_twice_only_where_it_must_be() -> None:
    shown: list[int] = []

    class Counting(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            shown.append(len(x))
            return x.flatten(1)

    x = torch.randn(1, 2, 1, 1)
    assert torch.equal(of_any_batch(Counting(), x), x.flatten(1)) and shown == [1]
    norm = nn.Sequential(Counting(), nn.BatchNorm1d(2, track_running_stats=False))
    assert torch.equal(of_any_batch(norm, x), torch.zeros(1, 2)) and shown == [1, 1, 2]
    with pytest.raises(ValueError, match="other"):
        of_any_batch(_other, x)


def _other(x: torch.Tensor) -> torch.Tensor:
    raise ValueError("other")
