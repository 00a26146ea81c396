"""One step with all that a recipe puts around the optimizer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from cnnstudio.project.augmentations import AlternatingFlip, MixUp, usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.batches import BOTH_SIDES
from cnnstudio.training.data.loading import Data, normalised
from cnnstudio.training.device import chosen_device
from cnnstudio.training.events import EpochEnd, Started, Step
from cnnstudio.training.freezing import Backbones
from cnnstudio.training.learner import Learner
from cnnstudio.training.loop import train
from cnnstudio.training.random_streams import RandomStreams

MakeData = Callable[..., Data]


def network() -> nn.Module:
    """One without BatchNorm, so that images do not know of each other."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))


def trained(data: Data, **values: Any) -> tuple[nn.Module, list[Step]]:
    module = network()
    recipe = Recipe(**{"epochs": 5, "learning_rate": 0.01, "device": "cpu", "augmentations": usual(True), **values})
    return module, [event for event in train(module, data, recipe) if isinstance(event, Step)]


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer": "SGD"},
        {"optimizer": "AdamW", "label_smoothing": 0.1, "class_weights": "balanced", "gradient_clip": 0.5},
        {"optimizer": "SGD", "augmentations": (MixUp(),), "loss": "focal"},
    ],
)
def test_a_step_of_several_batches_is_that_of_one(make_data: MakeData, values: dict[str, Any]) -> None:
    data = make_data()
    whole, once = trained(data, batch_size=16, **values)
    parts, summed = trained(data, batch_size=4, accumulation=4, **values)
    assert len(once) == len(summed) == 10
    for one, other in zip(once, summed, strict=True):
        assert one.loss == pytest.approx(other.loss, abs=1e-5) and one.accuracy == pytest.approx(other.accuracy)
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_one_step_of_several_batches_is_that_of_one_within_a_millionth(make_data: MakeData) -> None:
    data = make_data(images=32)
    whole, _ = trained(data, epochs=1, batch_size=32, optimizer="SGD", schedule="constant")
    parts, _ = trained(data, epochs=1, batch_size=8, accumulation=4, optimizer="SGD", schedule="constant")
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        assert float((one - other).detach().abs().max()) < 1e-6


def test_a_last_image_alone_is_no_batch_of_its_own(make_data: MakeData) -> None:
    seen: list[int] = []
    module = network()
    module.register_forward_hook(lambda part, given, _: seen.append(len(given[0])) if part.training else None)
    list(train(module, make_data(images=21), Recipe(epochs=1, batch_size=4, accumulation=3, device="cpu")))
    assert seen == [4, 4, 4, 4, 5]


def test_training_says_the_loss_that_validation_says(make_data: MakeData) -> None:
    """The weights hardly move, so the loss of a smoothed run is that of a plain one."""
    data = make_data()
    plain, smooth, weighted = (
        [step.loss for step in trained(data, learning_rate=1e-8, epochs=1, **values)[1]]
        for values in ({}, {"label_smoothing": 0.5}, {"class_weights": "by hand", "class_weight_list": "1, 9, 0"})
    )
    assert smooth == pytest.approx(plain, rel=1e-5) and weighted == pytest.approx(plain, rel=1e-5)


@pytest.fixture
def half(make_data: MakeData) -> Callable[[], Learner]:
    """A learner that computes in float16 and scales the loss, as on CUDA; here on the CPU."""

    def made() -> Learner:
        module, recipe = network(), Recipe(optimizer="SGD", device="cpu", gradient_clip=1.0)
        device = dataclasses.replace(chosen_device(module, recipe), float16=True)
        return Learner(module, make_data(), recipe, device, Backbones(module, None, recipe))

    return made


def batch() -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(2)
    return torch.randn(8, 1, 8, 8, generator=random), torch.randint(0, 3, (8,), generator=random)


def test_in_float16_the_step_is_that_of_float32_nearly(half: Callable[[], Learner]) -> None:
    scaled = half()
    plain = network()
    optimizer = torch.optim.SGD(plain.parameters(), 0.1, 0.9)
    streams = RandomStreams(0, torch.device("cpu"))
    for _ in range(3):
        images, labels = batch()
        loss, said, _ = scaled.step(images, labels, 0.1, streams)
        expected = nn.functional.cross_entropy(plain(images), labels)
        expected.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        assert loss == said == pytest.approx(float(expected.detach()), abs=5e-3)
    for one, other in zip(scaled._module.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=5e-3, rtol=5e-2)


