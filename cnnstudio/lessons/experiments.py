"""Experiments: the list of them, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Iterator

from cnnstudio.graph import Block
from cnnstudio.lessons.cost_experiments import (
    WEIGHED,
    connected,
    downsampling,
    heavy,
    patches,
    pointwise,
    scaling,
    separable,
    stacks,
)
from cnnstudio.lessons.depth_experiment import through_depth
from cnnstudio.lessons.experiment import Experiment, Knob
from cnnstudio.lessons.family_experiment import FAMILIES, RECIPES, SIZES, families
from cnnstudio.lessons.fault_experiments import darkness, find_haste, haste, train_darkness
from cnnstudio.lessons.landscape_experiment import landscapes, walk_landscapes
from cnnstudio.lessons.picture_experiments import MOST_SHIFT, field_on_picture, shifted
from cnnstudio.lessons.race_experiments import (
    RATES,
    degradation,
    few_pictures,
    normalisation,
    train_degradation,
    train_few_pictures,
    train_normalisation,
)
from cnnstudio.lessons.staircase_experiment import STEPS, staircase
from cnnstudio.lessons.taught_experiments import gates, pruning, train_gates, train_pruning

CHANNELS = (1, 2, 3, 4, 8, 16, 32, 64, 72, 96, 128, 192, 256, 384, 512, 1024)
SIDES = (7, 14, 28, 32, 56, 64, 112, 224)
ODD = (1, 3, 5, 7, 9, 11)

EXPERIMENTS = (
    Experiment(
        "stacks",
        "Small kernels, stacked",
        "Two 3 × 3 convolutions see as much as one 5 × 5.",
        frozenset({"Conv2d", "ConvBNReLU"}),
        (Knob("Channels", CHANNELS, 64), Knob("Convolutions", (1, 2, 3, 4, 5), 2)),
        stacks,
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
        connected,
    ),
    Experiment(
        "heavy",
        "Heavy, or much work",
        "Where the parameters of famous networks are, and where their multiply-accumulates.",
        frozenset({"Linear", "Flatten", "Conv2d"}),
        (Knob("Network", tuple(range(len(WEIGHED))), 1, words=tuple(WEIGHED)),),
        heavy,
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
        separable,
    ),
    Experiment(
        "pointwise",
        "1 × 1 mixes channels",
        "No neighbour is seen, only the channels of one place: a cheap way to make many maps few.",
        frozenset({"Conv2d", "Bottleneck", "Inception", "Fire"}),
        (Knob("Channels in", CHANNELS, 256), Knob("Between", CHANNELS, 64), Knob("Side of the map", SIDES, 28)),
        pointwise,
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
            Knob("Seed", tuple(range(10)), 1),
            Knob("Directions", tuple(range(10)), 0, is_look=True),
        ),
        landscapes,
        walk_landscapes,
    ),
    Experiment(
        "few-pictures",
        "Forty pictures",
        "What augmentation is worth where there is little to learn from.",
        frozenset({"Input", "Dropout", "Linear"}),
        (Knob("Pictures", (20, 40, 100, 200), 40), Knob("Epochs", (20, 50, 100), 100)),
        few_pictures,
        train_few_pictures,
    ),
    Experiment(
        "pruning",
        "Channels that can go",
        "A part of the channels does most of the work. Which part, and by which measure?",
        frozenset({"Conv2d", "ConvBNReLU"}),
        (
            Knob("Channels", (8, 16, 32, 64), 32),
            Knob("Epochs", (3, 5, 10), 5),
            Knob("Taken out, %", (0, 10, 25, 50, 60, 75, 90), 50, is_look=True),
        ),
        pruning,
        train_pruning,
    ),
    Experiment(
        "gates",
        "Weights for a class",
        "Squeeze-and-excitation weighs the channels anew for each picture. Two classes, and what it weighs for them.",
        frozenset({"SqueezeExcite", "SEBottleneck", "ChannelAttention", "CBAM", "MBConv"}),
        (
            Knob("Channels", (8, 16, 32), 16),
            Knob("One digit", tuple(range(10)), 0, is_look=True),
            Knob("Another digit", tuple(range(10)), 1, is_look=True),
        ),
        gates,
        train_gates,
    ),
    Experiment(
        "darkness",
        "What is dark",
        "A network learns whatever tells the classes apart, and that need not be what was meant.",
        frozenset({"Input", "Conv2d"}),
        (Knob("Dark digit", tuple(range(10)), 7), Knob("Light, %", (20, 35, 50, 70, 90, 100), 35)),
        darkness,
        train_darkness,
    ),
    Experiment(
        "haste",
        "Labels that are wrong",
        "Which label is wrong can be told by a model that has not seen the picture.",
        frozenset({"Input", "Linear"}),
        (Knob("Wrong labels, %", (1, 2, 5, 10, 20), 5),),
        haste,
        find_haste,
    ),
    Experiment(
        "downsampling",
        "A pool or a stride",
        "Three ways to halve a map, and what each learns.",
        frozenset({"MaxPool2d", "AvgPool2d", "LPPool2d", "Conv2d"}),
        (Knob("Channels", CHANNELS, 64), Knob("Side of the map", SIDES, 32)),
        downsampling,
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
        scaling,
    ),
    Experiment(
        "families",
        "Accuracy against size",
        "What the networks of a family come to, and what they cost, among all others.",
        frozenset({"Backbone", "MBConv", "InvertedResidual", "Bottleneck", "ConvNeXtBlock", "DenseBlock", "Fire"}),
        (
            Knob("Family", tuple(range(len(FAMILIES))), FAMILIES.index("ResNet"), words=FAMILIES),
            Knob("Weights", (0, 1), 0, words=RECIPES),
            Knob("Against", (0, 1), 0, words=SIZES),
        ),
        families,
    ),
    Experiment(
        "staircase",
        "From ResNet to ConvNeXt",
        "One edit after the other makes a network of 2015 into one of 2022. Some are a step down that allows the next.",
        frozenset({"ConvNeXtBlock", "PatchifyStem", "Bottleneck", "LayerNorm2d", "GELU"}),
        (Knob("Step", tuple(range(len(STEPS))), 4, words=tuple(each.title for each in STEPS)),),
        staircase,
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
        patches,
    ),
)


def about(block: type[Block]) -> Iterator[Experiment]:
    """The experiments that are about this kind of block."""
    return (each for each in EXPERIMENTS if block.__name__ in each.blocks)
