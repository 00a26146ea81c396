"""Strange tensors: what a file of weights may hold beside plain numbers, and files that are larger than they look.

Whatever reads a stranger's weights goes through here, so that what comes out can be compared, moved and computed with.
"""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from cnnstudio.disk import shown
from cnnstudio.training.weights import MOST_NAMES, WeightsError, too_many_names
from cnnstudio.wording import memory

SLACK = 2**20  # bytes by which what a file holds may be more than the file
MOST_SPREAD = 64 * 2**20  # bytes that a tensor may take whose numbers repeat, as those that were expanded do
_FILLER = b"bytearray"  # the one thing that a file without code may ask for in any length


def require_unpacked(path: Path) -> None:
    """Raise ``WeightsError`` for a file of ``torch.save`` that takes far more memory than room on the disk.

    PyTorch packs nothing, so the records of a whole file are together no longer than the file. Raises ``OSError``.
    """
    size = path.stat().st_size
    if not zipfile.is_zipfile(path):
        _require_no_filler(path, size)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
            if (unpacked := sum(record.file_size for record in records)) > size + SLACK:
                raise WeightsError(
                    f"{shown(path)} was not opened: it would be {memory(unpacked)} in memory and is {memory(size)} on "
                    "the disk. PyTorch packs nothing, so it does not come from there as it is."
                )
            for record in records:
                if record.filename.endswith(".pkl"):
                    _require_names(path, archive, record)
    except WeightsError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError):
        return  # who opens it says that it is damaged


def _require_names(path: Path, archive: zipfile.ZipFile, record: zipfile.ZipInfo) -> None:
    if record.file_size > MOST_NAMES:
        raise WeightsError(too_many_names(path, record.file_size))
    if _FILLER in archive.read(record):
        raise WeightsError(_MORE.format(shown(path)))


def _require_no_filler(path: Path, size: int) -> None:
    with path.open("rb") as file:
        if size and mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ).find(_FILLER) >= 0:
            raise WeightsError(_MORE.format(shown(path)))


_MORE = "{} holds more than weights, so it was not opened. Save the state_dict alone, best as .safetensors."


def plain(tensor: Tensor) -> Tensor:
    """The tensor with plain numbers that everything can be computed with, or a stand-in that has none.

    The stand-in has the same sizes, so that it is found where it was looked for, and ``why_strange`` says what it was.
    """
    why = _strangeness(tensor)
    if not why:
        return tensor.detach() if tensor.dtype in _COMPUTED else tensor.detach().float()
    stand_in = torch.empty(() if tensor.is_nested else tensor.shape, device="meta")
    stand_in.why = why  # type: ignore[attr-defined]
    return stand_in


def is_stand_in(tensor: Tensor) -> bool:
    """Whether it stands for one without plain numbers, or was computed from such."""
    return tensor.device.type == "meta"


def why_strange(tensor: Tensor) -> str:
    """What the tensor is that this one stands for: "is sparse"."""
    return str(getattr(tensor, "why", _BARE))


_BARE = "has no numbers (it is on the meta device)"
_COMPUTED = frozenset(
    getattr(torch, kind) for kind in "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()
)


def _strangeness(tensor: Tensor) -> str:
    """What keeps a tensor from being computed with; empty where nothing does."""
    if tensor.is_nested:
        return "is nested"
    if tensor.layout != torch.strided:
        return "is sparse"
    if tensor.is_quantized:
        return "is quantized"
    if tensor.device.type != "cpu":
        return _BARE
    if tensor.is_complex():
        return "holds complex numbers"
    taken = tensor.numel() * tensor.element_size()
    if taken > tensor.untyped_storage().nbytes() and taken > MOST_SPREAD:
        return "repeats few numbers very often"
    try:
        torch.zeros(1, dtype=torch.uint8).repeat(tensor.element_size()).view(tensor.dtype).float()
    except (RuntimeError, TypeError):
        return f"holds numbers of the kind {str(tensor.dtype).removeprefix('torch.')}"
    return ""