def test_the_scale_of_the_loss_is_remembered(half: Callable[[], Learner]) -> None:
    first, second = half(), half()
    first._scaler.load_state_dict({**first.memory["scaler"], "scale": 2.0**8})
    images, labels = batch()
    first.step(images, labels, 0.1, RandomStreams(0, torch.device("cpu")))
    memory = first.memory
    assert memory["scaler"]["scale"] == 2.0**8 and memory["scaler"]["_growth_tracker"] == 1
    second.remember(memory)
    assert second.memory == memory


def test_gradients_that_float16_cannot_hold_take_no_step_and_lower_the_scale(half: Callable[[], Learner]) -> None:
    learner = half()
    learner._scaler.load_state_dict({**learner.memory["scaler"], "scale": 2.0**40})
    before = [parameter.detach().clone() for parameter in learner._module.parameters()]
    images, labels = batch()
    learner.step(images, labels, 0.1, RandomStreams(0, torch.device("cpu")))
    assert all(torch.equal(one, other) for one, other in zip(before, learner._module.parameters(), strict=True))
    assert learner.memory["scaler"]["scale"] == 2.0**39


# both sides of an image


def validated(data: Data, **values: Any) -> tuple[EpochEnd, tuple[str, ...], nn.Module]:
    """What the validation says of the first weights, which do not move, and what the run says before."""
    module = network()
    recipe = Recipe(**{"epochs": 1, "learning_rate": 1e-8, "device": "cpu", "augmentations": usual(True), **values})
    events = list(train(module, data, recipe))
    started, ended = events[0], next(event for event in events if isinstance(event, EpochEnd))
    assert isinstance(started, Started)
    return ended, started.notes, module


@pytest.mark.parametrize("averaging", [False, True])
def test_validation_takes_the_mean_of_both_sides_and_says_so(make_data: MakeData, averaging: bool) -> None:
    data = dataclasses.replace(make_data(), mirror=True)
    ended, notes, module = validated(data, test_time_mirror=True, averaging=averaging)
    x = normalised(data.validation_images, torch.tensor([[[0.4]]]), torch.tensor([[[0.3]]]))
    with torch.no_grad():
        one, other = module(x), module(x.flip(3))
    wanted = cross_entropy((one + other) / 2, data.validation_labels).item()
    assert abs(wanted - cross_entropy(one, data.validation_labels).item()) > 1e-3
    assert ended.validation_loss == pytest.approx(wanted, abs=1e-5)
    assert ended.average_loss == (pytest.approx(wanted, abs=1e-4) if averaging else None)
    assert BOTH_SIDES in notes


def test_where_left_is_not_right_validation_looks_at_one_side(make_data: MakeData) -> None:
    """A folder of arrows, where nothing mirrors, or images that are mirrored though they are digits."""
    arrows, digits = dataclasses.replace(make_data(), mirror=True), make_data()
    plain, _, _ = validated(arrows, augmentations=usual(False))
    for data, given in ((arrows, usual(False)), (digits, (AlternatingFlip(),)), (arrows, ())):
        ended, notes, _ = validated(data, test_time_mirror=True, augmentations=given)
        assert ended.validation_loss == pytest.approx(plain.validation_loss, abs=1e-6)
        assert BOTH_SIDES not in notes


def test_weights_say_that_they_were_validated_from_both_sides(make_data: MakeData, tmp_path: Path) -> None:
    data = dataclasses.replace(make_data(), mirror=True)
    recipe = Recipe(epochs=1, device="cpu", augmentations=usual(True), test_time_mirror=True, loss="BCE", threads=1)
    list(train(network(), data, recipe, tmp_path))
    _, told = weights.read(tmp_path / "best.safetensors")
    assert (told["sides"], told["loss"], told["threads"], told["precision"]) == ("both", "BCE", "1", "float32")
