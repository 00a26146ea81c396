"""Weighing row: whether a panel shows what a block gives, or by what it weighs; of one picture, or of a class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from cnnstudio.insight.weighed import Weighed
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.wording import on_a_line

PICTURE, EACH = "This picture", "Each class"


class WeighingRow(QWidget):
    """Two lists of choices; not there where the block weighs nothing."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.what, self.of = QComboBox(), QComboBox()
        self.what.setAccessibleName("What is shown of the block")
        self.what.setToolTip(tip("What the block gives, or the numbers by which it weighs channels, places or tokens"))
        self.of.setAccessibleName("Of which pictures")
        self.of.setToolTip(tip("Of the picture at the left, or the mean over the validation pictures of a class"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for box in (self.what, self.of):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(14)
            box.setMinimumWidth(90)
            row.addWidget(box)
        row.addStretch(1)
        self.what.currentIndexChanged.connect(self._choose)
        self.of.currentIndexChanged.connect(self.changed)
        self._offered: tuple[list[str], list[str]] = [], []
        self.offer((), ())

    @property
    def number(self) -> int | None:
        """Which weighing is shown, from 0; None where it is the maps."""
        return self.what.currentIndex() - 1 if self.what.currentIndex() > 0 else None

    @property
    def is_mean(self) -> bool:
        """Whether a mean over pictures is asked for, not only one picture."""
        return self.number is not None and self.of.currentIndex() > 0

    @property
    def of_class(self) -> int | None:
        """The class whose mean is asked for; None for each class apart."""
        return self.of.currentIndex() - 2 if self.of.currentIndex() > 1 else None

    def forget(self) -> None:
        """Another block: show its maps."""
        self.blockSignals(True)
        self.what.setCurrentIndex(0)
        self.of.setCurrentIndex(0)
        self.blockSignals(False)

    def offer(self, found: Sequence[Weighed], classes: Sequence[str]) -> None:
        """Let these be chosen; what was chosen stays so where it is still there."""
        same = [each.kind for each in found]
        names = [
            str(kind) if same.count(kind) == 1 else f"{kind} {same[:place].count(kind) + 1} of {same.count(kind)}"
            for place, kind in enumerate(same)
        ]
        offered = ["Maps", *names], [PICTURE, EACH, *map(on_a_line, classes)]
        self.blockSignals(True)
        for box, texts, before in zip((self.what, self.of), offered, self._offered, strict=True):
            if texts != before:
                chosen = box.currentIndex()
                box.clear()
                box.addItems(texts)
                box.setCurrentIndex(chosen if 0 <= chosen < len(texts) else 0)
        self._offered = offered
        self.blockSignals(False)
        self.of.setVisible(self.number is not None)
        self.setVisible(bool(names))

    def _choose(self) -> None:
        self.of.setVisible(self.number is not None)
        self.changed.emit()
