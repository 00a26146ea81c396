"""Actions on files: what a person can do with a project, with what it is made of and with lessons."""

from __future__ import annotations

from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.lessons.lesson import LESSONS
from cnnstudio.ui.actions.action import Action, Condition
from cnnstudio.ui.docking.workspaces import WORKSPACES, Workspace, arrange
from cnnstudio.ui.files.classroom import Classroom
from cnnstudio.ui.files.exports import Exports
from cnnstudio.ui.files.files import Files
from cnnstudio.ui.files.imports import Imports
from cnnstudio.zoo import TEMPLATES

LOAD = ("load", "pretrained", "tensorflow", "matlab")
AUTHOR = ("teacher", "author", "exercise", "students")


def _new(key: str, title: str) -> Action[Files]:
    return Action(f"new-{key}", title, lambda f: f.new(key), icon="share-network")


def _lesson(key: str, title: str) -> Action[Files]:
    return Action(f"lesson-{key}", title, lambda f: f.begin_lesson(key), icon="student")


def _undo(files: Files) -> None:
    """Undo; what is being typed is the latest step then, so that it is not lost with what it was written in."""
    files.settle()
    files.document.undo_stack.undo()


def _export(kind: str, title: str, suffix: str) -> Action[Exports]:
    shortcut, words = "Ctrl+Shift+E" if kind == "python" else "", (suffix, "save as")
    return Action(f"export-{kind}", f"{title}…", lambda e: e.ask(kind), shortcut, "export", words=words)


def _workspace(each: Workspace) -> Action[Classroom]:
    return Action(
        f"workspace-{each.id}", each.title, lambda c: arrange(each, c.docks, c.withheld), "", each.icon,
        words=("workspace", "layout", "panels", *each.words),
    )  # fmt: skip


FILES: tuple[Action[Files], ...] = (
    Action("new", "New", lambda f: f.new(), "Ctrl+N", "file-plus"),
    *(_new(key, template.title) for key, template in TEMPLATES.items()),
    Action("open", "Open…", lambda f: f.open(), "Ctrl+O", "folder-open"),
    Action(
        "open-in-window", "Open in a new window…", lambda f: f.open(anew=True), "Ctrl+Alt+O", "folder-notch-open"
    ),
    Action("save", "Save", lambda f: f.save(), "Ctrl+S", "floppy-disk", words=("keep",)),
    Action("save-as", "Save as…", lambda f: f.save_as(), "Ctrl+Shift+S", "floppy-disk-back"),
    Action(
        "undo", "Undo", _undo, "Ctrl+Z", "arrow-counter-clockwise",
        Condition(lambda f: f.document.undo_stack.canUndo(), "There is nothing to undo."), words=("revert",),
    ),
    Action(
        "redo", "Redo", lambda f: f.document.undo_stack.redo(), "Ctrl+Shift+Z|Ctrl+Y", "arrow-clockwise",
        Condition(lambda f: f.document.undo_stack.canRedo(), "There is nothing to redo."), words=("repeat",),
    ),
)  # fmt: skip

CLASSROOM: tuple[Action[Classroom], ...] = (
    Action(
        "hand-in", "Hand in…", lambda c: c.hand_in(), "", "paper-plane-tilt",
        Condition(lambda c: c.desk is not None, "No lesson is open."), words=("submit", "teacher", "homework"),
    ),
    Action("author-new", "New lesson…", lambda c: c.authoring.new(), "", "chalkboard-teacher", words=AUTHOR),
    Action("author-open", "Change lesson…", lambda c: c.authoring.open(), "", "pencil-simple", words=AUTHOR),
    Action("author-release", "Release lesson…", lambda c: c.authoring.release(), "", "export", words=AUTHOR),
)  # fmt: skip

WORKSPACE: tuple[Action[Classroom], ...] = tuple(map(_workspace, WORKSPACES))

LESSON: tuple[Action[Files], ...] = tuple(_lesson(key, lesson.title) for key, lesson in LESSONS.items())

IMPORTS: tuple[Action[Imports], ...] = (
    Action("import-model", "Import torchvision model…", lambda i: i.ask_model(), "", "download", words=LOAD),
    Action("import-network", "Import ONNX or Keras…", lambda i: i.ask_network(), "", "file-plus", words=LOAD),
    Action("import-python", "Import Python file…", lambda i: i.ask_file(), icon="file-arrow-down"),
)  # fmt: skip

EXPORTS: tuple[Action[Exports], ...] = (
    Action("export", "Export…", lambda e: e.choose(), "", "export", words=("save as", "formats", "take away")),
    *(_export(key, kind.title, kind.suffix) for key, kind in KINDS.items()),
    Action(
        "train-elsewhere", "Train elsewhere…", lambda e: e.ask_folder(), "", "cloud-arrow-up",
        words=("cluster", "slurm", "torchrun", "gpu", "script", "export"),
    ),
    Action(
        "report", "Report…", lambda e: e.ask_report(), "", "file-text",
        words=("html", "page", "document", "print", "export", "model card"),
    ),
)  # fmt: skip
