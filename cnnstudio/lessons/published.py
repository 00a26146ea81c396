"""Published: how many of ImageNet's validation pictures the weights of torchvision tell right, and what these cost.

The numbers are torchvision's own, which it measured with its own weights, one crop each, and keeps beside them:
https://docs.pytorch.org/vision/stable/models.html (0.28). A paper's numbers may differ by a point or two.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """Top-1 accuracy in percent with the first weights and with the second, where there are such.

    ``macs`` are billions of multiply-accumulates, at the size of picture that the weights were made for.
    """

    first: float
    second: float | None
    parameters: int
    macs: float


PUBLISHED: dict[str, Weights] = {
    "alexnet": Weights(56.522, None, 61_100_840, 0.714),
    "vgg11": Weights(69.02, None, 132_863_336, 7.609),
    "vgg13": Weights(69.928, None, 133_047_848, 11.308),
    "vgg16": Weights(71.592, None, 138_357_544, 15.47),
    "vgg19": Weights(72.376, None, 143_667_240, 19.632),
    "vgg11_bn": Weights(70.37, None, 132_868_840, 7.609),
    "vgg13_bn": Weights(71.586, None, 133_053_736, 11.308),
    "vgg16_bn": Weights(73.36, None, 138_365_992, 15.47),
    "vgg19_bn": Weights(74.218, None, 143_678_248, 19.632),
    "googlenet": Weights(69.778, None, 6_624_904, 1.498),
    "inception_v3": Weights(77.294, None, 27_161_264, 5.713),
    "resnet18": Weights(69.758, None, 11_689_512, 1.814),
    "resnet34": Weights(73.314, None, 21_797_672, 3.664),
    "resnet50": Weights(76.13, 80.858, 25_557_032, 4.089),
    "resnet101": Weights(77.374, 81.886, 44_549_160, 7.801),
    "resnet152": Weights(78.312, 82.284, 60_192_808, 11.514),
    "resnext50_32x4d": Weights(77.618, 81.198, 25_028_904, 4.23),
    "resnext101_32x8d": Weights(79.312, 82.834, 88_791_336, 16.414),
    "resnext101_64x4d": Weights(83.246, None, 83_455_272, 15.46),
    "wide_resnet50_2": Weights(78.468, 81.602, 68_883_240, 11.398),
    "wide_resnet101_2": Weights(78.848, 82.51, 126_886_696, 22.753),
    "densenet121": Weights(74.434, None, 7_978_856, 2.834),
    "densenet161": Weights(77.138, None, 28_681_000, 7.728),
    "densenet169": Weights(75.6, None, 14_149_480, 3.36),
    "densenet201": Weights(76.896, None, 20_013_928, 4.291),
    "squeezenet1_0": Weights(58.092, None, 1_248_424, 0.819),
    "squeezenet1_1": Weights(58.178, None, 1_235_496, 0.349),
    "mobilenet_v2": Weights(71.878, 72.154, 3_504_872, 0.301),
    "mobilenet_v3_small": Weights(67.668, None, 2_542_856, 0.057),
    "mobilenet_v3_large": Weights(74.042, 75.274, 5_483_032, 0.217),
    "mnasnet0_5": Weights(67.734, None, 2_218_512, 0.104),
    "mnasnet0_75": Weights(71.18, None, 3_170_208, 0.215),
    "mnasnet1_0": Weights(73.456, None, 4_383_312, 0.314),
    "mnasnet1_3": Weights(76.506, None, 6_282_256, 0.526),
    "shufflenet_v2_x0_5": Weights(60.552, None, 1_366_792, 0.04),
    "shufflenet_v2_x1_0": Weights(69.362, None, 2_278_604, 0.145),
    "shufflenet_v2_x1_5": Weights(72.996, None, 3_503_624, 0.296),
    "shufflenet_v2_x2_0": Weights(76.23, None, 7_393_996, 0.583),
    "efficientnet_b0": Weights(77.692, None, 5_288_548, 0.386),
    "efficientnet_b1": Weights(78.642, 79.838, 7_794_184, 0.687),
    "efficientnet_b2": Weights(80.608, None, 9_109_994, 1.088),
    "efficientnet_b3": Weights(82.008, None, 12_233_232, 1.827),
    "efficientnet_b4": Weights(83.384, None, 19_341_616, 4.394),
    "efficientnet_b5": Weights(83.444, None, 30_389_784, 10.266),
    "efficientnet_b6": Weights(84.008, None, 43_040_704, 19.068),
    "efficientnet_b7": Weights(84.122, None, 66_347_960, 37.746),
    "efficientnet_v2_s": Weights(84.228, None, 21_458_488, 8.366),
    "efficientnet_v2_m": Weights(85.112, None, 54_139_356, 24.582),
    "efficientnet_v2_l": Weights(85.808, None, 118_515_272, 56.08),
    "convnext_tiny": Weights(82.52, None, 28_589_128, 4.456),
    "convnext_small": Weights(83.616, None, 50_223_688, 8.684),
    "convnext_base": Weights(84.062, None, 88_591_464, 15.355),
    "convnext_large": Weights(84.414, None, 197_767_336, 34.361),
    "regnet_x_400mf": Weights(72.834, 74.864, 5_495_976, 0.414),
    "regnet_x_800mf": Weights(75.212, 77.522, 7_259_656, 0.8),
    "regnet_x_1_6gf": Weights(77.04, 79.668, 9_190_136, 1.603),
    "regnet_x_3_2gf": Weights(78.364, 81.196, 15_296_552, 3.177),
    "regnet_x_8gf": Weights(79.344, 81.682, 39_572_648, 7.995),
    "regnet_x_16gf": Weights(80.058, 82.716, 54_278_536, 15.941),
    "regnet_x_32gf": Weights(80.622, 83.014, 107_811_560, 31.736),
    "regnet_y_400mf": Weights(74.046, 75.804, 4_344_144, 0.402),
    "regnet_y_800mf": Weights(76.42, 78.828, 6_432_512, 0.834),
    "regnet_y_1_6gf": Weights(77.95, 80.876, 11_202_430, 1.612),
    "regnet_y_3_2gf": Weights(78.948, 81.982, 19_436_338, 3.176),
    "regnet_y_8gf": Weights(80.032, 82.828, 39_381_472, 8.473),
    "regnet_y_16gf": Weights(80.424, 82.886, 83_590_140, 15.912),
    "regnet_y_32gf": Weights(80.878, 83.368, 145_046_770, 32.28),
    "vit_b_16": Weights(81.072, None, 86_567_656, 17.564),
    "vit_b_32": Weights(75.912, None, 88_224_232, 4.409),
    "vit_l_16": Weights(79.662, None, 304_326_632, 61.555),
    "vit_l_32": Weights(76.972, None, 306_535_400, 15.378),
    "swin_t": Weights(81.474, None, 28_288_354, 4.491),
    "swin_s": Weights(83.196, None, 49_606_258, 8.741),
    "swin_b": Weights(83.582, None, 87_768_224, 15.431),
    "swin_v2_t": Weights(82.072, None, 28_351_570, 5.94),
    "swin_v2_s": Weights(83.712, None, 49_737_442, 11.546),
    "swin_v2_b": Weights(84.112, None, 87_930_848, 20.325),
    "maxvit_t": Weights(83.7, None, 30_919_624, 5.558),
}
"""By the name of the network, as ``zoo.NETWORKS`` and torchvision have it; those with weights of ImageNet alone."""
