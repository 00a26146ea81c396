"""Experiments: the list of them, each with the networks that it draws. The numbers are inference's and torch's own."""

from __future__ import annotations

from collections.abc import Iterator

from cnnstudio.blocks import (
    AvgPool2d,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    PatchEmbedding,
    SelfAttention,
)
from cnnstudio.graph import Block
from cnnstudio.lessons.depth_experiment import through_depth
from cnnstudio.lessons.experiment import Experiment, Knob, Outcome, Row, Side, Values, compared
from cnnstudio.lessons.landscape_experiment import landscapes, walk_landscapes
from cnnstudio.lessons.picture_experiments import MOST_SHIFT, chain, field_on_picture, same, shifted
from cnnstudio.lessons.race_experiments import (
    RATES,
    degradation,
    few_pictures,
    normalisation,
    train_degradation,
    train_few_pictures,
    train_normalisation,
)
from cnnstudio.wording import counted, readable
from cnnstudio.zoo import NETWORKS
from cnnstudio.zoo.efficientnet import SCALES, efficientnet, scaled_efficientnet

CHANNELS = (1, 2, 3, 4, 8, 16, 32, 64, 72, 96, 128, 192, 256, 384, 512, 1024)
SIDES = (7, 14, 28, 32, 56, 64, 112, 224)
ODD = (1, 3, 5, 7, 9, 11)


# stacks of small kernels


def _stacks(values: Values) -> Outcome:
    channels, count = values["Channels"], values["Convolutions"]
    kernel, shape = 2 * count + 1, (channels, 32, 32)
    many = Side(f"{count} of 3 × 3", chain(shape, *(same(channels, 3) for _ in range(count))))
    one = Side(f"One of {kernel} × {kernel}", chain(shape, same(channels, kernel)))

    def sentence() -> str:
        few, all_ = (side.weights / channels**2 for side in (many, one))
        assert many.field is not None
        return (
            f"Both see {many.field.written} pixels. For each pair of channels the stack has {few:.0f} weights and the "
            f"large kernel {all_:.0f}: {1 - few / all_:.0%} fewer, and {counted(count, 'activation')} can stand "
            "behind them instead of one."
        )

    return compared((many, one), sentence)


# convolution against fully connected


def _connected(values: Values) -> Outcome:
    side, units, kernel = values["Side of the picture"], values["Filters, or units"], values["Kernel"]
    shape = (3, side, side)
    slid = Side("Convolution", chain(shape, same(units, kernel, bias=True)))
    full = Side("Fully connected", chain(shape, Flatten(), Linear(units)))

    def sentence() -> str:
        return (
            f"A fully connected unit has {full.weights // units:,} weights, one for each number of the picture. A "
            f"filter has {slid.weights // units:,}, wherever it looks, and they stay as many when the picture grows. "
            f"In all: {full.weights:,} weights against {slid.weights:,}."
        )

    return compared((slid, full), sentence)


# depthwise-separable


def _separable(values: Values) -> Outcome:
    into, out, kernel, side = (values[name] for name in ("Channels in", "Channels out", "Kernel", "Side of the map"))
    shape = (into, side, side)
    whole = Side("Standard", chain(shape, same(out, kernel)))
    parts = Side("Depthwise, then pointwise", chain(shape, same(into, kernel, into), Conv2d(out, 1, bias=False)))

    def sentence() -> str:
        times = whole.totals.macs / parts.totals.macs
        return (
            f"{times:.2f} times fewer multiply-accumulates, which is K²N / (K² + N) with K = {kernel} and N = {out}; "
            f"the channels that come in make no difference. Weights: {whole.weights:,} against {parts.weights:,}."
        )

    return compared((whole, parts), sentence)


# 1 × 1 as mixing of channels


