"""Where and how it is computed: device, precision, threads, memory; and in words what a device says when it cannot."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import psutil
import torch
from torch import Tensor, nn

from cnnstudio.headroom import NoRoomError, not_enough, ran_out
from cnnstudio.project.recipe import Recipe
from cnnstudio.wording import counted
from cnnstudio.worker import needs_room

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


Forward: TypeAlias = Callable[[Tensor], Tensor]


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
    float16: bool = False

    @property
    def precision(self) -> str:
        """The recipe's word for what it computes in."""
        return "float16" if self.float16 else "bfloat16" if self.bfloat16 else "float32"

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
        if not self.bfloat16 and not self.float16:
            return contextlib.nullcontext()
        return torch.autocast(self.torch.type, torch.bfloat16 if self.bfloat16 else torch.float16)

    def held(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The training images here if they take no more than a quarter of what is free, else where they are."""
        if self.torch.type != "cuda" or images.numel() > torch.cuda.mem_get_info(self.torch)[0] // 4:
            return images, labels
        return images.to(self.torch), labels.to(self.torch)


_BFLOAT16 = "It computes in bfloat16."
_FLOAT16 = "It computes in float16, and the loss is scaled so that small gradients are not lost."
_TITLES = {"cuda": "CUDA", "mps": "MPS", "xpu": "XPU"}


def chosen_device(module: nn.Module, recipe: Recipe) -> Device:
    """The device that the recipe asks for, or the CPU with a note where there is no such device."""
    convolves = _has(module, nn.Conv2d, nn.ConvTranspose2d)
    place, notes = _place(recipe)
    bfloat16 = _takes_bfloat16(place, recipe)
    float16 = recipe.precision == "float16" and place.type == "cuda"
    if recipe.precision == "float16" and not float16:
        notes.append("float16 is for CUDA alone, so it computes in float32 here; bfloat16 is for any device.")
    notes += [_BFLOAT16] * (bfloat16 and place.type != "cpu") + [_FLOAT16] * float16
    if place.type == "cpu":
        name = "CPU"
        # channels_last: 1.15 to 1.2 times the plain layout on LeNet-5, a small VGG and SmallResNet in float32
        likes_channels_last = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    else:
        name = _TITLES[place.type] if place.type == "mps" else _module(place).get_device_name(place)
        likes_channels_last = bfloat16 or float16
    channels_last = convolves and {"auto": likes_channels_last, "on": True, "off": False}[recipe.channels_last]
    if channels_last and place.type == "cpu" and not can_lie_last(module):
        channels_last = False
        if recipe.channels_last == "on":
            notes.append("PyTorch cannot train GroupNorm with channels last on a CPU, so they do not lie last.")
    return Device(place, name, bfloat16, channels_last, tuple(notes), float16)


def can_lie_last(module: nn.Module) -> bool:
    """Whether the channels of what goes through this network may lie last on any device, and it has convolutions.

    torch 2.13 ends the process in GroupNorm's backward pass on a CPU where its channels_last input needs no gradient.
    """
    return _has(module, nn.Conv2d, nn.ConvTranspose2d) and not _has(module, nn.GroupNorm)


def _has(module: nn.Module, *kinds: type[nn.Module]) -> bool:
    return any(isinstance(part, kinds) for part in module.modules())


def devices_here() -> tuple[str, ...]:
    """What there is to compute on, in words: the CPU, and each accelerator that PyTorch finds."""
    found = [f"CPU with {counted(os.cpu_count() or 1, 'thread')}"]
    for name, title in _TITLES.items():
        place = _module(torch.device(name))
        with contextlib.suppress(AttributeError, RuntimeError, AssertionError):
            if place.is_available():
                found.append(f"{title} ({place.get_device_name()})" if hasattr(place, "get_device_name") else title)
    return tuple(found)


def made_for() -> str:
    """What this build of PyTorch was made for."""
    return f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU"


def _place(recipe: Recipe) -> tuple[torch.device, list[str]]:
    """Where to compute, and what to say where that is not what was asked for."""
    kind = "cuda" if recipe.device == "auto" else recipe.device
    if kind != "cpu" and _module(torch.device(kind)).is_available():
        number = 0 if kind == "mps" else _module(torch.device(kind)).current_device()
        return torch.device(kind, number), []
    if recipe.device in _TITLES:
        title = _TITLES[recipe.device]
        sentence = f"PyTorch finds no {title} device here; the run goes on the CPU."
        return torch.device("cpu"), [f"The recipe asks for {title}, but {sentence}"]
    return torch.device("cpu"), []


def _takes_bfloat16(place: torch.device, recipe: Recipe) -> bool:
    if recipe.precision == "bfloat16":
        return True
    if recipe.precision != "auto":
        return False
    if place.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return place.type == "cpu" and multiplies_bfloat16()


def _module(place: torch.device) -> Any:
    """``torch.cuda``, ``torch.mps`` or ``torch.xpu``."""
    return torch.get_device_module(place)


def multiplies_bfloat16() -> bool:
    """Whether this CPU has units that multiply bfloat16 numbers, so that it is likely to be faster with them."""
    names = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(bool(probe()) for name in names if (probe := getattr(torch.cpu, name, None)) is not None)


def takes_bfloat16() -> bool:
    """Whether oneDNN computes bfloat16 here at all; without it torch goes a way that is a hundred times as slow."""
    probe = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return bool(torch.backends.mkldnn.is_available() and probe is not None and probe())  # type: ignore[no-untyped-call]


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


def of_any_batch(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """What a network that is evaluated gives for the images ``x`` (N, C, H, W), also for a single one.

    PyTorch refuses one image where a normalisation is given one number of each channel, though others change nothing
    of what it says: then it is shown twice.
    """
    try:
        return network(x)
    except ValueError as error:
        if len(x) != 1 or _ONE_VALUE not in str(error):
            raise
    return network(x.expand(2, *x.shape[1:]))[:1]


_ONE_VALUE = "more than 1 value per channel"


@contextlib.contextmanager
def explained(recipe: Recipe) -> Iterator[None]:
    """Turn what torch raises about memory and about batches of one into ``TrainingError`` with a sentence."""
    try:
        yield
    except NotImplementedError as error:
        found = re.search(r"aten::[\w.]+", str(error))
        if found is None:
            raise
        title = _TITLES.get(recipe.device, "this device")
        advice = "choose cpu as the device, or take the layer that needs it out"
        raise TrainingError(f"PyTorch has no {found[0]} for {title} yet: {advice}.") from error
    except NoRoomError as error:
        raise TrainingError(str(error)) from error
    except (MemoryError, RuntimeError) as error:
        if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            reason = str(error).strip().partition("\n")[0][:200]
            raise TrainingError(f"The network cannot be compiled: {reason} Turn compile off in the recipe.") from error
        if not ran_out(error):
            raise
        smaller = f"a batch size of {recipe.batch_size // 2}, " if recipe.batch_size > 1 else ""
        aim = f"for steps of {counted(recipe.batch_size, 'image')}"
        raise TrainingError(not_enough(aim, f"try {smaller}smaller images or fewer channels")) from error
    except ValueError as error:
        if _ONE_VALUE not in str(error):
            raise
        raise TrainingError(
            "A normalisation is given one number of each channel, and PyTorch refuses that for a step of one image: "
            "give the recipe a batch size of 2 or more."
        ) from error


def cores() -> int:
    """The most threads that compute at once: a core each; OMP_NUM_THREADS says otherwise.

    A core is left to the window where ``worker`` could not put the calling thread behind it.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found = min(psutil.cpu_count(logical=False) or usable, usable)  # type: ignore[no-untyped-call]
    return max(1, found - needs_room())


def prepare_thread() -> None:
    """Make the calling thread ready to compute; it costs nothing to do so again."""
    torch.set_num_threads(cores())
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


def first_line(error: Exception) -> str:
    """What an error says, in one line and not too long; its kind where it says nothing."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line if len(line) <= 200 else f"{line[:200]} …"
