"""Garbage: collects what Python cannot free by counting, on the window's thread alone.

Python collects on whatever thread happens to fill the last place, and what it finds may be Qt's: a widget that a
training thread deletes takes the program down or stops it for good.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL = 500  # milliseconds; young garbage of half a second is collected in a few


class Garbage(QObject):
    """Takes Python's own collector out of service, and does its work from a timer until it is closed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation that is due by Python's own thresholds, and with it the younger ones."""
        filled = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (number, most) in enumerate(filled) if number > most]
        if due:
            gc.collect(due[-1])

    @staticmethod
    def set_apart() -> None:
        """Never look again at what there is now: torch's 200,000 objects live as long as the program.

        To look through them took 90 ms, once a minute or two; without them it takes none.
        """
        gc.freeze()

    def close(self) -> None:
        """Give the work back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
