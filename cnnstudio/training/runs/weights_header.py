"""Header: what a .safetensors file says of itself, and whether it is whole, read without torch.

The file is the length of its header (8 bytes, little-endian), the header (JSON) and the numbers.
https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import struct
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

LARGEST_HEADER = 8 * 2**20  # bytes of what a file says of its tensors


def weights_metadata(path: Path) -> dict[str, str]:
    """What the file says beside its tensors; nothing where there is none, or it cannot be read."""
    return dict(_known(path)[0])


def epoch_of(path: Path) -> int | None:
    """The last whole epoch of the weights in this file, as it says itself; None where it does not."""
    return _number(path, "epoch")


def step_of(path: Path) -> int | None:
    """The step, counted over the whole run, after which the weights in this file were so; None where it is not said."""
    return _number(path, "step")


def is_whole(path: Path) -> bool:
    """Whether the file is there and as long as its header says. What its numbers are is not looked at."""
    return _known(path)[1]


def _number(path: Path, name: str) -> int | None:
    text = _known(path)[0].get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _known(path: Path) -> tuple[dict[str, str], bool]:
    """What the file says, and whether it is whole; read again only where it is another file by now."""
    with suppress(OSError, ValueError):
        found = path.stat()
        return _read(path, found.st_size, found.st_mtime_ns, found.st_ino)
    return {}, False


@lru_cache(maxsize=256)
def _read(path: Path, size: int, *_: int) -> tuple[dict[str, str], bool]:
    with suppress(OSError, struct.error, AttributeError, ValueError, RecursionError), path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length <= LARGEST_HEADER and isinstance(header := json.loads(file.read(length)), dict):
            told = header.pop("__metadata__", None) or {}
            words = {key: value for key, value in told.items() if isinstance(value, str)}
            return words, _end(header) == size - 8 - length
    return {}, False


def _end(header: dict[str, Any]) -> int | None:
    """Where the last of the tensors ends, behind the header; None where that is not said."""
    with suppress(LookupError, TypeError, ValueError):
        return int(max(tensor["data_offsets"][1] for tensor in header.values()))
    return None
