"""``cnnstudio train``: train the network and keep its weights."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import FrameType, NoneType
from typing import Any, get_origin

from cnnstudio.cli.bar import Bar
from cnnstudio.cli.command import CommandError, Commands, line, opened, problems
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError
from cnnstudio.disk import DiskError
from cnnstudio.graph import Parameter, ParameterError, parameters
from cnnstudio.project import Project, ProjectError
from cnnstudio.project.datasets import FOLDER
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.events import EpochEnd, Finished, Remark, Started, Step
from cnnstudio.training.readiness import obstacle_of_network
from cnnstudio.training.runs.folder import Destination
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.session import Prepared, begin

NAME = "train"
AUTOMATIC = "auto"  # what is typed for None
PATHS = ("folder", "weights", "teacher")
INTERRUPTED = 130


def add(commands: Commands) -> None:
    """Declare the command: an option for each parameter of the recipe."""
    parser = commands.add_parser(
        NAME,
        usage="cnnstudio train [-h] FILE [--out DIR] [--epochs N] ...",
        help="train the network",
        description="Train the network with the recipe in its file. DIR gets best.safetensors (the weights that did "
        "best on the validation images), last.safetensors and project.cnn. Ctrl+C ends the training and keeps the "
        "weights. Each option of the recipe, from --data on, takes the place of what the file says, for this run.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .cnn file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the folder to write; else a new one in runs/")
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        metavar="NAME",
        help="begin with these settings, which the options from --data on may change: "
        + "; ".join(f"{preset.key}: {preset.sentence}" for preset in PRESETS.values()).replace("%", "%%"),
    )
    for section, fields in Recipe.sections().items():
        _offer(parser.add_argument_group(section.lower()), fields)
    parser.set_defaults(run=run)


def _offer(group: argparse._ArgumentGroup, fields: tuple[Parameter, ...]) -> None:
    """Declare an option for each of these fields of the recipe."""
    for parameter in fields:
        option = f"--{parameter.name.replace('_', '-')}"
        told: dict[str, Any] = {"help": parameter.help.replace("%", "%%"), "default": argparse.SUPPRESS}
        if parameter.entry_types:
            told["help"] += "; in JSON, as the file has it"
        if NoneType in parameter.options:
            told["help"] += f'; "{AUTOMATIC}" for automatic'
        if parameter.type is bool:
            group.add_argument(option, action=argparse.BooleanOptionalAction, **told)
        else:
            group.add_argument(option, type=_reader(parameter), metavar=_metavar(parameter), **told)


def run(arguments: argparse.Namespace) -> int:
    """Train, and say how it goes."""
    project = opened(arguments.file)
    project = dataclasses.replace(project, recipe=_overridden(project.recipe, arguments))
    analysis = infer(project.graph)
    found = problems(project, analysis)
    if any(problem.severity == "error" for problem in found):
        raise CommandError("\n".join(["The network cannot be trained yet.", *map(line, found)]))
    if reason := obstacle_of_network(project.graph, found):  # what is wrong with a folder, reading it says better
        raise CommandError(f"The network cannot be trained yet. {reason}")
    with interruptible() as is_interrupted:
        return _train(project, arguments, is_interrupted)


def _train(project: Project, arguments: argparse.Namespace, is_interrupted: Callable[[], bool]) -> int:
    bar = Bar()
    bar.show("Starting PyTorch", None)
    from cnnstudio.training.loop import TrainingError

    def loading(sentence: str, share: float | None) -> bool:
        bar.show(sentence, share)
        return not is_interrupted()

    told, folder = Telling(bar), None
    try:
        with closing(begin(project, _destination(arguments), loading)) as events:
            for event in events:
                told.take(event)
                folder = event.folder if isinstance(event, Prepared) else folder
                if is_interrupted():
                    break
    except (DataError, DiskError, ProjectError, SourceError, TrainingError) as error:
        bar.clear()
        if is_interrupted():
            raise KeyboardInterrupt from error
        raise CommandError(str(error)) from error
    bar.clear()
    if folder is None:  # it was interrupted before there was anything to keep
        raise KeyboardInterrupt
    history = told.history
    if history.finished is None:
        print(f"Stopped in epoch {history.last.epoch if history.last else 1}.")
    for name, kept in (("best", folder.best), ("last", folder.last)):
        if kept.exists():
            print(f"{name} weights: {kept}")
    if history.finished is None:
        return INTERRUPTED
    return 0 if history.finished.reason == "done" else 1


class Telling:
    """Events as lines for a terminal: a bar that moves, and a line an epoch."""

    def __init__(self, bar: Bar) -> None:
        self.history = History()
        self._bar = bar

    def take(self, event: object) -> None:
        """Tell of one event."""
        self.history.take(event)
        started = self.history.started
        match event:
            case Started():
                self._bar.say(f"{event.parameters:,} parameters on {event.device}.", *event.notes)
            case Step() if started is not None:
                share = event.step / max(1, started.steps_per_epoch) - (event.epoch - 1)
                numbers = f"loss {event.loss:.3f}  {event.images_per_second:,.0f} images/s"
                self._bar.show(f"Epoch {event.epoch}/{started.epochs}", share, numbers)
            case EpochEnd() if started is not None:
                width = len(str(started.epochs))
                self._bar.say(
                    f"Epoch {event.epoch:>{width}}/{started.epochs}"
                    f"  loss {event.train_loss:.4f}  accuracy {event.train_accuracy:6.1%}"
                    f"  validation loss {event.validation_loss:.4f}  accuracy {event.validation_accuracy:6.1%}"
                    f"{_more(event)}"
                    f"  {event.seconds:.1f} s{'  best so far' if event.is_best else ''}"
                )
            case Remark() | Finished():
                self._bar.say(event.sentence)


def _more(event: EpochEnd) -> str:
    """What else is measured of an epoch, where it is."""
    measured = (
        ("top-5", event.validation_top5),
        ("macro F1", event.validation_f1),
        ("averaged", event.average_accuracy),
    )
    return "".join(f"  {name} {value:.1%}" for name, value in measured if value is not None)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """While it lasts, the first Ctrl+C (or request to end) makes the answer True; the second is as ever."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _destination(arguments: argparse.Namespace) -> Destination:
    """The folder that was asked for, else one in runs/ that no other run has."""
    out: Path | None = arguments.out
    if out is not None:
        return Destination(out.parent, out.name, may_exist=True)
    return Destination(Path("runs"), arguments.file.stem)


