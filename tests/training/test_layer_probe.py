"""How the layers of a network move while it learns; and that nobody moves otherwise because somebody looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Step
from cnnstudio.training.layer_probe import LayerProbe
from cnnstudio.training.layer_statistics import LayerStatistics
from cnnstudio.training.loop import train
from cnnstudio.training.runs.history import MOST_LOOKS, History

MakeData = Callable[..., Data]
MakeNetwork = Callable[..., nn.Module]
RECIPE = Recipe(
    epochs=2, batch_size=8, learning_rate=0.01, device="cpu", optimizer="SGD", momentum=0.0, schedule="constant"
)


def looks(module: nn.Module, data: Data, recipe: Recipe = RECIPE) -> list[LayerStatistics]:
    events = train(module, data, recipe, probes=[LayerProbe(every_seconds=0)])
    return [event for event in events if isinstance(event, LayerStatistics)]


def test_a_run_that_is_watched_goes_as_one_that_is_not(make_data: MakeData, make_network: MakeNetwork) -> None:
    watched, alone = make_network(), make_network()
    assert looks(watched, make_data())
    list(train(alone, make_data(), RECIPE))
    for name, weight in alone.state_dict().items():
        assert torch.equal(weight, watched.state_dict()[name])


def test_it_tells_of_every_layer_with_weights(make_data: MakeData, make_network: MakeNetwork) -> None:
    found = looks(make_network(), make_data())
    assert [layer.name for layer in found[0].layers] == ["0", "6"], "and of no BatchNorm"
    assert [look.step for look in found] == [2, 4, 6, 8]
    assert list(found[0].silent) == ["2"] and 0.0 <= found[0].silent["2"] <= 1.0
    assert sum(found[0].guesses) == sum(found[0].labels) == 12 and found[0].labels == (4, 4, 4)


def test_an_update_is_what_the_optimizer_did(make_data: MakeData, make_network: MakeNetwork) -> None:
    """Plain SGD moves the weights by the rate times the gradient."""
    module = make_network()
    events = train(module, make_data(), RECIPE, probes=[LayerProbe(every_seconds=0)])
    rate = 0.0
    for event in events:
        if isinstance(event, Step):
            rate = event.learning_rate
        if isinstance(event, LayerStatistics):
            for layer in event.layers:
                assert layer.update * layer.weight == pytest.approx(rate * layer.gradient, rel=1e-3)


def test_no_hook_is_left_where_it_was_looked(make_data: MakeData, make_network: MakeNetwork) -> None:
    module = make_network()
    looks(module, make_data())
    assert not any(parameter._post_accumulate_grad_hooks for parameter in module.parameters())
    assert not any(part._forward_hooks for part in module.modules())


def test_what_does_not_learn_is_not_told_of(make_data: MakeData, make_network: MakeNetwork) -> None:
    module = make_network()
    module[0].requires_grad_(False)  # type: ignore[index]
    assert [layer.name for layer in looks(module, make_data())[0].layers] == ["6"]


def test_looking_waits_a_hundred_times_as_long_as_it_takes(make_data: MakeData, make_network: MakeNetwork) -> None:
    probe = LayerProbe(every_seconds=1e-9)
    list(train(make_network(), make_data(), RECIPE, probes=[probe]))
    assert probe._seconds > 0 and not probe.is_due(99)


def test_a_history_keeps_the_first_look_and_the_last_ones() -> None:
    history = History()
    for step in range(1, 5 * MOST_LOOKS):
        history.take(LayerStatistics(step, (), {}, (), ()))
    assert len(history.layers) <= MOST_LOOKS
    assert (history.layers[0].step, history.layers[-1].step) == (1, 5 * MOST_LOOKS - 1)
