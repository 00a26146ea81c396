"""Telling: what a run says, as lines for a terminal."""

from __future__ import annotations

from cnnstudio.cli.bar import Bar
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.diagnosis import symptoms
from cnnstudio.training.events import EpochEnd, Finished, Foreseen, Remark, Started, Step
from cnnstudio.training.runs.history import History
from cnnstudio.training.runs.session import Past, Prepared


class Telling:
    """Events as lines for a terminal: a bar that moves, a line an epoch, and what the course of the run says is wrong.

    Each such warning comes once, at the end of the epoch that shows it first.
    """

    def __init__(self, bar: Bar) -> None:
        self.history = History()
        self._bar = bar
        self._recipe, self._classes = Recipe(), tuple[str, ...]()
        self._warned = set[str]()

    def take(self, event: object) -> None:
        """Tell of one event."""
        self.history.take(event)
        started = self.history.started
        match event:
            case Prepared():
                self._recipe, self._classes = event.project.recipe, event.data.classes
            case Started():
                self._bar.say(f"{event.parameters:,} parameters on {event.device}.", *event.notes)
            case Past():
                self._bar.say(f"Going on after step {event.step:,}, in epoch {event.epoch}.")
            case Foreseen():
                self._bar.show(event.sentence.rstrip("."), event.share)
            case Step() if started is not None:
                share = event.step / max(1, started.steps_per_epoch) - (event.epoch - 1)
                numbers = f"loss {event.loss:.3f}  {event.images_per_second:,.0f} images/s"
                self._bar.show(f"Epoch {event.epoch}/{started.epochs}", share, numbers)
            case EpochEnd() if started is not None:
                width = len(str(started.epochs))
                self._bar.say(
                    f"Epoch {event.epoch:>{width}}/{started.epochs}"
                    f"  loss {event.train_loss:.4f}  accuracy {event.train_accuracy:6.1%}"
                    f"  validation loss {event.validation_loss:.4f}  accuracy {event.validation_accuracy:6.1%}"
                    f"{_more(event)}"
                    f"  {event.seconds:.1f} s{'  best so far' if event.is_best else ''}"
                )
                self._warn()
            case Remark() | Finished():
                self._bar.say(event.sentence)

    def _warn(self) -> None:
        for symptom in symptoms(self.history, self._recipe, self._classes):
            if symptom.code not in self._warned:
                self._warned.add(symptom.code)
                self._bar.say(f"warning: {symptom.sentence} {symptom.advice}")


def _more(event: EpochEnd) -> str:
    """What else is measured of an epoch, where it is."""
    measured = (
        ("top-5", event.validation_top5),
        ("macro F1", event.validation_f1),
        ("averaged", event.average_accuracy),
    )
    return "".join(f"  {name} {value:.1%}" for name, value in measured if value is not None)
