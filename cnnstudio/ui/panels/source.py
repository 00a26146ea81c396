"""Source: the network as the Python that is trained and exported, live."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cnnstudio.compiler.source import Source, SourceError, source
from cnnstudio.graph import Graph
from cnnstudio.ui.document import Document
from cnnstudio.ui.panels.panel import Panel
from cnnstudio.ui.panels.source_lines import SourceLines, source_lines
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.code_view import CodeView
from cnnstudio.ui.widgets.sentence import Sentence


class SourcePanel(Panel):
    """The source with the lines of the selected nodes marked; a click on a line selects its node."""

    delay = 250  # milliseconds; writing and colouring a large network takes longer than a frame leaves

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(document, parent)
        self.source: Source | None = None
        self._graph: Graph | None = None
        self._lines: SourceLines | None = None
        self.view = CodeView(self)
        self.view.setAccessibleName("Source of the network")
        self.view.clicked.connect(self._clicked)
        self.about = QLabel(self)
        self.about.setProperty("role", "muted")
        self.about.setProperty("textSize", "small")
        self.about.setWordWrap(True)
        self.copy_button = QPushButton(icon("copy", "muted"), "Copy", self)
        self.copy_button.setProperty("flat", True)
        self.copy_button.clicked.connect(self._copy)
        self.refusal = Sentence(parent=self)
        self.refusal.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.refusal.setContentsMargins(14, 10, 14, 10)
        self.refusal.setProperty("role", "muted")
        head = QHBoxLayout()
        head.setContentsMargins(14, 4, 6, 2)
        head.addWidget(self.about, 1)
        head.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self.refusal)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        document.selection_changed.connect(self._mark)

    def refresh(self) -> None:
        graph = self.document.graph
        if self.document.concealed:  # it is full of sizes
            self._graph, self.source = None, None
            self.refusal.setText("The source is hidden while a question is open.")
        elif graph is not self._graph:
            self._graph, self._lines = graph, None
            try:
                self.source = source(graph)
            except SourceError as error:
                self.source = None
                self.refusal.setText(f"There is no source yet. {error}")
            else:
                self.view.show_text(self.source.text.rstrip("\n"))
        known = self.source is not None
        self.view.setVisible(known)
        self.refusal.setVisible(not known)
        self.copy_button.setEnabled(known)
        self.about.setText("This text is what is trained and exported." if known else "")
        self._mark()

    def restyle(self) -> None:
        """The view follows the theme by itself."""

    @property
    def lines(self) -> SourceLines | None:
        """Which lines belong to which node; found when first asked for."""
        if self._lines is None and self.source is not None:
            self._lines = source_lines(self.source)
        return self._lines

    def _mark(self) -> None:
        if not self.isVisible() or self._graph is not self.document.graph:
            return  # the text is about to be written anew
        # inside a composite the selection speaks of its parts: then it is the composite that is marked
        names = self.document.scope[:1] or self.document.selection
        known = self.lines.lines if names and self.lines is not None else {}
        self.view.mark(line for name in names for line in known.get(name, ()))

    def _clicked(self, line: int) -> None:
        if self.lines is not None and self._graph is self.document.graph and (names := self.lines.nodes.get(line)):
            self.document.enter(())
            self.document.select(names)

    def _copy(self) -> None:
        if self.source is not None:
            QGuiApplication.clipboard().setText(self.source.text)
            self.document.said.emit("The source is on the clipboard.")
