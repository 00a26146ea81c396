"""torch.compile, only where there is a compiler."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.training import compiling
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import TrainingError
from cnnstudio.training.events import EpochEnd, Finished, Started
from cnnstudio.training.loop import train

MakeData = Callable[..., Data]
MakeNetwork = Callable[..., nn.Module]


def plan(compiled: bool = True) -> Recipe:
    return Recipe(compile=compiled, epochs=2, batch_size=8, learning_rate=0.01, device="cpu")


def test_without_a_compiler_it_trains_as_it_is_and_says_so(
    make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setattr(torch, "compile", None)
    events = list(train(make_network(), make_data(), plan()))
    assert isinstance(events[0], Started)
    assert events[0].notes == ("There is no C++ compiler here, so the network is not compiled; it trains as it is.",)
    assert isinstance(events[-1], Finished) and events[-1].reason == "done"


def test_what_is_compiled_trains_the_module_itself(
    make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the compiler's own front end, and torch's plain functions behind it: the numbers stay as they are."""
    whole = torch.compile
    monkeypatch.setattr(compiling, "has_compiler", lambda: True)
    monkeypatch.setattr(torch, "compile", lambda module, **_: whole(module, backend="eager"))
    results = []
    for compiled in (False, True):
        module = make_network()
        events = list(train(module, make_data(), plan(compiled)))
        results.append([event.train_loss for event in events if isinstance(event, EpochEnd)])
        assert not module.training
    assert results[0] == pytest.approx(results[1], rel=1e-5)
    assert isinstance(events[0], Started) and events[0].notes[0].startswith("The first step takes a while")


def test_a_compiler_that_fails_is_a_sentence(
    make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    class InductorError(RuntimeError):
        __module__ = "torch._inductor.exc"

    def broken(*_: object, **__: object) -> Callable[[torch.Tensor], torch.Tensor]:
        def refuse(_: torch.Tensor) -> torch.Tensor:
            raise InductorError("omp.h: no such file.\nand much more")

        return refuse

    monkeypatch.setattr(compiling, "has_compiler", lambda: True)
    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(
        TrainingError, match=r"cannot be compiled: omp\.h: no such file\. Turn compile off in the recipe\."
    ):
        list(train(make_network(), make_data(), plan()))
