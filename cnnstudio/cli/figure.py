"""``cnnstudio figure``: the network as papers draw it."""

from __future__ import annotations

import argparse
from pathlib import Path

from cnnstudio.cli.command import CommandError, Commands, opened
from cnnstudio.compiler.inference import infer
from cnnstudio.disk import DiskError, replacing
from cnnstudio.figure.composition import figure
from cnnstudio.figure.options import FigureError, Options
from cnnstudio.figure.proportions import LAWS
from cnnstudio.figure.svg import svg

NAME = "figure"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="draw the network for a paper",
        description="Write an SVG drawing in which every feature map is a box in proportion to its size. The caption "
        "states the proportions.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .cnn file")
    parser.add_argument("-o", "--out", type=Path, metavar="OUT", help="the .svg file to write; else named after FILE")
    parser.add_argument("--scale", choices=LAWS, default="root", help="by which law sizes become lengths; else root")
    parser.add_argument("--down", action="store_true", help="let the data flow down instead of to the right")
    parser.add_argument("--all", action="store_true", help="draw each block of a row, not one with their number")
    parser.add_argument("--grey", action="store_true", help="use no colours")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the drawing."""
    project = opened(arguments.file)
    out: Path = arguments.out or Path(f"{arguments.file.stem}.svg")
    if out.suffix.lower() != ".svg":
        raise CommandError(f"{out} is to be an SVG drawing; give a name that ends in .svg.")
    if arguments.out is None and out.exists():
        raise CommandError(f"{out} is there already; name it with -o to replace it, or give another name.")
    options = Options(
        direction="down" if arguments.down else "across",
        law=arguments.scale,
        fold=not arguments.all,
        grey=arguments.grey,
        signs=False,
    )
    try:
        drawn = figure(infer(project.graph), options)
        with replacing(out) as temporary:
            temporary.write_text(svg(drawn, {}), encoding="utf-8")
    except (FigureError, DiskError) as error:
        raise CommandError(str(error)) from error
    print(f"{out.name} is written. {drawn.caption}")
    return 0
