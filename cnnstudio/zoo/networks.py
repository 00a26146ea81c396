"""The famous networks at their full size, by name: what a menu offers and a test compares with torchvision."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cnnstudio.graph import Graph
from cnnstudio.zoo.alexnet import alexnet
from cnnstudio.zoo.convnext import convnext
from cnnstudio.zoo.densenet import densenet
from cnnstudio.zoo.efficientnet import SCALES, V2, efficientnet, efficientnet_v2
from cnnstudio.zoo.fractalnet import fractalnet
from cnnstudio.zoo.googlenet import googlenet, inception_v3
from cnnstudio.zoo.maxvit import maxvit
from cnnstudio.zoo.mobilenet import mnasnet, mobilenet_v1, mobilenet_v2, mobilenet_v3
from cnnstudio.zoo.regnet import VARIANTS as REGNETS
from cnnstudio.zoo.regnet import regnet
from cnnstudio.zoo.resnet import preact_resnet, resnet
from cnnstudio.zoo.senet import plain34, pyramidnet, senet154
from cnnstudio.zoo.shufflenet import shufflenet_v2
from cnnstudio.zoo.squeezenet import squeezenet1_0, squeezenet1_1
from cnnstudio.zoo.swin import VARIANTS as SWINS
from cnnstudio.zoo.swin import swin
from cnnstudio.zoo.template import PHOTOS, Size, Template
from cnnstudio.zoo.vgg import vgg
from cnnstudio.zoo.vit import VARIANTS as VITS
from cnnstudio.zoo.vit import vit
from cnnstudio.zoo.xception import xception

# key -> family, idea
_IDEAS = {
    "alexnet": ("AlexNet", "ReLU, dropout and GPUs, 2012: the network that began it."),
    "vgg": ("VGG", "Nothing but stacks of 3×3 convolutions, 2014."),
    "googlenet": ("Inception", "Kernels of several sizes side by side, 2014."),
    "inception": ("Inception", "Large kernels cut into small ones, side by side, 2015."),
    "resnet": ("ResNet", "Skips that let depth do no harm, 2015."),
    "preact": ("ResNet", "Skips that nothing stands in the way of, 2016."),
    "resnext": ("ResNet", "Many narrow paths in each block, 2016."),
    "wide": ("ResNet", "Fewer and wider residual blocks, 2016."),
    "se": ("ResNet", "Residual blocks that weigh their channels, 2017."),
    "senet": ("SENet", "Channels weighed in every block, and groups in a wide middle, 2017."),
    "pyramid": ("PyramidNet", "A little wider with every block; its shortcuts put zeros behind, 2016."),
    "plain": ("ResNet", "ResNet-34 without its skips: depth alone does harm, 2015."),
    "densenet": ("DenseNet", "Every layer reads all before it, 2016."),
    "squeezenet": ("SqueezeNet", "AlexNet's accuracy with 50 times fewer weights, 2016."),
    "mobilenet_v1": ("MobileNet", "Depthwise convolutions for phones, 2017."),
    "mobilenet_v2": ("MobileNet", "Skips between the narrow ends of wide blocks, 2018."),
    "mobilenet_v3": ("MobileNet", "Found by a search, with attention and a cheaper swish, 2019."),
    "mnasnet": ("MNASNet", "A network for phones that a search found, 2018."),
    "shufflenet": ("ShuffleNet", "Half of the channels goes round each block, 2018."),
    "efficientnet": ("EfficientNet", "Depth, width and resolution scaled together, 2019."),
    "efficientnet_v2": ("EfficientNet", "Whole convolutions first, where depthwise ones are slow, 2021."),
    "convnext": ("ConvNeXt", "A convolutional network made over after the transformer, 2022."),
    "regnet": ("RegNet", "Widths that follow a line, 2020."),
    "fractalnet": ("FractalNet", "Deep, and yet without skips, 2016."),
    "vit": ("Vision transformer", "Patches of an image that look at one another, 2020."),
    "swin": ("Vision transformer", "Pixels that look at one another in windows, on maps that shrink, 2021."),
    "swin_v2": ("Vision transformer", "Windows once more, compared by angle, for deeper networks, 2021."),
    "maxvit": ("Vision transformer", "Convolution, near and far attention in every block, 2022."),
    "xception": ("Xception", "Nothing but depthwise separable convolutions, 2016."),
}


def _made(title: str, idea: str, make: Callable[[int, Size], Graph], side: int = 224) -> Template:
    family, sentence = _IDEAS[idea]
    return Template(title, sentence, make, (3, side, side), PHOTOS, family, 1000)


NETWORKS: dict[str, Template] = {
    "alexnet": _made("AlexNet", "alexnet", alexnet),
    **{f"vgg{d}": _made(f"VGG-{d}", "vgg", partial(vgg, d)) for d in (11, 13, 16, 19)},
    **{f"vgg{d}_bn": _made(f"VGG-{d} with BatchNorm", "vgg", partial(vgg, d, norm=True)) for d in (11, 13, 16, 19)},
    "googlenet": _made("GoogLeNet", "googlenet", googlenet),
    "inception_v3": _made("Inception v3", "inception", inception_v3, 299),
    **{f"resnet{d}": _made(f"ResNet-{d}", "resnet", partial(resnet, d)) for d in (18, 34, 50, 101, 152)},
    "preact_resnet18": _made("Pre-activation ResNet-18", "preact", partial(preact_resnet, 18)),
    "resnext50_32x4d": _made("ResNeXt-50", "resnext", partial(resnet, 50, groups=32, width=4)),
    "resnext101_32x8d": _made("ResNeXt-101", "resnext", partial(resnet, 101, groups=32, width=8)),
    "resnext101_64x4d": _made("ResNeXt-101, 64 paths", "resnext", partial(resnet, 101, groups=64, width=4)),
    "wide_resnet50_2": _made("Wide ResNet-50", "wide", partial(resnet, 50, width=128)),
    "wide_resnet101_2": _made("Wide ResNet-101", "wide", partial(resnet, 101, width=128)),
    "plain34": _made("Plain network of 34 layers", "plain", plain34),
    "se_resnet50": _made("SE-ResNet-50", "se", partial(resnet, 50, squeeze=16)),
    "senet154": _made("SENet-154", "senet", senet154),
    "pyramidnet110": _made("PyramidNet-110", "pyramid", pyramidnet, 32),
    **{f"densenet{d}": _made(f"DenseNet-{d}", "densenet", partial(densenet, d)) for d in (121, 161, 169, 201)},
    "squeezenet1_0": _made("SqueezeNet 1.0", "squeezenet", squeezenet1_0),
    "squeezenet1_1": _made("SqueezeNet 1.1", "squeezenet", squeezenet1_1),
    "mobilenet_v1": _made("MobileNet", "mobilenet_v1", mobilenet_v1),
    "mobilenet_v2": _made("MobileNetV2", "mobilenet_v2", mobilenet_v2),
    "mobilenet_v3_small": _made("MobileNetV3 small", "mobilenet_v3", partial(mobilenet_v3, "small")),
    "mobilenet_v3_large": _made("MobileNetV3 large", "mobilenet_v3", partial(mobilenet_v3, "large")),
    **{
        f"mnasnet{w:.2f}".rstrip("0").replace(".", "_") if w != 1.0 else "mnasnet1_0": _made(
            f"MNASNet × {w:g}", "mnasnet", partial(mnasnet, w)
        )
        for w in (0.5, 0.75, 1.0, 1.3)
    },
    **{
        f"shufflenet_v2_x{w:.1f}".replace(".", "_"): _made(
            f"ShuffleNetV2 × {w:g}", "shufflenet", partial(shufflenet_v2, w)
        )
        for w in (0.5, 1.0, 1.5, 2.0)
    },
    **{
        f"efficientnet_b{n}": _made(f"EfficientNet-B{n}", "efficientnet", partial(efficientnet, n), scale[2])
        for n, scale in SCALES.items()
    },
    **{
        f"efficientnet_v2_{v}": _made(
            f"EfficientNetV2-{v.upper()}", "efficientnet_v2", partial(efficientnet_v2, v), row[2]
        )
        for v, row in V2.items()
    },
    **{
        f"convnext_{v}": _made(f"ConvNeXt {v}", "convnext", partial(convnext, v))
        for v in ("tiny", "small", "base", "large")
    },
    **{
        f"regnet_{v}": _made(f"RegNet {v.upper().replace('_', ' ', 1).replace('_', '.')}", "regnet", partial(regnet, v))
        for v in REGNETS
    },
    "xception": _made("Xception", "xception", xception, 299),
    "fractalnet": _made("FractalNet", "fractalnet", fractalnet, 32),
    **{f"vit_{v}": _made(f"ViT-{v.upper().replace('_', '/')}", "vit", partial(vit, v)) for v in VITS},
    **{f"swin_{v}": _made(f"Swin-{v.upper()}", "swin", partial(swin, v)) for v in SWINS},
    **{f"swin_v2_{v}": _made(f"Swin v2-{v.upper()}", "swin_v2", partial(swin, v, version=2), 256) for v in SWINS},
    "maxvit_t": _made("MaxViT-T", "maxvit", maxvit),
}
