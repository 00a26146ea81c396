"""``cnnstudio forecast``: what training a network would take and how it would begin, without training it."""

from __future__ import annotations

import argparse
from pathlib import Path

from cnnstudio.cli.bar import Bar
from cnnstudio.cli.command import CommandError, Commands, opened, problems
from cnnstudio.cli.train import interruptible
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError
from cnnstudio.headroom import NoRoomError, within_memory
from cnnstudio.project import Project
from cnnstudio.training.costs import costs, energy, work
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.readiness import concerns
from cnnstudio.training.runs.session import image_size
from cnnstudio.wording import counted, duration, memory
from cnnstudio.worker import Report

NAME = "forecast"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="say what training would take",
        description="Say what stands in the way of training, what it would take in time and memory, and how it would "
        "begin, from a few steps with fresh weights that nothing is kept of.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .cnn file")
    parser.add_argument("--find-rate", action="store_true", help="try learning rates and say which one to take")
    parser.add_argument("--one-batch", action="store_true", help="see whether the network can learn one batch")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Say what is to be expected; 1 where it cannot be trained."""
    project = opened(arguments.file)
    analysis = infer(project.graph)
    found = list(concerns(project, analysis, problems(project, analysis)))
    for concern in found:
        print(concern.sentence)
    if any(concern.blocks for concern in found):
        raise CommandError("The network cannot be trained yet.")
    bar = Bar()
    with interruptible() as is_interrupted:

        def report(sentence: str, share: float | None) -> bool:
            bar.show(sentence, share)
            return not is_interrupted()

        report("Starting PyTorch", None)
        from cnnstudio.training.device import TrainingError
        from cnnstudio.training.rehearsal import RehearsalError

        try:
            with within_memory("to take a few steps"):
                told = _told(project, arguments, report)
        except (DataError, NoRoomError, RehearsalError, SourceError, TrainingError) as error:
            bar.clear()
            if is_interrupted():
                raise KeyboardInterrupt from error
            raise CommandError(str(error)) from error
    bar.clear()
    print("\n".join(told))
    return 0


def _told(project: Project, arguments: argparse.Namespace, report: Report) -> list[str]:
    """What there is to say, a sentence a line."""
    from cnnstudio.training.data.loading import load
    from cnnstudio.training.forecast import forecast
    from cnnstudio.training.one_batch import overfit_one_batch
    from cnnstudio.training.rate_finder import find_rate

    size = image_size(project.graph)
    if size is None:
        raise DataError("The network takes no images.")
    data = load(project.recipe, size, report, corrections=project.corrections)
    told = forecast(project, data, report)
    takes = costs(infer(project.graph), project.recipe, len(data.train_labels))
    shortly, assumed = energy(told.seconds, told.device)
    lines = [
        f"Time: about {duration(max(1.0, told.seconds))} for {counted(told.epochs, 'epoch')}.",
        f"Energy: {shortly}. {assumed}",
        told.sentence,
    ]
    if takes is not None:
        lines[1:1] = [f"Memory: about {memory(takes.memory(project.recipe.batch_size))}.", work(takes)]
    if arguments.find_rate:
        lines.append(find_rate(project, data, report).sentence)
    if arguments.one_batch:
        lines.append(overfit_one_batch(project, data, report).sentence)
    return lines
