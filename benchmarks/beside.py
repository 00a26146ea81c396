"""This checkout against another one, such as the build before: the same benchmarks in turns, figure by figure.

``python benchmarks/beside.py ../before canvas inference --turns 3``. Of each figure the least of all turns counts,
which is what a machine with other work to do disturbs least. What is printed with one decimal is compared no closer
than that, and how many times something is faster than something else is left out: those are ratios already.

Promise: no figure is more than 1.05 times that of the other checkout.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
ALL = ("canvas", "first_paint", "inference", "training_step")
MOST = 1.05
FIGURE = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w.]|\.\d)")
TIMES = re.compile(r"[\d.,]+ times\b.*")
Figures = dict[tuple[str, int], float]  # the words of a line, which of its numbers -> that number


def figures(checkout: Path, name: str) -> tuple[Figures, Figures]:
    """The figures that a benchmark prints in a checkout, and how closely each is told."""
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    command = [sys.executable, str(checkout / "benchmarks" / f"{name}.py")]
    told = subprocess.run(command, check=False, cwd=checkout, env=environment, capture_output=True, text=True).stdout
    found: Figures = {}
    grain: Figures = {}
    part = ""
    for printed in told.splitlines():
        line = TIMES.sub("", printed)
        words = FIGURE.sub("#", line).strip()
        if not line.startswith(" "):
            part = line.split(":")[0]  # the same gestures are measured on several networks
        for number, text in enumerate(FIGURE.findall(line)):
            found[f"{part} | {words}", number] = float(text.replace(",", ""))
            grain[f"{part} | {words}", number] = 0.1 ** len(text.partition(".")[2])
    return found, grain


def main() -> int:
    """Print each figure that is worse than promised, and the mean ratio of every benchmark; 1 where one is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path)
    parser.add_argument("names", nargs="*", default=ALL)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    missed = 0
    for name in given.names:
        ours: Figures = {}
        theirs: Figures = {}
        grain: Figures = {}
        for _ in range(given.turns):
            for checkout, best in ((given.other.resolve(), theirs), (HERE, ours)):
                found, grain = figures(checkout, name)
                for key, value in found.items():
                    best[key] = min(value, best.get(key, math.inf))
        both = [key for key in ours if key in theirs and key in grain and ours[key] != theirs[key]]
        worse = [key for key in both if ours[key] - grain[key] / 2 > MOST * (theirs[key] + grain[key] / 2)]
        for words, number in worse:
            ratio = ours[words, number] / theirs[words, number]
            print(
                f"  {ratio:.2f}: {ours[words, number]:g} against {theirs[words, number]:g}, no. {number + 1} of {words}"
            )
        means = [math.log(ours[key] / theirs[key]) for key in both if ours[key] > 0 < theirs[key]]
        mean = math.exp(sum(means) / len(means)) if means else 1.0
        print(f"{name}: {len(ours)} figures, {mean:.3f} times the other on average, {len(worse)} above {MOST}")
        missed += len(worse)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
