"""Compiling: one program of a whole network by torch.compile, where there is a compiler for it."""

from __future__ import annotations

import os
import shutil
import sys

import torch
from torch import nn

from cnnstudio.training.device import Device, Forward
from cnnstudio.training.drawing import leave_uncompiled

_COMPILERS = ("cl",) if sys.platform == "win32" else ("g++", "clang++", "c++")


def forward(module: nn.Module, device: Device, wanted: bool) -> tuple[Forward, tuple[str, ...]]:
    """What calls the network while it trains, compiled where it is ``wanted`` and can be; and what to say of it.

    https://docs.pytorch.org/docs/stable/generated/torch.compile.html
    """
    if not wanted:
        return module, ()
    if getattr(sys, "frozen", False):
        return module, ("The program without an installation brings nothing to compile with, so it trains as it is.",)
    if device.torch.type == "cpu" and not has_compiler():
        return module, ("There is no C++ compiler here, so the network is not compiled; it trains as it is.",)
    leave_uncompiled()
    compiled: Forward = torch.compile(module, dynamic=True)  # the last batch of an epoch may be smaller
    return compiled, ("The first step takes a while: the network is compiled for it.",)


def has_compiler() -> bool:
    """Whether a C++ compiler is found, by CXX or by its usual names."""
    asked = os.environ.get("CXX")
    return any(shutil.which(name) for name in ((asked,) if asked else _COMPILERS))
