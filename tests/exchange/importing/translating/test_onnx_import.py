"""ONNX files as networks: each computes what onnxruntime computes of the file, and is made of blocks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from cnnstudio.blocks import (
    AvgPool2d,
    BatchNorm2d,
    ChannelShuffle,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Hardswish,
    Input,
    Linear,
    MaxPool2d,
    Opaque,
    ReLU6,
    SiLU,
    Upsample,
)
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.onnx_runtime import onnxruntime
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported
from cnnstudio.exchange.importing.state_dict import carry
from cnnstudio.exchange.importing.translating import followed
from cnnstudio.exchange.importing.translating.onnx_import import import_onnx
from cnnstudio.graph import Block, Shape
from cnnstudio.headroom import NoRoomError
from cnnstudio.training.build import build

onnx = pytest.importorskip("onnx", reason="files of ONNX are made with the onnx package")
pytest.importorskip("onnxscript", reason="torch's exporter needs onnxscript")
runtime = onnxruntime()
helper = onnx.helper


def ours(imported: Imported) -> nn.Module:
    """The imported network with the weights that came with it."""
    assert imported.state is not None
    text = source(imported.graph)
    module = build(text.text, text.class_name, 0).eval()
    module.load_state_dict(carry(imported, imported.state).state)
    return module


def gap(path: Path, imported: Imported, batch: int, to_theirs: Callable[[Tensor], Tensor] = lambda x: x) -> float:
    """The greatest difference to what onnxruntime computes, of the greatest output."""
    (node,) = imported.graph.inputs
    images = torch.randn(batch, *node.block.shape())
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = session.run(None, {session.get_inputs()[0].name: to_theirs(images).numpy()})[0]
    with torch.no_grad():
        found = ours(imported)(images).numpy()
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max() / max(1.0, np.abs(wanted).max()))


def blocks(imported: Imported) -> list[Block]:
    return [node.block for node in imported.graph]


def exported(module: nn.Module, size: tuple[int, ...], path: Path, dynamo: bool = False, **told: Any) -> Path:
    """The file that torch's own exporter makes: the older one, or with ``dynamo`` the newer."""
    torch.manual_seed(1)
    for name, each in module.named_buffers():
        if name.endswith("running_mean"):
            each.normal_(0, 0.3)
        elif name.endswith("running_var"):
            each.uniform_(0.5, 1.5)
    images = torch.randn(2, *size)
    shapes: dict[str, Any] = {"dynamic_shapes": ({0: "n"},), "external_data": False} if dynamo else {}
    shapes = shapes or {"dynamic_axes": {"x": {0: "n"}}, "input_names": ["x"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module.eval(), (images,), str(path), dynamo=dynamo, verbose=False, **(shapes | told))
    return path


class Residual(nn.Module):
    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6, 1e-3, 0.05)
        self.one, self.two = nn.Conv2d(6, 6, 3, padding=1), nn.Conv2d(6, 6, 1, bias=False)
        self.drop, self.head = nn.Dropout(dropout), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.norm(self.stem(x))), 3, 2, 1)
        x = F.relu(self.two(F.relu(self.one(x))) + x)
        return self.head(self.drop(F.adaptive_avg_pool2d(x, 1).flatten(1)))


class Mobile(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.expand, self.depth = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 5, 2, 2, groups=8)
        self.squeeze, self.excite = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
        self.norm, self.head = nn.BatchNorm2d(8), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.silu(self.norm(self.depth(F.hardswish(self.expand(x)))))
        scale = torch.sigmoid(self.excite(F.relu6(self.squeeze(x.mean((2, 3), keepdim=True)))))
        return F.log_softmax(self.head((x * scale).mean((2, 3))), 1)


class Unet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down, self.middle = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, 2, 1)
        self.up, self.out = nn.ConvTranspose2d(8, 4, 3, 2, 1, output_padding=1), nn.Conv2d(12, 2, 3, padding="same")
        self.act = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.down(x))
        y = F.elu(self.middle(x))
        smooth = F.interpolate(y[:, :4], scale_factor=2, mode="bilinear")
        return torch.tanh(self.out(torch.cat([self.up(y), smooth, F.pad(x[:, :, 1:], (0, 0, 0, 1), "reflect")], 1)))


