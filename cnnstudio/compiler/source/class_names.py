"""Class names: what the classes of composites are called, so that variants of one composite say how they differ."""

from __future__ import annotations

import builtins
import re
from collections.abc import Container, Sequence

from cnnstudio.graph import Composite, Graph, NamingError, checked_name, parameters

FRAME = frozenset(dir(builtins)) | frozenset(
    "CLASSES F FORMATS MEAN STD load main nn picture_bytes predict prepare read scores sys torch".split()
)
"""What the file in which a network is taken away imports, declares and reads besides: no class may take its place."""

Sample = tuple[Composite, Graph]
"""A composite as it is used in one place, and the graph inside it there."""


def class_names(samples: Sequence[Sample], taken: set[str]) -> list[str]:
    """A name for the class of each sample; all differ, and none is in ``taken``.

    The plainest topology of a composite bears its name; the others add what is different about them.
    """
    used = {*FRAME, *taken}
    names: dict[int, str] = {}
    families: dict[str, list[int]] = {}
    for index, (block, _) in enumerate(samples):
        families.setdefault(_plain_name(block), []).append(index)
    for name, variants in families.items():
        base = min(variants, key=lambda index: (len(_words(samples[index][0])), len(samples[index][1])))
        for index in (base, *(variant for variant in variants if variant != base)):
            wanted = [name] if index == base else _with_difference(name, samples[index], samples[base])
            names[index] = next((word for word in wanted if word not in used), "") or numbered(wanted[0], used)
            used.add(names[index])
    return [names[index] for index in range(len(samples))]


def numbered(name: str, taken: Container[str]) -> str:
    """The first of name2, name3, ... that is not taken."""
    number = 2
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def _plain_name(block: Composite) -> str:
    """``ConvBNSiLU`` for a ConvBNReLU whose activation is another, ``ConvBN`` for one that has none."""
    name = block.class_name
    words = _words(block)
    for parameter in parameters(type(block)):
        word = words.get(parameter.name)
        if isinstance(word, str) and parameter.default in name:
            name = name.replace(parameter.default, "" if word == "none" else word)
    try:
        if checked_name(name) not in FRAME:
            return name
    except NamingError:
        pass
    return f"{re.sub('[^A-Za-z0-9]', '', name)[:40]}Block".lstrip("0123456789")


def _words(block: Composite) -> dict[str, str | bool]:
    """The parameters that choose a topology by a word or a switch, where they are not at their default."""
    chosen = {parameter.name for parameter in parameters(type(block)) if parameter.choices or parameter.type is bool}
    return {name: value for name, value in block.changed_values.items() if name in chosen}


def _with_difference(name: str, sample: Sample, base: Sample) -> list[str]:
    """The names that would say the difference, the shortest first."""
    said = _said(sample[0], base[0])
    grown = _grown(sample[1], base[1])
    strided = _strided(sample[0], base[0])
    return [name + end for end in (said, grown, said + grown, strided, said + strided) if end] or [name]


def _said(block: Composite, base: Composite) -> str:
    """``SiLU`` or ``NoActivation``: the words and switches that differ."""
    words, others = _words(block), _words(base)
    said = ""
    for name, value in words.items():
        if value == others.get(name):
            continue
        if isinstance(value, str) and value != "none":
            said += _camel(value)
        else:
            said += ("" if value is True else "No") + _camel(name)
    return said


def _grown(graph: Graph, base: Graph) -> str:
    """``Projection`` or ``ExpandAdd``: what the nodes that ``base`` has not are called; ``12`` for more alike."""
    extra = [node.name for node in graph if node.name not in base]
    known = {_first_word(node.name) for node in base}
    new = list(dict.fromkeys(word for name in extra if (word := _first_word(name)) not in known))
    if len(new) in (1, 2, 3):
        # a shortcut that has weights is a projection, in the words of He et al. 2015
        return "".join(map(_camel, new)).replace("Shortcut", "Projection")
    numbers = [int(match[0]) for name in extra if (match := re.search(r"\d+$", name))]
    return str(max(numbers)) if not new and numbers and len(graph) > len(base) else ""


def _strided(block: Composite, base: Composite) -> str:
    """``Stride1`` where the strides differ."""
    stride = block.values.get("stride")
    return f"Stride{stride}" if isinstance(stride, int) and stride != base.values.get("stride") else ""


def _first_word(name: str) -> str:
    return re.sub(r"\d+$", "", name.partition("_")[0])


def _camel(text: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", text))
