"""The house rules that a machine can watch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "cnnstudio").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_one_subject(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 420, "a file this long has a second subject: give it a room of its own"


def test_the_house_has_the_rooms_it_was_planned_with() -> None:
    packages = {path.name for path in (ROOT / "cnnstudio").iterdir() if (path / "__init__.py").exists()}
    assert packages == {
        *("graph", "layout", "blocks", "zoo", "compiler", "editing", "figure", "project"),
        *("training", "insight", "exchange", "lessons", "cli", "ui"),
    }


def test_few_files_lie_flat_at_the_top_of_the_window() -> None:
    flat = [path.stem for path in (ROOT / "cnnstudio" / "ui").glob("*.py") if path.stem != "__init__"]
    assert len(flat) <= 13, f"give some of them a room: {sorted(flat)}"


@pytest.mark.parametrize("word", ["utils", "common", "helpers", "core", "managers", "base"])
def test_no_room_for_odds_and_ends(word: str) -> None:
    assert not [path for path in MODULES if word in path.with_suffix("").parts]


def test_every_package_with_python_files_is_a_package() -> None:
    assert not [path.parent for path in MODULES if not (path.parent / "__init__.py").exists()]


def test_nobody_sets_torch_s_own_random_numbers() -> None:
    """They are the whole program's: one thread's seed would be another one's. ``training/drawing.py`` is for that."""
    words = ("torch.manual_seed", "torch.random.", "fork_rng", "rng_state", "torch.seed(", "torch.initial_seed")
    told = {path.stem for path in MODULES if any(word in path.read_text() for word in words)}
    assert told == {"drawing", "random_streams"}


def test_the_vocabulary_and_the_compiler_need_neither_torch_nor_qt() -> None:
    code = (
        "import sys, cnnstudio.zoo, cnnstudio.compiler.source, cnnstudio.compiler.diagnostics, cnnstudio.project\n"
        "heavy = {'torch', 'PySide6', 'torchvision'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_an_edit_asks_networkx_for_nothing() -> None:
    """Its import takes more than a tenth of a second, so only what is off the path of an edit may ask it."""
    code = """
import sys
import cnnstudio.ui.app, cnnstudio.ui.main_window
from cnnstudio.blocks import Add, Input, ReLU
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Edge, Graph, GraphError, Node
from cnnstudio.layout.layout import arranged
from cnnstudio.graph.diff import diff
from cnnstudio.layout.splice import spliced
from cnnstudio.zoo.backbone import Backbone

entry = Node("input1", Input((3, 64, 64)))
old = Graph.of((entry, Node("add1", Add(), ("backbone1", "backbone1")), Node("backbone1", Backbone(), ("input1",))))
new = spliced(arranged(old), Edge("backbone1", "add1"), Node("relu1", ReLU()))
assert new.refusal("add1", "backbone1") and new.ancestors("add1") and new.descendants("input1")
assert not infer(new).errors and diagnose(infer(new)) is not None and diff(old, new)
assert "networkx" not in sys.modules
try:
    Graph.of((Node("relu1", ReLU(), ("relu2",)), Node("relu2", ReLU(), ("relu1",))))
except GraphError:
    pass
assert "networkx" in sys.modules, "naming a circle is its work"
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_window_s_modules_need_no_torch() -> None:
    code = "import sys, cnnstudio.ui.app, cnnstudio.ui.main_window\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