def _pointwise(values: Values) -> Outcome:
    into, narrow, side = values["Channels in"], values["Between"], values["Side of the map"]
    shape = (into, side, side)
    mixing = Side("1 × 1 alone", chain(shape, Conv2d(narrow, 1)))
    around = Side("1 × 1, 3 × 3, 1 × 1", chain(shape, Conv2d(narrow, 1), same(narrow, 3, bias=True), Conv2d(into, 1)))
    direct = Side("3 × 3 at once", chain(shape, same(into, 3, bias=True)))

    def sentence() -> str:
        share = around.totals.macs / direct.totals.macs
        return (
            f"A 1 × 1 convolution sees one place of each map: it makes {narrow:,} mixtures of {into:,} channels. With "
            f"one before and one behind it, the 3 × 3 has {share:.1%} of its work: little where the mixtures are few."
        )

    return compared((mixing, around, direct), sentence)


# compound scaling


def _scaling(values: Values) -> Outcome:
    depth, width, side, power = (values[name] for name in ("Depth", "Width", "Resolution", "Budget, 2 to the power of"))
    base = Side("EfficientNet-B0", efficientnet(0))
    scaled = Side("Scaled", scaled_efficientnet(width / 100, depth / 100, side))
    limit = base.totals.macs * 2**power

    def sentence() -> str:
        times = scaled.totals.macs / base.totals.macs
        fits = "within" if scaled.totals.macs <= limit else "over"
        published = next(
            (
                f" These are the numbers of EfficientNet-B{number}."
                for number, (wide, deep, large, _) in SCALES.items()
                if (wide, deep, large) == (width / 100, depth / 100, side)
            ),
            "",
        )
        return (
            f"{times:.2f} times the work of B0, {fits} the budget of {2**power}. Depth counts once, width and "
            f"resolution by their squares: the paper raises all three together, 1.2, 1.1 and 1.15 for each doubling."
            f"{published}"
        )

    share = Row(
        "Of the budget",
        tuple(f"{each.totals.macs / limit:.0%}" for each in (base, scaled)),
        tuple(each.totals.macs / limit for each in (base, scaled)),
    )
    return compared((base, scaled), sentence, share, has_field=False)


# ViT's patches


def _patches(values: Values) -> Outcome:
    side, patch, size = values["Side of the picture"], values["Patch"], values["Numbers of a token"]
    cut = Side("Patches", chain((3, side, side), PatchEmbedding(size, patch)))
    seen = Side("Patches and attention", chain((3, side, side), PatchEmbedding(size, patch), SelfAttention(4)))

    def sentence() -> str:
        assert cut.shape is not None
        count, rest = cut.shape[0], side % patch
        whole = f"⌊{side} / {patch}⌋²" if rest else f"({side} / {patch})²"
        left = f" The last {counted(rest, 'pixel')} of each row and column are left out." if rest else ""
        return (
            f"N = {whole} = {count:,} tokens of {size}: a word for each patch of {patch} × {patch} pixels.{left} Each "
            f"token looks at all {count:,}, so attention has {count:,} × {count:,} looks: half the patch is four "
            "times the tokens and sixteen times the looks."
        )

    return compared((cut, seen), sentence, has_field=False)


# pooling or a stride


def _downsampling(values: Values) -> Outcome:
    channels, side = values["Channels"], values["Side of the map"]
    shape = (channels, side, side)
    sides = (
        Side("Average pool 2 × 2", chain(shape, AvgPool2d(2))),
        Side("Max pool 2 × 2", chain(shape, MaxPool2d(2))),
        Side("3 × 3 at stride 2", chain(shape, Conv2d(channels, 3, 2, 1, bias=False))),
    )

    def sentence() -> str:
        rest = (
            " A pool leaves the last row and column out, the convolution reads them with its padding."
            if side % 2
            else ""
        )
        return (
            f"All three halve {channels:,} × {side} × {side}.{rest} A pool learns nothing and costs no product; the "
            f"strided convolution learns {sides[2].weights:,} weights to do it, and mixes the channels as well."
        )

    return compared(sides, sentence)


# what is heavy and what is much work

_WEIGHED = {
    "AlexNet": "alexnet",
    "VGG-16": "vgg16",
    "ResNet-50": "resnet50",
    "MobileNetV2": "mobilenet_v2",
    "EfficientNet-B0": "efficientnet_b0",
}


