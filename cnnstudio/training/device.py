"""Where and how it is computed: device, precision, threads, memory; and in words what a device says when it cannot."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache

import psutil
import torch
from torch import Tensor, nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.wording import counted

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


class TrainingError(ValueError):
    """What cannot be trained; the message is a sentence."""


@dataclass(frozen=True)
class Device:
    """Where a run computes: ``name`` for people, ``notes`` sentences, ``channels_last`` how images lie in memory."""

    torch: torch.device
    name: str
    bfloat16: bool
    channels_last: bool
    notes: tuple[str, ...]

    def take(self, module: nn.Module) -> None:
        """Move the module here, laid out as this device likes it."""
        module.to(self.torch)
        if self.channels_last:
            module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def give_back(self, module: nn.Module) -> None:
        """Move the module to the CPU, laid out plainly."""
        module.to("cpu")
        if self.channels_last:
            module.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]

    def laid(self, x: Tensor) -> Tensor:
        """Images (N, C, H, W) laid out as this device likes them."""
        return x.contiguous(memory_format=torch.channels_last) if self.channels_last else x

    def autocast(self) -> AbstractContextManager[object]:
        """The context in which a network is called."""
        if not self.bfloat16:
            return contextlib.nullcontext()
        return torch.autocast(self.torch.type, torch.bfloat16)

    def held(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The training images here if they take no more than a quarter of what is free, else where they are."""
        if self.torch.type != "cuda" or images.numel() > torch.cuda.mem_get_info(self.torch)[0] // 4:
            return images, labels
        return images.to(self.torch), labels.to(self.torch)


_PRECISION: dict[bool, tuple[str, ...]] = {True: ("It computes in bfloat16.",), False: ()}


def chosen_device(module: nn.Module, recipe: Recipe) -> Device:
    """The device that the recipe asks for, or the CPU with a note where there is no such device."""
    convolves = any(isinstance(part, nn.Conv2d | nn.ConvTranspose2d) for part in module.modules())
    auto = recipe.precision == "auto"
    if recipe.device != "cpu" and torch.cuda.is_available():
        device = torch.device("cuda", torch.cuda.current_device())
        bfloat16 = auto and torch.cuda.is_bf16_supported(including_emulation=False)
        notes = _PRECISION[bfloat16]
        return Device(device, torch.cuda.get_device_name(device), bfloat16, convolves and bfloat16, notes)
    bfloat16 = auto and _cpu_multiplies_bfloat16()
    notes = _PRECISION[bfloat16]
    if recipe.device == "cuda":
        notes = ("The recipe asks for CUDA, but PyTorch finds no CUDA device here; the run goes on the CPU.", *notes)
    threads = default_threads()
    name = f"CPU, {counted(threads, 'thread')}"
    # channels_last: 1.15 to 1.2 times the plain layout on LeNet-5, a small VGG and SmallResNet in float32
    channels_last = convolves and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return Device(torch.device("cpu"), name, bfloat16, channels_last, notes)


def _cpu_multiplies_bfloat16() -> bool:
    """Whether this CPU has units that multiply bfloat16 matrices; on one without it took 2 to 4 times as long."""
    probe = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(probe is not None and probe())


@contextlib.contextmanager
def evaluated(module: nn.Module) -> Iterator[None]:
    """Put the module in ``eval`` mode for a while; each part of it gets back its own mode."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


@contextlib.contextmanager
def explained(recipe: Recipe) -> Iterator[None]:
    """Turn what torch raises about memory and about batches of one into ``TrainingError`` with a sentence."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_about_memory(error):
            raise
        half = max(1, recipe.batch_size // 2)
        advice = f"try a batch size of {half}, smaller images or fewer channels"
        raise TrainingError(f"The memory is not enough for steps of {recipe.batch_size} images: {advice}.") from error
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        advice = "give the recipe a batch size of 2 or more"
        raise TrainingError(
            f"BatchNorm needs more than one image a step where its maps are 1 × 1: {advice}."
        ) from error


def is_about_memory(error: Exception) -> bool:
    """Whether torch or Python says with this that there is no memory left."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def default_threads() -> int:
    """One less than there are cores, so that the window stays awake; OMP_NUM_THREADS says otherwise.

    Two threads beside other work on two cores trained 4 to 12 times slower than one.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = psutil.cpu_count(logical=False) or usable  # type: ignore[no-untyped-call]
    return max(1, min(cores, usable) - 1)


def prepare_thread() -> None:
    """Make the calling thread ready to compute; it costs nothing to do so again."""
    torch.set_num_threads(default_threads())
    _keep_freed_memory()


@cache
def _keep_freed_memory() -> bool:
    """Ask glibc to keep freed blocks instead of giving them back to the system; whether it agreed.

    Every step frees and asks again for the same large blocks, and a block fresh from the system costs a page fault
    for every 4 KiB. See mallopt(3); other C libraries have no such switch, and nothing happens there.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    # 32 MiB is the most that every glibc takes for the size from which blocks come from the system
    return bool(mallopt(_M_MMAP_THRESHOLD, 32 << 20)) and bool(mallopt(_M_TRIM_THRESHOLD, 1 << 30))
