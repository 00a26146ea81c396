"""The end of a run: after enough epochs, with the best weights, and what is said and kept of the average."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnnstudio.project.augmentations import CutMix, MixUp
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd, Event, Finished, Started
from cnnstudio.training.loop import train

MakeData = Callable[..., Data]
MakeNetwork = Callable[..., nn.Module]


def recipe(**values: Any) -> Recipe:
    return Recipe(**{"epochs": 12, "batch_size": 8, "learning_rate": 0.01, "device": "cpu", **values})


def ends(events: list[Event]) -> list[EpochEnd]:
    return [event for event in events if isinstance(event, EpochEnd)]


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(left[name], right[name]) for name in left)


def unlearnable(data: Data) -> Data:
    """Validation images that get no better by learning: each stands under the class of another one."""
    return dataclasses.replace(data, validation_labels=(data.validation_labels + 1) % 3)


def test_a_run_ends_when_nothing_better_came(make_data: MakeData, make_network: MakeNetwork) -> None:
    plan = recipe(patience=2, epochs=40, learning_rate=0.02, schedule="constant")
    events = list(train(make_network(), unlearnable(make_data()), plan))
    told, last = ends(events), events[-1]
    best = max(end.epoch for end in told if end.is_best)
    assert len(told) == best + 2 < 40
    assert isinstance(last, Finished) and last.reason == "done" and last.best_epoch == best
    assert f"Trained for {best + 2} epochs" in last.sentence
    assert "It ended early, since 2 epochs brought nothing better." in last.sentence


def test_without_patience_it_goes_on(make_data: MakeData, make_network: MakeNetwork) -> None:
    events = list(train(make_network(), unlearnable(make_data()), recipe()))
    assert len(ends(events)) == 12
    assert isinstance(events[-1], Finished) and "early" not in events[-1].sentence


@pytest.mark.parametrize("averaging", [False, True])
def test_the_best_weights_are_held_at_the_end(
    make_data: MakeData, make_network: MakeNetwork, tmp_path: Path, averaging: bool
) -> None:
    module, last = make_network(), make_network()
    plan = recipe(epochs=6, keep_best=True, averaging=averaging, learning_rate=0.1, optimizer="SGD")
    events = list(train(module, unlearnable(make_data()), plan, tmp_path))
    assert ends(events)[-1].is_best is False, "or this shows nothing"
    best, told = weights.read(tmp_path / "best.safetensors")
    assert same(best, module.state_dict())
    assert told["epoch"] == str(max(end.epoch for end in ends(events) if end.is_best))
    weights.load(last, tmp_path / "last.safetensors")
    assert not same(best, last.state_dict())
    assert isinstance(events[-1], Finished) and "The network has them now." in events[-1].sentence


def test_a_run_that_is_stopped_holds_the_best_weights_too(
    make_data: MakeData, make_network: MakeNetwork, tmp_path: Path
) -> None:
    module = make_network()
    running = train(module, unlearnable(make_data()), recipe(keep_best=True, learning_rate=0.1), tmp_path)
    for event in running:
        if isinstance(event, EpochEnd) and event.epoch == 4:
            running.close()
    assert same(weights.read(tmp_path / "best.safetensors")[0], module.state_dict())


def test_the_average_is_kept_where_it_is_better(make_data: MakeData, make_network: MakeNetwork, tmp_path: Path) -> None:
    """Steps that are far too long throw the weights about; their average lies in between."""
    module, data = make_network(), make_data(validation=60)
    random = torch.Generator().manual_seed(0)
    data = dataclasses.replace(data, train_labels=torch.randint(0, 3, (33,), generator=random))
    plan = recipe(
        averaging=True, averaging_decay=0.9, optimizer="SGD", learning_rate=0.8, schedule="constant", epochs=6
    )
    events = list(train(module, data, plan, tmp_path))
    told = ends(events)
    assert all(end.average_accuracy is not None for end in told)
    best = [end for end in told if end.is_best][-1]
    assert best.is_average_better, "or this shows nothing"
    last = events[-1]
    assert isinstance(last, Finished)
    assert f"The best averaged weights are those of epoch {best.epoch}: {best.average_accuracy:.1%}" in last.sentence
    kept, found = make_network(), weights.load
    metadata = found(kept, tmp_path / "best.safetensors")
    assert metadata["epoch"] == str(best.epoch) and metadata["averaged"] == "yes"
    x = (data.validation_images.float() / 255 - 0.4) / 0.3
    right = (kept.eval()(x).argmax(1) == data.validation_labels).float().mean().item()
    assert right == pytest.approx(best.average_accuracy)
    assert same(weights.read(tmp_path / "last.safetensors")[0], module.state_dict())


def test_an_average_changes_nothing_of_what_is_averaged(make_data: MakeData, make_network: MakeNetwork) -> None:
    plain, averaged = make_network(), make_network()
    list(train(plain, make_data(), recipe(epochs=2)))
    list(train(averaged, make_data(), recipe(epochs=2, averaging=True)))
    assert same(plain.state_dict(), averaged.state_dict())


def test_few_images_are_gone_through_more_often_and_that_is_said(
    make_data: MakeData, make_network: MakeNetwork
) -> None:
    data = make_data(images=33)
    started = next(train(make_network(), data, recipe(epochs=None)))
    assert isinstance(started, Started) and started.epochs == 75
    assert "There are few images, so it goes through them 75 times." in started.notes
    asked = next(train(make_network(), data, recipe(epochs=3)))
    assert isinstance(asked, Started) and asked.epochs == 3 and asked.notes == ()


def test_two_pictures_a_class_are_warned_of(make_data: MakeData, make_network: MakeNetwork) -> None:
    started = next(train(make_network(), make_data(images=6), recipe()))
    assert isinstance(started, Started)
    (note,) = started.notes
    assert note == "There are at most 2 images to learn from of class 0, class 1, class 2: take more pictures."


def test_mixed_images_are_said_to_be_mixed(make_data: MakeData, make_network: MakeNetwork) -> None:
    for kind in (MixUp(), CutMix()):
        events = list(train(make_network(), make_data(), recipe(augmentations=(kind,), learning_rate=0.02)))
        assert isinstance(events[0], Started) and "expect better ones in validation" in events[0].notes[1]
        assert ends(events)[-1].validation_accuracy > 0.9
