"""Survey: looks at all pictures of a roll and says what may be wrong with them. Runs on a thread; knows no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from cnnstudio.training.data.doubts.doubt import Doubt, Doubts, Kind, Numbers
from cnnstudio.training.data.doubts.duplicates import duplicates
from cnnstudio.training.data.doubts.hints import WORDS, Hint, hints
from cnnstudio.training.data.doubts.looks import Looks, Seen, looks
from cnnstudio.training.data.doubts.wrong_labels import FEWEST, Suspects, suspects
from cnnstudio.training.data.roll import Roll
from cnnstudio.wording import abridged, counted
from cnnstudio.worker import Report

NEAR_EMPTY = 10  # pictures to train with
UNEVEN = 3.0  # times as many pictures in the largest class as in the smallest
MANY_WEIGHTS, FEW_PICTURES = 100, 100  # weights a picture, and pictures of a class, from which they are few
LONGEST = 40  # letters of a class in a sentence


def search(  # noqa: PLR0917 - the pictures, and how they are looked at
    roll: Roll, see: Callable[[int], Seen], weights: int | None, seed: int, threads: int, report: Report
) -> Doubts:
    """What may be wrong with the pictures of ``roll`` that are not left out, each of which ``see`` gives.

    ``weights`` is how many the network learns, None where nobody knows. Raises ``DataCancelledError``.
    """
    seen = looks(np.flatnonzero(~roll.left_out).tolist(), see, threads, report)
    labels, apart = roll.labels[seen.numbers], roll.apart[seen.numbers]
    found: list[Doubt] = []
    if seen.broken:
        found.append(_broken(seen))
    same = duplicates(seen, apart, report)
    if same:
        found.append(_same(seen, labels, [(pair.validation, pair.train) for pair in same]))
    suspected = suspects(seen, labels, len(roll.classes), seed, report)
    doubted = _doubted(roll, seen, suspected)
    if doubted is not None:
        found.append(doubted)
    found += [_hint(roll, seen, labels, hint) for hint in hints(seen, labels, len(roll.classes))]
    found += counted_doubts(roll, seen.numbers, weights)
    return Doubts(tuple(found), _told(seen, suspected, roll), seen.broken)


def counted_doubts(roll: Roll, numbers: Numbers, weights: int | None) -> list[Doubt]:
    """What the counts of these pictures say: near-empty classes, imbalance, too few for the network."""
    classes, made = len(roll.classes), []
    train = np.bincount(roll.labels[numbers][~roll.apart[numbers]], minlength=classes)
    few = np.flatnonzero(train < NEAR_EMPTY)
    if len(few):
        names = abridged((f"{roll.classes[n][:LONGEST]} {train[n]:,}" for n in few[np.argsort(train[few])].tolist()), 5)
        made.append(
            Doubt(
                Kind.CLASSES,
                f"{counted(len(few), 'class')} {'has' if len(few) == 1 else 'have'} fewer than {NEAR_EMPTY} pictures "
                f"to train with: {names}.",
                "A network learns little of them, and whether it does is told by too few. Take more pictures, or leave "
                "these classes away.",
                numbers[np.isin(roll.labels[numbers], few)],
            )
        )
    least, most = int(train.min()), int(train.max())
    if classes > 1 and most >= UNEVEN * max(least, 1):
        large, small = roll.classes[int(train.argmax())][:LONGEST], roll.classes[int(train.argmin())][:LONGEST]
        made.append(
            Doubt(
                Kind.IMBALANCE,
                f"{large} has {most:,} pictures to train with and {small} has {least:,}: a network that always says "
                f"{large} is right {most / max(1, int(train.sum())):.0%} of the time.",
                "Balanced class weights let each picture of a rare class count more.",
                numbers[roll.labels[numbers] == int(train.argmin())],
                weighs=True,
            )
        )
    total = int(train.sum())
    if weights and total and weights > MANY_WEIGHTS * total and total < FEW_PICTURES * classes:
        made.append(
            Doubt(
                Kind.FEW,
                f"The network learns {weights:,} weights from {total:,} pictures, about {total / classes:.0f} of each "
                "class: it can learn them by heart.",
                "Augment, begin with trained weights and freeze them, or take a smaller network.",
            )
        )
    return made


def remaining(doubts: Doubts, roll: Roll, weights: int | None) -> Doubts:
    """What is left of these doubts now that a person has said more of the pictures."""
    found: list[Doubt] = []
    is_open = ~(roll.left_out | roll.confirmed)
    for doubt in doubts.found:
        if doubt.kind is Kind.LABELS and doubt.labels is not None:
            left = is_open[doubt.numbers]
            found += [replace(doubt, numbers=doubt.numbers[left], labels=doubt.labels[left])] if left.any() else []
        elif doubt.kind is Kind.SAME and doubt.pairs is not None:
            left = ~(roll.left_out[doubt.pairs[:, 0]] | roll.left_out[doubt.pairs[:, 1]])
            found += [_of_pairs(doubt.sentence, doubt.pairs[left])] if left.any() else []
        elif doubt.kind is Kind.BROKEN:
            left = ~roll.left_out[doubt.numbers]
            found += [replace(doubt, numbers=doubt.numbers[left], out=doubt.out[left])] if left.any() else []
        elif doubt.kind is Kind.HINT:
            found.append(doubt)
    there = np.setdiff1d(np.flatnonzero(~roll.left_out), np.array(sorted(doubts.broken), np.int64))
    return replace(doubts, found=(*found, *counted_doubts(roll, there, weights)))


def _broken(seen: Looks) -> Doubt:
    count = len(seen.broken)
    return Doubt(
        Kind.BROKEN,
        f"{counted(count, 'file')} cannot be read and {'is' if count == 1 else 'are'} not trained with.",
        "Save them anew, or leave them out so that nobody is told of them again.",
        np.array(sorted(seen.broken), np.int64),
        out=np.array(sorted(seen.broken), np.int64),
    )


def _same(seen: Looks, labels: Numbers, pairs: Sequence[tuple[int, int]]) -> Doubt:
    other = sum(labels[one] != labels[two] for one, two in pairs)
    count = len(pairs)
    classes = f" {counted(other, 'pair')} of them {'is' if other == 1 else 'are'} of two classes." if other else ""
    return _of_pairs(
        f"{counted(count, 'picture')} to validate with {'is' if count == 1 else 'are'} to train with as well, the same "
        f"or nearly: made larger or smaller, compressed, mirrored.{classes}",
        seen.numbers[np.array(pairs, np.int64)],
    )


def _of_pairs(sentence: str, pairs: Numbers) -> Doubt:
    return Doubt(
        Kind.SAME,
        sentence,
        "The network has seen them before, so that the validation is told better than it is. Each is shown beside its "
        "twin; leave out those to train with.",
        pairs.reshape(-1),
        pairs=pairs,
        out=np.unique(pairs[:, 1]),
    )


def _doubted(roll: Roll, seen: Looks, suspected: Suspects) -> Doubt | None:
    numbers = seen.numbers[suspected.places]
    is_open = ~roll.confirmed[numbers]  # of the others a person knows better
    numbers, labels = numbers[is_open], suspected.labels[is_open]
    if not len(numbers):
        return None
    count = len(numbers)
    return Doubt(
        Kind.LABELS,
        f"{counted(count, 'picture')} {'looks' if count == 1 else 'look'} like another class than the one that "
        f"{'it is' if count == 1 else 'they are'} said to be of. The quick model that says so, which had not seen "
        f"them, is right about {suspected.judgement.accuracy:.0%} of all.",
        "Look at each: keep it, take the class that it looks like, or leave it out. The surest stand first.",
        numbers,
        labels=labels,
    )


def _hint(roll: Roll, seen: Looks, labels: Numbers, hint: Hint) -> Doubt:
    name, words = roll.classes[hint.label][:LONGEST], WORDS[hint.property][hint.is_more]
    values = seen.properties[hint.property]
    ours = np.flatnonzero(labels == hint.label)
    others = np.flatnonzero(labels != hint.label)
    near = np.concatenate((ours[np.argsort(values[ours])], others[np.argsort(values[others])]))
    return Doubt(
        Kind.HINT,
        f"The pictures of {name} are {words}: the {hint.property} alone tells {name} from the others in "
        f"{hint.share:.0%} of all pairs.",
        "If that has nothing to do with what is on them, the network may learn it instead. Take pictures of every "
        "class in the same ways.",
        seen.numbers[near],
    )


def _told(seen: Looks, suspected: Suspects, roll: Roll) -> tuple[str, ...]:
    """What was looked at, and what was not."""
    told = [f"{counted(len(seen.numbers), 'picture')} {'was' if len(seen.numbers) == 1 else 'were'} looked at."]
    if len(seen.numbers) < FEWEST:
        told.append(f"With fewer than {FEWEST} pictures nothing is said of labels.")
    elif not suspected.judgement.sure:
        told.append(
            f"The quick model tells only {suspected.judgement.accuracy:.0%} of them right, too few to doubt a label."
        )
    return tuple(told)
