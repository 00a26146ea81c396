"""``cnnstudio runs``: the runs that were trained, one of them, what differs between some, and the room they take."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cnnstudio.cli.command import CommandError, Commands
from cnnstudio.cli.table import json_text, plain, table
from cnnstudio.disk import DiskError, reason
from cnnstudio.training.runs.metrics_file import read_metrics
from cnnstudio.training.runs.run_differences import ABSENT, Difference, best_of, differences
from cnnstudio.training.runs.run_library import ListedRun, RunLibrary, opened_run, usual_places
from cnnstudio.wording import counted, duration, memory, short

NAME = "runs"
FEWEST = {"show": 1, "diff": 2, "clean": 1}  # runs that a word takes at least
LOCAL = Path("runs")  # where `train` puts them


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        usage="cnnstudio runs [--json] [DIR ...]\n"
        "       cnnstudio runs show [--json] RUN\n"
        "       cnnstudio runs diff [--json] RUN RUN ...\n"
        "       cnnstudio runs clean [--keep best|last] [--delete] RUN ...",
        help="list what was trained",
        description="List the runs in DIR, the latest first; without DIR those in runs/ and those of the window. "
        "`show` tells all of one run, `diff` only what differs between some: their results, recipes and networks. "
        "RUN is the folder of a run, its name, or the beginning of its id. `clean` says what would be freed where "
        "only the best or the last weights are kept, and deletes it for good with --delete.",
    )
    parser.add_argument("words", nargs="*", metavar="DIR", help="a folder of runs, or one of the words above")
    parser.add_argument("--json", action="store_true", help="write JSON for other programs")
    parser.add_argument("--keep", choices=("best", "last"), default="best", help="with clean: the weights that stay")
    parser.add_argument("--delete", action="store_true", help="with clean: delete; there is no way back")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the first word says; without one of its own words it lists."""
    word, *names = arguments.words or [""]
    if word not in FEWEST:
        return _list([Path(each) for each in arguments.words], arguments)
    if len(names) < FEWEST[word]:
        raise CommandError(f"runs {word} needs {counted(FEWEST[word], 'run')}; `cnnstudio runs` lists them.")
    if word == "show" and len(names) > 1:
        raise CommandError("runs show tells of one run; to compare several there is `cnnstudio runs diff`.")
    try:
        found = [opened_run(name, [LOCAL, *usual_places()]) for name in names]
    except DiskError as error:
        raise CommandError(str(error)) from error
    does: dict[str, Callable[[Sequence[ListedRun], argparse.Namespace], int]] = {
        "show": _show, "diff": _diff, "clean": _clean,
    }  # fmt: skip
    return does[word](found, arguments)


# list


def _list(places: Sequence[Path], arguments: argparse.Namespace) -> int:
    for place in places:
        if not place.is_dir():
            raise CommandError(f"{place} is no folder.")
    library = RunLibrary()
    found = library.look(places or [LOCAL, *usual_places()])
    if arguments.json:
        print(json_text([_document(each) for each in found]))
        return 0
    for trouble in library.troubles:
        print(f"warning: {trouble}")
    if not found:
        print("There are no runs here yet; `cnnstudio train FILE` makes one.")
        return 0
    head = ("Run", "State", "Best", "Loss", "Epochs", "Time", "Parameters", "MACs", "Began", "Size", "Tags")
    print("\n".join(table([head, *map(_cells, found)], right=range(3, 8))))
    print(f"{counted(len(found), 'run')}, {memory(sum(each.size for each in found))}")
    return 0


def _cells(run: ListedRun) -> tuple[str, ...]:
    record = run.record
    loss = record.best.loss if record.best is not None else None
    return (
        plain(run.folder.name),
        run.state,
        best_of(run),
        ABSENT if loss is None else f"{loss:.4g}",
        f"{record.epochs_done}/{record.epochs}",
        duration(record.seconds) if record.seconds else ABSENT,
        ABSENT if record.parameters is None else f"{record.parameters:,}",
        ABSENT if record.macs is None else short(record.macs),
        f"{record.began.astimezone():%Y-%m-%d %H:%M}",
        memory(run.size),
        plain(", ".join(run.labels.tags)),
    )


# show


