"""What other programs and other people leave on the clipboard, pasted into a window."""

from __future__ import annotations

import random
import traceback
from collections.abc import Iterator

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from attacks.mutants import bytes_changed, originals, values_changed
from attacks.outcome import Outcome, watched
from attacks.window import opened
from cnnstudio.ui.canvas.commands.clipboard import NODES

OTHERS = (
    "", " \n", "torch.nn.Conv2d(3, 64, 3)", "{", "{}", "[]", '{"format": "cnnstudio"}', "file:///stranger/x",
    "<html><img src='file:///stranger'></html>", "\x00\x01", "{" * 100_000,
    '{"format": "cnnstudio", "nodes": [' * 2_000,
)  # fmt: skip


def clipboards(count: int, chance: random.Random) -> Iterator[QMimeData]:
    """So many contents: ours, as text or as our own kind, most of them changed, and those of others."""
    for number in range(count):
        text = chance.choice(originals())
        kind = number % 4
        if kind < 3:
            text = (text, bytes_changed(text, chance), values_changed(text, chance))[kind]
        else:
            text = chance.choice(OTHERS).encode()
        data = QMimeData()
        if chance.random() < 0.5:
            data.setData(NODES, text)
        if chance.random() < 0.8:
            data.setText(text.decode("utf-8", "replace"))
        yield data


def attack(count: int, chance: random.Random) -> Outcome:
    """Paste so many, and undo each: the network is what it was before."""
    outcome = Outcome()
    with opened() as (window, errors), watched() as seen:
        before = window.document.project
        for number, data in enumerate(clipboards(count, chance)):
            QGuiApplication.clipboard().setMimeData(data)
            try:
                window.canvas.paste()
            except Exception as error:  # whatever it is, it is a fault
                place = traceback.extract_tb(error.__traceback__)[-1]
                outcome.fault(f"clipboard {number}: {type(error).__name__} at {place.name}:{place.lineno}: {error}")
                continue
            was_pasted = window.document.project != before
            while window.document.undo_stack.canUndo():
                window.document.undo_stack.undo()
            if window.document.project != before:
                outcome.fault(f"clipboard {number}: undoing it gave another project")
                before = window.document.project
            elif errors or seen:
                outcome.fault(f"clipboard {number}: {(errors or seen)[0]}")
                errors.clear(), seen.clear()
            else:
                outcome.answer("pasted" if was_pasted else "refused")
        QGuiApplication.clipboard().clear()
    return outcome
