"""Group split: images that belong together, as all of one patient, are kept on one side of the split. Knows no torch.

Where pictures of one patient, one flower or one second of a film stand on both sides, a network can know them again
instead of what they show, and the accuracy says too much. Which belong together is told by names: that of the folder
within the class, or the beginning of the file's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import FolderLayout, ImageFile, said
from cnnstudio.wording import counted

Counts = NDArray[np.float64]


def grouped(layout: FolderLayout, recipe: Recipe) -> FolderLayout:
    """The layout with whole groups kept to validate with, about the recipe's share of each class.

    It is left as it is where the recipe asks for no groups, and where it has halves of its own. Raises ``DataError``
    where the groups cannot be parted.
    """
    if layout.has_validation or not recipe.matters("group") or recipe.group == "none":
        return layout
    files = layout.files
    names = [group_of(file, recipe.group, recipe.group_end) for file in files]
    groups, numbers = np.unique(np.array(names), return_inverse=True)
    label_of = {name: label for label, name in enumerate(layout.names)}
    cells = numbers.reshape(-1) * len(label_of) + np.array([label_of[file.name] for file in files])
    counts = np.bincount(cells, minlength=len(groups) * len(label_of)).reshape(len(groups), -1).astype(np.float64)
    kept = kept_groups(counts, recipe.validation_share, recipe.seed)
    if kept is None:
        raise DataError(_refusal(groups.tolist(), counts, layout.names))
    apart = kept[numbers.reshape(-1)]
    parted = tuple(replace(file, validation=bool(is_kept)) for file, is_kept in zip(files, apart, strict=True))
    note = (
        f"{counted(len(groups), 'group')} by {recipe.group}: {counted(int(kept.sum()), 'group')} with "
        f"{counted(int(apart.sum()), 'image')} are kept to validate with, and no group is on both sides."
    )
    lacking = sum(recipe.group_end not in file.path.stem for file in files) if recipe.group == "file name" else 0
    notes = (f"{counted(lacking, 'file name')} without {said(recipe.group_end)}: each is a group of its own.",)
    return replace(layout, files=parted, left_out=(*layout.left_out, note, *(notes if lacking else ())))


def group_of(file: ImageFile, how: str, end: str) -> str:
    """What group a file belongs to, by its name up to ``end``, or by the folder below that of its class."""
    if how == "file name":
        head, found, _ = file.path.stem.partition(end) if end else (file.path.stem, "", "")
        return head if found else file.path.stem
    folders = file.path.parts[:-1]
    place = max((n for n, name in enumerate(folders) if name.casefold() == file.name.casefold()), default=None)
    inner = folders[place + 1 :] if place is not None else folders[-1:]
    return f"folder {inner[0]}" if inner else str(file.path)


def kept_groups(counts: Counts, share: float, seed: int) -> NDArray[np.bool_] | None:
    """Which of G groups to keep for validation; ``counts`` (G, K) are their images of each class.

    Groups are taken, the large ones first and those of one size by chance, as long as what is kept comes nearer to the
    share of every class, and each class keeps images to train with. None where there is no such choice.
    """
    totals = counts.sum(0)
    random = np.random.default_rng(seed).permutation(len(counts))
    order = random[np.argsort(-counts.sum(1)[random], kind="stable")]
    kept, taken = np.zeros(len(counts), bool), np.zeros(counts.shape[1])

    def apart(count: Counts) -> float:
        return float((((count - share * totals) / totals) ** 2).sum())

    for group in order:
        after = taken + counts[group]
        if (after < totals).all() and apart(after) < apart(taken):
            kept[group], taken = True, after
    if not kept.any():  # all are large: the smallest that can be spared
        spare = [group for group in order[::-1] if (counts[group] < totals).all()]
        if not spare:
            return None
        kept[spare[0]] = True
    return kept


def _refusal(groups: Sequence[str], counts: Counts, names: Sequence[str]) -> str:
    """Why these groups cannot be parted."""
    if len(groups) == 1:
        return f"All images are of one group, {said(groups[0])}: there must be two or more to keep one apart."
    alone = Counter(int(label) for label in np.flatnonzero((counts > 0).sum(0) == 1))
    which = said(names[next(iter(alone))]) if alone else said(names[0])
    return (
        f"The groups cannot be kept apart: all images of {which} are of one group, so that they would be on one side. "
        "Add images of other groups, or split without groups."
    )
