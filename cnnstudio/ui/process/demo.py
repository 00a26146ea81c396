"""Demo: the main job where there is no display. The real window, unseen: open, train, export, take pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSize, QTimer
from PySide6.QtWidgets import QWidget

from cnnstudio import disk
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.project import Project, ProjectError, read
from cnnstudio.ui.run import Run

SIZE = QSize(1440, 900)


Say = Callable[[str], object]
Show = Callable[[str, float | None], object]


class DemoError(Exception):
    """The job was not done; the message is a sentence for the terminal."""


def run(path: Path, out: Path, say: Say, show: Show) -> int:
    """Train the project at ``path`` in a window that nobody sees and leave its results in the folder ``out``.

    ``say`` is given lines that stay, ``show`` what goes on and how far it is (0 to 1, None where it is not known).
    Returns the exit code. Raises ``DemoError`` with a sentence where that cannot be done.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from cnnstudio.ui.app import application, new_window
    from cnnstudio.ui.preferences import Preferences
    from cnnstudio.ui.theme import theme

    try:
        project = read(path)
        out.mkdir(parents=True, exist_ok=True)
    except ProjectError as error:
        raise DemoError(str(error)) from error
    except OSError as error:
        raise DemoError(f"The folder {out} cannot be made: {disk.reason(error)}.") from error
    application()
    theme.install("light", 1.0)
    say(f"There is no display, so {path.stem} is trained and exported here. Its results go to {out}{os.sep}")
    window = new_window(Preferences())
    try:
        window.resize(SIZE)
        window.document.open(project, None)
        if reason := window.document.obstacle():
            raise DemoError(f"The network cannot be trained yet. {reason}")
        window.show()
        window.canvas.fit()
        if project.graph.inputs:
            window.document.select((project.graph.order[1],))
        _train(window.run, window.document.project, say, show)
        _export(window.run, out, say)
        say(_picture(window.canvas, out / "canvas.png", "the canvas"))
        for panel, file, what in (
            ("curves", "curves.png", "the curves"),
            ("feature-maps", "feature_maps.png", "the feature maps of the first layer"),
        ):
            window.show_panel(panel)
            dock = window.docks[panel].widget()
            if dock is not None:
                say(_picture(dock, out / file, what))
        window.show_panel("curves")
        say(_picture(window, out / "window.png", "the window"))
    finally:
        window.document.mark_saved()
        window.end(30.0)  # an interpreter that ends amid torch's work may crash
        window.close()
    return 0 if window.run.state == "finished" else 1


def _train(run: Run, project: Project, say: Say, show: Show) -> None:
    """Train to the end, with a line an epoch. Raises ``DemoError`` where it fails."""
    told = 0

    def advanced() -> None:
        nonlocal told
        epochs = run.history.epochs
        while told < len(epochs):
            epoch = {name: epochs[name][told] for name in ("train_loss", "validation_loss", "validation_accuracy")}
            told += 1
            say(
                f"Epoch {told:>3}  loss {epoch['train_loss']:.4f}  validation loss {epoch['validation_loss']:.4f}"
                f"  accuracy {epoch['validation_accuracy']:6.1%}"
            )
        show("Training" if run.history.last else run.sentence, run.share)

    run.advanced.connect(advanced)
    run.start(project)
    _wait(lambda: not run.is_active)
    say(run.sentence)
    if run.state != "finished":
        raise DemoError("The training did not come to an end, so nothing was exported.")


def _export(run: Run, out: Path, say: Say) -> None:
    from cnnstudio.exchange.exporting.export import export
    from cnnstudio.exchange.exporting.exportable import ExportError

    for kind, name in (("python", "model.py"), ("weights", "model.safetensors"), ("torchscript", "model.pt")):
        try:
            done = export(run.project.graph, kind, out / name, run.weights)  # type: ignore[union-attr]
        except ExportError as error:
            raise DemoError(str(error)) from error
        say(f"{out / name}: {KINDS[kind].title.lower()}; {done.sentence.partition(';')[2].strip()}")


def _picture(widget: QWidget, path: Path, what: str) -> str:
    """Take a picture; what to say of it. Raises ``DemoError`` where it cannot be written."""
    _wait_milliseconds(300)
    if not widget.grab().save(str(path)):
        free = shutil.disk_usage(path.parent).free
        raise DemoError(f"{path} cannot be written ({free:,} bytes are free).")
    return f"{path}: {what}"


def _wait(is_done: Callable[[], bool]) -> None:
    """Let the window live until ``is_done``; Ctrl+C ends it."""
    loop = QEventLoop()
    timer = QTimer(interval=20)
    timer.timeout.connect(lambda: loop.quit() if is_done() else None)
    timer.start()
    loop.exec()
    timer.stop()


def _wait_milliseconds(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
