"""The register of blocks: what every declaration owes to the palette, the forms and the tooltips."""

import ast
import subprocess
import sys

import pytest

from cnnstudio import blocks
from cnnstudio.blocks import (
    Add,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvBNReLU,
    ConvTranspose2d,
    DepthwiseConv2d,
    Flatten,
    GroupNorm,
    Input,
    LayerNorm,
    Linear,
    MaxPool2d,
    Multiply,
    Residual,
    Softmax,
    SqueezeExcite,
)
from cnnstudio.blocks.phrases import nearest_divisor
from cnnstudio.graph import BLOCKS, Block, Composite, Shape, ShapeError, parameters

EVERY = pytest.mark.parametrize("made", [BLOCKS[name] for name in blocks.__all__], ids=blocks.__all__)
MAP = Shape(8, 16, 16)
NodeKinds = (
    ast.Call | ast.keyword | ast.Attribute | ast.Name | ast.Constant | ast.Tuple | ast.List | ast.UnaryOp | ast.USub
    | ast.BinOp | ast.Div | ast.Mult | ast.Load
)  # fmt: skip


def accepts(block: Block, *inputs: Shape) -> bool:
    try:
        block.shape(*inputs)
    except ShapeError:
        return False
    return True


def refusal(block: Block, *inputs: Shape) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        block.shape(*inputs)
    return caught.value


