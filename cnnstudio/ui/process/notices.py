"""Notices: what a person is told who looks at another program: the task bar flashes, and the tray has a sentence."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from cnnstudio.ui.preferences import Preferences

SECONDS = 15  # that a sentence stays in the tray


class Notices(QObject):
    """Tells of what is done, unless a window of the program has the keyboard or the person wants none."""

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._tray: QSystemTrayIcon | None = None
        self._window: QWidget | None = None
        self._over = QTimer(self, singleShot=True, interval=SECONDS * 1_000)
        self._over.timeout.connect(self.close)

    def tell(self, window: QWidget, sentence: str) -> bool:
        """Tell of something that is done, which ``window`` shows; whether that was needed, and wanted."""
        if not self._preferences.notices or QApplication.activeWindow() is not None:
            return False
        QApplication.alert(window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            self._show(window, sentence)
        return True

    def _show(self, window: QWidget, sentence: str) -> None:
        if self._tray is None:  # a message needs an icon; it is there for no longer than that
            self._tray = QSystemTrayIcon(QGuiApplication.windowIcon(), self)
            self._tray.setToolTip("CNN Studio")
            self._tray.messageClicked.connect(self._bring)
            self._tray.activated.connect(self._bring)
        self._window = window
        window.destroyed.connect(self._forget)
        self._tray.show()
        said = sentence.replace("<", "‹").replace(">", "›")  # some desktops take what is between them for rich text
        self._tray.showMessage("CNN Studio", said, QGuiApplication.windowIcon(), SECONDS * 1_000)
        self._over.start()

    def _bring(self) -> None:
        if self._window is not None:
            self._window.raise_()
            self._window.activateWindow()
        self.close()

    def _forget(self) -> None:
        self._window = None

    def close(self) -> None:
        """Take the icon out of the tray."""
        self._over.stop()
        if self._tray is not None:
            self._tray.hide()
