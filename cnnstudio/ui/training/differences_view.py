"""Differences view: what differs between the selected runs, a column a run, and nothing that does not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from cnnstudio.training.runs.run_differences import Differences
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Sentence

SECTIONS = {"result": "Results", "recipe": "Recipe", "network": "Network"}
SAME = "The recipes and the networks are the same."


class DifferencesView(QWidget):
    """A tree of results, recipe and network; of these only what differs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName("What differs between the selected runs")
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(14)
        self.tree.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.remark = Sentence(parent=self)
        self.remark.setProperty("role", "muted")
        self.remark.setContentsMargins(10, 4, 10, 6)
        self.remark.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.remark)

    def show_differences(self, names: Sequence[str], found: Differences) -> None:
        """Show what differs between runs of these names."""
        self.tree.clear()
        self.tree.setHeaderLabels(["", *names])
        for kind, title in SECTIONS.items():
            rows = [row for row in found.rows if row.kind == kind]
            if not rows:
                continue
            section = QTreeWidgetItem([title])
            section.setForeground(0, theme.color("muted"))
            for row in rows:
                item = QTreeWidgetItem([row.name, *row.values])
                for column, text in enumerate((row.name, *row.values)):
                    item.setToolTip(column, tip(text))
                section.addChild(item)
            self.tree.addTopLevelItem(section)
        self.tree.expandAll()
        header = self.tree.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column in range(self.tree.columnCount()):
            self.tree.resizeColumnToContents(column)
            self.tree.setColumnWidth(column, min(self.tree.columnWidth(column), round(220 * theme.scale)))
        is_same = len(names) > 1 and not found.troubles and not any(row.kind != "result" for row in found.rows)
        self.remark.setText("\n".join(found.troubles) if found.troubles else SAME if is_same else "")
        self.remark.setVisible(bool(self.remark.text()))
        self.tree.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
