"""``cnnstudio sweep``: train a network several times with other values, and say which did best."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shlex import quote

from cnnstudio.cli.command import CommandError, Commands
from cnnstudio.cli.queue import work_through
from cnnstudio.cli.runs import LOCAL
from cnnstudio.cli.table import plain, table
from cnnstudio.cli.train import offer_recipe, trainable
from cnnstudio.project import Project
from cnnstudio.project.axes import AxisError, read_axes
from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import folder_layout
from cnnstudio.training.runs.queue import PARTICULAR, QueueError, QueueFile
from cnnstudio.training.runs.run_differences import ABSENT
from cnnstudio.training.runs.run_library import ListedRun, RunLibrary, usual_places
from cnnstudio.training.runs.sweep import Plan, Sweep, SweepError, enqueue
from cnnstudio.wording import counted, listed, short

NAME = "sweep"
MOST_LEFT_OUT = 5  # that are told one by one


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        usage="cnnstudio sweep FILE --over NAME=VALUES ... [--random N] [--runs N] [--epochs-in-all N] [--median]\n"
        "                       [--dry-run | --run] [--epochs N] ...\n"
        "       cnnstudio sweep --results SWEEP",
        help="train a network several times with other values",
        description="Queue a run for each combination of the values that are given with --over: of a field of the "
        "recipe (learning_rate=0.1,0.01) or a parameter of a block (conv1.out_channels=8,16). A range is written "
        "0.0001..0.1, or 16..256:5:log for five numbers in equal factors; a semicolon stands between values that have "
        "commas of their own. Combinations that cannot be trained are left out and said. --run trains them at once, "
        "after what is queued already, and ends with a table, the best first; --results shows that table later.",
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a .cnn file")
    parser.add_argument(
        "--over", action="append", default=[], metavar="NAME=VALUES", help="what is varied; several times for several"
    )
    parser.add_argument(
        "--random", type=int, metavar="N", help="draw N combinations by chance, between the ends of ranges as well"
    )
    parser.add_argument("--runs", type=int, metavar="N", help="at most N runs; where there are more, chance chooses")
    parser.add_argument("--epochs-in-all", type=int, metavar="N", help="at most N epochs in all runs together")
    parser.add_argument(
        "--median", action="store_true", help="end a run early whose accuracy falls behind the median of the others"
    )
    parser.add_argument("--dry-run", action="store_true", help="list the runs and queue nothing")
    parser.add_argument("--run", dest="runs_now", action="store_true", help="work the queue through, and compare")
    parser.add_argument("--results", metavar="SWEEP", help='compare the runs of a sweep, such as "sweep 1"')
    offer_recipe(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List, queue, train or compare the runs of a sweep."""
    file = QueueFile()
    try:
        if arguments.results is not None:
            return _compare(file, arguments.results)
        if arguments.file is None or not arguments.over:
            raise CommandError(
                "sweep needs a file and what is to be varied: cnnstudio sweep net.cnn --over learning_rate=0.1,0.01"
            )
        plan = _planned(arguments)
        if arguments.dry_run:
            print("\n".join(_listed(plan)))
            return 0
        title = arguments.file.stem
        name = enqueue(file, plan, title, _taken(), LOCAL.absolute(), is_judged=arguments.median)
        print(f"{plan.sentence} Queued as {name}.")
        if not arguments.runs_now:
            print(f"`cnnstudio queue run` trains, `cnnstudio sweep --results {quote(name)}` compares.")
            return 0
        code = work_through(file)
        return _compare(file, name) or code
    except (AxisError, QueueError, SweepError) as error:
        raise CommandError(str(error)) from error


def _planned(arguments: argparse.Namespace) -> Plan:
    """The runs; what is doubtful about the network is printed."""
    project, doubts = trainable(argparse.Namespace(**{**vars(arguments), "resume": None}), is_for_later=True)
    for doubt in doubts:
        print(doubt)
    limits = [count for count in (arguments.random, arguments.runs) if count is not None]
    made = Sweep(
        project,
        read_axes(project, arguments.over),
        "grid" if arguments.random is None else "random",
        project.recipe.seed,
        min(limits, default=None),
        arguments.epochs_in_all,
    )
    return made.plan(_classes(project))


