"""Keras model: what a .keras file of Keras 3 holds: a description in JSON and the weights in HDF5. Nothing is run.

A layer's weights are those whose group ``vars`` carries its name; the path of the group says its class and a number
instead, and files of the first versions have no name there, so that the path is counted as they did.
https://keras.io/guides/serialization_and_saving
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnnstudio.disk import DiskError, require_file, shown
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.translating.hdf5 import Group, Unreadable, read_hdf5

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
LARGEST_CONFIG, LARGEST_WEIGHTS = 2**25, 2**31  # bytes


@dataclass(frozen=True)
class KerasModel:
    """The description of a model and the groups of its weights."""

    told: Mapping[str, Any]
    weights: Group


def read_keras(path: Path) -> KerasModel:
    """What is in a .keras file. Raises ``ImportRefused``."""
    damaged = ImportRefused(f"{shown(path)} is no file of Keras 3, or it is damaged.")
    try:
        require_file(path)
        with zipfile.ZipFile(path) as archive:
            config = _member(archive, CONFIG, LARGEST_CONFIG)
            weights = _member(archive, WEIGHTS, LARGEST_WEIGHTS)
        told = json.loads(config)
        if not isinstance(told, dict):
            raise damaged
        return KerasModel(told, read_hdf5(weights))
    except DiskError as error:
        raise ImportRefused(str(error)) from error
    except Unreadable as error:
        raise ImportRefused(
            f"The weights in {shown(path)} cannot be read: the file is damaged, or written in another layout than "
            "Keras writes."
        ) from error
    except (zipfile.BadZipFile, NotImplementedError, KeyError, ValueError, OSError, EOFError, RecursionError,
            RuntimeError, zlib.error) as error:  # fmt: skip
        raise damaged from error


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The bytes of a member, no more than allowed whatever the directory says."""
    with archive.open(name) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"{name} is too large")
    return data


def group_of(container: Group, name: str, kind: str, earlier: Counter[str]) -> Group:
    """The group of a layer's weights among those of its model; an empty one where it has none.

    ``earlier`` counts the layers of each class that came before, this one included afterwards.
    """
    layers = container.groups.get("layers", Group())
    word = snake_case(kind)
    number = earlier[word]
    earlier[word] += 1
    for group in layers.groups.values():
        held = group.groups.get("vars")
        if held is not None and held.attributes.get("name") == name:
            return group
    counted = layers.groups.get(f"{word}_{number}" if number else word, Group())
    told = counted.groups.get("vars", Group()).attributes.get("name")
    return counted if told is None else Group()


def variables(group: Group) -> list[np.ndarray]:
    """A layer's own weights, in the order in which it made them."""
    held = group.groups.get("vars", Group()).arrays
    return [held[str(place)] for place in range(len(held)) if str(place) in held]


def snake_case(name: str) -> str:
    """A class as Keras calls its group: ``Conv2D`` is ``conv2d``, ``MaxPooling2D`` is ``max_pooling2d``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
