"""Transformers: an image as a sequence of patches that look at one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isqrt
from typing import Annotated, ClassVar

from cnnstudio.blocks.activation import GELU
from cnnstudio.blocks.convolution import Conv2d
from cnnstudio.blocks.input import Input
from cnnstudio.blocks.linear import Linear
from cnnstudio.blocks.merge import Add
from cnnstudio.blocks.normalization import Epsilon, LayerNorm
from cnnstudio.blocks.phrases import counted, kind, nearest_divisor, require_map
from cnnstudio.blocks.regularization import Dropout
from cnnstudio.graph import (
    Block,
    Composite,
    Listed,
    Own,
    Pen,
    Reach,
    Remedy,
    Saved,
    Saves,
    Shape,
    ShapeError,
    Slid,
    block,
    own_places,
)
from cnnstudio.graph.parameter import Channels, Count, Range, Rate
from cnnstudio.graph.reach import MOST_PLACES


@block
class Tokens(Block):
    """Read a map as a sequence: each pixel, with all its channels, is one token; row after row."""

    keywords: ClassVar[str] = "sequence patches flatten transpose vit"
    stem: ClassVar[str] = "tokens"
    is_view: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        return Shape(shape[1] * shape[2], shape.channels)

    def reach(self, *inputs: Shape) -> tuple[Reach, ...] | None:
        _, height, width = inputs[0]
        if height * width > MOST_PLACES:
            return None
        rows = tuple(row for row in range(height) for _ in range(width))
        columns = tuple(range(width)) * height
        return (Reach((Own(1), Listed((0,), rows, rows), Listed((0,), columns, columns))),)

    def forward(self, name: str, *inputs: str) -> str:
        return f"{inputs[0]}.flatten(2).transpose(1, 2)"


@block
class TokenMap(Block):
    """Lay tokens out as a map again, row after row: each token becomes one pixel, its numbers the channels.

    So convolutions can go on behind a transformer, and its features can be looked at.

    height: rows of the map; left open, it is a square
    skip: how many tokens before the first pixel are left out; 1 for a class token
    """

    title: ClassVar[str] = "Tokens to map"
    keywords: ClassVar[str] = "tokenmap unflatten sequence vit transformer features"
    stem: ClassVar[str] = "map"
    is_view: ClassVar[bool] = True

    height: Annotated[int | None, Range(1, 65_536)] = None
    skip: Annotated[int, Range(0, 64)] = 0

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        _require_tokens(self, shape)
        height, width = self._sides(shape)
        if height * width != shape[0] - self.skip or not width:
            others = f" but {self.skip}" if self.skip else ""
            rows = f"{self.height} equal rows" if self.height else "a square"
            raise ShapeError(f"{counted(shape[0], 'token')}{others} cannot be laid out as {rows}.", *self._ways(shape))
        return Shape(shape[1], height, width)

    def reach(self, *inputs: Shape) -> tuple[Reach, ...] | None:
        if inputs[0][0] > MOST_PLACES:
            return None
        tokens = tuple(range(self.skip, inputs[0][0]))
        return (Reach((Listed((1, 2), tokens, tokens), Own(0))),)

    def _sides(self, shape: Shape) -> tuple[int, int]:
        """Rows and columns; of a square, where the rows are left open, or of what is nearest to one from below."""
        count = max(0, shape[0] - self.skip)
        height = self.height or isqrt(count)
        return height, (count // height if self.height else height)

    def _ways(self, shape: Shape) -> Iterator[Remedy]:
        count = shape[0] - self.skip
        if self.height and count > 0:
            nearest = nearest_divisor(self.height, count)
            yield Remedy(f"Set height to {nearest}", (replace(self, height=nearest),))
        elif not self.skip and shape[0] > 1 and isqrt(shape[0] - 1) ** 2 == shape[0] - 1:
            yield Remedy("Leave out the class token", (replace(self, skip=1),))

    def init(self, *inputs: Shape) -> str:
        return f"nn.Unflatten(2, {self._sides(inputs[0])!r})"

    def forward(self, name: str, *inputs: str) -> str:
        skip = f"[:, {self.skip}:]" if self.skip else ""
        return f"self.{name}({inputs[0]}{skip}.transpose(1, 2))"

    def brief(self) -> str:
        return f"{self.height} rows" if self.height else ""


@block
class ClassToken(Block):
    """Put a learned token before the others, which gathers what the classifier needs."""

    title: ClassVar[str] = "Class token"
    keywords: ClassVar[str] = "classtoken cls vit transformer learned"
    stem: ClassVar[str] = "class_token"
    saves: ClassVar[Saves] = "nothing"

    def shape(self, *inputs: Shape) -> Shape:
        _require_tokens(self, inputs[0])
        return Shape(inputs[0][0] + 1, inputs[0][1])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (Reach((Slid(0, before=1), Own(1))),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return {"": Shape(1, 1, inputs[0][1])}

    def init(self, *inputs: Shape) -> str:
        return f"nn.Parameter(torch.zeros(1, 1, {inputs[0][-1]!r}))"

    def forward(self, name: str, *inputs: str) -> str:
        return f"torch.cat([self.{name}.expand({inputs[0]}.shape[0], -1, -1), {inputs[0]}], dim=1)"


@block
class PositionEmbedding(Block):
    """Add a learned vector to each token, so that the network can tell where it lies in the image."""

    title: ClassVar[str] = "Position embedding"
    keywords: ClassVar[str] = "positionembedding positional encoding vit transformer learned"
    stem: ClassVar[str] = "position"
    saves: ClassVar[Saves] = "nothing"
    is_pointwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        _require_tokens(self, inputs[0])
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return {"": Shape(1, *inputs[0])}

    def init(self, *inputs: Shape) -> str:
        sizes = ", ".join(map(repr, inputs[0]))
        return f"nn.Parameter(torch.randn(1, {sizes}) * 0.02)"

    def forward(self, name: str, *inputs: str) -> str:
        return f"{inputs[0]} + self.{name}"


@block
class FirstToken(Block):
    """Keep the first token, the class token, for the classifier, and leave the others."""

    title: ClassVar[str] = "First token"
    keywords: ClassVar[str] = "firsttoken select pick class cls vit transformer"
    stem: ClassVar[str] = "token"
    is_view: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        _require_tokens(self, inputs[0])
        return Shape(inputs[0][1])

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (Reach((Listed((), (0,), (0,)), Own(0))),)

    def forward(self, name: str, *inputs: str) -> str:
        return f"{inputs[0]}[:, 0]"


@block
class SelfAttention(Block):
    """Let every token look at all tokens and take from each as much as it finds fitting.

    From each token three vectors are computed: what it looks for, what it offers and what it has to say. How well the
    first of one fits the second of another decides how much it takes of the third. Several heads do so side by side.
    Its multiply-accumulates are those of all its products. PyTorch's FlopCounterMode shows them with
    sdpa_kernel(SDPBackend.MATH) and gradients; on a CPU, in eval and without gradients, it leaves attention out.
    Vaswani et al. 2017, arXiv:1706.03762.

    num_heads: how many look side by side; it must divide the size of a token
    dropout: share of the looks that are left out while training
    bias: add learned numbers to the vectors
    """

    title: ClassVar[str] = "Self-attention"
    keywords: ClassVar[str] = "selfattention multiheadattention multi-head head mha transformer vit"
    stem: ClassVar[str] = "attention"

    num_heads: Count = 4
    dropout: Rate = 0.0
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        _require_tokens(self, shape)
        if shape[1] % self.num_heads:
            nearest = nearest_divisor(self.num_heads, shape[1])
            raise ShapeError(
                f"tokens of {shape[1]} numbers cannot be split among {self.num_heads} heads.",
                Remedy(f"Set num_heads to {nearest}", (replace(self, num_heads=nearest),)),
            )
        return shape

    def reach(self, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(2, 0, 1),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        size = inputs[0][1]
        weights = {"in_proj_weight": Shape(3 * size, size), "out_proj.weight": Shape(size, size)}
        return weights | ({"in_proj_bias": Shape(3 * size), "out_proj.bias": Shape(size)} if self.bias else {})

    def macs(self, *inputs: Shape) -> int:
        count, size = inputs[0]
        return 4 * count * size * size + 2 * count * count * size

    def saved(self, *inputs: Shape) -> Saved:
        tokens = inputs[0][0]
        if not self.dropout:  # tokens, queries, keys, values, sums, and a number for each row of scores
            return Saved("nothing", besides=5 * inputs[0].bytes + Shape(self.num_heads, tokens).bytes)
        # queries and keys scaled too, the scores before and after some are dropped, and what they are multiplied by
        return Saved("nothing", besides=7 * inputs[0].bytes + Shape(3, self.num_heads, tokens, tokens).bytes)

    def init(self, *inputs: Shape) -> str:
        dropout = f", dropout={self.dropout!r}" if self.dropout else ""
        bias = "" if self.bias else ", bias=False"
        return f"nn.MultiheadAttention({inputs[0][-1]!r}, {self.num_heads!r}{dropout}{bias}, batch_first=True)"

    def forward(self, name: str, *inputs: str) -> str:
        x = inputs[0]
        return f"self.{name}({x}, {x}, {x}, need_weights=False)[0]"

    def brief(self) -> str:
        return counted(self.num_heads, "head")


@block
class PatchEmbedding(Composite):
    """Cut the image into square patches and write each as a token: N = H W / P² tokens.

    It is a convolution whose stride is its kernel, read as a sequence. Dosovitskiy et al. 2020, arXiv:2010.11929.

    embed_dim: how many numbers a token has
    patch_size: side of a patch in pixels
    """

    title: ClassVar[str] = "Patch embedding"
    keywords: ClassVar[str] = "patchembedding patchify vit transformer tokens"
    stem: ClassVar[str] = "patches"

    embed_dim: Channels = 64
    patch_size: Annotated[int, Range(1, 1_024)] = 4

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        require_map(self, inputs[0])
        x = draw(Conv2d(self.embed_dim, self.patch_size, self.patch_size), draw(Input(inputs[0])))
        draw(Tokens(), x, name="tokens")

    def brief(self) -> str:
        return f"{self.embed_dim} · {self.patch_size}×{self.patch_size}"


@block
class TransformerBlock(Composite):
    """A transformer's encoder block: the tokens look at one another, then each is thought over by itself.

    Both steps are residual and begin with LayerNorm. Dosovitskiy et al. 2020, arXiv:2010.11929.

    num_heads: how many heads of attention; it must divide the size of a token
    mlp_ratio: how many times wider the middle of the second step is
    dropout: share of the numbers that are set to zero while training
    eps: what LayerNorm adds to the variance
    """

    title: ClassVar[str] = "Transformer block"
    keywords: ClassVar[str] = "transformerblock encoder vit attention mlp"
    stem: ClassVar[str] = "block"

    num_heads: Count = 4
    mlp_ratio: Count = 4
    dropout: Rate = 0.0
    eps: Epsilon = 1e-6

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        (shape,) = inputs
        _require_tokens(self, shape)
        dropout: list[Block] = [Dropout(self.dropout)] if self.dropout else []
        entry = draw(Input(shape))
        x = draw(LayerNorm(self.eps), entry, name="norm1")
        x = draw(SelfAttention(self.num_heads), x, name="attention")
        middle = draw(Add(), draw.chain(x, *dropout), entry, name="add1")
        x = draw(LayerNorm(self.eps), middle, name="norm2")
        x = draw.chain(x, Linear(shape[1] * self.mlp_ratio), GELU(), *dropout, Linear(shape[1]), *dropout)
        draw(Add(), x, middle, name="add2")

    def brief(self) -> str:
        return f"{self.num_heads} heads"


def _require_tokens(block: Block, shape: Shape) -> None:
    if len(shape) != 2:
        remedy = [Remedy("Insert Tokens", (Tokens(),), port=0)] if shape.is_map else []
        raise ShapeError(
            f"{block.title} works on a sequence of tokens, how many × how large, but {shape} is {kind(shape)}.", *remedy
        )
