"""Window attention: the pixels of a map look at one another inside small windows, as in Swin and MaxViT."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.phrases import counted, nearest_divisor, require_map
from cnnstudio.graph import Block, Everything, Listed, Reach, Remedy, Saved, Shape, ShapeError, block
from cnnstudio.graph.parameter import Count, Range
from cnnstudio.graph.reach import MOST_PLACES

Side = Annotated[int, Range(1, 64)]

_WINDOW_ATTENTION = '''
class WindowAttention(nn.Module):
    """Self-attention inside the windows of a map, with a learned bias for each distance."""

    def __init__(
        self,
        channels: int,
        num_heads: int,
        window_size: int,
        shift: int = 0,
        windows: str = "tiles",
        scale_by: str = "head",
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.window_size = window_size
        self.shift = shift
        self.is_grid = windows == "grid"
        self.scale = (channels // num_heads if scale_by == "head" else channels) ** -0.5
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        places = torch.arange(window_size)
        distance = places[:, None] - places + window_size - 1
        index = distance[:, None, :, None] * (2 * window_size - 1) + distance[None, :, None, :]
        self.register_buffer("index", index.flatten(2).flatten(0, 1), persistent=False)  # (pixels, pixels)
        self.position_bias = nn.Parameter(torch.randn((2 * window_size - 1) ** 2, num_heads) * 0.02)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        size = self.window_size
        x = F.pad(x.permute(0, 2, 3, 1), (0, 0, 0, -width % size, 0, -height % size))  # (N, H, W, C)
        padded = x.shape
        shifts = [self.shift if side > size else 0 for side in padded[1:3]]
        x = torch.roll(x, (-shifts[0], -shifts[1]), (1, 2))
        query, key, value = self.project(self.cut(x)).unbind()
        scores = self.scores(query, key) + self.bias()[self.index].permute(2, 0, 1)
        if any(shifts):  # what was rolled in from the other side of the map is no neighbour
            rows = self.regions(padded[1], shifts[0], x.device)
            columns = self.regions(padded[2], shifts[1], x.device)
            regions = self.cut((rows[:, None] * 3 + columns)[None, :, :, None])[0, :, :, 0]
            scores = scores - 100.0 * (regions[:, None, :] != regions[:, :, None])[:, None].to(scores.dtype)
        x = (scores.softmax(dim=-1) @ value).transpose(2, 3).flatten(3)  # (N, windows, pixels, C)
        x = self.join(self.proj(x), padded)
        x = torch.roll(x, (shifts[0], shifts[1]), (1, 2))
        return x[:, :height, :width].permute(0, 3, 1, 2)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        return self.qkv(x).unflatten(-1, (3, self.num_heads, -1)).permute(3, 0, 1, 4, 2, 5)

    def scores(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        return self.scale * query @ key.transpose(-2, -1)  # (N, windows, heads, pixels, pixels)

    def bias(self) -> torch.Tensor:
        return self.position_bias

    def cut(self, x: torch.Tensor) -> torch.Tensor:
        """The map (N, H, W, C) in windows: tiles, or pixels that lie far apart in a grid."""
        size = self.window_size
        if self.is_grid:
            x = x.unflatten(1, (size, -1)).unflatten(3, (size, -1)).permute(0, 2, 4, 1, 3, 5)
        else:
            x = x.unflatten(1, (-1, size)).unflatten(3, (-1, size)).permute(0, 1, 3, 2, 4, 5)
        return x.flatten(3, 4).flatten(1, 2)

    def join(self, x: torch.Tensor, shape: list[int]) -> torch.Tensor:
        """The windows (N, windows, pixels, C) as a map again."""
        size = self.window_size
        x = x.unflatten(1, (-1, shape[2] // size)).unflatten(3, (size, size))
        x = x.permute(0, 3, 1, 4, 2, 5) if self.is_grid else x.permute(0, 1, 3, 2, 4, 5)
        return x.reshape(shape)

    def regions(self, side: int, shift: int, device: torch.device) -> torch.Tensor:
        """Which part of the map each row or column comes from, after rolling."""
        places = torch.arange(side, device=device)
        if not shift:
            return torch.zeros_like(places)
        return (places >= side - self.window_size).long() + (places >= side - shift).long()
'''.strip()

_COSINE_WINDOW_ATTENTION = '''
class CosineWindowAttention(WindowAttention):
    """Window attention by the angle between query and key; a small network gives the bias of each distance."""

    def __init__(self, channels: int, num_heads: int, window_size: int, shift: int = 0) -> None:
        super().__init__(channels, num_heads, window_size, shift)
        del self.position_bias
        self.logit_scale = nn.Parameter(torch.full((num_heads, 1, 1), 10.0).log())
        self.cpb_mlp = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, num_heads, bias=False))
        places = torch.arange(1 - window_size, window_size) * 8.0 / max(1, window_size - 1)
        places = places.sign() * (places.abs() + 1.0).log2() / 3.0
        self.register_buffer("distances", torch.cartesian_prod(places, places), persistent=False)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        query, _, value = self.qkv.bias.chunk(3)  # keys have no bias
        bias = torch.cat([query, torch.zeros_like(query), value])
        return F.linear(x, self.qkv.weight, bias).unflatten(-1, (3, self.num_heads, -1)).permute(3, 0, 1, 4, 2, 5)

    def scores(self, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        angles = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).transpose(-2, -1)
        return angles * self.logit_scale.clamp(max=4.605170185988092).exp()  # at most 100

    def bias(self) -> torch.Tensor:
        return 16 * torch.sigmoid(self.cpb_mlp(self.distances))
'''.strip()


class Windowed(Block):
    """The base of attention inside windows: a map comes in and a map of its shape goes out."""

    num_heads: int
    window_size: int
    shift: int

    def _with(self, **values: int) -> Block:
        return type(self)(**{**self.values, **values})

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        if shape.channels % self.num_heads:
            nearest = nearest_divisor(self.num_heads, shape.channels)
            raise ShapeError(
                f"{counted(shape.channels, 'channel')} cannot be split among {self.num_heads} heads.",
                Remedy(f"Set num_heads to {nearest}", (self._with(num_heads=nearest),)),
            )
        if self.shift >= self.window_size:
            raise ShapeError(
                f"the windows are shifted by {self.shift}, which must be less than their side, {self.window_size}.",
                Remedy("Do not shift them", (self._with(shift=0),)),
            )
        return shape

    def reach(self, *inputs: Shape) -> tuple[Reach, ...] | None:
        if max(inputs[0].spatial) > MOST_PLACES:
            return None
        return (Reach((Everything(), *(self._looks(axis, inputs[0][axis]) for axis in (1, 2)))),)

    def _looks(self, axis: int, length: int) -> Listed:
        """Between which places of an axis those of one window lie.

        A window that was rolled round the map hides its one side from the other by e⁻¹⁰⁰, which is next to nothing but
        not nothing: so it is told as seen, at most.
        """
        size = self.window_size
        windows = -(-length // size)
        shift = self.shift if windows * size > size else 0
        is_grid = self.values.get("windows") == "grid"
        held: dict[int, list[int]] = {}
        for place in range(length):
            rolled = (place - shift) % (windows * size)
            held.setdefault(rolled % windows if is_grid else rolled // size, []).append(place)
        ends = {place: (places[0], places[-1]) for places in held.values() for place in places}
        first, last = zip(*(ends[place] for place in range(length)), strict=True)
        return Listed((axis,), first, last, is_loose=shift > 0, has_holes=is_grid)

    def _kept(self, shape: Shape, maps: int, scores: int) -> Saved:
        """So many maps in whole windows, and for each pixel and head so many numbers."""
        height, width = self._padded(shape)
        return Saved("nothing", besides=Shape(maps * shape.channels + scores * self.num_heads, height, width).bytes)

    def _padded(self, shape: Shape) -> tuple[int, int]:
        """Height and width in whole windows."""
        size = self.window_size
        return -(-shape[1] // size) * size, -(-shape[2] // size) * size

    def macs(self, *inputs: Shape) -> int:
        channels = inputs[0].channels
        size = self.window_size
        height, width = self._padded(inputs[0])
        return height * width * channels * (4 * channels + 2 * size * size)

    def brief(self) -> str:
        shifted = " · shifted" if self.shift else ""
        return f"{self.window_size}×{self.window_size} · {self.num_heads} heads{shifted}"


@block
class WindowAttention(Windowed):
    """Let the pixels of each window look at one another, with a learned bias for each distance between two.

    Attention over a whole map grows with the square of its pixels; inside windows it does not. Every second block
    shifts the windows, or takes as a window pixels that lie far apart in a grid, so that all come together in the end.
    Liu et al. 2021, Swin, arXiv:2103.14030; Tu et al. 2022, MaxViT, arXiv:2204.01697.

    num_heads: how many look side by side; it must divide the channels
    window_size: side of a window in pixels
    shift: by how many pixels the windows are shifted; not where one window holds the whole map
    windows: neighbours in tiles, or pixels far apart in a grid
    scale_by: scores are divided by the square root of the size of a head, or of a whole token
    """

    family: ClassVar[str] = "transformer"
    title: ClassVar[str] = "Window attention"
    keywords: ClassVar[str] = "windowattention swin maxvit shifted grid transformer multi head"
    stem: ClassVar[str] = "attention"
    definitions: ClassVar[tuple[str, ...]] = (_WINDOW_ATTENTION,)

    num_heads: Count = 4
    window_size: Side = 4
    shift: Annotated[int, Range(0, 63)] = 0
    windows: Literal["tiles", "grid"] = "tiles"
    scale_by: Literal["head", "token"] = "head"

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        channels = inputs[0].channels
        return {
            "position_bias": Shape((2 * self.window_size - 1) ** 2, self.num_heads),
            "qkv.weight": Shape(3 * channels, channels),
            "qkv.bias": Shape(3 * channels),
            "proj.weight": Shape(channels, channels),
            "proj.bias": Shape(channels),
        }

    def saved(self, *inputs: Shape) -> Saved:
        # windows, scaled queries, keys, values and sums; one head looks at queries, keys and values in one piece
        return self._kept(inputs[0], 6 if self.num_heads == 1 else 5, self.window_size**2)

    def init(self, *inputs: Shape) -> str:
        words = [f"shift={self.shift!r}"] if self.shift else []
        words += [f"windows={self.windows!r}"] if self.windows != "tiles" else []
        words += [f"scale_by={self.scale_by!r}"] if self.scale_by != "head" else []
        sizes = [f"{inputs[0].channels!r}, num_heads={self.num_heads!r}, window_size={self.window_size!r}"]
        return f"WindowAttention({', '.join(sizes + words)})"


@block
class CosineWindowAttention(Windowed):
    """Window attention by the angle between what a pixel looks for and what another offers.

    Scores by angle stay small in deep networks. A small network turns each distance between two pixels into a bias, so
    that windows may change their size. Liu et al. 2021, Swin v2, arXiv:2111.09883.

    num_heads: how many look side by side; it must divide the channels
    window_size: side of a window in pixels
    shift: by how many pixels the windows are shifted; not where one window holds the whole map
    """

    family: ClassVar[str] = "transformer"
    title: ClassVar[str] = "Cosine window attention"
    keywords: ClassVar[str] = "cosinewindowattention swin v2 shifted angle transformer multi head"
    stem: ClassVar[str] = "attention"
    definitions: ClassVar[tuple[str, ...]] = (_WINDOW_ATTENTION, _COSINE_WINDOW_ATTENTION)

    num_heads: Count = 4
    window_size: Side = 4
    shift: Annotated[int, Range(0, 63)] = 0

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        channels = inputs[0].channels
        return {
            "logit_scale": Shape(self.num_heads, 1, 1),
            "qkv.weight": Shape(3 * channels, channels),
            "qkv.bias": Shape(3 * channels),
            "proj.weight": Shape(channels, channels),
            "proj.bias": Shape(channels),
            "cpb_mlp.0.weight": Shape(512, 2),
            "cpb_mlp.0.bias": Shape(512),
            "cpb_mlp.2.weight": Shape(self.num_heads, 512),
        }

    def macs(self, *inputs: Shape) -> int:
        # the network of the biases runs once, however many samples there are
        return super().macs(*inputs) + (2 * self.window_size - 1) ** 2 * 512 * (2 + self.num_heads)

    def saved(self, *inputs: Shape) -> Saved:
        # windows, queries, keys and values, both again of length 1, values and sums; the scores twice, and the lengths
        return self._kept(inputs[0], 7 if self.num_heads == 1 else 8, 2 * self.window_size**2 + 4)

    def init(self, *inputs: Shape) -> str:
        shift = f", shift={self.shift!r}" if self.shift else ""
        sizes = f"{inputs[0].channels!r}, num_heads={self.num_heads!r}, window_size={self.window_size!r}"
        return f"CosineWindowAttention({sizes}{shift})"
