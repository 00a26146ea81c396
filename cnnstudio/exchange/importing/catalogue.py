"""Catalogue: torchvision's classification models by name. Knows no torch, so that a menu can be made of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """A classification model of torchvision: what people call it, and the side of its images in pixels."""

    title: str
    side: int = 224


_EFFICIENTNETS = (224, 240, 288, 300, 380, 456, 528, 600)
_REGNETS = ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")

MODELS: dict[str, Model] = {
    "alexnet": Model("AlexNet"),
    **{f"convnext_{v}": Model(f"ConvNeXt {v}") for v in ("tiny", "small", "base", "large")},
    **{f"densenet{d}": Model(f"DenseNet-{d}") for d in (121, 161, 169, 201)},
    **{f"efficientnet_b{n}": Model(f"EfficientNet-B{n}", side) for n, side in enumerate(_EFFICIENTNETS)},
    **{
        f"efficientnet_v2_{v}": Model(f"EfficientNetV2-{v.upper()}", s) for v, s in (("s", 384), ("m", 480), ("l", 480))
    },
    "googlenet": Model("GoogLeNet"),
    "inception_v3": Model("Inception v3", 299),
    "maxvit_t": Model("MaxViT-T"),
    **{f"mnasnet{w.replace('.', '_')}": Model(f"MNASNet × {w}") for w in ("0.5", "0.75", "1.0", "1.3")},
    "mobilenet_v2": Model("MobileNetV2"),
    **{f"mobilenet_v3_{v}": Model(f"MobileNetV3 {v}") for v in ("small", "large")},
    **{
        f"regnet_{kind}_{v}": Model(f"RegNet{kind.upper()} {v.replace('_', '.').upper()}")
        for kind in "xy"
        for v in (*_REGNETS, *(("128gf",) if kind == "y" else ()))
    },
    **{f"resnet{d}": Model(f"ResNet-{d}") for d in (18, 34, 50, 101, 152)},
    "resnext50_32x4d": Model("ResNeXt-50 32×4d"),
    "resnext101_32x8d": Model("ResNeXt-101 32×8d"),
    "resnext101_64x4d": Model("ResNeXt-101 64×4d"),
    **{f"shufflenet_v2_x{w.replace('.', '_')}": Model(f"ShuffleNetV2 × {w}") for w in ("0.5", "1.0", "1.5", "2.0")},
    "squeezenet1_0": Model("SqueezeNet 1.0"),
    "squeezenet1_1": Model("SqueezeNet 1.1"),
    **{f"swin_{v}": Model(f"Swin-{v.upper()}") for v in "tsb"},
    **{f"swin_v2_{v}": Model(f"Swin v2-{v.upper()}", 256) for v in "tsb"},
    **{
        f"vgg{d}{bn}": Model(f"VGG-{d}{' with BatchNorm' if bn else ''}")
        for d in (11, 13, 16, 19)
        for bn in ("", "_bn")
    },
    **{
        f"vit_{v}_{p}": Model(f"ViT-{v.upper()}/{p}")
        for v, p in (("b", 16), ("b", 32), ("l", 16), ("l", 32), ("h", 14))
    },
    "wide_resnet50_2": Model("Wide ResNet-50"),
    "wide_resnet101_2": Model("Wide ResNet-101"),
}
"""Every model by torchvision's own name."""
