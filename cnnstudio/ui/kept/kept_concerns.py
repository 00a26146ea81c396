"""Kept concerns: what stands in the way of training, found once for all who ask after one change."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.compiler.inference import Analysis
from cnnstudio.project import Project
from cnnstudio.project.recipe_paths import named
from cnnstudio.training.place import Place
from cnnstudio.training.readiness import Concern, concerns

NOTHING = None, None, None
MILLISECONDS = 100
"""How long an answer holds: other programs take memory and leave it, and nobody says so. One that was long in coming
holds ten times as long as it took."""


class KeptConcerns(QObject):
    """The concerns about one project as it is, for each number of images that somebody knows.

    To find them asks the computer for its memory, and after an edit seven panels and buttons want to know.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._of: tuple[object, object, object] = NOTHING
        self._found: dict[object, tuple[Concern, ...]] = {}
        self._ends = QTimer(self, singleShot=True)
        self._ends.timeout.connect(self.let_go)

    def about(
        self,
        project: Project,
        analysis: Analysis,
        diagnostics: tuple[Diagnostic, ...],
        images: int | None,
        seen: Callable[[str], Place],
    ) -> tuple[Concern, ...]:
        """``readiness.concerns``, found once for these very values and for what is known of the recipe's paths."""
        values = project, analysis, diagnostics
        if any(one is not other for one, other in zip(values, self._of, strict=True)):
            self.let_go()
            self._of = values
        key = images, tuple(map(seen, named(project.recipe).values()))
        if key not in self._found:
            began = time.monotonic()
            self._found[key] = tuple(concerns(project, analysis, diagnostics, images, seen=seen))
            if not self._ends.isActive():
                self._ends.start(max(MILLISECONDS, round(10_000 * (time.monotonic() - began))))
        return self._found[key]

    def let_go(self) -> None:
        """Keep nothing: the next who asks has it found anew."""
        self._ends.stop()
        self._of = NOTHING
        self._found.clear()
