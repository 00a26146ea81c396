"""Tracing: what a module computes, step by step, for images of one size; and what flows between the steps.

The module is run once on tensors without numbers (torch's meta device), and each call of PyTorch on the way is noted.
Sizes are therefore the sizes of these images wherever Python asks for them. Nothing global is changed meanwhile.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn.parameter import is_lazy

from cnnstudio.exchange.importing.blame import BATCH, is_ours, line_of, plain
from cnnstudio.exchange.importing.misfit import misfit
from cnnstudio.exchange.importing.recording import Recorder, Untraceable
from cnnstudio.graph import Shape
from cnnstudio.headroom import not_enough, ran_out

_ANSWERS = ("logits", "out", "output", "prediction", "x")
"""What a dictionary of several results calls the one that it is about."""


class TracingError(ValueError):
    """A module whose steps cannot be followed; the message is a sentence."""


@dataclass(frozen=True)
class Trace:
    """The steps of a module in ``eval`` mode; ``values`` tells what each gives: tensors without their numbers.

    ``constants`` are the tensors with numbers that belong to no image and to no weight, by the name of the step that
    fetches them. ``notes`` are sentences for the person; ``asks_sizes`` is true where Python asked for a size.
    """

    module: nn.Module
    graph: fx.Graph
    values: Mapping[fx.Node, Any]
    constants: Mapping[str, Tensor]
    notes: tuple[str, ...] = ()
    asks_sizes: bool = False


def trace(module: nn.Module, size: Shape) -> Trace:
    """The steps of ``module`` for images of ``size``. Raises ``TracingError``."""
    module = module.eval()
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        raise TracingError("It is TorchScript, which has no Python to follow: import the class that it was made of.")
    name = _image_name(module)
    _settle(module, size)
    recorder = Recorder(_blanked(module))
    image = torch.empty(BATCH, *size, device="meta")
    recorder.placeholder(name, image)
    try:
        with torch.no_grad(), recorder:
            results = recorder.module(image)
        result, note = _main(results)
        recorder.output(result)
    except Exception as error:  # whatever the forward of a stranger raises
        raise _sentence(error, size, recorder) from error
    return Trace(module, recorder.graph, recorder.values, recorder.constants, note, recorder.asked_sizes)


def unwrapped(module: nn.Module) -> nn.Module:
    """The network inside what spreads it over devices or compiles it; itself where nothing does."""
    while isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel) or hasattr(module, "_orig_mod"):
        inner = getattr(module, "_orig_mod", None) or getattr(module, "module", None)
        if not isinstance(inner, nn.Module):
            break
        module = inner
    return module


def answer(results: Any) -> Tensor:
    """The one tensor that a network is about, of all that its forward gives. Raises ``TracingError``."""
    return _main(results)[0]


def _main(results: Any) -> tuple[Tensor, tuple[str, ...]]:
    found = dict(_tensors(results))
    if not found:
        raise TracingError("Its forward gives no tensor.")
    key = next((key for word in _ANSWERS for key in found if key == word), next(iter(found)))
    if len(found) == 1:
        return found[key], ()
    which = "the first" if key.isdigit() else repr(key)
    return found[key], (f"Its forward gives {len(found)} tensors; {which} is what the network ends in here.",)


def _tensors(results: Any, key: str = "0") -> Iterator[tuple[str, Tensor]]:
    """Every tensor in what a forward gives, by its name or its place."""
    if isinstance(results, Tensor):
        yield key, results
    elif isinstance(results, Mapping):
        for word, each in results.items():
            yield from _tensors(each, str(word))
    elif isinstance(results, tuple | list):
        for index, each in enumerate(results):
            yield from _tensors(each, f"{key}{index}")
    elif dataclasses.is_dataclass(results) and not isinstance(results, type):
        yield from _tensors(vars(results), key)


def _image_name(module: nn.Module) -> str:
    """What the forward calls its image. Raises ``TracingError`` where it is not given one image alone."""
    try:
        told = list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        return "input"
    told = [each for each in told if each.kind is not each.VAR_KEYWORD and each.kind is not each.KEYWORD_ONLY]
    wanted = [each for each in told if each.default is each.empty and each.kind is not each.VAR_POSITIONAL]
    if len(wanted) > 1 or not told:
        raise TracingError(f"Its forward takes {len(wanted)} inputs; a network here is given one image.")
    return told[0].name


def _settle(module: nn.Module, size: Shape) -> None:
    """Let lazy layers see one image, so that they know their sizes. Raises ``TracingError``."""
    if not any(map(is_lazy, [*module.parameters(), *module.buffers()])):
        return
    try:
        with torch.no_grad():
            module(torch.zeros(1, *size))
    except Exception as error:  # whatever the forward of a stranger raises
        raise _sentence(error, size) from error
    if any(map(is_lazy, [*module.parameters(), *module.buffers()])):
        raise TracingError("It has lazy layers that its forward never calls, so their sizes are not known.")


def _sentence(error: Exception, size: Shape, recorder: Recorder | None = None) -> TracingError:
    """What went wrong in a forward, as a sentence that names the line, and the step where it was recorded."""
    line = line_of(error)
    where = f"{line} " if line else "its forward "
    if isinstance(error, TracingError):
        return error
    if ran_out(error):
        return TracingError(not_enough(f"to follow it with images of {size}", "smaller ones take less"))
    if isinstance(error, Untraceable):
        return TracingError(f"Its steps cannot be followed: {where}{error}.")
    if isinstance(error, NotImplementedError) or "meta tensor" in str(error):
        return TracingError(f"Its steps cannot be followed: {where}decides by the numbers that flow through it.")
    if "custom C++ ops" in str(error):
        return TracingError(f"Its steps cannot be followed: {where}calls what torchvision does outside Python.")
    if is_ours(error):
        return TracingError(f"This program could not follow it ({plain(error)}), which is no fault of the network.")
    if isinstance(error, RuntimeError | ValueError | AssertionError | IndexError | ArithmeticError):
        at = f" at {line}" if line else ""
        why = plain(error)
        if recorder is not None:
            why = misfit(error, recorder.failing(), recorder.module, recorder.values, BATCH)
        return TracingError(f"It does not take images of {size}: {why}{at}.")
    return TracingError(f"Its forward cannot be run: {where}raises {type(error).__name__}: {plain(error)}.")


def _blank(tensor: Tensor) -> Tensor:
    """One like it without numbers; of a meta tensor ``torch.empty_like`` would take five times as long."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _blanked(module: nn.Module) -> nn.Module:
    """A copy whose weights have no numbers and take no memory. Raises ``TracingError``."""
    tensors = {id(each): nn.Parameter(_blank(each), False) for each in module.parameters()}
    try:
        return copy.deepcopy(module, dict(tensors))
    except Exception as error:  # what a stranger's module holds may not want to be copied
        raise TracingError(f"It holds what cannot be copied, so it cannot be followed: {plain(error)}.") from error
