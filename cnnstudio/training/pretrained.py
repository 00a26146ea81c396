"""Pretrained: the weights that a run begins with, from torchvision or from a file, name by name.

A torchvision network and ours of the same name have the same weights in the same order; what they are called differs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from math import isqrt
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from cnnstudio.compiler.source import Source
from cnnstudio.disk import reason
from cnnstudio.recipe import Recipe
from cnnstudio.training import checkpoint
from cnnstudio.training.cache import cache_folder
from cnnstudio.training.data import Data
from cnnstudio.training.device import TrainingError
from cnnstudio.training.downloads import download
from cnnstudio.training.torchvision_compat import blank, torchvision
from cnnstudio.training.weights import WeightsError
from cnnstudio.zoo import NETWORKS

TORCHVISION = "torchvision"
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean and deviation of its photos
CENTRED = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)  # what torchvision's GoogLeNet and Inception v3 turn their images into
MOST_TOKENS = 2**16
COUNTER = "num_batches_tracked"  # of BatchNorm, which nothing here reads
CONSTANTS = ("relative_position_index", "relative_coords_table")  # of attention in windows: our blocks make their own

Progress = Callable[[str, float | None], bool]
Tensors = dict[str, Tensor]


@dataclass
class _Found:
    """What fits: our name -> tensor, and which of the names of a file were used."""

    tensors: Tensors
    used: set[str]
    models: list[str]


def begin(module: nn.Module, source: Source, recipe: Recipe, data: Data, progress: Progress | None = None) -> Data:
    """Put the weights that the recipe names into ``module``, built from ``source``; the data as they expect it.

    What does not fit keeps its random beginning and is listed in the notes. Raises ``TrainingError`` with a sentence
    where nothing fits or the file cannot be read, ``DataError`` where there is no network.
    """
    if not recipe.weights:
        return data
    tell = progress or (lambda sentence, share: True)
    mean_std: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    if recipe.weights == TORCHVISION:
        found = _Found({}, set(), [])
        for name, block in source.backbones.items():
            _from_torchvision(module.get_submodule(name), name, block.model, _fetched(block.model, tell), found)
        if not source.backbones:
            raise TrainingError(
                "The recipe begins with torchvision's weights, but the network has no pretrained backbone to put them "
                "into. Add one, or leave the recipe's weights empty."
            )
        notes = [f"The backbone begins with torchvision's weights of {_listed(_titles(found.models))}."]
        inside = [name for name in _names(module) if name.startswith(tuple(f"{one}." for one in source.backbones))]
        absent = [name for name in inside if name not in found.tensors]
        notes += [f"What did not fit begins anew: {_listed(_nodes(absent))}."] if absent else []
    else:
        path = Path(recipe.weights).expanduser()
        tensors, metadata = _read(path)
        found = _fitting(module, source, tensors)
        mean_std = _told(metadata, len(data.mean))
        notes = _account(module, path, tensors, found)
    module.load_state_dict(found.tensors, strict=False)
    if found.models and mean_std is None and len(data.mean) == 3:
        mean_std = CENTRED if set(found.models) & {"googlenet", "inception_v3"} else IMAGENET
    mean, std = mean_std or (data.mean, data.std)
    return replace(data, mean=mean, std=std, notes=tuple(dict.fromkeys((*data.notes, *notes))))


def _read(path: Path) -> tuple[Tensors, dict[str, str]]:
    try:
        return checkpoint.read(path)
    except WeightsError as error:
        raise TrainingError(f"The run cannot begin with these weights: {error}") from error


# what fits where


def _fitting(module: nn.Module, source: Source, tensors: Tensors) -> _Found:
    """What of a file fits: torchvision's names in the backbones, our own everywhere."""
    found = _Found({}, set(), [])
    for path, block in source.backbones.items():
        _from_torchvision(module.get_submodule(path), path, block.model, tensors, found)
    for name, mine in module.state_dict().items():
        if name not in found.tensors and name in tensors and tensors[name].shape == mine.shape:
            found.tensors[name] = _finite(name, tensors[name])
            found.used.add(name)
    return found


