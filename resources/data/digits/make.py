"""Writes digits.npz beside this file from scikit-learn's copy of the UCI handwritten digits. It was run once.

``pip install scikit-learn`` first; the program itself does not need it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits  # type: ignore[import-not-found]


def main() -> None:
    """Keep the numbers as they are, 0 to 16, in bytes: the program spreads them over 0 to 255."""
    digits = load_digits()
    images = digits.images.astype(np.uint8)  # (1797, 8, 8)
    assert images.max() == 16 and np.array_equal(images, digits.images)
    path = Path(__file__).with_name("digits.npz")
    np.savez_compressed(path, images=images, labels=digits.target.astype(np.uint8))


if __name__ == "__main__":
    main()
