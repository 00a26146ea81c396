"""Keras graph: follows a model layer by layer, in and out of models inside it, and writes down each as steps.

Maps stand here as channels, height, width, whatever Keras says; all else in Keras's own order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.translating.hdf5 import Group
from cnnstudio.exchange.importing.translating.keras_model import group_of, variables
from cnnstudio.exchange.importing.translating.stepwise import Misfit, Ref, Scribe
from cnnstudio.headroom import ran_out
from cnnstudio.wording import on_a_line

MOST_LAYERS, DEEPEST = 20_000, 16
LONGEST = 80  # letters of a name in a sentence
_MODELS = {"Sequential", "Functional", "Model"}
_AXES = {0: 0, 1: 2, 2: 3, 3: 1}  # of a map, from Keras's order to ours


@dataclass
class Layer:
    """A layer as the file describes it, with its weights, and what writes it down."""

    name: str
    kind: str
    told: Mapping[str, Any]
    variables: list[np.ndarray]
    scribe: Scribe
    notes: list[str]

    @property
    def title(self) -> str:
        """What a sentence calls it: ``dense (Dense)``."""
        return f"{on_a_line(self.name)[:LONGEST]} ({on_a_line(self.kind)[:LONGEST]})"

    def weight(self, place: int) -> Tensor:
        """One of its weights. Raises ``Misfit`` where the file has none."""
        if place >= len(self.variables):
            raise Misfit("has fewer weights in the file than it needs")
        return torch.from_numpy(np.array(self.variables[place], np.float32))

    def call(self, module: nn.Module, *values: Ref, name: str = "") -> Ref:
        """A step that is a layer of torch's; it learns where this one did."""
        module.requires_grad_(bool(self.told.get("trainable", True)))
        return self.scribe.call(module, *values, name=name or self.name)

    def rank(self, value: Ref) -> int:
        """How many axes a value has, the batch included."""
        return len(self.scribe.sizes(value))

    def axis(self, value: Ref, axis: int) -> int:
        """An axis of Keras's as ours."""
        rank = self.rank(value)
        axis = int(axis) % rank
        return _AXES[axis] if rank == 4 else axis

    def last(self, value: Ref) -> Ref:
        """A map with its channels behind, as Keras has it; other values as they are."""
        return self.scribe.apply(torch.permute, value, (0, 2, 3, 1)) if self.rank(value) == 4 else value

    def first(self, value: Ref) -> Ref:
        """A map that has its channels behind, as ours; other values as they are."""
        return self.scribe.apply(torch.permute, value, (0, 3, 1, 2)) if self.rank(value) == 4 else value


Rule = Callable[..., Ref]


