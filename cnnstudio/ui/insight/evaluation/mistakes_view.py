"""Mistakes view: the images told wrong, the surest first, or those of which the network was least certain."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from cnnstudio.insight.evaluation.tables import Table, pictures_table
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen
from cnnstudio.ui.insight.evaluation.picture_list import PictureList

ORDERS = ("Most confident mistakes", "Least certain")
LEAST = 60  # images that are shown of those least certain


class MistakesView(EvaluationView):
    """A sentence and the pictures; under each what it is, and what the network takes it for."""

    title = "Mistakes"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label: int | None = None
        self.order = QComboBox(self)
        self.order.addItems(list(ORDERS))
        self.order.setAccessibleName("Which pictures are shown")
        self.order.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.order.setMinimumContentsLength(12)
        self.order.currentIndexChanged.connect(self._show_all)
        self.pictures = PictureList("Images that are told wrong", self)
        self.pictures.picked.connect(self.picked)
        self.pictures.opened.connect(self.opened)
        self.lay_beside(self.pictures, self.order, self.pictures.sentence)
        self.setFocusProxy(self.pictures)

    def show_evaluation(self, seen: Seen | None) -> None:
        super().show_evaluation(seen)
        self._show_all()

    def show_class(self, label: int) -> None:
        """Show what of one class is told wrong."""
        self._label = label
        self.order.setCurrentIndex(0)
        self._show()

    def _show_all(self) -> None:
        self._label = None
        self._show()

    def _show(self) -> None:
        if self.seen is None:
            self.pictures.clear()
            return
        evaluation = self.seen.evaluation
        if self.order.currentIndex():
            numbers = evaluation.least_certain[:LEAST].tolist()
            told = "The two likeliest classes were closest on these pictures, told right or wrong."
            told = told if numbers else "The scores of this network make no probabilities."
        elif self._label is not None:
            name = evaluation.classes[self._label]
            numbers = [n for n in evaluation.mistakes.tolist() if evaluation.labels[n] == self._label]
            of = evaluation.class_scores[self._label].images
            told = f"{len(numbers):,} of the {of:,} pictures of {name} are told wrong, the surest first."
        else:
            numbers, told = evaluation.mistakes.tolist(), evaluation.mistakes_sentence
        self.pictures.show_pictures(told, [*map(self.seen.listed, numbers)], self.seen.image)

    def table_of(self) -> Table | None:
        return pictures_table(self.seen.evaluation) if self.seen is not None else None
