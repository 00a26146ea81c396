"""``cnnstudio new``: a project file from a template or a famous network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Any

from cnnstudio.cli.command import CommandError, Commands, check_classes, free
from cnnstudio.project import ProjectError, from_template, write
from cnnstudio.zoo import NETWORKS, TEMPLATES

NAME = "new"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="begin a project from a template or a famous network",
        description="Write a project file with a network from a template and a recipe that suits it.",
        epilog=listing(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--template", required=True, type=_key, metavar="NAME", help="one of those below")
    parser.add_argument("--small", action="store_true", help="its variant for images of 32 × 32 pixels, ten classes")
    parser.add_argument(
        "--classes",
        type=int,
        metavar="N",
        help="for so many classes; if the data has others, for a folder of images",
    )
    parser.add_argument("--list", action=_List, help="list the networks, each with its idea, and end")
    parser.add_argument("--force", action="store_true", help="replace the file where there is one")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write: a name that ends in .cnn")
    parser.set_defaults(run=run)


def listing() -> str:
    """Every network by family: its name for ``--template``, its title and its one idea."""
    every = [*TEMPLATES.items(), *NETWORKS.items()]
    families = {family: index for index, family in enumerate(dict.fromkeys(each.family for _, each in every))}
    lines = []
    for family, members in groupby(sorted(every, key=lambda each: families[each[1].family]), lambda e: e[1].family):
        lines += ["", f"{family}:"]
        lines += [f"  {key:<20}{template.title}. {template.sentence}" for key, template in members]
    return "\n".join(lines[1:])


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    out = free(arguments.out, "", arguments.force)
    check_classes(arguments.classes)
    project = from_template(arguments.template, arguments.small, arguments.classes)
    try:
        write(out, project)
    except ProjectError as error:
        raise CommandError(str(error)) from error
    title = {**TEMPLATES, **NETWORKS}[arguments.template].title
    print(f"{out}: {title}, {len(project.graph)} blocks.")
    return 0


def _key(text: str) -> str:
    known = [*TEMPLATES, *NETWORKS]
    if text in known:
        return text
    near = get_close_matches(text, known, 3)
    meant = f"do you mean {' or '.join(near)}? " if near else ""
    raise argparse.ArgumentTypeError(f"there is no network called {text[:40]!r}; {meant}cnnstudio new --list has all")


class _List(argparse.Action):
    """Print the networks and end, whatever else there is on the command line."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        print(listing())
        parser.exit()
