"""Older recipes: what the fields of an earlier version meant, said by those of the next."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cnnstudio.graph.parameter import Declaration, ParameterError, Range, declaration
from cnnstudio.project.augmentations import (
    AlternatingFlip,
    Augmentation,
    CutMix,
    MixUp,
    RandomCrop,
    RandomHorizontalFlip,
)
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.project import ProjectError


@declaration
class _Switches(Declaration):
    """What version 1 said of augmentation."""

    augment: bool = False
    mirror: bool = True
    flip: Literal["random", "alternating"] = "random"
    mixing: Literal["none", "MixUp", "CutMix"] = "none"
    mixing_strength: Annotated[float, Range(0.01, 100.0)] = 1.0

    def listed(self, mirror: bool) -> list[Augmentation]:
        """What was done to the images of a data set, of which a mirror image is as good or not."""
        found: list[Augmentation] = []
        if self.augment:
            found.append(RandomCrop())
        if self.augment and self.mirror and mirror:
            found.append(AlternatingFlip() if self.flip == "alternating" else RandomHorizontalFlip())
        if self.mixing != "none":
            found.append(MixUp(self.mixing_strength) if self.mixing == "MixUp" else CutMix(self.mixing_strength))
        return found


_SWITCHES = frozenset(_Switches().values)


def with_augmentations(found: dict[str, Any]) -> dict[str, Any]:
    """The content of a file of version 1 with the list of version 2. Raises ``ProjectError`` for nonsense."""
    recipe = found.get("recipe", {})
    if not isinstance(recipe, dict):  # who reads it says so
        return found
    try:
        switches = _Switches(**{name: value for name, value in recipe.items() if name in _SWITCHES})
    except ParameterError as error:
        raise ProjectError(f"In the recipe: {error}") from error
    data = recipe.get("data", "digits")
    may_mirror = isinstance(data, str) and data in DATASETS and DATASETS[data].mirror
    listed = switches.listed(may_mirror)
    others = {name: value for name, value in recipe.items() if name not in _SWITCHES}
    return {**found, "recipe": {**others, **({"augmentations": [each.entry for each in listed]} if listed else {})}}