class Shuffled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.shuffle = nn.Conv2d(3, 8, 3, groups=1), nn.ChannelShuffle(2)
        self.group, self.row, self.head = nn.GroupNorm(2, 8), nn.LayerNorm(8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        left, right = self.group(x).chunk(2, 1)
        x = F.avg_pool2d(torch.cat([right, left], 1), 3, 2, 1, ceil_mode=True, count_include_pad=False)
        return self.head(F.gelu(self.row(x.amax((2, 3)))))


@pytest.mark.parametrize("dynamo", [False, True], ids=["older", "newer"])
def test_a_residual_network_whose_norm_was_folded(tmp_path: Path, dynamo: bool) -> None:
    path = exported(Residual(), (3, 18, 18), tmp_path / "r.onnx", dynamo)
    imported = import_onnx(path)
    assert gap(path, imported, 3) < 1e-5
    assert not imported.notes and not any(isinstance(each, Opaque | BatchNorm2d) for each in blocks(imported))
    assert Linear(5) in blocks(imported)


def test_a_mobile_network_has_its_gates_and_products(tmp_path: Path) -> None:
    path = exported(Mobile(), (3, 16, 16), tmp_path / "m.onnx")
    imported = import_onnx(path)
    assert gap(path, imported, 3) < 1e-5
    kinds = {type(each) for each in blocks(imported)}
    assert {SiLU, Hardswish, ReLU6} <= kinds and Opaque not in kinds


def test_norm_and_dropout_that_were_kept_are_blocks_with_their_numbers(tmp_path: Path) -> None:
    kept = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
    module = Residual(0.25)
    path = exported(module, (3, 18, 18), tmp_path / "k.onnx", **kept)
    model = onnx.load(path)
    if all(node.op_type != "BatchNormalization" for node in model.graph.node):
        pytest.skip("this exporter folds it all the same")
    imported = import_onnx(path)
    assert gap(path, imported, 2) < 1e-5
    (norm,) = (each for each in blocks(imported) if isinstance(each, BatchNorm2d))
    assert (norm.eps, norm.momentum) == (1e-3, 0.05)


def test_a_u_net_with_transposed_convolutions_and_two_ways_up(tmp_path: Path) -> None:
    path = exported(Unet(), (1, 8, 12), tmp_path / "u.onnx")
    imported = import_onnx(path)
    assert gap(path, imported, 2) < 1e-5
    assert {ConvTranspose2d, Upsample, Concat} <= {type(each) for each in blocks(imported)}


def test_shuffles_groups_and_pieces(tmp_path: Path) -> None:
    path = exported(Shuffled(), (3, 11, 11), tmp_path / "s.onnx")
    imported = import_onnx(path)
    assert gap(path, imported, 2) < 1e-5
    assert ChannelShuffle(2) in blocks(imported)


# files as other programs write them


def weight(*sizes: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + sum(sizes)).normal(0, 0.3, sizes).astype(np.float32)


def written(
    path: Path,
    nodes: list[Any],
    tensors: dict[str, np.ndarray],
    sizes: tuple[int | str, ...],
    opset: int = 17,
) -> Path:
    """A file made by hand: ``x`` goes in, ``y`` comes out."""
    held = [onnx.numpy_helper.from_array(each, name) for name, each in tensors.items()]
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", kind, sizes)],
        [helper.make_tensor_value_info("y", kind, None)], held,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def node(operator: str, reads: str, gives: str, **told: Any) -> Any:
    return helper.make_node(operator, reads.split(","), gives.split(","), name=f"net/{gives}/{operator}", **told)


def test_a_network_of_keras_is_turned_back(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", "x", "t", perm=[0, 3, 1, 2]),
        node("Conv", "t,k", "c", auto_pad="SAME_UPPER", strides=[2, 2]),
        node("Add", "c,b", "cb"),
        node("Relu", "cb", "r"),
        node("MaxPool", "r", "p", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"),
        node("Transpose", "p", "l", perm=[0, 2, 3, 1]),
        node("Reshape", "l,flat", "f"),
        node("MatMul", "f,dense", "m"),
        node("Add", "m,bias", "d"),
        node("Softmax", "d", "y"),
    ]
    tensors = {
        "k": weight(6, 3, 3, 3), "b": weight(6).reshape(1, 6, 1, 1), "flat": np.array([-1, 96]), "dense": weight(96, 4),
        "bias": weight(4),
    }  # fmt: skip
    path = written(tmp_path / "keras.onnx", nodes, tensors, ("n", 16, 16, 3))
    imported = import_onnx(path)
    assert gap(path, imported, 3, lambda x: x.permute(0, 2, 3, 1).contiguous()) < 1e-5
    assert Input((3, 16, 16)) in blocks(imported) and not any(isinstance(each, Opaque) for each in blocks(imported))
    (conv,) = (each for each in blocks(imported) if isinstance(each, Conv2d))
    assert conv.bias and any("height, width, channels" in note for note in imported.notes)
    assert MaxPool2d(3, 2, ceil_mode=True) in blocks(imported), "uneven padding without a block of its own"


@pytest.mark.parametrize("side", [11, 12, 13])
def test_every_pooling_takes_its_border_as_onnx_says(tmp_path: Path, side: int) -> None:
    told: list[dict[str, Any]] = [
        {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1},
        {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [0, 0, 1, 1]},
        {"kernel_shape": [2, 2], "auto_pad": "SAME_UPPER"},
        {"kernel_shape": [2, 2], "auto_pad": "SAME_LOWER"},
        {"kernel_shape": [5, 5], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
    ]
    means = [*told, {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1},
             {"kernel_shape": [3, 3], "pads": [0, 1, 1, 0], "count_include_pad": 1}]  # fmt: skip
    for number, (operator, each) in enumerate([*(("MaxPool", t) for t in told), *(("AveragePool", t) for t in means)]):
        path = written(tmp_path / f"p{number}.onnx", [node(operator, "x", "y", **each)], {}, ("n", 2, side, side), 19)
        assert gap(path, import_onnx(path), 2) < 1e-6, (operator, each)


def test_transposed_convolutions_are_cut_as_onnx_says(tmp_path: Path) -> None:
    for number, each in enumerate((
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"strides": [2, 2], "auto_pad": "SAME_LOWER"},
        {"strides": [2, 2], "pads": [0, 0, 1, 1]},
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
        {"strides": [3, 2], "output_shape": [15, 11]},
    )):  # fmt: skip
        nodes = [node("ConvTranspose", "x,k,b", "y", **each)]
        tensors = {"k": weight(3, 2, 3, 3), "b": weight(2)}
        path = written(tmp_path / f"t{number}.onnx", nodes, tensors, ("n", 3, 5, 5))
        assert gap(path, import_onnx(path), 2) < 1e-6, each


def test_tensors_are_found_by_the_graph_whatever_they_are_called(tmp_path: Path) -> None:
    """Names and sizes are alike and crossed; the file fixes one image, as MATLAB's do, and is of an old opset."""
    nodes = [
        node("Conv", "x,two.weight,bn.bias", "c", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "c,mean,scale,offset,var", "n", epsilon=0.002, momentum=0.7),
        node("Clip", "n,low,high", "r"),
        node("Conv", "r,one.weight", "d", pads=[1, 0, 0, 1], dilations=[2, 1]),
        node("PRelu", "d,slope", "q"),
        node("LRN", "q", "l", size=3, alpha=0.01, beta=0.6, bias=2.0),
        node("InstanceNormalization", "l,scale,offset", "i"),
        node("HardSigmoid", "i", "h", alpha=0.25, beta=0.4),
        node("Pad", "h,border,", "z"),
        node("ReduceMean", "z,axes", "g", keepdims=0),
        node("Gemm", "g,head,offset", "y", transB=1, alpha=0.5, beta=2.0),
    ]
    tensors = {
        "one.weight": weight(4, 4, 3, 3, seed=1), "two.weight": weight(4, 4, 3, 3, seed=2),
        "bn.bias": weight(4, seed=3), "mean": weight(4, seed=4), "scale": weight(4, seed=5),
        "offset": weight(4, seed=6),
        "var": weight(4, seed=7) ** 2,
        "low": np.array(0, np.float32), "high": np.array(6, np.float32), "slope": weight(4, 1, 1),
        "border": np.array([0, 0, 1, 0, 0, 0, 2, 1]), "axes": np.array([-2, -1]), "head": weight(4, 4, seed=8),
    }  # fmt: skip
    path = written(tmp_path / "m.onnx", nodes, tensors, (1, 4, 9, 9), 18)
    imported = import_onnx(path)
    assert gap(path, imported, 1) < 1e-5
    (norm,) = (each for each in blocks(imported) if isinstance(each, BatchNorm2d))
    assert (norm.eps, norm.momentum) == (0.002, 0.3)
    assert imported.graph.nodes.keys() >= {"c", "n", "d"}, "called as in the file"


def test_sizes_that_are_worked_out_on_the_way_are_numbers(tmp_path: Path) -> None:
    """Shape, Gather, Concat, Reshape, as older exporters write a view of the batch."""
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s,zero", "n"),
        node("Unsqueeze", "n,zeros", "nn"),
        node("Concat", "nn,rest", "to", axis=0),
        node("Reshape", "x,to", "f"),
        node("Gemm", "f,w", "y"),
    ]
    tensors = {"zero": np.array(0), "zeros": np.array([0]), "rest": np.array([-1]), "w": weight(36, 3)}
    path = written(tmp_path / "v.onnx", nodes, tensors, ("n", 1, 6, 6))
    imported = import_onnx(path)
    assert gap(path, imported, 3) < 1e-6
    assert [type(each).__name__ for each in blocks(imported)] == ["Input", "Flatten", "Linear"]


def test_a_file_without_a_size_is_followed_with_a_usual_one_and_says_so(tmp_path: Path) -> None:
    nodes = [node("Conv", "x,k", "c"), node("GlobalAveragePool", "c", "g"), node("Flatten", "g", "y")]
    path = written(tmp_path / "any.onnx", nodes, {"k": weight(4, 3, 3, 3)}, ("n", 3, "h", "w"))
    imported = import_onnx(path)
    assert imported.notes[0] == "any.onnx takes images of any size; it was followed with images of 3 × 224 × 224."
    assert import_onnx(path, Shape(3, 40, 30)).graph.inputs[0].block == Input((3, 40, 30))
    assert gap(path, imported, 1) < 1e-5


def test_weights_in_a_file_beside_it_are_read(tmp_path: Path) -> None:
    path = written(tmp_path / "big.onnx", [node("Conv", "x,k", "y")], {"k": weight(4, 3, 3, 3)}, ("n", 3, 8, 8))
    whole = import_onnx(path)
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="big.data", size_threshold=0)
    beside = import_onnx(path)
    assert whole.state is not None and beside.state is not None
    assert torch.equal(*(next(iter(each.values())) for each in (whole.state, beside.state)))
    (tmp_path / "big.data").write_bytes(b"short")
    with pytest.raises(Exception, match=r"big\.data holds fewer numbers than the network needs"):
        import_onnx(path)


