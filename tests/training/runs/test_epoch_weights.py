"""The weights after the epochs of a run: which are kept, how much they take, and that no run suffers from them."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.loading import load
from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.runs import epoch_weights
from cnnstudio.training.runs.epoch_weights import keep, kept_epochs
from cnnstudio.training.runs.folder import Destination, RunFolder, mend
from cnnstudio.training.runs.run_library import RunLibrary
from cnnstudio.training.runs.session import begin, go_on
from cnnstudio.worker import unheard


def tiny() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(2), Flatten(), Linear(10))
    return draw.graph()


PLAN = Recipe(data="digits", epochs=5, batch_size=400, learning_rate=0.05, device="cpu")


def written(folder: RunFolder, epoch: int, numbers: int = 4) -> None:
    weights.save(folder.last, {"w": torch.full((numbers,), float(epoch))}, {"epoch": str(epoch)})


def test_every_epoch_of_a_run_is_kept_bit_for_bit(tmp_path: Path) -> None:
    data, text = load(PLAN, Shape(1, 8, 8)), source(tiny())
    module = fresh(text, PLAN)
    then: dict[int, dict[str, torch.Tensor]] = {}
    for event in train(module, data, PLAN, tmp_path):
        if isinstance(event, EpochEnd):
            then[event.epoch] = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    found = kept_epochs(RunFolder(tmp_path))
    assert list(found) == [1, 2, 3, 4, 5] and found[5] == tmp_path / "last.safetensors"
    for epoch, file in found.items():
        kept, told = weights.read(file)
        assert told["epoch"] == str(epoch)
        assert all(torch.equal(kept[name], tensor) for name, tensor in then[epoch].items())
    assert found[1].stat().st_nlink == 1  # they take no room twice


def test_a_run_that_ends_amid_an_epoch_keeps_the_one_before(tmp_path: Path) -> None:
    data, text = load(PLAN, Shape(1, 8, 8)), source(tiny())
    events = train(fresh(text, PLAN), data, PLAN, tmp_path)
    for event in events:
        if isinstance(event, Step) and event.epoch == 3:
            break
    events.close()
    assert list(kept_epochs(RunFolder(tmp_path))) == [1, 2]
    assert (tmp_path / "epochs" / "2.safetensors").exists()  # last.safetensors is a step further


def test_what_is_gone_on_with_keeps_its_further_epochs(tmp_path: Path) -> None:
    project = Project(tiny(), PLAN)
    for event in begin(project, Destination(tmp_path, "run"), unheard):
        if isinstance(event, EpochEnd):
            assert event.epoch <= 5
    folder = RunFolder(tmp_path / "run")
    before = {epoch: file.read_bytes() for epoch, file in kept_epochs(folder).items()}
    list(go_on(folder, unheard, 7))
    assert list(kept_epochs(folder)) == [1, 2, 3, 4, 5, 6, 7]
    assert all(kept_epochs(folder)[epoch].read_bytes() == data for epoch, data in before.items())
    (run,) = RunLibrary().look([folder.path])
    assert run.size >= sum(file.stat().st_size for file in kept_epochs(folder).values())
    assert folder.epochs / "3.safetensors" in run.spare("best")


def test_where_the_room_is_used_up_what_stays_lies_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(tmp_path)
    written(folder, 1)
    monkeypatch.setattr(epoch_weights, "MOST_BYTES", 5 * folder.last.stat().st_size + 40)
    for epoch in range(1, 41):
        written(folder, epoch)
        keep(folder, epoch)
        kept = sorted(int(path.stem) for path in folder.epochs.iterdir())
        assert len(kept) <= 5 and kept[0] == 1
        assert len({b - a for a, b in pairwise(kept)}) <= 1
    assert kept == [1, 9, 17, 25, 33]
    assert list(kept_epochs(folder)) == [1, 9, 17, 25, 33, 40]


def test_weights_larger_than_all_the_room_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(tmp_path)
    written(folder, 1)
    monkeypatch.setattr(epoch_weights, "MOST_BYTES", 10)
    keep(folder, 1)
    assert not folder.epochs.exists() and list(kept_epochs(folder)) == [1]


def test_a_disk_without_second_names_is_given_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", refused)
    folder = RunFolder(tmp_path)
    written(folder, 1)
    keep(folder, 1)
    assert weights.read(folder.epochs / "1.safetensors")[1]["epoch"] == "1"


def test_neither_damage_nor_a_full_disk_is_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(tmp_path)
    for epoch in (1, 2, 3):
        written(folder, epoch)
        keep(folder, epoch)
    (folder.epochs / "2.safetensors").write_bytes(b"short")
    (folder.epochs / "notes.txt").write_text("mine")
    assert list(kept_epochs(folder)) == [1, 3]
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left")))
    keep(folder, 3)
    keep(RunFolder(tmp_path / "gone"), 1)
    assert kept_epochs(RunFolder(tmp_path / "gone")) == {}
    mend(tmp_path)
    assert (folder.epochs / "notes.txt").exists()
