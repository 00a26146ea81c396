"""How long the import of torchvision's ResNet-50 takes, here and in another checkout, such as an earlier build.

Promise: at most half of what it took before imports were written anew. ``python benchmarks/importing.py ../before``.

Each build is measured in processes of its own, in turns, in processor time; of each the least counts. The first import
of a process is told too: it loads torch._dynamo, which the meta kernel of adaptive pooling asks for, whoever calls it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
TURNS = 3
MEASURE = """
import time, torch
from cnnstudio.exchange.importing.network import import_torchvision

def seconds():
    began = time.process_time()
    import_torchvision("resnet50")
    return time.process_time() - began

print(seconds(), min(seconds() for _ in range(9)))
"""


def measured(checkout: Path) -> tuple[float, float]:
    """The seconds that the first import takes in a process, and a later one."""
    environment = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", MEASURE]
    ran = subprocess.run(command, check=True, cwd=checkout, env=environment, capture_output=True, text=True)
    first, later = map(float, ran.stdout.split())
    return first, later


def main(arguments: list[str]) -> int:
    """Print what it takes here and there; 1 where the promise is broken."""
    places = [HERE, *(Path(each).resolve() for each in arguments)]
    found = {place: [measured(place)] for place in places}
    for _ in range(TURNS - 1):
        for place in places:
            found[place].append(measured(place))
    first, later = zip(*(map(min, zip(*found[place], strict=True)) for place in places), strict=True)
    for place, once, again in zip(places, first, later, strict=True):
        print(f"{place.name}: the first import {once:.2f} s, later ones {again * 1000:.0f} ms")
    if len(places) == 1:
        return 0
    print(f"{later[0] / later[1]:.2f} times the other, {first[0] / first[1]:.2f} times with what torch loads once")
    return int(later[0] > 0.5 * later[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
