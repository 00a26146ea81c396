"""How fast photographs of a telephone are scanned and decoded small, against decoding all of each; and many tiny files.

    python benchmarks/photograph_reading.py [--count 200] [--tiny 50000]

A line for each size of the Input: the time of the processor for a whole scan against that with every pixel decoded, and
the largest difference of any byte. Decoding small spares the transform and the colours, and not the entropy code: the
ratio is the greater, the smaller the Input and the file. With ``--tiny`` so many pictures of 8 × 8 pixels are read too.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from cnnstudio.graph import Shape
from cnnstudio.training.data.folder_layout import folder_layout
from cnnstudio.training.data.image_folder import Manner, _read_each
from cnnstudio.training.data.picture import USUAL
from cnnstudio.worker import unheard

SIDES = 96, 224
WIDTH, HEIGHT = 4_000, 3_000  # 12 megapixels
DRAFT = JpegImageFile.draft
DISTINCT = 8  # photographs that are drawn; the others are copies of their files


def photograph(path: Path, seed: int) -> None:
    """Soft shapes with grain, about as large as a telephone's file."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (30, 40, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), np.int16)
    grain = random.integers(-3, 4, (HEIGHT, WIDTH, 1), dtype=np.int16)
    Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8)).save(path, quality=88)


def scanned(folder: Path, size: Shape) -> tuple[float, np.ndarray]:
    """The seconds that a scan takes from the folder's name to the bytes of every picture, and these."""
    began = time.process_time()
    layout = folder_layout(str(folder))
    found = list(_read_each(layout.files, size, None, unheard, Manner(USUAL)))
    return time.process_time() - began, np.stack(found)


def main() -> None:
    """Draw the photographs, scan them twice in each size, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--tiny", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photographs"
        for name in ("a", "b"):
            (folder / name).mkdir(parents=True)
        for number in range(asked.count):
            path = folder / "ab"[number % 2] / f"{number:04d}.jpg"
            first = folder / "ab"[number % DISTINCT % 2] / f"{number % DISTINCT:04d}.jpg"
            photograph(path, number) if number < DISTINCT else shutil.copy(first, path)
        worst = 0
        for side in SIDES:
            size = Shape(3, side, side)
            small, made = scanned(folder, size)
            JpegImageFile.draft = lambda *_: None  # type: ignore[method-assign,assignment,return-value]
            whole, other = scanned(folder, size)
            JpegImageFile.draft = DRAFT  # type: ignore[method-assign]
            worst = max(worst, apart := int(np.abs(made.astype(np.int16) - other).max()))
            told = f"{small:.1f} s against {whole:.1f} s, {whole / small:.1f} times; at most {apart} of 255 off"
            print(f"{asked.count} photographs of {WIDTH} x {HEIGHT} for {side} x {side}: {told}")
        if asked.tiny:
            shutil.rmtree(folder)
            for number in range(asked.tiny):
                path = folder / "ab"[number % 2] / f"{number:06d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("L", (8, 8), number % 256).save(path)
            seconds, _ = scanned(folder, Shape(1, 8, 8))
            print(f"{asked.tiny:,} pictures of 8 x 8: {seconds:.1f} s, {asked.tiny / seconds:,.0f} a second")
        sys.exit(worst > 2)


if __name__ == "__main__":
    main()
