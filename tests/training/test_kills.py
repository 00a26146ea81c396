"""A run that is killed at random moments and gone on with ends as one that nobody interrupted."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cnnstudio.blocks import BatchNorm2d, Dropout
from cnnstudio.graph import Graph
from cnnstudio.project.augmentations import MIRRORING
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]
KILLS: dict[str, Any] = runpy.run_path(str(ROOT / "benchmarks" / "kills.py"))
CASES: dict[str, tuple[Callable[[], Graph], Recipe]] = KILLS["CASES"]


def test_what_is_killed_is_everything_that_a_run_must_remember() -> None:
    """The sentence of the promise: each of these is in one of the runs that are killed."""
    recipes = [plan for _, plan in CASES.values()]
    assert {"Adam", "SGD", "AdamW"} <= {plan.optimizer for plan in recipes}
    unfrozen = [plan for make, plan in CASES.values() if plan.unfreeze_epoch and make is KILLS["frozen"]]
    assert [plan.optimizer for plan in unfrozen if plan.momentum and plan.schedule == "one-cycle"] == ["SGD"]
    assert all(any(isinstance(each, MIRRORING) for each in plan.augmentations) for plan in recipes)
    assert {type(node.block) for node in KILLS["plain"]()} >= {BatchNorm2d, Dropout}
    fast = PRESETS["fast"].changes.keys() - {"epochs", "batch_size", "precision"}
    assert any(all(getattr(plan, name) == PRESETS["fast"].changes[name] for name in fast) for plan in recipes)
    assert KILLS["images"](KILLS["plain"](), recipes[0]).mirror


def test_five_kills_leave_no_differing_bit() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "kills.py"), "5"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = re.findall(r"^.{52} +(\d+) +\d+ +([\d,]+) +0$", done.stdout, re.MULTILINE)
    assert sum(int(kills) for kills, _ in lines) >= 5
    assert all(int(bits.replace(",", "")) > 100_000 for _, bits in lines) and len(lines) == len(CASES)
    assert "\n0 differing bits" in done.stdout
