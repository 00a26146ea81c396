from __future__ import annotations

import logging
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.graph import Sketch
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import awake as awake_module
from cnnstudio.training.awake import awake
from cnnstudio.training.events import Step
from cnnstudio.training.runs.folder import Destination
from cnnstudio.training.runs.session import begin
from cnnstudio.worker import unheard


class Mode:
    """wakepy's, as far as it is asked."""

    def __init__(self, asked: list[str], active: bool = True) -> None:
        self.asked, self.active = asked, active

    def __enter__(self) -> Mode:
        self.asked.append("awake")
        return self

    def __exit__(self, *_: object) -> None:
        self.asked.append("asleep")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    put_in(monkeypatch, lambda on_fail: Mode(asked))
    return asked


def put_in(monkeypatch: pytest.MonkeyPatch, running: Any) -> None:
    wakepy = ModuleType("wakepy")
    wakepy.keep = SimpleNamespace(running=running)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wakepy", wakepy)
    awake_module._say.cache_clear()


def test_the_computer_is_awake_as_long_as_a_run_trains(asked: list[str], tmp_path: Any) -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), Flatten(), Linear(10))
    project = Project(draw.graph(), Recipe(data="digits", epochs=1, batch_size=256))
    events = begin(project, Destination(tmp_path), unheard)
    next(event for event in events if isinstance(event, Step))
    assert asked == ["awake"]
    events.close()
    assert asked == ["awake", "asleep"]


@pytest.mark.parametrize("how", ["missing", "raises", "refuses"])
def test_who_cannot_be_asked_is_told_of_once_and_never_in_the_way(
    how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def raising(on_fail: str) -> Mode:
        raise RuntimeError("the desktop answers nonsense")

    put_in(monkeypatch, {"raises": raising, "refuses": lambda on_fail: Mode([], active=False)}.get(how))
    if how == "missing":
        monkeypatch.setitem(sys.modules, "wakepy", None)
    done = []
    with caplog.at_level(logging.INFO, "cnnstudio"):
        for _ in range(2):
            with awake():
                done.append("trained")
    assert done == ["trained", "trained"]
    assert [record.getMessage()[:28] for record in caplog.records] == ["This computer may fall aslee"]


def test_an_error_of_the_training_comes_through_and_the_computer_may_sleep(asked: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), awake():
        raise ZeroDivisionError
    assert asked == ["awake", "asleep"]


def test_it_is_imported_by_who_trains_alone(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "wakepy" not in vars(awake_module) and "keep" not in vars(awake_module)
