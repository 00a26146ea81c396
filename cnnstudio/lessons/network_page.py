"""Network page: what there is to read about a famous network; figure and numbers come from the network itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.figure.composition import figure
from cnnstudio.figure.marks import Figure
from cnnstudio.figure.options import Options
from cnnstudio.lessons.page_file import Fields, cited, entries, plain, template, with_numbers
from cnnstudio.lessons.theory_card import links
from cnnstudio.wording import listed, readable, unbroken
from cnnstudio.zoo import NETWORKS
from cnnstudio.zoo.backbone import OURS


def prose(key: str) -> Fields:
    """What was written by hand about this network. Raises ``KeyError`` where nothing was."""
    return entries("networks.md")[key]


def listed_keys() -> tuple[str, ...]:
    """The networks that have a page, the oldest first."""
    written = entries("networks.md")
    return tuple(sorted(written, key=lambda key: int(written[key]["Year"])))


def of_page(key: str) -> list[str]:
    """The networks that a page tells the numbers of: the one in its figure, then its sisters."""
    also = prose(key).get("Also", "")
    return [key, *(each.strip() for each in also.split(",") if each.strip())]


@lru_cache(maxsize=48)
def analysed(key: str) -> Analysis:
    """The network at its full size, with all that it comes to."""
    network = template(key)
    return infer(network.make(network.classes, network.size))


def drawn(key: str) -> Figure:
    """The network's figure, from left to right, equal blocks in a row drawn once; its caption stands in the page.

    Raises ``FigureError``.
    """
    return figure(analysed(key), Options(legend=False))


def page(key: str) -> str:
    """The page of a network, as Markdown; its figure is the picture ``figure:key``."""
    return "\n\n".join(_parts(key, prose(key)))


def _parts(key: str, fields: Fields) -> Iterator[str]:
    yield f"# {plain(fields['Name'])}"
    yield f"{fields['Year']} · [Put it on the canvas](open:{key}), in a window of its own"
    yield with_numbers(fields["Idea"])
    yield f"![{plain(template(key).title)}](figure:{key})"
    if "Note" in fields:
        yield with_numbers(fields["Note"])
    yield "## What it changed"
    yield with_numbers(fields["Changed"])
    yield "## What it comes to"
    yield _table(of_page(key))
    kinds = dict.fromkeys(type(node.block) for node in analysed(key).graph if not node.is_input)
    yield f"The first is drawn above. It is made of {links(kinds)}."
    if "Published" in fields:
        yield "## Published result"
        yield cited(fields["Published"])
    yield "## When to use it"
    yield with_numbers(fields["When"])
    yield "## Weights"
    yield _weights(of_page(key))
    yield "## About the figure"
    yield plain(drawn(key).caption)
    if "Source" in fields:
        yield "## Where to read on"
        yield cited(fields["Source"])


def _table(names: list[str]) -> str:
    """What each network comes to, in few columns, so that no number is torn apart in a narrow panel."""
    rows = ["| Network | Parameters | MACs |", "|---|--:|--:|"]
    sizes: dict[str, list[str]] = {}
    for name in names:
        network, totals = template(name), analysed(name).totals
        assert totals is not None
        sizes.setdefault(unbroken(" × ".join(map(str, network.size))), []).append(network.title)
        rows.append(f"| {plain(network.title)} | {totals.parameters:,} | {readable(totals.macs)} |")
    classes = listed(list(dict.fromkeys(f"{template(name).classes:,}" for name in names)))
    of = listed([size if len(sizes) == 1 else f"{size} ({plain(listed(of))})" for size, of in sizes.items()])
    return "\n".join(rows) + f"\n\nWith {classes} classes, for one picture of {of}."


def _weights(names: list[str]) -> str:
    theirs = [template(name).title for name in names if name in NETWORKS and name not in OURS]
    ours = [template(name).title for name in names if name not in NETWORKS or name in OURS]
    said = []
    if theirs:
        said.append(
            f"torchvision publishes weights that learned from ImageNet's photos for {plain(listed(theirs))}. Choose "
            "them in the panel Training, or take a [Pretrained backbone](page:block/Backbone); they are fetched once, "
            "when you allow it."
        )
    if ours:
        said.append(f"For {plain(listed(ours))} the program knows of no published weights: train it from nothing.")
    return " ".join(said)
