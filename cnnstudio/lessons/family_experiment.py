"""Family experiment: accuracy against size, one family of networks among all."""

from __future__ import annotations

import numpy as np

from cnnstudio.lessons.experiment import OTHERS, Curve, Curves, Outcome, Row, Side, Values
from cnnstudio.lessons.published import PUBLISHED, Weights
from cnnstudio.wording import short
from cnnstudio.zoo import NETWORKS

FAMILIES = tuple(dict.fromkeys(NETWORKS[key].family for key in PUBLISHED))
SIZES = ("Parameters", "Multiply-accumulates")
RECIPES = ("First", "Second")


def families(values: Values) -> Outcome:
    """Every network with its accuracy over its size, those of one family by their names."""
    family = FAMILIES[values["Family"]]
    is_second, by_work = values["Weights"] == 1, values["Against"] == 1

    def right(each: Weights) -> float:
        return each.second if is_second and each.second is not None else each.first

    def size(each: Weights) -> float:
        return each.macs * 1e9 if by_work else float(each.parameters)

    own = sorted((key for key in PUBLISHED if NETWORKS[key].family == family), key=lambda key: size(PUBLISHED[key]))
    rest = [each for key, each in PUBLISHED.items() if key not in own]
    found = [PUBLISHED[key] for key in own]
    titles = tuple(NETWORKS[key].title for key in own)

    def points(name: str, some: list[Weights], names: tuple[str, ...], ink: int) -> Curve:
        return Curve(name, np.array([*map(size, some)]), np.array([*map(right, some)]), ink, names=names)

    curves = (points("All others", rest, ("",) * len(rest), OTHERS), points(family, found, titles, 0))
    rows = tuple(
        Row(title, (f"{right(each):.1f}%", short(each.parameters), short(each.macs * 1e9)))
        for title, each in zip(titles, found, strict=True)
    )
    template = NETWORKS[own[0]]
    side = Side(template.title, template.make(template.classes, template.size))
    shown = Curves("Top-1 accuracy on ImageNet, %", SIZES[by_work].lower(), curves, is_logarithmic=True)
    said = _sentence(values, titles, [*map(right, found)])
    return Outcome((side,), rows, said, titles=("Top-1", "Parameters", "MACs"), curves=shown)


def _sentence(values: Values, titles: tuple[str, ...], right: list[float]) -> str:
    """The best of the family, what the best of all has, and where the numbers are from."""
    at = int(np.argmax(right))
    more = " Newer weights learned longer and with more augmentation, so that not only the networks differ."
    again = (
        " Where there are second weights of the same network, these are they: more was won by the recipe alone."
        if values["Weights"]
        else more
    )
    return (
        f"{titles[at]} is the best of its family with {right[at]:.1f} %.{again} The numbers are torchvision's own, of "
        f"its own weights: ImageNet's validation pictures, one crop each."
    )
