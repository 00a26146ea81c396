"""Draw the program's icon, in the sizes and formats that each system asks for: a picture, a kernel on it, its map.

``python packaging/icon.py FOLDER`` writes icon.png (512), icon.ico and icon.icns there; without a folder, the one that
the window shows, resources/icon.png (256).
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

SIDE, FINE = 1_024, 4  # its units along a side, and the dots of each; it is made smaller then
GROUND, PAPER, PALE, KERNEL = "#2256d6", "#ffffff", "#c9d8fb", "#f5a524"
CELLS = 5  # along a side of the picture; the kernel covers three


def drawn() -> Image.Image:
    """The icon (4096 × 4096, RGBA): the cells of a picture, a 3 × 3 kernel over them, and the cell that comes out."""
    image = Image.new("RGBA", (SIDE * FINE, SIDE * FINE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)

    def square(x: int, y: int, side: int, radius: int, color: str) -> None:
        box = tuple(FINE * number for number in (x, y, x + side, y + side))
        draw.rounded_rectangle(box, radius=FINE * radius, fill=color)

    square(40, 40, SIDE - 80, 200, GROUND)
    for row in range(CELLS):
        for column in range(CELLS):
            color = KERNEL if row < 3 and column < 3 else PALE
            square(150 + column * 120, 150 + row * 120, 104, 18, color)
    middle, end = 322, 780
    for width, color in ((64, GROUND), (28, PAPER)):
        draw.line([FINE * number for number in (middle, middle, end, end)], fill=color, width=FINE * width)
    square(middle - 30, middle - 30, 60, 30, PAPER)
    square(648, 648, 264, 64, GROUND)
    square(676, 676, 208, 44, PAPER)
    square(720, 720, 120, 22, KERNEL)
    return image


def write(folder: Path) -> None:
    """Write the icon for Linux, Windows and macOS into this folder."""
    folder.mkdir(parents=True, exist_ok=True)
    image = drawn()
    sizes = {side: image.resize((side, side), Image.Resampling.LANCZOS) for side in (16, 24, 32, 48, 64, 128, 256, 512)}
    sizes[512].save(folder / "icon.png")
    sizes[256].save(folder / "icon.ico", sizes=[(side, side) for side in sizes if side <= 256])
    sizes[512].save(folder / "icon.icns")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write(Path(sys.argv[1]))
    else:
        own = Path(__file__).resolve().parents[1] / "resources" / "icon.png"
        drawn().resize((256, 256), Image.Resampling.LANCZOS).save(own, optimize=True)
