"""Pictures: what is drawn leaves the program as PNG, SVG or PDF, or by the clipboard; the result is said in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage

from cnnstudio.ui.canvas.scene.scene import CanvasScene
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.pictures import canvas_picture
from cnnstudio.ui.preferences import Preferences
from cnnstudio.ui.task import Jobs
from cnnstudio.ui.widgets.messages import ProgressMessage
from cnnstudio.worker import Report

SUFFIXES = (".png", ".svg", ".pdf")
LONG = 300  # nodes from which painting takes long enough to say so first
PICTURE = "picture"  # what messages are about that later ones replace

Make = Callable[[Path], QImage | QByteArray]


class Pictures(QObject):
    """Asks where to, draws in the window's thread, writes on another, and says what became of it."""

    def __init__(self, scene: CanvasScene, files: Files, preferences: Preferences, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self.scene, self._files, self._preferences = scene, files, preferences
        self._jobs, self._messages = jobs, jobs.messages
        self.open_figure: Callable[[], object] = lambda: None  # the page of the figure, which is over the canvas

    @property
    def on_paper(self) -> bool:
        """Whether pictures are light, for paper, whatever the colours of the window are."""
        return self._preferences.paper_pictures

    @on_paper.setter
    def on_paper(self, value: bool) -> None:
        self._preferences.paper_pictures = value

    def ask(self, selection: bool = False) -> None:
        """Ask for a file and put a picture of the canvas there, or of what is selected on it."""
        scene = self.scene
        only = scene.selected if selection else None
        if not scene.nodes or (selection and not only):
            self._messages.say(
                "Select the blocks that the picture is to show first."
                if selection and scene.nodes
                else "There is no network to take a picture of."
            )
            return
        self.ask_for(
            "Save a picture of the selection" if selection else "Save a picture of the canvas",
            scene.document.title,
            lambda path: canvas_picture.made(scene, path, only, self.on_paper),
            len(scene.nodes) > LONG,
        )

    def ask_for(self, title: str, stem: str, make: Make, is_long: bool = False) -> None:
        """Ask for a file and write to it what ``make`` draws for its name; ``is_long`` says first that it goes on."""
        self._files.choose(
            title,
            f"{stem}.png",
            canvas_picture.FILTERS,
            ".png",
            lambda path: self.save(path, make, is_long),
            kinds=SUFFIXES,
        )

    def save(self, path: Path, make: Make, is_long: bool = False) -> None:
        """Write to ``path`` what ``make`` draws for it."""
        if not is_long:
            self._write(path, make, None)
            return
        bar = self._messages.progress(f"Drawing {path.name}…")
        QTimer.singleShot(50, self, lambda: self._write(path, make, bar))  # so that the bar is seen

    def copy(self) -> None:
        """Put a picture of the nodes and notes that are selected on the clipboard, or of the whole canvas."""
        scene = self.scene
        only = scene.selected if scene.selected or scene.notes.chosen else None
        try:
            QGuiApplication.clipboard().setImage(canvas_picture.image(scene, only, self.on_paper))
        except canvas_picture.PictureError as error:
            self._messages.say(str(error), "error", about=PICTURE)
        else:
            what = "The picture" if only is None else "The picture of the selection"
            self._messages.say(f"{what} is on the clipboard.", about=PICTURE)

    def _write(self, path: Path, make: Make, bar: ProgressMessage | None) -> None:
        try:
            drawn = make(path)
        except canvas_picture.PictureError as error:
            self._messages.say(str(error), "error", about=PICTURE)
            return
        finally:
            if bar is not None:
                bar.dismiss()

        def work(report: Report) -> Path:
            canvas_picture.write(drawn, path, report)
            return path

        self._jobs.start(work, f"Writing {path.name}…", self._say, about=PICTURE)

    def _say(self, path: Path) -> None:
        folder = QUrl.fromLocalFile(str(path.parent))
        self._messages.say(
            f"{path.name} is written.",
            "success",
            ("Show in folder", lambda: QDesktopServices.openUrl(folder)),
            about=PICTURE,
        )
