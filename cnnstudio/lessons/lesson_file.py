"""Lesson file: a ``.lesson``, a zip of a Markdown text with a header, pictures, networks and small data, as a value.

While it is written it may be a folder of the same files. Nothing in it is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from cnnstudio.disk import DiskError, is_folder, reason, replacing, shown
from cnnstudio.disk import read as read_file
from cnnstudio.graph import BLOCKS, Node, ParameterError
from cnnstudio.graph.names import meant, quoted
from cnnstudio.graph.parameter import Declaration, Length, Letters, Range, declaration, declared
from cnnstudio.lessons import answer_tasks, network_tasks  # noqa: F401 - they fill TASKS
from cnnstudio.lessons.archive import ArchiveError, Bounds, packed, trouble_of, unpacked
from cnnstudio.lessons.file_names import TEXT
from cnnstudio.lessons.header import HeaderError, joined, parted
from cnnstudio.lessons.tasks import Task, Words, read_task, written_task
from cnnstudio.lessons.variation import MOST_CHOICES, MOST_NAMES, Value, Values, chosen, filled
from cnnstudio.project import Project, ProjectError, dumps, loads
from cnnstudio.wording import on_a_line

BOUNDS = Bounds(file=64 * 2**20, member=32 * 2**20, whole=128 * 2**20, members=5_000)
MOST_TASKS = 100
PLACE = re.compile(r"^[ \t]*\[task:[ \t]*([\w-]+)[ \t]*\][ \t]*$", re.MULTILINE)  # of a task in the text
_REMARK = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_PICTURE = re.compile(r"!\[[^\]]*\]\(\s*<?([^)>\s]+)")

DARK = ".dark"  # before the ending of a picture's name: it takes its place in a dark window

Names = Annotated[tuple[str, ...], Length(0, 1_000), Letters(60)]
FilePath = Annotated[str, Letters(240)]


class LessonError(ValueError):
    """A lesson that cannot be read or begun; the message is a sentence."""


@declaration
class Head(Declaration):
    """What a lesson says of itself.

    title: what it is called
    sentence: what is learned in it
    id: what tells it from every other lesson; work that is handed in names it
    start: the project to begin with, a file of the lesson
    solution: a project that passes, a file of the lesson; only the teacher has it
    solution_weights: weights that pass, a file of the lesson; only the teacher has them
    locked: nodes of the network that stay as they are
    palette: the blocks that may be added; none listed means all
    hidden_panels: panels that are put away, by their ids
    hidden_commands: commands that are switched off, by their ids
    seed: the seed of the training; -1 leaves it to the project
    training: a folder of the lesson with pictures to train with, one folder a class
    weights: weights that a training begins with, a .safetensors file of the lesson
    held_out: pictures kept apart to measure accuracy: a folder of the lesson, or a data set of the program
    kept_points: points for what is looked at only when work is marked
    released: whether this is what students get, without answers
    """

    title: Annotated[str, Letters(120)] = "Untitled"
    sentence: Words = ""
    id: Annotated[str, Letters(60)] = ""
    start: FilePath = ""
    solution: FilePath = ""
    solution_weights: FilePath = ""
    locked: Names = ()
    palette: Names = ()
    hidden_panels: Names = ()
    hidden_commands: Names = ()
    seed: Annotated[int, Range(-1, 2**32 - 1)] = -1
    training: FilePath = ""
    weights: FilePath = ""
    held_out: FilePath = ""
    kept_points: Annotated[float, Range(0.0, 1e6)] = 0.0
    released: bool = False


@dataclass(frozen=True, eq=False)
class Sheet:
    """A lesson as one student gets it: numbers, words and the network to begin with are this student's."""

    lesson: LessonFile
    values: Values
    start: Project
    text: str
    tasks: tuple[Task, ...]

    @property
    def parts(self) -> Iterator[str | Task]:
        """The text with the tasks in their places; those without a place stand at the end."""
        waiting = {task.name: task for task in self.tasks}
        pieces = PLACE.split(self.text)
        for number, piece in enumerate(pieces):
            if number % 2 == 0:
                if piece.strip():
                    yield piece.strip("\n")
            elif (task := waiting.pop(piece, None)) is not None:
                yield task
        yield from waiting.values()

    def broken(self, project: Project) -> tuple[str, ...]:
        """Which rules of the lesson this project breaks, in sentences."""
        found = []
        for name in self.lesson.head.locked:
            before = self.start.graph.nodes.get(name)
            if before is not None and not _is_alike(before, project.graph.nodes.get(name)):
                found.append(f"{name} is locked, and was changed or taken out.")
        if allowed := frozenset(self.lesson.head.palette):
            begun = {type(node.block).__name__ for node in self.start.graph}
            used = {type(node.block).__name__ for node in project.graph}
            found += [f"{name} is not among the blocks of this lesson." for name in sorted(used - allowed - begun)]
        return tuple(found)


