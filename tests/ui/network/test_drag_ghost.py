from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QPoint, Qt
from PySide6.QtGui import QDrag, QDragLeaveEvent, QDragMoveEvent, QPixmap
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.ui.network.drag_ghost import BESIDE, Ghost


def test_what_hangs_on_the_pointer_gives_way_to_what_takes_it(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(400, 300)
    host.show()
    drag, mime, picture = QDrag(host), QMimeData(), QPixmap(160, 40)
    picture.fill(Qt.GlobalColor.red)
    ghost = Ghost(drag, picture, host)
    assert drag.pixmap().size().width() == 1 and not ghost.isVisible()

    def move(x: int, y: int) -> None:
        held = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(host.windowHandle(), QDragMoveEvent(QPoint(x, y), *held, QEvent.Type.DragMove))

    move(50, 60)
    assert ghost.isVisible() and ghost.pos() == QPoint(50, 60) + BESIDE and ghost.width() == 160
    drag.targetChanged.emit(host)
    assert not ghost.isVisible()
    move(80, 60)
    assert not ghost.isVisible(), "what takes it shows it itself"
    drag.targetChanged.emit(None)
    assert ghost.isVisible() and ghost.pos() == QPoint(80, 60) + BESIDE
    QApplication.sendEvent(host.windowHandle(), QDragLeaveEvent())
    assert not ghost.isVisible()
