"""Recovery offer: what programs that ended badly have left, told one by one, and never deleted unread."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from cnnstudio.disk import reason
from cnnstudio.ui.files.recovery_copy import Copy, Found, left_behind
from cnnstudio.ui.task import Task
from cnnstudio.ui.widgets.messages import Messages
from cnnstudio.ui.windows import ProjectWindow, Windows


class RecoveryOffer(QObject):
    """Looks on a thread, for the home may be on a network; says what it finds in ``window``."""

    def __init__(self, messages: Messages, windows: Windows, window: ProjectWindow) -> None:
        super().__init__(window)
        self._messages, self._windows, self._window = messages, windows, window
        self._task: Task[list[Found] | str] | None = None

    def look(self) -> None:
        """Offer what is found, in a moment."""

        def work(report: object) -> list[Found] | str:
            try:
                return left_behind()
            except OSError as error:
                return f"Nobody can see whether work was left unsaved: the folder of the copies: {reason(error)}."

        self._task = Task(work, "left behind", self)
        self._task.finished.connect(self._tell)

    def close(self) -> None:
        """Say nothing any more."""
        if self._task is not None:
            self._task.stop()

    def _tell(self, found: list[Found] | str) -> None:
        if isinstance(found, str):
            self._messages.say(found, "warning", ("Look again", self.look), ("Not now", lambda: None))
            return
        told: list[str] = []
        for one in found:
            name = one.name
            told.append(name)
            if told.count(name) > 1:  # the same sentence is not said twice
                name += f" ({told.count(name)})"
            self._offer(one, name)

    def _offer(self, one: Found, name: str) -> None:
        later = " Its file was changed since it was opened: the copy opens as a new project." if one.is_outdated else ""
        when = f" on {one.moment:%d %B at %H:%M}" if one.moment is not None else ""
        if one.trouble:
            self._messages.say(
                f"{name} was not saved when the program ended{when}. "
                f"Its copy is kept, but cannot be read: {one.trouble}",
                "warning",
                ("Show in folder", lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(one.copy.folder)))),
                ("Not now", lambda: None),
            )
        elif one.is_certain:
            self._messages.say(
                f"{name} was not saved when the program ended{when}. A copy was kept.{later}",
                "warning",
                ("Open the copy", lambda: self._recover(one)),
                ("Delete it", lambda: self._delete(one.copy, name)),
            )
        else:
            where = f" on the computer {one.host}" if one.host else ""
            self._messages.say(
                f"{name} was not saved{where}{when}. CNN Studio may still be running there.{later}",
                "warning",
                ("Open a copy of it", lambda: self._recover(one)),
                ("Not now", lambda: None),
            )

    def _recover(self, one: Found) -> None:
        """Show the copy where its file is open and nothing is lost by it, else where there is room."""
        if one.project is None or self._is_taken(one.copy, one.name):
            return
        path = one.path if not (one.is_outdated or one.copy.is_outdated) else None  # so that saving asks where
        holder = self._windows.holding(path) if path is not None else None
        if holder is None or holder.document.is_modified or holder.run.is_active or holder.run.is_passing:
            holder = self._windows.room(self._window)
        holder.take_unsaved(one.project, path, one.copy if one.is_certain else None)
        if not one.is_certain:
            one.copy.note_seen()
        self._windows.show(holder)

    def _delete(self, copy: Copy, name: str) -> None:
        if not self._is_taken(copy, name):
            copy.remove()

    def _is_taken(self, copy: Copy, name: str) -> bool:
        """Whether another program or window has opened the copy meanwhile, which is said; or it is gone."""
        if copy.is_used and not copy.host:
            self._messages.say(f"{name} was opened from its copy in another window meanwhile.", "info")
            return True
        return False
