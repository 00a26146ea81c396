"""The runs command: what it lists, that it compares and cleans, and that it refuses in words."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

import cnnstudio
from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.cli import main
from cnnstudio.folders import runs_folder
from cnnstudio.graph import Sketch
from cnnstudio.project import Project, from_template, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.runs.metrics_file import MetricsWriter
from cnnstudio.training.runs.record import RECORD, Best, Labels, new_record, write_labels, write_record

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["runs", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def made(folder: Path, rate: float, accuracy: float, days: int = 0) -> Path:
    project = from_template("lenet5")
    project = dataclasses.replace(project, recipe=dataclasses.replace(project.recipe, learning_rate=rate))
    folder.mkdir(parents=True)
    write(folder / "project.cnn", project)
    record = msgspec.structs.replace(
        new_record(project, "CPU"), id=f"id-of-{folder.name}", state="done", owner=None, epochs_done=15, seconds=65.0,
        best=Best(9, accuracy, 0.25), images=(100, 20), began=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days),
        sentence="Trained for 15 epochs.", remarks=("One class is rare.",),
    )  # fmt: skip
    write_record(folder, record)
    writer = MetricsWriter(folder, 10)
    writer.take(EpochEnd(9, 0.5, 0.8, 0.25, accuracy, 4.0, True))
    writer.flush()
    (folder / "best.safetensors").write_bytes(b" " * 1_024)
    (folder / "last.safetensors").write_bytes(b" " * 2_048)
    return folder


@pytest.fixture(autouse=True)
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A run of the command line in this folder, and a later one of the window."""
    monkeypatch.chdir(tmp_path)
    first, second = made(tmp_path / "runs" / "net", 0.002, 0.5), made(runs_folder() / "later", 0.1, 0.75, 1)
    write_labels(first, Labels(("wide",), "try more"))
    return first, second


def test_all_runs_are_listed_the_latest_first(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == "Run State Best Loss Epochs Time Parameters MACs Began Size Tags".split()
    assert [line.split()[:4] for line in lines[2:4]] == [
        ["later", "done", "75.0%", "(epoch"], ["net", "done", "50.0%", "(epoch"],
    ]  # fmt: skip
    assert "44,426" in lines[2] and lines[3].endswith("wide")
    assert lines[4].startswith("2 runs, ")


def test_a_folder_and_json(run: Run) -> None:
    code, out, _ = run("--json", "runs")
    (found,) = json.loads(out)
    assert code == 0
    assert (found["state"], found["best"], found["parameters"]) == (
        "done", {"epoch": 9, "accuracy": 0.5, "loss": 0.25}, 44_426,
    )  # fmt: skip
    assert (found["tags"], found["note"], found["recipe"]["learning_rate"]) == (["wide"], "try more", 0.002)
    assert found["size"] > 3_072


def test_no_runs_are_a_sentence_and_no_folder_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("empty") == (0, "There are no runs here yet; `cnnstudio train FILE` makes one.\n", "")
    assert run("--json", "empty") == (0, "[]\n", "")
    assert run("nowhere") == (1, "", "cnnstudio: nowhere is no folder.\n")


def test_show_tells_all_of_one_run(run: Run) -> None:
    code, out, _ = run("show", "net")
    assert code == 0
    for line in (
        "state         done",
        "best          50.0% (epoch 9)",
        "images        100 + 20",
        "note          try more",
    ):
        assert line in out.splitlines()
    assert "remark        One class is rare." in out
    assert out.splitlines()[-1].startswith("epoch 9: train loss 0.5") and out.endswith("best so far\n")
    code, out, _ = run("show", "id-of-net", "--json")
    assert json.loads(out)["epochs_said"][0]["validation_accuracy"] == 0.5


def test_diff_tells_only_what_differs(run: Run, two: tuple[Path, Path]) -> None:
    code, out, _ = run("diff", "net", two[1])
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["net", "later"], ["─" * 47],
        ["best", "accuracy", "50.0%", "(epoch", "9)", "75.0%", "(epoch", "9)"],
        ["learning_rate", "0.002", "0.1"],
    ]  # fmt: skip
    found = json.loads(run("diff", "net", "later", "--json")[1])
    assert found["differences"][-1] == {"kind": "recipe", "name": "learning_rate", "values": ["0.002", "0.1"]}
    assert "The recipes and the networks are the same." in run("diff", "net", "net")[1]


def test_clean_says_what_it_would_do_and_does_it_when_told(run: Run, two: tuple[Path, Path]) -> None:
    expected = "net: last.safetensors would be deleted and 2.00 KiB freed. Say --delete to do it.\n"
    assert run("clean", "net") == (0, expected, "")
    assert (two[0] / "last.safetensors").exists()
    assert run("clean", "--delete", "net")[1] == "net: deleted last.safetensors for good; 2.00 KiB freed.\n"
    assert sorted(path.name for path in two[0].iterdir()) == [
        "best.safetensors", "labels.json", "metrics.csv", "project.cnn", "run.json",
    ]  # fmt: skip
    assert run("clean", "--keep", "last", "net")[1] == "net: nothing to free, it has no last weights.\n"
    assert run("clean", "net")[1] == "net: nothing to free, nothing but its best weights is there.\n"


def test_what_is_no_run_or_too_few_is_refused(run: Run) -> None:
    assert run("show", "other")[::2] == (
        1, "cnnstudio: There is no run other: it is neither a folder nor the id or the name of a run.\n",
    )  # fmt: skip
    assert run("show")[2] == "cnnstudio: runs show needs 1 run; `cnnstudio runs` lists them.\n"
    assert run("diff", "net")[2] == "cnnstudio: runs diff needs 2 runs; `cnnstudio runs` lists them.\n"
    assert "runs show tells of one run" in run("show", "net", "later")[2]


def test_a_damaged_record_is_a_warning_and_moves_no_cursor(run: Run, two: tuple[Path, Path]) -> None:
    text = (two[0] / RECORD).read_text()
    (two[0] / RECORD).write_text(text.replace('"CPU"', '"\\u001b[2J"'))
    out = run("show", "net")[1]
    assert "\x1b" not in out and "device        [2J" in out
    (two[0] / RECORD).write_text("{")
    code, out, _ = run("show", "net")
    assert code == 0
    assert out.startswith("warning: run.json is damaged; the rest of the run can still be used.\n")


def test_a_run_that_was_trained_is_listed_under_the_name_of_its_file(run: Run, tmp_path: Path) -> None:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, 3), Flatten(), Linear(10))
    write(tmp_path / "tiny.cnn", Project(draw.graph(), Recipe(epochs=1)))
    assert main(["train", "tiny.cnn"]) == 0
    run("show", "tiny")  # takes away what was printed
    found = json.loads(run("--json", "runs")[1])[0]
    assert (found["title"], found["state"], found["epochs_done"], found["owner"]) == ("tiny", "done", 1, None)
    assert found["images"] == [1438, 359] and found["best"]["epoch"] == 1


def test_it_imports_neither_torch_nor_qt(two: tuple[Path, Path]) -> None:
    code = (
        "import sys; from cnnstudio.cli import main; main(['runs']); main(['runs', 'diff', sys.argv[1], sys.argv[2]]);"
        "assert not {'torch', 'PySide6'} & set(sys.modules)"
    )
    house = Path(cnnstudio.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code, *map(str, two)], check=True, capture_output=True, cwd=house, timeout=60)
