"""``cnnstudio export``: take the network away."""

from __future__ import annotations

import argparse
from pathlib import Path

from cnnstudio.cli.bar import Bar
from cnnstudio.cli.command import CommandError, Commands, opened, problems, watched
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.exporting.formats import KINDS, TRAINING_FOLDER, WEIGHTS_ALONE, chosen, lacking
from cnnstudio.project import Project
from cnnstudio.training.readiness import obstacle_of_export

NAME = "export"


def add(commands: Commands) -> None:
    """Declare the command."""
    known = "\n".join(f"  {key:<16}{kind.title} ({kind.suffix}). {kind.sentence}" for key, kind in KINDS.items())
    known += f"\n  {TRAINING_FOLDER:<16}A folder that trains the network with PyTorch alone, here or on a cluster."
    parser = commands.add_parser(
        NAME,
        help="take the network away as PyTorch, ONNX and more",
        description="Write the network for use without this program. The file is loaded back and compared with the "
        "network before it is kept; then it is said how large and how fast it is and, with trained weights, how many "
        "validation pictures the file itself tells right. A model card is put beside it.",
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
    for choice in dict.fromkeys(choice for kind in KINDS.values() for choice in kind.choices):
        kinds = ", ".join(key for key, kind in KINDS.items() if choice in kind.choices)
        prefix, action = ("--no-", "off") if choice.default else ("--", "on")
        parser.add_argument(
            f"{prefix}{choice.key}",
            dest=action,
            action="append_const",
            const=choice.key,
            help=f"of {kinds}: {'do not ' if choice.default else ''}{choice.title[:1].lower()}{choice.title[1:]}. "
            f"{choice.help}".replace("%", "%%"),
        )
    parser.set_defaults(off=None, on=None)
    parser.add_argument("--no-measure", action="store_true", help="do not measure how fast and how good the file is")
    parser.add_argument("--no-card", action="store_true", help="put no model card beside the file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    project = opened(arguments.file)
    if arguments.to in WEIGHTS_ALONE and arguments.weights is None and not project.recipe.weights:
        raise CommandError("There are no weights to export: train the network and name the file with --weights.")
    out: Path | None = arguments.out
    if arguments.to == TRAINING_FOLDER:
        return _training_folder(project, arguments)
    kind = KINDS[arguments.to]
    if reason := lacking(arguments.to):
        raise CommandError(reason)
    if out is None:
        out = Path(arguments.file.stem + kind.suffix)
        if out.exists():
            raise CommandError(f"{out} is there already; name it with -o to replace it, or give another name.")
    _check(project, arguments.to)
    from cnnstudio.exchange.exporting.delivery import Wanted, deliver
    from cnnstudio.exchange.exporting.exportable import ExportError

    bar = Bar()
    try:
        wanted = Wanted(
            arguments.file.stem,
            chosen(arguments.to, arguments.off or (), arguments.on or ()),
            is_measured=not arguments.no_measure,
            has_card=not arguments.no_card,
        )
        _, sentence = deliver(project, arguments.to, out, arguments.weights, wanted, report=watched(bar))
    except ExportError as error:
        raise CommandError(str(error)) from error
    finally:
        bar.clear()
    print(sentence)
    if arguments.weights is None and not project.recipe.weights and kind.answers and arguments.to != "python":
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
    from cnnstudio.exchange.exporting.exportable import ExportError
    from cnnstudio.exchange.exporting.training_folder import write_training_folder

    try:
        print(write_training_folder(project, out, arguments.file.stem).sentence)
    except ExportError as error:
        raise CommandError(str(error)) from error
    return 0
