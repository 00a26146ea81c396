"""The loop: what it says, that it can be stopped anywhere, and that a seed gives the same run again."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnnstudio import zoo
from cnnstudio.compiler.source import source
from cnnstudio.graph import Shape
from cnnstudio.project.augmentations import usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.events import EpochEnd, Event, Finished, Remark, Started, Step, Validating
from cnnstudio.training.loop import TrainingError, fresh, train

MakeData = Callable[..., Data]
MakeNetwork = Callable[..., nn.Module]


def recipe(**values: Any) -> Recipe:
    return Recipe(**{"epochs": 2, "batch_size": 8, "learning_rate": 0.01, "device": "cpu", **values})


def of_kind(events: list[Event], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def without_times(events: list[Event]) -> list[Any]:
    times = ("seconds", "images_per_second", "sentence")
    return [(type(e).__name__, {k: v for k, v in vars(e).items() if k not in times}) for e in events]


def same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(left[name], right[name]) for name in left)


def test_what_a_run_says_and_in_which_order(make_data: MakeData, make_network: MakeNetwork, tmp_path: Path) -> None:
    module = make_network()
    events = list(train(module, make_data(), recipe(epochs=6), tmp_path))
    # 33 images in eights: the last one alone joins the step before it
    assert events[0] == Started(6, 4, events[0].device, (), sum(p.numel() for p in module.parameters()))
    steps, ends = of_kind(events, Step), of_kind(events, EpochEnd)
    assert [step.step for step in steps] == list(range(1, 25))
    assert [step.epoch for step in steps] == [epoch for epoch in range(1, 7) for _ in range(4)]
    assert all(step.images_per_second > 0 and math.isfinite(step.loss) for step in steps)
    assert [end.epoch for end in ends] == [1, 2, 3, 4, 5, 6]
    assert ends[-1].validation_accuracy > 0.9 > ends[0].train_accuracy
    assert of_kind(events, Validating)[-1] == Validating(6, 12, 12)
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.reason == "done"
    best = [end for end in ends if end.is_best][-1]
    assert finished.best_epoch == best.epoch
    assert best.validation_accuracy == max(end.validation_accuracy for end in ends)
    assert not module.training and all(p.grad is None for p in module.parameters())
    found, metadata = weights.read(tmp_path / "best.safetensors")
    assert metadata["epoch"] == str(best.epoch) and "class 0" in metadata["classes"]
    assert metadata["loss"] == "cross-entropy" and metadata["precision"] == "float32" and "sides" not in metadata
    assert metadata["threads"] == str(torch.get_num_threads())
    assert same(weights.read(tmp_path / "last.safetensors")[0], module.state_dict())
    assert set(found) == set(module.state_dict())
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["best.safetensors", "last.safetensors"]


def test_best_weights_give_the_best_accuracy(make_data: MakeData, make_network: MakeNetwork, tmp_path: Path) -> None:
    data, module = make_data(), make_network()
    ends = of_kind(list(train(module, data, recipe(epochs=3), tmp_path)), EpochEnd)
    weights.load(module, tmp_path / "best.safetensors")
    x = (data.validation_images.float() / 255 - 0.4) / 0.3
    right = (module(x).argmax(1) == data.validation_labels).float().mean().item()
    assert right == pytest.approx(max(end.validation_accuracy for end in ends))


@pytest.mark.parametrize("augment", [False, True])
def test_a_seed_gives_the_same_run_again(make_data: MakeData, make_network: MakeNetwork, augment: bool) -> None:
    def run(seed: int, drawn: int) -> tuple[list[Any], dict[str, torch.Tensor]]:
        module = make_network()
        events = []
        for event in train(module, make_data(), recipe(seed=seed, augmentations=usual(True) if augment else ())):
            torch.rand(drawn)  # what others draw meanwhile must not matter
            events.append(event)
        return without_times(events), module.state_dict()

    (first, weights_of_first), (again, weights_again), (other, _) = run(3, 0), run(3, 7), run(4, 0)
    assert first == again and same(weights_of_first, weights_again)
    assert first != other


def test_fresh_weights_follow_the_seed() -> None:
    text = source(zoo.lenet5())
    one, two, other = (fresh(text, Recipe(seed=seed)).state_dict() for seed in (1, 1, 2))
    assert same(one, two) and not same(one, other)


@pytest.mark.parametrize("pulls", [1, 2, 3, 6, 9])
def test_closing_anywhere_keeps_the_weights(
    make_data: MakeData, make_network: MakeNetwork, tmp_path: Path, pulls: int
) -> None:
    module = make_network()
    first = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    run = train(module, make_data(), recipe(), tmp_path)
    events = [next(run) for _ in range(pulls)]
    now = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    run.close()
    assert next(run, None) is None
    assert same(module.state_dict(), now), "closing takes no further step"
    stepped = bool(of_kind(events, Step))
    assert same(now, first) != stepped
    if stepped:
        assert same(weights.read(tmp_path / "last.safetensors")[0], now)


def test_pausing_is_not_asking(make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    module = make_network()
    run = train(module, make_data(), recipe(epochs=1))
    events = [next(run), next(run)]
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    now = 1_000.0
    assert same(module.state_dict(), before)
    events += list(run)
    assert of_kind(events, EpochEnd)[0].seconds == 0, "a pause is no time of the epoch"
    assert "0.0 seconds" in of_kind(events, Finished)[0].sentence


def test_a_loss_that_is_no_number_ends_the_run(make_data: MakeData, make_network: MakeNetwork, tmp_path: Path) -> None:
    module, data = make_network(), make_data()
    run = train(module, data, recipe(epochs=4, optimizer="SGD"), tmp_path)
    events: list[Event] = []
    for event in run:
        events.append(event)
        if isinstance(event, EpochEnd):
            good = {name: tensor.clone() for name, tensor in module.state_dict().items()}
            with torch.no_grad():
                module[0].weight[0] = math.inf  # type: ignore[index, union-attr]
    last = events[-1]
    assert isinstance(last, Finished) and last.reason == "diverged"
    assert "epoch 2" in last.sentence and "0.001" in last.sentence and "epoch 1" in last.sentence
    assert last.best_epoch == 1
    assert all(torch.isfinite(tensor).all() for tensor in module.state_dict().values())
    assert same(module.state_dict(), good)
    assert same(weights.read(tmp_path / "last.safetensors")[0], good)


def test_steps_that_are_far_too_long_diverge(make_data: MakeData, tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))
    first = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    far = recipe(optimizer="SGD", learning_rate=100.0, schedule="constant", epochs=40, weight_decay=1000.0)
    events = list(train(module, make_data(), far, tmp_path))
    last = events[-1]
    assert isinstance(last, Finished) and last.reason == "diverged" and last.best_epoch is None
    assert "first" in last.sentence and "10" in last.sentence
    assert same(module.state_dict(), first)
    assert not (tmp_path / "best.safetensors").exists()


@pytest.mark.parametrize(
    ("values", "theirs"),
    [
        ({"optimizer": "SGD", "momentum": 0.0}, lambda p: torch.optim.SGD(p, 0.01)),
        ({"optimizer": "SGD", "nesterov": True}, lambda p: torch.optim.SGD(p, 0.01, 0.9, nesterov=True)),
        ({"optimizer": "SGD", "weight_decay": 0.1}, lambda p: torch.optim.SGD(p, 0.01, 0.9, weight_decay=0.1)),
        ({"optimizer": "Adam", "weight_decay": 0.1}, lambda p: torch.optim.Adam(p, 0.01, weight_decay=0.1)),
        ({"optimizer": "AdamW", "weight_decay": 0.1}, lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1)),
        ({"optimizer": "SGD", "gradient_clip": 0.01}, lambda p: torch.optim.SGD(p, 0.01, 0.9)),
        ({"optimizer": "SGD", "label_smoothing": 0.2}, lambda p: torch.optim.SGD(p, 0.01, 0.9)),
    ],
)
def test_a_step_is_torchs(make_data: MakeData, values: dict[str, Any], theirs: Callable[[Any], Any]) -> None:
    """Two epochs of one step each, against the same written out."""
    data = make_data(images=8)
    torch.manual_seed(0)
    ours, expected = (nn.Sequential(nn.Flatten(), nn.Linear(64, 3)) for _ in range(2))
    expected.load_state_dict(ours.state_dict())
    list(train(ours, data, recipe(schedule="constant", **values)))
    optimizer = theirs(expected.parameters())
    x = (data.train_images.float() / 255 - 0.4) / 0.3
    for _ in range(2):
        smoothing = values.get("label_smoothing", 0.0)
        nn.functional.cross_entropy(expected(x), data.train_labels, label_smoothing=smoothing).backward()
        if clip := values.get("gradient_clip"):
            nn.utils.clip_grad_norm_(expected.parameters(), clip)
        optimizer.step()
        optimizer.zero_grad()
    for one, other in zip(ours.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), "10 numbers and Columns has 3 classes"),
        (nn.Conv2d(1, 3, 3), "ends in 3 × 6 × 6"),
        (nn.Sequential(nn.Conv2d(3, 3, 3), nn.Flatten()), "cannot read images of 1 × 8 × 8"),
        (nn.Flatten(), "nothing to learn"),
        (nn.Bilinear(64, 64, 3), "has 2 inputs, and training gives it one"),
    ],
)
def test_a_network_that_does_not_fit_is_refused(
    make_data: MakeData, tmp_path: Path, module: nn.Module, words: str
) -> None:
    with pytest.raises(TrainingError, match=words):
        next(train(module, make_data(), recipe(), tmp_path))
    assert list(tmp_path.glob("*.*")) == []


def test_batches_of_one_and_batch_norm(make_data: MakeData) -> None:
    module = nn.Sequential(nn.Conv2d(1, 3, 8), nn.BatchNorm2d(3), nn.Flatten())
    events = list(train(module, make_data(images=17), recipe(epochs=1)))
    assert len(of_kind(events, Step)) == 2
    with pytest.raises(TrainingError, match="batch size of 2"):
        list(train(module, make_data(), recipe(batch_size=1)))


def test_a_full_disk_is_a_note_and_training_goes_on(
    make_data: MakeData, make_network: MakeNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    events = list(train(make_network(), make_data(), recipe(epochs=3), tmp_path))
    notes = of_kind(events, Remark)
    assert [note.sentence.partition(" ")[0] for note in notes] == ["last.safetensors", "best.safetensors"]
    assert all("the disk is full" in note.sentence and note.is_grave for note in notes)
    assert isinstance(events[-1], Finished) and events[-1].reason == "done"
    assert list(tmp_path.glob("*.*")) == []


def test_memory_that_runs_out_is_a_sentence(make_data: MakeData, make_network: MakeNetwork) -> None:
    class Hungry(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = make_network()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if self.training:
                torch.empty(1 << 50)
            return self.inner(x)  # type: ignore[no-any-return]

    with pytest.raises(TrainingError, match="batch size of 4"):
        list(train(Hungry(), make_data(), recipe()))


def test_cuda_that_is_not_there_is_a_note(
    make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    started = next(train(make_network(), make_data(), recipe(device="cuda")))
    assert isinstance(started, Started) and started.device.startswith("CPU")
    assert "no CUDA device" in started.notes[0]


def test_bfloat16_where_the_recipe_asks_for_it(make_data: MakeData, make_network: MakeNetwork) -> None:
    module, kinds = make_network(), set()
    module[6].register_forward_hook(lambda *found: kinds.add(found[2].dtype))  # type: ignore[index, operator]
    events = list(train(module, make_data(), recipe(epochs=6, precision="bfloat16")))
    assert torch.bfloat16 in kinds and "bfloat16" in of_kind(events, Started)[0].device
    assert of_kind(events, EpochEnd)[-1].validation_accuracy > 0.9
    assert module[0].weight.is_contiguous() and module[0].weight.dtype == torch.float32  # type: ignore[index]


def test_lenet_reads_the_digits() -> None:
    """The promise: 95 % with the recipe that a new project has, on a CPU."""
    plan = Recipe(device="cpu")
    module = fresh(source(zoo.lenet5()), plan)
    events = list(train(module, load(plan, Shape(1, 28, 28)), plan))
    assert max(end.validation_accuracy for end in of_kind(events, EpochEnd)) >= 0.95


def test_validation_can_be_left_too(make_data: MakeData, make_network: MakeNetwork, tmp_path: Path) -> None:
    run = train(make_network(), make_data(validation=100), recipe(), tmp_path)
    parts = []
    for event in run:
        if isinstance(event, Validating):
            parts.append(event.images)
            if len(parts) == 2:
                run.close()
    assert parts == [32, 64]
    assert (tmp_path / "last.safetensors").exists() and not (tmp_path / "best.safetensors").exists()


@pytest.mark.parametrize(
    ("images", "batch_size", "sizes"),
    [(33, 8, [8, 8, 8, 9]), (34, 8, [8, 8, 8, 8, 2]), (16, 8, [8, 8]), (9, 8, [9]), (1, 8, [1]), (3, 1, [1, 1, 1])],
)
def test_every_image_is_seen_once_an_epoch(make_data: MakeData, images: int, batch_size: int, sizes: list[int]) -> None:
    seen: list[torch.Tensor] = []
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    module.register_forward_hook(lambda part, inputs, output: seen.append(inputs[0]) if part.training else None)
    data = make_data(images=images)
    list(train(module, data, recipe(epochs=1, batch_size=batch_size)))
    assert [len(batch) for batch in seen] == sizes
    wanted = ((data.train_images.float() / 255 - 0.4) / 0.3).sum((1, 2, 3)).sort().values
    torch.testing.assert_close(torch.cat(seen).sum((1, 2, 3)).sort().values, wanted)
