"""Famous networks, each a function that returns its graph, laid out; a family a file.

``TEMPLATES`` are four to begin with, ``NETWORKS`` all at their full size. For images below 64 pixels each is drawn in
the variant that people use for CIFAR: with a 3×3 stem that does not shrink them.
"""

from __future__ import annotations

from cnnstudio.zoo.backbone import Backbone, transfer
from cnnstudio.zoo.lenet import lenet5
from cnnstudio.zoo.networks import NETWORKS
from cnnstudio.zoo.resnet import small_resnet
from cnnstudio.zoo.template import Template
from cnnstudio.zoo.vgg import vgg_small

__all__ = ["NETWORKS", "TEMPLATES", "Backbone", "Template", "lenet5", "small_resnet", "transfer", "vgg_small"]

TEMPLATES: dict[str, Template] = {
    "lenet5": Template(
        "LeNet-5",
        "The first convolutional network that read digits, 1998: small, quick to train, easy to understand.",
        lenet5,
        (1, 28, 28),
        "digits",
    ),
    "vgg-small": Template(
        "Small VGG",
        "Pairs of 3×3 convolutions and pooling, after VGG, 2014: narrow enough for a laptop.",
        vgg_small,
        (3, 32, 32),
        "shapes",
    ),
    "small-resnet": Template(
        "Small ResNet",
        "Three stages of residual blocks for pictures of 32 × 32, after ResNet, 2015.",
        small_resnet,
        (3, 32, 32),
        "shapes",
    ),
    "transfer": Template(
        "Transfer learning",
        "A network that has seen a million photos, its weights frozen, and a new head for your classes.",
        transfer,
        (3, 64, 64),
        "shapes",
    ),
}
