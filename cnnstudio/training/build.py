"""Build: generated source executed, from a real file.

A file, because ``inspect``, TorchScript and tracebacks read the source of a class from one; in a frozen program the
``linecache`` way of ``torch.fx`` finds nothing, so it is only the way out where no file can be written.
"""

from __future__ import annotations

import atexit
import hashlib
import linecache
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from cnnstudio.compiler.source import Source
from cnnstudio.disk import TEMPORARY, DiskError, marked
from cnnstudio.graph import Shape
from cnnstudio.headroom import NoRoomError, headroom, lack, within_memory
from cnnstudio.training.drawing import drawing, where_it_draws

_LESS = "fewer channels or features take less"


def build(text: str, class_name: str = "Network", seed: int | None = None) -> nn.Module:
    """A new module of the class ``class_name`` that ``text`` declares, with the fresh weights that ``seed`` gives.

    Without one they are others each time, from torch's own generator.
    ``text`` is executed, so it must come from ``compiler.source``, which lets values in only through ``repr``. Raises
    ``NoRoomError`` with a sentence where its weights do not fit into memory, before any of them is made, and
    ``DiskError`` where there is no place for temporary files, without which PyTorch cannot load all of its parts.
    """
    try:
        tempfile.gettempdir()
    except OSError as error:
        raise DiskError("No temporary file can be written: the disk is full. Make room on it first.") from error
    declared = getattr(_loaded(text), class_name)
    if reason := lack("Building the network", _weight(text, class_name), headroom(), _LESS):
        raise NoRoomError(reason)
    with within_memory("to build the network", _LESS), drawing(seed) if seed is not None else nullcontext():
        made = declared()
    if not isinstance(made, nn.Module):
        raise TypeError(f"{class_name} is no torch module")
    return made


def require_room_to_run(source: Source | None, *sizes: tuple[int, ...]) -> None:
    """Raise ``NoRoomError`` where a step makes a tensor of one image that does not fit; ``sizes`` are the image's.

    Only steps that are lines of PyTorch from a file are asked: whatever other blocks make is known before.
    """
    if source is None or not source.has_lines:
        return
    needed = _largest_made(source.text, source.class_name, sizes)
    what = "One step of the network, a line of PyTorch that came with it,"
    if reason := lack(what, needed, headroom(), "see its Opaque blocks"):
        raise NoRoomError(reason)


class _Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The bytes of the largest tensor that is made while it lasts; on the meta device none of them takes any."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # or all of torch's compiler would be loaded at the first operation, which takes seconds

    def __torch_dispatch__(
        self, function: Callable[..., Any], types: Any, arguments: Any = (), words: Any = None
    ) -> Any:
        result = function(*arguments, **(words or {}))
        for each in result if isinstance(result, tuple | list) else (result,):
            if isinstance(each, Tensor):
                self.bytes = max(self.bytes, each.untyped_storage().nbytes())
        return result


@lru_cache(maxsize=64)
def _weight(text: str, class_name: str) -> int:
    """The bytes that a module takes once it is built, from building it without numbers; 0 where that cannot be."""
    largest = _Largest()
    with suppress(Exception), torch.device("meta"), largest:
        made: nn.Module = getattr(_loaded(text), class_name)()
        tensors = chain(made.parameters(), made.buffers())
        return max(largest.bytes, sum(tensor.numel() * tensor.element_size() for tensor in tensors))
    return largest.bytes


@lru_cache(maxsize=64)
def _largest_made(text: str, class_name: str, sizes: tuple[tuple[int, ...], ...]) -> int:
    """The bytes of the largest tensor that ``forward`` makes of one image, from running it without numbers."""
    largest = _Largest()
    with suppress(Exception), torch.no_grad(), torch.device("meta"), largest:
        getattr(_loaded(text), class_name)().eval()(*(torch.empty((1, *size)) for size in sizes))
    return largest.bytes


def parts_that_draw(source: Source | None, size: Shape) -> frozenset[str] | None:
    """Where a network that is built from ``source`` draws when it learns from images of this size, by paths.

    None where that is not known. It is asked of a network without numbers, so that nothing is computed.
    """
    return _parts_that_draw(source.text, source.class_name, tuple(size)) if source is not None else None


@lru_cache(maxsize=64)
def _parts_that_draw(text: str, class_name: str, size: tuple[int, ...]) -> frozenset[str] | None:
    try:
        with torch.device("meta"):
            return where_it_draws(getattr(_loaded(text), class_name)(), torch.empty(2, *size))
    except Exception:  # some layers compute with numbers, which are not there
        return None


@lru_cache(maxsize=64)
def _loaded(text: str) -> ModuleType:
    name = f"cnnstudio_built_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    try:
        path = str(_folder() / f"{name}.py")
        Path(path).write_text(text, encoding="utf-8")
    except OSError:  # where the disk is full it is read from memory
        path = f"<{name}>"
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module  # inspect and torch.jit look the class up here
    try:
        exec(compile(text, path, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@lru_cache(maxsize=1)
def _folder() -> Path:
    """The private folder of this process for generated source, removed when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix=marked(TEMPORARY)))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
