"""Reading .onnx files by their bytes alone: what is wrong in one is a sentence, and nothing is run."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from cnnstudio.compiler.source import source
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.state_dict import carry
from cnnstudio.exchange.importing.translating import onnx_model
from cnnstudio.exchange.importing.translating.onnx_import import import_onnx
from cnnstudio.training.build import build

# a writer of protobuf, as small as the reader


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    found = b""
    while number > 127:
        found, number = found + bytes([number & 127 | 128]), number >> 7
    return found + bytes([number])


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, array: np.ndarray) -> bytes:
    kind = {"f": 1, "i": 7}[array.dtype.kind]
    return (
        b"".join(field(1, size) for size in array.shape) + field(2, kind) + field(8, name) + field(9, array.tobytes())
    )


def numbers(name: str, *values: int) -> bytes:
    return field(5, field(1, name) + field(8, b"".join(map(varint, values))) + field(20, 7))


def node(operator: str, reads: str, gives: str, *attributes: bytes, domain: str = "") -> bytes:
    named = b"".join(field(1, each) for each in reads.split(",")) + field(2, gives)
    return field(1, named + field(3, f"at_{gives}") + field(4, operator) + b"".join(attributes) + field(7, domain))


def value(name: str, *sizes: int) -> bytes:
    shape = b"".join(field(1, field(1, size)) for size in sizes)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))


def model(*parts: bytes, sizes: tuple[int, ...] = (1, 2, 6, 6), opset: int = 17) -> bytes:
    graph = b"".join(parts) + field(11, value("x", *sizes)) + field(12, value("y"))
    return field(1, 8) + field(8, field(2, opset)) + field(7, graph)


KERNEL = np.random.default_rng(0).normal(size=(3, 2, 3, 3)).astype(np.float32)


def small() -> bytes:
    return model(
        node("Conv", "x,k", "c", numbers("pads", 1, 1, 1, 1)), node("Relu", "c", "y"), field(5, tensor("k", KERNEL))
    )


BRANCH = field(5, field(1, "then_branch") + field(6, b"") + field(20, 5))
BOTTOMLESS = field(5, field(1, 2**40) + field(2, 1) + field(8, "k") + field(9, b""))
CUBE = field(5, tensor("k", np.array([2**20] * 3)))


def put(folder: Path, data: bytes) -> Path:
    path = folder / "net.onnx"
    path.write_bytes(data)
    return path


def test_a_file_is_read_without_any_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onnx", "onnxruntime", "google", "google.protobuf"):
        monkeypatch.setitem(sys.modules, name, None)
    imported = import_onnx(put(tmp_path, small()))
    assert [type(each.block).__name__ for each in imported.graph] == ["Input", "Conv2d", "ReLU"]
    text = source(imported.graph)
    module = build(text.text, text.class_name, 0)
    assert imported.state is not None
    module.load_state_dict(carry(imported, imported.state).state)
    images = torch.randn(3, 2, 6, 6)
    wanted = F.relu(F.conv2d(images, torch.from_numpy(KERNEL), padding=1))
    torch.testing.assert_close(module(images), wanted)


def test_opening_one_runs_nothing_and_opens_nothing_else(tmp_path: Path) -> None:
    path = put(tmp_path, small())
    import_onnx(path)  # whatever is imported on the way is, by now
    opened: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if active and event in ("open", "exec", "subprocess.Popen", "os.system", "socket.connect", "ctypes.dlopen"):
            opened.append(f"{event} {arguments[0]}")

    active = True
    sys.addaudithook(watch)
    onnx_model.read_onnx(path)
    active = False
    assert opened == [f"open {path}"]


@pytest.mark.parametrize("cut", [1, 7, 40, 120, -1])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, cut: int) -> None:
    with pytest.raises(ImportRefused, match=r"net\.onnx (is no ONNX file, or it is damaged|cannot be imported)"):
        import_onnx(put(tmp_path, small()[:cut]))


def test_no_byte_that_is_turned_round_makes_more_than_a_sentence(tmp_path: Path) -> None:
    whole = small()
    refused = 0
    for place in range(0, len(whole), 13):
        data = bytearray(whole)
        data[place] ^= 0x55
        try:
            onnx_model.parsed(bytes(data), tmp_path)
            import_onnx(put(tmp_path, bytes(data)))
        except (ImportRefused, ValueError):
            refused += 1
    assert refused


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is no ONNX file"),
        (b"\x80" * 40, "is no ONNX file"),
        (model(node("Det", "x", "y")), r"at_y \(Det\) has no block here and cannot be written as PyTorch\."),
        (model(node("De\nt", "x", "y")), r"at_y \(De\\nt\) has no block here"),
        (model(node("Magic", "x", "y", domain="com.acme")), r"at_y \(Magic\) belongs to com\.acme, and not to ONNX"),
        (model(node("Relu", "z", "y")), "reads z, which nothing before it gives"),
        (model(node("If", "x", "y", BRANCH)), "decides while it runs"),
        (model(node("Conv", "x,x", "y")), "computes its weights or settings while it runs"),
        (model(node("Relu", "x", "q")), "does not depend on the image"),
        (model(node("MaxPool", "x", "y")), r"at_y \(MaxPool\) is not said as ONNX says it"),
        (model(node("QuantizeLinear", "x", "y")), "whole numbers of 8 bits"),
        (model(node("Relu", "x", "y"), field(11, value("x2", 1, 2))), "takes 2 inputs"),
        (model(node("Relu", "x", "y"), sizes=(1, 2, 3)), "something of 3 axes"),
        (model(node("Relu", "x", "y"), BOTTOMLESS), "damaged"),
        (model(node("Conv", "x,k", "y"), field(5, tensor("k", KERNEL[:, :1]))), "does not go with what it is given"),
        (model(node("Relu", "x", "y"), sizes=(1, 2, 2**30, 2**30)), "larger than any"),
        (model(node("Reshape", "x,k", "y"), field(5, tensor("k", np.array([5, 7])))), "does not go with"),
        (model(node("ConstantOfShape", "k", "c"), node("Add", "x,c", "y"), CUBE), "more numbers of constants"),
        (field(25, b"") + small(), "local functions"),
    ],
)  # fmt: skip
def test_what_is_not_understood_names_the_node_and_the_operator(tmp_path: Path, data: bytes, sentence: str) -> None:
    with pytest.raises(ImportRefused, match=sentence) as refused:
        import_onnx(put(tmp_path, data))
    assert "\n" not in str(refused.value) and str(refused.value).endswith(".")


@pytest.mark.parametrize("place", ["../secret", "/etc/passwd", "a/b", "..", "", "c:\\x", "link"])
def test_weights_are_read_from_right_beside_the_file_alone(tmp_path: Path, place: str) -> None:
    (tmp_path / "secret").write_bytes(KERNEL.tobytes())
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    told = field(13, field(1, "location") + field(2, place)) + field(14, 1)
    held = b"".join(field(1, size) for size in KERNEL.shape) + field(2, 1) + field(8, "k") + told
    with pytest.raises(ImportRefused, match="only a file right beside it is read"):
        import_onnx(put(folder, model(node("Conv", "x,k", "y"), field(5, held))))


def test_numbers_that_stand_one_by_one_and_halves_are_read() -> None:
    listed = field(1, 3) + field(2, 1) + field(4, struct.pack("<3f", 1, 2, 3)) + field(8, "f")
    whole = field(1, 2) + field(2, 7) + field(7, varint(-5) + varint(300)) + field(8, "i")
    brain = field(1, 2) + field(2, 16) + field(9, struct.pack("<2H", 0x3F80, 0xC000)) + field(8, "b")
    half = field(1, 1) + field(2, 10) + field(5, varint(0x3C00)) + field(8, "h")
    found = onnx_model.parsed(model(*(field(5, each) for each in (listed, whole, brain, half))), Path())
    assert {name: each.tolist() for name, each in found.tensors.items()} == {
        "f": [1, 2, 3], "i": [-5, 300], "b": [1, -2], "h": [1],
    }  # fmt: skip
