"""Train button: what the one large button does now, in the panel and in the toolbar alike."""

from __future__ import annotations

from dataclasses import dataclass

from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run


@dataclass(frozen=True)
class TrainButton:
    """What the one large button does now, wherever it is shown: its word, its icon, and why it can do nothing."""

    text: str
    icon: str
    is_enabled: bool
    obstacle: str | None  # why nothing can be trained, in a sentence


def train_button(document: Document, run: Run) -> TrainButton:
    """What a press would do: train, pause, or go on; a run that was stopped is gone on with."""
    train = "Go on" if goes_on(document, run) and not run.is_at_end else "Train"
    text, name = {"training": ("Pause", "pause"), "paused": ("Resume", "play")}.get(run.state, (train, "play"))
    reason = None if run.is_active or text == "Go on" else document.obstacle()
    return TrainButton(text, name, run.state != "preparing" and reason is None, reason)


def goes_on(document: Document, run: Run) -> bool:
    """Whether the run of this network can be gone on with, as far as was looked."""
    return run.can_go_on and run.seems_to_fit(document.graph)
