"""``cnnstudio report``: the project as one page that needs nothing else."""

from __future__ import annotations

import argparse
from pathlib import Path

from cnnstudio.cli.bar import Bar
from cnnstudio.cli.command import CommandError, Commands, opened, watched
from cnnstudio.cli.runs import LOCAL
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.disk import DiskError, is_there
from cnnstudio.exchange.reporting.report import ReportError, Trained, page, trained_by, write_html
from cnnstudio.project import Project, ProjectError
from cnnstudio.training.runs.kept_run import open_kept, own_folder
from cnnstudio.training.runs.run_library import opened_run, usual_places

NAME = "report"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="write all of a project as one page",
        description="Write one HTML file that needs no other and no network: the figure, the layers, the data and the "
        "recipe; of a run its curves, how good its weights are by class, what they get wrong and what they see; what "
        "computed it, and what it must not be used for. A browser shows it and prints it.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .cnn file")
    parser.add_argument(
        "--run", dest="of", metavar="RUN", help="the folder, the name or the id of a run of this network; else none"
    )
    parser.add_argument("-o", "--out", type=Path, metavar="OUT", help="the .html file to write; else named after FILE")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the page."""
    project = opened(arguments.file)
    out: Path = arguments.out or Path(f"{arguments.file.stem} report.html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise CommandError(f"{out} is to be a page for a browser; give a name that ends in .html.")
    if arguments.out is None and is_there(out):
        raise CommandError(f"{out} is there already; name it with -o to replace it, or give another name.")
    trained = _trained(project, arguments.of)
    bar = Bar()
    try:
        made = page(project, arguments.file.stem, trained, watched(bar))
        told = write_html(made, out)
    except ReportError as error:
        raise CommandError(str(error)) from error
    finally:
        bar.clear()
    print(told)
    if trained is None:
        print(_hint(project))
    return 0


def _trained(project: Project, name: str | None) -> Trained | None:
    """The run of this name, where it is of this very network."""
    if name is None:
        return None
    try:
        kept = open_kept(opened_run(name, [LOCAL, *usual_places()]).folder)
        text = source(project.graph).text
    except (DiskError, ProjectError, SourceError) as error:
        raise CommandError(str(error)) from error
    if kept.source.text != text:
        raise CommandError(
            f"The run {kept.folder.path.name} is of another network than this file has. `cnnstudio diff` says what "
            "differs; the network of the run is in its project.cnn."
        )
    if kept.folder.weights is None:
        raise CommandError(kept.sentence)
    return trained_by(kept)


def _hint(project: Project) -> str:
    """What is not in a report without a run, and how it comes in."""
    said = "It tells of an untrained network; --run names a run whose weights and curves it is to tell of."
    if project.run is not None and own_folder(project.run) is not None:
        said += f" This project has its weights from {project.run.folder}."
    return said
