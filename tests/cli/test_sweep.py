"""The sweep command: what would be trained, what is queued and trained, and which did best."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.cli import main
from cnnstudio.graph import Sketch
from cnnstudio.project import Project, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.queue import QueueFile
from cnnstudio.training.runs.record import Best, Labels, new_record, write_labels, write_record

Run = Callable[..., tuple[int, str, str]]


def tiny(**values: object) -> Project:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), ReLU(), Flatten(), Linear(10))
    return Project(draw.graph(), Recipe(**{"data": "digits", "epochs": 1, "batch_size": 512, **values}))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, in a folder with net.cnn."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "net.cnn", tiny())

    def command(*arguments: object) -> tuple[int, str, str]:
        code = main(["sweep", *map(str, arguments)])
        return code, *capsys.readouterr()

    return command


def test_a_dry_run_lists_what_is_known_beforehand_and_queues_nothing(run: Run) -> None:
    over = "--over", "learning_rate=0.1,0.01", "--over", "conv1.kernel_size=3,9"
    code, out, err = run("net.cnn", *over, "--epochs", 3, "--dry-run")
    assert (code, err) == (0, "")
    head, _, first, second, left, *_ = out.splitlines()
    assert head.split() == ["Run", "Epochs", "Parameters", "MACs"]
    assert re.fullmatch(r"1  learning_rate 0.1, conv1.kernel_size 3 +3 +[\d,]+  \d+.*", first) and second[0] == "2"
    assert left.startswith("left out: learning_rate 0.1, conv1.kernel_size 9: conv1 (Conv2d) cannot take 1 × 8 × 8")
    assert out.splitlines()[-1].startswith("2 runs, 6 epochs in all. 2 combinations cannot be trained")
    assert not QueueFile().read().entries


def test_runs_are_queued_with_the_options_of_the_recipe(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("net.cnn", "--over", "conv1.out_channels=2,3,4", "--batch-size", 64, "--runs", 2, "--median")
    assert code == 0 and "2 runs, 2 epochs in all." in out and "Queued as sweep 1." in out
    assert "sweep --results 'sweep 1'" in out
    entries = QueueFile().read().entries
    assert {(entry.sweep, entry.is_judged, entry.place) for entry in entries} == {
        ("sweep 1", True, str(tmp_path / "runs"))
    }
    assert all(entry.opened().recipe.batch_size == 64 for entry in entries)
    assert (
        run("--results", "sweep 1")[2] == "cnnstudio: No run of sweep 1 has begun yet: `cnnstudio queue run` trains.\n"
    )


def test_by_chance_the_seed_of_the_recipe_says_which(run: Run) -> None:
    def drawn(seed: int) -> str:
        return run("net.cnn", "--over", "learning_rate=0.001..0.1", "--random", 3, "--seed", seed, "--dry-run")[1]

    assert drawn(1) == drawn(1) != drawn(2) and "3 runs" in drawn(1)


def test_what_is_run_at_once_ends_in_a_table_the_best_first(run: Run) -> None:
    code, out, err = run("net.cnn", "--over", "learning_rate=1e-8,0.01", "--run")
    assert (code, err) == (0, "")
    assert "net: learning_rate 1e-8: begins." in out and "The queue is done: 2 done." in out
    table = out[out.index("   Run ") :].splitlines()
    assert [line.split()[:3] for line in table[2:4]] == [["1", "learning_rate", "0.01"], ["2", "learning_rate", "1e-8"]]
    assert table[4].startswith("Each run at the epoch that did best on 359 validation images, of which one is 0.28%.")
    assert run("--results", "sweep 1")[1].splitlines() == table
    assert "Queued as sweep 2." in run("net.cnn", "--over", "seed=1,2")[1]


def test_results_tell_what_was_stopped_early_and_what_is_known_of_no_epoch(run: Run, tmp_path: Path) -> None:
    for name, state, best in (
        ("a", "stopped", Best(4, 0.5, 1.5)),
        ("b", "done", Best(2, 0.5, 1.2)),
        ("c", "failed", None),
    ):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        record = msgspec.structs.replace(
            new_record(tiny(), title=f"net: seed {name}"), state=state, owner=None, best=best, epochs_done=4,
            sentence="Stopped early: …" if state == "stopped" else "", images=(80, 20),
        )  # fmt: skip
        write_record(folder, record)
        write_labels(folder, Labels(("mine",)))
    lines = run("--results", "mine")[1].splitlines()
    assert [line.split()[1:3] for line in lines[2:5]] == [["seed", "b"], ["seed", "a"], ["seed", "c"]]
    assert "stopped early" in lines[3] and lines[4].split()[3:5] == ["–", "–"]
    assert "on 20 validation images, of which one is 5.00%" in lines[5]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["net.cnn"], "sweep needs a file and what is to be varied"),
        (["--over", "seed=1"], "sweep needs a file and what is to be varied"),
        (["net.cnn", "--over", "seed"], "'seed' says no values"),
        (["net.cnn", "--over", "seeds=1,2"], "did you mean seed?"),
        (["net.cnn", "--over", "learning_rate=fast"], "learning_rate must be a number, not 'fast'."),
        (["net.cnn", "--over", "seed=1,2", "--runs", "0"], "from 1 to 200 runs, not 0."),
        (["net.cnn", "--over", "seed=1,2", "--random", "-1"], "from 1 to 200 runs, not -1."),
        (["net.cnn", "--over", "seed=0..999:200", "--over", "epochs=1,2"], "These are 400 runs, and 200 are the most"),
        (["net.cnn", "--over", "conv1.kernel_size=99"], "None of these runs can be trained. conv1 (Conv2d) cannot"),
        (["net.cnn", "--over", "data=folder"], "None of these runs can be trained. Choose the folder"),
        (["gone.cnn", "--over", "seed=1"], "gone.cnn cannot be opened"),
        (["--results", "nothing"], "There is no sweep called nothing"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(run: Run, arguments: list[str], sentence: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (1, "") and err.startswith("cnnstudio: ") and sentence in err
    assert not QueueFile().read().entries