def _from_torchvision(part: nn.Module, path: str, model: str, tensors: Tensors, found: _Found) -> None:
    """Add to ``found`` what of torchvision's ``tensors`` fits ``part``, a backbone of that model."""
    names = dict(zip(_names(part), original_names(model), strict=False))
    if all(theirs in tensors for theirs in names.values()):
        found.models.append(model)
        found.used.update(names.values())
        found.tensors |= {f"{path}.{mine}": each for mine, each in translated(part, model, tensors).items()}


def translated(part: nn.Module, model: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """What fits of torchvision's ``tensors`` of a model, under the names of ``part``: our network, or its beginning."""
    state, made = part.state_dict(), Tensors()
    for mine, theirs in zip(_names(part), original_names(model), strict=False):
        tensor, axis = tensors[theirs], _dealt_axis(model, theirs)
        if theirs.endswith("pos_embedding"):
            tensor = _resampled(tensor, state[mine])
        if tensor.numel() == state[mine].numel():
            fitted = _finite(theirs, tensor).reshape(state[mine].shape)
            made[mine] = fitted if axis is None else undealt(fitted, axis)
    return made


@lru_cache(maxsize=16)
def original_names(model: str) -> tuple[str, ...]:
    """The names in torchvision's ``state_dict`` of this model, in the order of ours."""
    plain = {"aux_logits": False, "init_weights": False} if model in ("googlenet", "inception_v3") else {}
    names = _names(blank(getattr(torchvision().models, model), **plain))
    if model.startswith("vit"):  # the position embedding is a part of torchvision's encoder, and of our network
        names.insert(1, names.pop(3))
    if model.startswith("swin"):
        parts = ("attn", "norm1", "mlp", "norm2") if model.startswith("swin_v2") else ("norm", "reduction")
        names = _reordered(names, parts)
    return tuple(names)


def _reordered(names: list[str], parts: tuple[str, ...]) -> list[str]:
    """The names with these parts of each module in this order: torchvision's Swin declares them in another."""

    def module(name: str) -> str:
        found = re.match(rf"(.*?)\.(?:{'|'.join(parts)})\.", name)
        return found[1] if found else name

    def place(name: str) -> int:
        words = name.split(".")
        return next((number for number, part in enumerate(parts) if part in words), 0)

    return [name for _, group in groupby(names, module) for name in sorted(group, key=place)]


def _names(module: nn.Module) -> list[str]:
    return [name for name in module.state_dict() if not name.endswith((COUNTER, *CONSTANTS))]


def undealt(tensor: Tensor, axis: int) -> Tensor:
    """A weight of Swin's patch merging for ours, whose channels along ``axis`` come in another order.

    Torchvision lays the pixels (0, 0), (1, 0), (0, 1), (1, 1) one behind the other, each with all its channels;
    ``nn.PixelUnshuffle`` lays the channels one behind the other, each with all its pixels, row after row.
    """
    tensor = tensor.movedim(axis, 0)
    rest = tensor.shape[1:]
    return tensor.reshape(2, 2, -1, *rest).transpose(0, 1).movedim(2, 0).reshape(-1, *rest).movedim(0, axis)


def _dealt_axis(model: str, theirs: str) -> int | None:
    """Along which axis a weight of this name holds the channels of four pixels; None where it does not."""
    if model.startswith("swin"):
        if re.fullmatch(r"features\.\d\.reduction\.weight", theirs):
            return 1
        if not model.startswith("swin_v2") and re.fullmatch(r"features\.\d\.norm\.(weight|bias)", theirs):
            return 0
    return None


def _resampled(positions: Tensor, mine: Tensor) -> Tensor:
    """A position embedding (1, 1 + side², D) for as many tokens as ours, as torchvision's own function does it."""
    tokens, width = mine.shape[-2:]
    if positions.dim() != 3 or positions.shape[-1] != width or not 1 < positions.shape[1] < MOST_TOKENS:
        return positions
    side, wanted = isqrt(positions.shape[1] - 1), isqrt(tokens - 1)
    if side == wanted or side**2 != positions.shape[1] - 1 or wanted**2 != tokens - 1:
        return positions
    grid = positions[:, 1:].float().permute(0, 2, 1).reshape(1, width, side, side)
    grid = interpolate(grid, size=(wanted, wanted), mode="bicubic", align_corners=True)
    return torch.cat([positions[:, :1], grid.flatten(2).permute(0, 2, 1)], dim=1)  # (1, 1 + wanted², D)


def _finite(name: str, tensor: Tensor) -> Tensor:
    try:
        plain = tensor.float()
        if not tensor.is_complex() and bool(torch.isfinite(plain).all()):
            return plain
    except (RuntimeError, TypeError):  # kinds of numbers that nothing can be computed with
        pass
    raise TrainingError(f"These weights are damaged: {name[:80]} holds what is no number.")


# torchvision's files


def _fetched(model: str, progress: Progress) -> Tensors:
    """The weights that torchvision has for a model, fetched once. Raises ``DataError`` or ``TrainingError``."""
    url = entry(model).url
    name = url.rpartition("/")[2]
    title = f"the weights of {NETWORKS[model].title}"
    digest = re.search(r"-([0-9a-f]{8,})\.pth$", name)

    def is_right(file: Path) -> bool:
        with file.open("rb") as opened:
            return digest is None or hashlib.file_digest(opened, "sha256").hexdigest().startswith(digest[1])

    try:
        folder = cache_folder("weights")
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            share = _share(f"Downloading {title}", progress)
            advice = "a file of your own needs none"
            download([url], folder / name, is_right, title, share, advice)
        return _read(folder / name)[0]
    except OSError as error:
        raise TrainingError(f"There is no place to keep {title}: {reason(error)}.") from error


def _share(sentence: str, progress: Progress) -> Callable[[float], bool]:
    return lambda share: progress(sentence, share)


def entry(model: str) -> Any:
    """Which of torchvision's weights of this model: the best for images of the size that it was made for."""
    every = torchvision().models.get_model_weights(model)
    side = NETWORKS[model].size[1]
    fitting = [one for one in every if one.transforms.keywords["crop_size"] == side]
    return every.DEFAULT if every.DEFAULT in fitting or not fitting else fitting[-1]


# in words


def _told(metadata: Mapping[str, str], channels: int) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """The mean and the deviation that one of our own files was trained with."""
    numbers = [re.findall(r"[-+.\deE]+", metadata.get(key, "")) for key in ("mean", "std")]
    try:
        mean, std = (tuple(map(float, each)) for each in numbers)
    except ValueError:
        return None
    usable = len(mean) == len(std) == channels and all(0 <= m <= 1 for m in mean) and all(0 < s <= 1 for s in std)
    return (mean, std) if usable else None


def _account(module: nn.Module, path: Path, tensors: Tensors, found: _Found) -> list[str]:
    """What became of the weights of a file, in sentences. Raises ``TrainingError`` where none fits."""
    if not found.tensors:
        raise TrainingError(f"{path.name} belongs to another network: none of its weights fits.")
    absent = [name for name in _names(module) if name not in found.tensors]
    unused = [name for name in tensors if name not in found.used and not name.endswith(COUNTER)]
    notes = [f"It begins with the weights of {path.name}."]
    notes += [f"What did not fit begins anew: {_listed(_nodes(absent))}."] if absent else []
    return notes + ([f"Not used of the file: {_listed(unused)}."] if unused else [])


def _titles(models: list[str]) -> list[str]:
    return list(dict.fromkeys(NETWORKS[model].title for model in models))


def _nodes(names: list[str]) -> list[str]:
    """The names without their last word: the modules that they belong to."""
    return list(dict.fromkeys(name.rpartition(".")[0] or name for name in names))


def _listed(names: list[str]) -> str:
    some = ", ".join(name[:80] for name in names[:5])
    return f"{some} and {len(names) - 5:,} more" if len(names) > 5 else some
