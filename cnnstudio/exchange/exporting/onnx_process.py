"""ONNX process: what happens in the process that translates a network. It may take minutes and be ended at any time.

In a process of its own because tracing turns things of torch's off for a whole program, and a thread cannot be stopped.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.exchange.exporting.onnx_runtime import onnxruntime
from cnnstudio.headroom import not_enough, ran_out
from cnnstudio.worker import step_back

if TYPE_CHECKING:
    import torch

OPSET = 18  # of the operators: the one in which PyTorch's exporter writes; newer ones are made of it by conversion
SAMPLES = 3  # in the batch that is traced: with one, torch.export takes the batch for fixed
_OPERATOR = re.compile(r"aten[.:]+(\w+)")

Say = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Part:
    """A network as text, and the shapes of one sample of each of its inputs."""

    title: str
    text: str
    class_name: str
    sizes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Job:
    """What to translate, with the weights in the file ``weights``, and the file to write.

    ``metadata`` goes into the file. With the batch in the file ``calibration`` it becomes int8. Where there are
    ``parts``, no file is written: the first of them is looked for that does not come through.
    """

    network: Part
    weights: str
    out: str
    optimize: bool = True
    metadata: tuple[tuple[str, str], ...] = ()
    calibration: str = ""
    parts: tuple[Part, ...] = ()


def run(pipe: Connection, job: Job) -> None:
    """Do the job; what it comes to is sent as JSON, and before that how far it is."""
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl+C in a terminal is told to whoever asked, who ends this process
    step_back()
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)

    def say(sentence: str, share: float | None) -> None:
        pipe.send_bytes(json.dumps({"sentence": sentence, "share": share}).encode())

    try:
        answer = _blamed(job, say) if job.parts else _translated(job, say)
    except BaseException as error:
        if ran_out(error):
            answer = {"lacking": not_enough("to translate the network", "fewer channels or features take less")}
        else:
            answer = {"failed": told(error)}
    pipe.send_bytes(json.dumps(answer).encode())


def told(error: BaseException) -> str:
    """Why torch does not translate something, in a few words."""
    every: list[str] = []
    each: BaseException | None = error
    while each is not None and len(every) < 8:
        every.append(str(each))
        each = each.__cause__ or each.__context__
    if found := next((match for text in reversed(every) if (match := _OPERATOR.search(text))), None):
        return f"PyTorch has no ONNX for its {found[1]}"
    line = next((line for line in every[-1].splitlines() if line.strip()), type(error).__name__)
    return f"PyTorch does not translate it: {line.strip()[:160].rstrip('.')}"


def _translated(job: Job, say: Say) -> dict[str, Any]:
    say("Starting PyTorch's translator…", None)
    import torch

    module = made(job.network)
    module.load_state_dict(torch.load(job.weights, weights_only=True))
    model, is_fixed = translated(module, job.network.sizes, job.optimize, say)
    if job.calibration:
        say("Choosing whole numbers for int8…", None)
        model = quantized(model, torch.load(job.calibration, weights_only=True), Path(job.out).parent)
    for key, text in job.metadata:
        entry = model.metadata_props.add()
        entry.key, entry.value = key, text
    say("Writing the ONNX file…", None)
    Path(job.out).write_bytes(model.SerializeToString())
    return {
        "fixed": is_fixed,
        "opset": next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx")),
    }


def made(part: Part) -> torch.nn.Module:
    """The network of a part, in eval mode, with fresh weights."""
    from cnnstudio.training.build import build

    return build(part.text, part.class_name, 0).eval()


def translated(
    module: torch.nn.Module, sizes: tuple[tuple[int, ...], ...], optimize: bool, say: Say = lambda *_: None
) -> tuple[Any, bool]:
    """The network as an ``onnx.ModelProto``, and whether it takes one sample at a time. Raises what torch raises."""
    import torch

    batch = tuple(torch.randn(SAMPLES, *size, generator=torch.Generator().manual_seed(0)) for size in sizes)
    is_fixed = False
    say("Following the network step by step…", None)
    with torch.no_grad():
        try:
            any_number = torch.export.Dim("batch")
            program = torch.export.export(module, batch, dynamic_shapes=tuple({0: any_number} for _ in batch))
        except (RuntimeError, ValueError):  # some layers tie it to the number of samples that it is shown
            program = torch.export.export(module, tuple(inputs[:1] for inputs in batch))
            is_fixed = True
        say("Translating it into ONNX…", None)
        written = torch.onnx.export(
            program,
            dynamo=True,
            external_data=False,
            verbose=False,
            opset_version=OPSET,
            optimize=optimize,
            output_names=["output"],
        )
    return written.model_proto, is_fixed  # type: ignore[union-attr]


def _blamed(job: Job, say: Say) -> dict[str, Any]:
    """The first of the parts that does not come through alone, with fresh weights, and why."""
    import numpy as np
    import torch

    runtime = onnxruntime()

    for number, part in enumerate(job.parts):
        say(f"Looking for the block that does not go: {part.title}…", number / len(job.parts))
        try:
            module = made(part)
            model, is_fixed = translated(module, part.sizes, job.optimize)
        except Exception as error:
            return {"part": part.title, "why": told(error)}
        try:
            session = runtime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
            for samples in (1,) if is_fixed else (1, 2, 7):
                batch = [torch.randn(samples, *size, generator=torch.Generator().manual_seed(1)) for size in part.sizes]
                given = {put.name: x.numpy() for put, x in zip(session.get_inputs(), batch, strict=True)}
                with torch.no_grad():
                    wanted = module(*batch).numpy()
                (found,) = session.run(None, given)
                scale = max(1.0, float(np.abs(np.nan_to_num(wanted)).max(initial=0)))
                if wanted.shape != found.shape:
                    return {"part": part.title, "why": "its output has another size as ONNX"}
                if not np.allclose(found, wanted, rtol=0, atol=1e-4 * scale, equal_nan=True):
                    return {"part": part.title, "why": "it computes other numbers as ONNX"}
        except Exception as error:
            line = next(iter(str(error).splitlines()), "")
            return {"part": part.title, "why": f"onnxruntime does not read it: {line.strip()[:160].rstrip('.')}"}
    return {"part": ""}


def quantized(model: Any, batch: torch.Tensor, folder: Path) -> Any:
    """An ``onnx.ModelProto`` in whole numbers of 8 bits, their steps chosen for what the ``batch`` (N, ...) makes.

    Static quantization of onnxruntime, QDQ, a step a channel of the weights. Those have 7 bits (``reduce_range``):
    with 8, sums overflow on processors without VNNI, and the same file would answer otherwise there.
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    onnxruntime()
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    whole, ready, small = (str(folder / f"{name}.onnx") for name in ("whole", "ready", "small"))
    onnx.save(model, whole)
    quant_pre_process(whole, ready, skip_symbolic_shape=True)
    quantize_static(
        ready,
        small,
        _Reader(model.graph.input[0].name, batch),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return onnx.load(small)


class _Reader:
    """What onnxruntime asks for the pictures to calibrate with, one at a time."""

    def __init__(self, name: str, batch: torch.Tensor) -> None:
        self._waiting = iter([{name: each[None].numpy()} for each in batch])

    def get_next(self) -> dict[str, Any] | None:
        """The next one, None at the end."""
        return next(self._waiting, None)
