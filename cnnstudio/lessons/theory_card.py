"""Theory card: what there is to read about a block; what can be computed is computed, the rest stands in resources/."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnnstudio.blocks.families import FAMILIES
from cnnstudio.compiler.formula import formula
from cnnstudio.graph import BLOCKS, Block, Composite, Shape, ShapeError, parameters
from cnnstudio.graph.composite import facts
from cnnstudio.graph.notation import can_type, written
from cnnstudio.lessons.experiments import about
from cnnstudio.lessons.microscope_setting import is_shown
from cnnstudio.lessons.page_file import Fields, cited, entries, example, plain, with_numbers
from cnnstudio.wording import memory, readable, unbroken

TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.{}.html"
SECTIONS = (("When", "When to use it"), ("Wrong", "What people get wrong"))


def prose(kind: type[Block]) -> Fields:
    """What was written by hand about this kind of block. Raises ``KeyError`` where nothing was."""
    return entries("blocks")[kind.__name__]


def card(kind: type[Block]) -> str:
    """The card of a kind of block, as Markdown. Raises ``PageError`` and ``KeyError`` where it is not written right.

    Links begin with what they lead to, as ``pages.Page`` says.
    """
    return "\n\n".join(_parts(kind, prose(kind)))


def _parts(kind: type[Block], fields: Fields) -> Iterator[str]:
    yield f"# {plain(kind.title)}"
    family = FAMILIES[kind.family].title
    put = f" · [Put it on the canvas](put:{kind.__name__})" if kind.is_offered else ""
    yield f"{plain(family)}{put}"
    for paragraph in re.split(r"\n\s*\n", kind.help()):
        yield plain(" ".join(paragraph.split()))
    if "Formula" in fields:
        yield f"`{fields['Formula']}`"
    if "Example" in fields:
        yield from _example(*example(fields["Example"]))
    if shown := [each for each in parameters(kind) if can_type(each)]:
        yield "## Parameters"
        rows = (
            f"| **{plain(each.name)}** | {plain(written(each.default)) or '–'} | {plain(each.help)} |" for each in shown
        )
        yield "\n".join(["| Name | At first | What it is |", "|---|---|---|", *rows])
    for word, title in SECTIONS:
        yield f"## {title}"
        yield with_numbers(fields[word])
    if tried := " · ".join(_tried(kind)):
        yield "## Try it out"
        yield tried
    paper = [cited(fields["Paper"])] if "Paper" in fields else []
    if sources := [*paper, *_torch(kind, fields)]:
        yield "## Where to read on"
        yield "\n\n".join(sources)


def _example(block: Block, shapes: tuple[Shape, ...]) -> Iterator[str]:
    """The example, computed: what comes out, what it learns and costs, and how these numbers come about."""
    found = facts(block, shapes)
    values = ", ".join(f"{plain(name)} {plain(written(value))}" for name, value in block.changed_values.items())
    into = " and ".join(unbroken(str(shape)) for shape in shapes)
    yield "## An example"
    heading = f"{plain(block.title)}{f' with {values}' if values else ''}"
    yield f"{heading}, on {into}:" if into else f"{heading}:"
    rows = [
        ("Parameters", f"{found.parameters:,}"),
        ("Multiply-accumulates", readable(found.macs)),
        ("Memory of the output", memory(found.shape.bytes)),
    ]
    head = f"| Comes out | {unbroken(str(found.shape))} |"
    yield "\n".join([head, "|---|--:|", *(f"| {name} | {value} |" for name, value in rows)])
    if (made := formula(block, shapes)) is not None:
        if made.rule:
            yield f"{made.title}: `{made.rule}`"
        yield from map(_line, made.lines)
    if isinstance(block, Composite):
        kinds = dict.fromkeys(type(node.block) for node in block.inside(*shapes) if not node.is_input)
        yield f"It is made of {links(kinds)}."


def _line(line: str) -> str:
    name, _, rest = line.partition(": ")
    return f"{plain(name.capitalize())}: `{rest}`" if rest else f"`{line}`"


def links(kinds: dict[type[Block], None]) -> str:
    """The kinds of block in a sentence, each with the way to its card."""
    words = [f"[{plain(kind.title)}](page:block/{kind.__name__})" for kind in kinds]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _tried(kind: type[Block]) -> Iterator[str]:
    """The ways to the panels that show it at work."""
    if is_shown(kind):
        yield "[Under the microscope](panel:microscope)"
    if titles := [plain(experiment.title) for experiment in about(kind)]:
        yield f"[Experiments](panel:experiments): {'; '.join(titles)}"


def _torch(kind: type[Block], fields: Fields) -> Iterator[str]:
    """The page of torch's documentation on the module that a block is written as, if it is one."""
    if "Example" not in fields:
        return
    block, shapes = example(fields["Example"])
    try:
        written_as = block.init(*shapes) or ""
    except ShapeError:
        return
    if module := re.match(r"nn\.(\w+)\(", written_as):
        name = f"nn.{module[1]}"
        yield f"torch: [{name}]({TORCH.format(name)})"


def all_cards() -> dict[str, type[Block]]:
    """Every block by the key of its page, in the order of the palette."""
    order = list(FAMILIES)
    blocks = sorted(BLOCKS.values(), key=lambda kind: order.index(kind.family))
    return {f"block/{kind.__name__}": kind for kind in blocks}
