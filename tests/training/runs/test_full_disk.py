"""A disk that fills up: the run goes on, and what is said at its end is what the files hold."""

from __future__ import annotations

import contextlib
import errno
import io
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cnnstudio import disk as _disk
from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.cli import main
from cnnstudio.graph import Shape, Sketch
from cnnstudio.project import Project, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import resume, weights
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.events import EpochEnd, Finished, Remark, Step
from cnnstudio.training.runs import metrics_file
from cnnstudio.training.runs.folder import Destination
from cnnstudio.training.runs.metrics_file import METRICS, read_metrics
from cnnstudio.training.runs.on_disk import Reached, unkept
from cnnstudio.training.runs.record import read_record
from cnnstudio.training.runs.session import Prepared, begin
from cnnstudio.training.runs.weights_header import epoch_of, is_whole, step_of
from cnnstudio.worker import unheard


@pytest.fixture
def project() -> Project:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), Flatten(), Linear(10))
    plan = Recipe(data="digits", epochs=4, batch_size=512, learning_rate=0.01, device="cpu", threads=1)
    return Project(draw.graph(), plan)


@cache
def digits() -> Data:
    return load(Recipe(data="digits"), Shape(1, 8, 8))


class Disk:
    """A disk with the folder "runs"; it takes no write ``after`` so many ``until`` so many, of files with this end."""

    def __init__(self) -> None:
        self.after, self.until, self.suffix = 10**9, 10**9, ""
        self.writes = 0

    def check(self, path: Path) -> None:
        if "runs" in path.parts and path.name.endswith(self.suffix):
            self.writes += 1
            if self.after < self.writes <= self.until:
                raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    made, append = Disk(), metrics_file._append

    def appended(path: Path, rows: str) -> None:
        made.check(path)
        append(path, rows)

    monkeypatch.setattr(_disk, "_sync", made.check)
    monkeypatch.setattr(_disk, "_sync_folder", lambda _: None)
    monkeypatch.setattr(metrics_file, "_append", appended)
    monkeypatch.setattr(resume, "SECONDS_APART", 0.0)
    monkeypatch.setattr(resume, "TIMES_APART", 0.0)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    return made


def trained(project: Project, folder: Path, stop_after: int = 0) -> tuple[list[Any], Prepared]:
    """Every event of a run, or of one that is closed after so many steps, and what it worked with."""
    events, prepared = [], None
    with contextlib.closing(begin(project, Destination(folder.parent, folder.name), unheard, digits())) as course:
        for event in course:
            events.append(event)
            prepared = event if isinstance(event, Prepared) else prepared
            if stop_after and isinstance(event, Step) and event.step == stop_after:
                break
    assert prepared is not None
    return events, prepared


def state(path: Path) -> tuple[dict[str, list[Any]], int | None]:
    """The weights in a file, and the epoch that it says they are of."""
    found, _ = weights.read(path)
    return {name: tensor.tolist() for name, tensor in found.items()}, epoch_of(path)


def held(prepared: Prepared) -> dict[str, list[Any]]:
    return {name: tensor.tolist() for name, tensor in prepared.module.state_dict().items()}


LEVELS = (1, 4, 6, 9, 17, 26, 33, 63)


def test_at_every_level_what_is_said_is_what_the_files_hold(project: Project, tmp_path: Path, disk: Disk) -> None:
    _, whole = trained(project, tmp_path / "runs" / "whole")
    assert whole.folder is not None and whole.end.unkept == "" and disk.writes < LEVELS[-1]
    best, epoch = state(whole.folder.best)
    last, _ = state(whole.folder.last)
    assert held(whole) == best and whole.end.epoch == epoch and whole.end.is_best
    kept_all = 0
    for level in LEVELS:
        disk.writes, disk.after = 0, level
        events, prepared = trained(project, tmp_path / "runs" / f"full-{level}")
        assert isinstance(events[-1], Finished | Remark) and any(isinstance(event, Finished) for event in events)
        assert held(prepared) == best and prepared.end.epoch == epoch, "they are in memory all the same"
        folder, told = prepared.folder, prepared.end.unkept
        assert folder is not None
        is_kept = folder.best.exists() and state(folder.best) == (best, epoch)
        is_kept = is_kept and folder.last.exists() and state(folder.last)[0] == last
        assert is_kept or told, "weights are lacking and nothing is said"
        for path in (folder.best, folder.last):
            if path.exists() and f"{path.name} holds" in told:
                assert f"{path.name} holds the weights of epoch {state(path)[1]}, not" in told
            assert (f"there is no {path.name}" in told) == (not path.exists())
        if told:
            elsewhere = Path(told.rpartition(" were put into ")[2].removesuffix(" instead."))
            assert state(elsewhere / "best.safetensors") == (best, epoch)
            disk.after = 10**9  # somebody makes room
            assert prepared.end.again is not None
            lacking = prepared.end.again()
            assert lacking == prepared.end.unkept and state(folder.best) == (best, epoch)
            assert read_record(folder.path)[0].state == "done"
            is_last = folder.last.exists() and state(folder.last)[0] == last
            assert is_last == ("last.safetensors" not in lacking), "the last weights are not in memory any more"
            assert "best" not in lacking and "project" not in lacking
        else:
            assert disk.writes <= level
            kept_all += 1
    assert kept_all == 1, "only the disk that was never full took everything"


