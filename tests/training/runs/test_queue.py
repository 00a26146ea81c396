from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from cnnstudio import disk
from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.disk import DiskError
from cnnstudio.folders import queue_file
from cnnstudio.graph import Sketch
from cnnstudio.owner import Owner
from cnnstudio.project import Project, RunReference
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs import queue
from cnnstudio.training.runs.queue import Entry, Queue, QueueBusyError, QueueError, QueueFile, new_entry


@pytest.fixture
def project() -> Project:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), Flatten(), Linear(10))
    return Project(draw.graph(), Recipe(data="digits", epochs=1), run=RunReference("2026-01-31", 2))


@pytest.fixture
def three(project: Project) -> tuple[Entry, ...]:
    return tuple(new_entry(project, title) for title in "abc")


def titles(found: Queue) -> str:
    return "".join(entry.title for entry in found.entries)


def others() -> Owner:
    """A process of another program that lives as long as this test does."""
    here = Owner.here()
    return replace_owner(here, host="elsewhere")


def replace_owner(owner: Owner, **changes: object) -> Owner:
    return msgspec.structs.replace(owner, **changes)


DEAD = Owner(Owner.here().host, Owner.here().pid, 1.0)  # the number of this process, given to another one long ago


def test_what_is_queued_stays_as_it_was(project: Project, three: tuple[Entry, ...]) -> None:
    file = QueueFile()
    file.change(lambda found: found.added(*three))
    kept = QueueFile().read()
    assert file.path == queue_file() and titles(kept) == "abc" and kept.entries == three
    assert kept.entries[0].opened() == replace(project, run=None)  # which begins from fresh weights
    assert kept.waiting == three and kept.running is None and not kept.is_paused


def test_the_order_is_the_persons(three: tuple[Entry, ...]) -> None:
    found = Queue().added(*three)
    a, b, c = (entry.id for entry in three)
    assert titles(found.moved(c, 0)) == "cab" and titles(found.moved(a, 99)) == "bca"
    assert titles(found.shifted(b, -1)) == "bac" and titles(found.shifted(a, -1)) == "abc"
    assert titles(found.without(a, c)) == "b" and titles(found) == "abc"
    with pytest.raises(QueueError, match="not in the queue any more"):
        found.without(b).moved(b, 0)


def test_each_run_is_claimed_once_and_in_order(three: tuple[Entry, ...]) -> None:
    file = QueueFile()
    file.change(lambda found: found.added(*three))
    first = file.claim()
    assert first is not None and first.title == "a" and first.owner == Owner.here()
    assert file.read().running == first
    file.settle(first.id, "failed", "It is broken.", "/runs/a")
    kept = file.read()[first.id]
    assert (kept.present_state, kept.sentence, kept.folder, kept.owner) == ("failed", "It is broken.", "/runs/a", None)
    second = file.claim()
    assert second is not None and second.title == "b"
    file.change(lambda found: found.paused())
    file.settle(second.id, "done")
    assert file.claim() is None
    file.change(lambda found: found.paused(False).again(first.id))
    again = file.claim()
    assert again is not None and again.title == "a" and again.folder == "/runs/a" and again.sentence == ""


def test_what_a_dead_program_left_is_gone_on_with_and_what_a_living_one_has_is_its_own(
    three: tuple[Entry, ...],
) -> None:
    file = QueueFile()
    torn = msgspec.structs.replace(three[1], state="running", owner=DEAD, folder="/runs/b")
    file.change(lambda found: found.added(torn, three[0]))
    assert torn.present_state == "waiting" and file.read().running is None
    claimed = file.claim()
    assert claimed is not None and claimed.id == torn.id and claimed.folder == "/runs/b"

    taken = msgspec.structs.replace(three[1], owner=others(), state="running")
    file.change(lambda found: found.changed(taken))
    with pytest.raises(QueueBusyError, match="on another computer, elsewhere"):
        file.claim()
    with pytest.raises(QueueError, match="being trained: stop it first"):
        file.change(lambda found: found.without(taken.id))
    assert len(file.read().entries) == 2


def test_what_this_program_could_not_settle_is_no_obstacle_to_it(three: tuple[Entry, ...]) -> None:
    file = QueueFile()
    file.change(lambda found: found.added(*three))
    first, same = file.claim(), file.claim()
    assert first is not None and same is not None and first.id == same.id


def test_a_settled_entry_that_was_removed_does_not_come_back(three: tuple[Entry, ...]) -> None:
    file = QueueFile()
    file.change(lambda found: found.added(three[0]))
    file.settle(three[2].id, "done")
    assert titles(file.read()) == "a"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"entries": 1}', '{"entries": [{"id": "a"}]}', "\xff\xfe", "[" * 5_000, '{"format": "x"}'],
)
def test_a_broken_file_is_kept_beside(text: str, three: tuple[Entry, ...]) -> None:
    queue_file().write_bytes(text.encode("latin-1"))
    file = QueueFile()
    assert file.read() == Queue()
    aside = queue_file().with_name("queue-unread-1.json")
    assert str(aside) in file.trouble and aside.read_bytes() == text.encode("latin-1")
    file.change(lambda found: found.added(*three))
    assert titles(QueueFile().read()) == "abc"


def test_one_id_twice_is_damage_too(three: tuple[Entry, ...]) -> None:
    queue_file().write_bytes(msgspec.json.encode(Queue(entries=(three[0], three[0]))))
    file = QueueFile()
    assert file.read() == Queue() and "damaged" in file.trouble


def test_a_newer_file_is_left_alone() -> None:
    queue_file().write_text(json.dumps({"format": 2, "entries": []}))
    with pytest.raises(QueueError, match="newer CNN Studio"):
        QueueFile().read()
    assert queue_file().exists()


def test_a_file_or_a_queue_that_is_too_large(monkeypatch: pytest.MonkeyPatch, three: tuple[Entry, ...]) -> None:
    file = QueueFile()
    file.change(lambda found: found.added(three[0]))
    monkeypatch.setattr(queue, "LARGEST", queue_file().stat().st_size + 10)
    with pytest.raises(QueueError, match="no room for so much"):
        file.change(lambda found: found.added(three[1]))
    assert titles(file.read()) == "a"
    monkeypatch.setattr(queue, "LARGEST", 10)
    assert file.read() == Queue() and "damaged" in file.trouble
    monkeypatch.setattr(queue, "MOST_ENTRIES", 2)
    with pytest.raises(QueueError, match="has room for 2 runs"):
        Queue().added(*three)


def test_a_disk_that_is_full_leaves_the_queue_as_it_was(
    three: tuple[Entry, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = QueueFile()
    file.change(lambda found: found.added(three[0]))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "replace", full)
    with pytest.raises(DiskError, match="the disk is full"):
        file.change(lambda found: found.added(three[1]))
    monkeypatch.undo()
    assert titles(QueueFile(file.path).read()) == "a"


def test_a_project_that_no_file_could_hold_is_refused(project: Project) -> None:
    broken = replace(project, recipe=Recipe(folder="\ud800"))
    with pytest.raises(QueueError, match="b was not queued"):
        new_entry(broken, "b")


def test_who_has_no_queue_makes_no_file() -> None:
    assert QueueFile().read() == Queue() and not queue_file().parent.joinpath("queue.lock").exists()


def test_a_lock_that_somebody_keeps_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    monkeypatch.setattr(queue, "PATIENCE", 0.0)
    with FileLock(Path(queue_file()).with_suffix(".lock")), pytest.raises(QueueError, match="in use by another"):
        QueueFile().change(lambda found: found.paused())
