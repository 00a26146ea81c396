"""Networks trained side by side: each as it would be alone, and in their turn with every other training."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.abreast import abreast
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.rehearsal import RehearsalError
from cnnstudio.training.turn import turn
from cnnstudio.worker import unheard


def graph(channels: int) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(channels, 3), ReLU(), Flatten(), Linear(3))
    return draw.graph()


def projects() -> list[Project]:
    recipe = Recipe(epochs=3, batch_size=8, device="cpu", threads=1)
    return [Project(graph(4), recipe), Project(graph(8), recipe)]


def test_each_comes_to_what_it_would_alone(make_data: Callable[..., Data]) -> None:
    data, shares = make_data(), []

    def report(sentence: str, share: float | None) -> bool:
        shares.append(share)
        return True

    *_, runners = abreast(projects(), [data, data], report)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 1
    for runner, project in zip(runners, projects(), strict=True):
        text = source(project.graph)
        alone = fresh(text, project.recipe)
        ends = [event for event in train(alone, data, project.recipe, source=text) if isinstance(event, EpochEnd)]
        assert runner.history.epochs["validation_loss"].tolist() == [end.validation_loss for end in ends]
        for name, tensor in alone.state_dict().items():
            assert torch.equal(tensor, runner.prepared.module.state_dict()[name]), name
    assert not turn.locked()


def test_it_ends_where_it_is_told_to_and_gives_the_turn_back(make_data: Callable[..., Data]) -> None:
    data = make_data()
    assert len(list(abreast(projects(), [data, data], lambda *_: False))) == 1
    assert not turn.locked()


def test_it_waits_for_its_turn(make_data: Callable[..., Data]) -> None:
    data, said = make_data(), []

    def report(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return False

    with turn, pytest.raises(RehearsalError, match="called off"):
        next(abreast(projects(), [data, data], report))
    assert said == ["Waiting until the training has ended…"]
    assert next(abreast(projects(), [data, data], unheard))
