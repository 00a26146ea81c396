"""``cnnstudio export``: take the network away."""

from __future__ import annotations

import argparse
from pathlib import Path

from cnnstudio.cli.command import CommandError, Commands, opened, problems
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.exporting.formats import KINDS, TRAINING_FOLDER
from cnnstudio.project import Project
from cnnstudio.training.readiness import obstacle_of_export

NAME = "export"


def add(commands: Commands) -> None:
    """Declare the command."""
    known = "\n".join(f"  {key:<16}{kind.title} ({kind.suffix}). {kind.sentence}" for key, kind in KINDS.items())
    known += f"\n  {TRAINING_FOLDER:<16}A folder that trains the network with PyTorch alone, here or on a cluster."
    parser = commands.add_parser(
        NAME,
        help="take the network away as PyTorch",
        description="Write the network for use without this program. The file is loaded back and compared with the "
        "network before it is kept.",
        epilog=f"kinds:\n{known}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .cnn file")
    parser.add_argument(
        "--to", required=True, choices=(*KINDS, TRAINING_FOLDER), metavar="KIND", help="one of those below"
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="W",
        help="a file of weights that training left; else those that the recipe begins with, or fresh ones",
    )
    parser.add_argument(
        "-o", "--out", type=Path, metavar="OUT", help="the file or the folder to write; else named after FILE, here"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    project = opened(arguments.file)
    if arguments.to == "weights" and arguments.weights is None and not project.recipe.weights:
        raise CommandError("There are no weights to export: train the network and name the file with --weights.")
    out: Path | None = arguments.out
    if arguments.to == TRAINING_FOLDER:
        return _training_folder(project, arguments)
    if out is None:
        out = Path(arguments.file.stem + KINDS[arguments.to].suffix)
        if out.exists():
            raise CommandError(f"{out} is there already; name it with -o to replace it, or give another name.")
    _check(project, arguments.to)
    from cnnstudio.exchange.exporting.export import ExportError, export

    try:
        print(export(project.graph, arguments.to, out, arguments.weights, recipe=project.recipe).sentence)
    except ExportError as error:
        raise CommandError(str(error)) from error
    if arguments.weights is None and not project.recipe.weights and arguments.to != "python":
        print("Its weights are untrained: --weights names those that training left.")
    return 0


def _check(project: Project, kind: str) -> None:
    """Raise ``CommandError`` where the network cannot be exported in this way."""
    analysis = infer(project.graph)
    if reason := obstacle_of_export(project, problems(project, analysis), analysis, kind):
        raise CommandError(f"The network cannot be exported yet. {reason}")


def _training_folder(project: Project, arguments: argparse.Namespace) -> int:
    """Write the folder that trains elsewhere."""
    if arguments.weights is not None:
        raise CommandError("What trains elsewhere begins with the weights that the recipe names, not with --weights.")
    out: Path = arguments.out if arguments.out is not None else Path(f"{arguments.file.stem} training")
    _check(project, arguments.to)
    from cnnstudio.exchange.exporting.export import ExportError
    from cnnstudio.exchange.exporting.training_folder import write_training_folder

    try:
        print(write_training_folder(project, out, arguments.file.stem).sentence)
    except ExportError as error:
        raise CommandError(str(error)) from error
    return 0
