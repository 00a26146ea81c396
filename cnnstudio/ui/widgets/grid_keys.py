"""Grid keys: where a key leads among things that stand in rows."""

from __future__ import annotations

from PySide6.QtCore import Qt

CHOOSING = frozenset((Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space))


def stepped(key: Qt.Key, current: int, count: int, columns: int) -> int | None:
    """The place, of so many in so many columns, that arrows, Home and End lead to; None for any other key."""
    steps = {
        Qt.Key.Key_Left: -1,
        Qt.Key.Key_Right: 1,
        Qt.Key.Key_Up: -columns,
        Qt.Key.Key_Down: columns,
        Qt.Key.Key_Home: -count,
        Qt.Key.Key_End: count,
    }
    return min(max(0, current + steps[key]), count - 1) if count and key in steps else None
