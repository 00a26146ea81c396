"""Presets: ways to train that belong together, by name. Each says what it is for, and is one change of a recipe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from cnnstudio.project.augmentations import AlternatingFlip, RandomCrop, fitting, usual
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe, Section

KEPT = (Section.DATA, Section.WEIGHTS, Section.COMPUTER)
"""What a preset leaves as it is where it says nothing of it: which images, where to begin, and where to compute."""


@dataclass(frozen=True)
class Preset:
    """A way to train: ``changes`` are the fields that it sets; others go to their defaults, but those of ``KEPT``."""

    key: str
    title: str
    sentence: str
    changes: dict[str, Any]

    def applied(self, recipe: Recipe) -> Recipe:
        """The recipe with this way to train; weights that it begins with already stay."""
        sections = recipe.sections()
        kept = {field.name: getattr(recipe, field.name) for section in KEPT for field in sections[section]}
        changes = self.changes if not recipe.weights else {**self.changes, "weights": recipe.weights}
        made = type(recipe)(**{**kept, **changes})
        return replace(made, augmentations=fitting(made.augmentations, DATASETS[made.data]))


_ALL = (
    Preset(
        "first-try", "First try", "Adam with a rate that rises and falls: it learns something of nearly anything.", {}
    ),
    Preset(
        "cifar10",
        "CIFAR-10 by the textbook",
        "SGD over 200 epochs, as the papers train on CIFAR-10: shifted and mirrored images, a rate from 0.1 to 0.",
        {
            "augmentations": usual(mirror=True),
            "epochs": 200,
            "batch_size": 128,
            "optimizer": "SGD",
            "learning_rate": 0.1,
            "momentum": 0.9,
            "weight_decay": 5e-4,
            "schedule": "cosine",
        },
    ),
    Preset(
        "fast",
        "Fast",
        "Few epochs with long steps, smoothed labels and averaged weights, and an answer from both sides of an image: "
        "good accuracy in a short time.",
        {
            "augmentations": (RandomCrop(), AlternatingFlip()),
            "test_time_mirror": True,
            "epochs": 10,
            "batch_size": 128,
            "optimizer": "SGD",
            "learning_rate": 0.1,
            "momentum": 0.9,
            "nesterov": True,
            "weight_decay": 5e-4,
            "decay_norms": False,
            "batchnorm_scale": False,
            "averaging": True,
            "averaging_decay": 0.99,
            "schedule": "one-cycle",
            "label_smoothing": 0.1,
            "precision": "auto",
        },
    ),
    Preset(
        "fine-tune",
        "Fine-tune",
        "Begin with pretrained weights: the new head learns, and the backbone follows bit by bit, ten times slower.",
        {
            "augmentations": usual(mirror=True),
            "epochs": 12,
            "batch_size": 32,
            "optimizer": "AdamW",
            "learning_rate": 0.002,
            "weight_decay": 0.01,
            "decay_norms": False,
            "schedule": "warmup-cosine",
            "label_smoothing": 0.1,
            "keep_best": True,
            "weights": "torchvision",
            "unfreeze_epoch": 4,
            "backbone_rate": 0.1,
        },
    ),
    Preset(
        "few-images",
        "Few images",
        "For some dozen photographs: altered images, many times over; rare classes count more.",
        {
            "augmentations": usual(mirror=True),
            "batch_size": 32,
            "optimizer": "AdamW",
            "learning_rate": 0.003,
            "weight_decay": 0.05,
            "decay_norms": False,
            "schedule": "one-cycle",
            "label_smoothing": 0.1,
            "class_weights": "balanced",
            "averaging": True,
            "averaging_decay": 0.99,
            "keep_best": True,
        },
    ),
)

PRESETS = {preset.key: preset for preset in _ALL}
"""Key -> preset, in the order in which they are offered."""
