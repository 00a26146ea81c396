"""Weights on disk: safetensors, which hold numbers and no code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from cnnstudio.disk import DiskError, reason, replacing, require_file, shown
from cnnstudio.headroom import ran_out
from cnnstudio.wording import abridged, memory

MOST_NAMES = 16 * 2**20  # bytes of what a file says of its tensors: what each is called, its kind and its sizes


class WeightsError(ValueError):
    """Weights that cannot be kept or do not fit; the message is a sentence."""


@dataclass(frozen=True)
class Held:
    """Weights in memory, by the names of a ``state_dict``, and what a file of them says of itself."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]


def save(path: Path, weights: nn.Module | Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write a module's weights and buffers, or a state_dict, in one piece: the old file stays until the new one stands.

    No more than one tensor is copied at a time, or a checkpoint would take several times the memory of the run.
    Raises ``WeightsError`` where the disk is full or the folder may not be written.
    """
    state = weights.state_dict() if isinstance(weights, nn.Module) else weights
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, part.open("wb") as file:
            for piece in _pieces(state, {"format": "pt", **(metadata or {})}):
                file.write(piece)
    except OSError as error:
        raise WeightsError(f"{shown(path)} was not written: {reason(error)}.") from error
    except DiskError as error:
        raise WeightsError(str(error)) from error


def written(state: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> bytes:
    """What ``save`` would write, in memory. Raises ``WeightsError``."""
    return b"".join(_pieces(state, {"format": "pt", **(metadata or {})}))


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
        if not is_sound(found[name], tensor):
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
        if ran_out(error):
            raise
        raise WeightsError(f"{shown(path)} holds no weights in the safetensors format, or is damaged.") from error


def too_many_names(path: Path, size: int) -> str:
    """Why a file of so many bytes of names is not opened."""
    return (
        f"{shown(path)} was not opened: what it says of its tensors takes {memory(size)}, and {memory(MOST_NAMES)} are "
        "read at most."
    )


_TYPES = {
    torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16", torch.int32: "I32",
    torch.int64: "I64", torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64",
    torch.complex64: "C64",
}  # fmt: skip


def _pieces(state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> Iterator[memoryview]:
    """The bytes of a safetensors file, a tensor at a time and the same each time, which the package's own are not.

    A file is the length of its header (8 bytes, little-endian), the header (JSON, padded to 8) and the numbers; see
    https://huggingface.co/docs/safetensors. The widest numbers come first, so that all are aligned.
    """
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    names, end = sorted(state, key=lambda name: (-state[name].element_size(), name)), 0
    for name in names:
        tensor, start = state[name], end
        if tensor.dtype not in _TYPES:
            raise WeightsError(f"{name[:80]} holds numbers of a kind that is not written here, {tensor.dtype}.")
        end += tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield memoryview(len(text).to_bytes(8, "little") + text)
    for name in names:
        yield state[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data


def is_finite(tensor: Tensor) -> bool:
    """Whether all numbers in it are finite; it takes no other tensor of its size to know."""
    tensor = torch.view_as_real(tensor.resolve_conj()) if tensor.is_complex() else tensor
    if not tensor.is_floating_point() or not tensor.numel():
        return True
    return bool(torch.stack(tensor.aminmax()).isfinite().all())


def is_sound(tensor: Tensor, own: Tensor) -> bool:
    """Whether all numbers are finite but those that are infinite in ``own``, too: a limit or a mask of the network."""
    if is_finite(tensor):
        return True
    return not bool(tensor.isnan().any()) and torch.equal(tensor.isinf(), own.isinf())


def _listed(names: Sequence[str]) -> str:
    return abridged((name[:80] for name in names), 3)


def _size(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "a single number"
