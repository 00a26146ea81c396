"""Receptive fields: the syllabus's numbers, a brute-force oracle over index sets, and branches."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from cnnstudio.blocks import (
    CBAM,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    ChannelAttention,
    Concat,
    Conv2d,
    ConvTranspose2d,
    DepthwiseSeparable,
    EfficientChannelAttention,
    FilterConv2d,
    Flatten,
    FractionalMaxPool2d,
    GroupNorm,
    Input,
    InstanceNorm2d,
    LayerNorm,
    LayerNorm2d,
    Linear,
    MaxPool2d,
    Opaque,
    Permute,
    ReLU,
    Residual,
    SelfAttention,
    Softmax,
    SqueezeExcite,
    TokenMap,
    Tokens,
    Upsample,
    WindowAttention,
)
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.receptive import ReceptiveField, places, projective_fields, receptive_fields
from cnnstudio.compiler.source import source
from cnnstudio.editing.assembly import expanded
from cnnstudio.graph import Block, Graph, Node, Shape, Sketch
from cnnstudio.training.build import build


def last(*blocks: Block, size: tuple[int, ...] = (3, 224, 224)) -> ReceptiveField | None:
    draw = Sketch()
    end = draw.chain(draw(Input(size)), *blocks)
    return receptive_fields(infer(draw.graph()))[end]


def vgg16() -> list[Block]:
    blocks: list[Block] = []
    for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            blocks += [Conv2d(channels, 3, padding=1), ReLU()]
        blocks.append(MaxPool2d(2))
    return blocks


@pytest.mark.parametrize(
    ("blocks", "size", "stride", "offset"),
    [
        ([ReLU()], 1, 1, 0),
        ([Conv2d(8, 3)] * 2, 5, 1, 0),
        ([Conv2d(8, 3)] * 3, 7, 1, 0),
        ([Conv2d(8, 3, padding=1)] * 3, 7, 1, -3),
        ([Conv2d(8, 7)], 7, 1, 0),
        ([Conv2d(8, 3, dilation=2)], 5, 1, 0),
        ([Conv2d(8, 3, stride=2), Conv2d(8, 3)], 7, 2, 0),
        ([Conv2d(8, 7, 2, 3), MaxPool2d(3, 2, 1)], 11, 4, -5),
        (vgg16(), 212, 32, -90),
        ([ConvTranspose2d(8, 2, 2)], 1, Fraction(1, 2), 0),
        ([ConvTranspose2d(8, 3, 2)], 2, Fraction(1, 2), -1),
        ([Conv2d(8, 4, 4), ConvTranspose2d(8, 2, 2)], 4, 2, 0),
        ([MaxPool2d(2), ConvTranspose2d(8, 2, 2), Conv2d(8, 3)], 4, 1, 0),
    ],
)
def test_size_stride_and_offset(blocks: list[Block], size: int, stride: int, offset: int) -> None:
    assert last(*blocks) == ReceptiveField((size, size), (stride, stride), (offset, offset))


def test_axes_are_separate() -> None:
    field = last(Conv2d(8, (1, 7), padding=(0, 3)), Conv2d(8, (3, 1), stride=(2, 1)))
    assert field == ReceptiveField((3, 7), (2, 1), (0, -3))


def seen_by(layers: list[tuple[bool, int, int, int, int]], index: int) -> set[int]:
    """The pixels that output ``index`` reads, set by set, back through the layers."""
    indices = {index}
    for transposed, kernel, stride, padding, dilation in reversed(layers):
        if transposed:
            indices = {
                (out + padding - k * dilation) // stride
                for out in indices
                for k in range(kernel)
                if (out + padding - k * dilation) % stride == 0
            }
        else:
            indices = {out * stride - padding + k * dilation for out in indices for k in range(kernel)}
    return indices


@pytest.mark.parametrize("seed", range(60))
def test_it_agrees_with_following_every_pixel(seed: int) -> None:
    draw = random.Random(seed)
    layers, blocks = [], list[Block]()
    for _ in range(draw.randint(1, 5)):
        transposed, stride = draw.random() < 0.35, draw.randint(1, 3)
        # filters without gaps, so that what is seen is an interval
        kernel = draw.randint(stride, 5) if transposed else draw.randint(1, 5)
        dilation = 1 if transposed or layers else draw.randint(1, 3)
        padding = draw.randint(0, kernel - 1)
        layers.append((transposed, kernel, stride, padding, dilation))
        blocks.append(
            ConvTranspose2d(4, kernel, stride, padding, dilation=dilation)
            if transposed
            else Conv2d(4, kernel, stride, padding, dilation)
        )
    field = last(*blocks, size=(1, 400, 400))
    assert field is not None
    period = 3**5
    sets = [seen_by(layers, index) for index in range(period + 1)]
    sizes = [max(pixels) - min(pixels) + 1 for pixels in sets[:period]]
    assert field.size == (max(sizes), max(sizes))
    assert field.offset[0] == min(sets[0])
    strides = [layer[2] if not layer[0] else Fraction(1, layer[2]) for layer in layers]
    product = Fraction(1)
    for stride_ in strides:
        product *= stride_
    assert field.stride[0] == product


def test_the_union_over_branches() -> None:
    draw = Sketch()
    image = draw(Input((3, 32, 32)))
    small, large = draw(Conv2d(8, 1), image), draw(Conv2d(8, 5, padding=2), image)
    both = draw(Concat(), small, large)
    assert receptive_fields(infer(draw.graph()))[both] == ReceptiveField((5, 5), (1, 1), (-2, -2))


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("factor", [2, 3, (1, 4)])
def test_interpolation_sees_what_its_gradient_sees(mode: str, factor: int | tuple[int, int]) -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 16, 16))), Conv2d(1, 3, stride=2), Upsample(factor, mode), AvgPool2d(2, 1))
    graph = draw.graph()
    field = receptive_fields(infer(graph))["pool1"]
    assert field is not None
    module, image = build(source(graph).text).double(), torch.rand(1, 1, 16, 16, dtype=torch.double)
    with torch.no_grad():
        module.conv1.weight.fill_(1.0)
    out = module(image.requires_grad_())[0, 0]
    widest = [0, 0]
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            (seen,) = torch.autograd.grad(out[row, column], image, retain_graph=True)
            for axis in (0, 1):
                places = (seen[0, 0].abs().sum(1 - axis) > 1e-12).nonzero()
                widest[axis] = max(widest[axis], int(places[-1] - places[0]) + 1)
    assert field.size == tuple(widest)
    assert infer(graph).facts["upsample1"].shape[1:] == Upsample(factor, mode).window().size(7, 7)


def test_branches_of_different_stride_are_told_place_by_place() -> None:
    draw = Sketch()
    image = draw(Input((3, 31, 31)))
    pooled = draw(MaxPool2d(3, 2), image)
    cropped = draw(Conv2d(3, 17), image)
    joined = draw(Add(), pooled, cropped)
    after = draw(Conv2d(8), joined)
    analysis = infer(draw.graph())
    fields, told = receptive_fields(analysis), places(analysis)
    assert fields[joined] == ReceptiveField((17, 17), (1, 1), (0, 0))
    first, last, behind = told[joined], told[joined], told[after]
    assert first and last and behind
    assert first.seen_by(0, 0) == (range(17), range(17))
    assert last.seen_by(14, 7) == (range(14, 31), range(7, 24))
    assert behind.seen_by(0, 12) == (range(19), range(12, 31))


def test_it_goes_inside_composites() -> None:
    assert last(Residual(64, 2), Residual(64)) == last(
        Conv2d(64, 3, 2, 1), Conv2d(64, 3, 1, 1), Conv2d(64, 3, 1, 1), Conv2d(64, 3, 1, 1)
    )


@pytest.mark.parametrize("before", [Conv2d(8, 3, 2), ConvTranspose2d(8, 3, 2)])
def test_a_composite_behind_anything_is_the_sum_of_its_parts(before: Block) -> None:
    for composite in (Residual(8, 2), Residual(16), SqueezeExcite(2), DepthwiseSeparable(8, 5, 2)):
        graph = Sketch()
        end = graph.chain(graph(Input((3, 20, 20))), before, composite)
        whole = graph.graph()
        inside = infer(whole).inside(end).graph
        parts = expanded(whole, end, inside)
        assert receptive_fields(infer(whole))[end] == receptive_fields(infer(parts))[parts.outputs[0].name]


def test_squeeze_and_excitation_sees_the_whole_image() -> None:
    field = last(Conv2d(32, 3, padding=1), SqueezeExcite(), size=(3, 32, 32))
    assert field is not None
    assert field.size == (34, 34)
    assert field.stride == (1, 1)
    assert field.status == "whole map"


@pytest.mark.parametrize("block", [SqueezeExcite(), ChannelAttention(), CBAM(), EfficientChannelAttention()])
def test_attention_over_channels_sees_the_whole_image(block: Block) -> None:
    field = last(Conv2d(8, 3, padding=1), block, size=(3, 32, 32))
    assert field is not None
    assert field.size == (34, 34)
    assert field.status == "whole map"


def test_a_block_without_a_window_is_not_pointwise_unless_it_says_so() -> None:
    unknown = type("Unknown", (Block,), {"shape": lambda self, *inputs: inputs[0]})()
    assert unknown.reach(Shape(3, 8, 8)) is None
    assert last(Softmax(3), size=(3, 8, 8)) == ReceptiveField((1, 8), (1, 0), (0, 0))
    assert last(Opaque("torch.flip"), size=(3, 8, 8)) is None
    assert last(Opaque("torch.abs"), size=(3, 8, 8)) == ReceptiveField((1, 1), (1, 1), (0, 0))


def test_axes_that_change_places_are_followed() -> None:
    turned = last(Permute((1, 3, 2)), Conv2d(4, (1, 3)), size=(4, 8, 8))
    assert turned == ReceptiveField((3, 1), (1, 1), (0, 0))
    mixed = last(Permute((2, 3, 1)), size=(8, 8, 8))
    assert mixed is not None and mixed.size == (8, 1)
    there_and_back = last(Permute((2, 3, 1)), ReLU(), Permute((3, 1, 2)), size=(4, 8, 8))
    assert there_and_back == ReceptiveField((1, 1), (1, 1), (0, 0))
    tokens = last(Conv2d(4, 2, 2), Tokens(), LayerNorm(), Linear(6), TokenMap(), size=(3, 8, 8))
    assert tokens is not None and tokens.size == (2, 2)
    attended = last(Conv2d(4, 2, 2), Tokens(), SelfAttention(2), TokenMap(), size=(3, 8, 8))
    assert attended is not None and (attended.size, attended.status) == ((8, 8), "whole map")


def test_what_may_be_less_is_told_as_an_upper_bound() -> None:
    own = FilterConv2d("own", "0 0 0; 0 1 0; 0 0 0")
    for block in (FractionalMaxPool2d(5), WindowAttention(2, 4, shift=2), own, Flatten()):
        field = last(block, size=(4, 16, 16))
        assert field is not None and field.status == "upper bound", block
    for block in (WindowAttention(2, 4), FilterConv2d("sharpen"), replace(own, learn=True)):
        field = last(block, size=(4, 16, 16))
        assert field is not None and field.status == "exact", block


def test_a_circular_border_sees_the_other_side_and_a_pixel_may_fall_through_holes() -> None:
    circular = last(Conv2d(8, 3, padding=1, padding_mode="circular"), size=(3, 8, 8))
    assert circular is not None and (circular.size, circular.status) == ((8, 8), "upper bound")
    valid = last(Conv2d(8, 3, padding_mode="circular"), size=(3, 8, 8))
    assert valid == ReceptiveField((3, 3), (1, 1), (0, 0))
    draw = Sketch()
    x = draw.chain(draw(Input((3, 9, 9))), Conv2d(4, 3, 2, dilation=2))
    reached, told = projective_fields(infer(draw.graph()))[x], receptive_fields(infer(draw.graph()))[x]
    assert reached is not None and reached.status == "upper bound"
    assert told is not None and told.status == "exact"


def test_where_a_pixel_goes() -> None:
    draw = Sketch()
    image = draw(Input((1, 9, 9)))
    conv = draw(Conv2d(4, 3, padding=1), image)
    pool = draw(MaxPool2d(3, 2), conv)
    head = draw.chain(pool, Flatten(), Linear(10))
    analysis = infer(draw.graph())
    fields = projective_fields(analysis)
    assert [field.places for name in (image, conv, pool, head) if (field := fields[name])] == [
        (range(4, 5),) * 2, (range(3, 6),) * 2, (range(1, 3),) * 2, (range(10),),
    ]  # fmt: skip
    corner = projective_fields(analysis, (0, 8))[pool]
    assert corner is not None
    assert corner.places == (range(1), range(3, 4))
    assert corner.size == (1, 1)


def test_a_head_sees_the_whole_image() -> None:
    for head in ([Flatten(), Linear(10)], [AdaptiveAvgPool2d(1), Flatten(), Linear(10)]):
        field = last(Conv2d(8, 3, padding=1), *head, size=(3, 32, 32))
        assert field is not None
        assert field.size == (34, 34)


def test_layers_without_a_window_see_what_is_before_them() -> None:
    assert last(Conv2d(8, 3), LayerNorm2d(), ReLU()) == last(Conv2d(8, 3))


@pytest.mark.parametrize("norm", [LayerNorm(), GroupNorm(), InstanceNorm2d(), BatchNorm2d(track_running_stats=False)])
def test_of_a_normalisation_over_maps_it_is_said_that_it_sees_everything(norm: Block) -> None:
    field, without = last(Conv2d(8, 3), norm, ReLU()), last(Conv2d(8, 3))
    assert field is not None and without is not None
    assert field.has_statistics and not without.has_statistics
    assert replace(field, has_statistics=False) == without
    behind = last(norm, Residual(8), size=(8, 16, 16))
    assert behind is not None and behind.has_statistics


def test_an_uneven_adaptive_pool_has_windows_of_its_own() -> None:
    field = last(AdaptiveAvgPool2d(5), size=(3, 32, 32))
    assert field == ReceptiveField((8, 8), (Fraction(32, 5), Fraction(32, 5)), (0, 0))


def test_what_has_no_shape_has_no_field() -> None:
    graph = Graph.of([Node("conv1", Conv2d()), Node("input1", Input((2, 8, 8))), Node("fc1", Linear(), ("input1",))])
    fields = receptive_fields(infer(graph))
    assert fields["conv1"] is None
    assert fields["fc1"] is None
    assert fields["input1"] == ReceptiveField((1, 1), (1, 1), (0, 0))


def test_a_vector_has_no_field() -> None:
    assert last(Linear(4), size=(8,)) is None
