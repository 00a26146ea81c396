"""A checkpoint holds all that a run needs to go on, and a file that is none does nothing but be refused."""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnnstudio.project.augmentations import CutMix
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import resume, weights
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import TrainingError
from cnnstudio.training.events import EpochEnd, Finished, Step
from cnnstudio.training.loop import train
from cnnstudio.training.resume import Checkpoint, CheckpointError, Keeper, check, load
from cnnstudio.training.schedules import told_of_rate

MakeData = Callable[..., Data]
MakeNetwork = Callable[..., nn.Module]
PLAN = Recipe(epochs=3, batch_size=8, learning_rate=0.01, device="cpu")


class Clock:
    """A clock that tells what it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint.safetensors"


@pytest.fixture
def kept(make_data: MakeData, make_network: MakeNetwork, path: Path) -> Checkpoint:
    """The checkpoint of a run that was stopped after its sixth step."""
    data = make_data()
    with closing(train(make_network(), data, PLAN, keeper=Keeper(path, data))) as events:
        next(event for event in events if isinstance(event, Step) and event.step == 6)
    return load(path)


def test_a_run_that_is_stopped_keeps_where_it_is(kept: Checkpoint) -> None:
    cursor = kept.position.cursor
    assert (cursor.epoch, cursor.step, cursor.seen, kept.position.good_epoch) == (2, 2, 16, 1)
    assert isinstance(cursor.best, EpochEnd) and cursor.best.epoch == 1
    assert set(kept.position.random) == {"images", "cpu"}
    assert kept.position.optimizer[0].keys() == {"step", "exp_avg", "exp_avg_sq"}
    assert kept.mean == (0.4,) and kept.std == (0.3,)
    assert not torch.equal(kept.weights["0.weight"], kept.position.good["0.weight"])


def test_a_run_at_its_end_can_be_given_more_epochs(make_data: MakeData, make_network: MakeNetwork, path: Path) -> None:
    plan, data = dataclasses.replace(PLAN, schedule="constant"), make_data()
    list(train(make_network(), data, plan, keeper=Keeper(path, data)))
    end = load(path)
    assert (end.position.cursor.epoch, end.position.cursor.step) == (4, 0)
    longer = dataclasses.replace(plan, epochs=5)
    module, whole = make_network(seed=3), make_network()
    module.load_state_dict(end.weights)
    said = list(train(module, data, longer, begin=end.position))
    assert [event.epoch for event in said if isinstance(event, EpochEnd)] == [4, 5]
    list(train(whole, data, longer))
    state = whole.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in module.state_dict().items())


def test_a_run_that_fails_within_a_step_or_diverges_keeps_the_checkpoint_before(
    make_data: MakeData, make_network: MakeNetwork, path: Path
) -> None:
    data, keeper = make_data(), Keeper(path, make_data(), clock=(clock := Clock()))
    module = make_network()
    events = train(module, data, PLAN, keeper=keeper)
    next(event for event in events if isinstance(event, Step) and event.step == 2)
    clock.now = 10.0
    assert next(events) and load(path).position.cursor.step == 2
    with torch.no_grad():
        module[0].weight.fill_(torch.inf)  # type: ignore[operator, union-attr]
    assert isinstance(list(events)[-1], Finished)
    assert load(path).position.cursor.step == 2

    module = make_network()
    events = train(module, data, PLAN, keeper=Keeper(path, data, clock=Clock()))
    next(event for event in events if isinstance(event, Step) and event.step == 5)
    module[0].register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(events)
    assert load(path).position.cursor.step == 2, "images were drawn for a step that was not taken"


def test_checkpoints_cost_a_hundredth_of_the_time(make_data: MakeData, path: Path, monkeypatch: Any) -> None:
    clock = Clock()
    keeper = Keeper(path, make_data(), clock=clock)
    assert not keeper.is_due

    def slow(*_: Any) -> None:
        clock.now += 2.0
        raise weights.WeightsError("checkpoint.safetensors was not written: the disk is full.")

    monkeypatch.setattr(resume, "save", slow)
    clock.now = 5.0
    assert keeper.is_due
    with pytest.raises(weights.WeightsError):
        keeper.keep(None, nn.Linear(1, 1))  # type: ignore[arg-type]
    clock.now = 206.0
    assert not keeper.is_due
    clock.now = 207.0
    assert keeper.is_due


def test_a_full_disk_is_said_once_and_ends_nothing(
    make_data: MakeData, make_network: MakeNetwork, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    ticks = iter(range(0, 10**6, 1_000))
    keeper = Keeper(tmp_path / "file" / "checkpoint", make_data(), clock=lambda: next(ticks))
    said = list(train(make_network(), make_data(), PLAN, keeper=keeper))
    sentences = [event.sentence for event in said if hasattr(event, "sentence")]
    assert len([one for one in sentences if "keeping from where to go on" in one]) == 1
    assert isinstance(said[-1], Finished)


# what is no checkpoint


def rewritten(path: Path, change: Callable[[Any], Any]) -> None:
    tensors, metadata = weights.read(path)
    weights.save(path, tensors, {**metadata, "checkpoint": json.dumps(change(json.loads(metadata["checkpoint"])))})


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: [],
        lambda tree: None,
        lambda tree: {**tree, "mean": "wide"},
        lambda tree: {**tree, "weights": {"0.weight": 1}},
        lambda tree: {**tree, "weights": {"0.weight": {"$tensor": "nowhere"}}},
        lambda tree: {**tree, "weights": {"0.weight": {"$tensor": ["a"]}}},
        lambda tree: {**tree, "position": {**tree["position"], "cursor": None}},
        lambda tree: {**tree, "position": {**tree["position"], "optimizer": {"first": {}}}},
        lambda tree: {**tree, "position": {**tree["position"], "good_epoch": 1.5}},
        lambda tree: {key: value for key, value in tree.items() if key != "images"},
    ],
)
def test_a_checkpoint_that_says_nonsense_is_refused(kept: Checkpoint, path: Path, change: Callable[[Any], Any]) -> None:
    rewritten(path, change)
    with pytest.raises(CheckpointError, match=r"^checkpoint\.safetensors is no checkpoint of this program, or it is"):
        load(path)


def test_files_that_are_no_checkpoint_are_refused(kept: Checkpoint, path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    for length in (0, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="safetensors"):
            load(path)
    deep = json.dumps({"__metadata__": {"checkpoint": "[" * 100_000}}).encode()
    path.write_bytes(struct.pack("<Q", len(deep)) + deep)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load(path)
    torch.save({"weights": {}}, path)
    with pytest.raises(CheckpointError):
        load(path)
    weights.save(path, nn.Linear(2, 2))
    with pytest.raises(CheckpointError, match="from weights alone"):
        load(path)
    with pytest.raises(CheckpointError, match="cannot be opened"):
        load(tmp_path / "none.safetensors")


def test_a_checkpoint_of_another_network_or_of_other_images_is_refused(
    kept: Checkpoint, make_data: MakeData, make_network: MakeNetwork
) -> None:
    data = make_data()
    check(kept, make_network(), data)
    with pytest.raises(CheckpointError, match="of another network"):
        check(kept, make_network(classes=4), data)
    brighter = dataclasses.replace(data, train_images=data.train_images + 1)
    for other in (make_data(images=32), make_data(classes=4), brighter):
        with pytest.raises(CheckpointError, match="not those that this run has learned from"):
            check(kept, make_network(), other)
    cursor = dataclasses.replace(kept.position.cursor, order=torch.zeros(33, dtype=torch.int64))
    lost = dataclasses.replace(kept, position=dataclasses.replace(kept.position, cursor=cursor))
    with pytest.raises(CheckpointError, match="stands nowhere"):
        check(lost, make_network(), data)


@pytest.mark.parametrize(
    "changed",
    [
        {"random": {"images": torch.zeros(7, dtype=torch.uint8)}},
        {"random": {"images": torch.zeros(5056, dtype=torch.uint8)}},
        {"random": {}},
        {"optimizer": {99: {"step": torch.tensor(1.0)}}},
        {"optimizer": {0: {"exp_avg": torch.zeros(1)}}},
        {"optimizer": {0: {"exp_avg": torch.zeros(4, 1, 3, 3, dtype=torch.int64)}}},
    ],
)
def test_what_a_damaged_checkpoint_would_do_to_the_optimizer_and_the_streams_is_refused(
    kept: Checkpoint, make_data: MakeData, make_network: MakeNetwork, changed: dict[str, Any]
) -> None:
    position = dataclasses.replace(kept.position, **changed)
    with pytest.raises(TrainingError, match="The checkpoint is damaged or of another network"):
        list(train(make_network(), make_data(), PLAN, begin=position))


def test_more_epochs_say_what_the_rate_does() -> None:
    def told(schedule: str, step: int, epochs: int = 20) -> str:
        before = dataclasses.replace(PLAN, epochs=10, schedule=schedule)
        return told_of_rate(before, dataclasses.replace(before, epochs=epochs), 100, step)

    assert told("one-cycle", 1_000) == (
        "The one-cycle schedule was laid out for 10 epochs and is at its end. Laid out for 20, it goes on at a rate of "
        "0.0081 and comes down by the end of epoch 20."
    )
    assert "stands at 0.005. Laid out for 20, it goes on at a rate of 0.0085" in told("cosine", 500)
    assert told("constant", 1_000) == told("step", 1_000) == told("one-cycle", 1_000, 10) == ""


@pytest.mark.parametrize("steps", [2, 6, 9])
def test_what_a_recipe_puts_around_the_optimizer_goes_through_the_file(
    make_data: MakeData, make_network: MakeNetwork, path: Path, steps: int
) -> None:
    """Average, plateau, mixing and the best weights: the rest of the run is that of one which was not stopped."""
    plan = dataclasses.replace(
        PLAN,
        schedule="plateau",
        plateau_epochs=0,
        averaging=True,
        augmentations=(CutMix(),),
        keep_best=True,
        optimizer="SGD",
    )
    data, whole, module = make_data(), make_network(), make_network(seed=3)
    expected = [event for event in train(whole, data, plan) if isinstance(event, Step)]
    with closing(train(make_network(), data, plan, keeper=Keeper(path, data))) as events:
        next(event for event in events if isinstance(event, Step) and event.step == steps)
    found = load(path)
    assert {"average", "plateau"} <= set(found.position.kept)
    module.load_state_dict(found.weights)
    rest = [event for event in train(module, data, plan, begin=found.position) if isinstance(event, Step)]
    assert [event.loss for event in rest] == [event.loss for event in expected[steps:]]
    assert [event.learning_rate for event in rest] == [event.learning_rate for event in expected[steps:]]
    state = whole.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in module.state_dict().items())


@pytest.mark.parametrize(
    "memory",
    [
        {"average": {}},
        {"average": {"steps": 1, "tensors": {"0.weight": torch.zeros(7)}}},
        {"average": {"steps": 1, "tensors": {"nowhere": torch.zeros(1)}}},
        {"average": 3},
        {"plateau": {"slope": 1}},
    ],
)
def test_what_is_damaged_around_the_optimizer_is_refused(
    kept: Checkpoint, make_data: MakeData, make_network: MakeNetwork, memory: dict[str, Any]
) -> None:
    position = dataclasses.replace(kept.position, kept=memory)
    with pytest.raises(TrainingError, match="damaged or of another network"):
        next(train(make_network(), make_data(), dataclasses.replace(PLAN, averaging=True), begin=position))