def test_our_own_file_comes_back_with_labels_and_normalisation(tmp_path: Path) -> None:
    path = written(tmp_path / "own.onnx", [node("Conv", "x,k", "y")], {"k": weight(2, 1, 3, 3)}, ("n", 1, 5, 5))
    model = onnx.load(path)
    helper.set_model_props(model, {"mean": "[0.25]", "std": "[0.5]", "classes": '["a", "b"]'})
    onnx.save(model, path)
    known = import_onnx(path).normalization
    assert known is not None and (known.mean, known.std, known.classes) == ((0.25,), (0.5,), ("a", "b"))


def test_average_pooling_counts_as_it_did(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.onnx", [node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1])], {}, (1, 1, 6, 6)
    )
    assert AvgPool2d(3, 1, 1, count_include_pad=False) in blocks(import_onnx(path))


@pytest.mark.parametrize("operator", ["Div", "Mul"])
def test_a_gelu_that_was_taken_apart_is_one_block(tmp_path: Path, operator: str) -> None:
    nodes = [
        node("Conv", "x,k", "c"),
        node(operator, "c,root", "s"),
        node("Erf", "s", "e"),
        node("Add", "e,one", "a"),
        node("Mul", "c,a", "m"),
        node("Mul", "m,half", "y"),
    ]
    root = np.array(2**0.5 if operator == "Div" else 0.5**0.5, np.float32)
    tensors = {"k": weight(2, 1, 3, 3), "root": root, "one": np.array(1, np.float32), "half": np.array(0.5, np.float32)}
    path = written(tmp_path / "g.onnx", nodes, tensors, ("n", 1, 6, 6), 14)
    imported = import_onnx(path)
    assert [type(each).__name__ for each in blocks(imported)] == ["Input", "Conv2d", "GELU"]
    assert gap(path, imported, 2) < 1e-6
    path = written(tmp_path / "no.onnx", nodes, {**tensors, "one": np.array(1.5, np.float32)}, ("n", 1, 6, 6), 14)
    imported = import_onnx(path)
    assert gap(path, imported, 2) < 1e-6 and "GELU" not in {type(each).__name__ for each in blocks(imported)}


