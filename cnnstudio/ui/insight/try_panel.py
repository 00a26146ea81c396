"""Try panel: a picture of one's own, drawn or brought, and what the network says of it while it is drawn."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from cnnstudio.headroom import give_back
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.rest import Rest
from cnnstudio.training.data.picture import FORMATS
from cnnstudio.training.runs.session import image_size
from cnnstudio.ui.document import Document
from cnnstudio.ui.insight.looker import Looker
from cnnstudio.ui.insight.picture_taker import PictureTaker
from cnnstudio.ui.insight.try_parts import TryParts
from cnnstudio.ui.panel import Panel
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.drawing_pad import png
from cnnstudio.ui.widgets.samples import Sample
from cnnstudio.worker import Report, sentence_of

if TYPE_CHECKING:
    from cnnstudio.insight.trying import Neighbours, Sheet, Told, Trial

SETTLE_MILLISECONDS = 200
REST_MILLISECONDS = 150  # after the pen has come to rest: then curves and neighbours are looked for
AGAIN_SECONDS = 0.5  # between two looks into a run that goes on, where nobody draws; more where a look takes long
LOOKS_APART = 50  # times as long as a look takes
NEAREST = 10
PEN = 0.6  # of the longer side of a data set's pictures: so large does one draw
HINT = "Draw a picture, drop or paste one, open a file, or take a validation image."
GOES_ON = "Curves and near pictures come when the training pauses or has ended."


@dataclass(frozen=True, eq=False)
class Deeper:
    """What takes longer: curves of a class by disturbance, training pictures that are near, and among how many."""

    told: Told
    curves: dict[str, NDArray[np.float64]]
    nearest: tuple[Sample, ...]
    among: str


class TryPanel(Panel):
    """The pad, what the network makes of what lies on it, and how that changes.

    One look goes on at a time: what is drawn meanwhile is looked at next, as it is then. What takes longer is looked
    for once the pen rests.
    """

    def __init__(self, document: Document, run: Run, parent: QWidget | None = None) -> None:
        super().__init__(document, run, parent)
        self.told: Told | None = None
        self._is_busy = self._is_behind = False  # a look goes on; something has changed since it began
        self._apart = Rest(AGAIN_SECONDS, LOOKS_APART)  # of looking while a run goes on
        self._own: int | OwnPicture | None = run.picture.choice  # what this panel chose last, or has laid on the pad
        self._trial: Trial | None = None
        self._kept: tuple[tuple[object, str, int], Neighbours] | None = None
        self._count = 0  # validation images
        self.parts = parts = TryParts()
        self.pad = parts.pad
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(parts)
        self.looker = Looker(document, run, self, "try")
        self.looker.refused.connect(self._refuse)
        self.deeper = Looker(document, run, self, "near pictures")
        self.deeper.refused.connect(lambda sentence, _: parts.say_deeper(sentence))
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._look)
        self._rest = QTimer(self, singleShot=True, interval=REST_MILLISECONDS)
        self._rest.timeout.connect(self._look_deeper)
        self.pad.changed.connect(self._ask)
        self.pad.brought.connect(self.bring)
        self.pad.refused.connect(self._say)
        parts.disturbed.connect(self._ask)
        parts.turned.connect(self._ask)
        parts.open_asked.connect(self._open)
        self.taker = PictureTaker(self)
        self.taker.taken.connect(lambda image: self.bring(png(image), "Camera picture"))
        self.taker.failed.connect(self._say)
        parts.picture_asked.connect(self.taker.take)
        parts.image_asked.connect(self.show_image)
        parts.nothing.allowed.connect(self._allow)
        run.state_changed.connect(self.touch)
        run.advanced.connect(self._follow)
        run.picture.changed.connect(self._follow_choice)
        self._say(HINT)

    # what lies on the pad

    def bring(self, file: Path | bytes, name: str) -> None:
        """Lay a picture on the pad: a file, or the bytes of one."""
        from cnnstudio.insight.trying import Brought

        self.parts.reset()
        self.pad.lay(Brought(file, name))

    def show_image(self, step: int) -> None:
        """Lay the validation image on the pad that comes so many after the one before; 0 for any."""
        number = self.run.picture.number + step if step else random.randrange(1_000_000)
        self.run.picture.choose(number % self._count if self._count else max(0, number))
        if self.pad.drawing.under != self.run.picture.choice or self.pad.drawing.strokes:  # it was chosen already
            self._lay(self.run.picture.choice)

    def _lay(self, choice: int | OwnPicture) -> None:
        self._own = choice
        self.parts.reset()
        self.pad.lay(choice)

    def _follow_choice(self) -> None:
        if self.run.picture.choice is not self._own:
            self._lay(self.run.picture.choice)

    def _open(self) -> None:
        kinds = " ".join(f"*.{each.lower()}" for each in (*FORMATS, "jpg", "tif"))
        dialog = QFileDialog(self.window(), "Try a picture", "", f"Pictures ({kinds});;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.bring(Path(name), Path(name).name))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _sheet(self) -> Sheet:
        from cnnstudio.insight.trying import Sheet

        drawing = self.pad.drawing
        return Sheet(drawing.under, self.pad.ink, self.parts.is_prepared)  # type: ignore[arg-type] # what was laid on it

    # looking

    def refresh(self) -> None:
        self._settle.start()

    def showEvent(self, event: QShowEvent) -> None:
        self.touch()  # a run may have gone on meanwhile
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.close_tasks(0.0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.parts.arrange(self.width(), self.height())

    def _drop(self) -> None:
        self._settle.stop()
        self._rest.stop()
        self.looker.drop()
        self.deeper.drop()
        self._is_busy = self._is_behind = False

    def _ask(self) -> None:
        """Look at what lies there now, or, where a look goes on, once that has ended."""
        self.parts.follow_pad()
        if self._is_busy:
            self._is_behind = True
        elif not self._settle.isActive():
            self._look()

    def _look(self) -> None:
        if not self.isVisible():
            return
        self._drop()
        self.deeper.beside = self.looker.beside
        size = image_size(self.document.graph)
        if size is not None:
            self.pad.set_sheet(*_sheet_size(*size.spatial))
        if (reason := self.looker.reason) is not None:
            self._say(*reason)
            return
        if self.pad.drawing.under is None and not self.pad.drawing.strokes:
            self._say(HINT)
            return
        sheet, how = self._sheet(), self.parts.disturbances
        trial = self._trial = self._trial or _trial()
        self._is_busy = True

        def work(subject: Subject, _: Report) -> tuple[Told | str, float, int]:
            began = time.monotonic()
            try:
                found: Told | str = trial.told(subject, sheet, how)
            except Exception as error:  # in a run it would be said elsewhere, and nobody would hear of the end here
                found = sentence_of(error)
            return found, time.monotonic() - began, len(subject.data.validation_labels)

        if not self.looker.look(work, lambda subject, found: self._take(subject, sheet, *found)):
            self._is_busy = False

    def _refuse(self, sentence: str, ask: str) -> None:
        self._is_busy = self.looker.is_looking  # or it was the end of it
        if self.told is None or ask or not self._is_busy:
            self._say(sentence, ask)

    def _allow(self) -> None:
        self.looker.allow()
        self.deeper.allow()
        self._look()

    def _follow(self) -> None:
        """Look again while the network changes."""
        if self.run.state == "training" and self._apart.is_over and self.isVisible():
            self._apart.begin()
            self._ask()

    def _take(self, subject: Subject, sheet: Sheet, found: Told | str, seconds: float, count: int) -> None:
        self._is_busy, self._count = False, count
        self._apart.after(seconds)
        if isinstance(found, str):
            self._say(found)
        else:
            self._show(subject, sheet, found)
        if self._is_behind:
            self._is_behind = False
            self._look()
        elif not isinstance(found, str):
            self._rest.start()

    def _show(self, subject: Subject, sheet: Sheet, told: Told) -> None:
        self.told = told
        if told.manner is not None:
            own = told.manner
            self.pad.set_colours(own.ground, own.ink, PEN * own.side * own.pen)
        else:
            self.pad.set_colours((255,), (0,), 0.03)
        if self.pad.drawing.under is sheet.under:
            self.pad.show_under(told.under)
        self.parts.show_told(told, subject.when, subject.is_trained)
        self._own = self._choice(sheet, told)
        self.run.picture.choose(self._own)

    def _choice(self, sheet: Sheet, told: Told) -> int | OwnPicture:
        """What the other panels look at: the validation image or the picture that lies here, or what was made of it."""
        under = sheet.under
        if isinstance(under, int | OwnPicture) and sheet.ink is None and not self.parts.is_disturbed:
            return under
        return OwnPicture(told.picture.image, told.picture.name)

    def _say(self, sentence: str, ask: str = "") -> None:
        self.told = None
        self.parts.say(sentence, ask)

    # what takes longer

    def _look_deeper(self) -> None:
        told, run = self.told, self.run
        if told is None or not self.isVisible():
            return
        if run.state == "training":
            self.parts.say_deeper(GOES_ON)
            return
        sheet, how, trial, kept = self._sheet(), self.parts.disturbances, self._trial or _trial(), self._kept

        names = tuple(self.parts.sliders)  # no panel in what a thread holds: it would be the one to delete it

        def work(subject: Subject, report: Report) -> tuple[tuple[object, str, int], Neighbours, Deeper] | str | None:
            from cnnstudio.insight.trying import features, neighbours, swept

            try:
                plain = trial.picture(subject, sheet)[0].image
                curves = {}
                for name in names:
                    if (curve := swept(subject, plain, how, name, report)) is None:
                        return None
                    curves[name] = curve[:, told.best]
                key = subject.module, subject.when, subject.step
                known = kept[1] if kept is not None and kept[0] == key else neighbours(subject, report)
                if known is None:
                    return None
                numbers = known.nearest(features(subject, told.picture.image[None])[0], NEAREST)
                data = subject.data
                nearest = tuple(
                    Sample(data.train_images[n].numpy(), data.classes[int(data.train_labels[n])]) for n in numbers
                )
                return key, known, Deeper(told, curves, nearest, known.sentence)
            except Exception as error:
                return sentence_of(error)

        self.deeper.look(work, self._take_deeper)

    def _take_deeper(self, _: Subject, found: tuple[tuple[object, str, int], Neighbours, Deeper] | str | None) -> None:
        if isinstance(found, str):
            self.parts.say_deeper(found)
        elif found is not None:
            key, known, deeper = found
            self._kept = key, known
            self.parts.show_deeper(deeper.curves, deeper.told.classes[deeper.told.best], deeper.nearest, deeper.among)

    def close_tasks(self, seconds: float = 10.0) -> bool:
        self._settle.stop()
        self._rest.stop()
        self.taker.stop()
        self._is_busy = self._is_behind = False
        if self._kept is not None or self._trial is not None:
            self._kept = self._trial = None
            QTimer.singleShot(0, self, give_back)
        return all([self.looker.close(seconds), self.deeper.close(seconds)])


def _trial() -> Trial:
    from cnnstudio.insight.trying import Trial

    return Trial()


def _sheet_size(height: int, width: int) -> tuple[int, int]:
    from cnnstudio.insight.drawings import sheet_size

    return sheet_size(height, width)