def _is_alike(one: Node, other: Node | None) -> bool:
    return other is not None and (one.block, one.bypassed) == (other.block, other.bypassed)


@dataclass(frozen=True, eq=False)
class LessonFile:
    """A lesson: its head, its tasks, its text, what varies, what of the project follows, and its files."""

    head: Head
    tasks: tuple[Task, ...]
    text: str
    vary: Mapping[str, tuple[Value, ...]]
    settings: Mapping[str, Value]
    members: Mapping[str, bytes]

    @property
    def points(self) -> float:
        """The points of all tasks, those that only the teacher sees as well."""
        return sum(task.points for task in self.tasks) + self.head.kept_points

    @property
    def is_varied(self) -> bool:
        """Whether students have different numbers, so that it must be known who begins."""
        return bool(self.vary)

    @cached_property
    def pictures(self) -> frozenset[str]:
        """The files that the text shows."""
        return _shown(self.text) & self.members.keys()

    def sheet(self, student: str = "", values: Values | None = None) -> Sheet:
        """The lesson as this student gets it. Raises ``LessonError`` where its project cannot be read."""
        known = chosen(self.vary, self.head.id, student) if values is None else dict(values)
        text = filled(_REMARK.sub("", self.text), known)
        return Sheet(self, known, self._start(known), text, tuple(task.for_student(known) for task in self.tasks))

    def _start(self, values: Values) -> Project:
        path = filled(self.head.start, values)
        project = self.project(path) if path else Project()
        if self.head.seed >= 0:
            project = replace(project, recipe=replace(project.recipe, seed=self.head.seed))
        for key, given in self.settings.items():
            value = values.get(given, given) if isinstance(given, str) else given
            try:
                project = _with(project, key, value)
            except (ParameterError, KeyError) as error:
                raise LessonError(f"[set] {on_a_line(key, 60)}: {_told(error)}") from error
        return project

    def project(self, path: str) -> Project:
        """The project in a file of the lesson. Raises ``LessonError``."""
        if path not in self.members:
            raise LessonError(f"The lesson has no file {on_a_line(path, 80)}.")
        try:
            return replace(loads(self.members[path]), run=None)
        except ProjectError as error:
            raise LessonError(f"{on_a_line(path, 80)} in the lesson cannot be opened: {error}") from error

    def folder(self, path: str) -> dict[str, bytes]:
        """The files in a folder of the lesson, by their paths from there."""
        start = f"{path.strip('/')}/"
        return {name.removeprefix(start): data for name, data in self.members.items() if name.startswith(start)}


def _with(project: Project, key: str, value: Value) -> Project:
    name, _, field = key.partition(".")
    if name == "recipe":
        return replace(project, recipe=declared(type(project.recipe), {**project.recipe.values, field: value}))
    node = project.graph[name]
    block = declared(type(node.block), {**node.block.values, field: value})
    return project.with_graph(project.graph.replace(name, block))


def _told(error: Exception) -> str:
    return "there is no such node." if isinstance(error, KeyError) else str(error)


# reading and writing


def read(path: Path) -> LessonFile:
    """The lesson in this file or folder. Raises ``LessonError`` that names it."""
    try:
        if is_folder(path):
            return made(_of_folder(path))
        return read_bytes(read_file(path, BOUNDS.file))
    except DiskError as error:
        raise LessonError(str(error)) from error
    except LessonError as error:
        raise LessonError(f"{shown(path)} cannot be opened: {error}") from error


