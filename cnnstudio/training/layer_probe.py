"""Layer probe: how much each layer of a network that is trained moves, and which of its units are silent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from cnnstudio.rest import Rest
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.layer_statistics import Layer, LayerStatistics
from cnnstudio.training.probe import View

IMAGES = 128  # of validation, that are looked at
_TOGETHER = 32  # of them go through the network at once, as in validation at least
_PATIENCE = 64  # steps in which no weight moves: gradients may be gathered over several
_RELUS = (nn.ReLU, nn.ReLU6)


@dataclass
class LayerProbe:
    """Tells of one step every so many seconds, later where that takes long; of every other step for 0.

    A look comes in two halves: after one step it asks the weights to be noted in the next, after which it compares.
    It draws no random number and changes no weight, so a run goes the same way with it and without it.
    """

    every_seconds: float = 1.0
    _rest: Rest = field(init=False)
    _noted: dict[str, tuple[Tensor, Tensor]] = field(
        default_factory=dict, init=False
    )  # weights before, gradient's norm
    _hooks: list[RemovableHandle] = field(default_factory=list, init=False)
    _seconds: float = field(default=0.0, init=False)
    _waited: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._rest = Rest(self.every_seconds)

    def is_due(self, step: int) -> bool:
        """Whether a step was noted, or it is time to note one."""
        return bool(self._hooks) or self._rest.is_over

    def look(self, view: View) -> Iterator[LayerStatistics]:
        """Ask for the next step to be noted, or say what the one that was noted has done."""
        began = time.perf_counter()
        if not self._hooks:
            self._seconds, self._waited = 0.0, 0
            self._hooks = [
                parameter.register_post_accumulate_grad_hook(self._note(name))  # type: ignore[no-untyped-call]
                for name, parameter in view.module.named_parameters()
                if parameter.requires_grad and parameter.dim() > 1
            ]
            if not self._hooks:
                self._rest.for_ever()  # there is no layer with weights that learns
            self._seconds += time.perf_counter() - began
            return
        layers = self._layers(view.module)
        self._waited += 1
        if any(layer.update for layer in layers) or self._waited >= _PATIENCE:
            for hook in self._hooks:
                hook.remove()
            self._hooks.clear()
            self._noted.clear()
            yield LayerStatistics(view.step, layers, *_seen(view))
            self._seconds += time.perf_counter() - began
            self._rest.after(self._seconds)

    def _note(self, name: str) -> Callable[[Tensor], None]:
        """What to do when the gradient of this parameter is there: the optimizer has not moved it yet."""

        def note(parameter: Tensor) -> None:
            if parameter.grad is None:
                return
            began = time.perf_counter()
            before = self._noted[name][0] if name in self._noted else parameter.detach().clone()
            self._noted[name] = before, torch.linalg.vector_norm(parameter.grad.detach())
            self._seconds += time.perf_counter() - began

        return note

    def _layers(self, module: nn.Module) -> tuple[Layer, ...]:
        found: list[tuple[str, Tensor]] = []
        for name, parameter in module.named_parameters():
            if name in self._noted:
                before, gradient = self._noted[name]
                norms = (gradient, torch.linalg.vector_norm(before), torch.linalg.vector_norm(parameter - before))
                found.append((name.rpartition(".")[0] or name, torch.stack([norm.float() for norm in norms])))
        if not found:
            return ()
        numbers = torch.stack([norms for _, norms in found]).tolist()  # one wait for the device
        layers = dict[str, Layer]()
        for (name, _), (gradient, weight, moved) in zip(found, numbers, strict=True):
            layers.setdefault(name, Layer(name, gradient, weight, moved / max(weight, 1e-12)))
        return tuple(layers.values())


def _seen(view: View) -> tuple[dict[str, float], tuple[int, ...], tuple[int, ...]]:
    """For each ReLU the share of silent channels, how many images are taken for each class, and how many are of it."""
    data, heard_of = view.data, dict[str, Tensor]()
    count = len(data.validation_labels)
    looked_at = min(at_once(data.shape, IMAGES, PASS), count)
    chosen = torch.linspace(0, count - 1, looked_at).long()  # from everywhere: they may lie class by class

    def hear(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def heard(module: nn.Module, entered: object, value: Tensor) -> None:
            channel = 1 if value.dim() == 4 else value.dim() - 1
            others = [number for number in range(value.dim()) if number != channel]
            loud = value.amax(others) > 0
            heard_of[name] = heard_of[name] | loud if name in heard_of else loud

        return heard

    relus = [(name, part) for name, part in view.module.named_modules() if isinstance(part, _RELUS)]
    hooks = [part.register_forward_hook(hear(name)) for name, part in relus]
    guesses = torch.zeros(len(data.classes), dtype=torch.int64)
    try:
        for part in torch.split(chosen, _TOGETHER):
            scores = view.module(view.prepared(data.validation_images[part]))
            guesses += torch.bincount(scores.argmax(1).cpu(), minlength=len(guesses))
    finally:
        for hook in hooks:
            hook.remove()
    silent = {name: 1.0 - float(loud.float().mean()) for name, loud in heard_of.items()}
    labels = torch.bincount(data.validation_labels[chosen], minlength=len(guesses))
    return silent, tuple(guesses.tolist()), tuple(labels.tolist())
