"""Classroom: the lesson that a student sits at in a window, and the one file that its work is handed in as."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from cnnstudio.disk import replacing, shown
from cnnstudio.lessons.file_names import HANDED_IN
from cnnstudio.ui.docking import simple
from cnnstudio.ui.document import Document
from cnnstudio.ui.files.authoring import Authoring
from cnnstudio.ui.files.exports import Exports
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.task import Jobs
from cnnstudio.wording import memory
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.lessons.desk import Desk
    from cnnstudio.lessons.lesson_file import Head
    from cnnstudio.lessons.lesson_links import Look
    from cnnstudio.ui.docking.docks import PanelDock
    from cnnstudio.ui.lessons.experiments import ExperimentsPanel
    from cnnstudio.ui.lessons.lesson_panel import LessonPanel
    from cnnstudio.ui.lessons.microscope import MicroscopePanel
    from cnnstudio.ui.network.palette import PalettePanel
    from cnnstudio.ui.windows import ProjectWindow

HAND_IN = "hand-in"  # what messages are about that later ones replace
FILTER = f"Work to hand in (*{HANDED_IN})"


class Classroom(QObject):
    """Knows the panel of the lesson; asks where to hand in, writes in the background, and says what is in the file."""

    def __init__(
        self, docks: Mapping[str, PanelDock], document: Document, exports: Exports, files: Files, jobs: Jobs
    ) -> None:
        self._dock = docks["lesson"]
        super().__init__(self._dock)
        self.docks, self.document, self._exports, self._files, self._jobs = docks, document, exports, files, jobs
        self.withheld: frozenset[str] = frozenset()  # the ids of commands that are put away, by a lesson or for all
        self.unseen: frozenset[str] = frozenset()  # those of them that menus do not show
        self._head: Head | None = None
        self._put_away: list[PanelDock] = []
        self._dock.made.connect(self._follow)
        files.closing.beside = self.keep
        self.authoring = Authoring(docks, document, files, jobs)

    def _follow(self, panel: LessonPanel) -> None:
        panel.hand_in_asked.connect(self.hand_in)
        panel.attended.connect(self._arrange)
        panel.look_asked.connect(self._look)

    def _look(self, wanted: Look) -> None:
        """Open the microscope or the experiments as a link of the lesson's text says."""
        self.panel.panel_asked.emit(wanted.panel)
        shown = self.docks[wanted.panel].widget()
        if wanted.panel == "microscope":
            cast("MicroscopePanel", shown).show_example(wanted.index, **wanted.values)
        else:
            from cnnstudio.lessons.experiments import EXPERIMENTS

            cast("ExperimentsPanel", shown).show_experiment(EXPERIMENTS[wanted.index], wanted.values)

    def _arrange(self, head: Head | None) -> None:
        """Put away what the lesson puts away, and with None bring all of it back."""
        cast("ProjectWindow", self._dock.parentWidget()).lesson = head.id if head is not None else ""
        self._head = head
        self._put_away_what_is_not_wanted()

    def simplify(self, is_simple: bool, commands: Collection[str]) -> bool:
        """Put away the commands, panels and blocks that a first course has no use for, or bring them back.

        Of all ``commands``, which are ids; whether others are put away now than before.
        """
        unseen = simple.put_away(commands) if is_simple else frozenset()
        is_another = unseen != self.unseen
        if is_another:
            self.unseen = unseen
            self._put_away_what_is_not_wanted()
        return is_another

    def _put_away_what_is_not_wanted(self) -> None:
        head = self._head
        hidden = {*(head.hidden_panels if head is not None else ())}
        hidden |= {name for name in self.docks if name not in simple.PANELS} if self.unseen else set()
        commands = head.hidden_commands if head is not None else ()
        self.withheld = frozenset([*commands, *(f"show-{name}" for name in hidden)]) | self.unseen
        back = [dock for dock in self._put_away if dock.objectName() not in hidden]
        for dock in back:
            dock.show()
        docks = [self.docks[name] for name in hidden if name in self.docks]
        gone = [dock for dock in docks if not dock.isHidden() and dock is not self._dock]
        self._put_away = [dock for dock in self._put_away if dock not in back] + gone
        for dock in gone:
            dock.hide()
        offered = frozenset(head.palette) if head is not None else frozenset()
        palette = cast("PalettePanel", self.docks["palette"].widget())
        self.document.offered = offered or (simple.BLOCKS if self.unseen else frozenset())
        palette.allow(self.document.offered)

    @property
    def panel(self) -> LessonPanel:
        """The panel of the lesson."""
        return cast("LessonPanel", self._dock.widget())

    @property
    def desk(self) -> Desk | None:
        """The lesson that a student sits at here."""
        return self.panel.desk if self._dock.is_made else None

    def keep(self) -> str:
        """Write down what was done in the lesson; why that cannot be, in a sentence, empty where it can."""
        return self.panel.write_down() if self.desk is not None else ""

    def hand_in(self) -> None:
        """Ask who it is and for a file, and hand the work in there, with all that stands in the fields."""
        desk = self.desk
        if desk is not None:
            self.panel.settle(predictions=True)
        if desk is None:
            self._jobs.messages.say("No lesson is open here, so there is nothing to hand in.", "error", about=HAND_IN)
            return
        if not desk.work.student:
            self.panel.panel_asked.emit("lesson")
            self.panel.ask_who()
            return
        name = re.sub(r"[^\w.-]+", "-", f"{desk.lesson.head.title} {desk.work.student}").strip("-.")[:80] or "work"
        self._files.choose("Hand in", f"{name}{HANDED_IN}", FILTER, HANDED_IN, lambda path: self.start(desk, path))

    def start(self, desk: Desk, path: Path) -> None:
        """Write the file in the background."""
        desk.draw(self.document.project)
        trained = self._exports.weights()

        def work(report: Report) -> str:
            from cnnstudio.lessons.desk import weights_bytes

            report(f"Writing {shown(path)}…", None)
            data = desk.handed_in(weights_bytes(trained))
            with replacing(path) as temporary:
                temporary.write_bytes(data)
            return _told(desk, path, len(data), trained is not None)

        def done(sentence: str) -> None:
            self._jobs.messages.say(sentence, "success", about=HAND_IN)

        self._jobs.start(work, f"Writing {shown(path)}…", done, about=HAND_IN)


def _told(desk: Desk, path: Path, size: int, has_weights: bool) -> str:
    """What the file holds, and what it lacks."""
    asks_for_weights = any(task.answered_by == "weights" for task in desk.sheet.tasks)
    lacking = [task for task in desk.sheet.tasks if _is_lacking(desk, task.name, task.answered_by)]
    said = f"{shown(path)} is written ({memory(size)}): give it to your teacher as it is."
    if lacking:
        said += f" {len(lacking)} of {len(desk.sheet.tasks)} tasks are not answered."
    if asks_for_weights and not has_weights:
        said += " It holds no weights, because this network is not trained."
    return said


def _is_lacking(desk: Desk, name: str, answered_by: str) -> bool:
    return answered_by not in ("network", "weights") and name not in desk.work.answers
