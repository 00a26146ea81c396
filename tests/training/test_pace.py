"""Neither threads nor precision are assumed: a few real steps decide, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.training import device, pace
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import Started, Step
from cnnstudio.training.loop import _Run, train
from cnnstudio.training.pace import SECONDS, Pace, Trial, doubled, tried

MakeData = Callable[..., Data]
MakeNetwork = Callable[..., nn.Module]


class Computer:
    """One on which an image takes as long as ``seconds`` says, and each new pace or size a moment to make ready."""

    def __init__(self, seconds: Callable[[Pace], float], ready: float = 0.0) -> None:
        self.now, self.steps = 0.0, list[tuple[Pace, int]]()
        self._seconds, self._ready = seconds, ready

    def step(self, at: Pace, images: int) -> None:
        self.now += images * self._seconds(at) + (0.0 if (at, images) in self.steps else self._ready)
        self.steps.append((at, images))

    def tried(self, threads: list[int], precisions: tuple[bool, ...], batch_size: int = 64) -> Trial:
        return tried(threads, precisions, batch_size, self.step, lambda: self.now)


def test_the_faster_threads_and_precision_are_found() -> None:
    idle = Computer(lambda at: 0.004 / at.threads / (2 if at.bfloat16 else 1), ready=0.01)
    found = idle.tried([1, 2, 4], (False, True))
    assert pace.chosen(found.speeds) == Pace(4, True)
    assert found.seconds == idle.now < 1.0
    assert "images a second: 4 threads in bfloat16 2,000, 2 threads in bfloat16 1,000" in found.note


def test_more_threads_are_not_tried_where_two_are_slower_than_one() -> None:
    busy = Computer(lambda at: 0.0001 * at.threads**3)
    found = busy.tried([1, 2, 4, 8], (False,))
    assert pace.chosen(found.speeds) == Pace(1, False)
    assert set(found.speeds) == {Pace(1, False), Pace(2, False)}


def test_bfloat16_must_be_faster_by_more_than_a_hair() -> None:
    for gain, wanted in ((0.97, False), (0.9, True)):
        near = Computer(lambda at, gain=gain: 0.001 * (gain if at.bfloat16 else 1.0))  # type: ignore[misc]
        assert pace.chosen(near.tried([1], (True, False)).speeds).bfloat16 is wanted


def test_a_large_network_is_tried_on_one_thread_and_on_all_once() -> None:
    large = Computer(lambda at: 2.0 / at.threads)
    found = large.tried([1, 2, 4, 8], (False, True))
    assert large.steps == [(Pace(1, False), 2), (Pace(8, False), 2)]
    assert pace.chosen(found.speeds) == Pace(8, False)


def test_trials_of_any_length_end_in_time() -> None:
    for each in (1e-6, 1e-4, 1e-3, 0.01, 0.05, 0.1):
        computer = Computer(lambda at, each=each: each / at.threads**0.5, ready=0.01)  # type: ignore[misc]
        assert computer.tried([1, 2], (True, False)).seconds < 2 * SECONDS
        assert max(images for _, images in computer.steps) <= 64


@pytest.mark.parametrize(("most", "numbers"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])])
def test_numbers_of_threads_double(most: int, numbers: list[int]) -> None:
    assert doubled(most) == numbers


def plan(**values: Any) -> Recipe:
    return Recipe(**{"epochs": 2, "batch_size": 8, "device": "cpu", **values})


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "cores", lambda: 2)
    monkeypatch.setattr(pace, "_found", {})


def steps(module: nn.Module, data: Data, recipe: Recipe) -> list[Step]:
    found = [event for event in train(module, data, recipe) if isinstance(event, Step)]
    return [Step(**{**vars(each), "images_per_second": 0.0}) for each in found]


@pytest.mark.usefixtures("two_cores")
def test_a_run_that_was_tried_is_the_one_that_was_not(
    make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights, statistics, dropout and shuffling: a trial leaves no trace in them, bit for bit."""
    data, plain, tested = make_data(), make_network(), make_network()
    expected = steps(plain, data, plan(threads=1))
    assert not pace._found
    seen = list[tuple[bool, int]]()
    tested[1].register_forward_hook(lambda part, x, y: seen.append((part.training, torch.get_num_threads())))  # type: ignore[index]
    monkeypatch.setattr(pace, "tried", tried_for_the_sake_of_one_thread)
    assert steps(tested, data, plan()) == expected
    assert pace._found and seen[1:3] == [(True, 2), (True, 1)]  # seen[0] is the check that network and images fit
    for name, value in plain.state_dict().items():
        assert torch.equal(value, tested.state_dict()[name]), name


def tried_for_the_sake_of_one_thread(threads: Any, precisions: Any, batch_size: int, step: pace.Step) -> Trial:
    step(Pace(2, False), batch_size)
    step(Pace(1, True), 2)
    return Trial({Pace(1, False): 2.0, Pace(2, False): 1.0}, 0.1)


@pytest.mark.usefixtures("two_cores")
def test_the_next_run_of_a_network_computes_as_the_last_one(
    make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = iter(({Pace(2, True): 9.0, Pace(1, False): 1.0}, {Pace(1, False): 9.0}))
    monkeypatch.setattr(pace, "takes_bfloat16", lambda: True)
    monkeypatch.setattr(pace, "tried", lambda *_: Trial(next(speeds), 0.2))
    for batch_size, wanted in ((8, "2 threads in bfloat16"), (8, "2 threads in bfloat16"), (9, "1 thread in float32")):
        run = train(make_network(), make_data(), plan(precision="auto", batch_size=batch_size))
        started = next(run)
        run.close()
        assert isinstance(started, Started) and started.device == f"CPU, {wanted}"
        assert started.notes[-1].startswith("Trial steps of 0.2 seconds, in images a second: ")


@pytest.mark.usefixtures("two_cores")
def test_the_recipe_decides_where_it_says_so(
    make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "tried", lambda *_: pytest.fail("there is nothing to try"))
    for threads, precision, wanted in ((1, "float32", "1 thread"), (2, "bfloat16", "2 threads"), (9, "float32", "2")):
        started = next(train(make_network(), make_data(), plan(threads=threads, precision=precision)))
        assert isinstance(started, Started) and started.device.startswith(f"CPU, {wanted}")
        assert started.device.endswith(precision)


@pytest.mark.usefixtures("two_cores")
def test_a_run_goes_on_at_the_pace_that_it_began_with(
    make_data: MakeData, make_network: MakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "tried", lambda *_: Trial({Pace(2, True): 1.0}, 0.1))
    run = _Run(make_network(), make_data(), plan(precision="auto"), None, [], None)
    events = run.events()
    next(events), next(events)
    position = run.position
    assert position.kept["pace"] == {"threads": 2, "bfloat16": True}
    events.close()
    monkeypatch.setattr(pace, "tried", lambda *_: pytest.fail("it was decided already"))
    monkeypatch.setattr(pace, "_found", {})
    resumed = next(_Run(run.module, run.data, run.recipe, None, [], None, begin=position).events())
    assert isinstance(resumed, Started) and resumed.device == "CPU, 2 threads in bfloat16"


def test_bfloat16_is_tried_first_where_the_processor_multiplies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False, raising=False)
    assert not device.multiplies_bfloat16()
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert device.multiplies_bfloat16()
