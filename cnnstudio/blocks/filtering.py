"""Fixed filters: the convolutions of image processing, whose numbers a person chose."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from cnnstudio.blocks.phrases import require_map, window_does_not_fit
from cnnstudio.graph import Block, Reach, Remedy, Shape, ShapeError, Window, block, under
from cnnstudio.graph.parameter import Letters

LARGEST = 31  # rows and columns of a filter typed in
LONGEST = 20_000  # letters of it
Rows = tuple[tuple[float, ...], ...]

# numbers, and what their sum is divided by
FILTERS: dict[str, tuple[Rows, int]] = {
    "vertical": (((1, 0, -1), (1, 0, -1), (1, 0, -1)), 1),
    "horizontal": (((1, 1, 1), (0, 0, 0), (-1, -1, -1)), 1),
    "sobel-x": (((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)), 1),
    "sobel-y": (((-1, -2, -1), (0, 0, 0), (1, 2, 1)), 1),
    "blur": (((1, 1, 1), (1, 1, 1), (1, 1, 1)), 9),
    "laplacian": (((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)), 1),
    "sharpen": (((0, -1, 0), (-1, 5, -1), (0, -1, 0)), 1),
}


@block
class FilterConv2d(Block):
    """Slide one filter of known numbers over every channel: edges, blur, sharpening.

    As long as it does not learn it is the same for every image; let it learn, and the numbers are only where it begins.
    It slides as Conv2d does, without turning the filter round (cross-correlation), and "same" puts zeros round the map.
    Pictures of textbooks are often true convolutions with a symmetric border: turn the filter round, pad with Pad, mode
    symmetric, and take "valid".

    filter: which numbers; "own" are those typed in
    numbers: the own numbers, row after row, rows apart by a semicolon
    padding: "same" keeps the size, "valid" gives up the border
    learn: change the numbers while training
    """

    family: ClassVar[str] = "convolution"
    title: ClassVar[str] = "Fixed filter"
    keywords: ClassVar[str] = (
        "filterconv2d edge sobel blur laplacian sharpen kernel vertical horizontal image processing"
    )
    stem: ClassVar[str] = "filter"

    filter: Literal["vertical", "horizontal", "sobel-x", "sobel-y", "blur", "laplacian", "sharpen", "own"] = "vertical"
    numbers: Annotated[str, Letters(LONGEST)] = "0 0 0; 0 1 0; 0 0 0"
    padding: Literal["same", "valid"] = "same"
    learn: bool = False

    def window(self, *inputs: Shape) -> Window | None:
        if (found := self._rows()) is None:
            return None
        height, width = len(found[0]), len(found[0][0])
        edges = ((height - 1) // 2, height // 2), ((width - 1) // 2, width // 2)
        return Window((height, width), padding=edges if self.padding == "same" else ((0, 0), (0, 0)))

    def reach(self, *inputs: Shape) -> tuple[Reach, ...] | None:
        if (window := self.window()) is None:
            return None
        rows, _ = self._rows() or ((), 1)
        sides = [rows[0], rows[-1], *(tuple(row[edge] for row in rows) for edge in (0, -1))]
        # where a row or a column at its edge holds zeros alone, it sees less than it spans
        return (under(window, is_loose=not self.learn and not all(map(any, sides))),)

    def shape(self, *inputs: Shape) -> Shape:
        (shape,) = inputs
        require_map(self, shape)
        window = self.window()
        if window is None:
            raise ShapeError(
                f"{self.numbers[:40]!r} is no filter: write rows of equally many numbers, apart by a semicolon, as in "
                "0 0 0; 0 1 0; 0 0 0.",
                Remedy("Begin with the filter that changes nothing", (FilterConv2d("own"),)),
            )
        height, width = window.size(*shape.spatial)
        if height < 1 or width < 1:
            mended = FilterConv2d(self.filter, self.numbers, "same", self.learn)
            raise window_does_not_fit(self, shape, window, Remedy('Set the padding to "same"', (mended,)))
        return Shape(shape.channels, height, width)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        return {"": Shape(inputs[0].channels, 1, *self._kernel())} if self.learn else {}

    def macs(self, *inputs: Shape) -> int:
        return Shape(*self._kernel()).numel * self.shape(*inputs).numel

    def init(self, *inputs: Shape) -> str:
        rows, divisor = self._rows() or ((), 1)
        numbers = f"torch.tensor({[list(map(float, row)) for row in rows]!r})"
        scaled = f"({numbers} / {divisor!r})" if divisor != 1 else numbers
        frozen = "" if self.learn else ", requires_grad=False"
        return f"nn.Parameter({scaled}.repeat({inputs[0].channels!r}, 1, 1, 1){frozen})"

    def forward(self, name: str, *inputs: str) -> str:
        return f"F.conv2d({inputs[0]}, self.{name}, padding={self.padding!r}, groups=self.{name}.shape[0])"

    def brief(self) -> str:
        return self.filter + (" · learns" if self.learn else "")

    def _kernel(self) -> tuple[int, int]:
        window = self.window()
        return window.kernel if window else (1, 1)

    def _rows(self) -> tuple[Rows, int] | None:
        """The numbers and what they are divided by, or None where the own numbers make no rectangle."""
        if self.filter != "own":
            return FILTERS[self.filter]
        try:
            rows = tuple(tuple(map(float, row.split())) for row in self.numbers.split(";") if row.strip())
        except ValueError:
            return None
        widths = {len(row) for row in rows}
        small = len(rows) <= LARGEST and len(widths) == 1 and max(widths) <= LARGEST
        # false for nan as well
        return (rows, 1) if small and all(abs(number) < 1e6 for row in rows for number in row) else None
