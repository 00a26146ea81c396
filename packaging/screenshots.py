"""Take the pictures of the window: ``make screenshots``.

The ones that README.md shows stand beside this file, those of the guides in docs/pictures; all others (each scene at
1280 × 720 and 1920 × 1080, light and dark) go to out/screenshots, to be looked at.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
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
from cnnstudio.lessons.answer_tasks import NumberTask
from cnnstudio.lessons.board import Board
from cnnstudio.lessons.board_page import board_page
from cnnstudio.lessons.experiments import EXPERIMENTS
from cnnstudio.lessons.handed_in import Attempt, HandedIn, dumped
from cnnstudio.lessons.lesson_file import LessonFile
from cnnstudio.lessons.lesson_file import read as read_lesson
from cnnstudio.lessons.soundness import right_answers
from cnnstudio.lessons.work import Answer
from cnnstudio.project import Project, from_template, read, write
from cnnstudio.resources import resource
from cnnstudio.ui.app import application
from cnnstudio.ui.lessons.experiments import ExperimentsPanel
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.pictures.figure_files import drawing
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.theme import theme

HERE = Path(__file__).resolve().parent
BOARD = "lenet-on-digits"  # the lesson whose board is shown
HEIGHT = 820  # of its picture
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
    window.panels.place_anew()  # or what the picture before has opened would be open here
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


def class_of(lesson: LessonFile, folder: Path) -> None:
    """Works of a class at this lesson: some are through, some in the midst of it, one is stuck and one file is none."""
    names = "Ada Alan Barbara Claude Dorothy Edsger Frances Grace John Katherine Margaret Radia".split()
    solution = lesson.project(lesson.head.solution)
    weights = lesson.members.get(lesson.head.solution_weights)
    for number, name in enumerate(names):
        sheet = lesson.sheet(name)
        right = dict(right_answers(sheet, solution))
        done = len(right) if number % 4 == 0 else number % (len(right) + 1)
        given = {task: answer for place, (task, answer) in enumerate(right.items()) if place < done}
        tries = [Attempt(task, answer) for task, answer in given.items()]
        if name == "Edsger":
            stuck = next(task for task in sheet.tasks if isinstance(task, NumberTask) and task.name not in given)
            given[stuck.name] = Answer("0")
            tries += [Attempt(stuck.name, Answer(str(guess))) for guess in range(4)]
        trained = weights if done == len(right) else None
        project = solution if done > 1 else sheet.start
        work = HandedIn(lesson.head.id, name, project, given, tuple(tries), {}, name, "", trained)
        (folder / f"{name}.handin").write_bytes(dumped(work))
    (folder / "Homework.docx.handin").write_bytes(b"PK no work at all")


def take_board(path: Path) -> None:
    """The board of a class as a browser shows it, where there is one that takes pictures."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if browser is None:
        print(f"{path} stays as it is: no Chromium is here to take the picture.")
        return
    with tempfile.TemporaryDirectory() as place:
        works, page, lesson = Path(place, "works"), Path(place, "board.html"), read_lesson(resource("lessons", BOARD))
        works.mkdir()
        class_of(lesson, works)
        with Board(works, lesson) as board:
            page.write_text(board_page(board.look(), lesson, "Written at 10:42:07, when something had changed."))
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={place}/own")
        shot = (f"--window-size={SIZES[0].width()},{HEIGHT}", f"--screenshot={path}", page.as_uri())
        subprocess.run([browser, *options, *shot], check=True, timeout=60, capture_output=True)
    print(path)


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
        take_board(HERE.parent / "docs" / "pictures" / "board.png")
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
