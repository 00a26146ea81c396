"""The images of an epoch, augmented and normalised, beside what the tutorials do with torchvision.

``small``: bytes of 32 × 32 in memory, moved, mirrored, their colours changed and normalised, against torchvision's
transforms on one PIL image after the other. ``files``: JPEG files, of which a piece is cut, enlarged to 224 × 224 and
mirrored, against a DataLoader of two workers that reads a file whenever its image is asked for; once for the first
epoch, in which ours reads the folder, and once for every later one. ``each``: what every augmentation takes alone, in
microseconds an image of 32 × 32. Both sides take turns; ``small`` and ``each`` are times of the processor, so that what
else the computer does counts little; with ``--by-processor`` so is ``files``: the reading of both sides shared by two
cores, our batches on one. Promise: 30 times as many images, and from files twice as many in the first epoch
and ten times as many in later ones. ``python benchmarks/augmenting.py [small] [files] [each]``
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from cnnstudio.graph import Shape, parameters
from cnnstudio.project.augmentations import ColorJitter, RandomCrop, RandomHorizontalFlip, RandomResizedCrop
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.batches import Batches
from cnnstudio.training.data.decoded_cache import VARIABLE
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.device import Device, cores, prepare_thread
from cnnstudio.training.torchvision_compat import make_ready

ROUNDS = 3
CPU = Device(torch.device("cpu"), "CPU", False, False, ())
MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
SIZES = ((500, 375), (2_000, 1_500))  # of JPEG files: those of ImageNet, and a small photograph
WORKERS, FILES = 2, 128


def transforms() -> Any:
    """The transforms of torchvision's version 1, as the tutorials use them."""
    make_ready()
    return importlib.import_module("torchvision.transforms")


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long it takes."""
    started = clock()
    work()
    return clock() - started


def epoch(batches: Batches, number: int, random: torch.Generator) -> None:
    """All batches of an epoch as a run takes them."""
    order = batches.order(random)
    for step in range(len(batches.sizes)):
        batches.batch(order, step, number, random)


def pictures(count: int, side: int) -> Tensor:
    """Pictures of smooth noise, in bytes (N, 3, side, side)."""
    coarse = torch.rand(count, 3, side // 4, side // 4, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear")
    return (255 * smooth).round().to(torch.uint8)


def of_pictures(images: Tensor) -> Data:
    """They as a data set of ten classes."""
    labels = torch.arange(len(images)) % 10
    return Data("Noise", images, labels, images[:2], labels[:2], tuple("0123456789"), MEAN, STD, mirror=True)


def small() -> float:
    """How many times as many images of 32 × 32 ours gives."""
    images, v1 = pictures(1_024, 32), transforms()
    recipe = Recipe(
        batch_size=128, augmentations=(RandomCrop(4), RandomHorizontalFlip(), ColorJitter(0.4, 0.4, 0.4, 0.1))
    )
    batches, random = Batches(of_pictures(images), recipe, CPU), torch.Generator().manual_seed(0)
    theirs = v1.Compose([
        v1.RandomCrop(32, padding=4),
        v1.RandomHorizontalFlip(),
        v1.ColorJitter(0.4, 0.4, 0.4, 0.1),
        v1.ToTensor(),
        v1.Normalize(MEAN, STD),
    ])  # fmt: skip
    as_pil = [Image.fromarray(each.permute(1, 2, 0).numpy()) for each in images]

    def one_by_one() -> None:
        for start in range(0, len(as_pil), 128):
            torch.stack([theirs(each) for each in as_pil[start : start + 128]])

    epoch(batches, 1, random)
    ours, others = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(lambda: [epoch(batches, 1, random) for _ in range(8)], time.process_time) / 8)
        others.append(seconds(one_by_one, time.process_time))
    took, other = (1e6 * statistics.median(each) / len(images) for each in (ours, others))
    print(
        f"small   32 × 32: crop, flip, colours, normalise   {took:7.1f} µs an image, torchvision {other:7.1f} µs",
        end="",
    )
    print(f"   {other / took:5.1f} times")
    return other / took


class Files(Dataset[tuple[Tensor, int]]):
    """JPEG files, each read and transformed when it is asked for."""

    def __init__(self, paths: list[Path]) -> None:
        v1 = transforms()
        self.paths = paths
        self.transform = v1.Compose(
            [v1.RandomResizedCrop(224), v1.RandomHorizontalFlip(), v1.ToTensor(), v1.Normalize(MEAN, STD)]
        )

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        with Image.open(self.paths[number]) as image:
            return self.transform(image.convert("RGB")), number % 2


def written(folder: Path, size: tuple[int, int]) -> list[Path]:
    """JPEG files of that width and height, half in either class."""
    random, paths = np.random.default_rng(0), []
    for number in range(FILES):
        path = folder / "ab"[number % 2] / f"{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (size[1] // 20, size[0] // 20, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(path, quality=90)
        paths.append(path)
    return paths


def files(by_processor: bool) -> Iterator[tuple[float, float]]:
    """For each size how many times as many images ours gives, in the first epoch and in a later one."""
    clock, workers = (time.process_time, 0) if by_processor else (time.perf_counter, WORKERS)
    shared = WORKERS if by_processor else 1  # by so many, where each has a core to itself
    for size in SIZES:
        with tempfile.TemporaryDirectory() as place:
            paths = written(Path(place), size)
            recipe = Recipe(
                data="folder",
                folder=place,
                batch_size=64,
                validation_share=0.05,
                augmentations=(RandomResizedCrop(), RandomHorizontalFlip()),
            )
            random = torch.Generator().manual_seed(0)
            firsts, laters, others = [], [], []
            loader = DataLoader(Files(paths), 64, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
            list(loader)  # the workers have started and the files are in the system's memory
            for _ in range(ROUNDS):
                others.append(seconds(partial(list, loader), clock) / shared / FILES)
                started = clock()
                data = load(recipe, Shape(3, 224, 224))
                read = (clock() - started) / shared / FILES
                batches = Batches(data, recipe, CPU)
                laters.append(seconds(partial(epoch, batches, 1, random), clock) / len(data.train_labels))
                firsts.append(read + laters[-1])
            first, later, other = (1e3 * statistics.median(each) for each in (firsts, laters, others))
            print(
                f"files   {size[0]:,} × {size[1]:,} to 224 × 224, ms an image: first epoch {first:6.2f}, later", end=""
            )
            print(f" {later:6.2f}, DataLoader {other:6.2f}   {other / first:5.1f} and {other / later:5.1f} times")
            yield other / first, other / later


def each() -> None:
    """What every augmentation takes alone."""
    images = pictures(1_024, 32)
    kinds = next(field.entry_types for field in parameters(Recipe) if field.name == "augmentations")
    plain = None
    for change in (None, *(kind() for kind in kinds)):
        if hasattr(change, "probability"):
            change = dataclasses.replace(change, probability=1.0)  # type: ignore[type-var] # noqa: PLW2901
        recipe = Recipe(batch_size=128, augmentations=() if change is None else (change,))
        batches, random = Batches(of_pictures(images), recipe, CPU), torch.Generator().manual_seed(0)
        epoch(batches, 1, random)
        took = (
            1e6
            * statistics.median(seconds(partial(epoch, batches, 1, random), time.process_time) for _ in range(3))
            / len(images)
        )
        plain = took if plain is None else plain
        name = "nothing but normalising" if change is None else type(change).__name__
        print(f"each    {name:<24} {took - (plain if change is not None else 0):8.1f} µs an image")


def main() -> int:
    """Measure what is asked for, or all; 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=("small", "files", "each"))
    parser.add_argument("--threads", type=int, default=cores(), help="on which ours computes")
    parser.add_argument("--by-processor", action="store_true", help="``files`` by the time of the processor as well")
    asked = parser.parse_args()
    os.environ[VARIABLE] = "0"  # or the second time nothing would be decoded
    prepare_thread()
    torch.set_num_threads(asked.threads)
    print(f"{os.cpu_count()} cores, ours on {asked.threads} thread(s)")
    kept = True
    if "small" in asked.what:
        kept &= small() >= 30
    if "files" in asked.what:
        found = list(files(asked.by_processor))
        kept &= all(first >= 2 and later >= 10 for first, later in found)
    if "each" in asked.what:
        each()
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
