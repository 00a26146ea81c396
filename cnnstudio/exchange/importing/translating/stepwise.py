"""Stepwise: a module of PyTorch that does one step after the other, as another program's file says them.

Whoever translates a file draws with a ``Scribe``: each step is tried at once on a tensor without numbers, so that its
shape is known and what does not fit is told where it stands.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from cnnstudio.exchange.importing.blame import BATCH, plain
from cnnstudio.graph import Shape
from cnnstudio.headroom import ran_out

LONGEST = 48  # letters of a step's name


@dataclass(frozen=True)
class Ref:
    """What a step gave, by its number; 0 is the image."""

    index: int


@dataclass(frozen=True)
class Held:
    """A tensor of the module, by its name."""

    name: str


@dataclass(frozen=True)
class Count:
    """So many times the number of images, wherever a step is told sizes."""

    times: int


@dataclass(frozen=True)
class Step:
    """A call of a module, by its name, or of a function, with ``Ref``, ``Held`` and ``Count`` among its arguments."""

    call: str | Callable[..., Any]
    arguments: tuple[Any, ...]
    named: dict[str, Any]


class Stepwise(nn.Module):
    """Does its ``steps`` one after the other, and gives what step ``result`` gave."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.result = 0

    def forward(self, image: Tensor) -> Any:
        """The answer to a batch of images (N, …)."""
        values: list[Any] = [image]

        def filled(given: Any) -> Any:
            match given:
                case Ref():
                    return values[given.index]
                case Held():
                    return getattr(self, given.name)
                case Count():
                    return image.shape[0] * given.times
                case list() | tuple():
                    return type(given)(filled(each) for each in given)
            return given

        for step in self.steps:
            made = getattr(self, step.call) if isinstance(step.call, str) else step.call
            values.append(made(*filled(step.arguments), **{key: filled(each) for key, each in step.named.items()}))
        return values[self.result]


class Misfit(Exception):  # noqa: N818 - the rest of a sentence that names a node
    """A step that does not go with what it is given; the message is the rest of a sentence."""


class Scribe:
    """Writes down steps for images of ``size``."""

    def __init__(self, size: Shape) -> None:
        self.module = Stepwise()
        self.image = Ref(0)
        self._seen: list[Any] = [torch.empty(BATCH, *size, device="meta")]
        self._names: dict[str, int] = {}

    def seen(self, value: Any) -> Any:
        """What a step gave, without numbers."""
        return self._filled(value)

    def sizes(self, value: Ref) -> tuple[int, ...]:
        """The sizes of what a step gave, with the batch. Raises ``Misfit`` where it gave no tensor."""
        found = self._seen[value.index]
        if not isinstance(found, Tensor):
            raise Misfit("reads what is no tensor")
        return tuple(found.shape)

    def call(self, module: nn.Module, *given: Ref, name: str) -> Ref:
        """A step that is a layer. Raises ``Misfit``."""
        stands = {key: torch.empty_like(each, device="meta") for key, each in module.state_dict().items()}
        module.eval()
        made = self._tried(lambda: functional_call(module, stands, tuple(self._filled(each) for each in given)))
        key = self._free(name)
        self.module.add_module(key, module)
        return self._noted(Step(key, given, {}), made)

    def apply(self, function: Callable[..., Any], *given: Any, **named: Any) -> Ref:
        """A step that is a function of torch. Raises ``Misfit``."""
        values, words = self._filled(given), {key: self._filled(each) for key, each in named.items()}
        step = Step(function, _counted(given), {key: _counted(each) for key, each in named.items()})
        return self._noted(step, self._tried(lambda: function(*values, **words)))

    def piece(self, whole: Ref, index: int) -> Ref:
        """One of the tensors that a step gave."""
        return self.apply(operator.getitem, whole, index)

    def hold(self, tensor: Tensor, name: str, learns: bool = True) -> Held:
        """A tensor of the file that a function needs; one of real numbers can learn, unless it is a constant."""
        key = self._free(name)
        if tensor.is_floating_point() and learns:
            self.module.register_parameter(key, nn.Parameter(tensor))
        else:
            self.module.register_buffer(key, tensor)
        return Held(key)

    def finished(self, result: Ref) -> Stepwise:
        """The module that gives this."""
        self.module.result = result.index
        return self.module.eval()

    def _noted(self, step: Step, made: Any) -> Ref:
        self.module.steps.append(step)
        self._seen.append(made)
        return Ref(len(self._seen) - 1)

    def _tried(self, run: Callable[[], Any]) -> Any:
        try:
            with torch.no_grad():
                return run()
        except Exception as error:  # whatever torch raises for what a stranger's file says
            if ran_out(error):
                raise
            raise Misfit(f"does not go with what it is given: {plain(error)}") from error

    def _filled(self, given: Any) -> Any:
        match given:
            case Ref():
                return self._seen[given.index]
            case Held():
                return torch.empty_like(getattr(self.module, given.name), device="meta")
            case list() | tuple():
                return type(given)(self._filled(each) for each in given)
        return given

    def _free(self, name: str) -> str:
        """A name that Python takes and nothing else here has."""
        clean = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:LONGEST] or "step"
        clean = f"n{clean}" if clean[0].isdigit() else clean
        if hasattr(self.module, clean):
            while hasattr(self.module, made := f"{clean}_{self._names.setdefault(clean, 1) + 1}"):
                self._names[clean] += 1
            clean = made
        return clean


def _counted(given: Any) -> Any:
    """Arguments with the number of images that a step was tried with as one that is asked for."""
    if isinstance(given, list | tuple):
        return type(given)(_counted(each) for each in given)
    return Count(given // BATCH) if type(given) is int and given and given % BATCH == 0 else given
