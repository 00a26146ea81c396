"""The command ``import`` of files of other programs: a project, and the weights beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from cnnstudio.cli import main
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.project import read
from cnnstudio.training import weights

onnx = pytest.importorskip("onnx", reason="files of ONNX are made with the onnx package")
KERNEL = np.arange(2 * 9, dtype=np.float32).reshape(2, 1, 3, 3)


def file(path: Path, *operators: str, side: int | str = 6) -> Path:
    """A convolution, with these behind it."""
    names = ["x", "c", *map("v{}".format, range(len(operators)))]
    nodes = [onnx.helper.make_node("Conv", ["x", "k"], ["c"])]
    nodes += [
        onnx.helper.make_node(operator, [names[i + 1]], [names[i + 2]], name=f"last/{operator}")
        for i, operator in enumerate(operators)
    ]
    given = onnx.helper.make_tensor_value_info("x", 1, (1, 1, side, side))
    gives = onnx.helper.make_tensor_value_info(names[-1], 1, None)
    graph = onnx.helper.make_graph(nodes, "g", [given], [gives], [onnx.numpy_helper.from_array(KERNEL, "k")])
    path.write_bytes(
        onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)]).SerializeToString()
    )
    return path


def test_a_network_comes_with_its_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file(Path("net.onnx"), "Relu")
    assert main(["import", "net.onnx"]) == 0
    told = capsys.readouterr().out
    assert "net.cnn: net, 3 blocks, 18 parameters." in told and "net.safetensors: the weights of net.onnx." in told
    project = read(Path("net.cnn"))
    assert project.recipe.weights == str((tmp_path / "net.safetensors").resolve())
    (kept,) = (each for each in weights.read(Path("net.safetensors"))[0].values() if each.dim() == 4)
    assert torch.equal(kept, torch.from_numpy(KERNEL))
    assert main(["import", "net.onnx"]) == 1 and "is there already" in capsys.readouterr().err
    assert main(["import", "net.onnx", "-o", "other.cnn"]) == 0
    assert main(["export", "other.cnn", "--to", "python", "--weights", "other.safetensors"]) == 0


def test_what_does_not_go_with_such_a_file_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file(Path("net.onnx"))
    file(Path("odd.ONNX"), "Det")
    file(Path("open.onnx"), "GlobalAveragePool", side="n")
    for arguments, sentence in (
        (["net.onnx", "--classes", "3"], "a file of ONNX says itself how many there are"),
        (["net.onnx", "--weights", "w.pth"], "a file of ONNX holds its weights itself"),
        (["net.onnx", "--size", "3x8x8"], "It takes images of 1 × 6 × 6, and of no other size"),
        (["none.onnx"], "none.onnx"),
        (["odd.ONNX"], "odd.ONNX cannot be imported. last/Det (Det) has no block here"),
    ):
        assert main(["import", *arguments]) == 1
        assert sentence in capsys.readouterr().err
    assert not list(tmp_path.glob("*.cnn")) and ImportRefused
    assert main(["import", "open.onnx", "--size", "1x9x7", "-o", "o.cnn"]) == 0
    assert read(Path("o.cnn")).graph.inputs[0].block.values["size"] == (1, 9, 7)
