"""Session: one run, which the window and the command line begin alike. Knows no Qt, and torch only once it runs."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cnnstudio.compiler.ending import Making, probabilities
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source, source
from cnnstudio.disk import DiskError
from cnnstudio.graph import Graph, Shape
from cnnstudio.headroom import NoRoomError, within_memory
from cnnstudio.owner import Owner
from cnnstudio.project import Project, ProjectError, read, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.awake import awake
from cnnstudio.training.events import Event, Remark
from cnnstudio.training.needs import lack_of_look
from cnnstudio.training.readiness import lack_of_training
from cnnstudio.training.runs.folder import Destination, FolderInUseError, RunFolder
from cnnstudio.training.runs.metrics_file import read_metrics
from cnnstudio.training.runs.on_disk import End, Reached, unkept
from cnnstudio.training.runs.record import read_record, retell
from cnnstudio.training.runs.record_writer import RecordWriter
from cnnstudio.training.runs.weights_header import epoch_of, step_of
from cnnstudio.training.schedules import epochs_of, told_of_rate
from cnnstudio.training.turn import TURN_SECONDS, turn
from cnnstudio.wording import counted
from cnnstudio.worker import Report
from cnnstudio.zoo import Backbone

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data
    from cnnstudio.training.distributed import Group
    from cnnstudio.training.position import Position
    from cnnstudio.training.probe import Probe
    from cnnstudio.training.weights import Held


@dataclass(frozen=True)
class Progress:
    """How far the preparation is: a sentence, and a share from 0 to 1 where it is known."""

    sentence: str
    share: float | None


@dataclass(frozen=True)
class Past:
    """What the run had said before it was gone on with: its steps and epochs until ``step``, in ``epoch``."""

    events: tuple[Event, ...]
    step: int
    epoch: int


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a run works with: the module with its first weights, its source and its images.

    ``probes`` look into the network while it trains, and ``folder`` gets the weights; a look without a run has neither.
    ``begin`` is where a run stands that is gone on with, and ``before`` its recipe so far. ``loss`` is what the
    weights of another run were trained with, empty for the recipe's own. ``end`` is told when the run is over.
    """

    project: Project
    source: Source
    module: Any  # an nn.Module, which only training knows
    data: Data
    probes: tuple[Any, ...] = ()
    folder: RunFolder | None = None
    begin: Position | None = None
    before: Recipe | None = None
    loss: str = ""
    end: End = field(default_factory=End)

    @property
    def probabilities(self) -> Making | None:
        """What makes probabilities of what the network gives with the weights that it has."""
        return probabilities(infer(self.project.graph), self.loss or self.project.recipe.loss)


Course: TypeAlias = Generator[Progress | Prepared | Past | Event, None, None]


def begin(
    project: Project,
    destination: Destination,
    report: Report,
    known: Data | None = None,
    probes: Callable[[Prepared], Sequence[Probe]] = lambda _: (),
    *,
    group: Group | None = None,
) -> Course:
    """One run of this project: wait for its turn, prepare, make its folder, train.

    Says how far it is as ``Progress`` and, within long work, to ``report``; then comes ``Prepared`` with the folder,
    then what training says. ``known`` are the images of the project where they are in memory. ``probes`` makes what is
    to look into the network, on the thread that trains. ``group`` are the processes that train together, of which the
    first alone makes the folder and writes; None is this one alone. A run that is refused or closed before its first
    step leaves no folder, and what its folder held before.
    Raises ``SourceError``, ``DataError``, ``DiskError``, ``NoRoomError``, ``ProjectError`` or ``TrainingError`` with a
    sentence.

    One window trains at a time. Torch has one source of chance for dropout and first weights, so that two at once would
    neither give what their seeds promise; and two on a few cores take longer than one after the other.
    """

    def built() -> Prepared:
        require_room(project)
        return prepare(project, report, known)

    def ready(group: Group) -> tuple[Prepared, str]:
        prepared = group.together(built, in_turn=True)
        is_first = group.rank.is_first
        folder, warning = group.together(lambda: destination.make(project) if is_first else (None, ""))
        return dataclasses.replace(prepared, folder=folder), warning

    return _course(ready, probes, group)


