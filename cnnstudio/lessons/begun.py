"""Begun: the lessons that a person has begun, as a list shows them before any of them is opened."""

from __future__ import annotations

import msgspec

from cnnstudio.disk import DiskError, is_there, read
from cnnstudio.folders import lessons_folder

INDEX = "begun.json"
MOST_BEGUN = 200


class Begun(msgspec.Struct):
    """A lesson that was begun: its file, and how many of its tasks are done."""

    id: str
    title: str
    sentence: str
    path: str
    done: int = 0
    tasks: int = 0


def begun() -> list[Begun]:
    """The lessons that were begun, the latest first; none where nothing can be read."""
    try:
        return begun_or_fails()
    except DiskError:
        return []


def begun_or_fails() -> list[Begun]:
    """The same. Raises ``DiskError`` where there is a list that cannot be opened now: it is not to be written over."""
    place = lessons_folder() / INDEX
    try:
        return msgspec.json.decode(read(place, 2**20), type=list[Begun]) if is_there(place) else []
    except (msgspec.DecodeError, UnicodeError):
        return []
