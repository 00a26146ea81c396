"""A tenth of what benchmarks/torture.py tries."""

from __future__ import annotations

import importlib
import math
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SHARE = 0.1


@pytest.fixture
def attacks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The attacks by their names."""
    monkeypatch.syspath_prepend(str(FOLDER))
    torture = importlib.import_module("torture")
    yield {attack.name: attack for attack in torture.ATTACKS}
    for name in [name for name in sys.modules if name == "torture" or name.split(".")[0] == "attacks"]:
        del sys.modules[name]


@pytest.mark.usefixtures("processes_with_torch")
@pytest.mark.parametrize("name", ["saving", "drawing", "disk", "mutants", "clipboards", "weights", "actions", "memory"])
def test_no_promise_is_broken(attacks: Any, qapp: object, isolated_home: Path, name: str) -> None:
    attack = attacks[name]
    outcome = attack.make(math.ceil(attack.number * SHARE), random.Random(0))
    assert outcome.faults == []
    assert outcome.tried >= attack.number * SHARE and len(outcome.told) > 0


def test_a_broken_promise_is_seen(attacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(text: bytes) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("attacks.mutants.put_through", breaks)
    outcome = attacks["mutants"].make(3, random.Random(0))
    assert len(outcome.faults) == outcome.tried == 3 and "ZeroDivisionError" in outcome.faults[0]
