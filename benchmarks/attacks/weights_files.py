"""Files of weights that chance has changed, at each door: as pretrained weights, at the import, and for a run."""

from __future__ import annotations

import json
import random
import struct
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from attacks.mutants import attempt, bytes_changed
from attacks.outcome import Outcome
from cnnstudio.compiler.source import source
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.state_dict import load_weights
from cnnstudio.graph import Shape
from cnnstudio.training import weights
from cnnstudio.training.build import build
from cnnstudio.training.pretrained import state_dict_file
from cnnstudio.training.weights import WeightsError
from cnnstudio.zoo import lenet5


def _plain() -> dict[str, torch.Tensor]:
    return dict(build(source(lenet5()).text).state_dict())


def files(count: int, chance: random.Random, folder: Path) -> Iterator[Path]:
    """So many files in the folder: .safetensors and .pth, whole, changed, and of tensors that a network has not."""
    tensors = _plain()
    first = next(iter(tensors))
    for number in range(count):
        changed = dict(tensors)
        match chance.randrange(8):
            case 0:
                changed[first] = torch.full_like(changed[first], chance.choice((float("nan"), float("inf"), 1e38)))
            case 1:
                changed[first] = changed[first].to(
                    chance.choice((torch.float16, torch.complex64, torch.int8, torch.bool))
                )
            case 2:
                changed[first] = torch.empty(changed[first].shape, device="meta")
            case 3:
                changed[first] = changed[first].to_sparse()
            case 4:
                changed[first] = changed[first].reshape(-1)[: chance.randrange(1, 20)].clone()
            case 5:
                changed[chance.choice(("", "stranger", "a" * 5_000, "../stranger"))] = changed.pop(first)
            case 6:
                changed = {}
        path = folder / f"{number}{chance.choice(('.safetensors', '.pth'))}"
        if path.suffix == ".pth":
            torch.save(chance.choice((changed, {"state_dict": changed}, [changed], {"model": {"net": changed}})), path)
        else:
            plain = {k: v for k, v in changed.items() if v.layout == torch.strided and v.device.type == "cpu"}
            path.write_bytes(_header_changed(save(plain), chance) if chance.random() < 0.3 else save(plain))
        if chance.random() < 0.5:
            path.write_bytes(bytes_changed(path.read_bytes(), chance))
        yield path


def _header_changed(data: bytes, chance: random.Random) -> bytes:
    """A safetensors file whose header says something else: another place, size or kind of a tensor."""
    size = struct.unpack("<Q", data[:8])[0]
    header: dict[str, Any] = json.loads(data[8 : 8 + size])
    if header:
        entry = header[chance.choice([*header])]
        key = chance.choice([*entry])
        entry[key] = chance.choice(([0, 2**40], [-1, 4], [10**9], [], "F64", "stranger", None, [2**63, 2]))
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + size :]


def _pretrained(path: Path) -> str:
    wanted = {name: tensor.numel() for name, tensor in _plain().items()}
    try:
        fit = state_dict_file.read(path).fitting(wanted)
    except WeightsError as error:
        return _said(error)
    return "opened" if fit.tensors else "empty"


def _of_a_run(path: Path) -> str:
    try:
        weights.read(path)
    except WeightsError as error:
        return _said(error)
    return "opened"


@cache
def _network() -> Imported:
    return import_module(build(source(lenet5()).text), Shape(1, 28, 28))


def _imported(path: Path) -> str:
    try:
        load_weights(_network(), path, path.with_suffix(".out.safetensors"))
    except ImportRefused as error:
        return _said(error)
    return "opened"


def _said(error: Exception) -> str:
    text = str(error)
    assert text.strip() and "Traceback" not in text and "\x00" not in text, f"no sentence: {text[:200]}"
    return "refused"


DOORS = {"pretrained": _pretrained, "a run's": _of_a_run, "an import's": _imported}


def attack(count: int, chance: random.Random) -> Outcome:
    """Open so many files, each at every door."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        for path in files(count, chance, Path(folder)):
            for door, read in DOORS.items():
                attempt(outcome, f"{path.name} as {door} weights", b"", lambda _, read=read, path=path: read(path))
    return outcome
