"""What a network takes of the memory, and that what does not fit is refused before any of it is made."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from cnnstudio.blocks import Conv2d, Flatten, Group, Input, Linear, Opaque, ReLU
from cnnstudio.blocks.opaque import OwnTensor
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.export import export
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.formats import KINDS, TRAINING_FOLDER
from cnnstudio.graph import Block, Graph, Node, Sketch
from cnnstudio.headroom import NoRoomError
from cnnstudio.insight.activations import activation
from cnnstudio.project import Project, dumps, loads, write
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import build as building
from cnnstudio.training import readiness
from cnnstudio.training.build import build
from cnnstudio.training.device import TrainingError, explained
from cnnstudio.training.needs import lack_of_export, lack_of_look, needs
from cnnstudio.training.rehearsal import RehearsalError, rehearsed
from cnnstudio.training.runs.folder import Destination
from cnnstudio.training.runs.session import begin
from cnnstudio.worker import unheard

GIB = 2**30
BUILDING = (*(key for key, kind in KINDS.items() if kind.answers), TRAINING_FOLDER)  # those that build the network
ROOMS = ("cnnstudio.training.needs", "cnnstudio.training.build", "cnnstudio.training.readiness")


def chain(*blocks: Block, size: tuple[int, ...] = (1, 8, 8)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    return draw.graph()


@pytest.fixture(scope="module")
def giant() -> Project:
    """A project as it may come by mail: a layer of 4.3 G weights."""
    graph = chain(Flatten(), Linear(65_536), Linear(10), size=(1, 256, 256))
    return loads(dumps(Project(graph, Recipe(data="digits"))))


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> int:
    """As much memory as a usual computer has, whatever this one has."""
    for room in ROOMS:
        monkeypatch.setattr(f"{room}.headroom", lambda: 8 * GIB)
    return 8 * GIB


def test_the_weights_are_counted_for_all_that_is_done_with_them(giant: Project) -> None:
    analysis = infer(giant.graph)
    found, totals = needs(analysis), analysis.totals
    assert totals is not None and found.weights == 4 * totals.parameters > 16 * GIB
    assert found.look > 32 * GIB and all(found.export(kind) > 32 * GIB for kind in BUILDING)
    for told in (lack_of_look(analysis, 16 * GIB), lack_of_export(analysis, "pt2", 16 * GIB)):
        assert "fc1 has most of the weights" in told and "16.0 GiB are free" in told
    assert not lack_of_look(analysis, 64 * GIB) and not lack_of_look(analysis, GIB, is_built=True)


def test_what_stays_as_it_is_counts_too_and_in_groups_as_often_as_it_is_there() -> None:
    step = Opaque(
        "mul",
        expression="{0} * self",
        tensors=(OwnTensor("table", (1000, 1000), False, "torch.zeros(1000, 1000)"),),
    )
    assert needs(infer(chain(step))).weights == 4_000_000
    group = Group("Row", chain(step), repeat=3)
    assert needs(infer(chain(group))).weights == 12_000_000


def test_a_giant_opens_and_shows_its_numbers_and_each_way_to_begin_it_is_refused(
    giant: Project, free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = infer(giant.graph)
    found = diagnose(analysis, 10)
    reasons = [
        readiness.obstacle(giant, found),
        readiness.obstacle_of_look(giant, found, analysis),
        *(readiness.obstacle_of_export(giant, found, analysis, kind) for kind in BUILDING),
    ]
    for reason in reasons:
        assert reason is not None and "8.00 GiB are free" in reason and "fewer channels or features" in reason
    assert readiness.obstacle(giant, found, is_for_later=True) is None, "others may have left their memory by then"
    monkeypatch.setattr(building, "_loaded", lambda text: pytest.fail("it was begun"))
    with pytest.raises(NoRoomError, match=r"8\.00 GiB are free"):
        list(begin(giant, Destination(tmp_path), unheard))
    with pytest.raises(RehearsalError, match="are free"), rehearsed(giant, None, unheard):  # type: ignore[arg-type]
        pass
    with pytest.raises(ExportError, match="are free"):
        export(giant.graph, "python", tmp_path / "giant.py")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "step",
    [
        Opaque("mul", expression="self({0})", module="nn.Linear(65536, 65536)", mac_count=0),
        Opaque("mul", expression="{0} * self", tensors=(OwnTensor("a", (1,), True, "torch.ones((65536, 65536))"),)),
        Opaque("mul", expression="{0} * self", tensors=(OwnTensor("a", begins="torch.ones((65536, 65536)).sum()"),)),
    ],
)
def test_what_a_file_conceals_of_its_weights_is_weighed_without_a_number_of_them(step: Opaque, free: int) -> None:
    text = source(chain(step, Flatten(), Linear(10)))
    assert text.has_lines
    with pytest.raises(NoRoomError, match=r"Building the network takes about 16\.0 GiB"):
        build(text.text, text.class_name)


LINE = "{0} + (torch.ones(65536, 1) * torch.ones(1, 65536)).mean()"


@pytest.mark.parametrize("is_grouped", [False, True])
def test_a_line_that_makes_a_giant_on_the_way_is_not_run(is_grouped: bool, free: int, tmp_path: Path) -> None:
    step: Block = Opaque("add", expression=LINE, mac_count=0)
    step = Group("Inner", Graph.of((Node("input1", Input()), Node("step", step, ("input1",))))) if is_grouped else step
    graph = chain(step, Flatten(), Linear(10), size=(1, 28, 28))
    text = source(graph)
    module = build(text.text, text.class_name)
    with pytest.raises(NoRoomError, match="a line of PyTorch that came with it, takes about 16"):
        activation(module, text, text.steps[0].node, torch.zeros(1, 1, 28, 28))
    with pytest.raises(ExportError, match="a line of PyTorch"):
        export(graph, "python", tmp_path / "net.py")
    with pytest.raises(TrainingError, match="a line of PyTorch"):
        list(begin(Project(graph, Recipe(data="digits", epochs=1)), Destination(tmp_path), unheard))


def test_weighing_draws_no_number() -> None:
    text = source(chain(Conv2d(4), ReLU(), Flatten(), Linear(10)))
    torch.manual_seed(3)
    first = build(text.text, text.class_name).state_dict()
    building._weight.cache_clear()
    torch.manual_seed(3)
    again = build(text.text, text.class_name).state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


@pytest.mark.parametrize(
    "raised",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("std::bad_alloc"),
        torch.OutOfMemoryError("CUDA out of memory."),
    ],
)
def test_what_runs_out_in_the_middle_is_a_sentence_with_a_way_out(
    raised: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out(*_: Any, **__: Any) -> Any:
        raise raised

    project = Project(chain(Flatten(), Linear(10)), Recipe(data="digits", batch_size=1))
    with pytest.raises(TrainingError, match=r"for steps of 1 image: try smaller images"), explained(project.recipe):
        out()
    monkeypatch.setattr("cnnstudio.exchange.exporting.torch_files.standalone", out)
    with pytest.raises(ExportError, match="not enough to export the network as Python file: fewer"):
        export(project.graph, "python", tmp_path / "net.py")
    monkeypatch.setattr("cnnstudio.training.data.loading.load", out)
    with pytest.raises(NoRoomError, match="not enough to read the images and build the network"):
        list(begin(project, Destination(tmp_path / "runs"), unheard))
    monkeypatch.setattr(building, "_loaded", lambda _: type("Made", (), {"Network": staticmethod(out)}))
    building._weight.cache_clear()
    with pytest.raises(NoRoomError, match="not enough to build the network"):
        build("", "Network")
    building._weight.cache_clear()


_LIMITED = """
import json, resource, sys
import torch, cnnstudio.headroom
from cnnstudio.cli import main
if sys.argv[2] == "unforeseen":
    for room in {rooms}:
        __import__(room)
        sys.modules[room].headroom = lambda: 2**60
