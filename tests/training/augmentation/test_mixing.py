"""Two images in one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from cnnstudio.project.augmentations import CutMix, MixUp
from cnnstudio.training.augmentation.mixing import mixed

KINDS = {"MixUp": MixUp, "CutMix": CutMix}


def made(kind: str, strength: float = 1.0, seed: int = 0, size: tuple[int, int] = (8, 6)) -> tuple[Tensor, Tensor]:
    """Mixed images of which each is one number all over, the number of its class."""
    labels = torch.arange(5)
    images = labels.float()[:, None, None, None].expand(5, 2, *size)
    random = torch.Generator().manual_seed(seed)
    return mixed(images, one_hot(labels, 5).float(), KINDS[kind](strength), random)


@pytest.mark.parametrize("kind", ["MixUp", "CutMix"])
@pytest.mark.parametrize("strength", [0.01, 0.2, 1.0, 100.0])
def test_the_shares_are_those_of_the_image(kind: str, strength: float) -> None:
    for seed in range(20):
        images, shares = made(kind, strength, seed)
        torch.testing.assert_close(shares.sum(1), torch.ones(5))
        assert ((shares >= 0) & (shares <= 1)).all()
        # each image being its class as a number, its mean is the sum of the classes by their shares
        torch.testing.assert_close(images.mean((1, 2, 3)), shares @ torch.arange(5.0), atol=1e-5, rtol=1e-5)


def test_mixup_lays_one_over_the_other_and_cutmix_sets_a_piece_in() -> None:
    images, shares = made("MixUp", 100.0)
    assert all(len(image.unique()) == 1 for image in images) and (shares > 0).sum() > 5
    images, shares = made("CutMix", 100.0)
    for image, share in zip(images, shares, strict=True):
        assert torch.equal(image[0], image[1]), "all channels of a pixel come from one image"
        assert set(image.unique().tolist()) == set(torch.nonzero(share).flatten().tolist())
    masks = [images[0, 0] == number for number in images[0].unique()]
    assert len(masks) == 2
    assert any(torch.equal(mask, mask.any(1)[:, None] & mask.any(0)) for mask in masks), "a rectangle"


@pytest.mark.parametrize("kind", ["MixUp", "CutMix"])
def test_the_stream_decides(kind: str) -> None:
    first, again, other = made(kind, seed=3), made(kind, seed=3), made(kind, seed=4)
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    assert not torch.equal(first[1], other[1])


def test_the_images_that_are_given_stay_as_they_are() -> None:
    images = torch.randn(4, 1, 5, 5)
    before = images.clone()
    mixed(images, torch.eye(4), CutMix(), torch.Generator().manual_seed(0))
    assert torch.equal(images, before)


def test_an_image_alone_stays_itself() -> None:
    images = torch.randn(1, 1, 5, 5)
    for kind in ("MixUp", "CutMix"):
        found, shares = mixed(images, torch.eye(3)[1:2], KINDS[kind](), torch.Generator().manual_seed(0))
        torch.testing.assert_close(found, images)
        torch.testing.assert_close(shares, torch.tensor([[0.0, 1.0, 0.0]]))
