"""ONNX: one file that onnxruntime reads, of any number of pictures, with what a stranger needs to use it."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from cnnstudio.blocks import (
    AdaptiveMaxPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    FractionalMaxPool2d,
    Group,
    Input,
    Linear,
    MaxPool2d,
    Opaque,
    ReLU,
    RReLU,
)
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting import formats, onnx_file
from cnnstudio.exchange.exporting.delivery import Wanted, deliver
from cnnstudio.exchange.exporting.export import Exported, export
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.model_card import MARK, card_path, worst_class
from cnnstudio.exchange.exporting.onnx_limits import LIMITS, limit
from cnnstudio.exchange.exporting.onnx_process import OPSET
from cnnstudio.exchange.exporting.onnx_runtime import SILENCE, onnxruntime
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import Block, Graph, Shape, Sketch
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.build import build
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.weights import Held

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
runtime = onnxruntime()

RECIPE = Recipe(data="digits")


def chain(*blocks: Block, size: tuple[int, ...] = (1, 8, 8)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    return draw.graph()


@pytest.fixture(scope="module")
def digits() -> Data:
    return load(RECIPE, Shape(1, 8, 8))


@pytest.fixture(scope="module")
def project() -> Project:
    return Project(chain(Conv2d(8, 3), BatchNorm2d(), ReLU(), MaxPool2d(2), Flatten(), Linear(10)), RECIPE)


@pytest.fixture(scope="module")
def module(project: Project, digits: Data) -> torch.nn.Module:
    """The network after a few steps: it tells most digits."""
    torch.manual_seed(0)
    made = build(source(project.graph).text)
    optimizer = torch.optim.Adam(made.parameters(), 0.02)
    for _ in range(30):
        loss = F.cross_entropy(made(prepared(digits.train_images, digits)), digits.train_labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return made.eval()


@pytest.fixture(scope="module")
def held(module: torch.nn.Module, digits: Data) -> Held:
    said = Normalization(digits.mean, digits.std, digits.classes, loss="cross-entropy")
    return Held(module.state_dict(), {**said.metadata(), "epoch": "30"})


@pytest.fixture(scope="module")
def delivered(project: Project, held: Held, tmp_path_factory: pytest.TempPathFactory) -> tuple[Exported, str]:
    """The file with its card; of a network that learned."""
    path = tmp_path_factory.mktemp("onnx") / "digits.onnx"
    return deliver(project, "onnx", path, held, Wanted("Digits | *mine*"))


def prepared(images: torch.Tensor, data: Data) -> torch.Tensor:
    mean, std = torch.tensor(data.mean).view(-1, 1, 1), torch.tensor(data.std).view(-1, 1, 1)
    return (images.float() / 255 - mean) / std


def test_it_is_one_file_of_the_opset_it_says_and_of_any_batch(delivered: tuple[Exported, str]) -> None:
    exported, sentence = delivered
    model = onnx.load(exported.path, load_external_data=False)
    onnx.checker.check_model(model, full_check=True)
    assert [entry.version for entry in model.opset_import if entry.domain == ""] == [OPSET]
    assert f"opset {OPSET}, in one file, for any number of samples" in sentence
    assert {path.name for path in exported.path.parent.iterdir()} == {"digits.onnx", "digits card.md"}
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    batch, *sizes = model.graph.input[0].type.tensor_type.shape.dim
    assert batch.dim_param and [each.dim_value for each in sizes] == [1, 8, 8]


@pytest.mark.parametrize("samples", [1, 2, 7])
def test_onnxruntime_gives_what_the_network_gives(
    delivered: tuple[Exported, str], module: torch.nn.Module, digits: Data, samples: int
) -> None:
    given = prepared(digits.validation_images[:samples], digits)
    session = runtime.InferenceSession(delivered[0].path.read_bytes(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: given.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(found, module(given).numpy(), atol=1e-4)


def test_it_carries_what_a_stranger_needs(delivered: tuple[Exported, str], digits: Data) -> None:
    told = {entry.key: entry.value for entry in onnx.load(delivered[0].path).metadata_props}
    assert json.loads(told["classes"]) == list("0123456789") and json.loads(told["inputs"]) == [[1, 8, 8]]
    assert json.loads(told["mean"]) == list(digits.mean) and json.loads(told["std"]) == list(digits.std)
    assert told["probabilities"] == "softmax"
    assert "8 x 8 pixels" in told["pictures"] and "grey" in told["pictures"] and "subtract the mean" in told["pictures"]


def test_its_accuracy_is_that_of_the_file_and_its_worst_class_is_named(
    delivered: tuple[Exported, str], module: torch.nn.Module, digits: Data
) -> None:
    exported, sentence = delivered
    with torch.no_grad():
        answers = module(prepared(digits.validation_images, digits)).argmax(1)
    right = int((answers == digits.validation_labels).sum())
    assert right > len(digits.validation_labels) / 2, "or the test says nothing"
    found = exported.measured
    assert found is not None and found.scores is not None and found.scores.right == right
    assert f"{right:,} of {len(digits.validation_labels)} validation pictures are told right" in sentence
    assert found.size == exported.path.stat().st_size and 0 < found.p50 <= found.p95 and found.calls >= 20
    by_class = [float((answers == n)[digits.validation_labels == n].float().mean()) for n in range(10)]
    assert worst_class(found.scores) == int(np.argmin(by_class))


def test_its_card_says_data_licence_classes_worst_class_and_limits(delivered: tuple[Exported, str]) -> None:
    exported = delivered[0]
    text = card_path(exported.path).read_text(encoding="utf-8")
    assert text.startswith(f"{MARK}\n# Digits \\| \\*mine\\*: model card\n")
    assert exported.measured is not None and exported.measured.scores is not None
    worst = worst_class(exported.measured.scores)
    assert f"Its worst class is **{worst}**" in text
    for words in ("CC BY 4.0", "## What it must not be used for", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9", "SHA-256", "(p95)"):
        assert words in text


def test_folding_is_a_choice_that_keeps_or_changes_the_numbers(
    onnx_in_this_process: None, project: Project, held: Held, delivered: tuple[Exported, str], tmp_path: Path
) -> None:
    path = tmp_path / "as-it-is.onnx"
    told = export(project.graph, "onnx", path, held, recipe=RECIPE, choices=frozenset()).sentence
    assert "Its weights have the numbers of the network" in told and "have the numbers" not in delivered[1]

    def kernel(of: Path) -> np.ndarray:
        return next(
            onnx.numpy_helper.to_array(each)
            for each in onnx.load(of).graph.initializer
            if tuple(each.dims) == (8, 1, 3, 3)
        )

    own = held.tensors["conv1.weight"].numpy()
    np.testing.assert_array_equal(kernel(path), own)
    assert not np.allclose(kernel(delivered[0].path), own)


def test_in_whole_numbers_it_says_what_that_costs(
    onnx_in_this_process: None, project: Project, held: Held, digits: Data, tmp_path: Path
) -> None:
    exported, told = deliver(project, "onnx-int8", tmp_path / "small.onnx", held, Wanted("Digits"), known=digits)
    model = onnx.load(exported.path)
    assert {"QuantizeLinear", "DequantizeLinear"} <= {node.op_type for node in model.graph.node}
    assert any(
        each.data_type == onnx.TensorProto.INT8 and tuple(each.dims) == (8, 1, 3, 3) for each in model.graph.initializer
    )
    assert "calibrated with 256 training pictures" in told
    found = exported.measured
    assert found is not None and found.scores is not None and found.before is not None
    lost = 100 * (found.before.right - found.scores.right) / found.scores.total
    assert abs(lost) < 5 and f"{lost:.1f} percentage points are lost" in told
    with pytest.raises(ExportError, match="calibrated with pictures that the network learned from"):
        export(project.graph, "onnx-int8", tmp_path / "none.onnx", held, recipe=RECIPE)


def test_onnxruntime_tells_nobody_that_it_is_used(tmp_path: Path) -> None:
    """On import it would make up an identity for the computer, and send it away."""
    code = "from cnnstudio.exchange.exporting.onnx_runtime import onnxruntime; onnxruntime()"
    told = {key: value for key, value in os.environ.items() if key != SILENCE} | {"HOME": str(tmp_path)}
    told |= {"XDG_CACHE_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, env=told | {"PYTHONPATH": str(root)})
    assert not list(tmp_path.iterdir())
    imports = re.compile(r"^\s*import onnxruntime", re.MULTILINE)
    doors = [path.stem for path in (root / "cnnstudio").rglob("*.py") if imports.search(path.read_text())]
    assert doors == ["onnx_runtime"]


# what cannot go


@pytest.mark.parametrize(
    ("blocks", "name"),
    [
        ((FractionalMaxPool2d(2, 3),), "pool1"),
        ((RReLU(),), "relu1"),
        ((AdaptiveMaxPool2d(3),), "pool1"),
        ((ConvTranspose2d(2, 3, output_padding=1, dilation=2),), "convtranspose1"),
        ((Opaque("avg_pool2d", expression="F.avg_pool2d({0}, 2, divisor_override=3)", gives="1 × 4 × 4"),), "opaque1"),
        ((Opaque("Upsample", module="nn.Upsample(scale_factor=0.29)", expression="self({0})"),), "opaque1"),
        ((Group("Row", chain(ReLU(), RReLU())),), "group1.relu2"),
    ],
)
def test_what_cannot_go_is_refused_with_the_block_named(blocks: tuple[Block, ...], name: str) -> None:
    graph = chain(*blocks)
    reason = limit(infer(graph), "onnx")
    assert reason.startswith(f"{name} (") and reason.endswith("Export it in another way, or replace the block.")
    assert not limit(infer(graph), "pt2")


def test_what_is_close_to_a_limit_goes() -> None:
    for block in (
        AdaptiveMaxPool2d(4),
        ConvTranspose2d(2, 3, stride=2, output_padding=1),
        Opaque("avg_pool2d", expression="F.avg_pool2d({0}, 2, divisor_override=None)"),
        Opaque("Upsample", module="nn.Upsample(scale_factor=2.0)", expression="self({0})"),
    ):
        assert not limit(infer(chain(block)), "onnx"), block
    assert all(each.reason and each.reason[0].islower() for each in LIMITS)


def test_what_goes_wrong_without_a_word_is_found_and_named(onnx_in_this_process: None, tmp_path: Path) -> None:
    """The exporter takes a divisor for a mean; no list knows this way to write it."""
    odd = Opaque("avg_pool2d", expression="F.avg_pool2d({0}, 2, 2, 0, False, True, 3)", takes="1×8×8", gives="1×4×4")
    graph = chain(odd, Flatten())
    assert not limit(infer(graph), "onnx")
    with pytest.raises(ExportError, match=r"^opaque1 \(.*\) cannot go to ONNX: it computes other numbers as ONNX"):
        export(graph, "onnx", tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


# what may happen meanwhile


@pytest.fixture
def alone() -> Iterator[None]:
    """No process is left behind."""
    yield
    assert not multiprocessing.active_children()


def test_it_says_how_far_it_is_and_is_stopped_at_once(alone: None, project: Project, tmp_path: Path) -> None:
    said: list[str] = []

    def report(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return len([each for each in said if not each]) < 3  # while it waits for the process

    with pytest.raises(ExportError, match=r"stopped, so net\.onnx was not written"):
        export(project.graph, "onnx", tmp_path / "net.onnx", report=report)
    assert "Starting a process that translates…" in said
    assert not list(tmp_path.iterdir())


def test_a_process_that_dies_is_a_sentence(
    alone: None, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "run", bool)  # which takes no two arguments
    with pytest.raises(ExportError, match="ended before it had done so"):
        export(project.graph, "onnx", tmp_path / "net.onnx")


def test_where_its_packages_are_missing_a_sentence_says_so(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "_absent", lambda packages: packages)
    with pytest.raises(ExportError, match="ONNX needs onnx, onnxscript and onnxruntime, which are not installed here"):
        export(project.graph, "onnx", tmp_path / "net.onnx")
    assert not formats.lacking("pt2")


def test_a_card_of_somebody_s_own_stays(project: Project, held: Held, tmp_path: Path) -> None:
    (tmp_path / "net card.md").write_text("mine")
    told = deliver(project, "weights", tmp_path / "net.safetensors", held)[1]
    assert "net card.md is there already, and is none of ours" in told
    assert (tmp_path / "net card.md").read_text() == "mine"
