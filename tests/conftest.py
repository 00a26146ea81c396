"""What every test stands on: an isolated home, no screen, and nothing left behind."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as if nobody had started the tests with nohup
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

from cnnstudio.blocks import Add, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.graph import Graph, Node

if TYPE_CHECKING:
    from torch import nn

    from cnnstudio.worker import Report


IMPORTED = (
    "cnnstudio.cli", "cnnstudio.exchange.exporting.export", "cnnstudio.exchange.importing.making",
    "cnnstudio.exchange.importing.referee", "cnnstudio.training.runs.session", "cnnstudio.ui.main_window",
    "torch._dynamo",
)  # fmt: skip

# the same examples each time, however busy the machine is; `make search` looks on where chance leads
settings.register_profile(
    "steady", derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("search", max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write the golden texts anew, to be read in review")
    parser.addoption("--whole", action="store_true", help="every case of which else a part stands for all")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without ``--whole``, leave out what is marked ``whole``: others like it stand for it (CONTRIBUTING.md)."""
    if not config.getoption("--whole"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("whole")])
        items[:] = [item for item in items if not item.get_closest_marker("whole")]


@pytest.fixture
def a_part(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """How many of so many cases drawn by chance are tried: a third, or with ``--whole`` all."""
    return lambda number: number if request.config.getoption("--whole") else -(-number // 3)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders for one test after the other: pytest looks through all that it has made before it makes the next."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def isolated_home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, data sets and runs go to a folder of this test alone."""
    home = next(homes)
    home.mkdir()
    monkeypatch.setenv("CNNSTUDIO_HOME", str(home))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setitem(sys.modules, "wakepy", None)  # no test asks the desktop to stay awake
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QSettings

        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        for format_ in (QSettings.Format.IniFormat, QSettings.Format.NativeFormat):
            QSettings.setPath(format_, QSettings.Scope.UserScope, str(home / "config"))
    return home


@pytest.fixture
def processes_with_torch(isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of Python's that a test starts are forked from one that has imported all: torch takes each seconds."""
    if os.name != "posix":
        return
    from multiprocessing import forkserver

    ready = multiprocessing.get_context("forkserver")
    ready.set_forkserver_preload(list(IMPORTED))
    forkserver.ensure_running()
    monkeypatch.setattr(multiprocessing, "get_context", lambda method=None: ready)


@pytest.fixture
def onnx_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process of its own does for ONNX is done in this one, where torch is imported already."""
    from cnnstudio.exchange.exporting import onnx_file, onnx_process

    def asked(job: onnx_process.Job, report: Report) -> dict[str, Any]:
        work = onnx_process._blamed if job.parts else onnx_process._translated
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch's about itself, which nobody hears there
            try:
                return work(job, lambda sentence, share: None)
            except Exception as error:
                return {"failed": onnx_process.told(error)}

    monkeypatch.setattr(onnx_file, "_asked", asked)


@pytest.fixture
def chain() -> Graph:
    """image -> conv1 -> relu1 -> flatten1 -> fc1."""
    return Graph.of(
        [
            Node("image", Input((1, 8, 8))),
            Node("conv1", Conv2d(4), ("image",), (100.0, 0.0)),
            Node("relu1", ReLU(), ("conv1",), (200.0, 0.0)),
            Node("flatten1", Flatten(), ("relu1",), (300.0, 0.0)),
            Node("fc1", Linear(10), ("flatten1",), (400.0, 0.0)),
        ]
    )


@pytest.fixture
def diamond() -> Graph:
    """image -> left, right -> sum."""
    return Graph.of(
        [
            Node("image", Input((4, 8, 8))),
            Node("left", Conv2d(4, padding=1), ("image",)),
            Node("right", Conv2d(4, 1), ("image",)),
            Node("sum", Add(), ("left", "right")),
        ]
    )


@pytest.fixture
def stirred_model() -> Callable[[str], nn.Module]:
    """Name -> torchvision's model with random weights, none of them zero, and statistics that tell channels apart."""
    import torch

    from cnnstudio.training.torchvision_compat import torchvision

    def made(name: str) -> nn.Module:
        torch.manual_seed(0)
        plain = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
        module: nn.Module = getattr(torchvision().models, name)(**plain).eval()
        with torch.no_grad():
            for each in module.modules():
                if isinstance(each, torch.nn.BatchNorm2d) and each.running_mean is not None:
                    each.running_mean.normal_(std=0.1)
                    each.running_var.uniform_(0.5, 1.5)
            for key, weight in module.named_parameters():
                if weight.dim() == 1 or not weight.any() or "layer_scale" in key or "bias_table" in key:
                    weight.add_(torch.randn_like(weight) * 0.1)
        return module

    return made


@pytest.fixture(autouse=True)
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A record of a warning or worse that the test did not expect (and clear) is a failure."""
    yield
    records = [r for r in caplog.get_records("call") if r.levelno >= logging.WARNING]
    assert not records, f"unexpected log records: {[record.getMessage() for record in records]}"


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """A thread that a test starts must have ended with it."""
    before = set(threading.enumerate())
    yield
    leaked = [t for t in threading.enumerate() if t not in before and t.is_alive() and not _is_torchs(t)]
    for thread in leaked:
        thread.join(timeout=20)
    alive = [thread.name for thread in leaked if thread.is_alive()]
    assert not alive, f"threads still running: {alive}"


@pytest.fixture(autouse=True)
def no_leaked_widgets(request: pytest.FixtureRequest) -> Iterator[None]:
    """A window that a test opens must be gone after it."""
    yield
    if "PySide6.QtWidgets" not in sys.modules:
        return
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None:
        return
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if any(widget.isVisible() for widget in QApplication.topLevelWidgets()):
        gc.collect()  # 0.2 s once torch is there, so only where a window waits to be found unreachable
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    shown = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    for widget in shown:
        widget.close()
    assert not shown, f"windows still open: {shown}"


def _is_torchs(thread: threading.Thread) -> bool:
    return "torch" in (thread.name or "").lower() or thread.name.startswith("QueueFeederThread")
