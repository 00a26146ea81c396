"""Window transformer blocks: attention in windows and a small network at every pixel, as Swin and MaxViT stack them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.activation import GELU
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.merge import Add
from cnnstudio.blocks.normalization import Epsilon, LayerNorm2d
from cnnstudio.blocks.phrases import require_map
from cnnstudio.blocks.regularization import StochasticDepth
from cnnstudio.blocks.resampling import Pad, PixelUnshuffle
from cnnstudio.blocks.window_attention import CosineWindowAttention, Side, WindowAttention
from cnnstudio.graph import Composite, Pen, Shape, block
from cnnstudio.graph.parameter import Count, Range, Rate


@block
class WindowBlock(Composite):
    """A transformer block on a map: pixels look at one another in windows, then each is thought over by itself.

    Both steps are residual and begin with LayerNorm. Swin shifts the windows in every second block (Liu et al. 2021,
    arXiv:2103.14030); MaxViT takes tiles, then pixels far apart in a grid (Tu et al. 2022, arXiv:2204.01697).

    num_heads: how many heads of attention; it must divide the channels
    window_size: side of a window in pixels
    shift: by how many pixels the windows are shifted; not where one window holds the whole map
    windows: neighbours in tiles, or pixels far apart in a grid
    scale_by: scores are divided by the square root of the size of a head, or of a whole token
    mlp_ratio: how many times more channels the middle of the second step has
    drop: share of the samples that leave a branch out while training
    eps: what LayerNorm adds to the variance
    """

    family: ClassVar[str] = "transformer"
    title: ClassVar[str] = "Window transformer block"
    keywords: ClassVar[str] = "windowblock swin maxvit shifted grid attention mlp"
    stem: ClassVar[str] = "block"

    num_heads: Count = 4
    window_size: Side = 4
    shift: Annotated[int, Range(0, 63)] = 0
    windows: Literal["tiles", "grid"] = "tiles"
    scale_by: Literal["head", "token"] = "head"
    mlp_ratio: Annotated[int, Range(1, 64)] = 4
    drop: Rate = 0.0
    eps: Epsilon = 1e-5

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        attention = WindowAttention(self.num_heads, self.window_size, self.shift, self.windows, self.scale_by)
        entry = draw(Input(shape))
        x = draw(LayerNorm2d(self.eps), entry, name="norm1")
        x = draw(attention, x, name="attention")
        middle = draw(Add(), _dropped(draw, x, self.drop, "drop1"), entry, name="add1")
        x = draw(LayerNorm2d(self.eps), middle, name="norm2")
        x = _thought_over(draw, x, shape, self.mlp_ratio)
        draw(Add(), _dropped(draw, x, self.drop, "drop2"), middle, name="add2")

    def brief(self) -> str:
        words = ["shifted"] if self.shift else ["grid"] if self.windows == "grid" else []
        return " · ".join([f"{self.window_size}×{self.window_size}", f"{self.num_heads} heads", *words])


@block
class CosineWindowBlock(Composite):
    """A window transformer block of Swin's second version: scores by angle, and LayerNorm at the end of each branch.

    Both keep the numbers of deep networks small. Liu et al. 2021, Swin v2, arXiv:2111.09883.

    num_heads: how many heads of attention; it must divide the channels
    window_size: side of a window in pixels
    shift: by how many pixels the windows are shifted; not where one window holds the whole map
    mlp_ratio: how many times more channels the middle of the second step has
    drop: share of the samples that leave a branch out while training
    eps: what LayerNorm adds to the variance
    """

    family: ClassVar[str] = "transformer"
    title: ClassVar[str] = "Cosine window block"
    keywords: ClassVar[str] = "cosinewindowblock swin v2 shifted attention mlp angle"
    stem: ClassVar[str] = "block"

    num_heads: Count = 4
    window_size: Side = 4
    shift: Annotated[int, Range(0, 63)] = 0
    mlp_ratio: Annotated[int, Range(1, 64)] = 4
    drop: Rate = 0.0
    eps: Epsilon = 1e-5

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        entry = draw(Input(shape))
        x = draw(CosineWindowAttention(self.num_heads, self.window_size, self.shift), entry, name="attention")
        x = draw(LayerNorm2d(self.eps), x, name="norm1")
        middle = draw(Add(), _dropped(draw, x, self.drop, "drop1"), entry, name="add1")
        x = _thought_over(draw, middle, shape, self.mlp_ratio)
        x = draw(LayerNorm2d(self.eps), x, name="norm2")
        draw(Add(), _dropped(draw, x, self.drop, "drop2"), middle, name="add2")

    def brief(self) -> str:
        shifted = " · shifted" if self.shift else ""
        return f"{self.window_size}×{self.window_size} · {self.num_heads} heads{shifted}"


@block
class PatchMerging(Composite):
    """Halve the map: each square of 2 × 2 pixels becomes one pixel of twice as many channels.

    What is pooling to other networks is this to Swin. An odd map gets a row or a column of zeros first.
    Liu et al. 2021, arXiv:2103.14030.

    norm: LayerNorm before the channels are mixed, as in Swin, or after, as in its second version
    eps: what LayerNorm adds to the variance
    """

    family: ClassVar[str] = "transformer"
    title: ClassVar[str] = "Patch merging"
    keywords: ClassVar[str] = "patchmerging swin downsample halve"
    stem: ClassVar[str] = "merge"

    norm: Literal["before", "after"] = "before"
    eps: Epsilon = 1e-5

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        require_map(self, shape)
        bottom, right = (side % 2 for side in shape.spatial)
        x = draw(Input(shape))
        if bottom or right:
            x = draw(Pad(0, bottom, 0, right), x, name="pad")
        x = draw(PixelUnshuffle(2), x, name="unshuffle")
        if self.norm == "before":
            x = draw(LayerNorm2d(self.eps), x, name="norm")
        x = draw(Conv2d(2 * shape.channels, 1, bias=False), x, name="reduction")
        if self.norm == "after":
            draw(LayerNorm2d(self.eps), x, name="norm")

    def brief(self) -> str:
        return "÷ 2"


def _thought_over(draw: Pen, x: str, shape: Shape, ratio: int) -> str:
    """The same small network at every pixel: to ``ratio`` times as many channels and back."""
    x = draw(Conv2d(ratio * shape.channels, 1), x, name="expand")
    return draw(Conv2d(shape.channels, 1), draw(GELU(), x, name="gelu"), name="project")


def _dropped(draw: Pen, x: str, drop: float, name: str) -> str:
    return draw(StochasticDepth(drop), x, name=name) if drop else x
