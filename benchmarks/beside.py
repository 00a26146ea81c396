"""This checkout against another one, such as the build before: the same benchmarks in turns, figure by figure.

``python benchmarks/beside.py ../before canvas inference --turns 6``. Of each figure the least of all turns counts,
which is what a machine with other work to do disturbs least. What is printed with one decimal is compared no closer
than that, and how many times something is faster than something else is left out: those are ratios already.

In every turn the other checkout is measured, this one twice, and the other again, so that each has two halves. A
figure is worse where both halves of this one are above both halves of the other: what differs between a build and
itself is the measure's own spread, and how many figures do so is told beside it. A benchmark that no figure of is worse
is not measured again, so that turns go where they are needed.

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
    """The figures that a benchmark prints in a checkout, and how closely each is told.

    :raises SystemExit: it fails there, or prints no figure
    """
    environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"PYTHONPATH": str(checkout)}
    command = [sys.executable, str(checkout / "benchmarks" / f"{name}.py")]
    ran = subprocess.run(command, check=False, cwd=checkout, env=environment, capture_output=True, text=True)
    found: Figures = {}
    grain: Figures = {}
    part = ""
    for printed in ran.stdout.splitlines():
        line = TIMES.sub("", printed)
        words = FIGURE.sub("#", line).strip()
        if not line.startswith(" "):
            part = words.split(":")[0]  # the same gestures are measured on several networks
        for number, text in enumerate(FIGURE.findall(line)):
            found[f"{part} | {words}", number] = float(text.replace(",", ""))
            grain[f"{part} | {words}", number] = 0.1 ** len(text.partition(".")[2])
    if not found:
        raise SystemExit(f"{name} prints no figure in {checkout}: {ran.stderr.strip()[-500:]}")
    return found, grain


def least(best: Figures, found: Figures) -> None:
    """Keep of each figure the least."""
    for key, value in found.items():
        best[key] = min(value, best.get(key, math.inf))


def above(ours: Figures, theirs: Figures, grain: Figures) -> list[tuple[str, int]]:
    """The figures that are more than ``MOST`` times the other's, by more than what is printed can tell."""
    both = (key for key in ours if key in theirs and key in grain)
    return [key for key in both if ours[key] - grain[key] / 2 > MOST * (theirs[key] + grain[key] / 2)]


def compare(other: Path, name: str, turns: int) -> int:
    """Measure one benchmark in turns, print what is worse than promised, and say how much that is."""
    before: Figures = {}
    after: Figures = {}
    first: Figures = {}
    second: Figures = {}
    ours: Figures = {}
    theirs: Figures = {}
    worse: list[tuple[str, int]] = []
    for turn in range(1, turns + 1):
        grain: Figures = {}
        for checkout, best in ((other, before), (HERE, first), (HERE, second), (other, after)):
            found, grain = figures(checkout, name)
            least(best, found)
        ours, theirs = dict(first), dict(before)
        least(ours, second)
        least(theirs, after)
        slower = {key: max(value, before.get(key, value)) for key, value in after.items()}
        worse = above(ours, slower, grain)
        spread = len(above(before, after, grain)) + len(above(after, before, grain))
        print(
            f"  turn {turn}: {len(worse)} above {MOST} in both halves; the other against itself: {spread}", flush=True
        )
        if not worse:
            break
    for key in worse:
        (words, number), ratio = key, ours[key] / theirs[key]
        print(f"  {ratio:.2f}: {ours[key]:g} against {theirs[key]:g}, no. {number + 1} of {words}")
    means = [math.log(ours[key] / theirs[key]) for key in ours if key in theirs and ours[key] > 0 < theirs[key]]
    mean = math.exp(sum(means) / len(means))
    print(f"{name}: {len(ours)} figures, {mean:.3f} times the other on average, {len(worse)} above {MOST}", flush=True)
    return len(worse)


def main() -> int:
    """Print each figure that is worse than promised, and the mean ratio of every benchmark; 1 where one is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path)
    parser.add_argument("names", nargs="*", default=ALL)
    parser.add_argument("--turns", type=int, default=6)
    given = parser.parse_args()
    return 1 if sum(compare(given.other.resolve(), name, given.turns) for name in given.names) else 0


if __name__ == "__main__":
    sys.exit(main())
