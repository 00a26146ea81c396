"""Swin: a transformer whose pixels look at one another in windows, and whose maps shrink as a convolutional network's.

Liu et al. 2021, arXiv:2103.14030, and its second version, arXiv:2111.09883.
"""

from __future__ import annotations

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    CosineWindowBlock,
    Flatten,
    Input,
    LayerNorm2d,
    Linear,
    PatchifyStem,
    PatchMerging,
    WindowBlock,
)
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

WINDOWS = {1: 7, 2: 8}  # version -> side of a window, made for images of 224 and of 256 pixels
SMALL_WINDOW = 4

# variant -> channels of the first stage, blocks a stage, heads of the first stage, share of the samples that leave out
# the last branch
VARIANTS = {
    "t": (96, (2, 2, 6, 2), 3, 0.2),
    "s": (96, (2, 2, 18, 2), 3, 0.3),
    "b": (128, (2, 2, 18, 2), 4, 0.5),
}


def swin(variant: str = "t", classes: int = 1000, size: Size = IMAGENET, version: int = 1) -> Graph:
    """Swin "t", "s" or "b", of version 1 or 2: 28,288,354 parameters for the first t and 1,000 classes."""
    width, counts, heads, drop = VARIANTS[variant]
    small = is_small(size)
    patch = 2 if small else 4
    draw = Sketch()
    x = draw(PatchifyStem(width, patch, eps=1e-5), draw(Input(size)), name="stem")
    side, done = max(size[1:]) // patch, 0
    for stage, count in enumerate(counts, start=1):
        if stage > 1:
            x = draw(PatchMerging("before" if version == 1 else "after"), x, name=f"stage{stage}_merge")
            side = (side + 1) // 2
        window = min(SMALL_WINDOW, side) if small else WINDOWS[version]
        for number in range(1, count + 1):
            share = round(drop * done / (sum(counts) - 1), 4)
            shift = 0 if number % 2 or (small and side <= window) else window // 2
            made = _block(version, heads * 2 ** (stage - 1), window, shift, share)
            x = draw(made, x, name=f"stage{stage}_{number}")
            done += 1
    x = draw(LayerNorm2d(), x, name="norm")
    x = draw(AdaptiveAvgPool2d(1), x, name="pool")
    draw.chain(x, Flatten(), Linear(classes))
    return in_stages(draw.graph())


def _block(version: int, heads: int, window: int, shift: int, drop: float) -> Block:
    if version == 1:
        return WindowBlock(heads, window, shift, drop=drop)
    return CosineWindowBlock(heads, window, shift, drop=drop)
