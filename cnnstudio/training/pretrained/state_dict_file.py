"""State dict file: the tensors of a file from anywhere, read as numbers alone. Nothing in it is run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cnnstudio.disk import DiskError, reason, require_file
from cnnstudio.training import weights
from cnnstudio.training.weights import WeightsError

PACKED = ("state_dict", "model", "model_state_dict", "module")  # under which training scripts keep a state_dict


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file by name, and its metadata: safetensors, or a ``state_dict`` that ``torch.save`` wrote.

    Raises ``WeightsError`` with a sentence.
    """
    if path.suffix.lower() == ".safetensors":
        return weights.read(path)
    try:
        require_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except DiskError as error:
        raise WeightsError(str(error)) from error
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be opened: {reason(error)}.") from error
    except Exception as error:  # a file that is none of torch's makes it raise errors of many kinds
        raise WeightsError(
            f"{path.name} holds more than weights, or is damaged, so it was not opened: a file of that kind can run a "
            "stranger's program. Save the state_dict alone, best as .safetensors."
        ) from error
    for key in PACKED:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping):
        raise WeightsError(f"{path.name} holds no state_dict, names with a tensor each.")
    return {_name(str(name)): tensor for name, tensor in found.items() if _is_plain(tensor)}, {}


def _is_plain(value: object) -> bool:
    """Whether it is a tensor with numbers of its own: sparse ones and those without numbers can hide any size."""
    return isinstance(value, Tensor) and value.layout == torch.strided and value.device.type == "cpu"


def _name(name: str) -> str:
    """The name in today's spelling: DataParallel puts "module." in front, and DenseNet's norm1 was norm.1."""
    return re.sub(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)", r"\1", name.removeprefix("module."))
