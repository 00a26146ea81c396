"""State dict: the weights of the original under our names. Files are opened as numbers alone, never as pickled code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import SourceError, source
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported
from cnnstudio.exchange.importing.recognition import Weight
from cnnstudio.exchange.importing.tracing import answer
from cnnstudio.training import weights as weights_file
from cnnstudio.training.build import build
from cnnstudio.training.device import TrainingError
from cnnstudio.training.pretrained import state_dict_file
from cnnstudio.training.pretrained.state_dict_file import side_by_side
from cnnstudio.training.pretrained.weight_mapping import CONSTANTS, finite, undealt
from cnnstudio.wording import abridged
from cnnstudio.worker import Report, unheard


@dataclass(frozen=True)
class Carried:
    """Weights under our names, and sentences about what did not fit; ``missing`` tensors keep fresh numbers."""

    state: dict[str, Tensor]
    sentences: tuple[str, ...]
    missing: tuple[str, ...] = ()


def load_weights(imported: Imported, path: Path, out: Path, report: Report = unheard) -> Carried:
    """Write the weights of a checkpoint of the original to ``out``, a .safetensors file of the imported network.

    Raises ``ImportRefused`` where the file is no such checkpoint, holds what is no number, or nothing of it fits.
    """
    carried = read(imported, path)
    if not report("", None):
        raise ImportRefused(f"Reading {path.name} was stopped, so {out.name} was not written.")
    return _kept(imported, carried, out)


def keep_weights(imported: Imported, out: Path) -> Carried:
    """Write the weights that came with a network to ``out``, a .safetensors file. Raises ``ImportRefused``."""
    state = imported.state or {}
    used = {weight.original for weights in imported.weights.values() for weight in weights}
    return _kept(imported, carry(imported, {name: each for name, each in state.items() if name in used}), out)


def _kept(imported: Imported, carried: Carried, out: Path) -> Carried:
    try:
        weights_file.save(out, carried.state, imported.normalization.metadata() if imported.normalization else None)
    except weights_file.WeightsError as error:
        raise ImportRefused(str(error)) from error
    return carried


def read(imported: Imported, path: Path) -> Carried:
    """The weights of a .safetensors file, or of a .pth with a ``state_dict`` somewhere in it, under our names.

    Raises ``ImportRefused``.
    """
    ours, pairs = _pairs(imported)
    try:
        checkpoint = state_dict_file.read(path)
        fit = checkpoint.fitting({weight.original: ours[key].numel() for key, weight in pairs})
    except weights_file.WeightsError as error:
        raise ImportRefused(str(error)) from error
    carried = carry(imported, fit.tensors)
    return replace(carried, sentences=(*fit.notes, *carried.sentences))


def _pairs(imported: Imported) -> tuple[dict[str, Tensor], list[tuple[str, Weight]]]:
    """What the imported network begins with, and the name of each of its tensors with what it was in the original."""
    try:
        text = source(imported.graph)
    except SourceError as error:
        raise ImportRefused(f"The weights cannot be loaded. {error}") from error
    ours = build(text.text, text.class_name, 0).state_dict()
    pairs = []
    for path, weights in imported.weights.items():
        for weight in weights:
            key = ".".join(filter(None, (text.paths.get(path[0], "?"), *path[1:], weight.name)))
            if key not in ours:  # what a stranger's process said of it was not true
                raise ImportRefused(f"{imported.title} has no {key[:120]}, so its weights cannot be loaded.")
            pairs.append((key, weight))
    return ours, pairs


def carry(imported: Imported, state: Mapping[str, Tensor]) -> Carried:
    """The original's ``state`` under the names of the imported network's source.

    Raises ``ImportRefused`` where nothing of it fits, or the network cannot be built.
    """
    ours, pairs = _pairs(imported)
    made, missing, unfit = dict(ours), [], []
    wanted = {weight.original: ours[key].numel() for key, weight in pairs}
    if wanted and not wanted.keys() & state.keys():
        raise ImportRefused(f"Nothing in this file belongs to {imported.title}: {side_by_side(state, wanted)}.")
    for key, weight in pairs:
        tensor = state.get(weight.original)
        if tensor is None:
            missing += [weight.original] if not weight.original.endswith("num_batches_tracked") else []
        elif (fitted := _fitted(tensor, ours[key], weight)) is None:
            unfit.append(f"{weight.original} is {_size(tensor)}, here it is {_size(ours[key])}")
        else:
            made[key] = fitted
    strange = [name for name in state if name not in wanted and not name.endswith(CONSTANTS)]
    sentences = []
    if missing:
        sentences.append(f"The file has no {_listed(missing)}; fresh numbers stand there.")
    if unfit:
        sentences.append(f"Of another size, so fresh numbers stand there: {_listed(unfit, '; ')}.")
    if strange:
        sentences.append(f"Not used: {_listed(strange)}.")
    return Carried(made, tuple(sentences), tuple(missing))


def difference(module: nn.Module, imported: Imported, images: Tensor) -> float:
    """The greatest difference between what a module and its import say of ``images``, with the same weights.

    Relative to the greatest output where that is above 1. Each is given images of its own, since it may change them.
    Raises ``ImportRefused`` where the import cannot be built.
    """
    carried = carry(imported, module.state_dict())
    text = source(imported.graph)
    ours = build(text.text, text.class_name, 0).eval()
    ours.load_state_dict(carried.state)
    with torch.no_grad():
        wanted, found = answer(module.eval()(images.clone())), ours(images.clone())
    wanted = wanted.unsqueeze(1) if wanted.dim() == 1 else wanted  # one number a sample
    if wanted.shape != found.shape:
        return float("inf")
    return float((wanted - found).abs().max()) / max(1.0, float(wanted.abs().max()))


def _fitted(tensor: Tensor, ours: Tensor, weight: Weight) -> Tensor | None:
    """The tensor in our shape; None where it does not fit."""
    if tensor.numel() != ours.numel() or _plain(tensor) != _plain(ours):
        return None
    if weight.turn:
        tensor = undealt(tensor.detach(), int(weight.turn[-1]))
    fitted = tensor.detach().reshape(ours.shape).to(ours.dtype).clone()
    try:
        if not weights_file.is_sound(fitted, ours):
            finite(weight.original, torch.view_as_real(tensor) if tensor.is_complex() else tensor.detach())
    except TrainingError as error:
        raise ImportRefused(str(error)) from error
    return fitted


def _plain(tensor: Tensor) -> list[int]:
    """The sizes without those of 1: a linear layer and a 1×1 convolution hold the same numbers."""
    return [size for size in tensor.shape if size != 1]


def _size(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "a single number"


def _listed(names: list[str], between: str = ", ") -> str:
    return abridged((name[:120] for name in names), 3, between)
