"""Somebody's Python file: read before it is run, run apart, and believed only as far as it was checked."""

import json
import multiprocessing
import os
import time
from pathlib import Path

import psutil
import pytest

from cnnstudio.blocks import Group, Input, ReLU
from cnnstudio.exchange.importing.declarations import (
    Argument,
    Call,
    ImportRefused,
    call,
    modules_in,
    networks_in,
    size_of,
)
from cnnstudio.exchange.importing.python_file import import_file
from cnnstudio.graph import Graph, Node, Shape
from cnnstudio.project import Project, dumps

NET = """
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
    def forward(self, x):
        return torch.relu(self.conv(x)) + x

class Net(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.block = Block(8)
        self.head = nn.Linear(8 * 16 * 16, classes)
    def forward(self, x):
        return self.head(self.block(self.stem(x)).flatten(1))

def wide():
    return Net(100)

class Needy(nn.Module):
    def __init__(self, classes):
        super().__init__()

class Changing(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
    def forward(self, x):
        x = self.conv(x)
        y = x.flatten(1)
        x.mul_(2)
        return y
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my_nets.py"
    path.write_text(NET)
    return path


def test_the_classes_are_found_by_reading(file: Path) -> None:
    file.write_text(f"{NET}\nopen({str(file.parent / 'was_here')!r}, 'w')\nclass Later(Net): pass\n")
    assert modules_in(file) == ("Block", "Net", "Needy", "Changing", "Later")
    found = networks_in(file)
    assert [each.name for each in found] == ["wide", "Changing", "Later", "Needy"]
    assert found[2].arguments == (Argument("classes", "4"),) and found[3].needed == ("classes",)
    assert not (file.parent / "was_here").exists()


def test_a_class_is_imported_with_a_size_that_fits(file: Path) -> None:
    imported = import_file(file, "Net")
    assert imported.title == "Net" and imported.opaque == ()
    assert imported.notes == ("It was followed with images of 3 × 32 × 32.",)
    assert imported.graph.inputs[0].block == Input((3, 32, 32))
    block = imported.graph["block"].block
    assert isinstance(block, Group) and block.label == "Block"
    assert imported.parameters == 8 * 28 + 8 * 73 + 4 * 2049
    assert {weight.original for each in imported.weights.values() for weight in each} >= {"stem.weight", "head.bias"}


@pytest.mark.usefixtures("processes_with_torch")
def test_a_function_that_makes_one_is_imported_too(file: Path) -> None:
    imported = import_file(file, "wide", Shape(3, 32, 32))
    assert imported.notes == () and imported.parameters == 8 * 28 + 8 * 73 + 100 * 2049


REFUSED = [
    ("Net", Shape(3, 40, 40), "Net cannot be imported. It does not take images of 3 × 40 × 40"),
    ("Nothing", None, "my_nets.py has nothing called Nothing"),
    ("Needy", None, "missing a required argument: 'classes'. Say what it is made with, my_nets.py:Needy"),
    ("torch", None, "torch of my_nets.py is no torch module"),
]


@pytest.mark.usefixtures("processes_with_torch")
@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0])
def test_refusals_are_sentences(file: Path, case: tuple[str, Shape | None, str]) -> None:
    name, size, sentence = case
    with pytest.raises(ImportRefused, match=sentence):
        import_file(file, name, size)


def test_several_classes_ask_which(file: Path) -> None:
    with pytest.raises(ImportRefused, match=r"declares wide, Net, Changing; say which: my_nets.py:wide"):
        import_file(file)


@pytest.mark.usefixtures("processes_with_torch")
def test_an_import_that_computes_something_else_is_refused(file: Path) -> None:
    with pytest.raises(ImportRefused, match="was not imported: what was made of it gives other results"):
        import_file(file, "Changing", Shape(3, 8, 8))


@pytest.mark.usefixtures("processes_with_torch")
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise ValueError('no')", "could not be run: ValueError: no"),
        ("import sys; sys.exit(3)", "could not be run: SystemExit: 3"),
        ("import os; os._exit(3)", "ended the process that ran it"),
        ("print('words'); import nowhere", "could not be run: ModuleNotFoundError: No module named 'nowhere'"),
    ],
)
def test_a_file_that_fails_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(ImportRefused, match=sentence):
        import_file(path, "Net")


@pytest.mark.usefixtures("processes_with_torch")
def test_a_file_that_never_ends_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "slow.py"
    path.write_text("while True: pass")
    with pytest.raises(ImportRefused, match="was stopped: it had not made Net after 3 seconds"):
        import_file(path, "Net", seconds=3)


@pytest.mark.usefixtures("processes_with_torch")
def test_a_file_is_stopped_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    path = tmp_path / "slow.py"
    path.write_text("while True: pass")
    asked: list[int] = []

    def goes_on() -> bool:
        asked.append(1)
        return len(asked) < 3

    with pytest.raises(ImportRefused, match="was stopped, so nothing was imported"):
        import_file(path, "Net", goes_on=goes_on)
    assert not multiprocessing.active_children()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_what_a_file_starts_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "forking.py"
    path.write_text(
        f"import os, time\nchild = os.fork()\nif not child: time.sleep(60)\n"
        f"open({str(tmp_path / 'child')!r}, 'w').write(str(child))\nraise ValueError('no')"
    )
    with pytest.raises(ImportRefused, match="could not be run: ValueError: no"):
        import_file(path, "Net")
    child = int((tmp_path / "child").read_text())
    end = time.monotonic() + 60
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("text", ["class :", "\x00", "x = 1"])
def test_what_is_no_python_or_holds_no_network_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.py"
    path.write_text(text)
    with pytest.raises(ImportRefused, match=r"odd\.py"):
        import_file(path)


GRAPH = dumps(Project(Graph.of([Node("input1", Input((3, 8, 8))), Node("relu1", ReLU(), ("input1",))])))
ANSWERS = [
    b"",
    b"\xff\xfe",
    b"[]",
    b"3",
    b"[" * 100_000,
    b'{"graph": 3, "weights": [], "title": "", "notes": [], "opaque": []}',
    b'{"graph": "{}", "weights": [], "title": "", "notes": [], "opaque": []}',
    json.dumps({"graph": GRAPH, "weights": [], "title": "x", "notes": 3, "opaque": []}).encode(),
    json.dumps({"graph": GRAPH, "weights": [[["gone"], []]], "title": "x", "notes": [], "opaque": []}).encode(),
    json.dumps({"graph": GRAPH, "weights": [[[], []]], "title": "x", "notes": [], "opaque": []}).encode(),
    json.dumps({"graph": GRAPH, "weights": [[["relu1"], [["a"]]]], "title": "x", "notes": [], "opaque": []}).encode(),
]


@pytest.mark.usefixtures("processes_with_torch")
@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_what_a_hostile_process_sends_is_checked(tmp_path: Path, answer: bytes) -> None:
    path = tmp_path / "hostile.py"
    path.write_text(f"""