def _classes(project: Project) -> int | None:
    """How many classes a folder of images has; None where no look is needed, or it says nothing."""
    if DATASETS[project.recipe.data].is_folder:
        with suppress(DataError):
            return len(folder_layout(project.recipe.folder).names)
    return None


def _listed(plan: Plan) -> Iterator[str]:
    """The runs with what is known of them beforehand, and those that are none."""
    head = ("", "Run", "Epochs", "Parameters", "MACs")
    cells = (
        (str(number), each.title, f"{each.epochs:,}", f"{each.parameters:,}", short(each.macs))
        for number, each in enumerate(plan.runs, 1)
    )
    yield from table([head, *cells], right=(0, 2, 3, 4))
    for left in plan.left_out[:MOST_LEFT_OUT]:
        yield f"left out: {left.title}: {left.sentence}"
    yield plan.sentence


def _taken() -> set[str]:
    """The names that sweeps have had whose runs are there."""
    return {tag for run in RunLibrary().look([LOCAL, *usual_places()]) for tag in run.labels.tags}


# results


def _compare(file: QueueFile, name: str) -> int:
    """Say which run of a sweep did best, and what was measured with."""
    queued = [entry for entry in file.read().entries if entry.sweep == name]
    folders = {Path(entry.folder) for entry in queued if entry.folder}
    found = RunLibrary().look([*sorted(folders), LOCAL.absolute(), *usual_places()])
    runs = sorted((run for run in found if run.folder in folders or name in run.labels.tags), key=_rank)
    waiting = sum(not entry.is_over for entry in queued)
    if not runs:
        raise CommandError(
            f"No run of {name} has begun yet: `cnnstudio queue run` trains."
            if waiting
            else f"There is no sweep called {name}; `cnnstudio runs` lists the runs with their tags."
        )
    head = ("", "Run", "Best", "Epoch", "Loss", "Epochs", "Parameters", "State", "Folder")
    print("\n".join(table([head, *map(_cells, range(1, len(runs) + 1), runs)], right=(0, 2, 3, 4, 5, 6))))
    images = sorted({run.record.images[1] for run in runs if run.record.images[1]})
    if images:
        print(
            f"Each run at the epoch that did best on {listed([f'{count:,}' for count in images])} validation images, "
            f"of which one is {1 / images[0]:.2%}. As they chose the epoch, other images will show a little less."
        )
    if waiting:
        print(f"{counted(waiting, 'run')} of {name} {'is' if waiting == 1 else 'are'} to come.")
    return 0


def _rank(run: ListedRun) -> tuple[float, float]:
    """The best accuracy first, of equal ones the lower loss."""
    best = run.record.best
    accuracy = best.accuracy if best is not None and best.accuracy is not None else -1.0
    loss = best.loss if best is not None and best.loss is not None else float("inf")
    return -accuracy, loss


def _cells(number: int, run: ListedRun) -> tuple[str, ...]:
    record, best = run.record, run.record.best
    has_accuracy = best is not None and best.accuracy is not None
    is_early = run.state == "stopped" and record.sentence.startswith("Stopped early")
    return (
        str(number),
        plain(run.title.partition(PARTICULAR)[2] or run.title),
        f"{best.accuracy:.1%}" if best is not None and has_accuracy else ABSENT,
        f"{best.epoch}" if best is not None else ABSENT,
        ABSENT if best is None or best.loss is None else f"{best.loss:.4g}",
        f"{record.epochs_done}/{record.epochs}",
        ABSENT if record.parameters is None else f"{record.parameters:,}",
        "stopped early" if is_early else run.state,
        plain(run.folder.name),
    )
