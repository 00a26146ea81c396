"""Lesson links: what the text of a lesson leads to, the microscope or an experiment with settings of the lesson's.

``[words](microscope:max-pooling?stride=1)`` lays a worked example under the microscope, the first where none is named,
and ``[words](experiment:stacks?channels=64)`` moves the sliders of an experiment. Examples and sliders are named by
their titles in small letters with - between the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from cnnstudio.graph import ParameterError, parameters
from cnnstudio.graph.names import meant, quoted
from cnnstudio.graph.notation import read
from cnnstudio.lessons.experiment import Experiment, Knob
from cnnstudio.lessons.experiments import EXPERIMENTS
from cnnstudio.lessons.microscope_setting import Setting
from cnnstudio.lessons.worked_examples import EXAMPLES
from cnnstudio.wording import on_a_line

PanelId = Literal["microscope", "experiments"]
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(\s*<?([^)>\s]*)")


class LookError(ValueError):
    """A link that leads nowhere; the message is a sentence."""


@dataclass(frozen=True)
class Look:
    """Which panel is opened, which of its examples or experiments, and what is set otherwise, by name."""

    panel: PanelId
    index: int
    values: Mapping[str, Any]


def links(text: str) -> Iterator[str]:
    """The addresses of the links in a Markdown text, those of its pictures left out."""
    return (found[1] for found in _LINK.finditer(text))


def look(address: str) -> Look:
    """What a link opens. Raises ``LookError``."""
    kind, _, rest = unquote(address).partition(":")
    path, _, query = rest.partition("?")
    pairs = dict(_pair(piece) for piece in query.split("&") if piece)
    if kind == "microscope":
        keys = [key_of(example.title) for example in EXAMPLES]
        index = _index(path, keys, "worked example") if path else 0
        return Look("microscope", index, _settings(pairs, EXAMPLES[index].make().setting))
    if kind == "experiment":
        index = _index(path, [each.key for each in EXPERIMENTS], "experiment")
        return Look("experiments", index, _knobs(pairs, EXPERIMENTS[index]))
    raise LookError(
        f"A link to {on_a_line(address, 60)} leads nowhere: a lesson opens microscope: and experiment: alone."
    )


def key_of(title: str) -> str:
    """How a title is named in a link: ``Strides: 8 becomes 3`` is strides-8-becomes-3."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _pair(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return name, value


def _index(key: str, keys: list[str], what: str) -> int:
    if key not in keys:
        raise LookError(f"There is no {what} {quoted(key)}{meant(key, dict.fromkeys(keys))}.")
    return keys.index(key)


def _settings(pairs: Mapping[str, str], setting: Setting) -> dict[str, Any]:
    known = {each.name: each for each in parameters(Setting)}
    found = {}
    for name, text in pairs.items():
        if name not in known:
            raise LookError(f"The microscope has no {quoted(name)}{meant(name, known)}.")
        is_switch = isinstance(setting.values[name], bool)
        try:
            found[name] = text == "true" if is_switch and text in ("true", "false") else read(known[name], text)
        except ParameterError as error:
            raise LookError(f"For the microscope: {error}") from error
    return found


def _knobs(pairs: Mapping[str, str], experiment: Experiment) -> dict[str, int]:
    known = {key_of(knob.name): knob for knob in experiment.knobs}
    found = {}
    for name, text in pairs.items():
        if name not in known:
            raise LookError(f"{experiment.title} has no {quoted(name)}{meant(name, known)}.")
        found[known[name].name] = _stop(known[name], text)
    return found


def _stop(knob: Knob, text: str) -> int:
    """The value of a knob that is written so."""
    for stop in knob.stops:
        if text in (str(stop), key_of(knob.written(stop)), knob.written(stop)):
            return stop
    raise LookError(f"{knob.name} cannot be {quoted(text)}; it can be {', '.join(map(knob.written, knob.stops))}.")
