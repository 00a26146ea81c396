"""Kill runs at random moments with kill -9 and go on with them, against the same runs that nobody interrupted.

Promise: on a CPU not one bit differs: weights, optimizer, random streams, order of the images, best so far, curves.
``python benchmarks/kills.py 100`` kills about 100 times; with the seed behind it, the moments are others.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cnnstudio.blocks import BatchNorm2d, Conv2d, Dropout, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.project import Project
from cnnstudio.project.augmentations import usual
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import resume, weights
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.events import Started, Step
from cnnstudio.training.runs.folder import Destination, RunFolder
from cnnstudio.training.runs.metrics_file import METRICS
from cnnstudio.training.runs.record import read_record
from cnnstudio.training.runs.session import begin, go_on, image_size
from cnnstudio.worker import unheard
from cnnstudio.zoo import Backbone

SHARE = 4  # a run is killed within this part of its steps, so that it is killed some times on the way
AFTER = 0.03  # seconds, at most, from that step to the kill: within the next steps, or while a file is written
DIGITS = 1_438  # that are learned from
PRELOADED = ["cnnstudio.training.pretrained.pretrained", "cnnstudio.training.resume", "torch._dynamo"]
OF_THE_CLOCK = ("seconds", "epoch_seconds", "images_per_second")  # what may differ


def plain() -> Graph:
    """A network with statistics and dropout, for digits."""
    draw = Sketch()
    layers = (Conv2d(8, padding=1), BatchNorm2d(), ReLU(), MaxPool2d(), Dropout(0.3), Flatten(), Linear(10))
    draw.chain(draw(Input((1, 8, 8))), *layers)
    return draw.graph()


def frozen() -> Graph:
    """A network with a frozen backbone, for digits of 32 × 32."""
    draw = Sketch()
    backbone = Backbone("shufflenet_v2_x0_5", "1/16", frozen=True)
    draw.chain(draw(Input((3, 32, 32))), backbone, Flatten(), Dropout(0.1), Linear(10))
    return draw.graph()


def recipe(**values: Any) -> Recipe:
    """A run of some seconds."""
    return Recipe(
        **{"data": "digits", "epochs": 10, "batch_size": 64, "device": "cpu", "augmentations": usual(True), **values}
    )


FAST = PRESETS["fast"].changes | {"epochs": 10, "batch_size": 64, "precision": "float32"}
CASES: dict[str, tuple[Callable[[], Graph], Recipe]] = {
    "Adam, one-cycle, BatchNorm, dropout, augmentation": (plain, recipe()),
    "SGD with momentum, cosine, clipping": (
        plain,
        recipe(optimizer="SGD", nesterov=True, learning_rate=0.02, schedule="cosine", gradient_clip=1.0),
    ),
    "AdamW, steps, label smoothing": (
        plain,
        recipe(optimizer="AdamW", schedule="step", label_smoothing=0.1, weight_decay=0.05),
    ),
    "SGD with momentum, one-cycle, unfreezing, BatchNorm": (
        frozen,
        recipe(optimizer="SGD", learning_rate=0.01, epochs=4, unfreeze_epoch=2, backbone_rate=0.1, batch_size=128),
    ),
    "The fast preset: flips in turn, averages, both sides": (plain, recipe(**FAST)),
}


@dataclass
class Outcome:
    """How often a run was killed, after how many of these there was nothing to go on from, and what differs."""

    kills: int = 0
    anew: int = 0
    bits: int = 0
    compared: int = 0


def images(graph: Graph, plan: Recipe) -> Data:
    """The digits, as if a mirror image of one were as good, so that mirroring is tried too."""
    return dataclasses.replace(load(plan, image_size(graph) or Shape(1, 8, 8)), mirror=True)


def live(name: str, folder: Path, ready: Any, taken: Any) -> None:
    """Train, or go on with, one of ``CASES`` in this folder to its end, unless killed; checkpoints come thick."""
    resume.SECONDS_APART, resume.TIMES_APART = 0.03, 1.0
    make, plan = CASES[name]
    run = RunFolder(folder, is_new=False)
    if run.holds_a_run and read_record(folder)[0].state == "done":  # it was killed after its last word
        ready.set()
        return
    known = images(make(), plan)
    if run.checkpoint.exists():
        events = go_on(run, unheard, known=known)
    else:
        destination = Destination(folder.parent, folder.name, may_exist=True, overwrites=True)
        events = begin(Project(make(), plan), destination, unheard, known)
    for event in events:
        if isinstance(event, Started):
            ready.set()
        taken.value += isinstance(event, Step)


def steps_of(name: str) -> int:
    """About how many steps one of ``CASES`` has."""
    plan = CASES[name][1]
    return (plan.epochs or 1) * math.ceil(DIGITS / plan.batch_size)


def until_the_end(name: str, folder: Path, most: int, chance: random.Random) -> Outcome:
    """Train one of ``CASES`` to its end, killed up to so many times on the way."""
    outcome = Outcome()
    context = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    context.set_forkserver_preload(PRELOADED)
    while True:
        ready, taken = context.Event(), context.Value("l", 0)
        process = context.Process(target=live, args=(name, folder, ready, taken))
        process.start()
        while not ready.wait(0.2):
            if not process.is_alive():
                raise RuntimeError(f"{name}: it ended with {process.exitcode} before it began")
        if outcome.kills >= most:
            process.join()
        else:
            # by steps and not by the clock, or on a busy computer no run would come far enough to be gone on with
            wanted = chance.randrange(steps_of(name) // SHARE)
            while process.is_alive() and taken.value < wanted:
                time.sleep(0.001)
            process.join(chance.uniform(0, AFTER))
        if process.is_alive():
            process.kill()
            process.join()
            outcome.kills += 1
            outcome.anew += not (folder / "checkpoint.safetensors").exists()
        elif process.exitcode:
            raise RuntimeError(f"{name}: it ended with {process.exitcode}")
        else:
            return outcome


def differing(one: Path, other: Path) -> tuple[int, int]:
    """How many bits of two run folders differ, and of how many."""
    bits = compared = 0
    for file in ("best.safetensors", "last.safetensors", "checkpoint.safetensors"):
        (left, said), (right, heard) = weights.read(one / file), weights.read(other / file)
        if left.keys() != right.keys():
            raise RuntimeError(f"{file} holds other tensors")
        for name, tensor in left.items():
            pair = [np.frombuffer(each[name].numpy().tobytes(), np.uint8) for each in (left, right)]
            bits += int(np.bitwise_count(pair[0] ^ pair[1]).sum())
            compared += tensor.numel() * tensor.element_size() * 8
        bits += text_bits(timeless(said), timeless(heard))
    rows = [table(folder / METRICS) for folder in (one, other)]
    bits += text_bits(*rows)
    return bits, compared + 8 * len(rows[0])


def timeless(metadata: dict[str, str]) -> str:
    """What a file says of itself, but for the time it took."""
    found = {key: json.loads(value) if key == "checkpoint" else value for key, value in metadata.items()}
    return json.dumps(without_times(found), sort_keys=True)


def without_times(value: Any) -> Any:
    """The value without what the clock said."""
    if isinstance(value, dict):
        return {key: without_times(each) for key, each in value.items() if key not in OF_THE_CLOCK}
    return value


def table(path: Path) -> str:
    """The curves, but for the time they took; of rows for one place the last."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{key: cell for key, cell in row.items() if key not in OF_THE_CLOCK} for row in csv.DictReader(file)]
    return json.dumps(rows)


