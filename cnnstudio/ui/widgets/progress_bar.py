"""A progress bar that rests when nothing moves in it. Knows Qt alone."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QProgressBar


class ProgressBar(QProgressBar):
    """A bar that is painted when its share changes, and by itself only while the share is not known.

    Qt's style goes on moving a bar whose share became known, until its filled part is a pixel wide: sixty repaints a
    second of everything that lies below, in the first epochs of a long training.
    """

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleAnimationUpdate and self.maximum() > self.minimum():
            event.ignore()  # which ends the animation
            return True
        return super().event(event)
