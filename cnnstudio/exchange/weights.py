"""Weights: what was learned, in a .safetensors file. Such a file holds numbers and names and no code."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from cnnstudio.disk import DiskError, require_file
from cnnstudio.exchange.normalization import Normalization
from cnnstudio.graph import Shape


class WeightsError(Exception):
    """Weights that cannot be read or do not belong to the network; the message is a sentence."""


def load_weights(module: nn.Module, path: Path) -> Normalization | None:
    """Put the weights of a file into ``module``, all of them or none, and answer what the file says of its images.

    Raises ``WeightsError`` that names the first weight that is missing, of another size or not the network's.
    """
    try:
        require_file(path)
        with safe_open(str(path), framework="pt") as file:
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            metadata = file.metadata()
    except DiskError as error:
        raise WeightsError(str(error)) from error
    except (SafetensorError, OSError, RuntimeError) as error:
        raise WeightsError(f"{path.name} cannot be read: it is no .safetensors file, or it is damaged.") from error
    if complaint := _complaint(module.state_dict(), found):
        raise WeightsError(f"The weights {path.name} do not belong to this network: {complaint}.")
    module.load_state_dict(found)
    return Normalization.from_metadata(metadata)


def _complaint(wanted: dict[str, torch.Tensor], found: dict[str, torch.Tensor]) -> str | None:
    for name, tensor in wanted.items():
        if name not in found:
            return f"{name} is missing there"
        if tensor.shape != found[name].shape:
            return f"{name} is {_size(found[name])} there and {_size(tensor)} here"
    strange = next((name for name in found if name not in wanted), None)
    return f"the network has no {strange[:80]!r}" if strange is not None else None


def _size(tensor: torch.Tensor) -> str:
    return str(Shape(*tensor.shape)) or "one number"
