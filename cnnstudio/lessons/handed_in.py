"""Handed in: a student's work as one file, a zip of the project, the weights, the answers and what was tried before.

What it claims of answers and attempts is what it holds; of networks and weights nothing that it says is believed.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from cnnstudio.lessons.archive import Archive, ArchiveError, Bounds, packed
from cnnstudio.lessons.work import Answer
from cnnstudio.project import Project, ProjectError, dumps, loads
from cnnstudio.wording import on_a_line

BOUNDS = Bounds(file=192 * 2**20, member=160 * 2**20, whole=192 * 2**20, members=20)
FORMAT, VERSION = "cnnstudio-handin", 1
WORK, PROJECT, WEIGHTS = "work.json", "project.cnn", "weights.safetensors"
LARGEST_WORK = 4 * 2**20  # bytes of answers and attempts
MOST_ATTEMPTS, MOST_ANSWERS, MOST_HINTS = 5_000, 200, 20
LONGEST = 5_000  # letters of an answer


class HandInError(ValueError):
    """Work that cannot be read or written; the message is a sentence."""


@dataclass(frozen=True)
class Attempt:
    """An answer that was looked at: to which task, what, and when (ISO 8601, as the student's clock says)."""

    task: str
    answer: Answer
    at: str = ""


@dataclass(frozen=True, eq=False)
class HandedIn:
    """A student's work: for which lesson, whose, the project, the answers, how it came about, and the weights.

    ``hints`` says how many hints were taken of a task. ``weights`` are the bytes of a safetensors file.
    """

    lesson: str
    student: str
    project: Project
    answers: Mapping[str, Answer] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    hints: Mapping[str, int] = field(default_factory=dict)
    name: str = ""
    written: str = ""
    weights: bytes | None = None

    def first_answer(self, task: str) -> Answer:
        """What was answered first: what counts where the right answer is revealed then."""
        first = next((each.answer for each in self.attempts if each.task == task), None)
        return first if first is not None else self.answers.get(task, Answer())


class _Answer(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    text: str = ""
    choice: int = 0
    reason: str = ""


class _Attempt(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    task: str
    answer: _Answer
    at: str = ""


class _Work(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    lesson: str
    student: str
    name: str = ""
    written: str = ""
    answers: dict[str, _Answer] = {}
    hints: dict[str, int] = {}
    attempts: list[_Attempt] = []


def dumped(work: HandedIn) -> bytes:
    """The bytes of the file. Raises ``HandInError`` where it would not be read again."""
    told = _Work(
        FORMAT, VERSION, work.lesson, work.student, work.name, work.written,
        {name: _plain(each) for name, each in work.answers.items()}, dict(work.hints),
        [_Attempt(each.task, _plain(each.answer), each.at) for each in work.attempts],
    )  # fmt: skip
    members = {WORK: msgspec.json.format(msgspec.json.encode(told)), PROJECT: dumps(work.project).encode()}
    members |= {WEIGHTS: work.weights} if work.weights is not None else {}
    data = packed(members)
    read(io.BytesIO(data))
    return data


def read_path(path: Path) -> HandedIn:
    """The work in this file. Raises ``HandInError``."""
    try:
        with path.open("rb") as file:
            return read(file)
    except OSError as error:
        raise HandInError(f"It cannot be opened: {error.strerror or error}.") from error


def read(file: BinaryIO) -> HandedIn:
    """The work in an open file. Raises ``HandInError`` with a sentence, whatever the file is."""
    try:
        archive = Archive(file, BOUNDS)
        if archive.trouble:
            raise HandInError(archive.trouble)
        if strange := archive.members.keys() - {WORK, PROJECT, WEIGHTS}:
            raise HandInError(f"It holds {on_a_line(min(strange), 80)}, which belongs to no work.")
        if absent := {WORK, PROJECT} - archive.members.keys():
            raise HandInError(f"It has no {min(absent)}, so it is no work that was handed in.")
        if archive.members[WORK].size > LARGEST_WORK:
            raise HandInError(f"Its answers and attempts take more than {LARGEST_WORK // 2**20} MB.")
        told = _told(archive.read(WORK))
        project = loads(archive.read(PROJECT))
        weights = archive.read(WEIGHTS) if WEIGHTS in archive.members else None
    except ArchiveError as error:
        raise HandInError(str(error)) from error
    except ProjectError as error:
        raise HandInError(f"Its project cannot be read: {error}") from error
    return HandedIn(
        told.lesson, told.student, project, {name: _answer(each) for name, each in told.answers.items()},
        tuple(Attempt(each.task, _answer(each.answer), each.at) for each in told.attempts), dict(told.hints),
        told.name, told.written, weights,
    )  # fmt: skip


def _told(data: bytes) -> _Work:
    try:
        found = msgspec.json.decode(data, type=_Work)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise HandInError(
            "Its answers cannot be read: they are damaged, or were written by another program."
        ) from error
    if found.format != FORMAT or found.version != VERSION:
        raise HandInError("Its answers were written by another program, or by a newer CNN Studio.")
    if len(found.attempts) > MOST_ATTEMPTS or len(found.answers) > MOST_ANSWERS or len(found.hints) > MOST_ANSWERS:
        raise HandInError(f"It holds more than {MOST_ATTEMPTS:,} attempts or {MOST_ANSWERS} answers.")
    texts = [*found.answers.values(), *(each.answer for each in found.attempts)]
    if any(len(each.text) > LONGEST or len(each.reason) > LONGEST for each in texts):
        raise HandInError(f"An answer in it has more than {LONGEST:,} letters.")
    if any(len(word) > 120 for word in (found.lesson, found.student, found.name, found.written)):
        raise HandInError("The name of its student or its lesson is longer than a name can be.")
    if any(not 0 <= count <= MOST_HINTS for count in found.hints.values()):
        raise HandInError("It says of hints what cannot be.")
    return found


def _plain(answer: Answer) -> _Answer:
    return _Answer(answer.text, answer.choice, answer.reason)


def _answer(plain: _Answer) -> Answer:
    return Answer(plain.text, plain.choice, plain.reason)
