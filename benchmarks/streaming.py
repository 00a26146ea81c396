"""A folder of pictures that does not fit into memory: decoded onto the disk and trained from there, beside memory.

Each side runs in an interpreter of its own: reading the folder, once more reading it, and two epochs of batches, cut,
mirrored and normalised. Printed are the seconds of each and the bytes of the process that are its own (RssAnon of
Linux; pages of a mapped file are the system's, which takes them back). Promise: the batches are the same to the bit,
the side on the disk has at most 300 MB of its own more than before it read, batches among them, and its epoch takes at
most twice as long while the system has room for the pages. ``python benchmarks/streaming.py [PICTURES]``
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

SIDES = ("memory", "disk")
MOST_OWN, MOST_SLOWER = 300_000_000, 2.0


def own() -> int:
    """The bytes of this process that no file stands for."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    return 0


def side(kind: str, folder: str) -> dict[str, object]:
    """What one side takes."""
    import torch

    from cnnstudio.graph import Shape
    from cnnstudio.project.augmentations import RandomCrop, RandomHorizontalFlip
    from cnnstudio.project.recipe import Recipe
    from cnnstudio.training.batches import Batches
    from cnnstudio.training.data import decoded_cache, image_folder
    from cnnstudio.training.data.loading import load
    from cnnstudio.training.device import Device

    decoded_cache.WORTH = 1e9 if kind == "memory" else decoded_cache.WORTH
    image_folder.is_modest = lambda needed: kind == "memory"
    torch.set_num_threads(1)
    recipe = Recipe(data="folder", folder=folder, batch_size=64, augmentations=(RandomCrop(4), RandomHorizontalFlip()))
    most, over, before = [0], threading.Event(), own()

    def watch() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], own() - before)

    watching = threading.Thread(target=watch)
    watching.start()
    found: dict[str, object] = {}
    for what in ("read", "again"):
        began = time.perf_counter()
        data = load(recipe, Shape(3, 224, 224))
        found[what] = time.perf_counter() - began
    batches = Batches(data, recipe, Device(torch.device("cpu"), "CPU", False, False, ()))
    random, digest = torch.Generator().manual_seed(0), hashlib.blake2b()
    for epoch in (1, 2):
        began, order = time.perf_counter(), batches.order(random)
        for step in range(len(batches.sizes)):
            images, _ = batches.batch(order, step, epoch, random)
            if epoch == 1 and step % 8 == 0:
                digest.update(images.contiguous().numpy().tobytes())
        found[f"epoch {epoch}"] = time.perf_counter() - began
    over.set()
    watching.join()
    return found | {"own": most[0], "digest": digest.hexdigest(), "bytes": data.train_images.numel()}


def main() -> int:
    """Measure both; 1 where a promise is not kept."""
    if len(sys.argv) > 2:
        print(json.dumps(side(*sys.argv[1:3])))
        return 0
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 6_000
    random, found = np.random.default_rng(0), {}
    with tempfile.TemporaryDirectory() as place:
        for number in range(count):
            path = Path(place) / "images" / "ab"[number % 2] / f"{number:05}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            small = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8))
            small.resize((320, 240), Image.Resampling.BICUBIC).save(path, quality=85)
        for kind in SIDES:
            there = os.environ | {"CNNSTUDIO_HOME": str(Path(place) / "home")}
            command = [sys.executable, __file__, kind, str(Path(place) / "images")]
            told = found[kind] = json.loads(subprocess.run(command, env=there, check=True, capture_output=True).stdout)
            times = ", ".join(f"{what} {told[what]:.1f} s" for what in ("read", "again", "epoch 1", "epoch 2"))
            print(
                f"{kind:<7} {times}; {told['own'] / 1e6:,.0f} MB of its own for {told['bytes'] / 1e6:,.0f} MB to train"
            )
    memory, disk = (found[kind] for kind in SIDES)
    is_same = memory["digest"] == disk["digest"]
    slower = disk["epoch 2"] / memory["epoch 2"]
    print(f"the same batches: {is_same}; an epoch from the disk takes {slower:.2f} times as long")
    return 0 if is_same and disk["own"] <= MOST_OWN and slower <= MOST_SLOWER else 1


if __name__ == "__main__":
    sys.exit(main())
