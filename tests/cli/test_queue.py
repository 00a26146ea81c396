"""The queue command: what is queued as it is, put in order, worked through, stopped and gone on with."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.cli import main, queue
from cnnstudio.cli.bar import Bar
from cnnstudio.folders import queue_file
from cnnstudio.graph import Sketch
from cnnstudio.owner import Owner
from cnnstudio.project import Project, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs import queue_runner
from cnnstudio.training.runs.queue import QueueFile

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, in a folder with the networks good.cnn and wrong.cnn."""
    monkeypatch.chdir(tmp_path)
    for name, classes in (("good", 10), ("wrong", 4)):
        draw = Sketch()
        draw.chain(draw(Input((1, 8, 8))), Conv2d(4), ReLU(), Flatten(), Linear(classes))
        recipe = Recipe(data="digits", epochs=1, batch_size=256)
        write(tmp_path / f"{name}.cnn", Project(draw.graph(), recipe))

    def command(*arguments: object) -> tuple[int, str, str]:
        code = main(["queue", *map(str, arguments)])
        return code, *capsys.readouterr()

    return command


def entries() -> list[tuple[str, str]]:
    return [(entry.title, entry.state) for entry in QueueFile().read().entries]


def test_networks_are_queued_as_they_are_and_trained_in_order(run: Run, tmp_path: Path) -> None:
    assert run() == (0, "Nothing is queued; `cnnstudio queue add FILE` adds a network.\n", "")
    assert run("run") == (0, "No run waits; `cnnstudio queue add FILE` adds a network.\n", "")
    assert run("add", "good.cnn") == (0, "1 run waits. `cnnstudio queue run` trains it.\n", "")
    assert run("add", "good.cnn", "--epochs", "2")[1].startswith("2 runs wait")
    (tmp_path / "good.cnn").unlink()
    assert run("move", "2", "1") == (0, "1. good\n2. good\n", "")
    code, out, _ = run("run")
    assert code == 0 and out.count("good: begins.") == 2 and out.endswith("The queue is done: 2 done.\n")
    lines = run()[1].splitlines()
    assert re.split(" {2,}", lines[0]) == ["No.", "Name", "What differs", "State", "Best", "Epochs", "Run", "Id"]
    assert re.search(r"1  good  .*  done .* 2/2     good  ", lines[2]) and "1/1     good-2" in lines[3]
    assert (tmp_path / "runs" / "good" / "best.safetensors").exists()
    found = json.loads(run("--json")[1])
    assert [entry["run"]["epochs_done"] for entry in found["entries"]] == [2, 1] and not found["is_paused"]
    assert "project" not in found["entries"][0]
    assert run("clear") == (0, "No run waits.\n", "") and entries() == []
    assert (tmp_path / "runs" / "good" / "best.safetensors").exists()


def test_what_cannot_be_trained_is_not_queued(run: Run) -> None:
    code, _, err = run("add", "good.cnn", "wrong.cnn")
    assert code == 1 and "cannot be trained yet" in err and entries() == []
    assert run("add", "none.cnn")[2] == "cnnstudio: none.cnn cannot be opened: it does not exist.\n"


def test_after_one_that_failed_the_others_are_trained_and_it_can_be_queued_again(run: Run) -> None:
    run("add", "good.cnn", "good.cnn")
    first = QueueFile().read().entries[0]
    QueueFile().change(lambda found: found.changed(msgspec.structs.replace(first, project="{")))
    code, out, _ = run("run")
    assert code == 1 and "\nfailed: " in out and out.endswith("The queue is done: 1 done, 1 failed.\n")
    assert entries() == [("good", "failed"), ("good", "done")]
    assert run("again", "1", "2")[1].startswith("1 run waits")
    assert entries() == [("good", "waiting"), ("good", "done")]


