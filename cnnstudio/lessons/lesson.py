"""Lessons: one thing to learn each, on one network, by predicting a few of its numbers. No number is written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cnnstudio.blocks import Add, Concat, Conv2d, ConvTranspose2d, Input
from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.receptive import receptive_fields
from cnnstudio.graph import Block, Graph, Node
from cnnstudio.lessons.quiz import Kind, Question, about
from cnnstudio.project import Project, from_template

Asked = tuple[str, Kind]  # of which node, and what


@dataclass(frozen=True)
class Lesson:
    """A title, a sentence on what is learned, the project that it opens, and its questions in their order."""

    title: str
    sentence: str
    project: Callable[[], Project]
    asked: tuple[Asked, ...]

    def questions(self, analysis: Analysis) -> tuple[Question, ...]:
        """The questions with the answers that inference gives; those that this network cannot be asked are left out."""
        found, fields = [], receptive_fields(analysis)
        for name, kind in self.asked:
            every = about(analysis, name, fields) if name in analysis.graph else ()
            found += [question for question in every if question.kind == kind]
        return tuple(found)


def _famous(key: str) -> Callable[[], Project]:
    return lambda: from_template(key)


def _drawn(*nodes: Node) -> Callable[[], Project]:
    return lambda: replace(Project(), graph=Graph.of(nodes))


def _at(column: int, row: int = 0) -> tuple[float, float]:
    return column * 268.0, row * 120.0


def _node(name: str, block: Block, inputs: str, column: int, row: int = 0) -> Node:
    return Node(name, block, tuple(inputs.split()), _at(column, row))


_INPUT = "image"

LESSONS: dict[str, Lesson] = {
    "sizes": Lesson(
        "Output sizes",
        "Follow an image through LeNet-5: what a kernel, its padding and its stride leave of the height and width.",
        _famous("lenet5"),
        (
            ("conv1", "shape"), ("pool1", "shape"), ("conv2", "shape"), ("pool2", "shape"), ("flatten1", "shape"),
            ("conv2", "parameters"), ("fc1", "parameters"),
        ),
    ),
    "parameters": Lesson(
        "Where the parameters are",
        "In VGG-16 the convolutions look and the fully connected layers pay: count both, and how far it sees.",
        _famous("vgg16"),
        (
            ("conv1_1", "parameters"), ("pool1", "shape"), ("pool5", "shape"), ("pool5", "receptive field"),
            ("pool5", "stride"), ("fc1", "parameters"), ("fc3", "parameters"),
        ),
    ),
    "stacks": Lesson(
        "Three small kernels for a large one",
        "Three 3 × 3 convolutions see as much as one 7 × 7, with fewer weights and more steps between.",
        _drawn(
            _node(_INPUT, Input((64, 32, 32)), "", 0),
            _node("first", Conv2d(64, 3, padding=1, bias=False), _INPUT, 1),
            _node("second", Conv2d(64, 3, padding=1, bias=False), "first", 2),
            _node("third", Conv2d(64, 3, padding=1, bias=False), "second", 3),
            _node("large", Conv2d(64, 7, padding=3, bias=False), _INPUT, 2, 1),
            _node("add", Add(), "third large", 4),
        ),
        (
            ("first", "receptive field"), ("second", "receptive field"), ("third", "receptive field"),
            ("large", "receptive field"), ("first", "parameters"), ("large", "parameters"),
        ),
    ),
    "pointwise": Lesson(
        "What a 1 × 1 convolution is for",
        "GoogLeNet narrows the channels before each costly kernel: the same result, at a tenth of the price.",
        _drawn(
            _node(_INPUT, Input((192, 28, 28)), "", 0),
            _node("direct", Conv2d(32, 5, padding=2), _INPUT, 2),
            _node("narrow", Conv2d(16, 1), _INPUT, 1, 1),
            _node("after", Conv2d(32, 5, padding=2), "narrow", 2, 1),
            _node("concat", Concat(), "direct after", 3),
        ),
        (
            ("direct", "parameters"), ("narrow", "shape"), ("narrow", "parameters"), ("after", "parameters"),
            ("concat", "shape"),
        ),
    ),
    "depthwise": Lesson(
        "Depthwise, then pointwise",
        "MobileNet splits a convolution in two, over space and over channels: count what that saves. With N filters "
        "of 3 × 3 it is 9 N / (N + 9) times, here 7.89.",
        _drawn(
            _node(_INPUT, Input((64, 56, 56)), "", 0),
            _node("standard", Conv2d(64, 3, padding=1, bias=False), _INPUT, 2),
            _node("depthwise", Conv2d(64, 3, padding=1, groups=64, bias=False), _INPUT, 1, 1),
            _node("pointwise", Conv2d(64, 1, bias=False), "depthwise", 2, 1),
            _node("add", Add(), "standard pointwise", 3),
        ),
        (
            ("standard", "parameters"), ("depthwise", "parameters"), ("pointwise", "parameters"),
            ("standard", "MACs"), ("depthwise", "MACs"), ("pointwise", "MACs"),
        ),
    ),
    "residual": Lesson(
        "Shapes that must agree",
        "A residual adds what went in to what came out. Where the shape changes, a 1 × 1 convolution goes round.",
        _drawn(
            _node(_INPUT, Input((64, 32, 32)), "", 0),
            _node("conv1", Conv2d(128, 3, stride=2, padding=1, bias=False), _INPUT, 1),
            _node("conv2", Conv2d(128, 3, padding=1, bias=False), "conv1", 2),
            _node("projection", Conv2d(128, 1, stride=2, bias=False), _INPUT, 2, 1),
            _node("add", Add(), "conv2 projection", 3),
        ),
        (
            ("conv1", "shape"), ("conv2", "shape"), ("projection", "shape"), ("projection", "parameters"),
            ("projection", "receptive field"), ("conv2", "receptive field"),
        ),
    ),
    "dilation": Lesson(
        "Holes in the kernel",
        "Dilation lets three layers see far without a weight more and without making the map smaller.",
        _drawn(
            _node(_INPUT, Input((1, 64, 64)), "", 0),
            _node("near", Conv2d(16, 3, padding=1), _INPUT, 1),
            _node("wide", Conv2d(16, 3, padding=2, dilation=2), "near", 2),
            _node("far", Conv2d(16, 3, padding=4, dilation=4), "wide", 3),
        ),
        (
            ("near", "receptive field"), ("wide", "receptive field"), ("far", "receptive field"), ("far", "shape"),
            ("far", "parameters"),
        ),
    ),
    "transposed": Lesson(
        "And back again",
        "A strided convolution halves a map, a transposed one doubles it: the two formulas, side by side.",
        _drawn(
            _node(_INPUT, Input((3, 64, 64)), "", 0),
            _node("halve", Conv2d(32, 4, stride=2, padding=1), _INPUT, 1),
            _node("halve_again", Conv2d(64, 4, stride=2, padding=1), "halve", 2),
            _node("widen", ConvTranspose2d(32, 4, stride=2, padding=1), "halve_again", 3),
            _node("widen_again", ConvTranspose2d(3, 4, stride=2, padding=1), "widen", 4),
        ),
        (
            ("halve", "shape"), ("halve_again", "shape"), ("widen", "shape"), ("widen_again", "shape"),
            ("widen", "parameters"),
        ),
    ),
}  # fmt: skip
