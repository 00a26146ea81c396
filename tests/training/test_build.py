"""Build runs generated text from a real file, so that inspect, TorchScript and tracebacks find it."""

import inspect
import traceback
from pathlib import Path

import pytest
import torch

from cnnstudio.disk import DiskError
from cnnstudio.training.build import build

TEXT = """
import torch
from torch import nn


class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(4, {outputs})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc1(x)
"""


def test_an_instance_of_the_class_with_fresh_weights_each_time() -> None:
    first, second = build(TEXT.format(outputs=2)), build(TEXT.format(outputs=2))
    assert type(first) is type(second)
    assert not torch.equal(first.state_dict()["fc1.weight"], second.state_dict()["fc1.weight"])


def test_two_texts_do_not_disturb_each_other() -> None:
    two, three = build(TEXT.format(outputs=2)), build(TEXT.format(outputs=3))
    assert two(torch.zeros(1, 4)).shape == (1, 2)
    assert three(torch.zeros(1, 4)).shape == (1, 3)


def test_the_source_lies_in_a_private_file_that_inspect_reads() -> None:
    module = build(TEXT.format(outputs=5))
    path = Path(inspect.getfile(type(module)))
    assert path.read_text(encoding="utf-8") == TEXT.format(outputs=5)
    assert path.parent.stat().st_mode & 0o077 == 0
    assert "self.fc1(x)" in inspect.getsource(type(module).forward)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_torchscript_compiles_it() -> None:
    module = build(TEXT.format(outputs=2))
    x = torch.randn(3, 4)
    assert torch.equal(torch.jit.script(module)(x), module(x))


def test_a_traceback_shows_the_generated_line() -> None:
    module = build(TEXT.format(outputs=2))
    with pytest.raises(RuntimeError) as caught:
        module(torch.zeros(1, 5))
    assert "return self.fc1(x)" in "".join(traceback.format_exception(caught.value))


def test_another_class_of_the_file_can_be_asked_for() -> None:
    module = build(TEXT.format(outputs=2).replace("class Network", "class LeNet"), "LeNet")
    assert type(module).__name__ == "LeNet"


def test_text_that_fails_leaves_no_module_behind() -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            build("1 / 0\n")


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_on_a_full_disk_it_is_built_and_read_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cnnstudio.training.build._folder", full)
    module = build(TEXT.format(outputs=7))
    assert "self.fc1(x)" in inspect.getsource(type(module).forward)
    assert torch.jit.script(module)(torch.zeros(1, 4)).shape == (1, 7)


def test_where_no_temporary_file_can_be_written_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them a part of PyTorch fails as it is loaded, and ever after with another error."""

    def full() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", full)
    with pytest.raises(DiskError, match="the disk is full"):
        build(TEXT.format(outputs=8))
