"""Torch files: a network as PyTorch itself reads it. Loading some of these runs what is in them: our own alone."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn
from torch.export import Dim

from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.exporting.exportable import EXTRA, ExportError, Module, Network, Written
from cnnstudio.exchange.exporting.picture_check import differing
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.exporting.standalone import standalone
from cnnstudio.training.build import build
from cnnstudio.training.data.picture import USUAL
from cnnstudio.training.drawing import drawing
from cnnstudio.training.turn import undisturbed
from cnnstudio.worker import Report

VERSIONS = "versions.json"
"""The name under which an exported program says which PyTorch wrote it, and which are known to read it."""


def python_file(network: Network, report: Report) -> Written:
    """The source, with how to use it; its weights are another file."""
    text = standalone(network.graph, network.source, network.result, network.normalization)

    def loaded(data: bytes) -> Module:
        namespace = _run(data)
        if "picture_bytes" in namespace:
            size = infer(network.graph).facts[network.graph.inputs[0].name].shape
            scale = network.normalization.scale if network.normalization else None
            rules = network.normalization.rules if network.normalization else USUAL
            if kind := differing(namespace["picture_bytes"], size, scale, rules):
                raise ExportError(f"Loaded back, it reads a picture that is {kind} otherwise, so nothing was written.")
        with drawing(0):
            module: nn.Module = namespace[network.source.class_name]().eval()
        module.load_state_dict(network.module.state_dict())
        return module

    def carried(data: bytes) -> Normalization | None:
        said, known = _run(data), network.normalization
        if "MEAN" not in said or known is None:
            return None
        return replace(known, mean=said["MEAN"], std=said["STD"], classes=said.get("CLASSES", ()))

    guess = (
        " How pictures are prepared for these weights is not known: prepare() guesses, pixels from 0 to 1. "
        "The recipe's mean and std say it."
    )
    is_guess = "def prepare(" in text and network.normalization is None and not network.is_fresh
    return Written(text.encode(), loaded, guess if is_guess else "", carried=carried)


def _run(data: bytes) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(compile(data.decode(), "<exported>", "exec"), namespace)
    return namespace


def weights_file(network: Network, report: Report) -> Written:
    """The tensors as safetensors, with what they say of pictures in its header."""
    tensors = {name: tensor.contiguous() for name, tensor in network.module.state_dict().items()}
    metadata = {**network.metadata, **network.carried, "format": "pt"}

    def carried(data: bytes) -> Normalization | None:
        length = int.from_bytes(data[:8], "little")
        return Normalization.from_metadata(json.loads(data[8 : 8 + length]).get("__metadata__"))

    return Written(save_tensors(tensors, metadata), lambda data: _filled(network, load_tensors(data)), carried=carried)


def state_dict(network: Network, report: Report) -> Written:
    """The tensors as ``torch.save`` keeps them, under "state_dict", beside what they say of pictures."""
    buffer = io.BytesIO()
    torch.save({"state_dict": dict(network.module.state_dict()), **network.metadata, **network.carried}, buffer)

    def opened(data: bytes) -> dict[str, Any]:
        found: dict[str, Any] = torch.load(io.BytesIO(data), weights_only=True)
        return found

    def carried(data: bytes) -> Normalization | None:
        return Normalization.from_metadata({key: text for key, text in opened(data).items() if isinstance(text, str)})

    remark = ' Python reads it with torch.load(path, weights_only=True)["state_dict"].'
    return Written(
        buffer.getvalue(), lambda data: _filled(network, opened(data)["state_dict"]), remark, carried=carried
    )


def _filled(network: Network, tensors: dict[str, torch.Tensor]) -> Module:
    module = build(network.source.text, network.source.class_name, 0).eval()
    module.load_state_dict(tensors)
    return module


def torchscript(network: Network, report: Report) -> Written:
    """Network and weights as TorchScript, which PyTorch 2.13 calls deprecated and people deploy."""
    buffer = io.BytesIO()
    with _known_warnings():
        torch.jit.save(torch.jit.script(network.module), buffer, _extra_files=network.extra)

    def loaded(data: bytes) -> Module:
        with _known_warnings():
            module: Module = torch.jit.load(io.BytesIO(data))  # type: ignore[no-untyped-call]
        return module

    def carried(data: bytes) -> Normalization | None:
        extra = {EXTRA: ""}
        with _known_warnings():
            torch.jit.load(io.BytesIO(data), _extra_files=extra)  # type: ignore[no-untyped-call]
        return _said(extra[EXTRA])

    return Written(buffer.getvalue(), loaded, carried=carried)


def exported_program(network: Network, report: Report) -> Written:
    """Network and weights as ``torch.export`` keeps them, for any number of samples where its layers allow it.

    The samples with which it was traced stay out of the file: they may be many times as large as the weights.
    """
    remark, is_fixed = "", False
    version = torch.__version__.partition("+")[0]
    stamp = {"written_by": f"PyTorch {version}", "read_by": [f"PyTorch {version}"]}
    with _known_warnings(), undisturbed:
        try:
            batch = Dim("batch")
            program = torch.export.export(
                network.module, network.batch, dynamic_shapes=[{0: batch}] * len(network.batch)
            )
        except (RuntimeError, ValueError):  # some layers tie it to the number of samples that it is shown
            program = torch.export.export(network.module, tuple(inputs[:1] for inputs in network.batch))
            remark, is_fixed = " It takes one sample at a time.", True
        program.example_inputs = None
        buffer = io.BytesIO()
        torch.export.save(program, buffer, extra_files={**network.extra, VERSIONS: json.dumps(stamp)})

    def loaded(data: bytes) -> Module:
        with _known_warnings(), undisturbed:
            return torch.export.load(io.BytesIO(data)).module()

    def carried(data: bytes) -> Normalization | None:
        extra: dict[str, Any] = {EXTRA: ""}
        with _known_warnings(), undisturbed:
            torch.export.load(io.BytesIO(data), extra_files=extra)
        return _said(extra[EXTRA])

    said = f"{remark} PyTorch {version} wrote it and is known to read it; other versions may not."
    return Written(buffer.getvalue(), loaded, said, (1,) if is_fixed else (1, 3), carried)


def _said(text: str | bytes) -> Normalization | None:
    """What a ``Network.extra`` says of pictures."""
    found = json.loads(text)
    if "mean" not in found:
        return None
    told = {key: json.dumps(found[key]) for key in ("mean", "std", "classes", "scale")}
    told |= {"loss": found["loss"], "sides": "both" if found["both_sides"] else ""}
    told |= {key: found[key] for key in ("fit", "ground") if key in found}
    return Normalization.from_metadata(told)


@contextmanager
def _known_warnings() -> Iterator[None]:
    """Quiet what is known: torch 2.13 calls TorchScript deprecated; people deploy it, so it is offered."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is (deprecated|not supported)", DeprecationWarning)
        yield
