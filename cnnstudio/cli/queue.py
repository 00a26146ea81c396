"""``cnnstudio queue``: runs one after another, listed, added, put in order, worked through and paused."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from cnnstudio.cli.bar import Bar
from cnnstudio.cli.command import CommandError, Commands
from cnnstudio.cli.table import json_text, plain, table
from cnnstudio.cli.telling import Telling
from cnnstudio.cli.train import INTERRUPTED, interruptible, offer_recipe, trainable
from cnnstudio.disk import DiskError
from cnnstudio.graph import parameters
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.leftovers import clear
from cnnstudio.training.runs.queue import Entry, Queue, QueueError, QueueFile, new_entry
from cnnstudio.training.runs.queue_runner import Begun, QueueRunner, Settled
from cnnstudio.training.runs.run_differences import ABSENT, best_of
from cnnstudio.training.runs.run_library import ListedRun, opened_run
from cnnstudio.training.runs.told_apart import told_apart
from cnnstudio.wording import counted

NAME = "queue"
LOCAL = Path("runs")  # where `train` puts them


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        usage="cnnstudio queue [--json]\n"
        "       cnnstudio queue add FILE ... [--epochs N] ...\n"
        "       cnnstudio queue run | pause | clear\n"
        "       cnnstudio queue move RUN PLACE\n"
        "       cnnstudio queue remove | again RUN ...",
        help="train several networks, one after another",
        description="List the runs that are to come, and what became of those that were. `add` queues each FILE as it "
        "is now, with the options of the recipe in the place of what the file says; later changes of the file do not "
        "reach it. `run` trains one after another and goes on after one that failed; Ctrl+C keeps all that is there, "
        "and `run` goes on with it later, as it does after a crash. `pause` stops a queue that is worked through, in "
        "a window or another terminal. RUN is its number in the list, or the beginning of its id. `again` queues what "
        "failed or was stopped once more, and `clear` takes what is over out of the list; no run is ever deleted.",
    )
    parser.add_argument("words", nargs="*", metavar="WORD", help="one of the words above and what it takes")
    parser.add_argument("--json", action="store_true", help="write the list as JSON for other programs")
    offer_recipe(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the first word says; without one it lists."""
    word, *names = arguments.words or ["list"]
    does: dict[str, Callable[[QueueFile, list[str], argparse.Namespace], int]] = {
        "list": _list, "add": _add, "run": _run, "pause": _pause, "clear": _clear, "move": _move, "remove": _remove,
        "again": _again,
    }  # fmt: skip
    if word not in does:
        raise CommandError(f"queue takes no {word!r}; it takes {', '.join(does)}.")
    given = [p.name for p in parameters(Recipe) if p.name in vars(arguments)]
    if word != "add" and (given or arguments.preset is not None):
        option = given[0].replace("_", "-") if given else "preset"
        raise CommandError(f"queue {word} takes no --{option}: what is queued is trained as it was queued.")
    file = QueueFile()
    try:
        return does[word](file, names, arguments)
    except QueueError as error:
        raise CommandError(str(error)) from error
    finally:
        if file.trouble:
            print(f"warning: {file.trouble}")


# list


def _list(file: QueueFile, names: Sequence[str], arguments: argparse.Namespace) -> int:
    _takes(names, "list", 0, 0)
    queue = file.read()
    if arguments.json:
        print(json_text({"is_paused": queue.is_paused, "entries": [_document(each) for each in queue.entries]}))
        return 0
    if not queue.entries:
        print("Nothing is queued; `cnnstudio queue add FILE` adds a network.")
        return 0
    apart = told_apart(queue.entries)
    head = ("No.", "Name", "What differs", "State", "Best", "Epochs", "Run", "Id")
    rows = (_cells(number, each, apart.get(each.id, "")) for number, each in enumerate(queue.entries, 1))
    print("\n".join(table([head, *rows], right=(0,))))
    print(_told(queue))
    return 0


def _told(queue: Queue) -> str:
    waiting = len(queue.waiting)
    if queue.running is not None:
        return f"A run is being trained; {counted(waiting, 'more run')} {'waits' if waiting == 1 else 'wait'}."
    if not waiting:
        return "No run waits."
    return (
        f"{counted(waiting, 'run')} {'waits' if waiting == 1 else 'wait'}{', paused' if queue.is_paused else ''}. "
        f"`cnnstudio queue run` trains {'it' if waiting == 1 else 'them'}."
    )


def _cells(number: int, entry: Entry, differs: str) -> tuple[str, ...]:
    known = _run_of(entry)
    return (
        str(number),
        plain(entry.title) or ABSENT,
        plain(differs)[:60] or ABSENT,
        entry.present_state,
        best_of(known) if known is not None else ABSENT,
        f"{known.record.epochs_done}/{known.record.epochs}" if known is not None else ABSENT,
        plain(Path(entry.folder).name) or plain(entry.sentence)[:60] or ABSENT,
        plain(entry.id),
    )


def _run_of(entry: Entry) -> ListedRun | None:
    with suppress(DiskError, OSError):
        return opened_run(entry.folder, ()) if entry.folder else None
    return None


def _document(entry: Entry) -> dict[str, Any]:
    known = _run_of(entry)
    found = msgspec.to_builtins(msgspec.structs.replace(entry, project="", state=entry.present_state))
    del found["project"], found["owner"]
    return {**found, "run": msgspec.to_builtins(known.record) if known is not None else None}


# add, order, remove


