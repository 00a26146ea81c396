"""Page file: the Markdown that pages are written in by hand, an entry a ``##`` heading, with lines of ``Word: text``.

A number that the program can compute is not written but asked for: ``{Conv2d(64, 3) on 3×32×32: parameters}``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cnnstudio.compiler.inference import infer
from cnnstudio.graph import BLOCKS, Block, Shape, parameters
from cnnstudio.graph.composite import facts
from cnnstudio.resources import resource
from cnnstudio.wording import readable
from cnnstudio.zoo import NETWORKS, TEMPLATES, Template

_ASKED = re.compile(r"\{([^{}]+): *(parameters|macs|shape)\}")
_FIELD = re.compile(r"([A-Z][a-z]+): (.*)")


class PageError(ValueError):
    """A page that is not written as it must be; the message is a sentence."""


Fields = dict[str, str]


@cache
def entries(*parts: str) -> Mapping[str, Fields]:
    """The entries of ``resources/pages/parts...``, or of all files of that folder: heading -> word -> text.

    What stands before the first word of an entry is its text under an empty word. Raises ``PageError`` where a heading
    stands twice, ``OSError`` where there is no such file.
    """
    found: dict[str, Fields] = {}
    path = resource("pages", *parts)
    for file in sorted(path.glob("*.md")) if path.is_dir() else [path]:
        _read(file, found)
    return found


def _read(path: Path, found: dict[str, Fields]) -> None:
    fields: Fields = {}
    word = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading, fields, word = line[3:].strip(), {}, ""
            if found.setdefault(heading, fields) is not fields:
                raise PageError(f"{path.name}: the heading {heading} stands twice.")
        elif line.startswith("# ") or not line.strip():
            continue
        elif field := _FIELD.fullmatch(line):
            word = field[1]
            fields[word] = field[2].strip()
        else:
            fields[word] = f"{fields.get(word, '')} {line.strip()}".strip()


def example(text: str) -> tuple[Block, tuple[Shape, ...]]:
    """``Conv2d(64, 3) on 3×32×32`` as the block and the shapes of its inputs. Raises ``PageError``."""
    call, _, sizes = text.partition(" on ")
    try:
        made = ast.parse(call.strip(), mode="eval").body
        if not isinstance(made, ast.Call) or not isinstance(made.func, ast.Name):
            raise ValueError("it calls no block")
        kind = BLOCKS[made.func.id]
        names = [parameter.name for parameter in parameters(kind)]
        values = dict(zip(names, map(ast.literal_eval, made.args), strict=False))
        values |= {word.arg: ast.literal_eval(word.value) for word in made.keywords if word.arg is not None}
        shapes = [Shape(*map(int, size.split("×"))) for size in sizes.split(", ") if size.strip()]
        return kind(**values), tuple(shapes)
    except (SyntaxError, ValueError, KeyError, TypeError) as error:
        raise PageError(f"“{text}” is no block on shapes, such as Conv2d(64, 3) on 3×32×32: {error}.") from error


def template(key: str) -> Template:
    """The network of this key of the gallery. Raises ``KeyError``."""
    return TEMPLATES[key] if key in TEMPLATES else NETWORKS[key]


def with_numbers(text: str) -> str:
    """The text with each number that it asks for. Raises ``PageError``."""
    return _ASKED.sub(lambda asked: _number(asked[1].strip(), asked[2]), text)


@cache
def _number(of: str, what: str) -> str:
    if of in TEMPLATES or of in NETWORKS:
        network = template(of)
        totals = infer(network.make(network.classes, network.size)).totals
        if totals is None or what == "shape":
            raise PageError(f"{of} has no {what} to tell.")
        return f"{totals.parameters:,}" if what == "parameters" else readable(totals.macs)
    block, shapes = example(of)
    found = facts(block, shapes)
    if what == "shape":
        return str(found.shape)
    return f"{found.parameters:,}" if what == "parameters" else readable(found.macs)


def cited(text: str) -> str:
    """The text with the way to each paper that it names by its number at arXiv."""
    return re.sub(r"arXiv:(\d{4}\.\d{4,5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", text)


def plain(text: str) -> str:
    """Text that the program has of itself, within Markdown: nothing in it is a mark."""
    return re.sub(r"([\\`*_<>|\[\]#~])", r"\\\1", text)
