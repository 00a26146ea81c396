"""The notebook runs cell by cell without this program; the package predicts, and trains on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.delivery import Wanted, deliver
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.build import build
from cnnstudio.training.weights import Held, save


def network(*sizes: tuple[int, ...]) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(sizes[0] if sizes else (1, 8, 8))), Conv2d(4, 3), ReLU(), Flatten(), Linear(10))
    return draw.graph()


@pytest.fixture
def held() -> Held:
    torch.manual_seed(1)
    said = Normalization((0.25,), (0.5,), tuple("0123456789"), loss="cross-entropy")
    return Held(build(source(network()).text).state_dict(), said.metadata())


def code_of(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def test_every_cell_of_the_notebook_runs_in_its_order(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.ipynb"
    deliver(Project(network()), "notebook", path, held, Wanted(has_card=False))
    made = json.loads(path.read_text(encoding="utf-8"))
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in made["cells"]]
    assert len(ids) == len(set(ids)) and {cell["cell_type"] for cell in made["cells"]} == {"markdown", "code"}
    assert all({"execution_count", "outputs"} <= set(cell) for cell in made["cells"] if cell["cell_type"] == "code")
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "model.safetensors", held.tensors)
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (20, 30), "red").save(tmp_path / "pictures" / "a.png")
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in code_of(path):
        exec(compile(cell, "<cell>", "exec"), names)
    assert names["label"] in "0123456789" and torch.equal(names["network"].conv1.weight, held.tensors["conv1.weight"])


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    torch.manual_seed(1)
    said = Normalization((0.25,), (0.5,), tuple("0123456789"), loss="cross-entropy")
    held = Held(build(source(network()).text).state_dict(), said.metadata())
    project = Project(network(), Recipe(data="digits", epochs=1, batch_size=512))
    _, told = deliver(project, "package", folder / "net.zip", held)
    assert "with its weights" in told and "validation pictures are told right" in told and "net card.md" in told
    with zipfile.ZipFile(folder / "net.zip") as archive:
        archive.extractall(folder)
    return folder / "network"


def run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
    command = [sys.executable, "-W", "ignore", *arguments]
    done = subprocess.run(
        command, cwd=folder, check=False, capture_output=True, text=True, encoding="utf-8", timeout=300, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_holds_all_that_it_needs_and_normalises_as_its_weights_say(unpacked: Path) -> None:
    names = {path.name for path in unpacked.iterdir()}
    assert {"model.py", "model.safetensors", "predict.py", "train.py", "requirements.txt", "README.md"} <= names
    assert "MEAN = (0.25,)" in (unpacked / "model.py").read_text()
    assert "python predict.py picture.png" in (unpacked / "README.md").read_text()


def test_it_predicts_without_this_program(unpacked: Path) -> None:
    Image.new("L", (9, 9), 200).save(unpacked / "picture.png")
    told = run(unpacked, "predict.py", "picture.png")
    assert told.startswith("picture.png: ") and told.rstrip().endswith("%)")


def test_a_network_that_no_script_trains_makes_no_package(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="read one image"):
        deliver(Project(network((2, 8, 8))), "package", tmp_path / "net.zip")
    assert not list(tmp_path.iterdir())