def go_on(
    folder: RunFolder,
    report: Report,
    epochs: int | None = None,
    known: Data | None = None,
    probes: Callable[[Prepared], Sequence[Probe]] = lambda _: (),
    *,
    patience: int | None = None,
    group: Group | None = None,
) -> Course:
    """Go on with the run in this folder, to its end or to so many epochs in all, as if nothing had come between.

    ``patience`` takes the place of the recipe's: a run that has ended early goes on without any, with 0.
    It says what ``begin`` does, and after ``Started`` what was said before, as ``Past``. On a CPU all that comes is bit
    for bit what would have come. ``known`` are its images, where they are in memory.
    Raises what ``begin`` raises, and ``CheckpointError`` where there is nothing to go on from.
    """

    def ready(group: Group) -> tuple[Prepared, str]:
        prepared = group.together(lambda: _resumed(folder, report, epochs, known, patience), in_turn=True)
        return prepared if group.rank.is_first else dataclasses.replace(prepared, folder=None), ""

    return _course(ready, probes, group)


def _course(
    ready: Callable[[Group], tuple[Prepared, str]],
    probes: Callable[[Prepared], Sequence[Probe]],
    group: Group | None,
) -> Course:
    while not turn.acquire(timeout=TURN_SECONDS):
        yield Progress("Waiting until another training has ended…", None)
    with ExitStack() as held:
        held.callback(turn.release)
        yield Progress("Starting PyTorch…", None)
        held.enter_context(awake())
        from cnnstudio.training.distributed import ALONE

        group = group if group is not None else ALONE
        with within_memory("to read the images and build the network", "a smaller Input or fewer channels take less"):
            prepared, warning = ready(group)
        with ExitStack() as unless_begun:
            if prepared.folder is not None:
                unless_begun.callback(prepared.folder.discard)
                release = prepared.folder.hold()
                unless_begun.callback(release)  # or the folder is not empty
                held.callback(release)
            if warning:
                yield Remark(warning)
            prepared = dataclasses.replace(prepared, probes=tuple(probes(prepared)))
            yield prepared
            with closing(_recorded(prepared, group)) as events:
                yield next(events)
                unless_begun.pop_all()
                if prepared.folder is not None:
                    prepared.folder.settle()
                yield from events


def prepare(
    project: Project,
    report: Report,
    known: Data | None = None,
    weights_file: Path | None = None,
    *,
    some: bool = False,
) -> Prepared:
    """The module of a project with its first weights, and its images, unless they are ``known`` already.

    ``some`` of the images are enough to look at one of them.
    With ``weights_file``, which a run has left, it has those weights, and images and loss are as that run had them.
    Raises ``SourceError``, ``DataError``, ``NoRoomError``, ``TrainingError`` or ``WeightsError`` with a sentence.
    """
    from cnnstudio.training import weights
    from cnnstudio.training.data.loading import SAMPLE, load
    from cnnstudio.training.loop import fresh
    from cnnstudio.training.pretrained import pretrained

    text = source(project.graph)
    graph = project.graph.acting
    analysis = infer(graph)
    if weights_file is not None and (reason := lack_of_look(analysis)):
        raise NoRoomError(reason)
    size = analysis.facts[graph.inputs[0].name].shape
    data = known or load(project.recipe, size, report, SAMPLE if some else None, corrections=project.corrections)
    module = fresh(text, project.recipe)
    if weights_file is None:
        return Prepared(project, text, module, pretrained.begin(module, text, project.recipe, data, report))
    metadata = weights.load(module, weights_file)
    mean, std = pretrained.told(metadata, len(data.mean)) or (data.mean, data.std)
    data = dataclasses.replace(data, mean=mean, std=std)
    return Prepared(project, text, module.eval(), data, loss=metadata.get("loss", ""))


def require_room(project: Project) -> None:
    """Raise ``NoRoomError`` with a sentence where there is no room in memory to train it now."""
    if reason := lack_of_training(project, infer(project.graph)):
        raise NoRoomError(reason)


def in_memory(prepared: Prepared) -> Held:
    """The weights that the module of a run has, which is over, with what a file of them says of itself."""
    from cnnstudio.training.weights import Held
    from cnnstudio.training.weights_account import described

    told = described(prepared.end.epoch, prepared.data, prepared.project.recipe) | {"step": str(prepared.end.step)}
    return Held(prepared.module.state_dict(), told)