class KerasGraph:
    """A model on its way into steps; ``notes`` are sentences for the person."""

    def __init__(self, scribe: Scribe, rules: Mapping[str, Rule]) -> None:
        self.scribe, self.notes = scribe, list[str]()
        self._rules = rules
        self._count = 0

    def model(self, told: Any, weights: Group, given: list[Ref], depth: int = 0) -> list[Ref]:
        """What a model gives of these values. Raises ``ImportRefused`` that names a layer that is not understood."""
        if depth > DEEPEST:
            raise ImportRefused("It holds models in models too deep.")
        kind, config = described(told)
        try:
            if kind == "Sequential":
                return self._sequential(config, weights, given, depth)
            return self._functional(config, weights, given, depth)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            if ran_out(error):
                raise
            raise ImportRefused("It is not described as Keras describes its models.") from error

    def _sequential(self, config: Any, weights: Group, given: list[Ref], depth: int) -> list[Ref]:
        earlier: Counter[str] = Counter()
        for layer in config["layers"]:
            group = group_of(weights, str(layer["config"].get("name")), str(layer["class_name"]), earlier)
            given = self._layer(layer, group, given, depth)
        return given

    def _functional(self, config: Any, weights: Group, given: list[Ref], depth: int) -> list[Ref]:
        earlier: Counter[str] = Counter()
        values: dict[tuple[str, int], list[Ref]] = {}
        inputs = list(histories(config["input_layers"]))
        if len(inputs) != len(given):
            raise ImportRefused(f"It takes {len(inputs)} inputs; a network here is given one image.")
        groups = {
            str(layer["name"]): group_of(weights, str(layer["name"]), str(layer["class_name"]), earlier)
            for layer in config["layers"]
        }
        for (name, node, _), value in zip(inputs, given, strict=True):
            values[name, node] = [value]
        waiting = [(layer, node) for layer in config["layers"] for node in range(len(layer["inbound_nodes"]))]
        while waiting:
            left = []
            for layer, node in waiting:
                name = str(layer["name"])
                reads = [(n, i, t) for n, i, t in histories(layer["inbound_nodes"][node])]
                if (name, node) in values:
                    continue
                if not all((n, i) in values for n, i, _ in reads):
                    left.append((layer, node))
                    continue
                if node:
                    self.notes.append(
                        f"{on_a_line(name)[:LONGEST]}: used in several places with the same numbers; here each place "
                        "has its own."
                    )
                values[name, node] = self._layer(layer, groups[name], [values[n, i][t] for n, i, t in reads], depth)
            if len(left) == len(waiting):
                raise ImportRefused("Its layers read each other in a circle, or what no layer gives.")
            waiting = left
        outputs = list(histories(config["output_layers"]))
        return [values[name, node][tensor] for name, node, tensor in outputs]

    def _layer(self, told: Any, group: Group, given: list[Ref], depth: int) -> list[Ref]:
        kind, config = str(told["class_name"]), told["config"]
        self._count += 1
        if self._count > MOST_LAYERS:
            raise ImportRefused(f"It has more than {MOST_LAYERS:,} layers.")
        if kind == "InputLayer":
            return given
        if kind in _MODELS and _is_kerass(told):
            return self.model(told, group, given, depth + 1)
        layer = Layer(str(config.get("name")), kind, config, variables(group), self.scribe, self.notes)
        try:
            if kind == "Lambda":
                raise Misfit("holds Python code, which is not run: put a layer of Keras in its place")
            if not _is_kerass(told):
                raise Misfit("is a layer of its maker's own, whose code is not in the file")
            if kind not in self._rules:
                raise Misfit("has no block here")
            if config.get("data_format") == "channels_first":
                raise Misfit("takes channels first, which Keras saves and runs in another way than is read here")
            return [self._rules[kind](layer, *given)]
        except Misfit as error:
            raise ImportRefused(f"{layer.title} {error}.") from error
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RuntimeError) as error:
            if ran_out(error):
                raise
            raise ImportRefused(f"{layer.title} is not described as Keras describes it.") from error


def described(told: Any) -> tuple[str, dict[str, Any]]:
    """The class of a model and what it is made of. Raises ``ImportRefused`` where it is none of Keras's own."""
    if not isinstance(told, dict):
        raise ImportRefused("It is not described as Keras describes its models.")
    kind, config = str(told.get("class_name")), told.get("config")
    if kind not in _MODELS or not _is_kerass(told):
        raise ImportRefused(
            f"{on_a_line(kind)[:LONGEST]} is a class of its maker's own, whose code is not in the file: import a model "
            "that is Sequential or Functional."
        )
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise ImportRefused("It is not described as Keras describes its models.")
    return kind, config


def _is_kerass(told: Mapping[str, Any]) -> bool:
    """Whether a class is Keras's own, and not one that somebody registered."""
    module = str(told.get("module") or "")
    return module.split(".", maxsplit=1)[0] == "keras" and told.get("registered_name") in (None, told.get("class_name"))


def histories(told: Any, depth: int = 0) -> Iterator[tuple[str, int, int]]:
    """Of which layer, which of its calls and which of its results each tensor is, in arguments or as inputs."""
    if depth > DEEPEST:
        raise ValueError
    match told:
        case {"class_name": "__keras_tensor__", "config": {"keras_history": [name, node, tensor]}}:
            yield str(name), int(node), int(tensor)
        case [str(name), int(node), int(tensor)]:
            yield name, node, tensor
        case list():
            for each in told:
                yield from histories(each, depth + 1)
        case dict():
            for each in told.values():
                yield from histories(each, depth + 1)
