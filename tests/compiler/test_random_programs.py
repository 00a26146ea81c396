"""A fraction of what benchmarks/random_programs.py draws."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from cnnstudio.blocks import Conv2d
from cnnstudio.graph import Shape

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(FOLDER))
    import random_programs

    yield random_programs
    sys.modules.pop("random_programs", None)


def test_windows_and_networks_are_as_torch_has_them(drawn: ModuleType) -> None:
    assert list(drawn.windows(250)) == []
    assert list(drawn.programs(4)) == []


def test_what_is_told_wrongly_is_found(drawn: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Conv2d.shape
    monkeypatch.setattr(Conv2d, "shape", lambda self, *inputs: Shape(right(self, *inputs)[0], 1, 1))
    assert any("Conv2d" in each for each in drawn.windows(40))
