"""``cnnstudio import``: a network that was written elsewhere, as a project file."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.cli.command import CommandError, Commands, check_classes, free
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.disk import is_there
from cnnstudio.exchange.importing.catalogue import MODELS
from cnnstudio.exchange.importing.declarations import ImportRefused, size_of
from cnnstudio.exchange.importing.translating.file_kinds import KINDS, is_translated
from cnnstudio.graph import Graph, ParameterError
from cnnstudio.headroom import NoRoomError
from cnnstudio.project import ProjectError, write
from cnnstudio.project.recipe import Recipe

if TYPE_CHECKING:
    from cnnstudio.exchange.importing.network import Imported

NAME = "import"
TORCHVISION = "torchvision:"
UNBUILT = 3  # the exit code of what is imported to look at alone


def add(commands: Commands) -> None:
    """Declare the command."""
    names = textwrap.fill(" ".join(MODELS), 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    parser = commands.add_parser(
        NAME,
        help="make a project of a network that was written elsewhere",
        description="Follow a network of torchvision, of an ONNX or Keras file, or of a Python file, step by step, and "
        "write it as a project. A Python file is run for that, in a process of its own: say --trust where you know who "
        "wrote it. Of an ONNX or Keras file nothing is run; its weights are written beside OUT.",
        epilog=f"Exit code {UNBUILT}: written, but it cannot be trained or exported yet.\n\n"
        f"torchvision's models:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="torchvision:NAME, FILE.onnx, FILE.keras, or FILE.py:NAME for a class, a function or a module; what it is "
        "made with may follow in brackets, as in 'FILE.py:ConvBlock(3, 64)'",
    )
    parser.add_argument("-o", "--out", type=Path, metavar="OUT", help="the .cnn file to write; else NAME.cnn, here")
    parser.add_argument("--classes", type=int, metavar="N", help="classes of a torchvision model; else 1,000")
    parser.add_argument("--size", metavar="CxHxW", help="images of a file's network, such as 3x32x32")
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="W",
        help="a checkpoint of the original, .pth or .safetensors; it is written beside OUT as .safetensors",
    )
    for name, metavar in (("mean", "M"), ("std", "S")):
        parser.add_argument(
            f"--{name}",
            metavar=metavar,
            help=f"{'mean' if name == 'mean' else 'standard deviation'} of the pixels, from 0 to 1, by which the "
            "original normalises its images: a number a channel, such as 0.5,0.5,0.5, or one for all",
        )
    parser.add_argument("--trust", action="store_true", help="run the Python file without asking")
    parser.add_argument("--force", action="store_true", help="replace OUT where it is there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the project, and the weights where some were named."""
    named: str = arguments.source
    check_classes(arguments.classes)
    name = named.rpartition(":")[2].partition("(")[0] if ":" in named else Path(named).stem
    if (arguments.mean is None) != (arguments.std is None):
        raise CommandError("--mean and --std belong together.")
    out = free(arguments.out or Path(f"{name}.cnn"), " with -o", arguments.force)
    original = Path(named) if is_translated(Path(named)) else arguments.weights
    weights = _beside(out, original, arguments.force) if original is not None else None
    try:
        imported = _imported(arguments)
        if arguments.mean is not None:
            imported = _normalized(imported, arguments.mean, arguments.std)
        unbuilt = _unbuilt(imported.graph)
        if unbuilt and imported.state is not None:
            weights = None
        loaded = _loaded(imported, original, weights) if weights is not None else []
        write(out, imported.project(weights))
    except (ImportRefused, NoRoomError, ProjectError) as error:
        raise CommandError(str(error)) from error
    if unbuilt:
        print(f"{out} is written to look at; it cannot be trained or exported yet. {unbuilt}")
    print(f"{out}: {imported.title}, {len(imported.graph)} blocks, {imported.parameters:,} parameters.")
    for sentence in (*imported.notes, *loaded):
        print(sentence)
    if weights is not None and imported.normalization is None:
        print("How the images were normalised for these weights is not known; --mean and --std say it.")
    return UNBUILT if unbuilt else 0