def read_bytes(data: bytes) -> LessonFile:
    """The lesson in the bytes of a file. Raises ``LessonError``."""
    try:
        return made(unpacked(data, BOUNDS))
    except ArchiveError as error:
        raise LessonError(str(error)) from error


def _of_folder(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    whole = 0
    try:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_symlink() or not path.is_file() or any(part.startswith(".") for part in Path(name).parts):
                continue
            if trouble := trouble_of(name):
                raise LessonError(f"{on_a_line(name, 80)} was not read: {trouble}.")
            found[name] = read_file(path, BOUNDS.member)
            whole += len(found[name])
            if len(found) > BOUNDS.members or whole > BOUNDS.whole:
                raise LessonError(f"It holds more than {BOUNDS.members:,} files or {BOUNDS.whole // 2**20} MB.")
    except OSError as error:
        raise LessonError(f"{reason(error)}.") from error
    return found


def made(members: Mapping[str, bytes]) -> LessonFile:
    """The lesson that these files are. Raises ``LessonError`` with a sentence."""
    if TEXT not in members:
        raise LessonError(f"It has no {TEXT}, so it is no lesson.")
    try:
        header, text = parted(members[TEXT].decode())
    except UnicodeError as error:
        raise LessonError(f"{TEXT} is no text in UTF-8.") from error
    except HeaderError as error:
        raise LessonError(f"{TEXT}: {error}") from error
    tasks = _tasks(header.pop("task", []))
    vary, settings = _varied(header.pop("vary", {})), _settings(header.pop("set", {}))
    try:
        head = declared(Head, header)
    except ParameterError as error:
        raise LessonError(f"In the header: {error}") from error
    for name in head.palette:
        if name not in BLOCKS:
            raise LessonError(f"In the header, palette: there is no block {quoted(name)}{meant(name, BLOCKS)}.")
    return LessonFile(head, tasks, text, vary, settings, dict(members))


def _tasks(entries: Any) -> tuple[Task, ...]:
    if (
        not isinstance(entries, list)
        or len(entries) > MOST_TASKS
        or not all(isinstance(each, dict) for each in entries)
    ):
        raise LessonError(f"In the header: tasks are tables, [[task]], and {MOST_TASKS} at most.")
    found: dict[str, Task] = {}
    for number, entry in enumerate(entries, 1):
        try:
            task = read_task({"name": f"task{number}"} | entry)
        except ParameterError as error:
            raise LessonError(f"Task {number}: {error}") from error
        if not re.fullmatch(r"[A-Za-z0-9][\w-]*", task.name, re.ASCII):
            raise LessonError(f"Task {number}: its name may have letters, digits, - and _ alone.")
        if task.name in found:
            raise LessonError(f"Task {number}: {task.name} is the name of another task.")
        found[task.name] = task
    return tuple(found.values())


def _varied(entries: Any) -> dict[str, tuple[Value, ...]]:
    if not isinstance(entries, dict) or len(entries) > MOST_NAMES:
        raise LessonError(f"In the header: [vary] has up to {MOST_NAMES} names, each with a list.")
    for name, choices in entries.items():
        if not re.fullmatch(r"[a-z]\w{0,30}", name, re.ASCII):
            raise LessonError(f"In the header, [vary]: {on_a_line(name, 40)} is no name; small letters and digits are.")
        is_list = isinstance(choices, list) and 1 <= len(choices) <= MOST_CHOICES
        if not is_list or not all(type(each) in (int, float, str) and len(str(each)) < 100 for each in choices):
            raise LessonError(f"In the header, [vary]: {name} is a list of numbers or words.")
    return {name: tuple(choices) for name, choices in entries.items()}


def _settings(entries: Any) -> dict[str, Value]:
    if not isinstance(entries, dict) or len(entries) > 100:
        raise LessonError('In the header: [set] has up to 100 entries such as "conv1.out_channels" = "channels".')
    for key, value in entries.items():
        if "." not in key or type(value) not in (int, float, str):
            raise LessonError(
                f"In the header, [set]: {on_a_line(key, 60)} is no node and parameter, in quotes, with one value."
            )
    return dict(entries)


def members_of(lesson: LessonFile) -> dict[str, bytes]:
    """The files that a lesson is, its text written anew."""
    header: dict[str, Any] = {name: _plain(value) for name, value in lesson.head.changed_values.items()}
    header |= {"vary": {name: list(each) for name, each in lesson.vary.items()}} if lesson.vary else {}
    header |= {"set": dict(lesson.settings)} if lesson.settings else {}
    header |= {"task": [written_task(task) for task in lesson.tasks]} if lesson.tasks else {}
    return {TEXT: joined(header, lesson.text).encode()} | {
        name: data for name, data in sorted(lesson.members.items()) if name != TEXT
    }


def write(path: Path, members: Mapping[str, bytes]) -> None:
    """Put a lesson of these files in this file, whole or not at all. Raises ``LessonError``."""
    data = packed(members)
    try:
        read_bytes(data)
        with replacing(path) as temporary:
            temporary.write_bytes(data)
    except DiskError as error:
        raise LessonError(str(error)) from error
    except LessonError as error:
        raise LessonError(f"{shown(path)} was not written: {error}") from error


def in_dark(path: str) -> str:
    """The name of the picture that is shown instead in a dark window, where there is one: kernel.dark.png."""
    stem, dot, ending = path.rpartition(".")
    return f"{stem}{DARK}{dot}{ending}"


def _shown(text: str) -> frozenset[str]:
    """The pictures that a text shows, in a light window or in a dark one."""
    found = _PICTURE.findall(text)
    return frozenset([*found, *map(in_dark, found)])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


# releasing


def released(lesson: LessonFile) -> LessonFile:
    """What students get: no answers, no hidden tasks, no solution, no remarks, and no file that they do not need.

    Only what is known to be needed is taken, so that nothing comes along by chance. A hash of an answer is no secret
    where there are few numbers to try, so there is none: what is withheld is decided when work is marked.
    """
    kept = tuple(task.released() for task in lesson.tasks if not task.hidden)
    hidden = [task for task in lesson.tasks if task.hidden]
    gone = {task.name for task in hidden}
    text = PLACE.sub(lambda found: "" if found[1] in gone else found[0], _REMARK.sub("", lesson.text))
    rest = " ".join([text, lesson.head.start, str([written_task(task) for task in kept])])
    used = {str(value) for value in lesson.settings.values()}
    vary = {name: each for name, each in lesson.vary.items() if f"{{{name}}}" in rest or name in used}
    head = replace(
        lesson.head,
        solution="",
        solution_weights="",
        held_out=lesson.head.held_out if _may_keep_pictures(lesson) else "",
        kept_points=lesson.head.kept_points + sum(task.points for task in hidden),
        released=True,
    )
    whole = LessonFile(head, kept, text, vary, lesson.settings, {})
    return replace(whole, members=dict(_needed(lesson, whole)))


def _may_keep_pictures(lesson: LessonFile) -> bool:
    """Whether the pictures kept apart may be known: they come with every program, or are for practice alone."""
    measured = [task for task in lesson.tasks if task.answered_by == "weights"]
    return not lesson.folder(lesson.head.held_out) or (bool(measured) and all(task.practice for task in measured))


def _needed(lesson: LessonFile, whole: LessonFile) -> Iterator[tuple[str, bytes]]:
    """The files of the lesson that students need."""
    pictures = _shown(whole.text)
    folders = tuple(f"{path.strip('/')}/" for path in (whole.head.training, whole.head.held_out) if path)
    pattern = re.escape(whole.head.start)
    for name in whole.vary:
        pattern = pattern.replace(re.escape(f"{{{name}}}"), "(?:.*)")
    for name, data in lesson.members.items():
        if whole.head.start and re.fullmatch(pattern, name):
            with suppress(LessonError):
                yield name, dumps(lesson.project(name)).encode()  # as we write it: nothing else can stand in it
        elif name in pictures or name == whole.head.weights or (folders and name.startswith(folders)):
            yield name, data
