"""What a few steps on the side tell of a run, and that nothing of them is left."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnnstudio.blocks import Conv2d, Dropout, Flatten, Input, Linear, LPPool2d, ReLU, Softmax
from cnnstudio.graph import Block, Graph, Node
from cnnstudio.project import Project
from cnnstudio.project.augmentations import usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import one_batch, rate_finder
from cnnstudio.training.data.loading import Data
from cnnstudio.training.forecast import forecast
from cnnstudio.training.loop import TrainingError
from cnnstudio.training.one_batch import overfit_one_batch
from cnnstudio.training.rate_finder import find_rate
from cnnstudio.training.rehearsal import RehearsalError
from cnnstudio.training.turn import turn
from cnnstudio.worker import Report, unheard

MakeData = Callable[..., Data]


def chain(*blocks: Block) -> Graph:
    nodes = [Node("image", Input((1, 8, 8)))]
    for number, block in enumerate(blocks, 1):
        nodes.append(Node(f"b{number}", block, (nodes[-1].name,)))
    return Graph.of(nodes)


def project(*blocks: Block, **recipe: Any) -> Project:
    made = chain(*(blocks or (Conv2d(8), ReLU(), Dropout(0.2), Flatten(), Linear(3))))
    values = {
        "epochs": 4,
        "batch_size": 8,
        "learning_rate": 0.01,
        "device": "cpu",
        "augmentations": usual(True),
        **recipe,
    }
    return Project(made, Recipe(**values))


REHEARSALS: list[Callable[[Project, Data, Report], object]] = [forecast, find_rate, overfit_one_batch]


@pytest.fixture
def nothing_left(isolated_home: Path) -> Iterator[None]:
    """Random state, threads that wait their turn and files are afterwards what they were."""
    state = torch.get_rng_state()
    yield
    assert torch.equal(torch.get_rng_state(), state)
    assert not turn.locked()
    assert not list(isolated_home.rglob("*.safetensors"))


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("rehearse", REHEARSALS)
def test_a_rehearsal_leaves_nothing_behind(make_data: MakeData, rehearse: Callable[..., object]) -> None:
    data = make_data()
    before = data.train_images.clone(), data.train_labels.clone()
    rehearse(project(), data, unheard)
    assert torch.equal(data.train_images, before[0]) and torch.equal(data.train_labels, before[1])


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("rehearse", REHEARSALS)
def test_a_rehearsal_ends_when_it_is_told(make_data: MakeData, rehearse: Callable[..., object]) -> None:
    with pytest.raises(RehearsalError):
        rehearse(project(), make_data(), lambda sentence, share: False)


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("rehearse", REHEARSALS)
def test_a_rehearsal_waits_for_the_training_in_another_window(
    make_data: MakeData, rehearse: Callable[..., object]
) -> None:
    said: list[str] = []

    def heard(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return False

    with turn, pytest.raises(RehearsalError):
        rehearse(project(), make_data(), heard)
    assert said == ["Waiting until the training has ended…"]


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("rehearse", REHEARSALS)
def test_what_cannot_be_trained_says_so_as_a_run_does(make_data: MakeData, rehearse: Callable[..., object]) -> None:
    with pytest.raises(TrainingError, match="3 classes"):
        rehearse(project(Flatten(), Linear(7)), make_data(), unheard)


def test_the_first_loss_of_a_network_that_knows_nothing_is_as_expected(make_data: MakeData) -> None:
    told = forecast(project(), make_data(), unheard)
    assert told.is_usual and "as it should be: guessing among 3 classes gives 1.10" in told.sentence
    assert told.steps_per_epoch == 4 and told.epochs == 4
    assert told.step_seconds > 0 and told.look_seconds > 0
    assert told.seconds == pytest.approx(4 * (4 * told.step_seconds + told.look_seconds))


def test_an_unusual_first_loss_is_told_in_words(make_data: MakeData) -> None:
    told = forecast(project(), make_data(), unheard)
    assert "too large" in dataclasses.replace(told, first_loss=9.0).sentence
    assert "less than" in dataclasses.replace(told, first_loss=0.2).sentence
    lost = forecast(project(Conv2d(4), LPPool2d(3.0), Flatten(), Linear(3)), make_data(), unheard)
    assert math.isnan(lost.first_loss) and "no number" in lost.sentence


def test_the_rate_that_is_found_teaches_and_a_hundredth_of_it_does_not(make_data: MakeData) -> None:
    from cnnstudio.compiler.source import source
    from cnnstudio.training.events import EpochEnd
    from cnnstudio.training.loop import fresh, train

    made, data = project(optimizer="SGD", augmentations=()), make_data()
    found = find_rate(made, data, unheard)
    assert found.rate is not None and f"{found.rate:g}" in found.sentence
    assert len(found.rates) == len(found.losses) <= rate_finder.STEPS
    assert found.rates[0] == rate_finder.LOWEST and list(found.rates) == sorted(found.rates)

    def loss_with(rate: float) -> float:
        text = source(made.graph)
        recipe = dataclasses.replace(made.recipe, learning_rate=rate, epochs=10)
        ends = [e for e in train(fresh(text, recipe), data, recipe, source=text) if isinstance(e, EpochEnd)]
        return ends[-1].train_loss

    assert loss_with(found.rate) < 0.5 * loss_with(found.rate / 100)


def test_the_rate_is_where_the_loss_falls_fastest() -> None:
    rates = np.geomspace(1e-6, 10, 100)
    losses = 2.3 - 1.5 / (1 + np.exp(-3 * np.log(rates / 3e-3))) + np.where(rates > 0.3, 5 * (rates - 0.3), 0.0)
    found = rate_finder.judged(rates.tolist(), losses.tolist())
    assert found.rate in (0.002, 0.003, 0.004)


def test_no_rate_is_told_where_none_helps() -> None:
    rates = np.geomspace(1e-6, 10, 100).tolist()
    flat = rate_finder.judged(rates, [2.3] * 100)
    assert flat.rate is None and "did not fall" in flat.sentence
    assert rate_finder.judged(rates[:3], [2.3] * 3).rate is None


def test_a_network_that_learns_learns_one_batch_by_heart(make_data: MakeData) -> None:
    found = overfit_one_batch(project(), make_data(), unheard)
    assert found.learns and "The network learns: after " in found.sentence
    assert len(found.losses) == len(found.accuracies) <= one_batch.STEPS


def test_a_network_whose_scores_are_squeezed_does_not(make_data: MakeData) -> None:
    squeezed = project(Flatten(), Linear(3), Softmax(), learning_rate=1e-5)
    found = overfit_one_batch(squeezed, make_data(), unheard)
    assert not found.learns and "hardly learns" in found.sentence and "softmax" in found.sentence


def test_the_verdict_on_one_batch_goes_by_what_was_learned() -> None:
    assert one_batch.judged([2.3, 1.0], [0.1, 1.0], 64).learns
    slow = one_batch.judged([2.3] + [1.0] * 99, [0.5] * 100, 64)
    assert slow.learns and "slowly" in slow.sentence
    assert not one_batch.judged([2.3] * 100, [0.1] * 100, 64).learns
    assert one_batch.judged([], [], 64, "It blew up.").sentence == "It blew up."
