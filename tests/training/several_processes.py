"""Runs that are the same however many processes share them: what each of those processes does, and one alone.

``python several_processes.py FOLDER`` joins the processes that the environment tells of, trains everything in
``CASES`` and leaves what it saw in FOLDER.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cnnstudio.compiler.source import Source
from cnnstudio.project.augmentations import CutMix, RandomAffine, usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.distributed import ALONE, Group, joined
from cnnstudio.training.events import EpochEnd, Remark, Started, Step, Validating
from cnnstudio.training.launch import launched
from cnnstudio.training.loop import train
from cnnstudio.zoo import Backbone


def data(images: int, validation: int) -> Data:
    """Images whose class is the column that is bright."""
    random = torch.Generator().manual_seed(1)
    labels = torch.arange(images + validation) % 3
    pixels = torch.randint(0, 80, (images + validation, 1, 8, 8), generator=random, dtype=torch.uint8)
    for number, label in enumerate(labels.tolist()):
        pixels[number, :, :, 2 * label : 2 * label + 2] += 150
    halves = pixels[:images], labels[:images], pixels[images:], labels[images:]
    return Data("Columns", *halves, ("a", "b", "c"), (0.4,), (0.3,), mirror=True)


class WithUnused(nn.Module):
    """A network with a layer that nothing goes through."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.unused = nn.Linear(64, 3), nn.Linear(2, 2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Without ``unused``."""
        return self.used(image.flatten(1))  # type: ignore[no-any-return]


def network(norm: nn.Module, dropout: float = 0.0) -> nn.Module:
    """A convolution, ``norm`` of 4 channels and a classifier."""
    torch.manual_seed(0)
    end = nn.Linear(64, 3)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), norm, nn.ReLU(), nn.Dropout(dropout), nn.MaxPool2d(2), nn.Flatten(), end
    )


def unfrozen() -> tuple[nn.Module, Source]:
    """A network with a backbone that is frozen at first."""
    module = network(nn.Conv2d(4, 4, 3, padding=1))
    backbone = nn.Sequential(*list(module)[:2]).requires_grad_(False)
    source = Source("", "", {}, (), {"0": Backbone("resnet18", "1/16", frozen=True)})
    return nn.Sequential(backbone, *list(module)[2:]), source


def recipe(**values: Any) -> Recipe:
    """In eights."""
    return Recipe(**{"epochs": 4, "batch_size": 8, "learning_rate": 0.01, "device": "cpu", **values})


# name -> what makes the module, how many images to train and to validate with, the recipe
CASES: dict[str, tuple[Any, tuple[int, int], Recipe]] = {
    "group": (lambda: network(nn.GroupNorm(2, 4)), (40, 12), recipe(augmentations=usual(True))),
    "momentum": (lambda: network(nn.GroupNorm(2, 4)), (40, 12), recipe(optimizer="SGD", gradient_clip=0.1)),
    "uneven": (lambda: network(nn.GroupNorm(2, 4)), (37, 35), recipe(label_smoothing=0.1)),
    "none left": (lambda: network(nn.GroupNorm(2, 4)), (34, 33), recipe(epochs=2)),
    "accumulated": (lambda: network(nn.GroupNorm(2, 4)), (42, 12), recipe(batch_size=5, accumulation=2)),
    "mixed": (
        lambda: network(nn.GroupNorm(2, 4)),
        (40, 12),
        recipe(augmentations=(RandomAffine(), CutMix()), class_weights="balanced"),
    ),
    "averaged": (lambda: network(nn.GroupNorm(2, 4)), (40, 12), recipe(averaging=True, schedule="plateau")),
    "unused": (WithUnused, (16, 4), recipe(epochs=2)),
    "unfreezing": (unfrozen, (40, 12), recipe(weights="any", unfreeze_epoch=2)),
    "batch": (lambda: network(nn.BatchNorm2d(4)), (40, 12), recipe()),
    "dropout": (lambda: network(nn.Identity(), 0.5), (40, 12), recipe()),
}


def seen(name: str, group: Group = ALONE) -> dict[str, Any]:
    """What a run of one case says, and the weights that it leaves."""
    make, counts, asked = CASES[name]
    made = make()
    module, source = made if isinstance(made, tuple) else (made, None)
    found: dict[str, Any] = {"steps": [], "epochs": [], "notes": [], "validated": []}
    for event in train(module, data(*counts), asked, source=source, group=group):
        match event:
            case Step():
                found["steps"].append(event.loss)
            case EpochEnd():
                found["epochs"].append({k: v for k, v in asdict(event).items() if k != "seconds"})
            case Started():
                found["notes"] += event.notes
            case Remark():
                found["notes"].append(event.sentence)
            case Validating():
                found["validated"].append(event.images)
    state = module.state_dict()
    return {**found, "weights": {name: tensor.flatten().tolist() for name, tensor in state.items()}}


def main(folder: Path) -> None:
    """Everything, as one of the processes."""
    rank = launched()
    with joined(rank, lambda: False) as group:
        found = {name: seen(name, group) for name in CASES}
    (folder / f"{rank.number}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
