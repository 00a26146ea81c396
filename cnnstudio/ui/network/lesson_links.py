"""Lesson links: the way from a block to the experiments that are about it, and to the microscope."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from cnnstudio.graph import Block
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.labels import Rich
from cnnstudio.wording import counted


class LessonLinks(Rich):
    """``Read about it · 2 experiments about it``; ``lead`` is given the id of a panel, ``read`` the key of a page."""

    def __init__(self, lead: Callable[[str], object], read: Callable[[str], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._block: type[Block] | None = None
        self.setWordWrap(True)
        self.setProperty("textSize", "small")
        self.setContentsMargins(10, 0, 10, 6)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.setAccessibleName("Try it out")
        self.linkActivated.connect(lambda way: read(way) if way.startswith("block/") else lead(way))
        theme.changed.connect(self._restyle)
        self.hide()

    def _restyle(self) -> None:
        self.tell(self._block)

    def tell(self, block: type[Block] | None) -> None:
        """Lead to what there is about this kind of block, or be hidden."""
        self._block = block
        links = [_link(panel, words) for panel, words in _ways(block)] if block is not None else []
        self.setText(" &nbsp;·&nbsp; ".join(links))
        self.setVisible(bool(links))


def _ways(block: type[Block]) -> Iterator[tuple[str, str]]:
    """The page and the panels that show something about a kind of block, each with the words that lead there."""
    from cnnstudio.lessons.experiments import about  # not before a block is selected: the window stands the sooner
    from cnnstudio.lessons.microscope_setting import is_shown

    yield f"block/{block.__name__}", "Read about it"
    if count := len(list(about(block))):
        yield "experiments", f"{counted(count, 'experiment')} about it"
    if is_shown(block):
        yield "microscope", "Under the microscope"


def _link(panel: str, words: str) -> str:
    return f'<a href="{panel}" style="color:{theme.color("accent").name()}">{words}</a>'
