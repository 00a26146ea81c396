"""Trunk: the part of a network that does not learn, in front of what does. Its features are computed once and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType

import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import Source, Statement
from cnnstudio.headroom import headroom
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import Device
from cnnstudio.training.drawing import Drawing
from cnnstudio.wording import memory

CHUNK = 64  # images that go through the trunk at once: always the same ones together, so that the same bits come out
SHARE = 4  # of the free memory, one part in so many may be taken
Values = Mapping[str, Tensor]


@dataclass(frozen=True)
class _Computed:
    """A statement, its expression ready to be evaluated."""

    statement: Statement
    code: CodeType

    def value(self, module: nn.Module, values: Values) -> Tensor:
        """What comes out of it for the values that it reads."""
        names = {"self": module, "torch": torch, "nn": nn, "F": nn.functional}
        # the expression was written by compiler.source from checked names and coerced values
        made: Tensor = eval(self.code, names | {name: values[name] for name in self.statement.inputs})
        return made


class Trunk:
    """The frozen front of ``module``, as it stands in an epoch, which was built from ``source``.

    A step belongs to it that has only parameters which ask for no gradient, reads only the image or such steps, and
    gives the same for an image each time: no BatchNorm in it takes the statistics of a batch, and nothing draws random
    numbers. ``edge`` names the steps whose values the rest reads.
    """

    def __init__(self, module: nn.Module, source: Source, sample: Tensor, device: Device) -> None:
        self._module, self._source, self._device = module, source, device
        computed = [_Computed(each, compile(each.expression, "<forward>", "eval")) for each in source.steps]
        self._entry = entry = source.steps[0].inputs[0]  # a network that is trained has one input
        known = {entry: sample}
        with torch.no_grad(), device.autocast():
            for each in computed:
                if all(name in known for name in each.statement.inputs) and self._is_steady(each.statement.node):
                    with Drawing(torch.Generator()) as drawn:
                        value = each.value(module, known)
                    if not drawn.has_drawn:
                        known[each.statement.node] = value
        self._front = [each for each in computed if each.statement.node in known]
        self._rest = [each for each in computed if each.statement.node not in known]
        self.edge = tuple(sorted({name for each in self._rest for name in each.statement.inputs if name in known}))
        self.numbers_of_image = sum(known[name][0].numel() * known[name].element_size() for name in self.edge)

    def _is_steady(self, node: str) -> bool:
        """Whether the modules of this step neither learn nor look at a batch as a whole."""
        path = self._source.paths.get(node)
        if path is None:
            return True
        part = self._module.get_submodule(path)
        batch_norms = (nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm)
        looks = any(
            each.training or not each.track_running_stats for each in part.modules() if isinstance(each, batch_norms)
        )
        return not looks and not any(parameter.requires_grad for parameter in part.parameters())

    @property
    def is_worth_it(self) -> bool:
        """Whether anything with weights is in it, and the rest does not read the image itself."""
        paths = (self._source.paths.get(each.statement.node) for each in self._front)
        parts = (self._module.get_submodule(path) for path in paths if path is not None)
        return self._entry not in self.edge and any(True for part in parts for _ in part.parameters())

    @property
    def is_frozen(self) -> bool:
        """Whether it still does not learn."""
        return all(self._is_steady(each.statement.node) for each in self._front)

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """What the rest reads, for prepared images (N, C, H, W)."""
        values = {self._entry: images}
        with torch.no_grad(), self._device.autocast():
            for each in self._front:
                values[each.statement.node] = each.value(self._module, values)
        return {name: values[name] for name in self.edge}

    def scores(self, features: Values) -> Tensor:
        """The scores (N, classes) that the rest makes of the features, with gradients where they are asked for."""
        values = dict(features)
        for each in self._rest:
            values[each.statement.node] = each.value(self._module, values)
        return values[self._source.steps[-1].node]


class Kept:
    """The features that a trunk makes of all training and validation images, each computed once.

    The validation images are numbered behind the training images.
    """

    def __init__(self, trunk: Trunk, data: Data, prepared: Callable[[Tensor], Tensor]) -> None:
        self.trunk, self._prepared = trunk, prepared
        self._halves = data.train_images, data.validation_images
        self._features: dict[str, Tensor] = {}

    def compute(self) -> Iterator[tuple[int, int]]:
        """Compute them; says between two chunks how many images are done, of how many."""
        done, total = 0, sum(map(len, self._halves))
        for images in self._halves:
            step = at_once(images.shape[1:], CHUNK, PASS)
            for start in range(0, len(images), step):
                part = self.trunk.features(self._prepared(images[start : start + step]))
                for name, value in part.items():
                    if name not in self._features:
                        self._features[name] = value.new_empty((total, *value.shape[1:]))
                    self._features[name][done : done + len(value)] = value
                done += len(images[start : start + step])
                yield done, total

    def of_validation(self, part: slice) -> Tensor:
        """The numbers of these validation images."""
        train, validation = map(len, self._halves)
        return torch.arange(train, train + validation)[part]

    def scores(self, numbers: Tensor) -> Tensor:
        """The scores (N, classes) of the images with these numbers."""
        # a copy of its own: the rest may write over what it is given
        return self.trunk.scores({name: kept[numbers.to(kept.device)] for name, kept in self._features.items()})


def is_worth_keeping(recipe: Recipe, epochs: int) -> bool:
    """Whether an image is the same each time, only the network itself reads it, and epochs come after this one."""
    changes = bool(recipe.augmentations)
    return epochs > 0 and not changes and not recipe.teacher and not recipe.averaging and not recipe.compile


def kept_trunk(
    module: nn.Module, source: Source | None, data: Data, device: Device, prepared: Callable[[Tensor], Tensor]
) -> tuple[Kept | None, str]:
    """What to compute the features of all images with, where it is worth it and there is room; else None, and why.

    Nothing is said where the network has no such part.
    """
    if source is None or not source.steps or all(parameter.requires_grad for parameter in module.parameters()):
        return None, ""
    trunk = Trunk(module, source, prepared(data.train_images[:2]), device)
    if not trunk.is_worth_it:
        return None, ""
    sentence = too_large(trunk, len(data.train_labels) + len(data.validation_labels))
    return (None, sentence) if sentence else (Kept(trunk, data, prepared), "")


def too_large(trunk: Trunk, images: int) -> str:
    """Why the features of so many images cannot be kept, in a sentence; empty where they can."""
    needed, free = trunk.numbers_of_image * images, headroom()
    if needed <= free // SHARE:
        return ""
    return (
        f"The features of the frozen part take {memory(needed)} for all images and {memory(free)} are free: "
        "they are computed anew in each epoch."
    )
