from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cnnstudio.compiler.structure_hash import structure_hash
from cnnstudio.owner import Owner
from cnnstudio.project import Project, from_template, write
from cnnstudio.training.runs.metrics_file import read_metrics
from cnnstudio.training.runs.record import (
    LABELS,
    RECORD,
    Best,
    Labels,
    RecordError,
    RunRecord,
    new_record,
    read_labels,
    read_record,
    write_labels,
    write_record,
)


@pytest.fixture
def project() -> Project:
    project = from_template("lenet5")
    return dataclasses.replace(project, recipe=dataclasses.replace(project.recipe, epochs=15))


def test_a_record_is_read_as_it_was_written(project: Project, tmp_path: Path) -> None:
    record = new_record(project, "CPU", "lenet5")
    assert record.present_state == "running"
    assert (record.seed, record.epochs, record.structure) == (0, 15, structure_hash(project.graph))
    assert record.parameters == 44_426
    assert {"cnnstudio", "python", "torch", "torchvision"} == set(record.versions)
    write_record(tmp_path, record)
    assert read_record(tmp_path) == (record, "")
    settled = msgspec.structs.replace(record, state="done", owner=None, best=Best(3, 0.5, None))
    write_record(tmp_path, settled)
    assert read_record(tmp_path) == (settled, "")


def test_two_runs_that_begin_at_once_have_ids_of_their_own(project: Project) -> None:
    assert new_record(project).id != new_record(project).id


def test_a_run_whose_process_is_gone_is_not_running(project: Project) -> None:
    code = "from cnnstudio.owner import Owner; import msgspec;print(msgspec.json.encode(Owner.here()).decode())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    gone = msgspec.json.decode(done.stdout, type=Owner)
    here = Owner.here()
    assert here.is_alive and not gone.is_alive
    record = new_record(project)
    assert msgspec.structs.replace(record, owner=gone).present_state == "interrupted"
    again = msgspec.structs.replace(gone, pid=here.pid)  # the number of the process was given anew
    assert msgspec.structs.replace(record, owner=again).present_state == "interrupted"
    elsewhere = msgspec.structs.replace(gone, host="another-computer")
    assert msgspec.structs.replace(record, owner=elsewhere).present_state == "running"
    assert msgspec.structs.replace(record, owner=None).present_state == "interrupted"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe", b'{"id": 3}', b"null", b'{"id":"a","began":"x","state":"done"}',
     b'{"id":"a","began":"2026-01-01T00:00:00Z","state":"lost"}', b'{"id":"' + b"a" * 300 + b'"}'],
)  # fmt: skip
def test_a_damaged_record_is_a_sentence_and_the_rest_is_read(project: Project, tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "project.cnn", project)
    (tmp_path / RECORD).write_bytes(content)
    record, trouble = read_record(tmp_path)
    assert trouble == "run.json is damaged; the rest of the run can still be used."
    assert (record.epochs, record.structure) == (15, structure_hash(project.graph))


def test_a_record_that_is_too_large_or_newer_is_a_sentence(project: Project, tmp_path: Path) -> None:
    write(tmp_path / "project.cnn", project)
    (tmp_path / RECORD).write_bytes(b" " * (2**20 + 1))
    assert read_record(tmp_path)[1] == "run.json cannot be opened: it is larger than 1 MB."
    (tmp_path / RECORD).write_text(json.dumps({"format": 2, "id": "a"}))
    assert read_record(tmp_path)[1].startswith("run.json comes from a newer CNN Studio.")


def weights(path: Path, **metadata: str) -> None:
    header = json.dumps({"__metadata__": metadata}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


def test_an_old_folder_is_read_by_what_is_in_it(project: Project, tmp_path: Path) -> None:
    write(tmp_path / "project.cnn", project)
    os.utime(tmp_path / "project.cnn", (1_000_000, 1_000_000))
    weights(tmp_path / "best.safetensors", epoch="4")
    weights(tmp_path / "last.safetensors", epoch="6")
    record, trouble = read_record(tmp_path)
    assert trouble == ""
    assert record.began == datetime.fromtimestamp(1_000_000, UTC)
    assert (record.state, record.epochs_done, record.epochs, record.best) == ("stopped", 6, 15, Best(4))
    assert record.parameters == 44_426
    weights(tmp_path / "last.safetensors", epoch="15")
    assert read_record(tmp_path)[0].state == "done"


@pytest.mark.parametrize("data", [b"", b"\xff" * 8, b"\x02" + b"\0" * 7 + b"[]", b"\x05" + b"\0" * 7 + b'{"__m'])
def test_weights_that_say_nothing_of_themselves_do_no_harm(project: Project, tmp_path: Path, data: bytes) -> None:
    write(tmp_path / "project.cnn", project)
    (tmp_path / "last.safetensors").write_bytes(data)
    assert read_record(tmp_path)[0].epochs_done == 0


def test_weights_alone_are_a_run_and_an_empty_folder_is_none(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"holds no run: project\.cnn cannot be opened: it does not exist"):
        read_record(tmp_path)
    weights(tmp_path / "last.safetensors", epoch="2")
    assert read_record(tmp_path)[0].epochs_done == 2


def test_tags_and_a_note_have_a_file_of_their_own(tmp_path: Path) -> None:
    assert read_labels(tmp_path) == Labels()
    labels = Labels.of(" wide,  two  words ,, wide," + "x" * 50, " first try\n")
    assert labels == Labels(("wide", "two words", "x" * 40), "first try")
    write_labels(tmp_path, labels)
    assert read_labels(tmp_path) == labels
    (tmp_path / LABELS).write_bytes(b"{")
    assert read_labels(tmp_path) == Labels()


def test_a_record_holds_no_number_that_is_none() -> None:
    record = RunRecord(id="a", began=datetime.now(UTC), state="failed", best=Best(1, float("nan"), float("inf")))
    again = msgspec.json.decode(msgspec.json.encode(record), type=RunRecord)
    assert again.best == Best(1, None, None)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_run_that_is_killed_is_interrupted_and_its_rows_are_whole(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    code = f"""
import sys, time
from pathlib import Path
from cnnstudio.project import from_template
from cnnstudio.training.events import EpochEnd, Started, Step
from cnnstudio.training.runs import metrics_file
from cnnstudio.training.runs.record_writer import RecordWriter
metrics_file.WRITE_SECONDS = 0
with RecordWriter(Path({str(folder)!r}), from_template("lenet5")) as writer:
    writer.take(Started(15, 100_000, "CPU", (), 10))
    for n in range(1, 10**7):
        writer.take(Step(n, 1, 1 / n, 0.5, 0.1, 100.0))
        if n == 1000:
            print("on the way", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    record, trouble = read_record(folder)
    assert (record.present_state, trouble) == ("interrupted", "")
    found = read_metrics(folder)
    assert found.trouble == "" and found.rows
    assert [row.first for row in found.rows] == [1 + row.steps * n for n, row in enumerate(found.rows)]