def _rescued(prepared: Prepared) -> str:
    """Put project and weights of a run in a folder elsewhere, which stays; what is to be said of it."""
    from cnnstudio.training import weights

    held = in_memory(prepared)
    try:
        folder = RunFolder(Path(tempfile.mkdtemp(prefix="rescued-run-")))
        try:
            write(folder.project, dataclasses.replace(prepared.project, run=None))
            weights.save(folder.best if prepared.end.is_best else folder.last, held.tensors, held.metadata)
        except (ProjectError, weights.WeightsError):
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
    except (OSError, ProjectError, weights.WeightsError):
        return "There is no room elsewhere either."
    return f"The {prepared.end.sentence} were put into {folder.path} instead."


def _written_again(prepared: Prepared, folder: RunFolder, reached: Reached, writer: RecordWriter) -> str:
    """Put what is in memory of a run into its folder, where the disk takes it now; what is lacking then."""
    from cnnstudio.training import weights

    end, held = prepared.end, in_memory(prepared)
    with suppress(OSError, ProjectError, weights.WeightsError):
        folder.path.mkdir(parents=True, exist_ok=True)
        if not folder.project.exists():
            write(folder.project, dataclasses.replace(prepared.project, run=None))
        is_last = not end.is_best or (end.step == reached.step and not prepared.project.recipe.averaging)
        for path in [folder.best] * end.is_best + [folder.last] * is_last:
            weights.save(path, held.tensors, held.metadata)
        writer.write_again()
    end.unkept = unkept(folder, reached)
    return end.unkept


def _settle(
    prepared: Prepared, folder: RunFolder | None, begun: Reached, reached: Reached, writer: RecordWriter | None
) -> None:
    """When a run is over that stood at ``begun``: let its module have the best weights, and see what is on the disk.

    What is not there is put elsewhere. Of a run that was killed the disk may have better ones than it came to by now.
    """
    from cnnstudio.training import weights

    end = prepared.end
    held = epoch_of(folder.best) or 0 if folder is not None else 0
    if folder is not None and reached.best and not end.is_best and held >= reached.best:
        with suppress(weights.WeightsError):  # then it keeps its last ones, and says so
            weights.load(prepared.module, folder.best)
            end.epoch, end.step, end.is_best = held, step_of(folder.best) or 0, True
    if reached == begun:
        return
    told = unkept(folder, reached) if folder is not None else "Nothing of this run is on the disk."
    if told and folder is not None:
        told = f"{told} {_rescued(prepared)}"
        with suppress(DiskError):
            retell(folder.path, f"{read_record(folder.path)[0].sentence} {told}")
        if writer is not None:
            end.again = lambda: _written_again(prepared, folder, reached, writer)
    end.unkept = told


def _resumed(
    folder: RunFolder, report: Report, epochs: int | None, known: Data | None, patience: int | None
) -> Prepared:
    """The run in this folder, where it stands."""
    from cnnstudio.training import resume
    from cnnstudio.training.data.loading import load
    from cnnstudio.training.loop import fresh

    record = read_record(folder.path)[0]
    if record.present_state == "running" and record.owner != Owner.here():  # here it is this run's turn
        raise FolderInUseError(f"The run {folder.path.name} is being trained at this moment, in another program.")
    project = read(folder.project)
    if not folder.checkpoint.exists():
        raise resume.CheckpointError(
            f"The run {folder.path.name} keeps nothing from where it could go on: it has no {folder.checkpoint.name}."
        )
    checkpoint, before = resume.load(folder.checkpoint), project.recipe
    recipe = before if epochs is None else dataclasses.replace(before, epochs=epochs)
    recipe = recipe if patience is None else dataclasses.replace(recipe, patience=patience)
    project = dataclasses.replace(project, recipe=recipe)
    require_room(project)
    text, graph = source(project.graph), project.graph.acting
    size = infer(graph).facts[graph.inputs[0].name].shape
    data = known if known is not None else load(recipe, size, report, corrections=project.corrections)
    data = dataclasses.replace(data, mean=checkpoint.mean, std=checkpoint.std)
    module = fresh(text, recipe)
    resume.check(checkpoint, module, data)
    cursor, asked = checkpoint.position.cursor, epochs_of(recipe, _steps_per_epoch(data, recipe))
    done, is_over = cursor.epoch - 1, record.state == "done"  # else the last word of a run is lacking
    if done > asked or (is_over and done == asked):
        raise resume.CheckpointError(
            f"The run {folder.path.name} has {counted(done, 'epoch')} behind it already: give it more to go on with."
        )
    if is_over and cursor.has_waited(recipe.patience):
        raise resume.CheckpointError(
            f"The run {folder.path.name} has ended early: its recipe asks for no more where "
            f"{counted(recipe.patience, 'epoch')} brought nothing better."
        )
    module.load_state_dict(checkpoint.weights)
    if recipe != before:
        write(folder.project, project)
    folder = dataclasses.replace(folder, is_new=False)
    return Prepared(project, text, module, data, folder=folder, begin=checkpoint.position, before=before)