def _beside(out: Path, original: Path, force: bool) -> Path:
    """The file beside ``out`` for the weights. Raises ``CommandError`` where that would replace another one."""
    weights = out.with_suffix(".safetensors")
    with suppress(OSError):
        if weights.samefile(original):
            raise CommandError(f"{weights} holds the original weights, which would be replaced; give another OUT.")
    if is_there(weights) and not force:
        raise CommandError(
            f"{weights} is there already, and the weights would be written there; give another name with -o, or "
            "--force to replace it."
        )
    return weights


def _unbuilt(graph: Graph) -> str:
    """Why a network cannot be built yet; empty where it can."""
    try:
        source(graph)
    except SourceError as error:
        return str(error)
    return ""


def _normalized(imported: Imported, mean: str, std: str) -> Imported:
    """With what was said of the images. Raises ``CommandError``, ``ImportRefused``."""
    try:
        means, deviations = (tuple(map(float, text.split(","))) for text in (mean, std))
        return imported.normalized(Recipe(mean=means, std=deviations))
    except ParameterError as error:
        raise CommandError(f"--{error}") from error
    except ValueError as error:
        raise CommandError("--mean and --std are numbers with commas between them, such as 0.5,0.5,0.5.") from error


def _imported(arguments: argparse.Namespace) -> Imported:
    if arguments.source.startswith(TORCHVISION):
        return _torchvisions(arguments)
    return _translated(arguments) if is_translated(Path(arguments.source)) else _from_file(arguments)


def _translated(arguments: argparse.Namespace) -> Imported:
    from cnnstudio.exchange.importing.translating.file_kinds import import_translated

    path = Path(arguments.source)
    kind = KINDS[path.suffix.lower()]
    if arguments.classes is not None:
        raise CommandError(f"--classes is for torchvision's models; a file of {kind} says itself how many there are.")
    if arguments.weights is not None:
        raise CommandError(f"--weights is for other networks; a file of {kind} holds its weights itself.")
    return import_translated(path, size_of(arguments.size) if arguments.size is not None else None)


def _torchvisions(arguments: argparse.Namespace) -> Imported:
    from cnnstudio.exchange.importing.network import import_torchvision

    if arguments.size is not None:
        raise CommandError("--size is for a file; a torchvision model has a size of its own.")
    return import_torchvision(arguments.source.removeprefix(TORCHVISION), arguments.classes)


def _from_file(arguments: argparse.Namespace) -> Imported:
    from cnnstudio.exchange.importing.python_file import import_file

    found = re.fullmatch(r"(?P<file>.*?\.py)(?::(?P<call>[A-Za-z_].*))?", arguments.source, re.DOTALL)
    if found is None:
        raise CommandError(
            f"{arguments.source[:80]} is neither torchvision:NAME nor FILE.py:NAME nor FILE.onnx nor FILE.keras."
        )
    if arguments.classes is not None:
        raise CommandError("--classes is for torchvision's models; a Python file says itself how many there are.")
    path, size = Path(found["file"]), size_of(arguments.size) if arguments.size is not None else None
    if not path.is_file():
        raise CommandError(f"There is no file {path}.")
    if not arguments.trust and not _trusted(path):
        raise CommandError(f"{path} was not run, so nothing was imported.")
    return import_file(path, found["call"] or "", size)


def _trusted(path: Path) -> bool:
    """Ask whether the file may be run; without a terminal the answer is no."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise CommandError(f"Importing runs {path}, with your rights. If you trust who wrote it, say --trust.")
    print(f"Importing runs {path}, with your rights. Only do so if you trust who wrote it.")
    return input("Run it? [y/N] ").strip().lower() in ("y", "yes")


def _loaded(imported: Imported, weights: Path, out: Path) -> list[str]:
    """Put the weights beside the project; what there is to say of them."""
    from cnnstudio.exchange.importing.state_dict import keep_weights, load_weights

    carried = keep_weights(imported, out) if imported.state is not None else load_weights(imported, weights, out)
    return [f"{out}: the weights of {weights.name}.", *carried.sentences]
