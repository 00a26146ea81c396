"""Desk: a lesson as a student sits at it: what was answered, what is done, which hints were taken; kept between days.

It is kept as the very file that is handed in, without weights, in the person's folder of lessons. Knows no Qt.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path, PurePosixPath

import msgspec

from cnnstudio.disk import DiskError, is_there, reason, replacing, shown, size_of
from cnnstudio.disk import read as read_file
from cnnstudio.folders import lessons_folder
from cnnstudio.lessons.begun import INDEX, MOST_BEGUN, Begun, begun_or_fails
from cnnstudio.lessons.file_names import HANDED_IN
from cnnstudio.lessons.handed_in import BOUNDS, MOST_ATTEMPTS, Attempt, HandedIn, HandInError, dumped
from cnnstudio.lessons.handed_in import read as read_work
from cnnstudio.lessons.lesson_file import LessonError, LessonFile, Sheet
from cnnstudio.lessons.lesson_file import read as read_lesson
from cnnstudio.lessons.marking import Marks, evaluation, marks
from cnnstudio.lessons.quiz import Question
from cnnstudio.lessons.tasks import Hint, Task
from cnnstudio.lessons.work import NO_ANSWER, Accuracy, Answer, Work, unknown_accuracy
from cnnstudio.project import Project, ProjectError
from cnnstudio.project.datasets import FOLDER

PICTURES, WEIGHTS = ".pictures", ".safetensors"  # what a lesson brings, beside the work in it


@dataclass
class Desk:
    """A student at a lesson. ``path`` is the lesson's file, None for one that has none.

    ``place`` is where it is kept, and ``told`` what there is to say of that, a sentence or nothing.
    """

    lesson: LessonFile
    work: HandedIn
    path: Path | None = None
    place: Path = field(init=False)
    told: str = field(default="", init=False)
    is_kept: bool = field(default=True, init=False)  # as far as that was tried
    _known: str | None = field(default=None, init=False, repr=False)  # a word for what is in the file, as it is known

    def __post_init__(self) -> None:
        self.sheet: Sheet = self.lesson.sheet(self.work.student)
        self.place = _place(self.lesson.head.id)

    @classmethod
    def begin(cls, lesson: LessonFile, path: Path | None = None, student: str = "", name: str = "") -> Desk:
        """Sit down to a lesson anew. Raises ``LessonError`` where its project cannot be read."""
        desk = cls(lesson, HandedIn(lesson.head.id, student, lesson.sheet(student).start, name=name), path)
        desk.draw(desk.start)
        return desk

    @classmethod
    def resume(cls, lesson: LessonFile, path: Path | None = None) -> Desk:
        """Go on where the lesson was left, or begin where nothing of it was kept.

        What is damaged, or of another program, stays under another name. Raises ``LessonError`` where what was kept
        cannot be looked at now: who began anew would lose it.
        """
        place = _place(lesson.head.id)
        if not is_there(place):
            return cls.begin(lesson, path)
        try:
            data = read_file(place, BOUNDS.file)
        except DiskError as error:
            raise LessonError(f"What you did in {lesson.head.title} cannot be opened now. {error}") from error
        try:
            work = read_work(io.BytesIO(data))
            if work.lesson != lesson.head.id:
                raise HandInError("It is work for another lesson.")
        except HandInError as error:
            desk = cls.begin(lesson, path)
            desk.told = _put_aside(place, str(error))
            return desk
        desk = cls(lesson, work, path)
        desk._known = _word(data)
        return desk

    def instead_of(self, other: Desk) -> None:
        """Be kept from now on where the other was."""
        self.place, self._known = other.place, other._known

    @property
    def start(self) -> Project:
        """The project that the student begins with: it learns from the pictures of the lesson, where it has any."""
        start, head = self.sheet.start, self.lesson.head
        recipe, place = start.recipe, _place(head.id)
        if head.training and self.lesson.folder(head.training):
            recipe = replace(recipe, data=FOLDER, folder=str(place.with_suffix(PICTURES)))
        if head.weights in self.lesson.members:
            recipe = replace(recipe, weights=str(place.with_suffix(WEIGHTS)))
        return replace(start, recipe=recipe)

    def unpack(self) -> str:
        """Put what the lesson brings where its project looks for it; why that cannot be, empty where it can."""
        head, place = self.lesson.head, _place(self.lesson.head.id)
        pictures = self.lesson.folder(head.training) if head.training else {}
        files = {
            place.with_suffix(PICTURES).joinpath(*PurePosixPath(name).parts): data for name, data in pictures.items()
        }
        if head.weights in self.lesson.members:
            files[place.with_suffix(WEIGHTS)] = self.lesson.members[head.weights]
        try:
            for path, data in files.items():
                if size_of(path) != len(data) or not path.is_file():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with replacing(path) as temporary:
                        temporary.write_bytes(data)
        except (DiskError, OSError) as error:
            return f"The files of the lesson were not unpacked: {error}"
        return ""

    # what the student does

    def answer(self, task: Task, given: Answer) -> None:
        """Take an answer; of what is revealed then, the first alone."""
        if task.answered_by == "prediction" and self.is_answered(task):
            return
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        attempts = (*self.work.attempts, Attempt(task.name, given, now))[-MOST_ATTEMPTS:]
        self._become(answers={**self.work.answers, task.name: given}, attempts=attempts)

    def is_answered(self, task: Task) -> bool:
        """Whether there is an answer to this task."""
        return not self.given(task).is_empty

    def given(self, task: Task) -> Answer:
        """The answer to this task, empty where there is none."""
        return self.work.answers.get(task.name, NO_ANSWER)

    def draft(self, task: Task, given: Answer) -> None:
        """Take what is being written, which counts as no attempt yet."""
        self._become(answers={**self.work.answers, task.name: given})

    def take_hint(self, task: Task) -> None:
        """Take the next hint."""
        taken = self.work.hints.get(task.name, 0)
        if taken < len(task.hints):
            self._become(hints={**self.work.hints, task.name: taken + 1})

    def hints(self, task: Task) -> tuple[tuple[Hint, ...], Hint | None]:
        """The hints that were taken, and the next one, if there is any."""
        taken = self.work.hints.get(task.name, 0)
        return task.hints[:taken], next(iter(task.hints[taken:]), None)

    def draw(self, project: Project) -> None:
        """Take the project as it is now."""
        self._become(project=project)

    def call(self, student: str, name: str) -> None:
        """Say who sits here. What varies is this student's from now on; answers to other numbers are gone."""
        is_other = self.lesson.sheet(student).values != self.sheet.values
        kept: dict[str, object] = {"answers": {}, "attempts": (), "hints": {}} if is_other else {}
        self._become(student=student, name=name, **kept)
        self.sheet = self.lesson.sheet(student)

    def _become(self, **changes: object) -> None:
        self.work = replace(self.work, **changes)  # type: ignore[arg-type]

    # what comes of it

    def marks(self, accuracy: Callable[[], Accuracy] = unknown_accuracy) -> Marks:
        """What the tasks say now."""
        return marks(self.sheet, self.work, accuracy)

    def open_questions(self) -> Iterator[Question]:
        """The predictions that are still to be made, about the network at the beginning."""
        work = Work(self.work.project, self.sheet.start, {}, self.sheet.values)
        for task in self.sheet.tasks:
            question: Callable[[Work], Question | None] | None = getattr(task, "question", None)
            if question is not None and not self.is_answered(task) and (found := question(work)) is not None:
                yield found

    def handed_in(self, weights: bytes | None) -> bytes:
        """The bytes of the file to hand in. Raises ``HandInError``."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        self._become(written=now)
        return dumped(replace(self.work, weights=weights))

    def keep(self, accuracy: Callable[[], Accuracy] = unknown_accuracy) -> str:
        """Write down how far it is, with what is known of the weights; what there is to say of that, if anything.

        What another program has written there meanwhile stays: this is kept beside it then.
        """
        self.is_kept = False
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            told, data = self._step_aside(), dumped(self.work)
            with replacing(self.place) as temporary:
                temporary.write_bytes(data)
            self._known, self.is_kept = _word(data), True
            found = self.marks(accuracy)
            done = sum(mark.is_done for mark in found.tasks)
            head = self.lesson.head
            entry = Begun(head.id, head.title, head.sentence, str(self.path or ""), done, len(found.tasks))
            rest = [each for each in begun_or_fails() if each.id != head.id]
            with replacing(lessons_folder() / INDEX) as temporary:
                temporary.write_bytes(msgspec.json.encode([entry, *rest][:MOST_BEGUN]))
        except (DiskError, HandInError, ProjectError, OSError) as error:
            what = "The list of your lessons" if self.is_kept else "What you did in this lesson"
            return f"{what} is not kept: {error}"
        return told

    def _step_aside(self) -> str:
        """Take another place where the file is not the one that was read or written here; what to say of that."""
        if not is_there(self.place) or _word(read_file(self.place, BOUNDS.file)) == self._known:
            return ""
        self.place, self._known = _free(self.place), None
        return (
            "This lesson is open in another CNN Studio as well, or was changed by another program. What you do here is "
            f"kept beside that from now on: {shown(self.place)} in {self.place.parent}. It can be handed in as it is."
        )


def desk_at(path: Path) -> Desk:
    """The lesson in this file as it was left, its pictures unpacked. Raises ``LessonError``."""
    desk = Desk.resume(read_lesson(path), path)
    if trouble := desk.unpack():
        raise LessonError(trouble)
    return desk


def _word(data: bytes) -> str:
    """A word for what is in a file."""
    return hashlib.sha256(data).hexdigest()


def _free(place: Path) -> Path:
    """The first name of this kind that nothing has: "lab (2).handin"."""
    names = (place.with_name(f"{place.stem} ({number}){place.suffix}") for number in count(2))
    return next(each for each in names if not is_there(each))


def _put_aside(place: Path, why: str) -> str:
    """Give what cannot be read another name, so that nothing is written over it; what to say of that."""
    aside = _free(place)
    try:
        place.rename(aside)
    except OSError as error:
        raise LessonError(f"{shown(place)} cannot be read, and cannot be put aside: {reason(error)}.") from error
    return f"What you did in this lesson before cannot be read: {why} It is kept as {shown(aside)} in {aside.parent}."


def _place(lesson: str) -> Path:
    is_name = re.fullmatch(r"[\w-]{1,60}", lesson, re.ASCII)
    name = lesson if is_name else hashlib.sha256(lesson.encode("utf-8", "replace")).hexdigest()[:32]
    return lessons_folder() / f"{name}{HANDED_IN}"


def with_weights(work: HandedIn, path: Path) -> HandedIn:
    """The work with the weights of a file. Raises ``HandInError``."""
    return replace(work, weights=weights_bytes(path))


def evaluated(desk: Desk, weights: Path) -> Accuracy:
    """How the work does with the weights of a file on the pictures kept apart. Raises ``HandInError``."""
    with evaluation(desk.lesson) as accuracy:
        return accuracy(with_weights(desk.work, weights))


def weights_bytes(trained: object) -> bytes | None:
    """The bytes of a file of weights, or of weights in memory as such a file; None for none. Raises ``HandInError``."""
    from cnnstudio.training import weights

    try:
        if isinstance(trained, Path):
            return read_file(trained, BOUNDS.member)
        if isinstance(trained, weights.Held):
            return weights.written(trained.tensors, trained.metadata)
    except (DiskError, weights.WeightsError) as error:
        raise HandInError(str(error)) from error
    return None