def test_importing_the_package_registers_every_block_without_torch_or_qt() -> None:
    script = """
import sys, cnnstudio.blocks
from cnnstudio.graph import BLOCKS
assert set(cnnstudio.blocks.__all__) == set(BLOCKS), set(cnnstudio.blocks.__all__) ^ set(BLOCKS)
assert not {"torch", "PySide6"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_the_vocabulary_of_the_first_lessons_is_there() -> None:
    wanted = """
    Input Conv2d ConvTranspose2d MaxPool2d AvgPool2d AdaptiveAvgPool2d AdaptiveMaxPool2d BatchNorm2d LayerNorm GroupNorm
    LocalResponseNorm ReLU ReLU6 LeakyReLU GELU SiLU Hardswish Hardsigmoid Sigmoid Tanh Softmax Dropout Dropout2d
    Flatten Linear Add Concat Multiply Identity ConvBNReLU Residual SqueezeExcite DepthwiseSeparable
    """
    assert not set(wanted.split()) - set(BLOCKS)


@EVERY
def test_every_block_explains_itself(made: type[Block]) -> None:
    assert made.help() and not made.help().startswith(f"{made.__name__}(")
    assert made.keywords and made.family and made.title
    for parameter in parameters(made):
        assert parameter.help, f"{parameter.name} has no line of help"
        assert f"{parameter.name}:" not in made.help()
        assert parameter.coerce(parameter.default) == parameter.default


@EVERY
def test_every_block_can_be_dropped_with_its_defaults(made: type[Block]) -> None:
    block = made()
    inputs = next(
        inputs
        for inputs in ([shape] * block.arity.least for shape in (MAP, Shape(64), Shape(9, 64)))
        if accepts(block, *inputs)
    )
    assert block.shape(*inputs).numel > 0
    assert len(block.brief()) < 30
    if isinstance(block, Composite):
        graph = block.graph(*inputs)
        assert [node.block for node in graph.inputs] == [Input(shape) for shape in inputs]
        assert len(graph.outputs) == 1
    else:
        # nothing but torch's own names and literals: no value can bring code along
        defined = {part.name for text in block.definitions for part in ast.parse(text).body}
        for node in ast.walk(ast.parse(block.init(*inputs) or "nn.Identity()", mode="eval").body):
            assert isinstance(node, NodeKinds), ast.dump(node)
            assert not isinstance(node, ast.Name) or node.id in {"nn", "torch", *defined}
            assert not isinstance(node, ast.Attribute) or not node.attr.startswith("_")


@pytest.mark.parametrize(
    ("block", "written"),
    [
        (Conv2d(64, 3), "nn.Conv2d(8, 64, kernel_size=3)"),
        (Conv2d(4, (1, 7), padding=(0, 3)), "nn.Conv2d(8, 4, kernel_size=(1, 7), padding=(0, 3))"),
        (Conv2d(8, 3, padding="same", groups=8), "nn.Conv2d(8, 8, kernel_size=3, padding='same', groups=8)"),
        (ConvTranspose2d(4, 2, 2), "nn.ConvTranspose2d(8, 4, kernel_size=2, stride=2)"),
        (MaxPool2d(3, 2, 1), "nn.MaxPool2d(3, stride=2, padding=1)"),
        (AvgPool2d(2, ceil_mode=True), "nn.AvgPool2d(2, ceil_mode=True)"),
        (BatchNorm2d(eps=0.001), "nn.BatchNorm2d(8, eps=0.001)"),
        (GroupNorm(4), "nn.GroupNorm(4, 8)"),
        (LayerNorm(), "nn.LayerNorm((8, 16, 16))"),
        (Softmax(), "nn.Softmax(dim=1)"),
    ],
)
def test_blocks_are_written_as_a_person_writes_them(block: Block, written: str) -> None:
    assert block.init(MAP) == written


def test_merges_are_written_as_operators() -> None:
    assert Add().forward("add1", "a", "b", "c") == "a + b + c"
    assert Multiply().forward("scale1", "a", "b") == "a * b"
    assert Concat().forward("cat1", "a", "b") == "torch.cat([a, b], dim=1)"
    assert Flatten().forward("flatten1", "a") == "torch.flatten(a, 1)"


# sentences and remedies


def test_linear_on_a_map_offers_to_flatten() -> None:
    error = refusal(Linear(10), MAP)
    assert "8 × 16 × 16" in error.sentence
    assert [[type(b).__name__ for b in remedy.blocks] for remedy in error.remedies] == [
        ["Flatten"],
        ["AdaptiveAvgPool2d", "Flatten"],
    ]
    assert all(remedy.port == 0 for remedy in error.remedies)


@pytest.mark.parametrize(
    ("first", "second", "port", "projection"),
    [
        (Shape(64, 8, 8), Shape(32, 16, 16), 1, Conv2d(64, 1, 2, bias=False)),
        (Shape(64, 7, 7), Shape(32, 13, 14), 1, Conv2d(64, 1, 2, bias=False)),
        (Shape(32, 16, 16), Shape(64, 8, 4), 0, Conv2d(64, 1, (2, 4), bias=False)),
        (Shape(64, 8, 8), Shape(32, 8, 8), 1, Conv2d(64, 1, bias=False)),
    ],
)
def test_a_mismatched_add_offers_a_projection(first: Shape, second: Shape, port: int, projection: Conv2d) -> None:
    error = refusal(Add(), first, second)
    assert str(first) in error.sentence and str(second) in error.sentence
    remedy = error.remedies[0]
    assert (remedy.port, remedy.blocks) == (port, (projection,))


def test_an_add_that_no_stride_can_mend_offers_nothing() -> None:
    assert not refusal(Add(), Shape(8, 10, 4), Shape(8, 4, 10)).remedies
    assert not refusal(Add(), Shape(8), Shape(8, 4, 4)).remedies


def test_groups_move_to_the_nearest_that_divides() -> None:
    error = refusal(Conv2d(64, 3, groups=5), Shape(48, 9, 9))
    assert "5 groups" in error.sentence and "48" in error.sentence and "64" in error.sentence
    assert error.remedies[0].blocks == (Conv2d(64, 3, groups=4),)
    assert refusal(GroupNorm(32), Shape(48, 4, 4)).remedies[0].blocks == (GroupNorm(24),)


@pytest.mark.parametrize(
    ("block", "inputs", "words"),
    [
        (Conv2d(8, 5), (Shape(1, 4, 9),), "5 pixels is larger than the height of the map, 4"),
        (Conv2d(8, 7, padding=1), (Shape(1, 9, 4),), "width of the map, 4 + 1 + 1 of padding"),
        (Conv2d(8, 3, 2, "same"), (MAP,), 'padding "same" keeps the size, so it allows only stride 1, not 2×2'),
        (Conv2d(8, 3, padding=16, padding_mode="reflect"), (MAP,), "at most 15, not 16"),
        (Conv2d(8, 3), (Shape(8),), "but 8 is a vector"),
        (MaxPool2d(2, padding=2), (MAP,), "at most half its window: with a window of 2 at most 1, not 2"),
        (ConvTranspose2d(8, 2, output_padding=1), (MAP,), "output padding, 1, must be smaller than the stride, 1"),
        (Concat(), (MAP, Shape(8, 8, 16)), "input 1 is 8 × 16 × 16 and input 2 is 8 × 8 × 16"),
        (Multiply(), (MAP, Shape(4, 1, 1)), "8 × 16 × 16 meets 4 × 1 × 1 at input 2"),
        (Softmax(2), (Shape(8),), "dim is 2, but 8 has only axis 1"),
        (BatchNorm2d(), (Shape(8),), "8 is a vector"),
        (ConvBNReLU(8, 3, groups=3), (MAP,), "Inside it, at conv (Conv2d): 3 groups must divide"),
    ],
)
def test_a_rule_is_said_with_its_numbers(block: Block, inputs: tuple[Shape, ...], words: str) -> None:
    assert words in refusal(block, *inputs).sentence


@pytest.mark.parametrize(
    ("wanted", "numbers", "nearest"),
    [(5, (48, 64), 4), (32, (48,), 24), (1, (7,), 1), (65_536, (3,), 3), (10, (12,), 12), (9, (10, 8), 2)],
)
def test_the_nearest_divisor(wanted: int, numbers: tuple[int, ...], nearest: int) -> None:
    assert nearest_divisor(wanted, *numbers) == nearest


def test_a_remedy_is_found_at_once_however_large_the_map_is() -> None:
    huge = Shape(65_536 * 64 * 64 + 1, 1, 1)
    mended = refusal(GroupNorm(65_536), huge).remedies[0].blocks[0]
    assert mended.shape(huge) == huge


def test_a_depthwise_convolution_out_of_all_bounds_is_refused_in_words() -> None:
    wide = Shape(65_536, 5, 5)
    assert "must be from 1 to 65,536" in refusal(DepthwiseConv2d(multiplier=64), wide).sentence
    window = DepthwiseConv2d(multiplier=64).window(wide)
    assert window is not None and window.kernel == (3, 3)


# composites


def test_a_residual_takes_the_identity_where_the_shape_stays() -> None:
    same, wider, smaller = (Residual(c, s).parts(MAP).graph for c, s in ((8, 1), (16, 1), (8, 2)))
    assert same["add"].inputs == ("bn2", "input1")
    assert wider["add"].inputs == smaller["add"].inputs == ("bn2", "shortcut_bn")


def test_a_gate_scales_channels() -> None:
    parts = SqueezeExcite(reduction=4).parts(MAP)
    assert parts.shapes["squeeze"] == Shape(2, 1, 1)
    assert parts.shapes["gate"] == Shape(8, 1, 1)
    assert parts.shapes["scale"] == MAP


def test_a_block_grows_out_of_bounds_with_a_sentence() -> None:
    wide = Shape(65_536, 4, 4)
    tall = ConvTranspose2d(1, 1, 1_024).shape(Shape(1, 65_536, 1))
    assert ConvBNReLU(8).shape(wide) == Shape(8, 4, 4)
    assert "must be from 1 to 65,536" in refusal(ConvBNReLU(8), tall).sentence