def _heavy(values: Values) -> Outcome:
    name = list(_WEIGHED)[values["Network"]]
    template = NETWORKS[_WEIGHED[name]]
    side = Side(name, template.make(template.classes, template.size))
    found = side.analysis.facts
    full = [node.name for node in side.graph if isinstance(node.block, Linear)]
    counts = [(facts.parameters, facts.macs, node in full) for node, facts in found.items()]
    rows = []
    for number, words in enumerate(("Parameters", "Multiply-accumulates")):
        parts = [sum(count[number] for count in counts if count[2] == is_full) for is_full in (False, True)]
        shares = tuple(part / sum(parts) for part in parts)
        rows.append(Row(words, tuple(f"{readable(p)}, {s:.1%}" for p, s in zip(parts, shares, strict=True)), shares))
    weights, work = (row.sizes[1] for row in rows)
    sentence = (
        f"The fully connected layers of {name} hold {weights:.1%} of its parameters and do {work:.1%} of its work: "
        "each of their weights is used once, and each of a convolution's at every place of a map. Convolutions are "
        "much work and yet small."
    )
    return Outcome((side,), tuple(rows), sentence, titles=("Convolutions and the rest", "Fully connected"))


EXPERIMENTS = (
    Experiment(
        "stacks",
        "Small kernels, stacked",
        "Two 3 × 3 convolutions see as much as one 5 × 5.",
        frozenset({"Conv2d", "ConvBNReLU"}),
        (Knob("Channels", CHANNELS, 64), Knob("Convolutions", (1, 2, 3, 4, 5), 2)),
        _stacks,
    ),
    Experiment(
        "connected",
        "Convolution or fully connected",
        "Why convolutions come first: weights for a picture.",
        frozenset({"Conv2d", "Linear", "Flatten"}),
        (
            Knob("Side of the picture", SIDES, 32),
            Knob("Filters, or units", (1, 8, 16, 32, 64, 128, 256, 512, 1000), 64),
            Knob("Kernel", ODD, 3),
        ),
        _connected,
    ),
    Experiment(
        "heavy",
        "Heavy, or much work",
        "Where the parameters of famous networks are, and where their multiply-accumulates.",
        frozenset({"Linear", "Flatten", "Conv2d"}),
        (Knob("Network", tuple(range(len(_WEIGHED))), 1, words=tuple(_WEIGHED)),),
        _heavy,
    ),
    Experiment(
        "separable",
        "Depthwise, then pointwise",
        "One convolution over space, one over channels: the same shape for a part of the work.",
        frozenset({"Conv2d", "DepthwiseSeparable", "InvertedResidual", "MBConv", "ConvNeXtBlock"}),
        (
            Knob("Channels in", CHANNELS, 64),
            Knob("Channels out", CHANNELS, 64),
            Knob("Kernel", ODD, 3),
            Knob("Side of the map", SIDES, 56),
        ),
        _separable,
    ),
    Experiment(
        "pointwise",
        "1 × 1 mixes channels",
        "No neighbour is seen, only the channels of one place: a cheap way to make many maps few.",
        frozenset({"Conv2d", "Bottleneck", "Inception", "Fire"}),
        (Knob("Channels in", CHANNELS, 256), Knob("Between", CHANNELS, 64), Knob("Side of the map", SIDES, 28)),
        _pointwise,
    ),
    Experiment(
        "field",
        "How far a value sees",
        "Each layer widens the receptive field; a stride multiplies what all layers behind it add.",
        frozenset({"Conv2d", "MaxPool2d", "AvgPool2d", "ConvBNReLU", "Residual"}),
        (
            Knob("Convolutions", tuple(range(1, 14)), 3),
            Knob("Kernel", ODD, 3),
            Knob("Pool after each", (0, 1, 2, 3), 0),
        ),
        field_on_picture,
    ),
    Experiment(
        "shift",
        "Shift the picture",
        "What moves along with it, what changes, and what bears it.",
        frozenset({"Conv2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d"}),
        (Knob("Shift", tuple(range(MOST_SHIFT + 1)), 2), Knob("Pool", (2, 4, 8), 4)),
        shifted,
    ),
    Experiment(
        "depth",
        "A gradient through many layers",
        "What of it comes to the first: plain, with BatchNorm, and with a way round each layer.",
        frozenset(
            {"Residual", "Bottleneck", "PreActResidual", "PreActBottleneck", "BatchNorm2d", "BatchNorm1d", "Add"}
        ),
        (
            Knob("Layers", (5, 10, 20, 30, 50), 20),
            Knob("Size of the weights", (30, 50, 70, 80, 90, 100, 110, 120, 150), 70, is_percent=True),
        ),
        through_depth,
    ),
    Experiment(
        "degradation",
        "Deeper, and worse",
        "More plain layers fit even the images that they learn from worse. With a way round, they do not.",
        frozenset({"Residual", "Bottleneck", "Add", "PreActResidual", "PreActBottleneck"}),
        (Knob("Convolutions", (10, 14, 20, 30), 20), Knob("Epochs", (3, 5, 10), 5)),
        degradation,
        train_degradation,
    ),
    Experiment(
        "normalisation",
        "BatchNorm, on and off",
        "The same network twice; one of them normalises what each layer gets.",
        frozenset({"BatchNorm2d", "BatchNorm1d", "ConvBNReLU"}),
        (
            Knob("Convolutions", (2, 4, 6, 10), 6),
            Knob("Learning rate", RATES, 5, is_percent=True),
            Knob("Epochs", (3, 5, 10), 5),
        ),
        normalisation,
        train_normalisation,
    ),
    Experiment(
        "landscape",
        "The land round the weights",
        "How the loss changes where all weights are changed, without ways round and with them.",
        frozenset({"Residual", "Bottleneck", "Add"}),
        (
            Knob("Convolutions", (6, 10, 20, 30), 20),
            Knob("Epochs", (2, 5, 10), 5),
            Knob("Seed", tuple(range(10)), 0),
            Knob("Directions", tuple(range(10)), 0),
        ),
        landscapes,
        walk_landscapes,
    ),
    Experiment(
        "few-pictures",
        "Forty pictures",
        "What augmentation is worth where there is little to learn from.",
        frozenset({"Input", "Dropout", "Linear"}),
        (Knob("Pictures", (20, 40, 100, 200), 40),),
        few_pictures,
        train_few_pictures,
    ),
    Experiment(
        "downsampling",
        "A pool or a stride",
        "Three ways to halve a map, and what each learns.",
        frozenset({"MaxPool2d", "AvgPool2d", "LPPool2d", "Conv2d"}),
        (Knob("Channels", CHANNELS, 64), Knob("Side of the map", SIDES, 32)),
        _downsampling,
    ),
    Experiment(
        "scaling",
        "Depth, width, resolution",
        "Three ways to make a network larger, and one budget.",
        frozenset({"MBConv", "FusedMBConv", "Backbone"}),
        (
            Knob("Depth", (100, 110, 120, 140, 180, 220, 260, 310), 120, is_percent=True),
            Knob("Width", (100, 110, 120, 140, 160, 180, 200), 110, is_percent=True),
            Knob("Resolution", (160, 192, 224, 240, 256, 288, 300, 380, 456, 528, 600), 256),
            Knob("Budget, 2 to the power of", tuple(range(8)), 1),
        ),
        _scaling,
    ),
    Experiment(
        "patches",
        "A picture as words",
        "A vision transformer cuts the picture into patches: N = H · W / P² tokens.",
        frozenset({"PatchEmbedding", "SelfAttention", "TransformerBlock", "Tokens"}),
        (
            Knob("Side of the picture", (28, 32, 64, 96, 112, 224, 384), 224),
            Knob("Patch", (2, 4, 7, 8, 14, 16, 28, 32), 16),
            Knob("Numbers of a token", (32, 64, 192, 384, 768, 1024), 192),
        ),
        _patches,
    ),
)


def about(block: type[Block]) -> Iterator[Experiment]:
    """The experiments that are about this kind of block."""
    return (each for each in EXPERIMENTS if block.__name__ in each.blocks)
