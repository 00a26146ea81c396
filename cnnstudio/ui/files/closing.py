"""Closing: asks in place about what would be lost with a window: a training, a queue, a lesson, what is not saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from cnnstudio.ui.document import Document
from cnnstudio.ui.run import Run
from cnnstudio.ui.widgets.messages import Messages
from cnnstudio.ui.windows import ProjectWindow, Windows

LAST_STEP = 10_000  # milliseconds that a window that closes waits for the last step of a training
CLOSING, UNSAVED = "closing", "unsaved"  # about what messages take turns


class Closing(QObject):
    """Guards the window of a document. ``save`` saves it and goes on, ``settle`` lets it have what is being typed."""

    def __init__(
        self,
        document: Document,
        messages: Messages,
        windows: Windows,
        window: ProjectWindow,
        *,
        save: Callable[[Callable[[], object]], object],
        settle: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._document, self._messages, self._windows, self._window = document, messages, windows, window
        self._save, self._settle = save, settle
        self.beside: Callable[[], str] = lambda: ""  # keeps what is in no project; why it cannot be, in a sentence

    def guard(self, then: Callable[[], object], run: Run) -> bool:
        """Do ``then`` where nothing would be lost by it, else ask in place first; whether it was done at once."""
        self._settle()
        if run.is_active and not run.is_stopping:
            self._ask_about(run, then)
            return False
        if run.queue.is_working and not run.queue.is_stopping and self._windows.all == [self._window]:
            self._ask_about_queue(run, then)
            return False
        if run.is_passing:
            told = run.unkept or f"What {self._document.title} has learned is in no folder that stays."
            self._messages.say(
                f"{told} What was not exported is gone with this window.",
                "warning",
                ("Cancel", lambda: None),
                ("Lose it", lambda: self._guard_beside(then)),
                about=CLOSING,
            )
            return False
        return self._guard_beside(then)

    def _guard_beside(self, then: Callable[[], object]) -> bool:
        """The same for what is kept in no project, a lesson that was worked at, before that is asked of the project."""
        if not (told := self.beside()):
            return self._guard_changes(then)
        self._messages.say(
            f"{told} It is gone with this window.",
            "warning",
            ("Cancel", lambda: None),
            ("Lose it", lambda: self._guard_changes(then)),
            about=CLOSING,
        )
        return False

    def _guard_changes(self, then: Callable[[], object]) -> bool:
        """Do ``then`` where a file holds the project as it is, else ask in place first; whether it was done at once."""
        if not self._document.is_modified:
            then()
            return True
        asked = self._document.project

        def give_up() -> None:
            self._settle()
            if self._document.project == asked:
                then()
            else:  # more was done since, of which nobody was asked
                self._guard_changes(then)

        trained = f"{self._document.title} was trained and not saved since: its file would not know its weights."
        edited = f"{self._document.title} has changes that are not saved."
        self._messages.say(
            edited if self._document.is_edited else trained,
            "warning",
            ("Save", lambda: self._save(then)),
            ("Do not save", give_up),
            ("Cancel", lambda: None),
            about=UNSAVED,
        )
        return False

    def _ask_about(self, run: Run, then: Callable[[], object]) -> None:
        """Ask what becomes of a training where the window is to close."""

        def stop() -> None:
            run.stop()
            # what it has learned is written then, and may find no room; a step that takes long ends out of sight
            late = QTimer(self, singleShot=True, interval=LAST_STEP)
            late.timeout.connect(lambda: self._close_after(run, then))
            late.start()
            close_after(late.stop)

        def wait() -> None:
            close_after()
            run.resume()
            self._window.showMinimized()

        def close_after(first: Callable[[], object] = lambda: None) -> None:
            def close() -> None:
                first()
                self._close_after(run, then)

            _once_over(run, lambda: QTimer.singleShot(0, self, close))

        self._messages.say(
            f"{self._document.title} is being trained.",
            "warning",
            ("Stop and close", stop),
            ("Close when it is done", lambda: wait() if run.is_active else self._close_after(run, then)),
            ("Cancel", lambda: None),
            about=CLOSING,
        )
        _once_over(run, lambda: self._messages.withdraw(CLOSING))

    def _ask_about_queue(self, run: Run, then: Callable[[], object]) -> None:
        """Ask what becomes of the queue where the last window is to close."""
        queue = run.queue

        def stop() -> None:
            queue.stop()  # its last step ends out of sight
            self._close_after(run, then)

        def wait() -> None:
            def follow() -> None:
                queue.ended.disconnect(follow)
                QTimer.singleShot(0, self, lambda: self._close_after(run, then))

            queue.ended.connect(follow)
            self._window.showMinimized()

        self._messages.say(
            "The queue is being worked through. What is left waits, and can be gone on with the next time.",
            "warning",
            ("Stop and close", stop),
            ("Close when it is done", lambda: wait() if queue.is_working else self._close_after(run, then)),
            ("Cancel", lambda: None),
            about=CLOSING,
        )

    def _close_after(self, run: Run, then: Callable[[], object]) -> None:
        """Close after a training: a project that has a file and was not edited takes its weights along unasked."""
        is_known = self._document.path is not None and not self._document.is_edited
        if is_known and self._document.is_modified and not run.is_passing:
            self._save(then)
        elif not self.guard(then, run):
            self._windows.show(self._window)


def _once_over(run: Run, does: Callable[[], object]) -> None:
    """Do something once, when a training has ended."""

    def follow() -> None:
        if not run.is_active:
            run.state_changed.disconnect(follow)
            does()

    run.state_changed.connect(follow)
