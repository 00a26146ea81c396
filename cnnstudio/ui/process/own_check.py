"""Own check: whether a window can be painted here, by painting one that holds an empty project."""

from __future__ import annotations

from PySide6.QtCore import QEventLoop, QTimer, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication

from cnnstudio.ui.app import application, new_window
from cnnstudio.ui.theme import theme
from cnnstudio.wording import counted

SECONDS = 60.0


class NotPaintedError(Exception):
    """A window that stays blank; the message is a sentence."""


def painted_window() -> str:
    """How a window was painted, in a sentence. Raises ``NotPaintedError`` where none was, or no letter is there."""
    application()
    theme.install("light", 1.0)
    families = QFontDatabase.families()
    if not families:
        raise NotPaintedError("No font is installed, so no text can be read. Install one, such as DejaVu Sans.")
    window = new_window()
    loop, painted = QEventLoop(), False

    def end() -> None:
        nonlocal painted
        painted = True
        loop.quit()

    window.painted.connect(end)
    window.show()
    QTimer.singleShot(int(SECONDS * 1_000), loop, loop.quit)
    loop.exec()
    picture = window.grab().toImage()
    colors = {picture.pixelColor(x, y).rgb() for x in range(0, picture.width(), 7) for y in range(0, 200, 7)}
    window.end(SECONDS)
    window.close()
    if not painted or len(colors) < 2:
        raise NotPaintedError("A window was opened and stayed blank.")
    return (
        f"Qt {qVersion()} on {QGuiApplication.platformName()}, {counted(len(families), 'font')}; a window was painted."
    )
