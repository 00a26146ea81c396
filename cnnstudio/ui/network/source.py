"""Source: the network as the Python that is trained and exported, live."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import StringIO
from itertools import islice

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from cnnstudio.compiler.source import Source, SourceError, source
from cnnstudio.graph import Graph
from cnnstudio.project.limits import QUICK, parts
from cnnstudio.training.readiness import obstacle_of_network
from cnnstudio.ui.document import Document
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.task import Task, put_away
from cnnstudio.ui.theme import icon
from cnnstudio.ui.widgets.code_view import CodeView
from cnnstudio.ui.widgets.labels import Plain, Sentence

WRITING = "The source is being written…"
MOST_LINES = 50_000  # that are shown; of more only numbers that a step begins with are made


class SourcePanel(Panel):
    """The source with the lines of the selected nodes marked; a click on a line selects its node."""

    delay = 250  # milliseconds; writing a large network takes longer than a frame leaves

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.source: Source | None = None  # all of it
        self._shown: Source | None = None  # what of it is in the view
        self._graph: Graph | None = None
        self._lines: SourceLines | None = None
        self._task: Task[Source | str] | None = None
        self.view = CodeView(self)
        self.view.setAccessibleName("Source of the network")
        self.view.clicked.connect(self._clicked)
        self.about = Plain(parent=self)
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
            self.close_tasks(0.0)
            self._graph, self.source = None, None
            self.refusal.setText("The source is hidden while a question is open.")
        elif graph is not self._graph:
            self.close_tasks(0.0)
            self._graph, self._lines, self.source = graph, None, None
            if parts(graph) <= QUICK:
                self._take(written(graph))
            else:
                self.refusal.setText(WRITING)
                self._task = Task(lambda _: written(graph), "source", self)
                self._task.finished.connect(self._take_and_show)
                self._task.failed.connect(self.refusal.setText)
        self._show()

    def _take(self, found: Source | str) -> None:
        if isinstance(found, Source):
            self.source, self._shown = found, _begun(found)
            self.view.show_text(self._shown.text.rstrip("\n"))
            return
        reason = obstacle_of_network(self.document.graph, self.document.diagnostics, training=False)
        self.refusal.setText(f"There is no source yet. {reason or found}")

    def _take_and_show(self, found: Source | str) -> None:
        self._take(found)
        self._show()

    def close_tasks(self, seconds: float = 10.0) -> bool:
        task, self._task = self._task, None
        return put_away(task, seconds)

    def _show(self) -> None:
        known = self.source is not None
        self.view.setVisible(known)
        self.refusal.setVisible(not known)
        self.copy_button.setEnabled(known)
        self.about.setText(self._told() if known else "")
        self._mark()

    def _told(self) -> str:
        if self.source is self._shown or self.source is None:
            return "This text is what is trained and exported."
        lines = self.source.text.count("\n")
        return f"The first {MOST_LINES:,} of {lines:,} lines that are trained and exported; Copy takes all."

    def restyle(self) -> None:
        """The view follows the theme by itself."""

    @property
    def lines(self) -> SourceLines | None:
        """Which lines belong to which node; found when first asked for."""
        if self._lines is None and self.source is not None and self._shown is not None:
            self._lines = source_lines(self._shown)
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


def _begun(source: Source) -> Source:
    """The source as far as it is shown."""
    if source.text.count("\n") <= MOST_LINES:
        return source
    return replace(source, text="".join(islice(StringIO(source.text), MOST_LINES)))


def written(graph: Graph) -> Source | str:
    """The source of a network, or why it has none."""
    try:
        return source(graph)
    except SourceError as error:
        return str(error)


_STATEMENT = re.compile(r" {8}(?=[^\s)\]}#])")
_ATTRIBUTE = re.compile(r"\bself\.(\w+)")
_VARIABLE = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?![\w.(]|=(?!=))")


@dataclass(frozen=True)
class SourceLines:
    """Node -> its lines, and line -> its nodes; lines are counted from 0."""

    lines: dict[str, tuple[int, ...]]
    nodes: dict[int, tuple[str, ...]]


def source_lines(source: Source) -> SourceLines:
    """Find the lines of every node: where its module is made and where it is called.

    Modules are known by their attribute. What has none, a sum or a flattening, is known by its expression and its
    place among the steps.
    """
    owners: dict[str, list[str]] = {}
    for node, path in source.paths.items():
        owners.setdefault(path.split(".")[0], []).append(node)
    lines: dict[str, list[int]] = {}
    waiting = [(step.node, _shape_of(step.expression)) for step in source.steps if step.node not in source.paths]
    for first, last, text in _statements(source):
        named = [name for name in _ATTRIBUTE.findall(text) if name in owners]
        found = owners[named[0]] if named else []
        if not named:
            value = re.sub(r"^\s*(?:return\s+|\w+\s*=\s*)", "", re.sub(r"  #.*", "", text), count=1)
            shape = _shape_of(value)
            place = next((i for i, (_, wanted) in enumerate(waiting) if wanted == shape), None)
            if place is not None:
                found = [waiting[place][0]]
                del waiting[: place + 1]
        for node in found:
            lines.setdefault(node, []).extend(range(first, last + 1))
    nodes: dict[int, list[str]] = {}
    for node, numbers in lines.items():
        for number in numbers:
            nodes.setdefault(number, []).append(node)
    return SourceLines(
        {node: tuple(numbers) for node, numbers in lines.items()},
        {number: tuple(names) for number, names in nodes.items()},
    )


def _statements(source: Source) -> Iterator[tuple[int, int, str]]:
    """First line, last line and text of each statement in the methods of the network's own class."""
    lines = source.text.split("\n")
    begin = next((i for i, line in enumerate(lines) if line.startswith(f"class {source.class_name}(")), len(lines))
    first = -1
    for number in range(begin, len(lines) + 1):
        line = lines[number] if number < len(lines) else ""
        ends = number == len(lines) or not line.strip() or _STATEMENT.match(line) or re.match(r" {4}\S", line)
        if first >= 0 and ends:
            yield first, number - 1, "\n".join(lines[first:number])
            first = -1
        if _STATEMENT.match(line):
            first = number


def _shape_of(expression: str) -> str:
    """The expression without its spaces and with every variable called the same."""
    return re.sub(r"[\s]+|,(?=\s*[)\]])", "", _VARIABLE.sub("_", expression))
