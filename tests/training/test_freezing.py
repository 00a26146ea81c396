"""The three ways of transfer learning: all of it, the head alone, and a backbone that is taken up little by little."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import Dropout, Flatten, Input, Linear
from cnnstudio.compiler.source import Source, source
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.events import EpochEnd, Finished, Started, Step
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.pretrained.pretrained import IMAGENET, begin
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo import Backbone

SMALL = "shufflenet_v2_x0_5"


def classifier(frozen: bool, classes: int = 3) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((3, 32, 32))), Backbone(SMALL, "1/16", frozen), Flatten(), Dropout(0.1), Linear(classes))
    return draw.graph()


def trained(recipe: Recipe, data: Data, frozen: bool) -> tuple[dict[str, Tensor], nn.Module, list[object]]:
    """The weights before, the module after, and what was said."""
    made: Source = source(classifier(frozen, len(data.classes)))
    module = fresh(made, recipe)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    return before, module, list(train(module, data, recipe, source=made))


@pytest.fixture
def data(make_data: Callable[..., Data]) -> Data:
    return make_data(size=(3, 32, 32))


def changed(before: dict[str, Tensor], module: nn.Module) -> set[str]:
    return {name for name, value in module.state_dict().items() if not torch.equal(value, before[name])}


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW"])
def test_of_a_frozen_backbone_only_the_head_learns(optimizer: str, data: Data) -> None:
    recipe = Recipe(epochs=2, batch_size=8, optimizer=optimizer, weight_decay=0.1, learning_rate=0.01)
    before, module, events = trained(recipe, data, frozen=True)
    assert changed(before, module) == {"fc1.weight", "fc1.bias"}  # not the statistics of BatchNorm either
    started = events[0]
    assert isinstance(started, Started)
    head = 96 * 2 * 2 * 3 + 3
    assert started.parameters == head
    rest = sum(p.numel() for p in module.parameters()) - head
    assert f"{rest:,} parameters of the backbone are frozen and stay as they are." in started.notes
    assert isinstance(events[-1], Finished) and events[-1].reason == "done"


def test_what_is_not_frozen_learns_as_a_whole(data: Data) -> None:
    before, module, events = trained(Recipe(epochs=1, batch_size=8), data, frozen=False)
    assert changed(before, module) == set(before)
    assert isinstance(events[0], Started)
    assert events[0].parameters == sum(p.numel() for p in module.parameters())
    assert not [note for note in events[0].notes if "frozen" in note]


def test_a_backbone_may_learn_more_slowly(data: Data) -> None:
    """With plain SGD the first step is as long as the rate: a tenth of the rate is a tenth of the step."""
    steps = []
    for factor in (1.0, 0.1):
        recipe = Recipe(
            epochs=1, batch_size=1_000, optimizer="SGD", momentum=0.0, schedule="constant", learning_rate=0.01,
            backbone_rate=factor,
        )  # fmt: skip
        before, module, _ = trained(recipe, data, frozen=False)
        steps.append({name: module.state_dict()[name] - before[name] for name in before})
    fast, slow = steps
    name = "backbone1.stem.conv.weight"
    torch.testing.assert_close(slow[name], 0.1 * fast[name], rtol=0.05, atol=1e-6)
    torch.testing.assert_close(slow["fc1.weight"], fast["fc1.weight"])


@pytest.mark.parametrize("optimizer", ["Adam", "SGD", "RMSprop", "NAdam", "Adagrad"])
def test_it_is_taken_up_from_its_end_a_quarter_an_epoch(optimizer: str, data: Data) -> None:
    recipe = Recipe(epochs=6, batch_size=8, learning_rate=0.01, unfreeze_epoch=3, weight_decay=0.1, optimizer=optimizer)
    made = source(classifier(True))
    module = fresh(made, recipe)
    now = {name: value.clone() for name, value in module.state_dict().items()}
    learned: list[set[str]] = []
    for event in train(module, data, recipe, source=made):
        if isinstance(event, Started):
            assert any("frozen until epoch 3, then they learn as well, from the end." in note for note in event.notes)
        if isinstance(event, EpochEnd):
            parts = [name.removeprefix("backbone1.").partition(".")[0] for name in changed(now, module)]
            learned.append(set(parts))
            now = {name: value.clone() for name, value in module.state_dict().items()}
    inner = list(dict.fromkeys(name.split(".")[1] for name in now if name.startswith("backbone1.")))
    assert learned[0] == learned[1] == {"fc1"}
    quarters = [round(len(inner) * share / 4) for share in (1, 2, 3, 4)]
    for epoch, count in zip(learned[2:], quarters, strict=True):
        assert epoch == {"fc1", *inner[len(inner) - count :]}
    assert not any(p.requires_grad for p in module.get_submodule("backbone1").parameters())  # as the source says


def test_dropout_behind_a_frozen_backbone_goes_on(data: Data) -> None:
    made = source(classifier(True))
    module = fresh(made, Recipe(epochs=1))
    modes: list[tuple[bool, bool]] = []
    drop, norm = module.get_submodule("dropout1"), module.get_submodule("backbone1.stem.bn")
    module.register_forward_hook(lambda *_: modes.append((drop.training, norm.training)))
    list(train(module, data, Recipe(epochs=1, batch_size=8), source=made))
    assert (True, False) in modes and (True, True) not in modes


def test_on_the_shapes_the_head_learns_and_the_backbone_stays_bit_for_bit(tmp_path: Path) -> None:
    torch.manual_seed(3)
    torch.save(getattr(torchvision().models, SMALL)().state_dict(), tmp_path / "small.pth")
    recipe = Recipe(data="shapes", weights=str(tmp_path / "small.pth"), epochs=1, batch_size=64)
    made = source(classifier(True, 10))
    module = fresh(made, recipe)
    data = begin(module, made, recipe, load(recipe, Shape(3, 32, 32)))
    assert data.mean == IMAGENET[0]
    before = {name: value.clone() for name, value in module.state_dict().items()}
    running = train(module, data, recipe, source=made)
    steps = [event for event in islice(running, 6) if isinstance(event, Step)]
    running.close()
    assert len(steps) == 5
    assert changed(before, module) == {"fc1.weight", "fc1.bias"}
    assert not module.training and not any(part.training for part in module.modules())


# BatchNorm that learns its bias alone


def test_a_batchnorm_may_learn_its_bias_alone(
    make_data: Callable[..., Data], make_network: Callable[..., nn.Module]
) -> None:
    module, recipe = make_network(), Recipe(epochs=1, batch_size=8, batchnorm_scale=False, weight_decay=0.5)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    events = list(train(module, make_data(), recipe))
    assert torch.equal(module.state_dict()["1.weight"], torch.ones(4)), "no decay pulls at it either"
    assert changed(before, module) == before.keys() - {"1.weight"}
    assert all(parameter.requires_grad for parameter in module.parameters()), "what is exported asks for gradients"
    started = events[0]
    assert isinstance(started, Started)
    assert started.parameters == sum(p.numel() for p in module.parameters()) - 4
    assert "BatchNorm keeps its scale, 1 at first, and learns its bias alone." in started.notes


def test_the_scales_of_a_backbone_that_is_taken_up_stay_as_they_are(data: Data) -> None:
    recipe = Recipe(epochs=5, batch_size=8, unfreeze_epoch=2, batchnorm_scale=False)
    before, module, _ = trained(recipe, data, frozen=True)
    norms = {name for name, part in module.named_modules() if isinstance(part, nn.BatchNorm2d)}
    learned = changed(before, module)
    assert norms and not learned & {f"{name}.weight" for name in norms}
    assert {f"{name}.bias" for name in norms} <= learned
