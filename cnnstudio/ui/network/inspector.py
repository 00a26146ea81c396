"""Inspector: what is selected, its parameters to edit, what comes out of it and how that is computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any, cast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QScrollArea, QToolButton, QVBoxLayout, QWidget

from cnnstudio.blocks.group import Group, group_at, with_exposed, with_group
from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.compiler.formula import formula
from cnnstudio.compiler.receptive import ProjectiveField, ReceptiveField
from cnnstudio.editing.description import told_names
from cnnstudio.editing.insertion import ungrouped
from cnnstudio.editing.replacement import Other, alternatives, replaced
from cnnstudio.graph import Block, GraphError, NamingError, Node, ParameterError, parameters
from cnnstudio.graph.notation import can_type
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.exposed_form import ExposedForm
from cnnstudio.ui.network.lesson_links import LessonLinks
from cnnstudio.ui.network.node_header import NodeHeader, is_composite
from cnnstudio.ui.network.past_scores import PastScores
from cnnstudio.ui.network.problem_row import ProblemRow, show_rows
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets import cards
from cnnstudio.ui.widgets.cards import Card
from cnnstudio.ui.widgets.form import Form
from cnnstudio.ui.widgets.labels import Sentence

# milliseconds after an edit: setting the formula in type and finding the receptive fields of a large network take
# longer than one frame leaves, so each has a frame of its own
FORMULA_DELAY, FIELDS_DELAY = 40, 150
MOST_PROBLEMS, MOST_KINDS = 4, 4
ALIKE = "What these blocks have in common is set for all of them."
UNLIKE = "These blocks have no parameter in common. Select blocks of one kind to set theirs together."
HINTS = (
    "Select a block to see its parameters and what comes out of it.",
    "Drag a block from the palette, or press Tab on the canvas and type its name.",
    "Drag from the right side of one block to the left side of another to wire them.",
)
INSIDE_HINTS = (
    HINTS[0],
    "Double-click a block that is made of others to look into that as well.",
    "The path at the top of the canvas leads back out. There the block can be ungrouped, and its parts changed.",
)


class InspectorPanel(Panel):
    """One page that shows the network, one node or several, whichever is selected."""

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self._targets: tuple[str, ...] = ()
        self.form: Form | None = None
        self._forms: dict[tuple[type[Block], ...], Form] = {}
        self.rows: list[ProblemRow] = []
        self._seen: ReceptiveField | ProjectiveField | None = None
        self._seen_of = ""
        self.header = NodeHeader(self)
        self.header.renamed.connect(self._rename)
        self.header.opened.connect(lambda: document.enter((*document.scope, *self._targets)))
        self.header.ungrouped.connect(self._ungroup)
        self.header.replaced.connect(self._replace)
        self.header.kept.connect(self._keep)
        self.exposed = ExposedForm(self)
        self.exposed.edited.connect(self._edit_inside)
        self.exposed.chosen.connect(self._expose)
        self.sentence = Sentence(parent=self)
        self.sentence.setProperty("role", "muted")
        self.outcome = Card("What comes out", self)
        self.forward = QToolButton(self.outcome)
        self.forward.setText("Where a pixel goes")
        self.forward.setToolTip(
            "Instead of what a value sees of the image: which values the pixel in its middle reaches"
        )
        self.forward.setCheckable(True)
        self.forward.setProperty("switch", True)
        self.forward.setProperty("textSize", "small")  # or large text would not fit into a narrow panel
        self.forward.toggled.connect(lambda _on: self._show_outcome())
        cast(QVBoxLayout, self.outcome.layout()).addWidget(self.forward)
        self.formula = Card("How it is computed", self)
        self.theory = Card("About it", self)
        self.lessons = LessonLinks(self.panel_asked.emit, self.page_asked.emit, self)
        self.scores = PastScores(document, run, self.panel_asked.emit, self)
        self._lay_out()
        self._formula_timer = QTimer(self, singleShot=True, interval=FORMULA_DELAY)
        self._formula_timer.timeout.connect(self._show_formula)
        self._fields_timer = QTimer(self, singleShot=True, interval=FIELDS_DELAY)
        self._fields_timer.timeout.connect(self._show_outcome)
        # at once, so that what is half typed goes to the node that it was typed for
        document.selection_changed.connect(self._settle)

    def _lay_out(self) -> None:
        inside = QWidget()
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(12, 12, 12, 12)
        self.column.setSpacing(10)
        self.form_place, self.problem_place = QVBoxLayout(), QVBoxLayout()
        self.problem_place.setSpacing(6)
        self.column.addWidget(self.header)
        self.column.addWidget(self.sentence)
        self.column.addLayout(self.form_place)
        self.column.addWidget(self.exposed)
        self.column.addLayout(self.problem_place)
        for card in (self.outcome, self.scores, self.formula, self.theory, self.lessons):
            self.column.addWidget(card)
        self.column.addStretch()
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        area.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click on a button in it leaves the keyboard where it is
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the keyboard to the first field."""
        first = next(iter(self.form.rows.values())).editor if self.form is not None else self.header.name
        first.setFocus(event.reason())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:  # a field in which something was typed keeps it for itself
            self.left.emit()
        else:
            super().keyPressEvent(event)

    # showing

    def refresh(self) -> None:
        graph = self.document.view_graph
        nodes = [graph[name] for name in self.document.selection if name in graph]
        names = tuple(node.name for node in nodes)
        if is_other := names != self._targets:
            self._settle()
            self.header.refuse("")
            self.header.name.forget()
        self._targets = names
        kinds = sorted({type(node.block) for node in nodes}, key=lambda kind: kind.title)
        self._show_header(nodes, kinds)
        self._show_form(nodes, kinds)
        self._show_exposed(nodes)
        self._show_problems()
        self._show_cards(nodes)
        self.scores.tell(not nodes)
        if is_other:
            self._show_formula()  # another node's arithmetic would be wrong here even for a moment

    def _show_header(self, nodes: list[Node], kinds: list[type[Block]]) -> None:
        read_only = self.document.is_read_only
        if len(nodes) == 1:
            node = nodes[0]
            self.header.show_node(node, read_only)
            composite = is_composite(type(node.block)) and self.document.can_enter(node.name)
            self.header.allow(composite, composite and not read_only, isinstance(node.block, Group))
        elif nodes:
            kind = kinds[0] if len(kinds) == 1 else None
            title = f"{len(nodes)} blocks"
            titles, more = [each.title for each in kinds], len(kinds) - MOST_KINDS
            words = ", ".join(titles[:MOST_KINDS]) + (f" and {more} more" if more > 0 else "")
            words = f"all {kind.title}" if kind else words
            self.header.show_title(title, words, kind)
            self.header.allow(False, False)
        else:
            scope, found = self.document.scope, self.document.diagnostics
            words = cards.problems(diagnostic.severity for diagnostic in found) if self.document.graph else "Empty"
            if self.document.graph and not found and self.document.obstacle():
                words = "Cannot be trained yet"
            self.header.show_title(scope[-1] if scope else "Network", "" if scope else words, None)
            self.header.allow(False, False)
        own = [kept.group for kept in self.document.library.groups]
        self.header.offer(() if read_only else alternatives([node.block for node in nodes], own))
        self._say_where(read_only)

    def _say_where(self, read_only: bool) -> None:
        """Say what changing the inside of a block would mean."""
        document, words = self.document, ""
        if read_only:
            words = document.refusal
        elif document.scope and (times := group_at(document.graph, document.scope).repeat) > 1:
            words = f"This is one of the {times} copies of {document.scope[-1]}: a change here is a change of them all."
        self.sentence.setText(words)
        self.sentence.setVisible(bool(words))

    def _show_form(self, nodes: list[Node], kinds: list[type[Block]]) -> None:
        form = self._form_of(tuple(kinds)) if shared(kinds) else None
        if form is not self.form:
            if self.form is not None:
                self.form.hide()
            self.form = form
        if form is not None:
            form.set_values(*(node.block for node in nodes))
            form.set_read_only(self.document.is_read_only)
            form.show()

    def _show_exposed(self, nodes: list[Node]) -> None:
        """Show what a group offers of its blocks, or let one of those be offered."""
        document, read_only = self.document, self.document.is_read_only
        block = nodes[0].block if len(nodes) == 1 else None
        if isinstance(block, Group):
            self.exposed.show_group(block, read_only)
        elif block is not None and document.scope and not read_only:
            self.exposed.show_inner(group_at(document.graph, document.scope), document.scope[-1], nodes[0].name)
        else:
            self.exposed.forget()

    def _form_of(self, kinds: tuple[type[Block], ...]) -> Form:
        """What all of these blocks have, in the words of the first."""
        if kinds not in self._forms:
            self._forms[kinds] = form = Form(kinds[0], self, names=shared(kinds))
            form.edited.connect(self._edit)
            self.form_place.addWidget(form)
        return self._forms[kinds]

    def _show_problems(self) -> None:
        found: list[Diagnostic] = []
        if len(self._targets) == 1 and not self.document.scope:
            found = [d for d in self.document.diagnostics if self._targets[0] in d.nodes][:MOST_PROBLEMS]
        self.rows = show_rows(
            self.problem_place, self.rows, found, lambda diagnostic: ProblemRow(self.document, diagnostic, self)
        )

    def _show_cards(self, nodes: list[Node]) -> None:
        analysis = self.document.shown_analysis
        self._fields_timer.start()
        self.forward.setVisible(len(nodes) == 1)
        self.lessons.tell(type(nodes[0].block) if len(nodes) == 1 else None)
        if len(nodes) == 1:
            self._show_outcome(fresh=False)
            self._formula_timer.start()
            self.theory.say(cards.theory(type(nodes[0].block)), f"About {nodes[0].block.title}")
            return
        self.formula.say("")
        if nodes:
            acting = [node.name for node in nodes if node.name in analysis.acting.graph]
            facts = [analysis.facts[name] for name in acting if name in analysis.facts]
            self.outcome.say(cards.together(facts) if len(facts) == len(acting) else "", "Together")
            mixed = len({type(node.block) for node in nodes}) > 1
            self.theory.say((ALIKE if self.form is not None else UNLIKE) if mixed else "", "Hint")
        else:
            self.outcome.say(cards.network(analysis) if analysis.graph else "", "What it comes to")
            hints = HINTS if not self.document.is_read_only else INSIDE_HINTS
            self.theory.say("".join(f'<p style="margin:0 0 6px 0">{hint}</p>' for hint in hints), "What to do here")

    def _show_formula(self) -> None:
        graph = self.document.view_graph
        if len(self._targets) != 1 or self._targets[0] not in graph or not self.isVisible():
            return
        node = graph[self._targets[0]]
        if self.document.conceals(node.name):
            self.formula.say("")
            return
        shapes = tuple(shape for shape in self.document.view_analysis.shapes_into(node.name) if shape is not None)
        made = formula(node.block, shapes) if len(shapes) == len(node.inputs) and not node.bypassed else None
        self.formula.say(cards.arithmetic(made) if made else "", made.title if made else None)

    def _show_outcome(self, fresh: bool = True) -> None:
        """Show what comes out; ``fresh`` computes the receptive fields where an edit has made them stale."""
        graph = self.document.view_graph
        if len(self._targets) != 1 or self._targets[0] not in graph or not self.isVisible():
            return
        name, analysis = self._targets[0], self.document.shown_analysis
        if fresh:
            reached = self.forward.isChecked()
            fields = self.document.view_projective_fields if reached else self.document.view_receptive_fields
            self._seen = fields.get(name)
        elif self._seen_of != name:
            self._seen = None
        self._seen_of = name
        error = analysis.errors.get(name)
        # a problem above says why already
        misfit = None if error is None else "" if self.rows else error.sentence
        if self.document.conceals(name):
            html = cards.concealed(analysis.shapes_into(name))
        else:
            into, facts = analysis.shapes_into(name), analysis.facts.get(name)
            kept = analysis.memory.kept.get(name)
            unknown = ""
            if fresh and self._seen is None and facts is not None and facts.shape.is_map:
                unknown = "A pixel reaches" if self.forward.isChecked() else "Receptive field"
            html = cards.outcome(
                into, facts, misfit, self._seen, bypassed=graph[name].bypassed, kept=kept, unknown=unknown
            )
        self.outcome.say(html, "What comes out")

    def restyle(self) -> None:
        super().restyle()
        for row in self.rows:
            row.restyle()

    # editing

    def _settle(self) -> None:
        if self.form is not None:
            self.form.settle()
        self.exposed.settle()

    def _edit_inside(self, node: str, name: str, value: Any) -> None:
        """Set a parameter of a block inside the selected group."""
        target = self._targets[0] if len(self._targets) == 1 else ""
        graph = self.document.view_graph
        group = graph[target].block if target in graph else None
        if not isinstance(group, Group) or node not in group.body or self.document.is_read_only:
            return
        try:
            changed = graph.replace(target, with_exposed(group, node, name, value))
        except ParameterError as error:
            self.exposed.refuse(node, name, str(error))
            return
        burst = self.exposed.forms[node].burst
        self.document.edit_graph(f"Set {node}.{name} of {target}", changed, f"{target}.{node}.{name}.{burst}")

    def _expose(self, exposed: tuple[str, ...]) -> None:
        """Offer these parameters on the selected group, or on the one that is open."""
        document, group = self.document, self.exposed.group
        if group is None:
            return
        scope = document.scope if self.exposed.only is not None else (*document.scope, *self._targets)
        whole = with_group(document.graph, scope, dataclasses.replace(group, exposed=exposed))
        document.edit(f"Choose the parameters of {scope[-1]}", dataclasses.replace(document.project, graph=whole))

    def _keep(self) -> None:
        """Put the selected group into the library."""
        self.document.keep(self._targets[0])

    def _edit(self, name: str, value: Any) -> None:
        graph = self.document.view_graph
        targets = [target for target in self._targets if target in graph]
        if not targets or self.document.is_read_only or self.form is None:
            return
        try:
            for target in targets:
                block = graph[target].block
                if name in block.values:
                    graph = graph.replace(target, type(block)(**{**block.values, name: value}))
        except ParameterError as error:
            self.form.refuse(name, str(error))
            return
        what = told_names(targets)
        self.document.edit_graph(f"Set {name} of {what}", graph, f"{' '.join(targets)}.{name}.{self.form.burst}")

    def _rename(self, new: str) -> None:
        old = self._targets[0] if len(self._targets) == 1 else ""
        if old not in self.document.view_graph:
            return
        try:
            self.document.rename(old, new)
        except (GraphError, NamingError) as error:
            self.header.refuse(str(error))
        else:
            self.header.refuse("")

    def _replace(self, other: Other) -> None:
        graph = self.document.view_graph
        targets = [target for target in self._targets if target in graph]
        if targets:
            self.document.edit_graph(*replaced(graph, targets, other))

    def _ungroup(self) -> None:
        (name,) = self._targets  # the button shows for one composite alone
        try:
            graph, names = ungrouped(self.document.view_analysis, name)
        except GraphError as error:
            self.document.said.emit(str(error))
            return
        self.document.edit_graph(f"Ungroup {name}", graph)
        self.document.select(names)


def shared(kinds: Collection[type[Block]]) -> tuple[str, ...]:
    """The parameters that can be typed and that every one of these blocks has, of the same type."""
    declared = [{each.name: each for each in parameters(kind) if can_type(each)} for kind in kinds]
    return tuple(
        name
        for name, first in (declared[0] if declared else {}).items()
        if all(name in others and others[name].type == first.type for others in declared)
    )
