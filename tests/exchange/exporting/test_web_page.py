"""The web page: its own JavaScript computes what the network computes, and reads pictures as the program does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cnnstudio.blocks import (
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GroupNorm,
    Input,
    InvertedResidual,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Softmax,
    SqueezeExcite,
    Tanh,
    Upsample,
)
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.delivery import Wanted, deliver
from cnnstudio.exchange.exporting.export import export
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.resources import resource
from cnnstudio.training.build import build
from cnnstudio.training.data.picture import SCALE, Rules, picture_bytes
from cnnstudio.training.weights import Held
from cnnstudio.zoo import lenet5

NODE = shutil.which("node")
with_node = pytest.mark.skipif(NODE is None, reason="node computes the page where there is one")


def chain(*blocks: Block, size: tuple[int, ...] = (2, 9, 7)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    return draw.graph()


def many() -> Graph:
    """Most of what a class draws."""
    draw = Sketch()
    x = draw.chain(draw(Input((3, 17, 14))), Conv2d(6, 3, stride=2, padding=1), BatchNorm2d(), ReLU())
    left = draw.chain(x, Conv2d(4, (1, 3), padding=(0, 1), groups=2), LeakyReLU(0.2))
    right = draw.chain(x, DepthwiseConv2d(3, padding=1), Conv2d(4, 1, bias=False), Tanh())
    x = draw(Concat(), draw(Add(), left, right), right)
    x = draw.chain(x, SqueezeExcite(), MaxPool2d(3, 2, padding=1, ceil_mode=True), Upsample(2), InvertedResidual(8))
    draw.chain(
        x, AvgPool2d(3, 2, padding=1, ceil_mode=True), Dropout(), Flatten(), Linear(12), Sigmoid(), Linear(5), Softmax()
    )
    return draw.graph()


def stirred(graph: Graph, classes: tuple[str, ...] = (), channels: int = 3) -> Held:
    """Weights of which none is one or zero."""
    torch.manual_seed(0)
    module = build(source(graph).text)
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(torch.rand_like(tensor) * 0.2)
    return Held(module.state_dict(), Normalization((0.4,) * channels, (0.3,) * channels, classes).metadata())


@with_node
@pytest.mark.parametrize("graph", [many(), lenet5(10, (1, 28, 28))], ids=["most blocks", "LeNet-5"])
def test_the_page_computes_what_the_network_computes(graph: Graph, tmp_path: Path) -> None:
    exported = export(graph, "web-page", tmp_path / "net.html", stirred(graph, (), graph.inputs[0].block.shape()[0]))
    assert 0 < exported.difference < 1e-5
    assert "not compared" not in exported.sentence


def test_what_a_page_cannot_compute_is_named(tmp_path: Path) -> None:
    for blocks, name in (((GroupNorm(1), Flatten(), Linear(3)), "norm1 (nn.GroupNorm)"),):
        with pytest.raises(ExportError, match=re.escape(f"cannot compute this network yet: {name}")):
            export(chain(*blocks, size=(3, 9, 7)), "web-page", tmp_path / "net.html")
    known = Normalization((0.5,) * 3, (0.5,) * 3, ("a", "b"), rules=Rules("pad", "black"))
    with pytest.raises(ExportError, match="with a black border"):
        export(chain(Flatten(), Linear(2), size=(3, 8, 8)), "web-page", tmp_path / "padded.html", None, known)
    with pytest.raises(ExportError, match="one picture, grey or in colour"):
        export(chain(Flatten(), Linear(3)), "web-page", tmp_path / "net.html")
    assert not list(tmp_path.iterdir())


def page(tmp_path: Path, classes: tuple[str, ...]) -> str:
    graph = chain(Conv2d(2, 3), Flatten(), Linear(len(classes)), size=(1, 9, 7))
    export(graph, "web-page", path := tmp_path / "net.html", stirred(graph, classes, 1))
    return path.read_text(encoding="utf-8")


def test_it_is_one_file_that_asks_nobody_for_anything(tmp_path: Path) -> None:
    text = page(tmp_path, ("a", "b"))
    assert not re.search(r"https?://|<link|src=|import\(|fetch\(|XMLHttpRequest", text)
    assert "default-src 'none'" in text and "@" not in re.sub(r'"[^"]*"', "", text.partition("</style>")[2]).replace(
        "@media", ""
    )


def test_a_class_that_wants_to_be_a_script_is_a_class(tmp_path: Path) -> None:
    evil = ("</script><script>alert(1)</script>", "@WEIGHTS@", '"; alert(2); "')
    text = page(tmp_path, evil)
    assert text.count("</script>") == 2 and text.count("<script>") == 2
    found = re.search(r"const NETWORK = (.*);\n", text)
    assert found is not None and tuple(json.loads(found[1])["classes"]) == evil


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str], str]:
    """What a line of JavaScript says, behind the page's functions."""

    def asked(line: str) -> str:
        (tmp_path / "network.js").write_bytes(resource("web_page", "network.js").read_bytes())
        code = f'const page = require("./network.js"), fs = require("fs"); {line}'
        done = subprocess.run([str(NODE), "-e", code], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout

    return asked


@with_node
@pytest.mark.parametrize(("width", "height"), [(28, 28), (37, 23), (90, 200), (11, 9)])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_reads_pictures_as_the_program_does(
    ask: Callable[[str], str], tmp_path: Path, width: int, height: int, channels: int
) -> None:
    random = np.random.default_rng(width)
    pixels = random.integers(0, 256, (height, width, 4), dtype=np.uint8)
    pixels[:, :, 3] = 255
    Image.fromarray(pixels[:, :, :3]).save(tmp_path / "picture.png")
    (tmp_path / "rgba").write_bytes(pixels.tobytes())
    wanted = np.frombuffer(picture_bytes(str(tmp_path / "picture.png"), channels, 28, 24, SCALE), np.uint8)
    call = f'page.fitted(fs.readFileSync("rgba"), {width}, {height}, {channels}, 24, 28)'
    found = np.array(json.loads(ask(f"console.log(JSON.stringify([...{call}]))")), np.uint8)
    # of tall pictures Pillow 13 resizes the height first, where another byte in ten is rounded the other way
    np.testing.assert_allclose(found.astype(int), wanted.astype(int), atol=height > 2 * width)


@with_node
def test_it_is_measured_and_says_how_good_the_page_itself_is(tmp_path: Path) -> None:
    graph = chain(Conv2d(4, 3), ReLU(), Flatten(), Linear(10), size=(1, 8, 8))
    held = stirred(graph, tuple("0123456789"), 1)
    _, told = deliver(Project(graph, Recipe(data="digits")), "web-page", tmp_path / "net.html", held, Wanted("Digits"))
    assert "validation pictures are told right" in told and "net card.md" in told
    assert "<h1>Digits</h1>" in (tmp_path / "net.html").read_text(encoding="utf-8")
