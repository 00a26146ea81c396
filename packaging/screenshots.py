"""Take the pictures of the window: ``make screenshots``.

The ones that README.md shows stand beside this file, those of the guides in docs/pictures; all others (each scene at
1280 × 720 and 1920 × 1080, light and dark) go to out/screenshots, to be looked at.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["CNNSTUDIO_HOME"] = tempfile.mkdtemp(prefix="cnnstudio-pictures-")

from PySide6.QtCore import QEventLoop, QSize, QTimer

from cnnstudio.blocks import Linear
from cnnstudio.compiler.inference import infer
from cnnstudio.figure.composition import figure
from cnnstudio.figure.options import Options
from cnnstudio.lessons.experiments import EXPERIMENTS
from cnnstudio.project import Project, from_template, read, write
from cnnstudio.resources import resource
from cnnstudio.ui.app import application
from cnnstudio.ui.lessons.experiments import ExperimentsPanel
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.pictures.figure_files import drawing
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.theme import theme

HERE = Path(__file__).resolve().parent
SIZES = (QSize(1280, 720), QSize(1920, 1080))


def wait(milliseconds: int) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def empty(window: MainWindow) -> None:
    """Nothing yet, but for the start page with a few recent files."""
    window.document.open(Project(), None)
    for key, name in (("small-resnet", "shapes, third try"), ("googlenet", "inception"), ("lenet5", "digits")):
        path = Path(os.environ["CNNSTUDIO_HOME"], "networks", f"{name}.cnn")
        path.parent.mkdir(exist_ok=True)
        write(path, project := from_template(key))
        window.windows.recent.remember(path, project.graph)


def lenet(window: MainWindow) -> None:
    """LeNet-5 with a convolution selected."""
    window.files.open(resource("examples", "lenet5.cnn"))
    window.document.select(("conv2",))


def largest(window: MainWindow) -> None:
    """GoogLeNet, whose inception modules are a block each."""
    window.files.new("googlenet")


def error(window: MainWindow) -> None:
    """LeNet-5 whose flattening was forgotten."""
    window.files.open(resource("examples", "lenet5.cnn"))
    graph = window.document.graph
    window.document.edit_graph("Delete flatten1", graph.remove("flatten1", heal=True).replace("fc1", Linear(120)))
    window.document.select(("fc1",))
    window.show_panel("problems")


SCENES: dict[str, Callable[[MainWindow], None]] = {"empty": empty, "lenet5": lenet, "branches": largest, "error": error}


def trained(window: MainWindow) -> None:
    """LeNet-5 after its training, with its curves."""
    lenet(window)
    window.show_panel("curves")
    window.run.start(window.document.project)
    loop = QEventLoop()
    window.run.state_changed.connect(lambda state: loop.quit() if not window.run.is_active else None)
    loop.exec()
    window.show_panel("inspector")
    window.canvas.setFocus()
    for bar in window.messages.bars:
        bar.dismiss()


def page(window: MainWindow) -> None:
    """LeNet-5 with the page about its convolution."""
    lenet(window)
    window.commands.run("help")


def famous(window: MainWindow) -> None:
    """The page about ResNet."""
    lenet(window)
    window.reading.read("network/resnet50")


def lesson(window: MainWindow) -> None:
    """The lesson about residuals beside its network."""
    window.files.open(resource("lessons", "residuals"))


def experiment(window: MainWindow) -> None:
    """LeNet-5 with an experiment that has trained three networks."""
    lenet(window)
    window.show_panel("experiments")
    panel = cast(ExperimentsPanel, window.docks["experiments"].widget())
    panel.show_experiment(next(each for each in EXPERIMENTS if each.key == "degradation"))
    panel.attempt.click()
    while panel.attempt.text() == "Stop":
        wait(50)


def editor(window: MainWindow) -> None:
    """A lesson that has just been begun, in its editor."""
    lenet(window)
    window.classroom.authoring.begin(Path(os.environ["CNNSTUDIO_HOME"], "lab.lesson"))
    wait(2_000)


def presented(window: MainWindow) -> None:
    """The microscope in front of a class."""
    lenet(window)
    window.show_panel("microscope")
    wait(500)
    window.commands.run("present")
    wait(500)
    window.setGeometry(0, 0, SIZES[0].width(), SIZES[0].height())  # the offscreen screen is a small square


GUIDES: dict[str, Callable[[MainWindow], None]] = {
    "trained": trained,
    "page": page,
    "network": famous,
    "lesson": lesson,
    "experiment": experiment,
    "editor": editor,
    "presented": presented,
}


def take(scene: Callable[[MainWindow], None], size: QSize, path: Path) -> None:
    """One picture of a fresh window."""
    window = MainWindow(Preferences())
    window.resize(size)
    window.show()
    window.default_layout()  # or what the picture before has opened would be open here
    scene(window)
    window.canvas.fit()
    wait(700)
    path.parent.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(path))
    print(path)
    window.document.undo_stack.setClean()
    window.close()
    window.deleteLater()
    wait(50)


def draw_figure(path: Path) -> None:
    """The paper figure of LeNet-5."""
    graph = read(resource("examples", "lenet5.cnn")).graph
    path.write_bytes(drawing(figure(infer(graph), Options())))
    print(path)


def main() -> int:
    """Take them all, or those of the README alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", action="store_true", help="only the pictures that README.md shows")
    parser.add_argument("--guides", action="store_true", help="only the pictures of the guides in docs/")
    chosen = parser.parse_args()
    application()
    theme.install("light", 1.0)
    if not chosen.readme:
        for name, scene in GUIDES.items():
            take(scene, SIZES[0], HERE.parent / "docs" / "pictures" / f"{name}.png")
    if chosen.guides:
        return 0
    draw_figure(HERE / "paper-figure.svg")
    for scheme in ("light", "dark"):
        theme.set_scheme(scheme)
        take(trained, QSize(1440, 900), HERE / f"window-{scheme}.png")
        if not chosen.readme:
            for name, scene in SCENES.items():
                for size in SIZES:
                    take(scene, size, Path("out", "screenshots", f"{name}-{size.width()}x{size.height()}-{scheme}.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
