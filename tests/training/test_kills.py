"""A run that is killed at random moments and gone on with ends as one that nobody interrupted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
    assert all(int(bits.replace(",", "")) > 100_000 for _, bits in lines) and len(lines) == 4
    assert "\n0 differing bits" in done.stdout
