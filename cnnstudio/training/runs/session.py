"""Session: one run, which the window and the command line begin alike. Knows no Qt, and torch only once it runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source, source
from cnnstudio.graph import Graph, Shape
from cnnstudio.project import Project
from cnnstudio.training.events import Event, Remark
from cnnstudio.training.runs.folder import Destination, RunFolder
from cnnstudio.training.runs.record_writer import RecordWriter
from cnnstudio.training.turn import TURN_SECONDS, turn
from cnnstudio.worker import Report
from cnnstudio.zoo import Backbone

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data
    from cnnstudio.training.probe import Probe


@dataclass(frozen=True)
class Progress:
    """How far the preparation is: a sentence, and a share from 0 to 1 where it is known."""

    sentence: str
    share: float | None


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a run works with: the module with its first weights, its source and its images.

    ``probes`` look into the network while it trains, and ``folder`` gets the weights; a look without a run has neither.
    """

    project: Project
    source: Source
    module: Any  # an nn.Module, which only training knows
    data: Data
    probes: tuple[Any, ...] = ()
    folder: RunFolder | None = None


def begin(
    project: Project,
    destination: Destination,
    report: Report,
    known: Data | None = None,
    probes: Callable[[Prepared], Sequence[Probe]] = lambda _: (),
) -> Generator[Progress | Prepared | Event, None, None]:
    """One run of this project: wait for its turn, prepare, make its folder, train.

    Says how far it is as ``Progress`` and, within long work, to ``report``; then comes ``Prepared`` with the folder,
    then what training says. ``known`` are the images of the project where they are in memory. ``probes`` makes what is
    to look into the network, on the thread that trains. A run that is refused or closed before its first step leaves
    no folder.
    Raises ``SourceError``, ``DataError``, ``DiskError``, ``ProjectError`` or ``TrainingError`` with a sentence.

    One window trains at a time. Torch has one source of chance for dropout and first weights, so that two at once would
    neither give what their seeds promise; and two on a few cores take longer than one after the other.
    """
    while not turn.acquire(timeout=TURN_SECONDS):
        yield Progress("Waiting until the training in another window has ended…", None)
    try:
        yield Progress("Starting PyTorch…", None)
        prepared = prepare(project, report, known)
        folder, warning = destination.make(project)
        with ExitStack() as unless_begun:
            if folder is not None:
                unless_begun.callback(folder.discard)
            if warning:
                yield Remark(warning)
            prepared = dataclasses.replace(prepared, probes=tuple(probes(prepared)), folder=folder)
            yield prepared
            with closing(_events(prepared)) as events:
                started = next(events)
                yield started
                unless_begun.pop_all()
                yield from _recorded(started, events, prepared)
    finally:
        turn.release()


def prepare(project: Project, report: Report, known: Data | None = None) -> Prepared:
    """The module of a project with its first weights, and its images, unless they are ``known`` already.

    Raises ``SourceError``, ``DataError`` or ``TrainingError`` with a sentence.
    """
    from cnnstudio.training.data.loading import load
    from cnnstudio.training.loop import fresh
    from cnnstudio.training.pretrained import pretrained

    text = source(project.graph)
    graph = project.graph.acting
    size = infer(graph).facts[graph.inputs[0].name].shape
    data = known if known is not None else load(project.recipe, size, report)
    module = fresh(text, project.recipe)
    return Prepared(project, text, module, pretrained.begin(module, text, project.recipe, data, report))


def images_key(project: Project) -> tuple[object, ...]:
    """What the images of a project, and how they are normalised, follow from."""
    recipe, graph = project.recipe, project.graph.acting
    inputs = graph.inputs
    backbones = [node.block for node in graph if isinstance(node.block, Backbone)] if recipe.weights else []
    size = inputs[0].block if inputs else None
    return recipe.data, recipe.folder, recipe.validation_share, recipe.seed, recipe.weights, size, *backbones


def image_size(graph: Graph) -> Shape | None:
    """The size that images must have to enter this network: channels, height, width; None where it takes no images."""
    graph = graph.acting
    size = infer(graph).shape(graph.inputs[0].name) if graph.inputs else None
    return size if size is not None and size.is_map else None


def _recorded(started: Event, events: Iterator[Event], prepared: Prepared) -> Iterator[Event]:
    """The events after the first one, each kept in the record of the run before it is told, where there is a folder."""
    if prepared.folder is None:
        yield from events
        return
    images = len(prepared.data.train_labels), len(prepared.data.validation_labels)
    with RecordWriter(prepared.folder.path, prepared.project, images) as writer:
        writer.take(started)
        is_told = False
        for event in events:
            writer.take(event)
            yield event
            if writer.trouble and not is_told:
                is_told = True
                yield Remark(writer.trouble)


def _events(prepared: Prepared) -> Generator[Event, None, None]:
    from cnnstudio.training.loop import train

    folder = prepared.folder.path if prepared.folder is not None else None
    return train(prepared.module, prepared.data, prepared.project.recipe, folder, prepared.probes, prepared.source)
