"""Costs: what a training run takes, by formula and at once: memory, work, and the batch that fits. Knows no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.memory import memory
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.needs import BYTES
from cnnstudio.training.schedules import epochs_of
from cnnstudio.wording import duration, short

WATTS = {"cpu": 40.0, "cuda": 250.0}
"""What a computer is assumed to draw more while it trains, by the kind of its device."""

LAMP = 10.0  # watts: what people can imagine

# what an allocator and its kernels hold beside the maps that autograd keeps, as a multiple of them: measured on a CPU
# with SmallResNet and LeNet-5 (benchmarks/forecast.py)
_BESIDE = 1.65
_RUNTIME = 25_000_000  # bytes: threads and kernels that PyTorch makes ready for this network, once it is warm
_MOST = 2**30  # images a step that are offered
_DRIVERS = "/dev/nvidiactl", "/dev/dxg", "C:/Windows/System32/nvcuda.dll"  # on Linux, in WSL, on Windows
_REMEMBERED = {"SGD": 0, "RMSprop": 1, "Adagrad": 1}  # numbers a weight, without momentum; any other one keeps two
# how many numbers a weight of the largest layer some make beside that, weight after weight, and one more for the decay:
# those that torch has in no fused form on a CPU (measured on one large layer, benchmarks/memory.py)
_IN_PASSING = {"RMSprop": 1, "NAdam": 2, "Adagrad": 1}
_HALF = 2  # bytes of a number in bfloat16 or float16


@dataclass(frozen=True)
class Costs:
    """What a run takes, in bytes and multiply-accumulates.

    ``weights`` are there all the time: the weights, the last good ones, the best ones and their average, what the
    optimizer remembers, and those that were noted to see how far a step moves them. ``gradients`` come on top in a
    step, with what the optimizer makes in passing or what mixed precision copies in half the bytes, and ``copies``
    while it is written from where the run can go on. ``image`` is what one image of a batch takes while it is learned,
    ``glance`` while it is looked at, ``data`` the images in memory. ``macs`` are those of one image going forward,
    ``images`` is how many there are to train with, None where nobody knows yet.
    """

    weights: int
    gradients: int
    copies: int
    image: int
    glance: int
    data: int
    macs: int
    images: int | None
    epochs: int

    def memory(self, batch_size: int) -> int:
        """The bytes of a run with steps of so many images, the program and a PyTorch that is warm left out."""
        step = self.gradients + batch_size * self.image
        look = max(32, 2 * batch_size) * self.glance  # in validation, training/loop
        return self.weights + self.data + max(step, look, self.copies) + _RUNTIME

    def fitting(self, free: int) -> int:
        """The greatest power of two of images a step with which a run takes at most ``free`` bytes; 0 for none."""
        found = 0
        while found < _MOST and self.memory(larger := max(1, 2 * found)) <= free:
            found = larger
        return found

    @property
    def run_macs(self) -> int | None:
        """The multiply-accumulates of the whole run: learning an image costs about three times going forward."""
        return None if self.images is None else 3 * self.macs * self.images * self.epochs


def costs(analysis: Analysis, recipe: Recipe, images: int | None = None) -> Costs | None:
    """What training this network takes; None while some shape is unknown. ``images`` is how many are known to be there.

    With the memory that torch keeps in float32.
    """
    totals, inputs = analysis.totals, analysis.acting.graph.inputs
    if totals is None or not inputs:
        return None
    dataset, size = DATASETS[recipe.data], analysis.acting.facts[inputs[0].name].shape
    count = images if images is not None else dataset.train_images(recipe.validation_share)
    learned = totals.parameters - totals.frozen
    remembered = _REMEMBERED.get(recipe.optimizer, 2)
    if recipe.optimizer in ("SGD", "RMSprop"):
        remembered += bool(recipe.momentum)
    # of a folder it is known how many there are to train with, and about what share of all that is
    held = round((count or 0) / (1 - recipe.validation_share)) if dataset.images is None else dataset.images
    return Costs(
        weights=BYTES * ((2 + recipe.averaging + recipe.keep_best) * totals.parameters + learned * (1 + remembered)),
        gradients=BYTES * learned + _in_passing(analysis, recipe),
        copies=BYTES * (recipe.averaging * totals.parameters + learned * remembered),
        image=round(_BESIDE * _kept(analysis, recipe)) + size.bytes,
        glance=analysis.memory.peak,
        data=(held + dataset.others) * size.numel,
        macs=totals.macs,
        images=count,
        epochs=epochs_of(recipe, math.ceil((count or 0) / (recipe.batch_size * recipe.accumulation))),
    )


def _in_passing(analysis: Analysis, recipe: Recipe) -> int:
    """The bytes that a step takes beside the gradients and gives back, in the optimizer or while it learns.

    A block of several layers counts as one: too much rather than too little.
    """
    facts = analysis.acting.facts.values()
    largest = max((fact.parameters - fact.frozen for fact in facts), default=0)
    made = _IN_PASSING.get(recipe.optimizer, 0)
    stepping = BYTES * largest * (made + bool(recipe.weight_decay)) if made else 0
    # autocast keeps each weight in half the bytes until its gradient is there
    halves = _HALF * sum(fact.parameters for fact in facts) if recipe.precision != "float32" else 0
    return max(stepping, halves)


def may_be_elsewhere(recipe: Recipe) -> bool:
    """Whether a run may take the memory of another device than the CPU: it is to, or there is one to be chosen."""
    if recipe.device == "auto":
        return any(Path(driver).exists() for driver in _DRIVERS)
    return recipe.device != "cpu"


def _kept(analysis: Analysis, recipe: Recipe) -> int:
    """The bytes that training keeps of an image, in the layout that training/device gives it for this recipe."""
    is_plain = recipe.device not in ("auto", "cpu") and recipe.precision == "float32"
    asked = {"auto": False if is_plain else None, "on": None, "off": False}[recipe.channels_last]
    if asked is None:
        return analysis.memory.training
    acting = analysis.acting
    return memory(acting.graph, {name: fact.shape for name, fact in acting.facts.items()}, asked).training


def work(costs: Costs) -> str:
    """The work in plain words."""
    each = f"An image takes {short(costs.macs)} multiply-accumulates on its way through the network"
    whole = costs.run_macs
    return (
        f"{each}." if whole is None else f"{each}, and the run {short(whole)}, as learning takes three times as many."
    )


def energy(seconds: float, device: str) -> tuple[str, str]:
    """The energy of so many seconds on a device ("cpu", "cuda"): shortly, and with what is assumed of it."""
    watts = WATTS.get(device, WATTS["cpu"])
    hours = watts * seconds / 3_600
    said = f"{hours:.2g} Wh" if hours < 100 else f"{hours / 1_000:.2f} kWh"
    shortly = f"{said}: a lamp for {duration(max(1.0, hours * 3_600 / LAMP))}"
    assumed = f"If the computer draws {watts:.0f} watts more while it trains; the lamp is one of {LAMP:.0f} watts."
    return shortly, assumed
