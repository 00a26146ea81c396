"""``cnnstudio train``: train the network and keep its weights."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from shlex import quote
from types import FrameType, NoneType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from cnnstudio.cli.bar import Bar, hang_up
from cnnstudio.cli.command import CommandError, Commands, line, opened, problems, reservations
from cnnstudio.cli.telling import Telling
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.disk import DiskError
from cnnstudio.graph import Parameter, ParameterError, parameters
from cnnstudio.graph.parameter import KIND
from cnnstudio.headroom import NoRoomError
from cnnstudio.project import Project, ProjectError, read
from cnnstudio.project.augmentations import usual
from cnnstudio.project.datasets import DATASETS, FOLDER
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.project.recipe_paths import PATHS, whole
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.launch import LaunchError, Rank, launched, start
from cnnstudio.training.readiness import first_obstacle
from cnnstudio.training.runs.folder import Destination, RunFolder
from cnnstudio.training.runs.leftovers import clear
from cnnstudio.training.runs.run_library import present_record
from cnnstudio.training.runs.session import Course, Prepared, begin, go_on
from cnnstudio.wording import counted
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.training.distributed import Group
    from cnnstudio.training.probe import Probe

NAME = "train"
AUTOMATIC = "auto"  # what is typed for None
AUGMENTATIONS, USUAL = "augmentations", ("usual",)  # a field of the recipe, and what it is where none are named
INTERRUPTED = 130


def add(commands: Commands) -> None:
    """Declare the command: an option for each parameter of the recipe."""
    parser = commands.add_parser(
        NAME,
        usage="cnnstudio train [-h] FILE [--out DIR] [--resume DIR] [--epochs N] ...",
        help="train the network",
        description="Train the network with the recipe in its file. DIR gets best.safetensors (the weights that did "
        "best on the validation images), last.safetensors, project.cnn and from where to go on. Ctrl+C ends the "
        "training and keeps the weights; --resume goes on with it. Each option of the recipe, from --data on, takes "
        "the place of what the file says, for this run.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .cnn file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the folder to write; else a new one in runs/")
    parser.add_argument("--overwrite", action="store_true", help="lose the run that is in the folder of --out")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="go on with the run in this folder, as it began")
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="train in so many processes at once, each on its share of every batch: one for each CUDA device, or on a "
        "CPU one for each few cores. torchrun and srun may start them as well",
    )
    offer_recipe(parser)
    parser.set_defaults(run=run)


def offer_recipe(parser: argparse.ArgumentParser) -> None:
    """Declare an option for the presets, and for each field of the recipe, section by section."""
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        metavar="NAME",
        help="begin with these settings, which the options from --data on may change: "
        + "; ".join(f"{preset.key}: {preset.sentence}" for preset in PRESETS.values()).replace("%", "%%"),
    )
    for section, fields in Recipe.sections().items():
        _offer(parser.add_argument_group(section.lower()), fields)


def _offer(group: argparse._ArgumentGroup, fields: tuple[Parameter, ...]) -> None:
    """Declare an option for each of these fields of the recipe."""
    for parameter in fields:
        option = f"--{parameter.name.replace('_', '-')}"
        told: dict[str, Any] = {"help": parameter.help.replace("%", "%%"), "default": argparse.SUPPRESS}
        if parameter.entry_types:
            told["help"] += "; names with commas between them, or JSON as the file has it"
        if parameter.name == AUGMENTATIONS:
            told["help"] += "; none named, the usual ones"
            told |= {"nargs": "?", "const": USUAL}
        if NoneType in parameter.options:
            told["help"] += f'; "{AUTOMATIC}" for automatic'
        if parameter.type is bool:
            group.add_argument(option, action=argparse.BooleanOptionalAction, **told)
        else:
            group.add_argument(option, type=_reader(parameter), metavar=_metavar(parameter), **told)


def run(arguments: argparse.Namespace) -> int:
    """Train, and say how it goes; of several processes the first one speaks."""
    try:
        rank = launched()
        _check_processes(arguments.processes, rank)
        try:
            project, doubts = trainable(arguments)
        except CommandError:
            if rank.is_first:
                raise
            return 1
        if rank.size == 1:
            _check_out(arguments)
        for doubt in doubts if rank.is_first else ():
            print(doubt)
        with interruptible() as is_interrupted:
            if arguments.processes > 1:
                return start(arguments.processes, _one_of_several, arguments, is_interrupted)
            return _train(project, arguments, is_interrupted, rank)
    except LaunchError as error:
        raise CommandError(str(error)) from error


def trainable(arguments: argparse.Namespace, is_for_later: bool = False) -> tuple[Project, tuple[str, ...]]:
    """The project with what the command line puts in place of its recipe, and what is doubtful about it, a line each.

    Raises ``CommandError`` where it cannot be trained, now or later.
    """
    project = opened(arguments.file)
    if arguments.resume is not None:
        _check_resumed(project, arguments)
        return project, ()
    project = dataclasses.replace(project, recipe=_overridden(project.recipe, arguments))
    analysis = infer(project.graph)
    found = problems(project, analysis)
    if any(problem.severity == "error" for problem in found):
        raise CommandError("\n".join(["The network cannot be trained yet.", *map(line, found)]))
    beside = reservations(project, analysis, found)
    if reason := first_obstacle(beside, is_for_later):
        raise CommandError(f"The network cannot be trained yet. {reason}")
    return project, (*map(line, found), *(f"warning: {each.sentence}" for each in beside))


def _check_processes(count: int, rank: Rank) -> None:
    most = max(2, os.cpu_count() or 1)
    if not 1 <= count <= most:
        raise CommandError(f"--processes must be from 1 to {most} here, one for each core at most, not {count:,}.")
    if count > 1 and rank.size > 1:
        raise CommandError(f"This is {rank.title} already, so that --processes cannot start more of them.")


def _one_of_several(arguments: argparse.Namespace, is_asked: Callable[[], bool]) -> int:
    """What each of the processes does that --processes starts: the command once more, with a rank."""
    try:
        project, _ = trainable(arguments)
        return _train(project, arguments, is_asked, launched())
    except CommandError as refusal:
        print(f"cnnstudio: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _train(project: Project, arguments: argparse.Namespace, is_asked: Callable[[], bool], rank: Rank) -> int:
    bar = Bar(is_silent=not rank.is_first)
    bar.show("Starting PyTorch", None)
    if rank.is_first:
        clear(runs=[Path("runs")])
    from cnnstudio.training.distributed import OthersError, joined
    from cnnstudio.training.loop import TrainingError
    from cnnstudio.training.resume import CheckpointError

    def loading(sentence: str, share: float | None) -> bool:
        bar.show(sentence, share)
        return not is_asked()

    told, prepared = Telling(bar), None
    try:
        with (
            joined(rank, is_asked) as group,
            closing(_events(project, arguments, loading, group)) as events,
        ):
            if rank.size > 1:
                group.together(lambda: _check_out(arguments) if rank.is_first else None)
            for event in events:
                told.take(event)
                if isinstance(event, Prepared):
                    prepared = event
                if group.is_stopping:
                    break
    except (CheckpointError, DataError, DiskError, NoRoomError, ProjectError, SourceError, TrainingError) as error:
        bar.clear()
        if is_asked():
            raise KeyboardInterrupt from error
        if rank.is_first:
            folder = prepared.folder if prepared is not None else None
            ways = [str(error), *([prepared.end.unkept] if prepared is not None and prepared.end.unkept else [])]
            if isinstance(error, OthersError) and folder is not None and folder.checkpoint.exists():
                ways.append(_to_go_on(folder, arguments))
            raise CommandError("\n".join(ways)) from error
        if isinstance(error, OthersError):  # which the first one says
            return 1
        raise CommandError(f"In {rank.title}: {error}") from error
    bar.clear()
    if prepared is None:  # it was interrupted before there was anything to keep
        raise KeyboardInterrupt
    bar.ring()
    return _ended(told, prepared, arguments)


def _to_go_on(folder: RunFolder, arguments: argparse.Namespace) -> str:
    several = f" --processes {arguments.processes}" if arguments.processes > 1 else ""
    return f"To go on: cnnstudio train {quote(str(arguments.file))} --resume {quote(str(folder.path))}{several}"


def _ended(told: Telling, prepared: Prepared, arguments: argparse.Namespace) -> int:
    """Say where the weights are and how to go on, and last what was not kept; the exit code."""
    finished, last, folder = told.history.finished, told.history.last, prepared.folder
    if folder is not None:
        if finished is None:
            print(f"Stopped in epoch {last.epoch if last else 1}.")
            if folder.checkpoint.exists():
                print(_to_go_on(folder, arguments))
        for name, kept in (("best", folder.best), ("last", folder.last)):
            if kept.exists():
                print(f"{name} weights: {kept}")
    if prepared.end.unkept:
        raise CommandError(prepared.end.unkept)
    if finished is None:
        return INTERRUPTED
    return 0 if finished.reason == "done" else 1


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """While it lasts, the first Ctrl+C (or request to end) makes the answer True; the second is as ever.

    A terminal that is closed asks to end as well (SIGHUP), unless the program was told to outlive it, as nohup does.
    """
    asked: list[int] = []
    terminals = [stream for stream in (sys.stdout, sys.stderr) if stream is not None and stream.isatty()]

    def ask(number: int, _: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        if sys.platform != "win32" and number == signal.SIGHUP:
            hang_up(*terminals)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _events(project: Project, arguments: argparse.Namespace, report: Report, group: Group) -> Course:
    """What there is to be told of a run that begins, or goes on."""
    if arguments.resume is None:
        return begin(project, _destination(arguments), report, probes=_probes, group=group)
    folder = RunFolder(arguments.resume, is_new=False)
    return go_on(folder, report, getattr(arguments, "epochs", None), probes=_probes, group=group)


def _probes(prepared: Prepared) -> tuple[Probe, ...]:
    """What looks into the network, so that it can be said what is wrong with it: on one process, where times agree."""
    from cnnstudio.training.layer_probe import LayerProbe

    return (LayerProbe(),) if launched().size == 1 else ()


def _check_out(arguments: argparse.Namespace) -> None:
    """Raise ``CommandError`` where a run would be lost that nobody said may be."""
    out: Path | None = arguments.out
    if out is None or not RunFolder(out).holds_a_run:
        return
    with suppress(DiskError):
        record, _ = present_record(out)
        if record.present_state == "running":
            raise CommandError(f"The run in {out} is being trained at this moment. Name another folder.")
        if arguments.overwrite:
            return
        said = counted(record.epochs_done, "epoch")
        if record.best is not None and record.best.accuracy is not None:
            said += f", the best of {record.best.accuracy:.1%}"
        raise CommandError(
            f"{out} holds a run already, which would be lost: {said}. Name another folder, go on with that run "
            f"(--resume {quote(str(out))}), or lose it (--overwrite)."
        )
    if not arguments.overwrite:
        raise CommandError(
            f"{out} holds files of a run, which would be lost: name another folder, or --overwrite them."
        )


def _check_resumed(project: Project, arguments: argparse.Namespace) -> None:
    """Raise ``CommandError`` where the run would not be the same if it went on so."""
    folder = RunFolder(arguments.resume, is_new=False)
    changed = [p.name for p in parameters(Recipe) if p.name in vars(arguments) and p.name != "epochs"]
    if arguments.out is not None or changed:
        option = "out" if arguments.out is not None else changed[0].replace("_", "-")
        raise CommandError(f"A run goes on as it began: --resume takes no --{option}, only --epochs beside it.")
    try:
        own = read(folder.project)
        is_same = source(own.graph).text == source(project.graph).text
    except (ProjectError, SourceError) as error:
        if not folder.path.is_dir():
            raise CommandError(f"There is no run {folder.path}: it is no folder.") from error
        is_same = False
        if isinstance(error, ProjectError):
            raise CommandError(f"{folder.path} holds no run: {error}") from error
    if not is_same:
        raise CommandError(
            f"{arguments.file.name} is another network than the one of this run. To go on with the run's own: "
            f"cnnstudio train {quote(str(folder.project))} --resume {quote(str(folder.path))}"
        )


def _destination(arguments: argparse.Namespace) -> Destination:
    """The folder that was asked for, else one in runs/ that no other run has."""
    out: Path | None = arguments.out
    title: str = arguments.file.stem
    if out is not None:
        return Destination(out.parent, out.name, may_exist=True, overwrites=arguments.overwrite, title=title)
    return Destination(Path("runs"), title, title=title)


def _overridden(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    given = vars(arguments)
    if arguments.preset is not None:
        recipe = PRESETS[arguments.preset].applied(recipe)
    changes = {p.name: given[p.name] for p in parameters(Recipe) if p.name in given}
    changes |= {name: whole(changes[name]) for name in PATHS if changes.get(name) not in (None, "", "torchvision")}
    if "folder" in changes:
        changes.setdefault("data", FOLDER)
    if changes.get(AUGMENTATIONS) is USUAL:
        changes[AUGMENTATIONS] = usual(DATASETS[changes.get("data", recipe.data)].mirror)
    return Recipe(**{**recipe.values, **changes})


def _reader(parameter: Parameter) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            if parameter.entry_types:
                return parameter.coerce(_listed(parameter, text))
            return parameter.coerce(_meant(parameter, text))
        except ParameterError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        except RecursionError as error:
            raise argparse.ArgumentTypeError(f"{parameter.name} is nested too deeply.") from error

    return read


def _listed(parameter: Parameter, text: str) -> Any:
    """A list of declarations: in JSON, or their names alone with commas between them, which are as usual then."""
    known = {kind.__name__ for kind in parameter.entry_types}
    names = [name.strip() for name in text.split(",")] if text.strip() not in ("", "none") else []
    if known.issuperset(names):
        return [{KIND: name} for name in names]
    with suppress(ValueError):
        return json.loads(text)
    return text


def _meant(parameter: Parameter, text: str) -> Any:
    """What is typed: a number, several with commas between them, ``auto`` for what is left open, or the text itself."""
    kinds = parameter.options
    if NoneType in kinds and text == AUTOMATIC:
        return None
    with suppress(ValueError):  # coerce says what was wanted
        if lists := [kind for kind in kinds if get_origin(kind) is tuple]:
            entry = get_args(lists[0])[0]
            return tuple(entry(piece) for piece in text.split(","))
        return next((kind(text) for kind in (int, float) if kind in kinds), text)
    return text


def _metavar(parameter: Parameter) -> str:
    if parameter.choices:
        return "{" + ",".join(parameter.choices) + "}"
    if parameter.entry_types:
        return "NAMES"
    if lists := [kind for kind in parameter.options if get_origin(kind) is tuple]:
        return "X,X" if float in get_args(lists[0]) else "N,N"
    return {int: "N", float: "X", str: "PATH" if parameter.name in PATHS else "TEXT"}[parameter.options[0]]
