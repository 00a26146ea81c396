"""``cnnstudio new``: a project file from a template."""

from __future__ import annotations

import argparse
from pathlib import Path

from cnnstudio.cli.command import CommandError, Commands
from cnnstudio.project import ProjectError, from_template, write
from cnnstudio.zoo import TEMPLATES

NAME = "new"


def add(commands: Commands) -> None:
    """Declare the command."""
    known = "\n".join(f"  {key:<14}{template.title}. {template.sentence}" for key, template in TEMPLATES.items())
    parser = commands.add_parser(
        NAME,
        help="begin a project from a template",
        description="Write a project file with a network from a template and a recipe that suits it.",
        epilog=f"templates:\n{known}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--template", required=True, choices=TEMPLATES, metavar="NAME", help="one of those below")
    parser.add_argument("--force", action="store_true", help="replace the file where there is one")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write: a name that ends in .cnn")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    out: Path = arguments.out
    if out.exists() and not out.is_dir() and not arguments.force:
        raise CommandError(f"{out} is there already; give another name, or --force to replace it.")
    project = from_template(arguments.template)
    try:
        write(out, project)
    except ProjectError as error:
        raise CommandError(str(error)) from error
    print(f"{out}: {TEMPLATES[arguments.template].title}, {len(project.graph)} blocks.")
    return 0
