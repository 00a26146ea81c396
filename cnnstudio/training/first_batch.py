"""First batch: the images of a run's first step as the network was given them, as pictures with labels."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnnstudio.training.data.loading import Data

FOLDER, LABELS = "first_batch", "labels.csv"
MOST = 256  # pictures


def pictures(images: Tensor, data: Data) -> Tensor:
    """Images (N, C, H, W), normalised as ``data`` says, as the bytes that they are of."""
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (data.mean, data.std))
    return (images.detach().cpu().float() * std + mean).mul_(255).round_().clamp_(0, 255).to(torch.uint8)


def write(folder: Path, images: Tensor, labels: Tensor, data: Data) -> None:
    """Put the images (N, C, H, W), normalised as ``data`` says, and their labels into ``folder / "first_batch"``.

    ``labels`` are the numbers of the classes (N,), or the share of each class (N, classes). Raises ``OSError``.
    """
    where = folder / FOLDER
    where.mkdir(exist_ok=True)
    rows = [("picture", "label")]
    shown = zip(pictures(images[:MOST], data), labels[:MOST].tolist(), strict=True)
    for number, (picture, label) in enumerate(shown, 1):
        name = f"{number:03}.png"
        channels = np.ascontiguousarray(picture.permute(1, 2, 0).numpy())
        Image.fromarray(channels if channels.shape[2] == 3 else channels[:, :, 0]).save(where / name, compress_level=1)
        rows.append((name, named(label, data.classes)))
    with (where / LABELS).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def named(label: int | Sequence[float], classes: Sequence[str]) -> str:
    """The class, or the classes with their shares, the greatest first."""
    if isinstance(label, int):
        return classes[label]
    shares = sorted(((share, name) for share, name in zip(label, classes, strict=True) if share), reverse=True)
    return ", ".join(f"{name} {share:.0%}" for share, name in shares)
