"""ConvNeXt: a convolutional network made over after the transformer. Liu et al. 2022, arXiv:2201.03545."""

from __future__ import annotations

from cnnstudio.blocks import AdaptiveAvgPool2d, Conv2d, ConvNeXtBlock, Flatten, Input, LayerNorm2d, Linear, PatchifyStem
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

EPS = 1e-6

# variant -> channels a stage, blocks a stage, share of the samples that leave out the last branch
VARIANTS = {
    "tiny": ((96, 192, 384, 768), (3, 3, 9, 3), 0.1),
    "small": ((96, 192, 384, 768), (3, 3, 27, 3), 0.4),
    "base": ((128, 256, 512, 1024), (3, 3, 27, 3), 0.5),
    "large": ((192, 384, 768, 1536), (3, 3, 27, 3), 0.5),
}


def convnext(variant: str = "tiny", classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """ConvNeXt "tiny", "small", "base" or "large": 28,589,128 parameters for tiny and 1,000 classes."""
    widths, counts, drop = VARIANTS[variant]
    draw = Sketch()
    patch = 2 if is_small(size) else 4
    x = draw(PatchifyStem(widths[0], patch), draw(Input(size)), name="stem")
    done = 0
    for stage, (channels, count) in enumerate(zip(widths, counts, strict=True), start=1):
        if stage > 1:
            x = draw(LayerNorm2d(EPS), x, name=f"stage{stage}_norm")
            x = draw(Conv2d(channels, 2, 2), x, name=f"stage{stage}_down")
        for number in range(1, count + 1):
            made = ConvNeXtBlock(drop=round(drop * done / (sum(counts) - 1), 4))
            x = draw(made, x, name=f"stage{stage}_{number}")
            done += 1
    x = draw(AdaptiveAvgPool2d(1), x, name="pool")
    x = draw(LayerNorm2d(EPS), x, name="head_norm")
    draw.chain(x, Flatten(), Linear(classes))
    return in_stages(draw.graph())
