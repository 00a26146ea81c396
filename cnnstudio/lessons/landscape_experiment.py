"""Landscape experiment: the loss round the weights that a plain and a residual network have learned."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.lessons.experiment import Outcome, Picture, Row, Side, Values, compared
from cnnstudio.lessons.race_experiments import rows_of, taught
from cnnstudio.lessons.small_networks import deep, digits, recipe
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.landscape import Landscape

LOW = 1.0  # nats; guessing among ten classes costs 2.3
HEIGHTS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # nats, of the lines
NAMES = ("Plain", "Residual")


def _sides(values: Values) -> tuple[Side, ...]:
    learned = recipe(learning_rate=0.05, epochs=values["Epochs"], schedule="one-cycle", seed=values["Seed"])
    layers = values["Convolutions"]
    return tuple(Side(title, deep(layers, is_residual=title == "Residual"), learned) for title in NAMES)


def landscapes(values: Values) -> Outcome:
    """The two networks, before anything is known of their loss."""
    return compared(
        _sides(values),
        lambda: (
            "Both have the same weights to learn. Once they have learned, all of them are changed along two directions "
            "drawn by chance, each filter by up to its own length, and the loss is looked at on 13 × 13 places."
        ),
        has_field=False,
    )


def walk_landscapes(values: Values, report: Report) -> Generator[Outcome, None, None]:
    """Train both, and walk round the weights of each."""
    from cnnstudio.insight.landscape import landscape

    sides = _sides(values)
    trained = yield from taught(sides, [digits()] * 2, report)
    if not trained:
        return
    made = Outcome(sides, rows_of(sides, trained), "Now their weights are changed…")
    found: list[Landscape] = []
    for runner in trained:
        so_far: list[Landscape] = []
        for land in landscape(runner.prepared, report, seed=values["Directions"]):
            so_far = [*found, land]
            yield replace(made, pictures=_pictures(sides, so_far))
        if not so_far or np.isnan(so_far[-1].losses).any():  # it was stopped
            return
        found = so_far
    yield replace(made, rows=(*made.rows, *_rows(found)), sentence=_sentence(found), pictures=_pictures(sides, found))


def _pictures(sides: Sequence[Side], found: Sequence[Landscape]) -> tuple[Picture, ...]:
    """The logarithm of each loss, all with the same colours."""
    maps = [np.log10(np.maximum(land.losses, 1e-4)) for land in found]
    known = np.concatenate([each[np.isfinite(each)] for each in maps])
    ends = float(known.min()), float(known.max())
    heights = tuple(float(np.log10(each)) for each in HEIGHTS)
    return tuple(
        Picture(f"{side.title}: loss", each, ends=ends, heights=heights)
        for side, each in zip(sides, maps, strict=False)
    )


def _rows(found: Sequence[Landscape]) -> Iterator[Row]:
    middle = tuple(land.at_weights for land in found)
    yield Row("Loss in the middle", tuple(f"{each:.3f}" for each in middle), middle)
    most = tuple(float(land.losses.max()) for land in found)
    yield Row("Highest loss", tuple(f"{each:.0f}" for each in most), most)
    low = tuple(land.share_below(LOW) for land in found)
    yield Row(f"At most {LOW:g} nat", tuple(f"{each:.0%} of the places" for each in low), low)


def _sentence(found: Sequence[Landscape]) -> str:
    plain, residual = (land.share_below(LOW) for land in found)
    if found[0].at_weights > LOW:
        verdict = "the plain network has not come so low even where it stands; more epochs help it"
    elif residual > 1.2 * plain:
        verdict = "with ways round, the valley that was found is wider and lower"
    elif plain > 1.2 * residual:
        verdict = "here the plain valley is the wider one: other seeds and more layers show what is usual"
    else:
        verdict = "so few layers make little difference: try more of them"
    return (
        f"The loss stays at or below {LOW:g} nat on {plain:.0%} of the places without ways round and on "
        f"{residual:.0%} with them: {verdict}. Dark is low; the lines are {', '.join(f'{each:g}' for each in HEIGHTS)} "
        "nats. After Li et al. 2018, arXiv:1712.09913, who drew networks with up to 110 layers."
    )
