"""Imports: networks that were written elsewhere come in on a thread; what there is to say is said in place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog
from shiboken6 import isValid

from cnnstudio.disk import shown
from cnnstudio.exchange.importing.catalogue import MODELS
from cnnstudio.exchange.importing.declarations import Declared, ImportRefused, networks_in
from cnnstudio.exchange.importing.translating.file_kinds import KINDS
from cnnstudio.graph import Graph, Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.ui.canvas.view import CanvasView
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.call_form import CallForm
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.files.normalization_form import NormalizationForm
from cnnstudio.ui.task import Jobs
from cnnstudio.ui.widgets.messages import MessageBar, Messages
from cnnstudio.ui.widgets.search import Entry
from cnnstudio.ui.windows import ProjectWindow, Windows
from cnnstudio.wording import listed
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.exchange.importing.network import Imported
    from cnnstudio.exchange.importing.state_dict import Carried

PYTHON = "Python files (*.py)"
TRANSLATED = f"Networks ({' '.join(f'*{suffix}' for suffix in KINDS)})"
CHECKPOINTS = "Weights (*.safetensors *.pth *.pt *.bin)"
WEIGHTS = ".safetensors"
MOST_BUTTONS = 3
PUBLISHED, MOST_CLASSES = 1_000, 2_000  # classes of ImageNet, and the most that can be typed

# what the squares in the list are coloured by: the idea that a family of models is known for
_FAMILIES = {
    "alexnet": "convolution", "convnext": "residual", "densenet": "dense", "efficientnet": "efficient",
    "googlenet": "inception", "inception": "inception", "maxvit": "transformer", "mnasnet": "efficient",
    "mobilenet": "efficient", "regnet": "residual", "resnet": "residual", "resnext": "residual",
    "shufflenet": "efficient", "squeezenet": "efficient", "swin": "transformer", "vgg": "convolution",
    "vit": "transformer", "wide": "residual",
}  # fmt: skip


class Imports(QObject):
    """Asks what to import, imports it in the background, and opens it as an unsaved project.

    What comes in takes ``window``, or another one where something would be lost there.
    """

    def __init__(  # noqa: PLR0917 - what a network comes in among
        self,
        document: Document,
        canvas: CanvasView,
        files: Files,
        jobs: Jobs,
        messages: Messages,
        windows: Windows,
        window: ProjectWindow,
    ) -> None:
        super().__init__(window)
        self._document, self._canvas, self._files = document, canvas, files
        self._jobs, self._messages, self._windows, self._window = jobs, messages, windows, window
        self._offer: tuple[MessageBar, Graph] | None = None
        document.path_changed.connect(self._withdraw)

    # what to import

    def ask_model(self) -> None:
        """Let the person choose one of torchvision's models from a list, and then for how many classes."""
        entries = [
            Entry(
                model.title,
                f"{model.side} × {model.side}",
                _family(name),
                name,
                f"{name.replace('_', ' ')} torchvision",
            )
            for name, model in MODELS.items()
        ]
        self._ask(entries, "Import a torchvision model", lambda name: self.ask_classes(str(name)))

    def ask_classes(self, name: str) -> None:
        """Let the person say how many classes the model is to tell apart: those of its publication, or a number."""
        others = [count for count in range(2, MOST_CLASSES + 1) if count != PUBLISHED]
        entries = [
            Entry(f"{PUBLISHED:,} classes", "as it was published", _family(name), PUBLISHED, f"{PUBLISHED}"),
            *(Entry(f"{count} classes", "with a new head", _family(name), count, aside=True) for count in others),
        ]
        hint = f"{MODELS[name].title} for how many classes?"
        self._ask(entries, hint, lambda count: self.start_model(name, int(str(count))), "Type another number")

    def _ask(self, entries: list[Entry], hint: str, take: Callable[[object], None], note: str = "") -> None:
        self._canvas.popup.ask(entries, None, take, hint=hint, note=note)

    def ask_file(self) -> None:
        """Ask for a Python file."""
        self._choose("Import a network from a Python file", PYTHON, self.ask_trust)

    def ask_network(self) -> None:
        """Ask for a file of another program that holds a network with its weights."""
        self._choose(f"Import a network from a file of {' or '.join(KINDS.values())}", TRANSLATED, self.start_network)

    def ask_trust(self, path: Path) -> None:
        """Say that importing runs the file, and go on only where the person wants that."""
        messages = self._messages
        try:
            names = networks_in(path)
        except ImportRefused as error:
            messages.say(str(error), "error")
            return
        if not names:
            messages.say(f"{path.name} declares no class that is a torch module.", "error")
            return
        ready = [each for each in names if not each.needed]
        choices = [(f"Run it and import {each.name}", self._starting(path, each.name)) for each in ready[:MOST_BUTTONS]]
        if len(names) > len(choices):
            others = [each for each in names if each not in ready[:MOST_BUTTONS]]
            words = f"Run it and import {others[0].name}…" if len(others) == 1 else "Run it and import another…"
            choices.append((words, lambda: self._ask_which(path, others)))
        messages.say(
            f"Importing runs {path.name}, with your rights. Only do so if you trust who wrote it.",
            "warning",
            ("Cancel", lambda: None),
            *choices,
        )

    def _starting(self, path: Path, name: str) -> Callable[[], None]:
        return lambda: self.start_file(path, name)

    def _ask_which(self, path: Path, names: list[Declared]) -> None:
        """Let the person choose one of these from a list, where there are several, and say what it is made with."""
        if len(names) == 1:
            self.ask_call(path, names[0])
            return
        entries = [
            Entry(each.name, f"needs {listed(each.needed)}" if each.needed else "", "convolution", each.name)
            for each in names
        ]
        known = {each.name: each for each in names}
        self._ask(entries, f"Import what of {path.name}?", lambda name: self.ask_call(path, known[str(name)]))

    def ask_call(self, path: Path, declared: Declared) -> None:
        """Let the person say what a network is made with, and for which images."""
        form = CallForm(path.name, declared, self._window)
        form.said.connect(lambda call, size, recipe: self.start_file(path, call, size, recipe))
        form.finished.connect(form.deleteLater)
        form.open()

    # importing

    def start_model(self, name: str, classes: int = PUBLISHED) -> None:
        """Import one of torchvision's models in the background, with a head for so many classes."""

        def work(report: Report) -> Imported:
            from cnnstudio.exchange.importing.network import import_torchvision

            return import_torchvision(name, classes)

        self._jobs.start(work, f"Importing {MODELS[name].title}…", self._open)

    def start_file(self, path: Path, name: str, size: Shape | None = None, recipe: Recipe | None = None) -> None:
        """Run a Python file apart and import what it calls ``name``: the person has agreed.

        For images of ``size``, normalised as ``recipe`` says.
        """

        def work(report: Report) -> Imported:
            from cnnstudio.exchange.importing.python_file import import_file

            imported = import_file(path, name, size, goes_on=lambda: report("", None))
            return imported if recipe is None else imported.normalized(recipe)

        sentence = f"Running {path.name} and following {name}…"
        self._jobs.start(work, sentence, self._open, at_once=True)  # who trusts it little may stop it soon

    def start_network(self, path: Path) -> None:
        """Translate a file of another program in the background. Nothing of it is run, so nobody is asked."""

        def work(report: Report) -> Imported:
            from cnnstudio.exchange.importing.translating.file_kinds import import_translated

            return import_translated(path, report=report)

        self._jobs.start(work, f"Importing {shown(path)}…", self._open, about=path)

    def _open(self, imported: Imported) -> None:
        self._windows.room(self._window).take_imported(imported)

    def show(self, imported: Imported) -> None:
        """Show an imported network in this window, and say what became of it."""
        self._files.take_unsaved(imported.project())
        self._canvas.fit()
        words = [f"{imported.title} is here, with {imported.parameters:,} parameters.", *imported.notes[:3]]
        kind = "warning" if imported.opaque else "success"
        offer = ("Load its weights…", lambda: self._ask_weights(imported))
        if imported.state is not None:
            words.insert(1, "Keep its weights in a file, and training and exports begin with them.")
            offer = ("Keep its weights…", lambda: self._ask_place(imported, None))
        self._offer = self._messages.say(" ".join(words), kind, offer, passes=False), imported.graph

    # its weights

    def _withdraw(self) -> None:
        """Offer no weights any more where another project was opened."""
        document = self._document
        if self._offer is None or document.undo_stack.count() or document.graph == self._offer[1]:
            return  # it was saved
        if isValid(self._offer[0]):
            self._offer[0].dismiss()
        self._offer = None

    def _ask_weights(self, imported: Imported) -> None:
        self._choose(f"Weights of {imported.title}", CHECKPOINTS, lambda path: self._ask_place(imported, path))

    def _ask_place(self, imported: Imported, path: Path | None) -> None:
        name = f"{imported.title.replace(' ', '_').replace('/', '_')}{WEIGHTS}"
        title = "Keep its weights under our names"
        filters = f"Weights (*{WEIGHTS})"
        self._files.choose(title, name, filters, WEIGHTS, lambda out: self.start_weights(imported, path, out))

    def start_weights(self, imported: Imported, path: Path | None, out: Path) -> None:
        """Bring a checkpoint of the original to ``out``, and let training begin with it.

        Without a path those weights that came with the network.
        """

        def work(report: Report) -> Carried:
            from cnnstudio.exchange.importing.state_dict import keep_weights, load_weights

            return keep_weights(imported, out) if path is None else load_weights(imported, path, out, report)

        is_known = imported.normalization is not None
        sentence = f"Reading {path.name}…" if path is not None else f"Writing {out.name}…"
        self._jobs.start(work, sentence, lambda carried: self._begin_with(out, carried, is_known))

    def _begin_with(self, out: Path, carried: Carried, is_known: bool) -> None:
        """``is_known`` says whether ``out`` tells how its images were normalised."""
        document = self._document
        recipe = dataclasses.replace(document.project.recipe, weights=str(out.resolve()))
        document.edit_recipe("Begin with imported weights", recipe)
        told = [f"{out.name} is written; training begins with it.", *carried.sentences]
        kind = "warning" if carried.sentences else "success"
        if is_known or recipe.mean is not None:
            self._messages.say(" ".join(told), kind)
            return
        told.append("How its images were normalised is not known; unless you say it, exports guess and runs measure.")
        self._messages.say(" ".join(told), kind, ("Mean and deviation…", self.ask_normalization), passes=False)

    def ask_normalization(self) -> None:
        """Let the person say by what mean and deviation the images are normalised; it becomes part of the recipe."""
        inputs = self._document.graph.inputs
        channels = self._document.analysis.shape(inputs[0].name) if inputs else None
        form = NormalizationForm(self._document.project.recipe, channels[0] if channels else 1, self._window)
        form.said.connect(lambda recipe: self._document.edit_recipe("Say mean and deviation", recipe))
        form.finished.connect(form.deleteLater)
        form.open()

    def _choose(self, title: str, filters: str, then: Callable[[Path], object]) -> None:
        folder = self._windows.preferences.folder
        dialog = QFileDialog(self._window, title, str(folder), f"{filters};;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: then(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _family(name: str) -> str:
    return next((family for begin, family in _FAMILIES.items() if name.startswith(begin)), "convolution")