def test_to_interrupt_is_to_wait_and_to_go_on_later(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("add", "good.cnn", "--epochs", "3")
    told: list[str] = []
    monkeypatch.setattr(Bar, "say", lambda _, *lines: told.extend(lines))
    asked = contextlib.nullcontext(lambda: any(line.startswith("Epoch 1/3") for line in told))
    with monkeypatch.context() as patch:
        patch.setattr(queue, "interruptible", lambda: asked)
        code, out, _ = run("run")
    assert code == 130
    assert out == (
        "The queue was stopped: nothing was trained to its end. 1 run waits. `cnnstudio queue run` trains it.\n"
    )
    told.clear()
    assert run("run")[0] == 0
    assert told[0] == "good: goes on." and any(line.startswith("Going on after step") for line in told)
    assert [line[:9] for line in told if line.startswith("Epoch")] == ["Epoch 2/3", "Epoch 3/3"]
    assert told[-1].startswith("Trained for 3 epochs")


def test_a_pause_from_another_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_runner, "LOOK_AGAIN", 0.0)
    assert run("pause")[1] == "The queue is paused; `cnnstudio queue run` goes on.\n"
    run("add", "good.cnn")
    assert run()[1].endswith("1 run waits, paused. `cnnstudio queue run` trains it.\n")
    says = Bar.say

    def pausing(bar: Bar, *lines: str) -> None:
        says(bar, *lines)
        if any(line.startswith("Epoch") for line in lines):
            main(["queue", "pause"])

    monkeypatch.setattr(Bar, "say", pausing)
    code, out, _ = run("run")
    assert code == 0 and entries() == [("good", "waiting")]
    assert "ends after this step and waits" in out and "The queue was paused: nothing was trained to its end" in out
    monkeypatch.setattr(Bar, "say", says)
    assert run("run")[1].endswith("The queue is done: 1 done.\n")


def test_a_queue_that_another_program_works_through(run: Run) -> None:
    run("add", "good.cnn", "good.cnn")
    first = QueueFile().read().entries[0]
    owner = msgspec.structs.replace(Owner.here(), host="elsewhere")
    taken = msgspec.structs.replace(first, state="running", owner=owner)
    QueueFile().change(lambda found: found.changed(taken))
    assert run()[1].endswith("A run is being trained; 1 more run waits.\n")
    assert run("run") == (1, "", "cnnstudio: The queue is being worked through on another computer, elsewhere.\n")
    assert run("remove", "1") == (1, "", "cnnstudio: good is being trained: stop it first, then remove it.\n")
    assert run("remove", first.id[:5], "2")[0] == 1 and len(entries()) == 2
    assert run("remove", "2")[0] == 0 and len(entries()) == 1


def test_a_broken_file_is_a_warning_and_kept(run: Run) -> None:
    queue_file().write_text("{")
    code, out, _ = run()
    aside = queue_file().with_name("queue-unread-1.json")
    assert code == 0 and out.startswith("Nothing is queued") and f"It is kept as {aside}" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["frob"], "queue takes no 'frob'; it takes list, add, run, pause, clear, move, remove, again."),
        (["add"], "queue add needs a file; `cnnstudio queue` lists what is queued."),
        (["remove"], "queue remove needs a run; `cnnstudio queue` lists what is queued."),
        (["remove", "1"], "There is no run 1 in the queue; `cnnstudio queue` lists them with their numbers."),
        (["move", "1"], "queue move needs a run and its place; `cnnstudio queue` lists what is queued."),
        (["move", "1", "-"], "The place must be a number from 1, not '-'."),
        (["run", "1"], "queue run takes nothing else, not '1'."),
        (["run", "--epochs", "3"], "queue run takes no --epochs: what is queued is trained as it was queued."),
        (["list", "--preset", "fast"], "queue list takes no --preset: what is queued is trained as it was queued."),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(words: list[str], sentence: str, run: Run) -> None:
    assert run(*words) == (1, "", f"cnnstudio: {sentence}\n")


def test_the_terminals_bell_rings_where_somebody_may_be_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Bar().ring()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Bar().ring()
    assert capsys.readouterr().out == "\a"