def _add(file: QueueFile, names: Sequence[str], arguments: argparse.Namespace) -> int:
    _takes(names, "add", 1, None, "file")
    entries = []
    for name in names:
        told = argparse.Namespace(**{**vars(arguments), "file": Path(name), "resume": None})
        project, doubts = trainable(told, is_for_later=True)
        for doubt in doubts:
            print(f"{name}: {doubt}")
        title = Path(name).stem
        entries.append(new_entry(project, title, LOCAL.absolute(), title))
    print(_told(file.change(lambda queue: queue.added(*entries))))
    return 0


def _move(file: QueueFile, names: Sequence[str], _: argparse.Namespace) -> int:
    _takes(names, "move", 2, 2, "run and its place")
    name, place = names
    if not (place.isascii() and place.isdigit() and 0 < len(place) < 10):
        raise CommandError(f"The place must be a number from 1, not {place!r}.")
    queue = file.change(lambda queue: queue.moved(_named(queue, name).id, int(place) - 1))
    print("\n".join(f"{number}. {plain(each.title)}" for number, each in enumerate(queue.entries, 1)))
    return 0


def _remove(file: QueueFile, names: Sequence[str], _: argparse.Namespace) -> int:
    _takes(names, "remove", 1, None, "run")
    print(_told(file.change(lambda queue: queue.without(*(_named(queue, name).id for name in names)))))
    return 0


def _clear(file: QueueFile, names: Sequence[str], _: argparse.Namespace) -> int:
    _takes(names, "clear", 0, 0)
    print(_told(file.change(Queue.cleared)))
    return 0


def _again(file: QueueFile, names: Sequence[str], _: argparse.Namespace) -> int:
    _takes(names, "again", 1, None, "run")
    print(_told(file.change(lambda queue: queue.again(*(_named(queue, name).id for name in names)))))
    return 0


def _pause(file: QueueFile, names: Sequence[str], _: argparse.Namespace) -> int:
    _takes(names, "pause", 0, 0)
    queue = file.change(lambda queue: queue.paused())
    was = " The run in progress ends after this step and waits." if queue.running is not None else ""
    print(f"The queue is paused; `cnnstudio queue run` goes on.{was}")
    return 0


def _named(queue: Queue, name: str) -> Entry:
    """The entry with this number in the list, or whose id begins so. Raises ``CommandError``."""
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 5 else 0
    if 1 <= number <= len(queue.entries):
        return queue.entries[number - 1]
    found = [entry for entry in queue.entries if len(name) >= 3 and entry.id.startswith(name)]
    if len(found) != 1:
        raise CommandError(f"There is no run {name} in the queue; `cnnstudio queue` lists them with their numbers.")
    return found[0]


def _takes(names: Sequence[str], word: str, fewest: int, most: int | None, what: str = "") -> None:
    if fewest <= len(names) and (most is None or len(names) <= most):
        return
    if most == 0:
        raise CommandError(f"queue {word} takes nothing else, not {names[0]!r}.")
    raise CommandError(f"queue {word} needs a {what}; `cnnstudio queue` lists what is queued.")


# run


def _run(file: QueueFile, names: Sequence[str], _: argparse.Namespace) -> int:
    _takes(names, "run", 0, 0)
    return work_through(file)


def work_through(file: QueueFile) -> int:
    """Train what waits, one after another, and say how it goes; the exit code. Raises ``QueueError``."""
    queue = file.change(lambda queue: queue.paused(False) if queue.is_paused else queue)
    if not queue.waiting and queue.running is None:
        print("No run waits; `cnnstudio queue add FILE` adds a network.")
        return 0
    bar = Bar()
    bar.show("Starting PyTorch", None)
    clear(runs=[LOCAL])
    settled: list[Entry] = []
    with interruptible() as is_asked:

        def heard(sentence: str, share: float | None) -> bool:
            bar.show(sentence, share)
            return not is_asked()

        with closing(QueueRunner(file).events(heard)) as events:
            for event in _told_of(events, bar):
                if isinstance(event, Settled):
                    settled.append(event.entry)
                if is_asked():
                    break
    bar.clear()
    return _ended(file.read(), settled, is_asked(), bar)


def _told_of(events: Iterator[Any], bar: Bar) -> Iterator[Any]:
    """Tell of each event, each run under its own line, and pass it on."""
    told = Telling(bar)
    for event in events:
        match event:
            case Begun():
                told = Telling(bar)
                bar.say(f"{plain(event.entry.title) or 'A network'}: {'goes on' if event.entry.folder else 'begins'}.")
            case Settled():
                if event.entry.state != "done" and told.history.finished is None and event.entry.sentence:
                    is_early = event.entry.state == "stopped" and event.entry.is_judged  # and its sentence says so
                    state = "" if is_early else f"{event.entry.state}: "
                    bar.say(f"{state}{plain(event.entry.sentence)}")
            case _:
                told.take(event)
        yield event


def _ended(queue: Queue, settled: Sequence[Entry], is_interrupted: bool, bar: Bar) -> int:
    """Say in one line how it went; the exit code."""
    counts = [
        f"{sum(each.state == state for each in settled):,} {state}"
        for state in ("done", "failed", "stopped")
        if any(each.state == state for each in settled)
    ]
    what = ", ".join(counts) or "nothing was trained to its end"
    if queue.waiting:
        print(f"The queue was {'stopped' if is_interrupted else 'paused'}: {what}. {_told(queue)}")
    else:
        print(f"The queue is done: {what}.")
        bar.ring()
    if is_interrupted and queue.waiting:
        return INTERRUPTED
    as_meant = (each.state in ("done", "waiting") or (each.state == "stopped" and each.is_judged) for each in settled)
    return 0 if all(as_meant) else 1
