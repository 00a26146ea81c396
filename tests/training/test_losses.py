"""The losses: torch's where it has them, written out where not; and what is said is the same in training and after."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.device import TrainingError
from cnnstudio.training.losses import Loss, class_weights

CLASSES = ("cat", "dog", "cow")
LABELS = torch.tensor([0, 0, 0, 1, 1, 2])


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(0)) * 3


def loss(**values: Any) -> Loss:
    return Loss(Recipe(**values), LABELS, CLASSES)


def test_cross_entropy_is_torchs(logits: Tensor) -> None:
    torch.testing.assert_close(loss().objective(logits, LABELS), functional.cross_entropy(logits, LABELS))
    smooth = functional.cross_entropy(logits, LABELS, label_smoothing=0.2)
    torch.testing.assert_close(loss(label_smoothing=0.2).objective(logits, LABELS), smooth)
    shares = torch.softmax(logits.flip(0), 1)
    torch.testing.assert_close(loss().objective(logits, shares), functional.cross_entropy(logits, shares))


def test_bce_is_torchs_on_every_class(logits: Tensor) -> None:
    wanted = functional.one_hot(LABELS, 3).float()
    expected = functional.binary_cross_entropy_with_logits(logits, wanted)
    torch.testing.assert_close(loss(loss="BCE").objective(logits, LABELS), expected)


def test_focal_loss_looks_at_what_is_hard(logits: Tensor) -> None:
    right = logits.softmax(1)[torch.arange(6), LABELS]
    expected = (-((1 - right) ** 2) * right.log()).mean()
    torch.testing.assert_close(loss(loss="focal").objective(logits, LABELS), expected)
    plain = functional.cross_entropy(logits, LABELS)
    torch.testing.assert_close(loss(loss="focal", focusing=0.0).objective(logits, LABELS), plain)


@pytest.mark.parametrize("focusing", [0.0, 0.5, 1.0, 2.0])
def test_focal_loss_of_what_is_certain_has_a_slope(focusing: float) -> None:
    logits = torch.tensor([[200.0, 0.0, 0.0], [0.0, 200.0, 0.0]], requires_grad=True)
    loss(loss="focal", focusing=focusing).objective(logits, torch.tensor([0, 0])).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None and torch.isfinite(logits.grad).all()


def test_balanced_classes_count_alike() -> None:
    weights = class_weights(Recipe(class_weights="balanced"), LABELS, CLASSES)
    assert weights is not None
    torch.testing.assert_close(weights, torch.tensor([2 / 3, 1.0, 2.0]))
    assert float(weights[LABELS].mean()) == pytest.approx(1)


def test_weights_by_hand_are_taken_in_proportion(logits: Tensor) -> None:
    weighted = loss(class_weights="by hand", class_weight_list="1, 2.5, 5")
    expected = functional.cross_entropy(logits, LABELS, torch.tensor([1.0, 2.5, 5.0]))
    torch.testing.assert_close(weighted.objective(logits, LABELS), expected)
    longer = loss(class_weights="by hand", class_weight_list="10; 25; 50")
    torch.testing.assert_close(longer.objective(logits, LABELS), expected)


@pytest.mark.parametrize("kind", ["cross-entropy", "focal", "BCE"])
def test_a_class_of_weight_0_teaches_nothing(kind: str, logits: Tensor) -> None:
    weighted = loss(loss=kind, class_weights="by hand", class_weight_list="1 , 1, 0")
    scores = logits.clone().requires_grad_()
    weighted.objective(scores, LABELS).backward()  # type: ignore[no-untyped-call]
    assert scores.grad is not None
    assert not scores.grad[5].any() and scores.grad[:5].any(1).all()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "by hand are 0, and there must be 3 numbers, one for each class from cat to cow"),
        ("1, 2", "by hand are 2, and there must be 3 numbers"),
        ("1, 2, many", "'many' is no weight for a class"),
        ("1, 2, nan", "'nan' is no weight"),
        ("1, 2, inf", "'inf' is no weight"),
        ("1, -2, 1", "'-2' is no weight"),
        ("0, 0, 0", "are 0 for every class"),
    ],
)
def test_weights_by_hand_that_do_not_fit_are_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        loss(class_weights="by hand", class_weight_list=text)


@pytest.mark.parametrize("kind", ["cross-entropy", "focal", "BCE"])
def test_what_is_said_is_without_smoothing_and_weights(kind: str, logits: Tensor) -> None:
    bare = loss(loss=kind)
    full = loss(loss=kind, label_smoothing=0.3, class_weights="balanced")
    assert torch.equal(full.measured(logits, LABELS), bare.measured(logits, LABELS))
    torch.testing.assert_close(bare.measured(logits, LABELS).mean(), bare.objective(logits, LABELS))
    assert not torch.isclose(full.objective(logits, LABELS), bare.objective(logits, LABELS))
    assert bare.is_plain and not full.is_plain
