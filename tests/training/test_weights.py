"""Weights: all or nothing, and a sentence for every file that is not the right one."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from cnnstudio.training.weights import WeightsError, load, save


def network(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, width, 3), nn.BatchNorm2d(width))


def test_there_and_back(tmp_path: Path) -> None:
    ours, theirs = network(), network()
    ours.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    path = tmp_path / "new" / "a.safetensors"
    save(path, ours, {"epoch": "3"})
    assert load(theirs, path)["epoch"] == "3"
    for name, tensor in ours.state_dict().items():
        assert torch.equal(tensor, theirs.state_dict()[name])
    assert [found.name for found in path.parent.iterdir()] == ["a.safetensors"]


def test_the_same_weights_are_the_same_file(tmp_path: Path) -> None:
    module, described = network(), {f"word {number}": "told" for number in range(12)}
    for number in range(5):
        save(tmp_path / f"{number}.safetensors", module, described)
    assert len({(tmp_path / f"{number}.safetensors").read_bytes() for number in range(5)}) == 1
    assert load(network(), tmp_path / "0.safetensors") == {"format": "pt", **described}


def test_weights_that_two_names_share(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    module[1].weight = module[0].weight
    save(tmp_path / "a.safetensors", module)
    load(module, tmp_path / "a.safetensors")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (nn.Sequential(nn.Conv2d(1, 4, 3)), "has no 1.weight, 1.bias, 1.running_mean and 2 more"),
        (nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Linear(2, 2)), "it has 2.bias, 2.weight"),
        (network(8), "its 0.weight is 8 × 1 × 3 × 3, here it is 4 × 1 × 3 × 3"),
    ],
)
def test_another_networks_weights_are_refused_whole(tmp_path: Path, other: nn.Module, words: str) -> None:
    save(tmp_path / "a.safetensors", other)
    module = network()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with pytest.raises(WeightsError, match=words):
        load(module, tmp_path / "a.safetensors")
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * 8 + b"{}", pickle.dumps({"a": 1})])
def test_a_file_that_is_something_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"a\.safetensors holds no weights"):
        load(network(), path)


def test_a_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save(path, network())
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(WeightsError, match="damaged"):
        load(network(), path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone\.safetensors"):
        load(network(), tmp_path / "gone.safetensors")
    with pytest.raises(WeightsError, match="folder"):
        load(network(), tmp_path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    save(path, network())
    old = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WeightsError, match="the disk is full"):
        save(path, network())
    assert path.read_bytes() == old and [found.name for found in tmp_path.iterdir()] == [path.name]
