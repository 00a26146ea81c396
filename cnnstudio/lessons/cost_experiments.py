"""Cost experiments: ways to the same end, and what inference says that each of them costs."""

from __future__ import annotations

from cnnstudio.blocks import (
    AvgPool2d,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    PatchEmbedding,
    SelfAttention,
)
from cnnstudio.lessons.experiment import Outcome, Row, Side, Values, compared
from cnnstudio.lessons.picture_experiments import chain, same
from cnnstudio.wording import counted, readable
from cnnstudio.zoo import NETWORKS
from cnnstudio.zoo.efficientnet import SCALES, efficientnet, scaled_efficientnet

# stacks of small kernels


def stacks(values: Values) -> Outcome:
    """Some 3 × 3 convolutions and the one large kernel that sees as much."""
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


def connected(values: Values) -> Outcome:
    """A convolution and a fully connected layer on the same picture."""
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


def separable(values: Values) -> Outcome:
    """A standard convolution, and a depthwise one with a pointwise one behind it."""
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


def pointwise(values: Values) -> Outcome:
    """A 1 × 1 convolution alone and around a 3 × 3, and the 3 × 3 at once."""
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


def scaling(values: Values) -> Outcome:
    """EfficientNet-B0, and what these factors make of it."""
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


def patches(values: Values) -> Outcome:
    """A picture cut into patches, and attention between them."""
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


def downsampling(values: Values) -> Outcome:
    """Two pools and a strided convolution."""
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

WEIGHED = {
    "AlexNet": "alexnet",
    "VGG-16": "vgg16",
    "ResNet-50": "resnet50",
    "MobileNetV2": "mobilenet_v2",
    "EfficientNet-B0": "efficientnet_b0",
}


def heavy(values: Values) -> Outcome:
    """What of a famous network is in its fully connected layers."""
    name = list(WEIGHED)[values["Network"]]
    template = NETWORKS[WEIGHED[name]]
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
