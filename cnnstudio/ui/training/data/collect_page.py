"""Collect page: pictures of several classes collected by hand: photographed, drawn, pasted, dropped, or opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)  # fmt: skip
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.training.data.collection import Brought
from cnnstudio.training.data.folder_layout import SUFFIXES
from cnnstudio.ui.theme import icon, theme
from cnnstudio.ui.training.data.camera_view import CameraView
from cnnstudio.ui.training.data.collected_list import CollectedList
from cnnstudio.ui.training.data.collecting import Collecting
from cnnstudio.ui.training.data.dropped_images import local_files
from cnnstudio.ui.widgets.drawing_pad import DrawingPad, png
from cnnstudio.ui.widgets.fields import Choices, Line
from cnnstudio.ui.widgets.flow_layout import FlowLayout
from cnnstudio.ui.widgets.foreign_text import tip
from cnnstudio.ui.widgets.labels import Sentence
from cnnstudio.ui.widgets.scrolled import Scrolled
from cnnstudio.ui.widgets.sizes import NO_LIMIT
from cnnstudio.ui.widgets.webcam import Webcam, is_possible
from cnnstudio.wording import plural

MOST = 500  # pictures of one burst
USUAL = 50
FIRST = "Name a class, as cup, and then another: pictures of at least two are needed."
HOW = "Choose a class, then draw, photograph, paste, open or drop pictures of it."
LEAST = QSize(190, 96)
CLASSES, LOW = 260, 130  # pixels at the normal size of text that the classes take across, and down above the rest
WORDS, SLIM = 180, 360  # that the buttons need beside the pad, and of a page with all below one another


class CollectPage(QWidget):
    """The classes, what makes pictures of the chosen one, and what was done; ``work`` does it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.work = Collecting(self)
        self.work.told.connect(self.say)
        self.work.stepped.connect(self._follow)
        self.list = CollectedList()
        self.list.chosen.connect(self._follow)
        self.list.dropped.connect(self.bring_data)
        self.name = Line()
        self.name.setPlaceholderText("Name of a class")
        self.name.setAccessibleName("Name of a new class")
        self.name.returnPressed.connect(self.add_class)
        self.pad, self.view = DrawingPad(), CameraView()
        self.pad.brought.connect(lambda content, name: self.bring([Brought(content, name)]))
        self.pad.refused.connect(self.say)
        self.pad.changed.connect(self._follow)
        self.view.taken.connect(self._count_burst)
        self.view.full.connect(self._end_burst)
        self.told, self.where = Sentence(), Sentence()
        for sentence in (self.told, self.where):
            sentence.setProperty("textSize", "small")
        self.where.setProperty("role", "muted")
        self._lay_out()
        self.setAcceptDrops(True)
        self.setFocusProxy(self.name)
        self._follow()

    # parts

    def _lay_out(self) -> None:
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(14)
        self._beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._beside.setSpacing(14)
        self._beside.addWidget(self._middle())
        self._beside.addWidget(self._right(), 1)
        self._row.addWidget(self._left())
        self._row.addLayout(self._beside, 1)
        inside = QWidget()
        inside.setLayout(self._row)
        self._row.setContentsMargins(10, 6, 10, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Scrolled(inside))

    def _left(self) -> QWidget:
        self.add = _button("", "plus", self.add_class, "Add a class of this name")
        self.add.setAccessibleName("Add the class")
        line = QHBoxLayout()
        line.addWidget(self.name, 1)
        line.addWidget(self.add)
        self._classes = made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(self.list, 1)
        return made

    def _middle(self) -> QWidget:
        self._ways = QButtonGroup(self)
        ways = QHBoxLayout()
        ways.setSpacing(4)
        self.sources: dict[str, QToolButton] = {}
        for number, words in enumerate(("Draw", "Camera")):
            way = self.sources[words] = QToolButton()
            way.setText(words)
            way.setCheckable(True)
            way.setProperty("switch", True)
            self._ways.addButton(way, number)
            ways.addWidget(way)
        self.sources["Draw"].setChecked(True)
        self.picker = Choices()
        self.picker.setAccessibleName("Which camera")
        self.picker.activated.connect(self.view.turn_on)
        self.picker.hide()
        ways.addWidget(self.picker, 1)
        ways.addStretch(1)
        self._heads = QWidget()
        self._heads.setLayout(ways)
        ways.setContentsMargins(0, 0, 0, 0)
        self._heads.setVisible(is_possible())
        self.view.hide()
        self._ways.idClicked.connect(self._turn)
        self.take = _button("Add the drawing", "plus", self.add_drawing, "Add what is drawn to the class (Ctrl+Enter)")
        self.clear = _button("Clear", "eraser", self.pad.clear, "Clear the pad (Delete)")
        self.hold = _button("Hold to take pictures", "camera", None, "Five a second, as long as it or Space is held")
        self.hold.pressed.connect(self._begin_burst)
        self.hold.released.connect(self._end_burst)
        self.most = QSpinBox()
        self.most.setRange(1, MOST)
        self.most.setValue(USUAL)
        self.most.setPrefix("at most ")
        self.most.setAccessibleName("How many pictures at most")
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self._heads, self.pad, self.view):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return made

    def _right(self) -> QWidget:
        self.paste = _button("Paste", "clipboard", self.paste_picture, "Add the picture on the clipboard (Ctrl+V)")
        self.open = _button("Open…", "folder-open", self.open_files, "Add picture files to the class")
        self.back = _button("Take back", "arrow-counter-clockwise", self.work.take_back, "Take away what came last")
        self.again = _button("Put back", "arrow-clockwise", self.work.put_back, "Add again what was taken back last")
        self.new = _button("New collection", "plus", lambda: self.work.show_home(None, {}), "Leave these as they are")
        self.stop = _button("Stop", "x", self.work.stop, "Add no more; what is there stays")
        self.stop.hide()
        buttons = QWidget()
        flow = FlowLayout(buttons)
        for button in (
            self.take,
            self.clear,
            self.hold,
            self.most,
            self.paste,
            self.open,
            self.back,
            self.again,
            self.new,
            self.stop,
        ):
            flow.addWidget(button)
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.told, buttons, self.where):
            column.addWidget(widget)
        column.addStretch(1)
        return made

    # adding

    @property
    def label(self) -> str:
        """The class that pictures are added to now; empty where there is none."""
        return self.list.label

    def add_class(self) -> None:
        """Have a class of the name that is typed; its folder is made with its first picture."""
        name = self.work.begin_class(self.name.text().strip())
        if name:
            self.name.clear()
            self.list.choose(name)
            self._follow()

    def bring(self, brought: Sequence[Brought], label: str = "") -> None:
        """Put pictures into a class, the chosen one where none is named."""
        if label := label or self.label:
            self.work.bring(label, brought)
        else:
            self.say("Name the class first that these pictures are of.")

    def bring_data(self, data: QMimeData, label: str = "") -> None:
        """Put what was dropped or pasted into a class."""
        image = data.imageData() if data.hasImage() else None
        if paths := local_files(data):
            self.bring([Brought(path, path.name) for path in paths], label)
        elif isinstance(image, QImage) and not image.isNull():
            self.bring([Brought(png(image), "Pasted picture")], label)
        else:
            self.say("There is no picture in what was pasted or dropped.")

    def add_drawing(self) -> None:
        """Put what is drawn into the class, light on dark as digits are, and begin a clean sheet."""
        if (ink := self.pad.ink) is None:
            self.say("Nothing is drawn yet.")
        elif not self.label:
            self.say("Name the class first that the drawing is of.")
        else:
            grey = (255 * ink).round().astype("uint8")
            height, width = grey.shape
            image = QImage(grey.tobytes(), width, height, width, QImage.Format.Format_Grayscale8)
            self.bring([Brought(png(image), "Drawing")])
            self.pad.clear()

    def paste_picture(self) -> None:
        """Put what is on the clipboard into the class."""
        self.bring_data(QGuiApplication.clipboard().mimeData())

    def open_files(self) -> None:
        """Ask for picture files."""
        kinds, label = " ".join(f"*{each}" for each in sorted(SUFFIXES)), self.label
        title = f"Pictures of {label}"
        dialog = QFileDialog(self.window(), title, str(Path.home()), f"Pictures ({kinds});;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda names: self.bring([Brought(Path(n), Path(n).name) for n in names], label))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # the camera

    def _turn(self, *_: object) -> None:
        is_camera = self._ways.checkedId() == 1
        self.pad.setVisible(not is_camera)
        self.view.setVisible(is_camera)
        if is_camera:
            names = Webcam.names()
            self.picker.clear()
            self.picker.addItems(list(names))
            self.picker.setCurrentIndex(min(self.view.number, len(names) - 1))
            self.picker.setVisible(len(names) > 1)
            self.view.turn_on()
        else:
            self.view.turn_off()
            self.picker.hide()
        self._follow()

    def _begin_burst(self) -> None:
        if self.label and self.view.has_picture:
            self.view.burst(self.most.value())

    def _count_burst(self, count: int) -> None:
        if count:
            self.say(f"{plural(count, 'picture').capitalize()} of {self.label}: {count:,}")
        self._follow()

    def _end_burst(self) -> None:
        pictures = self.view.end()
        self.bring([Brought(data, f"Picture {number:,}") for number, data in enumerate(pictures, 1)])

    # what is shown

    def say(self, sentence: str) -> None:
        """Tell what was done, or why it was not."""
        self.told.setText(sentence)

    def _follow(self, *_: object) -> None:
        """Show what can be done now."""
        work = self.work
        self.list.show_classes(work.counts)
        is_camera, label = self._ways.checkedId() == 1, self.label
        for widget in (self.hold, self.most):
            widget.setVisible(is_camera)
        for widget in (self.take, self.clear):
            widget.setVisible(not is_camera)
        self.hold.setEnabled(bool(label) and self.view.has_picture)
        self.take.setEnabled(bool(label) and self.pad.ink is not None)
        self.clear.setEnabled(self.pad.can_undo)
        for button in (self.paste, self.open):
            button.setEnabled(bool(label))
        self.back.setEnabled(work.can_take_back)
        self.again.setEnabled(work.can_put_back)
        self.new.setEnabled(bool(work.counts) and not work.is_busy)
        self.stop.setVisible(work.is_busy)
        if not self.told.text() or self.told.text() in (FIRST, HOW):
            self.say(HOW if work.counts else FIRST)
        self.where.setText(f"They are kept in {work.home}, a folder a class." if work.home is not None else "")

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return LEAST  # what has no room beside then goes below

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        scale, width, high = theme.scale, self.width(), self.height() - 16
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        is_slim = width < SLIM * scale
        classes = width - 36 if is_slim else max(110, min(round(CLASSES * scale), width * 3 // 10))
        if not self._heads.isHidden():
            high -= self._heads.sizeHint().height() + 6
        room = QSize(min(width * 2 // 5, high * 4 // 3), high)
        is_wide = not is_slim and width - classes - room.width() - 60 >= WORDS * scale
        if not is_wide:
            room = QSize(width - (36 if is_slim else classes + 50), high // 2)
        self._row.setDirection(down if is_slim else across)
        self._beside.setDirection(across if is_wide else down)
        self._classes.setFixedWidth(classes)
        self._classes.setMaximumHeight(round(LOW * scale) if is_slim else NO_LIMIT)
        self.pad.setFixedSize(self.pad.fitting(room))
        wide = max(96, min(room.width(), room.height() * 4 // 3))
        self.view.setFixedSize(wide, wide * 3 // 4)

    # what is brought

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._welcome(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._welcome(event)

    def _welcome(self, event: QDropEvent) -> None:
        data = event.mimeData()
        if data.hasImage() or any(url.isLocalFile() for url in data.urls()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        self._welcome(event)
        self.bring_data(event.mimeData())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste_picture()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & _CONTROL:
            self.add_drawing()
        else:
            super().keyPressEvent(event)

    def close_tasks(self, seconds: float) -> bool:
        """End what is written, after the picture at hand, and wait so long; turn the camera off."""
        self.view.turn_off()
        return self.work.close(seconds)


_CONTROL = Qt.KeyboardModifier.ControlModifier


def _button(words: str, glyph: str, act: Callable[[], object] | None, told: str) -> QPushButton:
    made = QPushButton(words)
    made.setIcon(icon(glyph))
    made.setToolTip(tip(told))
    if act is not None:
        made.clicked.connect(lambda _=False: act())
    return made
