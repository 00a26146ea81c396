"""``cnnstudio train``: train the network and keep its weights."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from cnnstudio.cli.bar import Bar
from cnnstudio.cli.command import CommandError, Commands, line, opened, problems
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError
from cnnstudio.disk import reason
from cnnstudio.graph import Parameter, ParameterError, parameters
from cnnstudio.project import Project, ProjectError, write
from cnnstudio.project.datasets import FOLDER
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.events import EpochEnd, Event, Finished, Remark, Started, Step
from cnnstudio.training.readiness import obstacle_of_network

NAME = "train"
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
    from cnnstudio.training.loop import TrainingError, train
    from cnnstudio.training.preparation import prepare

    def loading(sentence: str, share: float | None) -> bool:
        bar.show(sentence, share)
        return not is_interrupted()

    try:
        text, module, data = prepare(project, loading)
        folder = _made(arguments.out, arguments.file.stem)
        write(folder / "project.cnn", project)
        told = Telling(bar)
        with closing(train(module, data, project.recipe, folder, source=text)) as events:
            for event in events:
                told.take(event)
                if is_interrupted():
                    break
    except (DataError, ProjectError, SourceError, TrainingError) as error:
        bar.clear()
        if is_interrupted():
            raise KeyboardInterrupt from error
        raise CommandError(str(error)) from error
    bar.clear()
    if told.finished is None:
        print(f"Stopped in epoch {told.epoch}.")
    for name in ("best", "last"):
        if (kept := folder / f"{name}.safetensors").exists():
            print(f"{name} weights: {kept}")
    if told.finished is None:
        return INTERRUPTED
    return 0 if told.finished.reason == "done" else 1


class Telling:
    """Events as lines for a terminal: a bar that moves, and a line an epoch."""

    def __init__(self, bar: Bar) -> None:
        self.finished: Finished | None = None
        self.epoch = 1
        self._bar = bar
        self._steps = self._epochs = 1

    def take(self, event: Event) -> None:
        """Tell of one event."""
        match event:
            case Started():
                self._epochs, self._steps = event.epochs, max(1, event.steps_per_epoch)
                self._bar.say(f"{event.parameters:,} parameters on {event.device}.", *event.notes)
            case Step():
                self.epoch = event.epoch
                share = event.step / self._steps - (event.epoch - 1)
                numbers = f"loss {event.loss:.3f}  {event.images_per_second:,.0f} images/s"
                self._bar.show(f"Epoch {event.epoch}/{self._epochs}", share, numbers)
            case EpochEnd():
                width = len(str(self._epochs))
                self._bar.say(
                    f"Epoch {event.epoch:>{width}}/{self._epochs}"
                    f"  loss {event.train_loss:.4f}  accuracy {event.train_accuracy:6.1%}"
                    f"  validation loss {event.validation_loss:.4f}  accuracy {event.validation_accuracy:6.1%}"
                    f"  {event.seconds:.1f} s{'  best so far' if event.is_best else ''}"
                )
            case Remark():
                self._bar.say(event.sentence)
            case Finished():
                self.finished = event
                self._bar.say(event.sentence)


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


def _made(folder: Path | None, stem: str) -> Path:
    """The folder for this run: the one that was asked for, else one in runs/ that no other run has."""
    chosen, number = folder or Path("runs", stem), 1
    try:
        while folder is None and chosen.exists():
            number += 1
            chosen = Path("runs", f"{stem}-{number}")
        chosen.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"The folder {chosen} cannot be made: {reason(error)}.") from error
    return chosen


def _overridden(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    given = vars(arguments)
    changes = {p.name: given[p.name] for p in parameters(Recipe) if p.name in given}
    if "folder" in changes:
        changes.setdefault("data", FOLDER)
    return Recipe(**{**recipe.values, **changes})


def _reader(parameter: Parameter) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value: Any = text
        if parameter.type in (int, float):
            with suppress(ValueError):  # coerce says what was wanted
                value = parameter.type(text)
        try:
            if parameter.entry_types:
                with suppress(ValueError):
                    value = json.loads(text)
            return parameter.coerce(value)
        except ParameterError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        except RecursionError as error:
            raise argparse.ArgumentTypeError(f"{parameter.name} is nested too deeply.") from error

    return read


def _metavar(parameter: Parameter) -> str:
    if parameter.choices:
        return "{" + ",".join(parameter.choices) + "}"
    return "JSON" if parameter.entry_types else {int: "N", float: "X"}.get(parameter.type, "PATH")
