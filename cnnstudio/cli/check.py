"""``cnnstudio check``: what is wrong with a network, or doubtful."""

from __future__ import annotations

import argparse
from pathlib import Path

from cnnstudio.cli.command import Commands, line, opened, problems
from cnnstudio.compiler.inference import infer
from cnnstudio.training.needs import lack_of_weights
from cnnstudio.training.readiness import obstacle

NAME = "check"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="list what is wrong with a network",
        description="List what is wrong or doubtful. The exit code is 1 if there is an error or the network does not "
        "fit into memory, 0 otherwise.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .cnn file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List the problems; 1 where one of them is an error, or where the network does not fit into memory."""
    project = opened(arguments.file)
    analysis = infer(project.graph)
    found = problems(project, analysis)
    for problem in found:
        print(line(problem))
    errors = sum(problem.severity == "error" for problem in found)
    if errors:
        return 1
    if lacking := lack_of_weights(analysis):
        print(f"error: {lacking}")
        return 1
    totals = analysis.totals
    learned = f"{totals.parameters:,} parameters" if totals else "nothing in it yet"
    print(f"{arguments.file.name}: no errors; {learned}.")
    if reason := obstacle(project, found):
        print(f"It cannot be trained yet. {reason}")
    return 0