def _overridden(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    given = vars(arguments)
    if arguments.preset is not None:
        recipe = PRESETS[arguments.preset].applied(recipe)
    changes = {p.name: given[p.name] for p in parameters(Recipe) if p.name in given}
    if "folder" in changes:
        changes.setdefault("data", FOLDER)
    return Recipe(**{**recipe.values, **changes})


def _reader(parameter: Parameter) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            if parameter.entry_types:
                value: Any = text
                with suppress(ValueError):
                    value = json.loads(text)
                return parameter.coerce(value)
            return parameter.coerce(_meant(parameter, text))
        except ParameterError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        except RecursionError as error:
            raise argparse.ArgumentTypeError(f"{parameter.name} is nested too deeply.") from error

    return read


def _meant(parameter: Parameter, text: str) -> Any:
    """What is typed: a number, several with commas between them, ``auto`` for what is left open, or the text itself."""
    kinds = parameter.options
    if NoneType in kinds and text == AUTOMATIC:
        return None
    with suppress(ValueError):  # coerce says what was wanted
        if any(get_origin(kind) is tuple for kind in kinds):
            return tuple(int(piece) for piece in text.split(","))
        return next((kind(text) for kind in (int, float) if kind in kinds), text)
    return text


def _metavar(parameter: Parameter) -> str:
    if parameter.choices:
        return "{" + ",".join(parameter.choices) + "}"
    if parameter.entry_types:
        return "JSON"
    if any(get_origin(kind) is tuple for kind in parameter.options):
        return "N,N"
    return {int: "N", float: "X", str: "PATH" if parameter.name in PATHS else "TEXT"}[parameter.options[0]]
