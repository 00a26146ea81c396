"""The evaluation against bare forward passes and against scikit-learn: what a pass costs, metrics, t-SNE's quality.

``--oracle FOLDER`` is where scikit-learn lies (``pip install --target FOLDER scikit-learn``); without it, only time is
measured. Beside the evaluation, the bare passes give the same images to the same network and keep nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from cnnstudio.insight.evaluation import one_pass
from cnnstudio.insight.evaluation.calibration import calibration
from cnnstudio.insight.evaluation.embedding import pca, tsne
from cnnstudio.insight.evaluation.one_pass import _TOGETHER, evaluate
from cnnstudio.project import Project, from_template
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.runs.session import Prepared, prepare
from cnnstudio.worker import unheard


def prepared(images: int) -> Prepared:
    """LeNet-5 with first weights, and the digits over and over, so many of them to validate with."""
    from dataclasses import replace

    made = prepare(Project(from_template("lenet5").graph, Recipe(data="digits")), unheard)
    data, numbers = made.data, torch.arange(images) % len(made.data.train_labels)
    data = replace(data, validation_images=data.train_images[numbers], validation_labels=data.train_labels[numbers])
    return replace(made, data=data)


def seconds(work: Callable[[], object]) -> float:
    """The seconds that this process computed for it; another program at work beside it counts little."""
    began = time.process_time()
    work()
    return time.process_time() - began


def bare(made: Prepared) -> None:
    """The forward passes alone."""
    data, module = made.data, made.module.eval()
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (data.mean, data.std))
    with torch.no_grad():
        for start in range(0, len(data.validation_labels), _TOGETHER):
            module(normalised(data.validation_images[start : start + _TOGETHER], mean, std))


def cost(images: int, rounds: int) -> None:
    """How much more a pass takes than the bare forward passes, in rounds of one after the other."""
    made = prepared(images)
    bare(made)
    evaluate(made, unheard).matrix  # noqa: B018 - it is computed when it is asked for
    # on one thread: where other programs want the cores, two wait for each other
    one_pass.prepare_thread = lambda: torch.set_num_threads(1)
    torch.set_num_threads(1)
    pairs = [(seconds(lambda: bare(made)), seconds(lambda: evaluate(made, unheard).matrix)) for _ in range(rounds)]
    ratios = [full / plain for plain, full in pairs]
    best = min(full for _, full in pairs) / min(plain for plain, _ in pairs)
    print(
        f"confusion matrix over {images:,} pictures: {best:.3f} times the bare forward passes, at most 1.1 is promised"
    )
    print(f"  (the least CPU of {rounds} rounds each; of single rounds {min(ratios):.3f} to {max(ratios):.3f})")


def metrics() -> None:
    """Every count and share against scikit-learn's."""
    from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support, top_k_accuracy_score

    made = prepared(2_000)
    found = evaluate(made, unheard)
    classes = range(len(found.classes))
    assert (confusion_matrix(found.labels, found.answers, labels=classes) == found.matrix).all()
    theirs = precision_recall_fscore_support(found.labels, found.answers, labels=classes, zero_division=np.nan)
    own = [[getattr(each, name) for each in found.class_scores] for name in ("precision", "recall", "f1")]
    for one, other in zip(own, theirs, strict=False):
        assert np.allclose(np.array([np.nan if each is None else each for each in one]), other, equal_nan=True)
    assert np.isclose(found.metrics.f1, f1_score(found.labels, found.answers, average="macro"))
    with torch.no_grad():
        mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (made.data.mean, made.data.std))
        scores = made.module(normalised(made.data.validation_images, mean, std)).numpy()
    assert np.isclose(found.metrics.top5 or 0.0, top_k_accuracy_score(found.labels, scores, k=5, labels=classes))
    sure, right = found.confidences, found.right
    place = np.clip(np.ceil(sure * 15).astype(int), 1, 15)
    gaps = [(place == at).sum() * abs(right[place == at].mean() - sure[place == at].mean()) for at in set(place)]
    assert np.isclose(sum(gaps) / len(sure), calibration(found).error)
    print("matrix, precision, recall, F1, macro F1 and top-5 are scikit-learn's; the calibration error is NumPy's")


def quality(count: int) -> None:
    """PCA and t-SNE against scikit-learn's."""
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE, trustworthiness

    points = load_digits().data[:count].astype(np.float64)
    flat, theirs = pca(points)[0], PCA(2).fit_transform(points)
    assert np.allclose(np.abs(flat), np.abs(theirs), atol=1e-6)
    began = time.process_time()
    places = tsne(points)
    ours = time.process_time() - began
    began = time.process_time()
    exact = TSNE(init="pca", method="exact", random_state=0).fit_transform(points)
    told = f"{ours:.0f} s of CPU against {time.process_time() - began:.0f} s"
    pair = [trustworthiness(points, each, n_neighbors=12) for each in (places, exact, flat)]
    print(f"trustworthiness of t-SNE over {count:,} digits: {pair[0]:.4f}, scikit-learn's {pair[1]:.4f}; {told}")
    print(f"  (of PCA {pair[2]:.4f}, which is scikit-learn's to a millionth)")
    assert pair[0] > pair[1] - 0.005


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--oracle", default="")
    asked = parser.parse_args()
    cost(asked.images, asked.rounds)
    if asked.oracle:
        sys.path.append(asked.oracle)
        metrics()
        quality(asked.points)


if __name__ == "__main__":
    main()
