"""Metrics: the numbers of a run as metrics.csv, a row a window of steps and a row an epoch. Knows neither Qt nor torch.

Rows are only ever added at the end, each whole with its line end, so that a program that is killed leaves complete
rows; what is behind the last line end is passed over. The columns are the numbers of ``Step`` and ``EpochEnd`` under
their own names: an event that gains a number has it kept without a word here, and a column that is lacking or unknown
does no harm.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, get_type_hints

from cnnstudio.disk import DiskError, read, reason, replacing
from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.wording import counted

METRICS = "metrics.csv"
LARGEST = 16 * 2**20  # bytes: a long run has some three million
MOST_ROWS = 100_000  # the last ones, which are read: a run of a week has some ten thousand
LONGEST_CELL = 40  # letters of a number
MOST_WINDOWS = 10_000  # of the steps that a run was begun with
WRITE_SECONDS = 1.0  # between two writes
KINDS: dict[str, type[Step | EpochEnd]] = {"step": Step, "epoch": EpochEnd}


def _numbers(kind: type) -> dict[str, type]:
    """The fields of an event that are numbers, with their types; ``float | None`` counts as float."""
    found = {}
    for name, hint in get_type_hints(kind).items():
        plain = hint if hint in (int, float, bool) else float if hint == (float | None) else None
        if plain is not None:
            found[name] = plain
    return found


NUMBERS = {kind: _numbers(kind) for kind in KINDS.values()}
COLUMNS = ("kind", "steps", *dict.fromkeys(name for numbers in NUMBERS.values() for name in numbers))
_HEADER = ",".join(COLUMNS) + "\n"


@dataclasses.dataclass(frozen=True)
class Row:
    """One row: an event, and over how many steps its numbers are means, of which it is the last; 0 for an epoch."""

    event: Step | EpochEnd
    steps: int = 0

    @property
    def first(self) -> int:
        """The first step of the window."""
        return self.event.step - self.steps + 1 if isinstance(self.event, Step) else 0

    def is_after(self, step: int, epochs: int) -> bool:
        """Whether it came after this step and so many whole epochs."""
        return self.event.step > step if isinstance(self.event, Step) else self.event.epoch > epochs


@dataclasses.dataclass(frozen=True)
class Metrics:
    """All rows of a file in their order, and a sentence where some could not be read."""

    rows: tuple[Row, ...] = ()
    trouble: str = ""

    @property
    def events(self) -> tuple[Step | EpochEnd, ...]:
        """The events of the rows, as curves take them."""
        return tuple(row.event for row in self.rows)


def read_metrics(folder: Path, until: tuple[int, int] | None = None) -> Metrics:
    """The rows of metrics.csv in this folder; none where there is no such file. Nothing is raised.

    ``until`` are a step and a number of whole epochs: the rows are then those that stood there at this position.
    """
    path = folder / METRICS
    if not path.exists():
        return Metrics()
    try:
        data = read(path, LARGEST)
    except DiskError as error:
        return Metrics((), str(error))
    whole = data[: data.rfind(b"\n") + 1].decode(errors="replace")
    first, *lines = whole.split("\n")[:-1] or [""]
    header = first.rstrip("\r").split(",")
    rows: dict[tuple[str, int], Row] = {}
    lost = 0
    for line in lines[-MOST_ROWS:]:
        try:
            row = _row(dict(zip(header, line.rstrip("\r").split(","), strict=True)))
        except (ValueError, KeyError, OverflowError):
            lost += 1
            continue
        if until is not None and row.is_after(*until):
            continue
        # a window that was ended early and then went on takes the place of what was said of it before
        place = ("step", row.first) if isinstance(row.event, Step) else ("epoch", row.event.epoch)
        rows.pop(place, None)
        rows[place] = row
    troubles = [f"{counted(lost, 'row')} of {METRICS} could not be read."] if lost else []
    if len(lines) > MOST_ROWS:
        troubles.append(f"{METRICS} has {len(lines):,} rows; the last {MOST_ROWS:,} are read.")
    return Metrics(tuple(rows.values()), " ".join(troubles))


def read_epochs(folder: Path) -> tuple[Step | EpochEnd, ...]:
    """Every epoch, and the last window behind them: what a list of runs asks for. Linear in the rows, which it skips.

    What cannot be read is passed over.
    """
    with suppress(DiskError):
        data = read(folder / METRICS, LARGEST)
        header, *lines = data[: data.rfind(b"\n") + 1].split(b"\n")[:-1] or [b""]
        wanted = [line for line in lines if line.startswith(b"epoch,")] + lines[-1:]
        names = header.decode(errors="replace").rstrip("\r").split(",")
        events: dict[Step | EpochEnd, None] = {}  # the last line may be an epoch
        for line in wanted:
            with suppress(ValueError, KeyError, OverflowError):
                cells = line.decode(errors="replace").rstrip("\r").split(",")
                events[_row(dict(zip(names, cells, strict=True))).event] = None
        return tuple(events)
    return ()


def _row(cells: dict[str, str]) -> Row:
    kind = KINDS[cells["kind"]]
    event = _event(kind, cells)
    steps = int(_checked(cells["steps"])) if kind is Step else 0
    counts = (event.step, event.epoch, steps - 1) if isinstance(event, Step) else (event.epoch,)
    if min(counts) < 0 or (isinstance(event, Step) and steps > event.step):
        raise ValueError("a count below zero")
    return Row(event, steps)


def _event(kind: type[Step | EpochEnd], cells: dict[str, str]) -> Step | EpochEnd:
    values: dict[str, Any] = {}
    for name, plain in NUMBERS[kind].items():
        text = _checked(cells.get(name, ""))
        if text:
            values[name] = text == "1" if plain is bool else plain(text)
    for field in dataclasses.fields(kind):
        if field.name not in values and field.default is dataclasses.MISSING:
            if NUMBERS[kind].get(field.name) is not float:
                raise ValueError(field.name)
            values[field.name] = math.nan
    return kind(**values)


def _checked(text: str) -> str:
    if len(text) > LONGEST_CELL:
        raise ValueError("no number is as long as this")
    return text


def _line(row: Row) -> str:
    kind = "step" if isinstance(row.event, Step) else "epoch"
    cells = [kind, str(row.steps) if row.steps else ""]
    numbers = NUMBERS[type(row.event)]
    for name in COLUMNS[2:]:
        value = getattr(row.event, name) if name in numbers else None
        cells.append("" if value is None else str(int(value)) if numbers[name] is bool else repr(numbers[name](value)))
    return ",".join(cells) + "\n"


class MetricsWriter:
    """Writes the rows of a run, a window of ``every`` steps at a time and at most about once a second.

    ``kept`` are the rows that are to stay, of a run that is gone on with: the file is then written anew with them, and
    an unfinished window goes on where it was, so that the rows are those of a run that was not interrupted. Raises
    ``DiskError`` where that cannot be done. Later a disk that is full does not end the run: ``trouble`` is a sentence
    as long as there are rows that it has not taken.
    """

    def __init__(self, folder: Path, total_steps: int, kept: Sequence[Row] = ()) -> None:
        self.path, self.trouble = folder / METRICS, ""
        self.every = max(1, math.ceil(total_steps / MOST_WINDOWS))
        self._lines: list[str] = []
        self._written = time.monotonic()
        self._step: Step | None = None  # the window so far, as means
        self._count = 0
        rows = list(kept)
        if rows and isinstance(rows[-1].event, Step) and rows[-1].steps < self.every:
            self._step, self._count = rows[-1].event, rows[-1].steps
        with replacing(self.path) as temporary:
            temporary.write_text(_HEADER + "".join(map(_line, rows)), encoding="utf-8", newline="")

    @property
    def is_due(self) -> bool:
        """Whether the last rows were written long enough ago."""
        return time.monotonic() - self._written >= WRITE_SECONDS

    def take(self, event: object) -> None:
        """Keep the numbers of this event, if it has any."""
        if isinstance(event, Step):
            self._step = event if self._step is None else _joined(self._step, self._count, event)
            self._count += 1
            if self._count >= self.every:
                self._end_window()
            if self.is_due:
                self._write()
        elif isinstance(event, EpochEnd):
            self._end_window()
            self._lines.append(_line(Row(event)))
            if self.is_due:
                self._write()

    def flush(self) -> None:
        """Write all there is, the window so far as well; it goes on, and its row is replaced by the whole one."""
        unfinished = [_line(Row(self._step, self._count))] if self._step is not None else []
        self._lines += unfinished
        self._write()
        if self._lines and unfinished:
            self._lines.pop()

    def _end_window(self) -> None:
        if self._step is not None:
            self._lines.append(_line(Row(self._step, self._count)))
            self._step, self._count = None, 0

    def _write(self) -> None:
        self._written = time.monotonic()
        if not self._lines:
            return
        try:
            _append(self.path, "".join(self._lines))
        except OSError as error:
            self.trouble = f"{self.path.name} was not written: {reason(error)}. Training goes on."
        else:
            self.trouble = ""
            self._lines.clear()


def _append(path: Path, rows: str) -> None:
    """Add all of these rows at the end of the file, or nothing: a full disk takes a part. Raises ``OSError``."""
    with path.open("ab", buffering=0) as file:
        end = file.tell()
        left = memoryview((rows if end else _HEADER + rows).encode())  # somebody may have deleted it
        try:
            while left:
                left = left[file.write(left) :]
        except OSError:
            with suppress(OSError):
                file.truncate(end)
            raise


def _joined(mean: Step, count: int, step: Step) -> Step:
    """The window with one more step: means of what is measured, and the last of what is counted or set.

    A running mean is all that going on needs, so that a window read back goes on to the last bit.
    """
    loss = mean.loss + (step.loss - mean.loss) / (count + 1)
    accuracy = mean.accuracy + (step.accuracy - mean.accuracy) / (count + 1)
    return dataclasses.replace(step, loss=loss, accuracy=accuracy)
