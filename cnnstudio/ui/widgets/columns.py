"""Columns: a plain list of several columns without a header, as those that a person searches have it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QWidget


def columns(parent: QWidget, name: str, count: int, stretched: int | None = None) -> QTreeWidget:
    """A list of ``count`` columns as wide as what is in them, but for the ``stretched`` one, which takes the rest.

    A screen reader calls it ``name``.
    """
    made = QTreeWidget(parent)
    made.setAccessibleName(name)
    made.setColumnCount(count)
    made.setHeaderHidden(True)
    made.setRootIsDecorated(False)
    made.setIndentation(0)
    made.setIconSize(QSize(17, 17))
    header = made.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    if stretched is not None:
        header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
    return made
