"""File kinds: which programs' files are translated, each by its own reader. Knows no torch until one is read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.graph import Shape
from cnnstudio.worker import Report, unheard

if TYPE_CHECKING:
    from cnnstudio.exchange.importing.network import Imported

KINDS = {".onnx": "ONNX", ".keras": "Keras"}
"""The suffixes of files that hold a network with its weights, and what they are called."""


def is_translated(path: Path) -> bool:
    """Whether a file's name says that it is of one of these kinds."""
    return path.suffix.lower() in KINDS


def import_translated(path: Path, size: Shape | None = None, report: Report = unheard) -> Imported:
    """The network of such a file, with its weights as ``state``; ``size`` is that of its images, where it is open.

    Nothing of the file is run. Raises ``ImportRefused``.
    """
    if path.suffix.lower() == ".keras":
        from cnnstudio.exchange.importing.translating.keras_import import import_keras

        return import_keras(path, size, report)
    from cnnstudio.exchange.importing.translating.onnx_import import import_onnx

    return import_onnx(path, size, report)
