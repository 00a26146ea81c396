"""What other programs do to the file that is open is noticed and said in place, and nothing is replaced in silence."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Linear
from cnnstudio.graph import Graph
from cnnstudio.owner import Owner
from cnnstudio.project import Project, from_template, read, write
from cnnstudio.ui.document import Document
from cnnstudio.ui.files import file_watch
from cnnstudio.ui.files.file_watch import FileWatch
from cnnstudio.ui.files.recovery import Recovery
from cnnstudio.ui.files.recovery_copy import About, Copy, others_with
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.ui.widgets.messages import MessageBar, Messages

LENET = from_template("lenet5")


@dataclass
class Bench:
    """A document with the messages of its window and nothing else of one."""

    document: Document
    messages: Messages
    watch: FileWatch
    asked: list[str]

    def save(self) -> None:
        """What saving does, but for asking."""
        path = self.document.path
        assert path is not None
        if not self.watch.is_as_known(path):
            self.asked.append(path.name)
            return
        write(path, self.document.project)
        self.document.set_path(path)


@pytest.fixture
def bench(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """It looks often."""
    monkeypatch.setattr(file_watch, "LOOK_MILLISECONDS", 20)
    monkeypatch.setattr(file_watch, "SETTLE_MILLISECONDS", 10)
    host = QWidget()
    qtbot.addWidget(host)
    document, messages = Document(), Messages(host)

    def save() -> None:
        made.save()

    watch = FileWatch(document, messages, save, lambda: made.asked.append("save as"), host)
    made = Bench(document, messages, watch, [])
    yield made
    watch.close()


@pytest.fixture
def opened(bench: Bench, tiny: Project, tmp_path: Path) -> Path:
    """The file that is open."""
    path = tmp_path / "work" / "net.cnn"
    path.parent.mkdir()
    write(path, tiny)
    bench.document.open(read(path), path)
    return path


def said(bench: Bench) -> list[MessageBar]:
    return [bar for bar in bench.messages.bars if bar.about == file_watch.FILE]


def told(qtbot: QtBot, bench: Bench, words: str) -> MessageBar:
    """The message with these words, once it is there."""
    qtbot.waitUntil(lambda: any(words in bar.sentence for bar in said(bench)))
    (bar,) = said(bench)
    return bar


def test_a_file_that_another_program_replaces_is_told_of_each_time_and_can_be_reloaded_and_undone(
    qtbot: QtBot, bench: Bench, tiny: Project, tiny_graph: Graph, opened: Path
) -> None:
    bench.document.edit("Change", tiny.with_graph(tiny_graph.rename("conv1", "mine")))
    mine = bench.document.project
    for other in (LENET, from_template("vgg-small")):  # the second time as well: each is another file of that name
        write(opened, other)
        told(qtbot, bench, "net.cnn was changed by another program").buttons["Reload"].click()
        assert bench.document.project == other and not bench.document.is_modified and said(bench) == []
    bench.document.undo_stack.undo()
    bench.document.undo_stack.undo()
    assert bench.document.project == mine and bench.document.is_modified
    bench.save()
    assert read(opened) == mine, "it was seen, and is replaced unasked"


def test_what_a_lesson_does_not_allow_is_not_reloaded_and_still_not_replaced_unasked(
    qtbot: QtBot, bench: Bench, tiny: Project, opened: Path
) -> None:
    refused = "The lesson keeps conv1 as it is."
    sentences: list[str] = []
    bench.document.said.connect(sentences.append)
    bench.document.rules = lambda project: refused if project.graph != tiny.graph else ""
    write(opened, LENET)
    told(qtbot, bench, "was changed by another program").buttons["Reload"].click()
    assert sentences == [refused] and bench.document.project == tiny
    assert bench.document.is_modified, "what is shown is in no file"
    bench.save()
    assert bench.asked == ["net.cnn"] and read(opened) == LENET


def test_who_keeps_his_own_replaces_what_he_has_been_told_of_and_nothing_later(
    qtbot: QtBot, bench: Bench, tiny: Project, opened: Path
) -> None:
    write(opened, LENET)
    bar = told(qtbot, bench, "was changed")
    assert bench.document.is_modified, "no file holds it"
    bar.buttons["Keep mine"].click()
    assert said(bench) == [] and bench.document.project == tiny and bench.document.is_modified
    write(opened, Project())
    bench.save()
    assert bench.asked == ["net.cnn"] and read(opened) == Project()
    told(qtbot, bench, "was changed").buttons["Keep mine"].click()
    bench.save()
    assert read(opened) == tiny and not bench.document.is_modified


def test_what_is_written_anew_and_is_the_same_is_no_news(qtbot: QtBot, bench: Bench, opened: Path) -> None:
    stamps = [file_watch.stamp_of(opened)]
    os.utime(opened, (1e9, 1e9))
    watch = bench.watch
    qtbot.waitUntil(lambda: watch._stamp not in stamps)
    assert said(bench) == [] and not bench.document.is_modified
    bench.document.edit("Change", LENET)
    bench.save()
    looked = watch._last
    qtbot.waitUntil(lambda: watch._last is not looked and watch._last.state == "same")
    assert said(bench) == [], "what is saved here is known"


def test_a_file_that_is_deleted_is_told_of_and_written_anew(
    qtbot: QtBot, bench: Bench, tiny: Project, opened: Path
) -> None:
    opened.unlink()
    bar = told(qtbot, bench, "is not in its folder any more")
    assert bench.document.is_modified
    bar.buttons["Save it again"].click()
    assert read(opened) == tiny and not bench.document.is_modified and said(bench) == []


@pytest.mark.parametrize("is_folder", [False, True])
def test_what_is_away_and_comes_back_is_as_before(qtbot: QtBot, bench: Bench, opened: Path, is_folder: bool) -> None:
    moved = opened.parent if is_folder else opened
    moved.rename(moved.with_name("elsewhere"))
    told(qtbot, bench, "cannot be reached" if is_folder else "is not in its folder any more")
    moved.with_name("elsewhere").rename(moved)
    qtbot.waitUntil(lambda: said(bench) == [])
    assert not bench.document.is_modified


def test_a_file_that_another_program_spoils_leaves_what_is_open(
    qtbot: QtBot, bench: Bench, tiny: Project, opened: Path
) -> None:
    opened.write_text("{")
    bar = told(qtbot, bench, "cannot be read now")
    assert "Reload" not in bar.buttons and bench.document.project == tiny
    write(opened, LENET)
    assert "Reload" in told(qtbot, bench, "Undo brings yours back").buttons


def test_a_disk_that_does_not_answer_holds_nobody_up(
    qtbot: QtBot, bench: Bench, tiny: Project, opened: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered, looks = threading.Event(), threading.Event(), []

    def silent(*_: object) -> file_watch.Look:
        looks.append(threading.current_thread())
        asked.set()
        answered.wait(60)
        return file_watch.Look("gone")

    monkeypatch.setattr(file_watch, "_look", silent)
    try:
        qtbot.waitUntil(asked.is_set)
        bench.watch.look()
        qtbot.wait(60)
        assert len(looks) == 1 and looks[0] is not threading.main_thread()
        bench.document.edit("Change", LENET)
        bench.document.open(tiny, None)  # and what it answers at last is of another file
    finally:
        answered.set()
    looks[0].join(10)
    qtbot.wait(60)
    assert said(bench) == []


def test_the_same_file_in_another_program_is_told_of(qtbot: QtBot, bench: Bench, tiny: Project, tmp_path: Path) -> None:
    write(tmp_path / "net.cnn", tiny)
    living = msgspec.structs.replace(Owner.here(), host="lab-7")
    for owner, path in ((living, tmp_path / "net.cnn"), (Owner.here(), tmp_path / "net.cnn"), (living, "")):
        copy = Copy.new()
        copy.folder.mkdir(parents=True)
        (copy.folder / "copy.json").write_bytes(msgspec.json.encode(About(owner, str(path))))
    bench.document.open(tiny, tmp_path / "net.cnn")
    qtbot.waitUntil(lambda: bool(bench.messages.bars))
    (bar,) = bench.messages.bars
    assert bar.sentence.startswith("net.cnn is open in another CNN Studio as well, on the computer lab-7.")


def test_a_window_says_on_the_disk_which_file_it_has_open(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document(path=tmp_path / "net.cnn")
    recovery = Recovery(document, document)
    recovery.keep()
    copy = recovery._copy
    assert copy.about == About(Owner.here(), str(tmp_path / "net.cnn"))
    assert others_with(tmp_path / "net.cnn") == [], "it is our own"
    recovery.close()
    assert not copy.folder.exists()


def test_the_window_says_what_became_of_its_file_and_which_window_has_it(
    qtbot: QtBot, window: MainWindow, tiny: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_watch, "LOOK_MILLISECONDS", 20)
    monkeypatch.setattr(file_watch, "SETTLE_MILLISECONDS", 10)
    path = tmp_path / "net.cnn"
    write(path, tiny)
    window.files.open(path)
    beside = window.windows.new(window)
    beside.files.open(path)
    assert window.messages.bars[-1].sentence == "net.cnn is open already, in this window."
    assert beside.document.path is None
    window.document.select(("linear1",))
    write(path, tiny.with_graph(tiny.graph.replace("linear1", Linear(10, bias=False))))
    qtbot.waitUntil(lambda: any("Reload" in bar.buttons for bar in window.messages.bars))
    (bar,) = (bar for bar in window.messages.bars if "Reload" in bar.buttons)
    bar.buttons["Reload"].click()
    assert window.document.selection == ("linear1",) and window.document.undo_stack.undoText() == "Reload net"
    window.document.undo_stack.undo()
    assert window.document.project == tiny and window.document.is_modified
    path.unlink()
    qtbot.waitUntil(lambda: any("Save it again" in bar.buttons for bar in window.messages.bars))
    window.messages.bars[-1].buttons["Save it again"].click()
    assert read(path) == tiny


def test_the_word_of_another_computer_is_believed_for_a_day(tmp_path: Path) -> None:
    copy = Copy.new()
    copy.folder.mkdir(parents=True)
    word = copy.folder / "copy.json"
    word.write_bytes(
        msgspec.json.encode(About(msgspec.structs.replace(Owner.here(), host="lab-7"), str(tmp_path / "net.cnn")))
    )
    assert len(others_with(tmp_path / "net.cnn")) == 1
    os.utime(word, (1e9, 1e9))
    assert others_with(tmp_path / "net.cnn") == []