import os, sys
frame = sys._getframe()
while "pipe" not in frame.f_locals:
    frame = frame.f_back
frame.f_locals["pipe"].send_bytes({answer!r})
os._exit(0)
""")
    with pytest.raises(ImportRefused, match=r"hostile.py (sent back something|ended the process)"):
        import_file(path, "Net")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Net", Call("Net")),
        (" ConvBlock(3, 64, act='relu') ", Call("ConvBlock", (3, 64), (("act", "relu"),))),
        ("Net(sizes=[1, -2])", Call("Net", (), (("sizes", [1, -2]),))),
    ],
)
def test_a_call_is_read_and_not_run(text: str, read: Call) -> None:
    assert call(text) == read


@pytest.mark.parametrize(
    "text", ["Net(open('x'))", "a.b()", "Net(*x)", "Net(**{'a': 1})", "Net(", "", "1", "Net(" * 400]
)
def test_a_call_that_is_more_than_a_call_is_refused(text: str) -> None:
    with pytest.raises(ImportRefused, match="cannot be read: write a name"):
        call(text)


def test_a_size_is_read() -> None:
    assert size_of("3 x 32×64") == Shape(3, 32, 64)
    for wrong in ("3x32", "0x3x3", "axbxc"):
        with pytest.raises(ImportRefused, match="is no size"):
            size_of(wrong)


NOTES = """
class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3)
    def forward(self, x):
        return F.relu(self.conv(x))

def small(): return Block(2)
def large(width=4):
    net = nn.Sequential(Block(width), nn.Flatten(), nn.Linear(width * 900, 10))
    return net
loss = nn.CrossEntropyLoss()
"""


def test_functions_and_variables_are_offered_before_what_needs_arguments(tmp_path: Path) -> None:
    path = tmp_path / "notes.py"
    path.write_text(f"{NOTES}\nnet = large()\nhidden = nn.Sequential(nn.Flatten())")
    assert [(each.name, each.needed) for each in networks_in(path)] == [
        ("hidden", ()),
        ("small", ()),
        ("large", ()),
        ("Block", ("channels",)),
    ]


@pytest.mark.usefixtures("processes_with_torch")
def test_lecture_notes_run_without_their_import_lines(tmp_path: Path) -> None:
    path = tmp_path / "notes.py"
    path.write_text(NOTES)
    imported = import_file(path, "large(width=6)")
    assert imported.parameters == 6 * 28 + 10 * (6 * 900 + 1)
    assert imported.notes == (
        "notes.py uses nn and F without importing it: what PyTorch's users call so was taken.",
        "It was followed with images of 3 × 32 × 32.",
    )


@pytest.mark.usefixtures("processes_with_torch")
def test_a_file_finds_its_package_the_root_of_its_project_and_torchvision(tmp_path: Path) -> None:
    folder = tmp_path / "project" / "nets" / "small"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (tmp_path / "project" / "sizes.py").write_text("WIDTH = 5")
    (folder / "parts.py").write_text("from torch import nn\nfrom sizes import WIDTH\nhead = nn.Conv2d(3, WIDTH, 1)")
    path = folder / "net.py"
    path.write_text(
        "from torchvision.ops import Conv2dNormActivation\nfrom torch import nn\nfrom .parts import head\n"
        "from nets.small.parts import WIDTH\n"
        "net = nn.Sequential(head, Conv2dNormActivation(WIDTH, 7, 3), nn.Flatten(), nn.Linear(7 * 64, 2))"
    )
    imported = import_file(path, "net", Shape(3, 8, 8))
    assert imported.parameters == 20 + 5 * 7 * 9 + 14 + 2 * (7 * 64 + 1)
    lonely = tmp_path / "lonely.py"
    lonely.write_text(
        "from .project.sizes import WIDTH\nfrom torch import nn\nnet = nn.Sequential(nn.Conv2d(3, WIDTH, 1))"
    )
    assert import_file(lonely, "net", Shape(3, 8, 8)).parameters == 20
