"""Build: generated source executed, from a real file.

A file, because ``inspect``, TorchScript and tracebacks read the source of a class from one; in a frozen program the
``linecache`` way of ``torch.fx`` finds nothing.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import shutil
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from torch import nn

from cnnstudio.disk import TEMPORARY, marked


def build(text: str, class_name: str = "Network") -> nn.Module:
    """A new module of the class ``class_name`` that ``text`` declares, with fresh weights.

    ``text`` is executed, so it must come from ``compiler.source``, which lets values in only through ``repr``.
    """
    made = getattr(_loaded(text), class_name)()
    if not isinstance(made, nn.Module):
        raise TypeError(f"{class_name} is no torch module")
    return made


@lru_cache(maxsize=64)
def _loaded(text: str) -> ModuleType:
    name = f"cnnstudio_built_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    path = _folder() / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"Python cannot import {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect and torch.jit look the class up here
    try:
        spec.loader.exec_module(module)
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
