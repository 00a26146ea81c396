"""How long a list of runs takes: read from the disk for the first time, looked at again, and opened as a table.

    python benchmarks/runs.py [RUNS]

Prints milliseconds; the table of a thousand runs is to open within 500.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import msgspec
from PySide6.QtWidgets import QApplication

from cnnstudio.project import from_template, write
from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.runs.metrics_file import MetricsWriter
from cnnstudio.training.runs.record import Best, new_record, write_record
from cnnstudio.training.runs.run_library import ListedRun, RunLibrary
from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.theme import theme
from cnnstudio.ui.training.run_list import RunsPanel

PROMISE = 500.0  # milliseconds


def main() -> int:
    """Measure with as many runs as the command line says; 1 where the promise is not kept."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder)]
        _make(places[0], count)
        library = RunLibrary()
        first = _milliseconds(lambda: library.look(places))
        again = min(_milliseconds(lambda: library.look(places)) for _ in range(3))
        shown = _table(library.look(places))
    print(f"{count:,} runs read for the first time  {first:6.0f} ms")
    print(f"looked at again                 {again:6.0f} ms")
    print(f"shown as a table and painted    {shown:6.0f} ms")
    return 0 if first + shown < PROMISE else 1


def _table(runs: Sequence[ListedRun]) -> float:
    """How long the panel takes to show these runs, painted."""
    app = QApplication([])
    theme.install("light")
    panel = RunsPanel(Document(), Run())
    panel.scope.setCurrentIndex(1)
    panel.resize(1_100, 300)
    panel.grab()
    panel.run.kept.runs = tuple(runs)

    def show() -> None:
        panel.run.kept.changed.emit()
        panel.grab()

    taken = _milliseconds(show)
    assert panel.shown.rowCount() == len(runs)
    panel.close_tasks()
    panel.run.close()
    panel.deleteLater()
    app.processEvents()
    return taken


def _make(folder: Path, count: int) -> None:
    projects = [from_template(key) for key in ("lenet5", "vgg-small", "small-resnet")]
    records = [new_record(project, "CPU, 2 threads", "net") for project in projects]
    template = folder / "first"
    template.mkdir()
    writer = MetricsWriter(template, 300)
    for number in range(1, 301):
        writer.take(Step(number, 1 + number // 20, 1 / number, 0.5, 0.1, 100.0))
    writer.take(EpochEnd(15, 0.1, 0.9, 0.2, 0.9, 1.5, True))
    writer.flush()
    metrics = writer.path.read_bytes()
    writer.path.unlink()
    template.rmdir()
    texts = []
    for project in projects:
        write(folder / "project.cnn", project)
        texts.append((folder / "project.cnn").read_bytes())
    (folder / "project.cnn").unlink()
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(count):
        run = folder / f"run-{number}"
        run.mkdir()
        (run / "project.cnn").write_bytes(texts[number % 3])
        (run / "metrics.csv").write_bytes(metrics)
        for name in ("best", "last", "checkpoint"):
            (run / f"{name}.safetensors").write_bytes(b" " * 1_000)
        record = msgspec.structs.replace(
            records[number % 3], id=f"{number:012}", began=began + timedelta(minutes=number), state="done",
            owner=None, epochs_done=15, best=Best(15, number / count, 0.2),
        )  # fmt: skip
        write_record(run, record)


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1_000 * (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