def test_a_mean_image_in_the_file_does_not_learn(tmp_path: Path) -> None:
    nodes = [node("Sub", "x,mean", "s"), node("Conv", "s,k", "y")]
    tensors = {"mean": weight(1, 3, 8, 8), "k": weight(2, 3, 3, 3)}
    path = written(tmp_path / "matlab.onnx", nodes, tensors, (1, 3, 8, 8))
    imported = import_onnx(path)
    assert gap(path, imported, 1) < 1e-6
    assert any(note.endswith("not trained in the original, and frozen here.") for note in imported.notes)


def test_it_can_be_stopped_between_any_two_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "s.onnx", [node("Conv", "x,k", "y")], {"k": weight(2, 3, 3, 3)}, ("n", 3, 8, 8))
    said: list[str] = []
    for steps in range(3):
        said.clear()

        def report(sentence: str, share: float | None, most: int = steps) -> bool:
            said.append(sentence)
            return len(said) <= most

        with pytest.raises(ImportRefused, match=r"s\.onnx was not imported: it was stopped"):
            import_onnx(path, report=report)
        assert len(said) == steps + 1
    monkeypatch.setattr(followed, "headroom", lambda: 100)
    with pytest.raises(NoRoomError, match=r"Importing s\.onnx takes about .* of memory"):
        import_onnx(path)
