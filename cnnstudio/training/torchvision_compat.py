"""The one door to torchvision, which does not open by itself beside another build of torch.

torchvision's wheel on PyPI is built for CUDA. Beside a CPU build of torch its extension cannot be loaded, and the
import ends with "operator torchvision::nms does not exist" (https://github.com/pytorch/pytorch/issues/122494): it gives
``nms`` a meta kernel without asking whether the operator is there. Its models, transforms and data sets are pure
Python and work once the operators are declared; calling one of them is still an error, as it should be.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
import warnings
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

# the operators that torchvision's _meta_registrations.py names without asking (as of 0.28), with their schemas
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

_lock = threading.Lock()
_declared: list[torch.library.Library] = []  # a Library that is collected takes its operators along


def torchvision() -> ModuleType:
    """The module torchvision, whichever build of torch it meets. Raises ``ImportError`` where it is not installed."""
    with _lock:
        if (opened := sys.modules.get("torchvision")) is not None:
            return opened
        make_ready()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that its image extension did not load: PIL reads our images
            return importlib.import_module("torchvision")


def make_ready() -> None:
    """Declare what torchvision asks of torch's build, so that ``import torchvision`` works from now on."""
    if not _declared and not _extension_loads():
        _declared.append(_declare())


def _extension_loads() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ImportError("torchvision is not installed.")
    folder = Path(spec.origin).parent
    if sys.platform == "win32":
        os.add_dll_directory(str(folder))
    for suffix in EXTENSION_SUFFIXES:
        if (folder / f"_C{suffix}").exists():
            try:
                torch.ops.load_library(folder / f"_C{suffix}")  # type: ignore[no-untyped-call]
            except (ImportError, OSError):
                return False
            return True
    return False


def _declare() -> torch.library.Library:
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    return library


# what gives a new tensor its numbers
_FILLING = frozenset("normal_ uniform_ fill_ zero_ erfinv_ mul_ add_ clamp_".split())


class _Blank(TorchFunctionMode):
    """Makes modules whose weights have a shape and no numbers, so that the largest network is there at once.

    Unlike ``torch.device("meta")`` it leaves alone what constructors compute with: RegNet's widths come of a tensor.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.empty:
            kwargs["device"] = "meta"
        elif args and getattr(args[0], "is_meta", False) and func.__name__ in _FILLING:
            return args[0]  # torch would take its time for it
        return func(*args, **kwargs)


def blank(make: Any, **arguments: Any) -> nn.Module:
    """``make(**arguments)`` with weights that have no numbers."""
    with _Blank():
        module: nn.Module = make(**arguments)
    return module.to("meta").eval()
