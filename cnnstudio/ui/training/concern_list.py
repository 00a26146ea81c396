"""Concern list: what stands in the way of training, each with buttons that clear it in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from cnnstudio.graph import GraphError, NamingError, ParameterError
from cnnstudio.training.readiness import Concern, ProjectFix
from cnnstudio.ui.document import Document
from cnnstudio.ui.widgets.advice_row import AdviceList, Way
from cnnstudio.wording import counted

MOST = 3  # that are told at once


class ConcernList(AdviceList):
    """The concerns, those that make a run impossible first; a fix is one step of undo."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document

    def tell(self, concerns: Sequence[Concern]) -> None:
        """Show these, the first ``MOST`` of them, and how many more there are."""
        ordered = sorted(concerns, key=lambda each: not each.blocks)
        said = [
            (each.sentence, "error" if each.blocks else "warning", "", [self._way(fix) for fix in each.fixes])
            for each in ordered[:MOST]
        ]
        if more := len(ordered) - MOST if len(ordered) > MOST else 0:
            sentence, role, _, ways = said[-1]
            said[-1] = sentence, role, f"And {counted(more, 'more problem')}, which Problems lists.", ways
        self.say(said)

    def _way(self, fix: ProjectFix) -> Way:
        does = {"folder": self._choose, "file": lambda: self._choose(is_file=True), "look": self._document.look_there}
        return fix.title, does.get(fix.asks, lambda: self._apply(fix))

    def _apply(self, fix: ProjectFix) -> None:
        """Do what a button says, as one step of undo."""
        try:
            project = fix.apply(self._document.project)
        except (GraphError, NamingError, ParameterError) as error:
            self._document.said.emit(str(error))
            return
        self._document.enter(())
        self._document.edit(fix.title, project)

    def _choose(self, is_file: bool = False) -> None:
        dialog = QFileDialog(self, "Your images" if is_file else "The folder of your images", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if is_file else QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.take_folder)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_folder(self, folder: str) -> None:
        """Learn from the images of this folder, or of this file."""
        recipe = self._document.project.recipe
        self._document.edit_recipe("Choose the images", type(recipe)(**{**recipe.values, "folder": folder}))
