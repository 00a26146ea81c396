"""Picture: a picture file as bytes, by rules that the program and what it exports share. Knows no torch."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP", "AVIF")  # none whose reader starts other programs
FITS, GROUNDS = ("cut", "pad", "stretch"), ("white", "grey", "black")
SCALE = 0.0, 65_535.0
"""What is black and white in pictures of more than 8 bits where nothing is known of them: what 16 bits can say."""

# glibc keeps freed blocks of up to 32 MiB for the thread that had them, and a picture of Pillow comes in blocks of 16:
# larger ones go back to the system at once (Pillow's "Block Allocator", mallopt(3); benchmarks/data_memory.py)
Image.core.set_block_size(64 << 20)  # type: ignore[attr-defined] # Pillow exports it by its documentation alone


@dataclass(frozen=True)
class Rules:
    """How a picture of other proportions comes into those of the network, and what lies below what is transparent."""

    fit: str = "cut"
    ground: str = "white"

    @property
    def metadata(self) -> dict[str, str]:
        """The keys and values with which they stand in a file of weights; nothing where they are the usual ones."""
        return {} if self == Rules() else {"fit": self.fit, "ground": self.ground}

    @classmethod
    def told(cls, metadata: Mapping[str, str]) -> Rules:
        """What a file says, which may be a stranger's; the usual ones where it says nothing of use."""
        fit, ground = metadata.get("fit", cls.fit), metadata.get("ground", cls.ground)
        return cls(fit if fit in FITS else cls.fit, ground if ground in GROUNDS else cls.ground)

    def sentence(self, height: int, width: int) -> str:
        """What is done to the images, behind "the images are"."""
        ways = {
            "cut": f"cut to the Input's proportions and resized to {height} × {width}",
            "pad": f"resized to fit into {height} × {width}, with a {self.ground} border",
            "stretch": f"stretched to {height} × {width}, whatever their proportions",
        }
        return ways[self.fit]


USUAL = Rules()


def picture_bytes(
    path: str,
    channels: int,
    height: int,
    width: int,
    scale: tuple[float, float],
    *,
    fit: str = "cut",
    ground: str = "white",
) -> bytes:
    """The bytes (height, width, channels) of a picture: the right way up, cut to these proportions, resized.

    Instead of being cut it may get a border ("pad") or be stretched ("stretch"). What is transparent lies on the
    ``ground``, and so does the picture in its border. ``scale`` is what becomes 0 and 255 in a picture of more than 8
    bits. Of one that moves it is the first.
    """
    import contextlib

    import numpy as np
    from PIL import Image, ImageOps

    mode = "L" if channels == 1 else "RGB"
    with Image.open(path, formats=FORMATS) as picture:
        picture.draft(mode, (2 * width, 2 * height))  # a JPEG is decoded small at once
        picture.load()
        with contextlib.suppress(Exception):  # a camera's broken notes do not spoil its picture
            ImageOps.exif_transpose(picture, in_place=True)
        is_deep = picture.mode.startswith(("I", "F"))
        flat: Image.Image = picture
        if is_deep or picture.has_transparency_data:
            flat = Image.new("L" if is_deep else mode, picture.size)
            rows = max(1, 1_000_000 // picture.width)
            for top in range(0, picture.height, rows):  # some at a time: a picture in numbers takes many times as much
                part = picture.crop((0, top, picture.width, min(top + rows, picture.height)))
                if is_deep:
                    share = (np.asarray(part, np.float64) - scale[0]) / (scale[1] - scale[0])
                    part = Image.fromarray(np.rint(255 * np.nan_to_num(share, nan=0.0).clip(0, 1)).astype(np.uint8))
                else:
                    clear = part.convert("RGBA")
                    part = Image.alpha_composite(Image.new("RGBA", clear.size, ground), clear).convert(mode)
                flat.paste(part, (0, top))
        flat = flat if flat.mode in ("L", mode) else flat.convert(mode)  # grey gets its colours once it is small
        if fit == "cut":
            made = ImageOps.fit(flat, (width, height), Image.Resampling.BILINEAR)
        else:
            factor = min(width / flat.width, height / flat.height)
            sides = max(1, round(factor * flat.width)), max(1, round(factor * flat.height))
            made = flat.resize(sides if fit == "pad" else (width, height), Image.Resampling.BILINEAR)
            if made.size != (width, height):
                inner, made = made, Image.new(made.mode, (width, height), ground)
                made.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
        return (made if made.mode == mode else made.convert(mode)).tobytes()


def source_of_picture_bytes() -> str:
    """``picture_bytes`` as text. It imports what it needs by itself: a file that has it is read without Pillow."""
    formats = ", ".join(f'"{name}"' for name in FORMATS)
    return f"FORMATS = ({formats})\n\n\n{inspect.getsource(picture_bytes)}"


def is_deep(picture: Image.Image) -> bool:
    """Whether a picture that was opened has more than 8 bits a pixel and channel that Pillow keeps."""
    return picture.mode.startswith(("I", "F"))


def extent(picture: Image.Image) -> tuple[float, float] | None:
    """The least and the greatest number in a picture of more than 8 bits; None where none is finite."""
    least, greatest = math.inf, -math.inf
    rows = max(1, 1_000_000 // picture.width)
    for top in range(0, picture.height, rows):
        numbers = np.asarray(picture.crop((0, top, picture.width, min(top + rows, picture.height))), np.float64)
        finite = numbers[np.isfinite(numbers)]
        if finite.size:
            least, greatest = min(least, float(finite.min())), max(greatest, float(finite.max()))
    return (least, greatest) if least <= greatest else None