def text_bits(one: str, other: str) -> int:
    """How many bits of two texts differ."""
    left, right = one.encode(), other.encode()
    size = max(len(left), len(right))
    pair = [np.frombuffer(text.ljust(size, b"\0"), np.uint8) for text in (left, right)]
    return int(np.bitwise_count(pair[0] ^ pair[1]).sum())


def run(name: str, kills: int, chance: random.Random, folder: Path) -> Outcome:
    """One of ``CASES``, interrupted so often in as many runs as it takes, against the one that was not."""
    until_the_end(name, folder / "whole", 0, chance)
    total = Outcome()
    while total.kills < kills:
        killed = folder / f"killed-{total.kills}"
        outcome = until_the_end(name, killed, kills - total.kills, chance)
        bits, compared = differing(folder / "whole", killed)
        total = Outcome(
            total.kills + outcome.kills, total.anew + outcome.anew, total.bits + bits, total.compared + compared
        )
    return total


def main(kills: int = 100, seed: int = 0) -> int:
    """Print a line for each of ``CASES``; 1 where anything differs."""
    torch.set_num_threads(1)
    chance, started = random.Random(seed), time.perf_counter()
    print(f"{'':52} {'kills':>6} {'anew':>6} {'bits compared':>16} {'differing':>10}")
    wrong = 0
    for number, name in enumerate(CASES):
        share = math.ceil((kills - number) / len(CASES))
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(name, share, chance, Path(folder))
        print(f"{name:52} {outcome.kills:6} {outcome.anew:6} {outcome.compared:16,} {outcome.bits:10,}", flush=True)
        wrong += outcome.bits
    print(f"{wrong:,} differing bits, in {time.perf_counter() - started:.0f} seconds.")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
