"""Resume: a checkpoint on the disk, from which a run goes on as if nothing had come between.

It is a safetensors file: tensors, and their arrangement as JSON. Nothing in it is ever executed, and it is replaced
whole, so that a program that is killed at any moment leaves the one before.
"""

from __future__ import annotations

import dataclasses
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from cnnstudio.training import weights
from cnnstudio.training.data.loading import Data
from cnnstudio.training.position import Position

SECONDS_APART = 5.0  # at least, between two checkpoints
TIMES_APART = 100.0  # as long as one takes: writing them costs a hundredth of the time
_LOOKED_AT = 64  # images that the mark of a data set is made of
_ENTRY, _TENSOR = "checkpoint", "$tensor"


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or that is of another run; the message is a sentence."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All that a run needs to go on: the weights of its module, where it is, and what it learns from.

    ``images`` marks the images, ``mean`` and ``std`` are how they are normalised.
    """

    weights: dict[str, Tensor]
    position: Position
    images: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


class Keeper:
    """Writes the checkpoints of one run to ``path``, no more often than costs a hundredth of its time.

    ``before`` is called before each: what must not be behind it on the disk is written there.
    """

    def __init__(
        self,
        path: Path,
        data: Data,
        before: Callable[[], object] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._data, self._before, self._clock = path, data, before, clock
        self._images: int | None = None
        self._next = clock() + SECONDS_APART

    @property
    def is_due(self) -> bool:
        """Whether the last checkpoint is old enough."""
        return self._clock() >= self._next

    def keep(self, position: Position, module: nn.Module) -> None:
        """Write a checkpoint in the place of the last one. Raises ``WeightsError`` where it cannot be written."""
        started = self._clock()
        if self._images is None:
            self._images = mark(self._data)
        try:
            self._before()
            state = dict(module.state_dict())
            save(self._path, Checkpoint(state, position, self._images, self._data.mean, self._data.std))
        finally:  # where the disk is full, it is not asked at every step
            now = self._clock()
            self._next = now + max(SECONDS_APART, TIMES_APART * (now - started))


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in one piece: the old file stays until the new one stands. Raises ``WeightsError``."""
    tensors: dict[str, Tensor] = {}
    tree = _parted(checkpoint, "", tensors)
    weights.save(path, tensors, {_ENTRY: json.dumps(tree)})


def load(path: Path) -> Checkpoint:
    """The checkpoint in this file. Raises ``CheckpointError`` for a file that is missing, damaged or none."""
    try:
        tensors, metadata = weights.read(path)
        if _ENTRY not in metadata:
            raise CheckpointError(f"{path.name} is no checkpoint: a run cannot go on from weights alone.")
        tree = _whole(json.loads(metadata[_ENTRY]), tensors)
        return msgspec.convert(tree, Checkpoint, str_keys=True, dec_hook=_tensor)
    except weights.WeightsError as error:
        raise CheckpointError(str(error)) from error
    except (LookupError, RecursionError, TypeError, ValueError) as error:  # of JSON and of msgspec too
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path.name} is no checkpoint of this program, or it is damaged.") from error


def check(checkpoint: Checkpoint, module: nn.Module, data: Data) -> None:
    """Raise ``CheckpointError`` unless a run of this module on these images can go on from the checkpoint."""
    state, cursor = module.state_dict(), checkpoint.position.cursor
    for found in (checkpoint.weights, checkpoint.position.good):
        if {name: tensor.shape for name, tensor in state.items()} != {name: each.shape for name, each in found.items()}:
            raise CheckpointError("The checkpoint is of another network: its weights have other names or sizes.")
    count = len(data.train_labels)
    if checkpoint.images != mark(data) or cursor.order.shape != (count,):
        raise CheckpointError(
            f"The images of {data.name} are not those that this run has learned from so far: there are others now, or "
            "they are in another order. Begin a new run with them."
        )
    if not torch.equal(cursor.order.sort().values, torch.arange(count)) or cursor.epoch < 1 or cursor.step < 0:
        raise CheckpointError("The checkpoint is damaged: it stands nowhere in the images.")


def mark(data: Data) -> int:
    """A number that tells these images from others: of all labels and some of the images."""
    some = torch.linspace(0, len(data.train_labels) - 1, _LOOKED_AT).long()
    number = zlib.crc32(repr((data.name, data.classes, tuple(data.train_images.shape))).encode())
    for part in (data.train_labels, data.validation_labels, data.train_images[some]):
        number = zlib.crc32(part.contiguous().numpy().tobytes(), number)
    return number


def _parted(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """The value as JSON has it; its tensors are put apart, each under its path."""
    if isinstance(value, Tensor):
        tensors[path] = value
        return {_TENSOR: path}
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _parted(each, f"{path}/{key}" if path else str(key), tensors) for key, each in value.items()}
    return value


def _whole(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The value of which ``_parted`` has made this."""
    if isinstance(value, dict):
        if value.keys() == {_TENSOR}:
            return tensors[value[_TENSOR]]
        return {key: _whole(each, tensors) for key, each in value.items()}
    return value


def _tensor(kind: type, value: Any) -> Any:
    """What msgspec asks of a type that it does not know: whether this is one."""
    if not isinstance(value, kind):
        raise ValueError(f"{kind.__name__} is needed")
    return value
