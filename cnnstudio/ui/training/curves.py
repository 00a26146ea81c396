"""Curves: loss and accuracy over the run, drawn from a timer and only when something new came."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from cnnstudio.figure.marks import Figure
from cnnstudio.training.runs.history import EPOCH_COLUMNS
from cnnstudio.training.runs.run_charts import curves
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.pictures import figure_files
from cnnstudio.ui.pictures.canvas_picture import FILTERS, PictureError, write
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.labels import Elided, Rich, Sentence

if TYPE_CHECKING:
    from cnnstudio.ui.widgets.plot import Plot

SOON = 500  # milliseconds
PROMISE = "The curves of a training run appear here."


class CurvesPanel(Panel):
    """Two plots, loss and accuracy. Steps are a pale line, their course a full one, epochs have marks.

    Training and validation differ in colour, in dash and in mark, so that no eye needs the colour.
    """

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._drawn = (-1, -1)
        self._empty = Sentence()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setContentsMargins(20, 0, 20, 0)
        self._empty.setProperty("role", "muted")
        content = QWidget()
        self._stack = QStackedLayout(content)
        self._stack.addWidget(self._empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._bar())
        layout.addWidget(content, 1)
        self.setMinimumHeight(140)
        run.advanced.connect(self.touch)
        run.state_changed.connect(self.touch)
        for widget in (self.export, self.logarithmic, self._legend):
            widget.hide()
        QTimer.singleShot(SOON, self, lambda: self.plots)

    @cached_property
    def plots(self) -> tuple[Plot, Plot]:
        """Of the loss and of the accuracy; made soon after the window stands, which it does the sooner for it."""
        from cnnstudio.ui.widgets.plot import Plot

        both = Plot("Loss", "loss"), Plot("Accuracy, %", "accuracy", scale=100.0, most=100.0)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(8, 0, 8, 6)
        row.setSpacing(8)
        for plot in both:
            row.addWidget(plot)
            plot.hovered.connect(self._read)
        self._stack.addWidget(page)
        return both

    @property
    def loss(self) -> Plot:
        """The plot of the loss."""
        return self.plots[0]

    @property
    def accuracy(self) -> Plot:
        """The plot of the accuracy."""
        return self.plots[1]

    def _bar(self) -> QHBoxLayout:
        self.readout = Elided()
        self.readout.setProperty("role", "muted")
        self.readout.setProperty("textSize", "small")
        self.logarithmic = QToolButton()
        self.logarithmic.setText("log")
        self.logarithmic.setCheckable(True)
        self.logarithmic.setProperty("switch", True)
        self.logarithmic.setToolTip("Draw the loss on a logarithmic axis")
        self.logarithmic.toggled.connect(self._set_logarithmic)
        self.export = QToolButton()
        self.export.setIcon(icon("download-simple"))
        self.export.setToolTip("Keep the curves as a table or a picture")
        self.export.setAccessibleName("Export the curves")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.export)
        menu.addAction("Copy as a table", self.copy)
        menu.addAction("Save as CSV…", lambda: self._ask("curves.csv", "Tables (*.csv)", self.save_table))
        menu.addSeparator()
        menu.addAction("Copy as a picture", self.copy_picture)
        menu.addAction("Save as a picture…", lambda: self._ask("curves.png", FILTERS, self.save_picture))
        self.grey = menu.addAction("Pictures without colours, for print")
        self.grey.setCheckable(True)
        self.export.setMenu(menu)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 8, 0)
        self._legend = Legend()
        row.addWidget(self._legend, 1)
        row.addWidget(self.readout)
        row.addWidget(self.logarithmic)
        row.addWidget(self.export)
        return row

    def refresh(self) -> None:
        """Draw what is new; say what is to be done before there are curves."""
        if not len(self.run.history.steps):
            self._empty.setText(f"{PROMISE}\n{self.document.obstacle() or 'Press Train.'}")
        self._draw()

    def _draw(self) -> None:
        history = self.run.history
        now = (len(history.steps), len(history.epochs))
        if now == self._drawn:
            return
        self._drawn = now
        self._stack.setCurrentIndex(1 if len(history.steps) and self.plots else 0)
        for widget in (self.export, self.logarithmic, self._legend):
            widget.setVisible(len(history.steps) > 0)
        if not len(history.steps) or history.started is None:
            return
        total = history.started.epochs
        for plot in self.plots:
            plot.draw_steps(history.steps["step"], history.steps[plot.name], history.started.steps_per_epoch)
            plot.draw_epochs(
                history.epochs["epoch"], history.epochs[f"train_{plot.name}"], history.epochs[f"validation_{plot.name}"]
            )
            plot.set_range(total)

    def _set_logarithmic(self, on: bool) -> None:
        self.loss.set_logarithmic(on)
        self._drawn = (-1, -1)
        self._draw()

    def _read(self, epoch: float) -> None:
        """Put the numbers at a place of the x axis into words."""
        history = self.run.history
        for plot in self.plots:
            plot.point_at(epoch)
        if math.isnan(epoch) or history.started is None or not len(history.steps):
            self.readout.setText("")
            return
        after = int(np.searchsorted(history.steps["step"], epoch * history.started.steps_per_epoch))
        index = min(after, len(history.steps) - 1)
        text = (
            f"step {history.steps['step'][index]:,.0f}: loss {history.steps['loss'][index]:.4g}, "
            f"accuracy {history.steps['accuracy'][index]:.1%}, rate {history.steps['learning_rate'][index]:.3g}"
        )
        if 1 <= (whole := round(epoch)) <= len(history.epochs):
            text += (
                f"   epoch {whole}: validation loss {history.epochs['validation_loss'][whole - 1]:.4g}, "
                f"accuracy {history.epochs['validation_accuracy'][whole - 1]:.1%}"
            )
            more = (("top-5", "validation_top5"), ("macro F1", "validation_f1"), ("averaged", "average_accuracy"))
            for title, name in more:
                if not math.isnan(value := history.epochs[name][whole - 1]):
                    text += f", {title} {value:.1%}"
        self.readout.setText(text)

    # taking the curves away

    def table(self) -> list[list[str]]:
        """The epochs as rows with a header; the numbers with six digits, without what was not measured at all."""
        epochs = self.run.history.epochs
        names = [name for name in EPOCH_COLUMNS if len(epochs) == 0 or not np.isnan(epochs[name]).all()]
        columns = [epochs[name] for name in names]
        return [names, *([f"{value:.6g}" for value in row] for row in zip(*columns, strict=True))]

    def copy(self) -> None:
        """Put the table of epochs on the clipboard, ready for a spreadsheet."""
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in self.table()))
        self.document.said.emit("The table of epochs is on the clipboard.")

    def save_table(self, path: Path) -> None:
        """Write the table of epochs as CSV. Raises ``OSError``."""
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(self.table())

    def figure(self) -> Figure:
        """The curves as a drawing, with the axis that is chosen. Raises ``FigureError`` before the first step."""
        return curves(self.run.history, logarithmic=self.logarithmic.isChecked(), grey=self.grey.isChecked())

    def copy_picture(self) -> None:
        """Put the curves on the clipboard, as pixels and as a drawing."""
        QGuiApplication.clipboard().setMimeData(figure_files.copied(self.figure()))
        self.document.said.emit("The picture of the curves is on the clipboard.")

    def save_picture(self, path: Path) -> None:
        """Write the curves as .png, .svg or .pdf. Raises ``PictureError`` with a sentence."""
        write(figure_files.made(self.figure(), path), path)

    def _ask(self, name: str, filters: str, save: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self, "Keep the curves", name, filters)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(name.rpartition(".")[2])
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(kind.rpartition("*.")[2].rstrip(")")))
        dialog.fileSelected.connect(lambda chosen: self._save(Path(chosen), save))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, path: Path, save: Callable[[Path], None]) -> None:
        try:
            save(path)
        except PictureError as error:
            self.document.said.emit(str(error))
            return
        except OSError as error:
            self.document.said.emit(f"{path.name} was not written: {error.strerror or error}.")
            return
        self.document.said.emit(f"Saved {path.name}.")

    def restyle(self) -> None:
        if "plots" in self.__dict__:
            for plot in self.plots:
                plot.restyle()
        self._drawn = (-1, -1)
        self.touch()


class Legend(QWidget):
    """What the lines mean, as text with the line's own colour, dash and mark."""

    def __init__(self) -> None:
        super().__init__()
        self._labels = [Rich(), Rich()]
        row = FlowLayout(self, spacing=14)
        row.setContentsMargins(0, 5, 0, 0)
        for label in self._labels:
            row.addWidget(label)
        theme.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        parts = (("train", "—●—", "training"), ("validation", "- ▲ -", "validation"))
        for label, (role, sign, text) in zip(self._labels, parts, strict=True):
            label.setText(f'<span style="color:{theme.color(role).name()}">{sign}</span>&nbsp; {text}')
