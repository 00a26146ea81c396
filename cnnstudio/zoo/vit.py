"""ViT: an image is worth 16 × 16 words. Dosovitskiy et al. 2020, arXiv:2010.11929."""

from __future__ import annotations

from cnnstudio.blocks import (
    ClassToken,
    FirstToken,
    Input,
    LayerNorm,
    Linear,
    PatchEmbedding,
    PositionEmbedding,
    TransformerBlock,
)
from cnnstudio.graph import Graph, Sketch
from cnnstudio.zoo.stages import in_stages
from cnnstudio.zoo.template import IMAGENET, Size, is_small

EPS = 1e-6

# variant -> side of a patch, size of a token, blocks, heads
VARIANTS = {
    "b_16": (16, 768, 12, 12),
    "b_32": (32, 768, 12, 12),
    "l_16": (16, 1024, 24, 16),
    "l_32": (32, 1024, 24, 16),
    "h_14": (14, 1280, 32, 16),
}


def vit(variant: str = "b_16", classes: int = 1000, size: Size = IMAGENET) -> Graph:
    """Vision Transformer: 86,567,656 parameters for base with patches of 16 and 1,000 classes."""
    patch, width, depth, heads = VARIANTS[variant]
    patch = patch // 4 if is_small(size) else patch
    draw = Sketch()
    x = draw(PatchEmbedding(width, patch), draw(Input(size)), name="patches")
    x = draw(ClassToken(), x, name="class_token")
    x = draw(PositionEmbedding(), x, name="position")
    for number in range(1, depth + 1):
        x = draw(TransformerBlock(heads), x, name=f"encoder_{number}")
    x = draw(LayerNorm(EPS), x, name="norm")
    x = draw(FirstToken(), x, name="token")
    draw(Linear(classes), x, name="head")
    return in_stages(draw.graph())