def test_who_makes_room_in_time_has_everything(project: Project, tmp_path: Path, disk: Disk) -> None:
    disk.after, disk.until = 5, 25
    events, prepared = trained(project, tmp_path / "runs" / "net")
    assert any(isinstance(event, Remark) and event.is_grave for event in events)
    assert prepared.end.unkept == "" and prepared.folder is not None
    ends = [event for event in events if isinstance(event, EpochEnd)]
    assert [each for each in read_metrics(prepared.folder.path).events if isinstance(each, EpochEnd)] == ends
    assert read_record(prepared.folder.path)[0].state == "done"


def test_a_run_that_is_stopped_on_a_full_disk_says_so_too(project: Project, tmp_path: Path, disk: Disk) -> None:
    _, whole = trained(project, tmp_path / "runs" / "whole", stop_after=8)
    assert whole.end.unkept == "" and whole.folder is not None and step_of(whole.folder.last) == 8
    disk.writes, disk.after = 0, disk.writes - 6
    _, prepared = trained(project, tmp_path / "runs" / "net", stop_after=8)
    assert "last.safetensors holds the weights after step 6, not those after step 8" in prepared.end.unkept
    assert held(prepared) == held(whole)


def test_where_nothing_is_anywhere_it_is_said(project: Project, tmp_path: Path, disk: Disk) -> None:
    disk.after = 3
    (tmp_path / "elsewhere").rmdir()
    _, prepared = trained(project, tmp_path / "runs" / "net")
    assert prepared.end.unkept.endswith("There is no room elsewhere either.")


@pytest.mark.parametrize("code", [0, 1])
def test_the_command_line_says_it_last_and_fails(
    project: Project, tmp_path: Path, disk: Disk, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    write(tmp_path / "net.cnn", project)
    disk.after = 10**9 if code == 0 else 9
    assert main(["train", str(tmp_path / "net.cnn"), "--out", str(tmp_path / "runs" / "net")]) == code
    said, refused = capsys.readouterr()
    assert "Trained for 4 epochs" in said
    if code:
        assert refused.startswith("cnnstudio: Not everything is on the disk: ") and "were put into" in refused
    else:
        assert refused == ""


def test_the_record_of_the_run_says_it_where_it_can(project: Project, tmp_path: Path, disk: Disk) -> None:
    disk.after, disk.suffix = 9, ".safetensors"
    _, prepared = trained(project, tmp_path / "runs" / "net")
    assert prepared.folder is not None and prepared.end.unkept
    assert prepared.end.unkept in read_record(prepared.folder.path)[0].sentence


def test_files_are_read_back_and_not_believed(project: Project, tmp_path: Path) -> None:
    _, prepared = trained(project, tmp_path / "runs" / "net")
    folder, reached = prepared.folder, Reached(4, 12, prepared.end.epoch)
    assert folder is not None and unkept(folder, reached) == ""
    content = folder.best.read_bytes()
    folder.best.write_bytes(content[:-9])
    assert not is_whole(folder.best) and unkept(folder, reached).endswith(": best.safetensors is damaged.")
    assert folder.weights == folder.last, "it is whole"
    folder.last.unlink()
    assert folder.weights == folder.best, "whoever opens it hears what is wrong"
    folder.best.write_bytes(content)
    (folder.path / METRICS).unlink()
    assert unkept(folder, reached).endswith(": there is no last.safetensors; metrics.csv has no epoch.")


def test_a_part_of_a_row_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / METRICS
    path.write_bytes(b"header\n")

    class Filling(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell() > 9:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(bytes(data)[:2])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", lambda path, mode, buffering: Filling(path, mode.replace("b", "")))
        with pytest.raises(OSError, match="No space"):
            metrics_file._append(path, "one,two\n")
    assert path.read_bytes() == b"header\n"