resource.setrlimit(resource.RLIMIT_AS, (12 * 2**30, 12 * 2**30))
print(json.dumps([main([*words.split("/"), sys.argv[1]]) for words in sys.argv[3:]]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing keeps to this limit")
@pytest.mark.parametrize("way", ["foreseen", "unforeseen"])
def test_on_the_command_line_both_ways_end_in_a_sentence_and_1(giant: Project, way: str, tmp_path: Path) -> None:
    write(file := tmp_path / "giant.cnn", giant)
    commands = ["train", "forecast", "export/--to/python"]
    ran = subprocess.run(
        [sys.executable, "-c", _LIMITED.format(rooms=ROOMS), str(file), way, *commands],
        capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path,
    )  # fmt: skip
    assert json.loads(ran.stdout.splitlines()[-1]) == [1] * len(commands), ran.stderr
    told = [line for line in ran.stderr.splitlines() if line.startswith("cnnstudio: ")]
    assert len(told) == len(commands) and "Traceback" not in ran.stderr
    words = "GiB are free" if way == "foreseen" else "The memory is not enough"
    assert all(words in line for line in told if "cannot be trained yet" not in line), told


_MEASURED = """
import ctypes, gc, json, sys
from pathlib import Path
from cnnstudio.blocks import Flatten, Input, Linear, ReLU
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.exporting.export import export
from cnnstudio.graph import Sketch
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import resume
from cnnstudio.training.costs import costs
from cnnstudio.training.events import Step
from cnnstudio.training.layer_probe import LayerProbe
from cnnstudio.training.needs import needs
from cnnstudio.training.runs.folder import Destination
from cnnstudio.training.runs.session import begin
from cnnstudio.worker import unheard

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

def peak(work):
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): the peak begins anew
    work()
    return status("VmHWM") - before

def project(width):
    draw = Sketch()
    draw.chain(draw(Input((1, 32, 32))), Flatten(), Linear(width), ReLU(), Linear(10))
    recipe = Recipe(data="digits", batch_size=32, epochs=1, optimizer="Adam", averaging=True, device="cpu", threads=1)
    return Project(draw.graph(), recipe)

def train(made, steps):
    for event in begin(made, Destination(Path("runs")), unheard, probes=lambda _: (LayerProbe(0.0),)):
        if isinstance(event, Step) and event.step == steps:
            break

resume.SECONDS_APART = resume.TIMES_APART = 0.0
large, analysis = project(8_000), infer(project(8_000).graph)
train(project(16), 2)
export(project(16).graph, "torchscript", Path("small.pt"))
takes = costs(analysis, large.recipe, 1_000)
print(json.dumps({
    "train": [takes.memory(32), peak(lambda: train(large, 2))],
    "file": [needs(analysis).export("torchscript"), peak(lambda: export(large.graph, "torchscript", Path("n.pt")))],
}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody tells of a peak")
def test_what_is_said_is_what_is_taken_at_most_within_a_quarter(tmp_path: Path) -> None:
    """A run with Adam, averages, probe and a checkpoint after each step, and an export, of 8 M weights."""
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED], capture_output=True, text=True, check=True, timeout=300, cwd=tmp_path
    )
    for what, (said, taken) in json.loads(ran.stdout.splitlines()[-1]).items():
        assert 0.75 * taken < said < 1.34 * taken, f"{what}: {said / 1e6:.0f} MB said, {taken / 1e6:.0f} MB taken"
