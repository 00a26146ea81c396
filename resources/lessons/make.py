"""Makes the networks, pictures to learn from and weights of the lessons beside this file. It was run once.

``python make.py`` writes the networks, ``python make.py train`` draws letters and digits and trains as well: the
backbone on the program's shapes, and what passes where a lesson asks for accuracy. Some minutes on one core.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Concat,
    Conv2d,
    ConvBNReLU,
    DepthwiseSeparable,
    Dropout,
    Flatten,
    Group,
    Input,
    Linear,
    MaxPool2d,
    Multiply,
    ReLU,
    Sigmoid,
    SqueezeExcite,
    Tanh,
)
from cnnstudio.graph import Block, Graph, Node
from cnnstudio.layout.layout import arranged
from cnnstudio.project import Project, dumps
from cnnstudio.project.augmentations import RandomAffine
from cnnstudio.project.recipe import Recipe

HERE = Path(__file__).parent
LETTERS, OF_EACH, KEPT = "AEKS", 10, 25
DIGITS = Recipe(data="digits", epochs=40, optimizer="Adam", learning_rate=0.01, schedule="one-cycle", batch_size=64)
FEW = Recipe(data="digits", epochs=150, optimizer="Adam", learning_rate=0.003, schedule="constant", batch_size=16)
HEAD = Recipe(data="shapes", epochs=60, optimizer="Adam", learning_rate=0.01, schedule="constant", batch_size=16)
SHAPES = Recipe(data="shapes", epochs=24, optimizer="Adam", learning_rate=0.01, schedule="one-cycle", batch_size=64)


def graph(*nodes: tuple[str, Block, str]) -> Graph:
    """A network of nodes, each by its name, its block and the names that it reads, in the order of the layout."""
    return arranged(Graph.of(Node(name, block, tuple(inputs.split())) for name, block, inputs in nodes))


def chain(shape: Sequence[int], *blocks: tuple[str, Block]) -> Graph:
    """Blocks one behind the other."""
    names = ["image", *(name for name, _ in blocks)]
    rest = [(name, block, before) for (name, block), before in zip(blocks, names, strict=False)]
    return graph(("image", Input(tuple(shape)), ""), *rest)


def gated(*gate: tuple[str, Block, str]) -> Graph:
    """A convolution, what weighs its channels, and a head."""
    end = gate[-1][0]
    return graph(
        ("image", Input((3, 32, 32)), ""), ("conv1", Conv2d(64, 3, padding=1), "image"), *gate,
        ("gap1", AdaptiveAvgPool2d(1), end), ("flatten1", Flatten(), "gap1"), ("fc1", Linear(10), "flatten1"),
    )  # fmt: skip


def three_ways(*ways: tuple[str, Block, str]) -> Graph:
    """1 × 1, 3 × 3 and 5 × 5 side by side."""
    return graph(("image", Input((192, 28, 28)), ""), *ways, ("cat1", Concat(), "conv1 conv3 conv5"))


BODY = chain(
    (3, 32, 32), ("block1", ConvBNReLU(16)), ("pool1", MaxPool2d(2)), ("block2", ConvBNReLU(32)),
    ("pool2", MaxPool2d(2)), ("block3", ConvBNReLU(64)), ("gap1", AdaptiveAvgPool2d(1)), ("flatten1", Flatten()),
)  # fmt: skip


def headed(classes: int, *, frozen: bool) -> Graph:
    """The backbone of the lesson on transfer, and a head."""
    return chain((3, 32, 32), ("backbone", Group("Backbone", BODY, frozen=frozen)), ("fc1", Linear(classes)))


def few_digits(*more: tuple[str, Block]) -> Graph:
    """A network that can learn forty digits by heart."""
    return chain(
        (1, 8, 8), ("conv1", Conv2d(16, 3, padding=1)), ("relu1", ReLU()), ("conv2", Conv2d(32, 3, padding=1)),
        ("relu2", ReLU()), ("pool1", MaxPool2d(2)), ("flatten1", Flatten()), *more, ("fc1", Linear(10)),
    )  # fmt: skip


RANDOM = (RandomAffine(degrees=12, translate=0.12, scale=0.12, shear=8),)
NETWORKS: dict[str, Graph | Project] = {
    "what-a-kernel-is/start": chain((1, 28, 28), ("conv1", Conv2d(8, 3))),
    "what-a-kernel-is/solution": chain((1, 28, 28), ("conv1", Conv2d(1, 5, padding=2, bias=False))),
    "pooling/start": chain(
        (1, 28, 28), ("conv1", Conv2d(8, 3, padding=1)), ("pool1", MaxPool2d(2)), ("flatten1", Flatten()),
        ("fc1", Linear(10)),
    ),
    "pooling/solution": chain(
        (1, 28, 28), ("conv1", Conv2d(8, 3, padding=1)), ("conv2", Conv2d(8, 2, stride=2)), ("flatten1", Flatten()),
        ("fc1", Linear(10)),
    ),
    "lenet-on-digits/start": Project(chain((1, 8, 8)), DIGITS),
    "lenet-on-digits/solution": Project(
        chain(
            (1, 8, 8), ("conv1", Conv2d(6, 3, padding=1)), ("tanh1", Tanh()), ("pool1", AvgPool2d(2)),
            ("conv2", Conv2d(16, 3, padding=1)), ("tanh2", Tanh()), ("pool2", AvgPool2d(2)), ("flatten1", Flatten()),
            ("fc1", Linear(32)), ("tanh3", Tanh()), ("fc2", Linear(10)),
        ),
        DIGITS,
    ),
    "convolution-or-connected/start": chain(
        (1, 28, 28), ("flatten1", Flatten()), ("fc1", Linear(128)), ("relu1", ReLU()), ("fc2", Linear(10))
    ),
    "convolution-or-connected/solution": chain(
        (1, 28, 28), ("conv1", Conv2d(8, 3, padding=1)), ("relu1", ReLU()), ("pool1", MaxPool2d(2)),
        ("conv2", Conv2d(16, 3, padding=1)), ("relu2", ReLU()), ("gap1", AdaptiveAvgPool2d(1)),
        ("flatten1", Flatten()), ("fc1", Linear(10)),
    ),
    "receptive-fields/start": chain(
        (1, 64, 64), *((f"conv{number}", Conv2d(8, 3, padding=1)) for number in (1, 2, 3))
    ),
    "receptive-fields/solution": chain(
        (1, 64, 64), *((f"conv{number + 1}", Conv2d(8, 3, padding=far, dilation=far)) for number, far in
                       enumerate((1, 5, 9)))
    ),
    "pointwise-and-inception/start": three_ways(
        ("conv1", Conv2d(64, 1), "image"), ("conv3", Conv2d(128, 3, padding=1), "image"),
        ("conv5", Conv2d(32, 5, padding=2), "image"),
    ),
    "pointwise-and-inception/solution": three_ways(
        ("conv1", Conv2d(64, 1), "image"),
        ("narrow3", Conv2d(96, 1), "image"), ("conv3", Conv2d(128, 3, padding=1), "narrow3"),
        ("narrow5", Conv2d(16, 1), "image"), ("conv5", Conv2d(32, 5, padding=2), "narrow5"),
    ),
    "efficient-blocks/start": chain(
        (64, 28, 28), ("conv1", Conv2d(128, 3, padding=1)), ("relu1", ReLU()), ("conv2", Conv2d(128, 3, padding=1))
    ),
    "efficient-blocks/solution": chain(
        (64, 28, 28), ("block1", DepthwiseSeparable(128)), ("block2", DepthwiseSeparable(128))
    ),
    "attention-to-channels/start": gated(("se1", SqueezeExcite(16), "conv1")),
    "attention-to-channels/solution": gated(
        ("mean1", AdaptiveAvgPool2d(1), "conv1"), ("squeeze1", Conv2d(16, 1), "mean1"), ("relu1", ReLU(), "squeeze1"),
        ("excite1", Conv2d(64, 1), "relu1"), ("sigmoid1", Sigmoid(), "excite1"),
        ("scale1", Multiply(), "conv1 sigmoid1"),
    ),
    "overfitting/start": Project(few_digits(), FEW),
    "overfitting/solution": Project(
        few_digits(("dropout1", Dropout(0.3))), replace(FEW, augmentations=RANDOM, epochs=500)
    ),
    "transfer-learning/start": Project(headed(10, frozen=False), HEAD),
    "transfer-learning/solution": Project(headed(4, frozen=True), HEAD),
}  # fmt: skip
"""Where each network lies, and what it is."""


def as_project(made: Graph | Project) -> Project:
    """A network with the recipe that it has, or with the usual one."""
    return made if isinstance(made, Project) else replace(Project(), graph=made)


def write_networks() -> None:
    """Write every network."""
    for name, made in NETWORKS.items():
        place = (HERE / name).with_suffix(".cnn")
        place.parent.mkdir(exist_ok=True)
        place.write_text(dumps(as_project(made)), encoding="utf-8")


def letter(word: str, random: np.random.Generator) -> Image.Image:
    """A letter in colour on another colour, (3, 32, 32): turned, moved and scaled by chance."""
    back = random.uniform(30, 225, 3)
    front = back
    while np.abs(front - back).sum() < 200:
        front = random.uniform(0, 255, 3)
    finer = 6
    cover = Image.new("L", (32 * finer, 32 * finer))
    place = 32 * finer / 2 + random.uniform(-4, 4, 2) * finer
    font = ImageFont.load_default(random.uniform(18, 26) * finer)
    ImageDraw.Draw(cover).text(tuple(place), word, fill=255, font=font, anchor="mm")
    cover = cover.rotate(random.uniform(-25, 25), Image.Resampling.BICUBIC).resize((32, 32), Image.Resampling.BOX)
    share = np.asarray(cover, np.float32)[..., None] / 255
    return Image.fromarray(np.uint8(back * (1 - share) + front * share))


def write_letters() -> None:
    """Ten of each letter to learn from, and 25 that are kept apart."""
    random, lesson = np.random.default_rng(0), HERE / "transfer-learning"
    for folder, count in (("pictures", OF_EACH), ("kept", KEPT)):
        for word in LETTERS:
            (lesson / folder / word).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                picture = letter(word, random).quantize(32)
                picture.save(lesson / folder / word / f"{number:02}.png", optimize=True)


def write_digits() -> None:
    """Four of each digit, of those that the lesson does not keep apart."""
    from cnnstudio.graph import Shape
    from cnnstudio.training.data.loading import load

    data = load(replace(DIGITS, seed=0), Shape(1, 8, 8))
    for word in range(10):
        folder = HERE / "overfitting" / "pictures" / str(word)
        folder.mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(data.train_images[data.train_labels == word][:4]):
            Image.fromarray(np.asarray(image[0])).save(folder / f"{number}.png", optimize=True)


def trained(project: Project) -> bytes:
    """The best weights of one training."""
    with tempfile.TemporaryDirectory() as place:
        file, out = Path(place, "project.cnn"), Path(place, "run")
        file.write_text(dumps(project), encoding="utf-8")
        subprocess.run([sys.executable, "-m", "cnnstudio", "train", file, "--out", out], check=True)
        return (out / "best.safetensors").read_bytes()


def train() -> None:
    """Train the backbone, and what passes."""
    transfer, few = HERE / "transfer-learning", HERE / "overfitting"
    backbone, lenet = transfer / "backbone.safetensors", HERE / "lenet-on-digits"
    (lenet / "solution.safetensors").write_bytes(trained(as_project(NETWORKS["lenet-on-digits/solution"])))
    made = as_project(NETWORKS["overfitting/solution"])
    recipe = replace(made.recipe, data="folder", folder=str(few / "pictures"))
    (few / "solution.safetensors").write_bytes(trained(replace(made, recipe=recipe)))
    backbone.write_bytes(trained(Project(headed(10, frozen=False), SHAPES)))
    made = as_project(NETWORKS["transfer-learning/solution"])
    recipe = replace(made.recipe, data="folder", folder=str(transfer / "pictures"), weights=str(backbone))
    (transfer / "solution.safetensors").write_bytes(trained(replace(made, recipe=recipe)))


def main() -> None:
    """Write what was asked for."""
    write_networks()
    if sys.argv[1:] == ["train"]:
        for folder in ("transfer-learning/pictures", "transfer-learning/kept", "overfitting/pictures"):
            shutil.rmtree(HERE / folder, ignore_errors=True)
        write_letters()
        write_digits()
        train()


if __name__ == "__main__":
    main()
