"""Diagnosis: what the course of a run says is wrong with it, in words with what to try. Knows no torch.

Each rule is a function of what a run has said so far. Its docstring is its documentation, with where it comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnstudio.project.augmentations import usual
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.layer_statistics import LayerStatistics
from cnnstudio.training.readiness import ProjectFix, recipe_fix
from cnnstudio.training.runs.history import History
from cnnstudio.wording import abridged, listed


@dataclass(frozen=True)
class Symptom:
    """One thing that is wrong: its code, what is seen, what to try, and an edit that tries it, where one can."""

    code: str
    sentence: str
    advice: str
    fixes: tuple[ProjectFix, ...] = ()


@dataclass(frozen=True)
class Course:
    """What the rules look at: the history of a run of ``recipe`` on images of these classes."""

    history: History
    recipe: Recipe
    classes: Sequence[str]

    @property
    def losses(self) -> NDArray[np.float64]:
        """The loss of every step."""
        return self.history.steps["loss"]

    @property
    def guessing(self) -> float:
        """The loss of a network that holds all classes equally likely."""
        return math.log(max(2, len(self.classes)))

    @property
    def chance(self) -> float:
        """The share of the images that such a network tells right."""
        return 1 / max(1, len(self.classes))

    @property
    def lately(self) -> list[LayerStatistics]:
        """The last looks at the layers."""
        return [look for look in self.history.layers[-3:] if look.layers]

    @property
    def begins(self) -> float:
        """The loss at the beginning."""
        return float(np.median(self.losses[:_FEW]))

    @property
    def now(self) -> float:
        """The loss of late."""
        return float(np.median(self.losses[-max(_FEW, len(self.losses) // 10) :]))

    @property
    def update(self) -> float:
        """By how much of itself a step changes the middle layer, of late; NaN where nobody has looked."""
        return float(np.median([layer.update for look in self.lately for layer in look.layers] or [math.nan]))


_FEW = 5  # steps
_EARLY = 20  # steps after which the loss should have begun to fall
Rule = Callable[[Course], Iterator[Symptom]]


def rate_too_high(course: Course) -> Iterator[Symptom]:
    """Steps that are too long jump over what they look for: the loss rises, or the weights change out of all measure.

    Bengio 2012, arXiv:1206.5533, section 3.1: above the best rate the loss soon grows.
    """
    history = course.history
    if (len(course.losses) < _EARLY and history.finished is None) or not len(course.losses):
        return
    has_diverged = history.finished is not None and history.finished.reason == "diverged"
    rises = len(course.losses) >= _EARLY and course.now > 1.15 * course.begins
    leaps = course.update > 0.05 and course.now > 0.9 * course.begins
    if has_diverged:
        seen = "The loss became no number in the middle of the run."
    elif rises:
        seen = f"The loss is higher than at the beginning: {course.now:.3g}, and it was {course.begins:.3g}."
    elif leaps:
        seen = f"A step changes the weights by {course.update:.0%} of themselves, and the loss does not fall."
    else:
        return
    rate = _tenth(course.recipe.learning_rate)
    fixes = (recipe_fix(f"Learning rate {rate:g}", learning_rate=rate),)
    yield Symptom("rate-too-high", seen, "The learning rate is too high. Try a tenth of it.", fixes)


def rate_too_low(course: Course) -> Iterator[Symptom]:
    """Where a step changes the weights by less than a ten-thousandth of themselves, nothing much is learned.

    About a thousandth is usual: https://cs231n.github.io/neural-networks-3/#ratio
    """
    rates = course.history.steps["learning_rate"]
    if len(course.losses) < 50 or rates.max() < course.recipe.learning_rate / 2:  # the rate is still on its rise
        return
    if course.update < 1e-4 and 0.9 * course.begins < course.now <= 1.15 * course.begins and not _vanished(course):
        rate = min(100.0, float(f"{course.recipe.learning_rate * 10:.2g}"))
        yield Symptom(
            "rate-too-low",
            f"The loss hardly falls, and a step changes the weights by {course.update:.1g} of themselves; "
            "0.001 is usual.",
            "The learning rate is too low. Try ten times as much, or look for one with Find a rate.",
            (recipe_fix(f"Learning rate {rate:g}", learning_rate=rate),),
        )


def exploding_gradients(course: Course) -> Iterator[Symptom]:
    """Gradients that grow from layer to layer on their way back make steps that nobody can foresee.

    Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063, who clip them.
    """
    high = [
        layer for look in course.lately for layer in look.layers if layer.gradient > 1e3 or math.isnan(layer.gradient)
    ]
    if len(course.lately) >= 2 and high:
        most = max(high, key=lambda layer: layer.gradient)
        fixes = (recipe_fix("Clip the gradient at 1", gradient_clip=1.0),) if not course.recipe.gradient_clip else ()
        yield Symptom(
            "exploding-gradients",
            f"The gradient of {most.name} is {most.gradient:.2g} long: it explodes on its way back through the layers.",
            "Clip it, or put normalisation between the layers.",
            fixes,
        )


def vanishing_gradients(course: Course) -> Iterator[Symptom]:
    """Where the gradient shrinks from layer to layer on its way back, the first layers do not learn.

    Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html; shortcuts help: He et al. 2015,
    arXiv:1512.03385.
    """
    if _vanished(course):
        first, last = course.lately[-1].layers[0], course.lately[-1].layers[-1]
        yield Symptom(
            "vanishing-gradients",
            f"The gradient is {last.gradient:.1g} long at {last.name} and {first.gradient:.1g} at {first.name}: on its "
            "way back it vanishes, and the first layers hardly learn.",
            "Try ReLU in the place of sigmoid or tanh, normalisation between the layers, or shortcuts round them.",
        )


def _vanished(course: Course) -> bool:
    looks = [look.layers for look in course.lately if len(look.layers) >= 4]
    return len(looks) >= 2 and all(
        _middle(layers[: len(layers) // 3 or 1]) < 1e-3 * _middle(layers[-(len(layers) // 3 or 1) :])
        for layers in looks
    )


def _middle(layers: Sequence[object]) -> float:
    return float(np.median([getattr(layer, "gradient", math.nan) for layer in layers]))


def dead_relus(course: Course) -> Iterator[Symptom]:
    """A ReLU that is zero for every image passes no gradient on, so what is before it never learns again.

    Maas, Hannun and Ng 2013, who let it leak: https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
    """
    looks = [look.silent for look in course.history.layers[-2:]]
    if len(looks) < 2:
        return
    dead = {name: share for name, share in looks[-1].items() if min(share, looks[0].get(name, 0.0)) >= 0.5}
    if dead:
        worst = max(dead, key=lambda name: dead[name])
        others = (
            f", and of {abridged([name for name in dead if name != worst], 3)} at least half" if len(dead) > 1 else ""
        )
        rate = _tenth(course.recipe.learning_rate)
        yield Symptom(
            "dead-relus",
            f"{dead[worst]:.0%} of the channels of {worst} are zero for every image{others}: they are dead.",
            "They come of steps that were too long. Try a lower rate, LeakyReLU, or BatchNorm before them.",
            (recipe_fix(f"Learning rate {rate:g}", learning_rate=rate),),
        )


def labels_shuffled(course: Course) -> Iterator[Symptom]:
    """A network that learns its own images by heart and tells new ones no better than by guessing learned no rule.

    So it is with labels at random: Zhang et al. 2016, arXiv:1611.03530.
    """
    if _learned_by_heart(course):
        epochs = course.history.epochs
        yield Symptom(
            "labels-shuffled",
            f"{epochs['train_accuracy'][-1]:.0%} of the images that it learns from are told right, and of the others "
            f"{epochs['validation_accuracy'][-1]:.0%}, as by guessing.",
            "Most likely the labels do not belong to the images. Look at some images of each class.",
        )


def _learned_by_heart(course: Course) -> bool:
    epochs = course.history.epochs
    if len(epochs) < 3:
        return False
    told, others = epochs["train_accuracy"][-1], epochs["validation_accuracy"][-3:]
    return bool(
        told > 3 * course.chance
        and told > course.chance + 0.25
        and (others < 1.6 * course.chance).all()
        and epochs["validation_loss"][-1] > course.guessing
    )


def over_fitting(course: Course) -> Iterator[Symptom]:
    """The loss on images that it does not learn from rises while that on the others still falls.

    Goodfellow, Bengio and Courville 2016, section 5.2: https://www.deeplearningbook.org/contents/ml.html
    """
    epochs, recipe = course.history.epochs, course.recipe
    if len(epochs) < 4 or _learned_by_heart(course):
        return
    others, own = epochs["validation_loss"], epochs["train_loss"]
    best = int(others.argmin())
    if best < len(others) - 3 and (others[best + 2 :] > 1.05 * others[best]).all() and own[-1] < own[best]:
        usually = usual(DATASETS[recipe.data].mirror)
        fixes = [] if recipe.augmentations else [recipe_fix("Augment the images", augmentations=usually)]
        if recipe.weight_decay < 5e-4:
            fixes.append(recipe_fix("Weight decay 0.0005", weight_decay=5e-4))
        yield Symptom(
            "over-fitting",
            f"Since epoch {best + 1} the validation loss has risen from {others[best]:.3g} to {others[-1]:.3g} while "
            "that of training fell: the network learns its images by heart.",
            f"The best weights are kept. Try augmentation, weight decay, dropout, or no more than {best + 1} epochs.",
            tuple(fixes),
        )


def never_predicted(course: Course) -> Iterator[Symptom]:
    """A class that no image is taken for has too few images, or looks like another one."""
    if not len(course.history.epochs) or len(course.history.layers) < 2:
        return
    looks = course.history.layers[-2:]
    missed = [
        name
        for number, name in enumerate(course.classes)
        if all(number < len(look.guesses) and look.labels[number] >= 5 and not look.guesses[number] for look in looks)
    ]
    guessed = [name for name, count in zip(course.classes, looks[-1].guesses, strict=False) if count]
    if missed and len(guessed) == 1:
        yield Symptom(
            "one-class",
            f"Every image is taken for {guessed[0]}.",
            "It has learned nothing but which class is frequent. Try whether it can learn one batch.",
        )
    elif missed:
        named = listed(missed) if len(missed) <= 3 else abridged(missed, 3)
        yield Symptom(
            "never-predicted",
            f"No image is ever taken for {named}.",
            "Look whether there are enough images of it, and whether they can be told from those of another class.",
            (recipe_fix("Weigh rare classes more", class_weights="balanced"),)
            * (course.recipe.class_weights == "none"),
        )


def nothing_learned(course: Course) -> Iterator[Symptom]:
    """The loss stays where guessing is although the weights move: what goes in does not tell what should come out."""
    epochs = course.history.epochs
    if len(epochs) < 2 or not course.update >= 1e-4:
        return
    if abs(epochs["train_loss"][-1] - course.guessing) < 0.03 * course.guessing:
        yield Symptom(
            "nothing-learned",
            f"After {len(epochs)} epochs the loss is still that of guessing, {course.guessing:.2f}.",
            "Try whether it can learn one batch. If so, look at the labels; if not, at the network.",
        )


RULES: tuple[Rule, ...] = (
    rate_too_high, exploding_gradients, vanishing_gradients, dead_relus, rate_too_low, labels_shuffled, over_fitting,
    nothing_learned, never_predicted,
)  # fmt: skip
"""In the order in which symptoms are told: what explains others comes before them."""


def symptoms(history: History, recipe: Recipe, classes: Sequence[str]) -> tuple[Symptom, ...]:
    """What is wrong with a run of ``recipe`` on images of these classes; nothing where it goes well."""
    course = Course(history, recipe, classes)
    found = tuple(each for rule in RULES for each in rule(course)) if len(course.losses) else ()
    return found[:1] if found and found[0].code == "rate-too-high" else found  # which spoils all the rest


def _tenth(rate: float) -> float:
    return max(1e-8, float(f"{rate / 10:.2g}"))
