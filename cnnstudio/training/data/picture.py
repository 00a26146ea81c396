"""Picture: a picture file as bytes, by rules that the program and what it exports share. Knows no torch."""

from __future__ import annotations

import inspect
import math

import numpy as np
from PIL import Image

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # no format whose reader starts other programs
SCALE = 0.0, 65_535.0
"""What is black and white in pictures of more than 8 bits where nothing is known of them: what 16 bits can say."""

# glibc keeps freed blocks of up to 32 MiB for the thread that had them, and a picture of Pillow comes in blocks of 16:
# larger ones go back to the system at once (Pillow's "Block Allocator", mallopt(3); benchmarks/data_memory.py)
Image.core.set_block_size(64 << 20)  # type: ignore[attr-defined] # Pillow exports it by its documentation alone


def picture_bytes(path: str, channels: int, height: int, width: int, scale: tuple[float, float]) -> bytes:
    """The bytes (height, width, channels) of a picture: the right way up, cut to these proportions, resized.

    What is transparent lies on white. ``scale`` is what becomes 0 and 255 in a picture of more than 8 bits.
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
                    part = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert(mode)
                flat.paste(part, (0, top))
        flat = flat if flat.mode in ("L", mode) else flat.convert(mode)  # grey gets its colours once it is small
        made = ImageOps.fit(flat, (width, height), Image.Resampling.BILINEAR)
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
