"""The list of a recipe: its order, its probabilities, what is drawn, and that nothing but the stream decides."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from cnnstudio.graph import Shape, parameters
from cnnstudio.project import loads
from cnnstudio.project.augmentations import (
    AlternatingFlip,
    Augmentation,
    AugMix,
    ColorJitter,
    CutMix,
    GaussianBlur,
    GaussianNoise,
    MixUp,
    RandAugment,
    RandomAffine,
    RandomCrop,
    RandomErasing,
    RandomGrayscale,
    RandomHorizontalFlip,
    RandomPerspective,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    TrivialAugmentWide,
)
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.augmentation import cropping
from cnnstudio.training.augmentation.augmenter import Augmenter, within
from cnnstudio.training.augmentation.policies import AUG_MIX, RAND_AUGMENT, TRIVIAL_AUGMENT
from cnnstudio.training.batches import Batches
from cnnstudio.training.data.loading import load
from cnnstudio.training.device import Device
from cnnstudio.training.torchvision_compat import make_ready

make_ready()
v2: Any = importlib.import_module("torchvision.transforms.v2")
KINDS: tuple[type[Any], ...] = next(each.entry_types for each in parameters(Recipe) if each.name == "augmentations")
ALONE = [kind for kind in KINDS if kind not in (MixUp, CutMix, AlternatingFlip)]


def pictures(count: int = 64, channels: int = 3, side: int = 12) -> Tensor:
    return torch.randint(1, 255, (count, channels, side, side), dtype=torch.uint8, generator=stream(5))


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def altered(images: Tensor, *listed: Augmentation, seed: int = 0, epoch: int = 1, **recipe: Any) -> Tensor:
    made = Augmenter(Recipe(augmentations=listed, **recipe), len(images), 5)
    return made.altered(images, torch.arange(len(images)), epoch, stream(seed))


def surely(kind: type[Any], share: float = 1.0) -> Augmentation:
    return kind() if kind is AlternatingFlip else kind(probability=share)  # type: ignore[no-any-return]


@pytest.mark.parametrize("size", [(1, 8, 8), (3, 12, 9), (3, 2, 2), (1, 1, 5)])
@pytest.mark.parametrize("kind", ALONE)
def test_images_of_any_size_come_out_as_bytes_of_that_size(kind: type[Any], size: tuple[int, int, int]) -> None:
    images = torch.randint(0, 256, (9, *size), dtype=torch.uint8, generator=stream())
    before = images.clone()
    found = altered(images, surely(kind))
    assert found.dtype == torch.uint8 and found.shape == images.shape
    assert torch.equal(images, before), "what is given stays"
    assert altered(images[:0], surely(kind)).shape == (0, *size)


@pytest.mark.parametrize("kind", ALONE)
def test_the_stream_decides_and_the_share_is_kept(kind: type[Any]) -> None:
    images = pictures(400, side=8)
    first, again, other = (altered(images, surely(kind, 0.5), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    changed = (first != images).flatten(1).any(1).float().mean()
    surely_changed = (altered(images, surely(kind)) != images).flatten(1).any(1).float().mean()
    assert surely_changed > 0.6
    assert abs(changed / surely_changed - 0.5) < 0.12
    assert torch.equal(altered(images, surely(kind, 0.0)), images)


def test_the_order_of_the_list_is_kept() -> None:
    images = pictures()
    crop, flip = RandomCrop(3), RandomVerticalFlip(1.0)
    one, other = altered(images, crop, flip), altered(images, flip, crop)
    assert torch.equal(one, altered(images, crop).flip(2)) and torch.equal(other, altered(images.flip(2), crop))
    assert not torch.equal(one, other)


def test_an_empty_list_draws_nothing() -> None:
    random = stream(9)
    made = Augmenter(Recipe(), 4, 5)
    images = pictures(4)
    assert made.altered(images, torch.arange(4), 1, random) is images
    labels = torch.tensor([0, 1, 2, 3])
    assert made.mixed(images.float(), labels, random)[1] is labels
    assert torch.equal(random.get_state(), stream(9).get_state()) and made.notes == ()


def test_flips_in_turn_show_each_image_from_both_sides() -> None:
    images = pictures()
    first, second = (altered(images, AlternatingFlip(), epoch=epoch) for epoch in (1, 2))
    assert torch.equal(
        torch.where((first == images).flatten(1).all(1)[:, None, None, None], images.flip(3), images), second
    )


def test_mixing_is_by_steps_and_its_targets_are_shares() -> None:
    images, labels = torch.arange(6.0)[:, None, None, None].expand(6, 1, 4, 4), torch.arange(6) % 5
    for how in (MixUp(probability=0.5), CutMix(probability=0.5)):
        made, mixed = Augmenter(Recipe(augmentations=(how,)), 6, 5), 0
        for seed in range(40):
            found, shares = made.mixed(images, labels, stream(seed))
            torch.testing.assert_close(shares.sum(1), torch.ones(6))
            mixed += not torch.equal(found, images)
        assert 10 <= mixed <= 30


# what is drawn


def test_a_crop_goes_everywhere_within_its_padding_and_nowhere_else() -> None:
    images = torch.zeros(3_000, 1, 9, 9, dtype=torch.uint8)
    images[:, :, 4, 4] = 255
    places = altered(images, RandomCrop(2))[:, 0].flatten(1).int().argmax(1)
    counts = torch.bincount(places, minlength=81).view(9, 9)
    assert (counts[2:7, 2:7] > 60).all() and counts.sum() == counts[2:7, 2:7].sum()


def test_pieces_are_drawn_as_torchvision_draws_them() -> None:
    """Means and spreads of height, width and place, of 4,000 on either side, for an image that is no square."""
    top, left, height, width = cropping.pieces_to_cut(4_000, (48, 96), 0.08, 4 / 3, stream(1))
    assert (top >= 0).all() and (left >= 0).all() and (top + height <= 48).all() and (left + width <= 96).all()
    theirs = v2.RandomResizedCrop((48, 96))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        made = [theirs.make_params([torch.zeros(3, 48, 96)]) for _ in range(4_000)]
    for name, found in (("top", top), ("left", left), ("height", height), ("width", width)):
        wanted = torch.tensor([float(each[name]) for each in made])
        for moment in (torch.mean, torch.std):
            assert float(moment(found.double())) == pytest.approx(float(moment(wanted)), rel=0.06), (name, moment)


def test_rectangles_are_drawn_as_torchvision_draws_them() -> None:
    _, _, height, width = cropping.rectangles_to_wipe(4_000, (32, 32), 0.33, 3.3, stream(1))
    theirs = v2.RandomErasing(p=1.0, ratio=(1 / 3.3, 3.3))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        made = [theirs.make_params([torch.zeros(3, 32, 32)]) for _ in range(4_000)]
    for name, found in (("h", height), ("w", width)):
        wanted = torch.tensor([float(each[name]) for each in made])
        for moment in (torch.mean, torch.std):
            assert float(moment(found.double())) == pytest.approx(float(moment(wanted)), rel=0.06)


def test_what_is_drawn_to_both_sides_is_even() -> None:
    found = within(30.0, 5_000, stream(2))
    assert float(found.min()) >= -30 and float(found.max()) <= 30
    assert float(found.mean()) == pytest.approx(0, abs=1) and float(found.std()) == pytest.approx(
        30 / math.sqrt(3), rel=0.03
    )


def test_colours_change_by_what_is_said_at_most() -> None:
    images = torch.full((500, 3, 4, 4), 100, dtype=torch.uint8)
    found = altered(images, ColorJitter(brightness=0.3, contrast=0, saturation=0, hue=0))[:, 0, 0, 0].float() / 100
    assert float(found.min()) == pytest.approx(0.7, abs=0.01) and float(found.max()) == pytest.approx(1.3, abs=0.01)
    assert float(found.std()) == pytest.approx(0.3 / math.sqrt(3), rel=0.1)
    assert torch.equal(altered(images, ColorJitter(0, 0, 0, 0)), images)


def test_noise_is_as_wide_as_is_said() -> None:
    images = torch.full((40, 3, 20, 20), 128, dtype=torch.uint8)
    found = altered(images, GaussianNoise(0.1, 1.0)).float()
    assert float(found.mean()) == pytest.approx(128, abs=0.5) and float(found.std()) == pytest.approx(25.5, rel=0.02)


@pytest.mark.parametrize(
    ("ours", "theirs", "bins"),
    [(RAND_AUGMENT, "RandAugment", 31), (TRIVIAL_AUGMENT, "TrivialAugmentWide", 31), (AUG_MIX, "AugMix", 10)],
)
def test_the_strengths_are_torchvisions(ours: Any, theirs: str, bins: int) -> None:
    space = getattr(v2, theirs)._AUGMENTATION_SPACE
    assert set(ours.names) == set(space) and ours.bins == bins
    for name, (strengths, _) in space.items():
        wanted = strengths(bins, 20, 32)
        if wanted is not None:
            factor = 255.0 if name == "Solarize" else 1.0
            torch.testing.assert_close(ours.strengths(name, (20, 32)), factor * wanted.double(), atol=1e-4, rtol=1e-5)


def test_each_operation_is_chosen_about_as_often() -> None:
    """An image of TrivialAugment stays as it is by Identity, and by what does nothing to it."""
    images = pictures(2_800)
    same = (altered(images, TrivialAugmentWide()) == images).flatten(1).all(1).float().mean()
    assert 1 / 14 < float(same) < 0.35
    assert (altered(images, RandAugment(num_ops=8)) == images).flatten(1).all(1).float().mean() < 0.02


def test_mixed_copies_are_near_the_image() -> None:
    images = pictures(200)
    weak, strong = ((altered(images, AugMix(severity)).float() - images.float()).abs().mean() for severity in (1, 10))
    assert 0 < float(weak) < float(strong)


def test_names_are_torchvisions() -> None:
    assert [kind.__name__ for kind in KINDS if not hasattr(v2, kind.__name__)] == ["AlternatingFlip"]
    assert len(KINDS) == 18
    told = {RandomAffine, RandomErasing, RandomGrayscale, RandomHorizontalFlip, RandomPerspective, RandomResizedCrop}
    assert told | {GaussianBlur, RandomRotation} <= set(KINDS)


def test_a_recipe_of_before_shows_the_images_that_it_showed() -> None:
    """The same seed: moved by up to an eighth, then mirrored or not, then mixed, as each was drawn before the list."""
    data = load(Recipe(data="shapes"), Shape(3, 32, 32), most=300_000)
    text = '{"format": "cnnstudio", "version": 1, "nodes": [], "recipe": {"data": "shapes", "augment": true, "seed": 4'
    recipe = loads(text + ', "mixing": "MixUp", "mixing_strength": 0.4, "batch_size": 16}}').recipe
    made = Batches(data, recipe, Device(torch.device("cpu"), "CPU", False, False, ()))
    ours, theirs = stream(4), stream(4)
    order = made.order(ours)
    found, shares = made.batch(order, 0, 1, ours)
    numbers = torch.randperm(len(data.train_labels), generator=theirs)[:16]
    assert torch.equal(numbers, order[:16])
    images = torch.nn.functional.pad(data.train_images[numbers], (4, 4, 4, 4))
    tops, lefts = (torch.randint(9, (16,), generator=theirs) for _ in range(2))
    images = torch.stack([x[:, t : t + 32, e : e + 32] for x, t, e in zip(images, tops, lefts, strict=True)])
    turned = torch.rand(16, generator=theirs) < 0.5
    images = torch.stack([x.flip(2) if flip else x for x, flip in zip(images, turned, strict=True)])
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (data.mean, data.std))
    x = (images.float() - 255 * mean) / (255 * std)
    others = torch.randperm(16, generator=theirs)
    share = float(np.random.default_rng(int(torch.randint(2**62, (1,), generator=theirs))).beta(0.4, 0.4))
    assert torch.equal(found, x * share + x[others] * (1 - share))
    labels = torch.nn.functional.one_hot(data.train_labels[numbers], 10).float()
    assert torch.equal(shares, labels * share + labels[others] * (1 - share))
