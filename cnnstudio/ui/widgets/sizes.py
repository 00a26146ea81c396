"""Sizes: what Qt calls by a name that PySide6 does not have."""

from __future__ import annotations

NO_LIMIT = 16_777_215
"""The most that a widget may measure, by which it has no most: QWIDGETSIZE_MAX of https://doc.qt.io/qt-6/qwidget.html."""
