"""Resampling: make maps larger, smaller or differently framed, without learning anything."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.phrases import nearest_divisor, require_map, side
from cnnstudio.graph import Block, Reach, Remedy, Saved, Saves, Shape, ShapeError, Window, block, pair, under
from cnnstudio.graph.parameter import Range

Factor = Annotated[int, Range(1, 64)]

_SYMMETRIC_PAD = '''
class SymmetricPad2d(nn.Module):
    """Frame a map with its own mirror image, the border included."""

    def __init__(self, left: int, right: int, top: int, bottom: int) -> None:
        super().__init__()
        self.left, self.right, self.top, self.bottom = left, right, top, bottom

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        above, below = x[:, :, : self.top].flip(2), x[:, :, height - self.bottom :].flip(2)
        x = torch.cat([above, x, below], dim=2)
        before, behind = x[:, :, :, : self.left].flip(3), x[:, :, :, width - self.right :].flip(3)
        return torch.cat([before, x, behind], dim=3)
'''.strip()
Edge = Annotated[int, Range(0, 1_024)]


@block
class Upsample(Block):
    """Make each map larger by a whole factor, repeating pixels or drawing smooth lines between them.

    There is no block for nn.MaxUnpool2d: it needs to be told which pixels a max pooling chose, and a block gives one
    result. To enlarge by what is learned use ConvTranspose2d or PixelShuffle.

    scale_factor: how many times higher and wider
    mode: repeat the nearest pixel, or interpolate
    """

    keywords: ClassVar[str] = "interpolate resize enlarge upsampling unpooling nearest bilinear decoder"
    saves: ClassVar[Saves] = "nothing"

    scale_factor: Annotated[int | tuple[int, int], Range(1, 64)] = 2
    mode: Literal["nearest", "bilinear", "bicubic"] = "nearest"

    def window(self, *inputs: Shape) -> Window:
        # an input pixel tells on the output pixels less than ``reach`` / 2 input pixels from its middle
        factor, reach = pair(self.scale_factor), {"nearest": 1, "bilinear": 2, "bicubic": 4}[self.mode]
        tall, wide = (1 if side == 1 else reach * side - (side % 2 if reach > 1 else 0) for side in factor)
        vertical, horizontal = (tall - factor[0]) // 2, (wide - factor[1]) // 2
        around = ((vertical, vertical), (horizontal, horizontal))
        return Window((tall, wide), factor, around, transposed=True)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        vertical, horizontal = pair(self.scale_factor)
        return Shape(shape.channels, shape[1] * vertical, shape[2] * horizontal)

    def init(self, *inputs: Shape) -> str:
        mode = f", mode={self.mode!r}" if self.mode != "nearest" else ""
        return f"nn.Upsample(scale_factor={self.scale_factor!r}{mode})"

    def brief(self) -> str:
        return f"× {side(self.scale_factor, always=False)} · {self.mode}"


@block
class PixelShuffle(Block):
    """Turn channels into pixels: r × r channels become one map r times higher and wider.

    A convolution before it can so learn to enlarge. Shi et al. 2016, arXiv:1609.05158.

    upscale_factor: how many times higher and wider
    """

    keywords: ClassVar[str] = "depth to space subpixel superresolution enlarge"
    saves: ClassVar[Saves] = "nothing"

    upscale_factor: Factor = 2

    def window(self, *inputs: Shape) -> Window:
        factor = pair(self.upscale_factor)
        return Window(factor, factor, transposed=True)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        factor = self.upscale_factor
        if shape.channels % factor**2:
            raise ShapeError(
                f"the channels must be a multiple of {factor} × {factor} = {factor**2}, but there are {shape.channels}."
            )
        return Shape(shape.channels // factor**2, shape[1] * factor, shape[2] * factor)

    def init(self, *inputs: Shape) -> str:
        return f"nn.PixelShuffle({self.upscale_factor!r})"

    def brief(self) -> str:
        return f"× {self.upscale_factor}"


@block
class PixelUnshuffle(Block):
    """Turn pixels into channels: each r × r square of a map becomes r × r channels of one pixel.

    Nothing is lost, unlike in pooling; without overlap it also cuts an image into patches.

    downscale_factor: how many times lower and narrower
    """

    keywords: ClassVar[str] = "space to depth patches downsample reduce"
    saves: ClassVar[Saves] = "nothing"

    downscale_factor: Factor = 2

    def window(self, *inputs: Shape) -> Window:
        factor = pair(self.downscale_factor)
        return Window(factor, factor)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        factor = self.downscale_factor
        if shape[1] % factor or shape[2] % factor:
            nearest = nearest_divisor(factor, *shape.spatial)
            raise ShapeError(
                f"height and width must be multiples of {factor}, but the map is {shape[1]} × {shape[2]}.",
                Remedy(f"Set downscale_factor to {nearest}", (PixelUnshuffle(nearest),)),
            )
        return Shape(shape.channels * factor**2, shape[1] // factor, shape[2] // factor)

    def init(self, *inputs: Shape) -> str:
        return f"nn.PixelUnshuffle({self.downscale_factor!r})"

    def brief(self) -> str:
        return f"÷ {self.downscale_factor}"


@block
class Pad(Block):
    """Put rows and columns round the map, as many on each side as wanted.

    top: rows above
    bottom: rows below
    left: columns on the left
    right: columns on the right
    mode: zeros; the map mirrored without its border (reflect: 2|1 2 3|2) or with it (symmetric: 1|1 2 3|3); and so on
    """

    keywords: ClassVar[str] = (
        "zeropad2d padding border reflectionpad2d replicationpad2d circularpad2d symmetric mirror frame"
    )
    definitions: ClassVar[tuple[str, ...]] = (_SYMMETRIC_PAD,)

    top: Edge = 1
    bottom: Edge = 1
    left: Edge = 1
    right: Edge = 1
    mode: Literal["zeros", "reflect", "replicate", "circular", "symmetric"] = "zeros"

    @property
    def needed(self) -> tuple[str, ...]:
        return self.definitions if self.mode == "symmetric" else ()

    def window(self, *inputs: Shape) -> Window:
        return Window((1, 1), padding=((self.top, self.bottom), (self.left, self.right)))

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (under(self.window(), self.mode),)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        window = self.window()
        if self.mode in ("reflect", "circular", "symmetric"):
            for name, length, padding in zip(("height", "width"), shape.spatial, window.padding, strict=True):
                most = length - 1 if self.mode == "reflect" else length
                if max(padding) > most:
                    raise ShapeError(
                        f"{self.mode} padding takes its pixels from the map, so at {name} {length} it can be at most "
                        f"{most}, not {max(padding)}.",
                        Remedy("Pad with zeros", (Pad(self.top, self.bottom, self.left, self.right),)),
                    )
        return Shape(shape.channels, *window.size(*shape.spatial))

    def saved(self, *inputs: Shape) -> Saved:
        return Saved("inputs" if self.mode in ("reflect", "replicate") else "nothing")

    def init(self, *inputs: Shape) -> str:
        sides = self.left, self.right, self.top, self.bottom
        if self.mode == "symmetric":
            return f"SymmetricPad2d{sides!r}"
        kind = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}[self.mode]
        return f"nn.{kind}Pad2d({sides[0] if len(set(sides)) == 1 else sides!r})"

    def brief(self) -> str:
        sides = self.top, self.right, self.bottom, self.left
        return f"{sides[0]}" if len(set(sides)) == 1 else " ".join(map(str, sides))


@block
class Crop(Block):
    """Cut rows and columns off the map.

    top: rows cut off above
    bottom: rows cut off below
    left: columns cut off on the left
    right: columns cut off on the right
    """

    keywords: ClassVar[str] = "cropping cut slice border trim"
    is_view: ClassVar[bool] = True

    top: Edge = 1
    bottom: Edge = 1
    left: Edge = 1
    right: Edge = 1

    def window(self, *inputs: Shape) -> Window:
        return Window((1, 1), padding=((-self.top, -self.bottom), (-self.left, -self.right)))

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        height, width = self.window().size(*shape.spatial)
        if height < 1 or width < 1:
            raise ShapeError(
                f"cutting {self.top} + {self.bottom} rows and {self.left} + {self.right} columns off a map of "
                f"{shape[1]} × {shape[2]} leaves nothing."
            )
        return Shape(shape.channels, height, width)

    def forward(self, name: str, *inputs: str) -> str:
        rows = f"{self.top}:{-self.bottom or ''}"
        columns = f"{self.left}:{-self.right or ''}"
        return f"{inputs[0]}[:, :, {rows}, {columns}]"

    def brief(self) -> str:
        sides = self.top, self.right, self.bottom, self.left
        return f"{sides[0]}" if len(set(sides)) == 1 else " ".join(map(str, sides))
