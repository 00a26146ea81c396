"""Rest: the time between two looks at what goes on, so that looking costs a small share of it. No Qt and no torch."""

from __future__ import annotations

import math
import time

APART = 200  # times as long as a look takes, from one to the next: half a hundredth of the time


class Rest:
    """After a look ``least`` seconds pass before the next, or ``apart`` times as long as it took; at most ``most``.

    With 0 for ``least`` there is no rest, however long a look takes.
    """

    def __init__(self, least: float, apart: float = APART, most: float = math.inf) -> None:
        self._least, self._apart, self._most = least, apart, most
        self._end = -math.inf

    @property
    def is_over(self) -> bool:
        """Whether it is time to look."""
        return time.monotonic() >= self._end

    def begin(self) -> None:
        """Rest from a look that has begun, whose time is not known yet."""
        self.after(0.0)

    def after(self, seconds: float) -> None:
        """Rest from a look that took so many seconds."""
        rest = min(self._most, max(self._least, self._apart * seconds)) if self._least else 0.0
        self._end = time.monotonic() + rest

    def for_ever(self) -> None:
        """Never look again."""
        self._end = math.inf
