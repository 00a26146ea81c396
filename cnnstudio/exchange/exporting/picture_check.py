"""Picture check: whether an exported file reads pictures of odd kinds as the program did for training."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from cnnstudio.disk import TEMPORARY, marked
from cnnstudio.graph import Shape
from cnnstudio.training.data.picture import SCALE, USUAL, Rules, picture_bytes

_SIDES = 37, 23  # neither square nor any network's size


def differing(read: Callable[..., bytes], size: Shape, scale: tuple[float, float] | None, rules: Rules = USUAL) -> str:
    """The first kind of picture that ``read`` makes other bytes of than the program; empty where there is none.

    ``size`` is that of the network's images, and ``scale`` what is black and white in those of more than 8 bits.
    Raises ``OSError`` where no temporary file can be made.
    """
    channels, height, width = size
    with tempfile.TemporaryDirectory(prefix=marked(TEMPORARY)) as folder:
        for kind, path in _pictures(Path(folder), scale or SCALE):
            asked, how = (str(path), channels, height, width, scale or SCALE), asdict(rules)
            if read(*asked, **how) != picture_bytes(*asked, **how):
                return kind
    return ""


def _pictures(folder: Path, scale: tuple[float, float]) -> Iterator[tuple[str, Path]]:
    """A small picture of each kind that is not read straight away."""
    random = np.random.default_rng(0)
    colour = Image.fromarray(random.integers(0, 256, (*_SIDES, 3), dtype=np.uint8))
    clear = Image.fromarray(random.integers(0, 256, (*_SIDES, 4), dtype=np.uint8))
    floats = random.uniform(*scale, _SIDES).astype(np.float32)
    floats[0, 0] = np.nan
    turned = Image.Exif()
    turned[0x0112] = 6
    colour.save(path := folder / "turned.jpg", exif=turned)
    yield "turned by its camera", path
    clear.save(path := folder / "clear.png")
    yield "transparent", path
    colour.convert("CMYK").save(path := folder / "print.jpg")
    yield "for print (CMYK)", path
    Image.fromarray(random.integers(0, 65_536, _SIDES).astype(np.uint16)).save(path := folder / "deep.png")
    yield "of 16 bits", path
    Image.fromarray(floats).save(path := folder / "float.tif")
    yield "of floats", path
