"""Images that belong together are never on both sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import ImageFile, folder_layout
from cnnstudio.training.data.group_split import group_of, grouped, kept_groups
from cnnstudio.training.data.loading import load


def write(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 9).save(path)
    return root


def recipe(root: Path, **values: object) -> Recipe:
    return Recipe(data="folder", folder=str(root), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "how", "end", "group"),
    [
        ("/x/cat/anna_3.jpg", "file name", "_", "anna"),
        ("/x/cat/p12-scan-3.jpg", "file name", "-", "p12"),
        ("/x/cat/single.jpg", "file name", "_", "single"),
        ("/x/cat/a_b.jpg", "file name", "", "a_b"),
        ("/x/cat/anna/1.jpg", "sub-folder", "_", "folder anna"),
        ("/x/cat/anna/day1/1.jpg", "sub-folder", "_", "folder anna"),
        ("/x/Cat/train/anna/1.jpg", "sub-folder", "_", "folder train"),
        ("/x/cat/1.jpg", "sub-folder", "_", "/x/cat/1.jpg"),
        ("/x/scans/anna/1.jpg", "sub-folder", "_", "folder anna"),
    ],
)
def test_the_name_of_a_group(path: str, how: str, end: str, group: str) -> None:
    assert group_of(ImageFile(Path(path), "cat", False), how, end) == group


def test_all_of_one_patient_are_on_one_side(tmp_path: Path) -> None:
    names = [f"{kind}/p{n % 10:02d}_{n}.png" for kind in ("ill", "well") for n in range(50)]
    write(tmp_path, *names)
    chosen = recipe(tmp_path, group="file name")
    layout = grouped(folder_layout(str(tmp_path)), chosen)
    sides = {half: {file.path.name[:3] for file in layout.files if file.validation is half} for half in (True, False)}
    assert not sides[True] & sides[False] and len(sides[True]) == 2
    assert "10 groups by file name: 2 groups with 20 images are kept to validate with" in layout.notes[-1]
    assert grouped(layout, chosen) is layout
    data = load(chosen, Shape(1, 4, 4))
    assert data.counts == (80, 20) and any("no group is on both sides" in note for note in data.notes)
    assert np.bincount(data.validation_labels.numpy()).tolist() == [10, 10]
    plain = load(recipe(tmp_path), Shape(1, 4, 4))
    assert plain.counts == (80, 20)


def test_the_seed_says_which_groups(tmp_path: Path) -> None:
    write(tmp_path, *(f"{kind}/p{n}/{n}.png" for kind in ("ill", "well") for n in range(20)))
    layout = folder_layout(str(tmp_path))

    def kept(seed: int) -> set[str]:
        made = grouped(layout, recipe(tmp_path, group="sub-folder", seed=seed))
        return {file.path.parent.name for file in made.files if file.validation}

    assert kept(1) == kept(1) and len({frozenset(kept(seed)) for seed in range(5)}) > 1


def test_halves_of_its_own_stay(tmp_path: Path) -> None:
    write(tmp_path, "train/a/p1_1.png", "train/b/p2_1.png", "val/a/p1_2.png", "val/b/p2_2.png")
    layout = folder_layout(str(tmp_path))
    assert grouped(layout, recipe(tmp_path, group="file name")) is layout


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a/p1_1.png", "b/p1_2.png"), "All images are of one group, p1"),
        (("a/p1_1.png", "a/p1_2.png", "b/p2_1.png", "b/p2_2.png"), "all images of a are of one group"),
    ],
)
def test_groups_that_cannot_be_parted_are_told(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    write(tmp_path, *names)
    with pytest.raises(DataError, match=said):
        grouped(folder_layout(str(tmp_path)), recipe(tmp_path, group="file name"))


def test_names_without_the_mark_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a/p1_1.png", "a/p2_1.png", "a/odd.png", "b/p1_2.png", "b/p3_2.png")
    made = grouped(folder_layout(str(tmp_path)), recipe(tmp_path, group="file name"))
    assert made.notes[-1] == "Without an image for validation: b." or "1 file name without _" in " ".join(made.notes)
    assert "1 file name without _: each is a group of its own." in made.notes


@given(
    st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), min_size=2, max_size=30),
    st.floats(0.05, 0.9),
    st.integers(0, 3),
)
def test_every_class_keeps_images_to_train_with(counts: list[list[int]], share: float, seed: int) -> None:
    table = np.array(counts, float)
    table = table[:, table.sum(0) > 0]
    table = table[table.sum(1) > 0]
    if not table.size:
        return
    kept = kept_groups(table, share, seed)
    can_part = any((row < table.sum(0)).all() for row in table)
    assert (kept is not None) == can_part
    if kept is not None:
        assert kept.any() and (table[~kept].sum(0) > 0).all()
