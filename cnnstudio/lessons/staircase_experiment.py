"""Staircase experiment: from ResNet-50 to ConvNeXt-T in single edits, each with the accuracy that was published for it.

Liu et al. 2022, "A ConvNet for the 2020s", arXiv:2201.03545, Table 10: ImageNet's validation pictures, one crop; the
mean of three runs. Drawn here are networks with the edits that the paper names; what it leaves open (which bias goes
with a norm) is as torch's usual blocks have it. Layer scale, which is part of the recipe, is drawn in the last alone.

Up to "Fewer norms" the networks cost what the table says. Behind it the table prints 4.46 and 4.49 G. LayerNorm in the
place of BatchNorm changes no convolution, so it adds nothing here (all norms together are 3.3 million numbers, too few
for 0.31 G however they are counted); and the 0.31 G between 4.146 and 4.456 are what downsampling apart comes to. The
last network is torchvision's ``convnext_tiny``, of which that says 4.456, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cnnstudio.blocks import (
    GELU,
    AdaptiveAvgPool2d,
    Add,
    BatchNorm2d,
    Bottleneck,
    Conv2d,
    ConvBNReLU,
    Flatten,
    Group,
    Input,
    LayerNorm2d,
    Linear,
    MaxPool2d,
    ReLU,
)
from cnnstudio.compiler.comparison import compare
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.lessons.experiment import OTHERS, Curve, Curves, Outcome, Row, Side, Values
from cnnstudio.wording import counted, readable
from cnnstudio.zoo.convnext import convnext
from cnnstudio.zoo.resnet import resnet

CLASSES, COUNTS = 1000, (3, 3, 9, 3)


@dataclass(frozen=True)
class Step:
    """A step: its title, the edit in words, and the top-1 accuracy in percent that was published."""

    title: str
    edit: str
    accuracy: float
    remark: str = ""


_APART = "2 × 2 convolutions between the stages halve the map, with a LayerNorm each."
_PRINTED = (
    " Table 10 prints 4.46 G multiply-accumulates for LayerNorm and 4.49 G for downsampling apart. A norm has no "
    "convolution, so 4.15 G stay as they are here; it is downsampling apart that makes them 4.46 G."
)
STEPS = (
    Step("ResNet-50", "ResNet-50 as it was trained in 2015.", 76.13),
    Step("Recipe", "The network stays; it is trained 300 epochs with AdamW and much augmentation.", 78.82),
    Step("Stages", "Blocks are dealt out anew: 3, 3, 9, 3 in the place of 3, 4, 6, 3.", 79.36),
    Step("Patches", "The stem is one 4 × 4 convolution at stride 4, in the place of 7 × 7 and a pool.", 79.51),
    Step("Depthwise", "The 3 × 3 of each block looks at each channel alone. Alone, that is a step down.", 78.28),
    Step("Width", "What was saved goes into width: 96 channels at first in the place of 64.", 80.50),
    Step("Inverted", "Blocks are wide in the middle and narrow at their ends, four times.", 80.64),
    Step("Moved up", "The depthwise convolution comes first in the block, where it is narrow.", 79.92),
    Step("7 × 7", "The depthwise kernel grows from 3 × 3 to 7 × 7.", 80.57),
    Step("GELU", "GELU in the place of ReLU.", 80.62),
    Step("Fewer activations", "One activation in each block, between its two 1 × 1 convolutions.", 81.27),
    Step("Fewer norms", "One BatchNorm in each block, before its first 1 × 1 convolution.", 81.41),
    Step("LayerNorm", "LayerNorm in the place of BatchNorm.", 81.47, _PRINTED),
    Step("Downsampling apart", _APART, 81.97, _PRINTED),
)
STAGES, PATCHES, DEPTHWISE, WIDTH, INVERTED, MOVED, KERNEL, GELUS, FEW, NORMS, LAYER, APART = range(2, len(STEPS))


@lru_cache(maxsize=len(STEPS))
def network(step: int) -> Graph:
    """The network after so many steps."""
    if step < STAGES:
        return resnet(50, CLASSES)
    if step == APART:
        return convnext("tiny", CLASSES)
    draw, base = Sketch(), 96 if step >= WIDTH else 64
    x = _stem(draw, step, base)
    into = base
    for stage, count in enumerate(COUNTS):
        channels = base << stage
        for number in range(count):
            stride = 2 if stage and not number else 1
            made = _block(step, into, channels, stride)
            x = draw(made, x, name=f"stage{stage + 1}_{number + 1}")
            into = channels if step >= INVERTED else 4 * channels
    draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Linear(CLASSES))
    return draw.graph()


def _stem(draw: Sketch, step: int, channels: int) -> str:
    entry = draw(Input((3, 224, 224)))
    if step < PATCHES:
        return draw(MaxPool2d(3, 2, 1), draw(ConvBNReLU(channels, 7, 2), entry, name="stem"))
    x = draw(Conv2d(channels, 4, 4, bias=False), entry, name="stem")
    x = draw(_norm(step), x, name="stem_norm")
    return x if step >= FEW else draw(_activation(step), x, name="stem_act")


def _block(step: int, into: int, channels: int, stride: int) -> Block:
    """A block of a stage with so many channels, which the middle has or, once it is inverted, the ends."""
    if step < INVERTED:
        return Bottleneck(4 * channels, stride, channels, channels if step >= DEPTHWISE else 1)
    if step == INVERTED:
        return Bottleneck(channels, stride, 4 * channels, 4 * channels)
    draw, kernel = Sketch(), 7 if step >= KERNEL else 3
    entry = draw(Input((into, 8, 8)))
    is_many, is_normed = step < FEW, step < NORMS

    def after(x: str, *, norm: bool, activation: bool) -> str:
        x = draw(_norm(step), x) if norm else x
        return draw(_activation(step), x) if activation else x

    depthwise = Conv2d(into, kernel, stride, kernel // 2, groups=into, bias=False)
    x = after(draw(depthwise, entry), norm=True, activation=is_many)
    x = after(draw(Conv2d(4 * channels, 1, bias=not is_normed), x), norm=is_normed, activation=True)
    x = after(draw(Conv2d(channels, 1, bias=not is_normed), x), norm=is_normed, activation=False)
    if stride > 1 or into != channels:
        entry = draw(_norm(step), draw(Conv2d(channels, 1, stride, bias=False), entry))
    after(draw(Add(), x, entry), norm=False, activation=is_many)
    return Group(label="Halving block" if stride > 1 else "Block", body=draw.graph())


def _norm(step: int) -> Block:
    return LayerNorm2d(1e-6) if step >= LAYER else BatchNorm2d()


def _activation(step: int) -> Block:
    return GELU() if step >= GELUS else ReLU()


def staircase(values: Values) -> Outcome:
    """A step beside the one before it, and the published accuracies of all."""
    at = values["Step"]
    before, step = STEPS[max(0, at - 1)], STEPS[at]
    sides = tuple(Side(STEPS[each].title, network(each)) for each in dict.fromkeys((max(0, at - 1), at)))
    totals = [side.totals for side in sides]
    right = [STEPS[each].accuracy for each in dict.fromkeys((max(0, at - 1), at))]
    rows = (
        Row("Top-1, published", tuple(f"{each:.2f}%" for each in right), tuple(right)),
        Row("Parameters", tuple(f"{each.parameters:,}" for each in totals), tuple(each.parameters for each in totals)),
        Row("Multiply-accumulates", tuple(readable(each.macs) for each in totals), tuple(each.macs for each in totals)),
    )
    sentence = step.edit
    if at:
        gain = step.accuracy - before.accuracy
        more = "more" if gain >= 0 else "less"
        sentence += f" {_edited(sides)} {abs(gain):.2f} points {more}, {step.accuracy:.2f} % in all."
    sentence += step.remark
    sentence += " Accuracies: Liu et al. 2022, arXiv:2201.03545, Table 10, the mean of three runs."
    count, accuracies = np.arange(len(STEPS), dtype=np.float64), np.array([each.accuracy for each in STEPS])
    names = tuple(each.title for each in STEPS)
    curves = (
        Curve("", count, accuracies, OTHERS),
        Curve("", np.delete(count, at), np.delete(accuracies, at), OTHERS, names=("",) * (len(STEPS) - 1)),
        Curve(step.title, count[at : at + 1], accuracies[at : at + 1], names=names[at : at + 1]),
    )
    return Outcome(sides, rows, sentence, curves=Curves("Top-1 accuracy on ImageNet, %", "step", curves))


def _edited(sides: tuple[Side, ...]) -> str:
    """How many blocks were edited from one network to the next."""
    found = compare(sides[0].analysis, sides[-1].analysis)
    edited = [change for change in found.changes if change.kind not in ("affected", "renamed", "rewired")]
    return "One block differs:" if len(edited) == 1 else f"{counted(len(edited), 'block')} differ:"