def _steps_per_epoch(data: Data, recipe: Recipe) -> int:
    from cnnstudio.training.batches import sizes

    return len(sizes(len(data.train_labels), recipe.batch_size * recipe.accumulation))


def images_key(project: Project) -> tuple[object, ...]:
    """What the images of a project, and how they are normalised, follow from."""
    recipe, graph = project.recipe, project.graph.acting
    inputs = graph.inputs
    backbones = [node.block for node in graph if isinstance(node.block, Backbone)] if recipe.weights else []
    size = inputs[0].block if inputs else None
    said = recipe.group, recipe.group_end, recipe.fit, recipe.ground, recipe.mean, recipe.std, project.corrections
    return recipe.data, recipe.folder, recipe.validation_share, recipe.seed, recipe.weights, *said, size, *backbones


def image_size(graph: Graph) -> Shape | None:
    """The size that images must have to enter this network: channels, height, width; None where it takes no images."""
    graph = graph.acting
    size = infer(graph).shape(graph.inputs[0].name) if graph.inputs else None
    return size if size is not None and size.is_map else None


def _recorded(prepared: Prepared, group: Group) -> Generator[Past | Event, None, None]:
    """What training says, each kept in the record of the run before it is told, where there is a folder."""
    from cnnstudio.training import resume
    from cnnstudio.training.loop import train

    module, data, recipe, folder = prepared.module, prepared.data, prepared.project.recipe, prepared.folder
    end, begun, probes, text = prepared.end, prepared.begin, prepared.probes, prepared.source
    cursor, steps = begun.cursor if begun is not None else None, _steps_per_epoch(data, recipe)
    at = ((cursor.epoch - 1) * steps + cursor.step, cursor.epoch - 1) if cursor is not None else None
    best = cursor.best.epoch if cursor is not None and cursor.best is not None else None
    stood = reached = Reached(at[1], at[0], best) if at is not None else Reached()
    if folder is None:
        told = train(module, data, recipe, None, probes, text, begin=begun, group=group, end=end)
        try:
            with closing(told) as events:
                for event in events:
                    reached = reached.after(event)
                    yield event
        finally:
            if group.rank.is_first:
                _settle(prepared, None, stood, reached, None)
        return
    images = len(data.train_labels), len(data.validation_labels)
    writer = RecordWriter(folder.path, prepared.project, images, folder.title, resumed_at=at)
    keeper = resume.Keeper(folder.checkpoint, data, writer.flush)
    told = train(module, data, recipe, folder.path, probes, text, begin=begun, keeper=keeper, group=group, end=end)
    try:
        with writer, closing(told) as events:
            started = next(events)
            yield started
            if at is not None and cursor is not None:
                yield Past(read_metrics(folder.path, at).events, at[0], min(cursor.epoch, epochs_of(recipe, steps)))
            writer.take(started)
            before = prepared.before or recipe
            if at is not None and (sentence := told_of_rate(before, recipe, steps, at[0])):
                yield Remark(sentence)
            said = ""
            for event in events:
                reached = reached.after(event)
                writer.take(event)
                yield event
                if writer.trouble not in ("", said):
                    yield Remark(said := writer.trouble, is_grave=True)
    finally:
        _settle(prepared, folder, stood, reached, writer)
