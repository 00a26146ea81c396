"""Past scores: what the runs of this very structure have reached, in a line that leads to the list of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cnnstudio.compiler.structure_hash import structure_hash
from cnnstudio.training.runs.run_library import ListedRun, scores
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.labels import Rich
from cnnstudio.wording import counted

MOST = 4  # scores that are told one by one, the latest


class PastScores(Rich):
    """``Trained 3 times: 91.2% → 93.4% → 95.0%``; hidden where this structure was never trained to an epoch's end.

    The line is a link, which the keyboard reaches as well; ``lead`` is given the id of the panel that it leads to.
    """

    def __init__(self, document: Document, run: Run, lead: Callable[[str], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self._run = document, run
        self.setWordWrap(True)
        self.setProperty("role", "muted")
        self.setProperty("textSize", "small")
        self.setContentsMargins(10, 0, 10, 6)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.setToolTip("Show the runs of this network")
        self.setAccessibleName("What this network has reached")
        self.linkActivated.connect(lead)
        self._is_wanted = True
        self.hide()
        run.kept.changed.connect(self.look)
        theme.changed.connect(self.look)

    def tell(self, is_wanted: bool) -> None:
        """Be there where the whole network is told of, and not where a block of it is."""
        self._is_wanted = is_wanted
        self.look() if is_wanted else self.hide()

    def look(self) -> None:
        """Follow the network and the runs that are known; the first time they are looked for in the background."""
        if not self._is_wanted:
            return
        self._run.kept.look_once(self._document.path)
        found = scores(self._run.kept.runs, structure_hash(self._document.graph)) if len(self._document.graph) else ()
        link = f'<a href="runs" style="color:{theme.color("accent").name()}">'  # Qt's own is too dark on dark
        self.setText(f"{link}{told(found)}</a>" if found else "")
        self.setVisible(bool(found) and not self._document.concealed)


def told(runs: Sequence[ListedRun]) -> str:
    """The scores of these runs, the latest last, and the best of all where it is not the latest."""
    found = [run.record.best.accuracy for run in runs if run.record.best is not None]
    reached = [accuracy for accuracy in found if accuracy is not None]
    if not reached:
        return ""
    times = "once" if len(reached) == 1 else "twice" if len(reached) == 2 else f"{counted(len(reached), 'time')}"
    row = " → ".join(f"{accuracy:.1%}" for accuracy in reached[-MOST:])
    before = "… → " if len(reached) > MOST else ""
    best = f"; best {max(reached):.1%}" if max(reached) > reached[-1] else ""
    return f"Trained {times}: {before}{row}{best}"
