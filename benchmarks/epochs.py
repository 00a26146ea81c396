"""Whole epochs of training against the script that every tutorial begins with, in one run, turn by turn.

Ours is the loop as the command line runs it. The script's is a DataLoader of two workers that crops, flips and
normalises each picture by torchvision's transforms, and a plain float32 loop on all cores. The pictures are made in
memory; each side sees the same. Promises: SmallResNet in bfloat16 at least 3.0 times the script's images a second
where the processor multiplies it, 1.6 times in float32; LeNet-5 12 times; behind a frozen trunk 8 times in every epoch
but the first.

``bare`` is what PyTorch alone makes of the same network: steps in the layout, precision and threads that ours has
chosen, on one batch that lies ready, so without any pictures read, moved or mirrored. No loop that computes the same is
faster; where it is below a promise, no loop could keep that promise on this computer.

Both sides want all cores. What other programs took of them meanwhile is printed beside each turn: on a computer that
is not idle the numbers say little.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
import psutil
import torch
from torch import Tensor, nn

from cnnstudio import zoo
from cnnstudio.compiler.source import Source, source
from cnnstudio.graph import Graph
from cnnstudio.project.augmentations import usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import chosen_device, cores
from cnnstudio.training.events import EpochEnd, Started, Step
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.pace import Steps, paced
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo.backbone import transfer


@dataclasses.dataclass(frozen=True)
class Contest:
    """A network, the shape of its pictures, so many of them an epoch, and how it is trained."""

    title: str
    graph: Graph
    size: tuple[int, int, int]
    pictures: int
    recipe: Recipe
    promise: float

    @property
    def mirror(self) -> bool:
        """Whether the pictures are photographs, which a mirror image is as good as."""
        return self.size[0] == 3


def contests(pictures: float) -> dict[str, Contest]:
    """What is measured, by its name; ``pictures`` stretches the epochs."""
    plain = Recipe(
        epochs=2, batch_size=64, optimizer="SGD", learning_rate=0.01, device="cpu", augmentations=usual(True)
    )
    resnet, lenet, frozen = zoo.small_resnet(), zoo.lenet5(), transfer(10, (3, 64, 64))
    auto = dataclasses.replace(plain, precision="auto")
    still = dataclasses.replace(plain, augmentations=())
    moved = dataclasses.replace(plain, augmentations=usual(mirror=False))
    count = lambda number: max(128, round(number * pictures / 64) * 64)  # noqa: E731
    return {
        "float32": Contest("SmallResNet, float32", resnet, (3, 32, 32), count(512), plain, 1.6),
        "auto": Contest("SmallResNet, precision auto", resnet, (3, 32, 32), count(512), auto, 3.0),
        "lenet": Contest("LeNet-5", lenet, (1, 28, 28), count(12_800), moved, 12.0),
        "frozen": Contest("a frozen MobileNetV3 and a head", frozen, (3, 64, 64), count(2_048), still, 8.0),
    }


def data(contest: Contest) -> Data:
    """Pictures of smooth noise, with a brighter edge for each class; a few to validate with."""
    random = np.random.default_rng(0)
    channels, height, width = contest.size
    count = contest.pictures + 64
    coarse = random.integers(0, 200, (count, channels, height // 4, width // 4), dtype=np.uint8)
    pixels = torch.from_numpy(coarse.repeat(4, 2).repeat(4, 3))
    labels = torch.from_numpy(random.integers(0, 10, count))
    for number, label in enumerate(labels.tolist()):
        pixels[number, :, label : label + 2] += 50
    train, rest = slice(0, contest.pictures), slice(contest.pictures, None)
    names = tuple(map(str, range(10)))
    moments = (0.45,) * channels, (0.25,) * channels
    halves = pixels[train], labels[train], pixels[rest], labels[rest]
    return Data("Noise", *halves, names, *moments, mirror=contest.mirror)


class Pictures(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """The pictures as PIL has them, each transformed when it is asked for."""

    def __init__(self, data: Data, contest: Contest) -> None:
        from PIL import Image

        transforms = torchvision().transforms
        as_rows = data.train_images.permute(0, 2, 3, 1).numpy()
        self._pictures = [Image.fromarray(each.squeeze()) for each in as_rows]
        self._labels = data.train_labels.tolist()
        steps: list[Callable[..., object]] = []
        if contest.recipe.augmentations:
            steps.append(transforms.RandomCrop(contest.size[1:], padding=contest.size[1] // 8))
            steps += [transforms.RandomHorizontalFlip()] if contest.mirror else []
        self._transform = transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(data.mean, data.std)])

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        return self._transform(self._pictures[number]), self._labels[number]


def script(contest: Contest, made: Source, data: Data) -> Iterator[float]:
    """Images a second of each epoch of the tutorial's loop."""
    module = fresh(made, contest.recipe)
    learned = [parameter for parameter in module.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(learned, contest.recipe.learning_rate, momentum=contest.recipe.momentum)
    criterion = nn.CrossEntropyLoss()
    loader = torch.utils.data.DataLoader(Pictures(data, contest), contest.recipe.batch_size, True, num_workers=2)
    while True:
        torch.set_num_threads(cores())
        module.train()
        started, total = time.perf_counter(), 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(module(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        yield contest.pictures / (time.perf_counter() - started)


def ours(contest: Contest, made: Source, data: Data) -> Iterator[float]:
    """Images a second of each epoch of the loop, without its validation; the first is with what it makes ready."""
    recipe = dataclasses.replace(contest.recipe, epochs=10_000, schedule="constant")
    started, threads = time.perf_counter(), 0
    for event in train(fresh(made, recipe), data, recipe, source=made):
        if isinstance(event, Started):
            print(f"   {event.device}. {' '.join(event.notes)}")
            threads = torch.get_num_threads()
        elif isinstance(event, Step) and event.step % contest_steps(contest) == 0:
            yield contest.pictures / (time.perf_counter() - started)
        elif isinstance(event, EpochEnd):
            torch.set_num_threads(threads)
            started = time.perf_counter()


def bare(contest: Contest, made: Source, data: Data) -> Iterator[float]:
    """Images a second of an epoch's steps on one batch that lies ready."""
    recipe, size = contest.recipe, contest.recipe.batch_size
    module = fresh(made, recipe)
    device = chosen_device(module, recipe)
    device, pace = paced(device, recipe, Steps(module, data, device.laid))  # found out by ours, and not once more
    device.take(module)
    module.train()
    images, labels = device.laid(torch.randn(size, *contest.size)), data.train_labels[:size]
    learned = [parameter for parameter in module.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(learned, recipe.learning_rate, momentum=recipe.momentum, fused=True)
    while True:
        torch.set_num_threads(pace.threads)
        started = time.perf_counter()
        for _ in range(contest_steps(contest)):
            optimizer.zero_grad()
            with device.autocast():
                scores = module(images).float()
            nn.functional.cross_entropy(scores, labels).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        yield contest.pictures / (time.perf_counter() - started)


def contest_steps(contest: Contest) -> int:
    """Steps of an epoch."""
    return contest.pictures // contest.recipe.batch_size


def busy() -> Callable[[], float]:
    """A function that says which share of all cores other programs have had since the last call."""
    own = psutil.Process()

    def took() -> tuple[float, float]:
        family = [own, *own.children(recursive=True)]
        mine = sum(sum(each.cpu_times()[:2]) for each in family if each.is_running())
        times = own.cpu_times()
        times_all = psutil.cpu_times()
        idle = times_all.idle + getattr(times_all, "iowait", 0.0)
        return sum(times_all[:3]) + getattr(times_all, "steal", 0.0) - mine - sum(times[2:4]), idle + sum(times_all[:3])

    last = took()

    def since() -> float:
        nonlocal last
        before, last = last, took()
        return max(0.0, last[0] - before[0]) / max(1e-9, last[1] - before[1])

    return since


def hold(contest: Contest, turns: int) -> None:
    """Print the speeds of both, and the ratio of neighbouring turns."""
    print(contest.title)
    made, pictures = source(contest.graph), data(contest)
    sides = {"ours": ours, "script": script, "bare": bare}
    going = {name: side(contest, made, pictures) for name, side in sides.items()}
    for first in going.values():  # what is made ready, and the features of a trunk
        next(first)
    others, speeds = busy(), list[dict[str, float]]()
    for turn in range(turns):
        names = [*sides][:: 1 if turn % 2 else -1]
        speeds.append(found := {name: next(going[name]) for name in names})
        print("".join(f"   {name} {found[name]:8.0f}" for name in sides), f"  others {others():4.0%}")
    for other, promised in (("script", f" (promised: {contest.promise})"), ("bare", "")):
        ratios = sorted(found["ours"] / found[other] for found in speeds)
        middle = statistics.median(ratios)
        print(f"   times the {other}: least {ratios[0]:.2f}, median {middle:.2f}, most {ratios[-1]:.2f}{promised}")


def main() -> None:
    """Print what is asked for, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="float32, auto, lenet, frozen; else all")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--pictures", type=float, default=1.0, help="stretches the epochs")
    arguments = parser.parse_args()
    found = contests(arguments.pictures)
    for name in arguments.names or found:
        hold(found[name], arguments.turns)


if __name__ == "__main__":
    main()