def _show(found: Sequence[ListedRun], arguments: argparse.Namespace) -> int:
    (run,) = found
    metrics = read_metrics(run.folder)
    epochs = [row.event for row in metrics.rows if not row.steps]
    if arguments.json:
        print(json_text({**_document(run), "epochs_said": [vars(epoch) for epoch in epochs]}))
        return 0
    for trouble in filter(None, (run.trouble, metrics.trouble)):
        print(f"warning: {trouble}")
    rows = [(name, value) for name, value in _about(run) if value]
    print("\n".join(f"{name:<12}  {value}" for name, value in rows))
    for epoch in epochs:
        values = {name: value for name, value in vars(epoch).items() if name not in ("epoch", "is_best")}
        numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
        said = "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in numbers.items())
        print(f"epoch {epoch.epoch}: {said}{'  best so far' if getattr(epoch, 'is_best', False) else ''}")
    return 0


def _about(run: ListedRun) -> Iterator[tuple[str, str]]:
    record = run.record
    yield "folder", plain(str(run.folder))
    yield "id", plain(record.id)
    yield "state", run.state
    yield "", plain(run.sentence)
    yield "began", f"{record.began.astimezone():%Y-%m-%d %H:%M:%S}"
    yield "ended", f"{record.ended.astimezone():%Y-%m-%d %H:%M:%S}" if record.ended else ""
    yield "best", best_of(run)
    yield "epochs", f"{record.epochs_done} of {record.epochs}"
    yield "time", duration(record.seconds) if record.seconds else ""
    yield "parameters", f"{record.parameters:,}" if record.parameters is not None else ""
    yield "MACs", f"{record.macs:,}" if record.macs is not None else ""
    yield "images", " + ".join(f"{count:,}" for count in record.images) if any(record.images) else ""
    yield "device", plain(record.device)
    yield "versions", plain(", ".join(f"{name} {number}" for name, number in record.versions.items()))
    yield "structure", plain(record.structure)
    yield "seed", str(record.seed)
    yield "tags", plain(", ".join(run.labels.tags))
    yield "note", plain(run.labels.note)
    yield "size", memory(run.size)
    for remark in record.remarks:
        yield "remark", plain(remark)


# diff


def _diff(found: Sequence[ListedRun], arguments: argparse.Namespace) -> int:
    told = differences(found)
    if arguments.json:
        rows = [msgspec.to_builtins(row) for row in told.rows]
        print(json_text({"runs": [str(run.folder) for run in found], "differences": rows, "troubles": told.troubles}))
        return 0
    for trouble in told.troubles:
        print(f"warning: {trouble}")
    print("\n".join(table([("", *(plain(run.folder.name) for run in found)), *map(_row, told.rows)])))
    if not told.of("recipe") and not told.of("network") and not told.troubles:
        print("The recipes and the networks are the same.")
    return 0


def _row(row: Difference) -> tuple[str, ...]:
    return (row.name, *row.values)


# clean


def _clean(found: Sequence[ListedRun], arguments: argparse.Namespace) -> int:
    for run in found:
        files = run.spare(arguments.keep)
        if not files:
            why = "it is running" if run.state == "running" else f"nothing but its {arguments.keep} weights is there"
            why = why if f"{arguments.keep}.safetensors" in run.files else f"it has no {arguments.keep} weights"
            print(f"{plain(run.folder.name)}: nothing to free, {why}.")
            continue
        size = memory(sum(file.lstat().st_size for file in files))
        names = ", ".join(file.name for file in files)
        if not arguments.delete:
            print(f"{plain(run.folder.name)}: {names} would be deleted and {size} freed. Say --delete to do it.")
            continue
        try:
            for file in files:
                file.unlink()
        except OSError as error:
            raise CommandError(f"{file.name} of {run.folder.name} was not deleted: {reason(error)}.") from error
        print(f"{plain(run.folder.name)}: deleted {names} for good; {size} freed.")
    return 0


# in common


def _document(run: ListedRun) -> dict[str, Any]:
    return {
        **msgspec.to_builtins(run.record),
        "state": run.state,
        "sentence": run.sentence,
        "folder": str(run.folder),
        "tags": run.labels.tags,
        "note": run.labels.note,
        "size": run.size,
        "recipe": run.values,
        "trouble": run.trouble,
    }
