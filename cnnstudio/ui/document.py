"""Document: the open project, the one way to change it, and what of it is being looked at.

Canvas and panels know the document and never each other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from cnnstudio.blocks.group import Group, followed, with_body
from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.compiler.diagnostics.scores import fitted
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.compiler.receptive import ProjectiveField, ReceptiveField, projective_fields, receptive_fields
from cnnstudio.graph import Graph, ShapeError
from cnnstudio.graph.diff import renamed
from cnnstudio.project import Project, ProjectError, RunReference
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.examined import Examined, diagnosed
from cnnstudio.project.recipe import Recipe
from cnnstudio.project.recipe_paths import named
from cnnstudio.training import readiness
from cnnstudio.training.readiness import Concern
from cnnstudio.ui.edit import Edit
from cnnstudio.ui.kept.kept import NOTHING, KeptTimes
from cnnstudio.ui.kept.kept_concerns import KeptConcerns
from cnnstudio.ui.kept.known_places import KnownPlaces, Where, is_still
from cnnstudio.ui.kept.library import Library
from cnnstudio.ui.looked_at.node_pictures import NodePictures

HIDDEN = "What there is to say here is hidden while a question is open."


class Document(QObject):
    """One project with its undo stack, its file, its selection and the composite that is open.

    ``changed(old, new)`` is the one signal for every change of the project: an edit, undo, redo, a file opened.
    """

    changed = Signal(object, object)
    selection_changed = Signal(object)  # tuple of the names selected in ``view_graph``
    selection_replaced = Signal()  # nothing of what was selected before is meant any more, of whatever kind
    scope_changed = Signal(object)  # tuple of the names of the composites entered, outermost first
    path_changed = Signal(object)  # Path or None
    concealed_changed = Signal()  # the results of other nodes are hidden now
    learned = Signal()  # more is known of the images of the project
    opened = Signal()  # another project stands here, with its file
    said = Signal(str)  # a sentence for the person, shown in place
    closed = Signal()  # this project is put away, and another one follows

    def __init__(
        self,
        project: Project | None = None,
        path: Path | None = None,
        parent: QObject | None = None,
        library: Library | None = None,
        places: KnownPlaces | None = None,
    ) -> None:
        super().__init__(parent)
        self.places = places or KnownPlaces(parent=self)
        self.places.changed.connect(self._follow_places)
        self._project = project or Project()
        self._analysis: Analysis | None = None
        self._diagnostics: tuple[Diagnostic, ...] | None = None
        self._view: tuple[Analysis, tuple[str, ...], Analysis] | None = None
        self._fields: tuple[Graph, Mapping[str, ReceptiveField | None]] | None = None
        self._reached: tuple[Graph, Mapping[str, ProjectiveField | None]] | None = None
        self.path = path
        self.selection: tuple[str, ...] = ()
        self.scope: tuple[str, ...] = ()
        self.concealed: frozenset[str] = frozenset()
        self._learned: tuple[Where, int] | None = None  # where images are, and of how many classes
        self._looked: Where | None = None  # where they were when the findings were made
        self._concerns = KeptConcerns(self)
        self.times, self.node_pictures = KeptTimes(self), NodePictures(self)
        self.rules: Callable[[Project], str] | None = None  # of a lesson: why a project may not be, in a sentence
        self.offered: frozenset[str] = frozenset()  # blocks that are offered alone, by their classes; with none, all
        self._was_ready: bool | None = None  # to be trained, when somebody last asked
        self._wanted, self._is_run_saved = self._project, True
        self.undo_stack = QUndoStack(self)
        self.undo_stack.indexChanged.connect(self._follow_stack)
        self.library = library or Library(self)

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return self._project

    @property
    def graph(self) -> Graph:
        """The whole network."""
        return self._project.graph

    @property
    def analysis(self) -> Analysis:
        """What the whole network comes to; computed once a change, from what the change reached."""
        if self._analysis is None or self._analysis.graph is not self.graph:
            self._analysis = infer(self.graph, self._analysis)
        return self._analysis

    @property
    def classes(self) -> int | None:
        """How many classes the recipe's data has, where that is known before it is loaded, or was since."""
        known = DATASETS[self._project.recipe.data].classes
        if known is None and self._learned is not None and is_still(self._learned[0], self._place):
            return self._learned[1]
        return known

    @property
    def _place(self) -> Where:
        """Where the recipe's images are, and as of when."""
        return self.places.where(self._project.recipe)

    @property
    def has_images(self) -> bool:
        """Whether the recipe's folder of images is known to be there."""
        return bool(self._place[2])

    def learn_classes(self, count: int) -> None:
        """Say how many classes the recipe's images have, now that they were loaded."""
        if count != self.classes:
            self._learned = self._place, count
            self._diagnostics = None
            self.learned.emit()
            QTimer.singleShot(0, self, self._follow_classes)  # not while a change is being told

    def _follow_classes(self) -> None:
        if not self.undo_stack.canRedo():  # else whoever goes back and forth would lose the way forth
            self.edit(f"Fit the head to {self.classes} classes", self._fitted(self._project, self.classes))

    def look_again(self) -> None:
        """See whether other programs have changed what the recipe names since it was looked at, or left memory."""
        self.places.look_again(named(self._project.recipe).values())
        self._concerns.let_go()
        if self._was_ready is not None and self._was_ready != (self.obstacle() is None):
            self.learned.emit()

    def look_there(self) -> None:
        """Look at what the recipe names: the person has pressed what needs it."""
        self.places.choose(named(self._project.recipe).values())

    def _follow_places(self) -> None:
        if named(self._project.recipe):
            if self._looked is not None and not is_still(self._looked, self._place):
                self._diagnostics = None
            self.learned.emit()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong or doubtful in the whole network; computed once a change.

        Those about nodes that are concealed, or about the network as a whole, do not say what while any are.
        """
        if self._diagnostics is None:
            recipe, self._looked = self._project.recipe, self._place
            self._diagnostics = diagnosed(self.analysis, recipe, self.classes)
        if not self.concealed:
            return self._diagnostics
        return tuple(
            found
            if found.nodes and self.concealed.isdisjoint(found.nodes)
            else dataclasses.replace(found, sentence=HIDDEN, fixes=())
            for found in self._diagnostics
        )

    def obstacle(self, is_for_later: bool = False) -> str | None:
        """Why the project cannot be trained as it is, now or later, in a sentence; None where it can."""
        reason = readiness.first_obstacle(self.concerns(), is_for_later)
        self._was_ready = self._was_ready if is_for_later else reason is None
        return reason

    @property
    def unlooked(self) -> str | None:
        """That the recipe names what nobody has asked to look at, in a sentence."""
        found = readiness.unlooked(self._project, self.places.seen)
        return found.sentence if found is not None else None

    def concerns(self, images: int | None = None) -> tuple[Concern, ...]:
        """What stands in the way of training, with the ways out; ``images`` is how many are known to train with."""
        return self._concerns.about(self._project, self.told, self.diagnostics, images, self.places.seen)

    @property
    def told(self) -> Analysis:
        """The analysis as far as it may be told of: of a network of which something is concealed, nothing."""
        return Analysis(self.graph, {}, {}) if self.concealed else self.analysis

    def edit(self, text: str, project: Project, merge: str | None = None) -> None:
        """Make ``project`` the project, as one step of undo called ``text``.

        Consecutive edits with the same ``merge`` key are one step: the turns of a spin box, the letters of a name.
        """
        if project != self._project:
            if self.rules is not None and (refused := self.rules(project)):
                self.said.emit(refused)
                return
            before, after = named(self._project.recipe), named(project.recipe)
            self.places.choose(path for field, path in after.items() if before.get(field) != path)
            self.undo_stack.push(Edit(self, text, self._project, project, merge))

    def edit_graph(self, text: str, graph: Graph, merge: str | None = None) -> None:
        """``edit`` with another graph in the place of ``view_graph``: the network, or the body of the open group."""
        if self.is_read_only:
            self.said.emit(self.refusal)
            return
        whole = with_body(self.graph, self.scope, graph)
        self.edit(text, self._project.with_graph(whole), merge)

    def rename(self, old: str, new: str) -> None:
        """Call a node of ``view_graph`` otherwise. Raises ``NamingError`` or ``GraphError`` where that may not be."""
        self.edit_graph(f"Rename {old} to {new}", self.view_graph.rename(old, new))

    def edit_recipe(self, text: str, recipe: Recipe, merge: str | None = None) -> None:
        """``edit`` with another recipe; where a backbone is to learn from other data, its head follows the classes."""
        project = dataclasses.replace(self._project, recipe=recipe)
        other = recipe.data != self._project.recipe.data
        self.edit(text, self._fitted(project, DATASETS[recipe.data].classes) if other else project, merge)

    def _fitted(self, project: Project, classes: int | None) -> Project:
        """``project`` with a backbone's head for so many classes, or itself."""
        graph = fitted(self.analysis, classes)
        if graph is not project.graph:
            self.said.emit(f"The head gives {classes} scores now, one for each class of the images.")
        return dataclasses.replace(project, graph=graph)

    def keep(self, name: str) -> None:
        """Put the group that this node of ``view_graph`` is into the library, and say where it is then."""
        block = self.view_graph[name].block
        if not isinstance(block, Group):
            self.said.emit(f"{name} is no group: only a group is kept in the library.")
            return
        try:
            kept = self.library.keep(block)
        except ProjectError as error:
            self.said.emit(str(error))
        else:
            self.said.emit(f"{kept.label} is in your library: look under Mine at the end of the blocks.")

    def open(self, project: Project | Examined, path: Path | None) -> None:
        """Put another project in the place of this one; there is no undo across files."""
        self.closed.emit()
        self.enter(())
        self.select(())
        self.undo_stack.clear()
        self._replace(project)
        self.set_path(path)
        self.opened.emit()

    def take_run(self, run: RunReference | None) -> None:
        """Remember the run that the project has its weights from now: no step of undo, but to be saved."""
        if run != self._project.run:
            old, self._project = self._project, dataclasses.replace(self._project, run=run)
            self._wanted = self._project
            self._is_run_saved = False
            self.changed.emit(old, self._project)

    @property
    def title(self) -> str:
        """What the project is called: its file's name, or "Untitled"."""
        return self.path.stem if self.path else "Untitled"

    @property
    def is_modified(self) -> bool:
        """Whether there is anything that no file holds."""
        return not (self.undo_stack.isClean() and self._is_run_saved)

    @property
    def is_edited(self) -> bool:
        """Whether there is anything that the person did and no file holds."""
        return not self.undo_stack.isClean()

    def mark_saved(self) -> None:
        """Say that a file holds the project as it is, or that nobody wants it."""
        self._is_run_saved = True
        self.undo_stack.setClean()

    def set_path(self, path: Path | None) -> None:
        """Say where the project is kept, after it was opened or saved there."""
        self.path = path
        self.mark_saved()
        self.path_changed.emit(path)

    def want(self, project: Project) -> None:
        """Say what the undo stack has come to: many commands of one jump through it are one change."""
        self._wanted = project

    def _follow_stack(self) -> None:
        wanted, run = self._wanted, self._project.run
        if wanted is not self._project:  # of the run no undo takes anything back
            self._replace(wanted if wanted.run == run else dataclasses.replace(wanted, run=run))

    def _replace(self, other: Project | Examined) -> None:
        before, old = self.view_graph if self.selection else self.graph, self._project
        self._project = self._wanted = project = other.project if isinstance(other, Examined) else other
        self._diagnostics = None
        if isinstance(other, Examined) and self.classes == DATASETS[project.recipe.data].classes:
            self._analysis, self._diagnostics, self._looked = other.analysis, other.diagnostics, self._place
            self._fields = other.analysis.graph, other.fields
        self._leave_what_is_gone(followed(self.scope, old.graph, project.graph))
        self.changed.emit(old, project)
        after = self.view_graph
        if any(name not in after for name in self.selection):
            names = renamed(before, after)
            there = (names.get(name, name) for name in self.selection)
            self.select(tuple(name for name in there if name in after), adds=True)

    def _leave_what_is_gone(self, scope: tuple[str, ...]) -> None:
        inner, depth = self.analysis, 0
        for name in scope:
            found = inner.opened(name)
            if found is None:
                break
            inner, depth = found, depth + 1
        self.enter(scope[:depth])

    @property
    def is_read_only(self) -> bool:
        """Whether ``view_graph`` is declared by the parameters of a block, so that it cannot be edited in place."""
        return self.declared is not None

    @property
    def declared(self) -> str | None:
        """The block of the path ``scope``, the outermost, of which the parameters declare what is inside."""
        graph = self.graph
        for name in self.scope:
            block = graph[name].block
            if not isinstance(block, Group):
                return name
            graph = block.body
        return None

    @property
    def refusal(self) -> str:
        """Why nothing can be changed here, where it is read only."""
        return f"This is the inside of {self.declared}. Ungroup {self.declared} to change its parts."

    @property
    def view_graph(self) -> Graph:
        """The graph on the canvas: the network, or the inside of the composite that is open."""
        return self.view_analysis.graph

    @property
    def view_analysis(self) -> Analysis:
        """What the graph on the canvas comes to."""
        if not self.scope:
            return self.analysis
        if self._view is None or self._view[0] is not self.analysis or self._view[1] != self.scope:
            inner = self.analysis
            for name in self.scope:
                inner = inner.inside(name)
            self._view = (self.analysis, self.scope, inner)
        return self._view[2]

    @property
    def view_receptive_fields(self) -> Mapping[str, ReceptiveField | None]:
        """What each node of ``view_graph`` sees, but for those concealed; 12 µs a node, too slow for every edit."""
        analysis = self.view_analysis
        if self._fields is None or self._fields[0] is not analysis.graph:
            self._fields = (analysis.graph, receptive_fields(analysis))
        found = self._fields[1]
        return {name: seen for name, seen in found.items() if not self.conceals(name)} if self.concealed else found

    @property
    def view_projective_fields(self) -> Mapping[str, ProjectiveField | None]:
        """Where the pixel in the middle of the image goes in ``view_graph``, but for what is concealed."""
        analysis = self.view_analysis
        if self._reached is None or self._reached[0] is not analysis.graph:
            self._reached = (analysis.graph, projective_fields(analysis))
        return {name: field for name, field in self._reached[1].items() if not self.conceals(name)}

    @property
    def shown_analysis(self) -> Analysis:
        """``view_analysis`` without what is concealed: what may be shown, not what is."""
        analysis = self.view_analysis
        if not self.concealed:
            return analysis
        facts = {name: facts for name, facts in analysis.facts.items() if not self.conceals(name)}
        errors = {n: ShapeError(HIDDEN) if self.conceals(n) else error for n, error in analysis.errors.items()}
        return Analysis(analysis.graph, facts, errors)

    def conceal(self, names: frozenset[str]) -> None:
        """Hide what these nodes of the network come to, while a person is asked to predict it."""
        if names != self.concealed:
            self.concealed = names
            self.concealed_changed.emit()

    @property
    def view_times(self) -> Mapping[str, int]:
        """The nanoseconds of the nodes of ``view_graph``; none inside a composite, which is timed as a whole."""
        return self.times.nanoseconds(self.graph) if not self.scope else NOTHING

    def conceals(self, name: str) -> bool:
        """Whether the results of this node of ``view_graph`` are hidden; with a node all that is inside it is."""
        return (*self.scope, name)[0] in self.concealed

    def select(self, names: tuple[str, ...], adds: bool = False) -> None:
        """Select these nodes of ``view_graph``; selection is never a step of undo.

        With ``adds`` the wires and notes that are selected stay so beside them; else nothing but the nodes is.
        """
        if not adds:
            self.selection_replaced.emit()
        if names != self.selection:
            self.selection = names
            self.selection_changed.emit(names)

    def enter(self, scope: tuple[str, ...]) -> None:
        """Look into the composite at this path; ``()`` is the whole network."""
        if scope != self.scope:
            self.scope = scope  # first: what was looked into may be gone, and who hears of the selection looks
            self.select(())
            self.scope_changed.emit(scope)

    def can_enter(self, name: str) -> bool:
        """Whether this node of ``view_graph`` is a composite whose inside can be shown."""
        return self.view_analysis.opened(name) is not None
