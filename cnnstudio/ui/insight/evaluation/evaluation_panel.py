"""Evaluation panel: how good the network is, in several views of one pass over the validation images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QFocusEvent, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QStackedLayout,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.disk import DiskError, replacing
from cnnstudio.insight.evaluation.tables import as_csv
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.training.data.folder_layout import said
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.evaluation.chart_views import CalibrationView
from cnnstudio.ui.insight.evaluation.class_overview import Overview
from cnnstudio.ui.insight.evaluation.contrast_view import ContrastView
from cnnstudio.ui.insight.evaluation.evaluation_view import EvaluationView, Seen
from cnnstudio.ui.insight.evaluation.matrix_view import MatrixView
from cnnstudio.ui.insight.evaluation.mistakes_view import MistakesView
from cnnstudio.ui.insight.evaluation.picture_map import MapView
from cnnstudio.ui.insight.evaluation.property_view import PropertyView
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.nothing_page import NothingPage
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.pictures import figure_files
from cnnstudio.ui.pictures.canvas_picture import PictureError, write
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.widgets.foreign_text import tip, unmarked
from cnnstudio.ui.widgets.labels import Elided
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.evaluation.evaluation import Evaluation
    from cnnstudio.insight.evaluation.testing import Test

NOT_YET = "How good the network is stands here once it is trained. Untrained, it can only guess."
ANYWAY = "Look all the same"
LEAST = 90  # pixels at the normal size of text: of when it was, or it says nothing
ROUND = 40  # pixels round the tabs and buttons
GOES_ON = "How good the network is stands here when the run has ended."
LOOKING = "Looking at the validation images…"
CHANGED = "The network has changed since it was trained."
STOP = "Stop"
TEST, BACK, TESTING = "Test…", "Back", "Looking at the test pictures…"
ABOUT_TEST = (
    "Show it pictures of a folder that training never saw. Do it once, at the end: validation images have chosen the "
    "best epoch and, through you, the recipe, so they flatter. Each time is written down with the run."
)


class EvaluationPanel(Panel):
    """One pass after each run, while the panel is seen; of an untrained network when the person asks for it."""

    delay = 150

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.found: Evaluation | None = None
        self._of: object = None  # the run and the epoch that were looked at
        self._when = ""
        self._offered: Path | None = None  # a folder of test pictures that lies beside the others
        self._tested: Test | None = None  # what test pictures say, where those are shown
        self._button: Callable[[], None] | None = None  # what the button of the empty page does
        self.looker = Looker(document, run, self, "evaluation")
        self.looker.refused.connect(self._refuse)
        self.overview, self.matrix, self.mistakes = Overview(self), MatrixView(self), MistakesView(self)
        self.calibration, self.properties, self.map = CalibrationView(self), PropertyView(self), MapView(self)
        self.contrast = ContrastView(document, run, self)
        self.views: tuple[EvaluationView, ...] = (
            self.overview, self.matrix, self.mistakes, self.calibration, self.properties, self.map, self.contrast,
        )  # fmt: skip
        self._lay_out()
        for view in self.views:
            view.picked.connect(self._pick)
            view.opened.connect(self._open)
        self.overview.class_asked.connect(self._show_class)
        run.state_changed.connect(self.touch)

    def _lay_out(self) -> None:
        self.tabs, self._pages = QTabBar(self), QStackedWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Views of the evaluation")
        for view in self.views:
            self.tabs.addTab(view.title)
            self._pages.addWidget(view)
        self.tabs.currentChanged.connect(self._turn)
        self.when = Elided(parent=self)
        self.when.setProperty("role", "muted")
        self.when.setProperty("textSize", "small")
        self.test = QToolButton(self)
        self.test.clicked.connect(self._press_test)
        self.test.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._test_menu = QMenu(self.test)
        self._use = self._test_menu.addAction("", self._test_with_offered)
        self._test_menu.addAction("Choose another folder…", self._ask_for_test)
        self.export = QToolButton(self)
        self.export.setIcon(icon("download-simple"))
        self.export.setToolTip("Keep this view as a table or a picture")
        self.export.setAccessibleName("Export this view")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.export)
        self._copy = menu.addAction("Copy as a table", self.copy)
        self._table = menu.addAction("Save as CSV…", lambda: self._ask("csv", "Tables (*.csv)", self.save_table))
        self._picture = menu.addAction(
            "Save as a picture…",
            lambda: self._ask("png", "PNG picture (*.png);;SVG drawing (*.svg);;PDF page (*.pdf)", self.save_picture),
        )
        menu.aboutToShow.connect(self._offer)
        self.export.setMenu(menu)
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 0, 8, 0)
        bar.addWidget(self.tabs)
        bar.addWidget(self.when, 1)
        bar.addStretch()
        bar.addWidget(self.test)
        bar.addWidget(self.export)
        shown = QWidget(self)
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._pages, 1)
        self.nothing = NothingPage(NOT_YET, self)
        self.nothing.allowed.connect(self._press)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(shown)

    # what is looked at

    def refresh(self) -> None:
        """Look at the images, where that was not done with these weights."""
        run = self.run
        if run.is_active:
            self._forget(GOES_ON)
        elif self.looker.has_learned:
            now = run.weights, run.epoch, len(run.history.epochs)
            if now != self._of:
                self._look(now)
            elif self.found is not None:
                self._say_when()
        elif self._of is not self.document.graph:
            self._forget(NOT_YET, ANYWAY, lambda: self._look(self.document.graph))

    def _look(self, of: object) -> None:
        self._forget(LOOKING, STOP, self._stop)
        self._of = of

        def look(subject: Subject, report: Report) -> tuple[Evaluation, Path | None]:
            from cnnstudio.insight.evaluation.one_pass import evaluate
            from cnnstudio.insight.evaluation.testing import offered

            found = evaluate(subject.prepared, report)
            return found, offered(subject.project.recipe, report)

        def show(subject: Subject, found: tuple[Evaluation, Path | None]) -> None:
            self._offered = found[1] if subject.is_trained else None
            self._show(subject, found[0])

        self.looker.look(look, show, all_images=True, of_run=True)

    def _press_test(self) -> None:
        """Ask for a folder of test pictures, or go back to the validation images."""
        if self._tested is not None:
            self._look(self._of)
            return
        self._ask_for_test()

    def _ask_for_test(self) -> None:
        begin = self.document.project.recipe.folder
        dialog = QFileDialog(self, "A folder of test pictures, with a folder for each class", begin)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda chosen: self.test_with(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _test_with_offered(self) -> None:
        if self._offered is not None:
            self.test_with(self._offered)

    def test_with(self, folder: Path) -> None:
        """Show the network the pictures below this folder, and write down that it was tested with them."""
        run, of = self.run, self._of
        place, epoch = run.folder, run.epoch
        self._forget(TESTING, STOP, self._stop)
        self._of = of

        def look(subject: Subject, report: Report) -> Test:
            from cnnstudio.insight.evaluation.testing import tested

            return tested(subject, folder, place, epoch, report)

        self.looker.look(look, lambda _, found: self._show_test(found), all_images=True, of_run=True)

    def _show_test(self, found: Test) -> None:
        self._show(found.subject, found.evaluation)
        self._tested = found
        self.contrast.show_evaluation(None)
        self._say_when()

    def _pick(self, number: int) -> None:
        """Let all panels look at this picture."""
        if self._tested is None or self.found is None:
            self.run.picture.choose(number)
            return
        image = self._tested.subject.data.validation_images[number].numpy().copy()
        self.run.picture.choose(OwnPicture(image, f"Test image {number + 1:,}"))

    def _stop(self) -> None:
        self.looker.drop()
        of = self._of
        self._forget("It was stopped before all images were seen.", "Look again", lambda: self._look(of))
        self._of = of

    def _refuse(self, sentence: str, ask: str) -> None:
        """Say how far it is, or why there is nothing, with what the person may allow."""
        if self.looker.is_looking:
            self._say(sentence, STOP, self._stop)
        elif ask:
            self._say(sentence, ask, self._allow)
        else:
            self._say(sentence)

    def _allow(self) -> None:
        self.looker.allow()
        self._look(self._of)

    def _forget(self, sentence: str, ask: str = "", then: Callable[[], None] | None = None) -> None:
        """Show no evaluation, hold no images, and say why."""
        self.looker.drop()
        if self.found is not None:
            for view in self.views:
                view.show_evaluation(None)
        self.found = self._of = self._tested = self._offered = None
        self._say(sentence, ask, then)

    def _say(self, sentence: str, ask: str = "", then: Callable[[], None] | None = None) -> None:
        self.nothing.say(sentence, ask)
        self._button = then
        self._stack.setCurrentIndex(0)

    def _press(self) -> None:
        if self._button is not None:
            self._button()

    def _show(self, subject: Subject, found: Evaluation) -> None:
        self.found = found
        seen = Seen(found, subject)
        self._when = subject.when
        for view in self.views:
            view.show_evaluation(seen)
        self._say_when()
        self._stack.setCurrentIndex(1)
        self._turn()

    def _say_when(self) -> None:
        offered = self._offered if self._tested is None else None
        self.test.setText(TEST if self._tested is None else BACK)
        self.test.setToolTip(tip(ABOUT_TEST if self._tested is None else "Show the validation images again"))
        self.test.setMenu(self._test_menu if offered is not None else None)  # type: ignore[arg-type] # it takes None
        self.when.setToolTip("")
        if self._tested is not None:
            sentences = " ".join(self._tested.sentences)
            self.when.setText(sentences)
            self.when.setToolTip(tip(sentences))
            self._fit()
            return
        changed = self.looker.has_learned and not self.run.fits(self.document.graph)
        told = f"{self._when}. {CHANGED}" if changed else self._when
        if offered is not None:
            name = said(offered.name)
            self._use.setText(unmarked(f"Test it with the pictures in {name}, which training has not seen"))
            told = f"{told[:1].upper()}{told[1:].rstrip('.')}. {name} holds pictures to test it with, once, at the end."
            self.when.setToolTip(tip(told))
        self.when.setText(told)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """When that was stands beside the tabs where some words of it have room, else in the tooltip of the tabs."""
        buttons = self.test.sizeHint().width() + self.export.sizeHint().width() + ROUND
        left = self.width() - self.tabs.sizeHint().width() - buttons
        self.when.setVisible(left >= LEAST * theme.scale)
        words = "" if self.when.isVisibleTo(self) else self.when.text()
        for place, view in enumerate(self.views):
            self.tabs.setTabToolTip(place, tip(words, title=view.title) if words else "")

    # going about

    @property
    def view(self) -> EvaluationView:
        """The view that is in front."""
        return self.views[max(0, self.tabs.currentIndex())]

    def show_view(self, view: EvaluationView) -> None:
        """Bring a view to the front."""
        self.tabs.setCurrentIndex(self.views.index(view))

    def _turn(self) -> None:
        self._pages.setCurrentWidget(self.view)
        if self.found is not None:
            self.view.begin()

    def _show_class(self, label: int) -> None:
        self.show_view(self.mistakes)
        self.mistakes.show_class(label)
        self.mistakes.setFocus()

    def _open(self, number: int) -> None:
        self._pick(number)
        self.panel_asked.emit("feature-maps")

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self.nothing.button if self._stack.currentIndex() == 0 else self.tabs).setFocus(event.reason())

    # taking it away

    def _offer(self) -> None:
        has_table, has_figure = self.view.table_of() is not None, self.view.figure() is not None
        self._copy.setEnabled(has_table)
        self._table.setEnabled(has_table)
        self._picture.setEnabled(has_figure)

    def copy(self) -> None:
        """Put the table of the view on the clipboard, ready for a spreadsheet."""
        if (table := self.view.table_of()) is not None:
            QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in table))
            self.document.said.emit("The table is on the clipboard.")

    def save_table(self, path: Path) -> None:
        """Write the table of the view as CSV. Raises ``DiskError``."""
        if (table := self.view.table_of()) is not None:
            with replacing(path) as temporary:
                temporary.write_text(as_csv(table), encoding="utf-8", newline="")

    def save_picture(self, path: Path) -> None:
        """Write the picture of the view as PNG, SVG or PDF, as its name ends. Raises ``PictureError``."""
        if (figure := self.view.figure()) is not None:
            write(figure_files.made(figure, path), path)

    def _ask(self, suffix: str, filters: str, save: Callable[[Path], None]) -> None:
        name = self.view.title.lower().replace(" ", "-")
        dialog = QFileDialog(self, "Keep this view", f"{name}.{suffix}", filters)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")")))
        dialog.fileSelected.connect(lambda chosen: self._save(Path(chosen), save))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, path: Path, save: Callable[[Path], None]) -> None:
        try:
            save(path)
        except (DiskError, PictureError) as error:
            self.document.said.emit(str(error))
            return
        self.document.said.emit(f"Saved {path.name}.")

    # events

    def restyle(self) -> None:
        if self.found is not None:
            for view in self.views:
                view.update()
        super().restyle()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        ended = [view.close_tasks(seconds) for view in self.views]
        return all([self.looker.close(seconds), *ended])
