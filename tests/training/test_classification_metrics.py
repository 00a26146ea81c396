"""What scores come to, against the same written out."""

from __future__ import annotations

import pytest
import torch

from cnnstudio.training.classification_metrics import Counts


def test_they_are_those_of_all_images_together() -> None:
    random = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(200, 8, generator=random), torch.randint(0, 7, (200,), generator=random)
    losses = torch.rand(200, generator=random)
    counts = Counts(8, torch.device("cpu"))
    for part in (slice(0, 90), slice(90, 199), slice(199, 200)):
        counts.take(logits[part], labels[part], losses[part])
    found = counts.metrics
    answers = logits.argmax(1)
    assert found.loss == pytest.approx(float(losses.mean()))
    assert found.accuracy == pytest.approx(float((answers == labels).float().mean()))
    ranks = (logits > logits.gather(1, labels[:, None])).sum(1)
    assert found.top5 == pytest.approx(float((ranks < 5).float().mean()))
    f1 = []
    for each in range(8):  # the last class has no image, and is answered
        right = int(((answers == each) & (labels == each)).sum())
        precision = right / int((answers == each).sum())
        recall = right / max(1, int((labels == each).sum()))
        f1.append(2 * precision * recall / (precision + recall) if right else 0.0)
    assert found.f1 == pytest.approx(sum(f1) / 8)


def test_what_is_always_so_is_not_said() -> None:
    counts = Counts(5, torch.device("cpu"))
    counts.take(torch.eye(5), torch.arange(5), torch.zeros(5))
    assert counts.metrics.top5 is None
    assert counts.metrics.f1 == counts.metrics.accuracy == 1.0


def test_a_class_that_nobody_has_and_nobody_answers_does_not_count() -> None:
    counts = Counts(3, torch.device("cpu"))
    counts.take(torch.eye(3)[:2], torch.arange(2), torch.zeros(2))
    assert counts.metrics.f1 == 1.0


def test_of_two_classes_of_which_one_is_never_answered_f1_tells() -> None:
    counts = Counts(2, torch.device("cpu"))
    logits = torch.tensor([[1.0, 0.0]] * 10)
    counts.take(logits, torch.tensor([0] * 9 + [1]), torch.zeros(10))
    assert counts.metrics.accuracy == pytest.approx(0.9)
    assert counts.metrics.f1 == pytest.approx(0.9 / 0.95 / 2)
