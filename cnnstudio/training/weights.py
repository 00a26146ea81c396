"""Weights on disk: safetensors, which hold numbers and no code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from cnnstudio.disk import DiskError, reason, replacing, require_file, shown
from cnnstudio.wording import abridged, memory

MOST_NAMES = 16 * 2**20  # bytes of what a file says of its tensors: what each is called, its kind and its sizes


class WeightsError(ValueError):
    """Weights that cannot be kept or do not fit; the message is a sentence."""


def save(path: Path, weights: nn.Module | Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write a module's weights and buffers, or a state_dict, in one piece: the old file stays until the new one stands.

    Raises ``WeightsError`` where the disk is full or the folder may not be written.
    """
    state = weights.state_dict() if isinstance(weights, nn.Module) else weights
    # safetensors wants each tensor laid out plainly and in memory of its own
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}
    content = _in_order(to_bytes(plain, {"format": "pt", **(metadata or {})}))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part:
            part.write_bytes(content)
    except OSError as error:
        raise WeightsError(f"{shown(path)} was not written: {reason(error)}.") from error
    except DiskError as error:
        raise WeightsError(str(error)) from error


def load(module: nn.Module, path: Path) -> dict[str, str]:
    """Put the weights of a file into ``module``, all of them or none; the file's metadata.

    Raises ``WeightsError`` with a sentence for a file that is missing, damaged, holds NaN or is of another network.
    """
    found, metadata = read(path)
    fill(module, found, path)
    return metadata


def fill(module: nn.Module, found: Mapping[str, Tensor], path: Path) -> None:
    """Put tensors that were read from ``path`` into ``module``, all of them or none. Raises ``WeightsError``."""
    wanted = module.state_dict()
    if absent := [name for name in wanted if name not in found]:
        raise WeightsError(f"{shown(path)} belongs to another network: it has no {_listed(absent)}.")
    if strange := [name for name in found if name not in wanted]:
        raise WeightsError(f"{shown(path)} belongs to another network: it has {_listed(strange)}, this one has not.")
    for name, tensor in wanted.items():
        if tensor.shape != found[name].shape:
            sizes = f"its {name} is {_size(found[name])}, here it is {_size(tensor)}"
            raise WeightsError(f"{shown(path)} belongs to another network: {sizes}.")
        if not bool(torch.isfinite(found[name]).all()):
            raise WeightsError(f"{shown(path)} is damaged: its {name[:80]} holds what is no number.")
    module.load_state_dict(dict(found), strict=True)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a file. Raises ``WeightsError``."""
    try:
        require_file(path)
        with path.open("rb") as plain:
            size = int.from_bytes(plain.read(8), "little")
        if MOST_NAMES < size < path.stat().st_size:
            raise WeightsError(too_many_names(path, size))
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except DiskError as error:
        raise WeightsError(str(error)) from error
    except OSError as error:
        raise WeightsError(f"{shown(path)} cannot be opened: {reason(error)}.") from error
    except WeightsError:
        raise
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(f"{shown(path)} holds no weights in the safetensors format, or is damaged.") from error


def too_many_names(path: Path, size: int) -> str:
    """Why a file of so many bytes of names is not opened."""
    return (
        f"{shown(path)} was not opened: what it says of its tensors takes {memory(size)}, and {memory(MOST_NAMES)} are "
        "read at most."
    )


def _in_order(content: bytes) -> bytes:
    """The same file with its metadata sorted: safetensors writes them in another order each time.

    A file is the length of its header (8 bytes, little-endian), the header (JSON, padded to 8) and the numbers.
    """
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[8 + size :]


def _listed(names: Sequence[str]) -> str:
    return abridged((name[:80] for name in names), 3)


def _size(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "a single number"
