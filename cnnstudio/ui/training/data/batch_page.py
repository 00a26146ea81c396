"""Batch page: what the network sees: the images of its first step as they were read, and drawn back from numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from cnnstudio.ui.widgets.advice_row import Advice
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.picture_pairs import PicturePairs
from cnnstudio.ui.widgets.scrolled import Scrolled

Pixels = NDArray[np.uint8]
SIDE = 64  # pixels of an image at the normal size of text
ORDER = "Above each as it was read, below as the network is given it."


class BatchPage(QWidget):
    """The pairs under a sentence with the numbers, or why there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nothing, self.told, self.pairs = Advice(), Sentence(), PicturePairs(all_at=SIDE)
        self.told.setProperty("textSize", "small")
        empty, shown = QWidget(), QWidget()
        for page, parts in ((empty, (self.nothing,)), (shown, (self.told, self.pairs))):
            column = QVBoxLayout(page)
            column.setContentsMargins(12, 8, 12, 8)
            column.setSpacing(8)
            for part in parts:
                column.addWidget(part)
            column.addStretch(1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(Scrolled(shown))

    def say(self, sentence: str) -> None:
        """Say why there is nothing to see."""
        self.nothing.say(sentence, "accent")
        self._stack.setCurrentIndex(0)

    def show_batch(self, sentence: str, before: Pixels, after: Pixels, names: tuple[str, ...]) -> None:
        """Show these images (N, C, H, W) with what there is to say of them."""
        self.told.setText(f"{sentence} {ORDER}")
        self.pairs.set_pictures(list(before), list(after), names=names)
        self.pairs.setAccessibleName(f"The first {len(names)} images of the batch, before and after")
        self._stack.setCurrentIndex(1)
