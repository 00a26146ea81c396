"""ONNX file: a network for programs other than PyTorch, translated in a process of its own, checked by onnxruntime."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from cnnstudio.blocks import Input
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.disk import TEMPORARY, marked
from cnnstudio.exchange.exporting.agreement import difference
from cnnstudio.exchange.exporting.exportable import ExportError, Module, Network, Written
from cnnstudio.exchange.exporting.onnx_limits import parts_of
from cnnstudio.exchange.exporting.onnx_process import Job, Part, run
from cnnstudio.exchange.exporting.onnx_runtime import onnxruntime
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import GraphError, ParameterError, Sketch
from cnnstudio.training.data.loading import normalised
from cnnstudio.wording import counted
from cnnstudio.worker import Report

SAMPLES = 1, 2, 7  # for which onnxruntime must agree
LARGEST = 2**31 - 2**24  # bytes of weights: one file of ONNX (protobuf) holds less than 2 GiB
CALIBRATED = 256  # training pictures for int8, evenly taken
SECONDS = 0.1  # between two looks whether the person still waits
LEAVING = 2.0  # seconds that a process has to end by itself


def onnx_file(network: Network, report: Report) -> Written:
    """The network as one ONNX file, for any number of samples where its layers allow it.

    Raises ``ExportError`` that names the block that does not go.
    """
    return _made(network, report, None)


def int8_file(network: Network, report: Report) -> Written:
    """The same in whole numbers of 8 bits, calibrated with pictures that it learned from.

    Raises ``ExportError`` that names the block that does not go, and where there are no pictures.
    """
    data, known = network.pictures, network.normalization
    if data is None or not len(data.train_labels):
        raise ExportError(
            "int8 is calibrated with pictures that the network learned from, and there are none here: train it in this "
            "window, or choose data that is at hand."
        )
    places = torch.linspace(0, len(data.train_labels) - 1, min(CALIBRATED, len(data.train_labels))).long()
    said = known or data
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (said.mean, said.std))
    return _made(network, report, normalised(data.train_images[places], mean, std))


def _made(network: Network, report: Report, calibration: torch.Tensor | None) -> Written:
    if sum(tensor.numel() * tensor.element_size() for tensor in network.module.state_dict().values()) > LARGEST:
        raise ExportError("A file of ONNX holds at most 2 GiB, and the weights of this network are more.")
    with tempfile.TemporaryDirectory(prefix=marked(TEMPORARY)) as folder:
        job = _job(network, Path(folder), calibration)
        answer = _asked(job, report)
        if "opset" not in answer:
            raise ExportError(_blame(network, job, answer.get("failed", ""), report))
        data = Path(job.out).read_bytes()
        samples = SAMPLES[:1] if answer["fixed"] else SAMPLES
        go_on(report, "Asking onnxruntime…")
        try:
            loaded = session(data)
            for count in samples:
                difference(network, loaded, count, exact=calibration is None)
        except ExportError as error:
            raise ExportError(_blame(network, job, str(error), report)) from error
    remark = f" It is ONNX with opset {answer['opset']}, in one file"
    remark += ", for one sample at a time." if answer["fixed"] else ", for any number of samples."
    if calibration is None and "optimize" not in network.chosen:
        remark += " Its weights have the numbers of the network."
    if calibration is not None:
        pictures = counted(len(calibration), "training picture")
        remark += f" It computes in whole numbers of 8 bits, calibrated with {pictures}."
    return Written(data, session, remark, samples, carried, exact=calibration is None)


def session(data: bytes) -> Module:
    """The network in these bytes as onnxruntime computes it. Raises ``ExportError`` where it does not read them."""
    runtime = onnxruntime()
    settings = runtime.SessionOptions()
    settings.log_severity_level = 3  # errors alone
    try:
        opened = runtime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ExportError(f"onnxruntime does not read it: {_first_line(error)}.") from error
    names = [put.name for put in opened.get_inputs()]

    def computed(*batch: torch.Tensor) -> torch.Tensor:
        given = {name: each.contiguous().numpy() for name, each in zip(names, batch, strict=True)}
        try:
            return torch.from_numpy(opened.run(None, given)[0])
        except Exception as error:
            raise ExportError(f"onnxruntime does not compute it: {_first_line(error)}.") from error

    return computed


def carried(data: bytes) -> Normalization | None:
    """What a file says of pictures."""
    import onnx

    return Normalization.from_metadata({entry.key: entry.value for entry in onnx.load_from_string(data).metadata_props})


def go_on(report: Report, sentence: str, share: float | None = None) -> None:
    """Say how far it is. Raises ``ExportError`` where the person does not wait any more."""
    if not report(sentence, share):
        raise ExportError("The export was stopped, so nothing was written.")


def _job(network: Network, folder: Path, calibration: torch.Tensor | None) -> Job:
    weights = folder / "weights.pt"
    torch.save(dict(network.module.state_dict()), weights)
    part = Part("network", network.source.text, network.source.class_name, _sizes(network))
    metadata = tuple(network.carried.items())
    pictures = folder / "pictures.pt"
    if calibration is not None:
        torch.save(calibration, pictures)
    folds = calibration is not None or "optimize" in network.chosen
    place = str(pictures) if calibration is not None else ""
    return Job(part, str(weights), str(folder / "network.onnx"), folds, metadata, place)


def _sizes(network: Network) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(each.shape[1:]) for each in network.batch)


def _asked(job: Job, report: Report) -> dict[str, Any]:
    """What the process that does this job says at its end. Raises ``ExportError`` where it was stopped or died."""
    go_on(report, "Starting a process that translates…")
    with _running(job) as pipe:
        while True:
            while not pipe.poll(SECONDS):
                go_on(report, "")
            try:
                answer: dict[str, Any] = json.loads(pipe.recv_bytes())
            except (EOFError, OSError) as error:
                raise ExportError(
                    "The process that translates the network ended before it had done so: there may be too little "
                    "memory. Nothing was written."
                ) from error
            if "sentence" not in answer:
                break
            go_on(report, answer["sentence"], answer["share"])
    if "lacking" in answer:
        raise ExportError(answer["lacking"])
    return answer


@contextmanager
def _running(job: Job) -> Iterator[Any]:
    """The pipe of a process that does this job; it is ended with the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
        process.join(LEAVING)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def _blame(network: Network, job: Job, why: str, report: Report) -> str:
    """Why there is no ONNX of this network, with the block named, where one alone does not go either."""
    parts = tuple(_parts(network))
    found = _asked(Job(job.network, job.weights, job.out, job.optimize, parts=parts), report) if parts else {}
    if found.get("part"):
        return f"{found['part']} cannot go to ONNX: {found['why']}. Export it in another way, or replace the block."
    return f"The network as a whole cannot go to ONNX, though each block alone does: {why.rstrip('.')}."


def _parts(network: Network) -> Iterator[Part]:
    """Each block that is another than those before, as a network of its own, called by the names that lead to it."""
    seen = set()
    for path, block, shapes in parts_of(infer(network.graph)):
        if not shapes or (block, shapes) in seen:
            continue
        seen.add((block, shapes))
        draw = Sketch()
        try:
            draw(block, *[draw(Input(tuple(shape))) for shape in shapes])
            text = source(draw.graph())
        except (GraphError, ParameterError, SourceError, ValueError):
            continue  # it does not stand alone
        yield Part(f"{'.'.join(path)} ({block.title})", text.text, text.class_name, tuple(map(tuple, shapes)))


def _first_line(error: BaseException) -> str:
    return (
        next((line for line in str(error).splitlines() if line.strip()), type(error).__name__).strip()[:160].rstrip(".")
    )
