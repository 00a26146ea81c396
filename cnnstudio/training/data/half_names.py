"""Half names: what a folder, or a word in a table, says its images are for. Knows no torch."""

from __future__ import annotations

import re
from enum import Enum


class Half(Enum):
    """What a folder's images are for. Of those that could be validated with, the first here is taken."""

    TRAIN = "to train with"
    VALIDATION = "to validate with"
    TEST = "to test with"
    UNKNOWN = "to be told apart in the end: they have no labels"


_WORDS: dict[str, Half] = {
    **dict.fromkeys(("train", "training", "trainset", "trn"), Half.TRAIN),
    **dict.fromkeys(
        ("val", "valid", "validate", "validation", "dev", "eval", "evaluation", "holdout"), Half.VALIDATION
    ),
    **dict.fromkeys(("test", "testing", "testset", "tst"), Half.TEST),
    **dict.fromkeys(("pred", "predict", "prediction", "predictions", "unlabeled", "unlabelled"), Half.UNKNOWN),
}


def half(name: str) -> Half | None:
    """What a folder of this name is for; None where it is not told by it, as of most classes."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]
    found = {_WORDS[word] for word in words if word in _WORDS}
    return found.pop() if len(found) == 1 else None
