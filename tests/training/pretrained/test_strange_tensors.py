"""What a file of weights may hold beside plain numbers: every door has the same reader, and says the same of it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.export import export
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import import_module
from cnnstudio.exchange.importing.state_dict import load_weights
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.training import weights
from cnnstudio.training.build import build
from cnnstudio.training.device import TrainingError
from cnnstudio.training.pretrained import state_dict_file, strange_tensors
from cnnstudio.training.pretrained.pretrained import put
from cnnstudio.training.weights import WeightsError

KERNEL = (2, 1, 3, 3)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3)
        self.fc1 = nn.Linear(72, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc1(self.conv1(x).flatten(1))


@pytest.fixture(scope="module")
def graph() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(2, 3), Flatten(), Linear(3))
    return draw.graph()


@pytest.fixture(scope="module")
def whole() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return Net().state_dict()


Door = Callable[[Path, Path], dict[str, Tensor]]


@pytest.fixture(scope="module", params=["training", "export", "import"])
def door(request: pytest.FixtureRequest, graph: Graph) -> Door:
    """Takes a file of weights in; the weights that come of it."""
    text = source(graph)
    imported = import_module(Net(), Shape(1, 8, 8), "Net") if request.param == "import" else None

    def training(path: Path, out: Path) -> dict[str, Tensor]:
        module = build(text.text, text.class_name)
        put(module, text, str(path), 1)
        return module.state_dict()

    def exporting(path: Path, out: Path) -> dict[str, Tensor]:
        export(graph, "weights", out, path)
        return weights.read(out)[0]

    def importing(path: Path, out: Path) -> dict[str, Tensor]:
        assert imported is not None
        load_weights(imported, path, out)
        return weights.read(out)[0]

    found: Door = {"training": training, "export": exporting, "import": importing}[request.param]
    return found


def quantized() -> Tensor:
    return torch.quantize_per_tensor(torch.ones(KERNEL), 0.1, 0, torch.qint8)


STRANGE: dict[str, tuple[Callable[[], Any], str]] = {
    "meta": (lambda: torch.zeros(KERNEL, device="meta"), "has no numbers"),
    "sparse": (lambda: torch.ones(KERNEL).to_sparse(), "is sparse"),
    "compressed": (lambda: torch.ones(KERNEL).reshape(2, 9).to_sparse_csr(), "is sparse"),
    "quantized": (quantized, "is quantized"),
    "complex": (lambda: torch.ones(KERNEL, dtype=torch.complex64), "holds complex numbers"),
    "expanded": (lambda: torch.ones(1).expand(10**6, 10**3), "repeats few numbers very often"),
    "four bits": (
        lambda: torch.zeros(KERNEL, dtype=torch.uint8).view(torch.float4_e2m1fn_x2), "of the kind float4_e2m1fn_x2"
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_tensor_is_named_at_every_door(
    kind: str, door: Door, whole: dict[str, Tensor], tmp_path: Path
) -> None:
    make, words = STRANGE[kind]
    torch.save({"state_dict": {**whole, "conv1.weight": make()}, "epoch": 3}, tmp_path / "w.pth")
    with pytest.raises((TrainingError, ExportError, ImportRefused)) as caught:
        door(tmp_path / "w.pth", tmp_path / "out.safetensors")
    assert f"conv1.weight {words}" in str(caught.value) or f"conv1.weight holds numbers {words}" in str(caught.value)
    assert str(caught.value).endswith("only plain tensors of real numbers are read.")
    assert not (tmp_path / "out.safetensors").exists()


@pytest.mark.filterwarnings("ignore")
def test_what_nobody_looks_for_does_no_harm(door: Door, whole: dict[str, Tensor], tmp_path: Path) -> None:
    others = {f"optimizer.{kind}": make() for kind, (make, _) in STRANGE.items()}
    torch.save({"model": whole, "more": others}, tmp_path / "w.pth")
    found = door(tmp_path / "w.pth", tmp_path / "out.safetensors")
    assert all(torch.equal(found[name], tensor) for name, tensor in whole.items())


ODD: dict[str, Callable[[Tensor], Tensor]] = {
    "float8": lambda tensor: tensor.to(torch.float8_e4m3fn),
    "float8 of another kind": lambda tensor: tensor.to(torch.float8_e5m2),
    "half": lambda tensor: tensor.half(),
    "double": lambda tensor: tensor.double(),
    "steps": lambda tensor: torch.stack([tensor, tensor], -1)[..., 0],
    "turned": lambda tensor: tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor,
    "learned": nn.Parameter,
}


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_odd_numbers_are_read_as_they_are(
    kind: str, suffix: str, door: Door, whole: dict[str, Tensor], tmp_path: Path
) -> None:
    path = tmp_path / f"w{suffix}"
    state = {name: ODD[kind](tensor) for name, tensor in whole.items()}
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_file({name: tensor.detach().contiguous() for name, tensor in state.items()}, path)
    found = door(path, tmp_path / "out.safetensors")
    for name, tensor in state.items():
        assert found[name].dtype == torch.float32 and torch.equal(found[name], tensor.detach().float())


def packed(path: Path, size: int) -> None:
    torch.save({"w": torch.zeros(1)}, path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, bytes(size) if name.endswith("data/0") else data)


class Filler:
    def __reduce__(self) -> Any:
        return bytearray, (2**40,)


BOMBS: dict[str, tuple[Callable[[Path], object], str]] = {
    "packed": (lambda path: packed(path, 2 * strange_tensors.SLACK), "would be 2.0. MiB in memory and is"),
    "filler": (lambda path: torch.save({"w": Filler()}, path), "holds more than weights"),
    "filler of old": (
        lambda path: torch.save({"w": Filler()}, path, _use_new_zipfile_serialization=False), "holds more than weights"
    ),
    "words": (lambda path: torch.save({"w": ["x" * 500] * 2}, path), "takes .* and 512 B are read at most"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_fill_the_memory_is_not_opened(bomb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strange_tensors, "MOST_NAMES", 512)
    monkeypatch.setattr(weights, "MOST_NAMES", 512)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was opened"))
    make, words = BOMBS[bomb]
    make(tmp_path / "w.pth")
    with pytest.raises(WeightsError, match=words):
        state_dict_file.read(tmp_path / "w.pth")


def test_a_header_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file({f"t{n}": torch.zeros(0) for n in range(50)}, tmp_path / "w.safetensors")
    assert len(weights.read(tmp_path / "w.safetensors")[0]) == 50
    monkeypatch.setattr(weights, "MOST_NAMES", 512)
    with pytest.raises(WeightsError, match=r"what it says of its tensors takes .* KiB, and 512 B are read at most"):
        state_dict_file.read(tmp_path / "w.safetensors")


def test_of_the_folder_of_a_run_it_is_said_where_its_weights_are(tmp_path: Path) -> None:
    (tmp_path / "best.safetensors").touch()
    with pytest.raises(WeightsError, match=r"the weights are in best\.safetensors and last\.safetensors in it"):
        state_dict_file.read(tmp_path)
