"""Weights: all or nothing, and a sentence for every file that is not the right one."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd, Finished
from cnnstudio.training.loop import train
from cnnstudio.training.weights import WeightsError, load, read, save


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


class Masked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.mask = nn.Buffer(torch.full((6, 6), -torch.inf).triu(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.conv(x) + self.mask).softmax(-1)[:, :3, 5, 0]


def test_a_mask_of_infinities_is_not_damage_but_others_are(tmp_path: Path) -> None:
    path, module = tmp_path / "a.safetensors", Masked()
    save(path, module)
    load(module, path)
    for name, number in (("mask", torch.nan), ("mask", torch.inf), ("conv.bias", torch.inf)):
        other = Masked()
        other.state_dict()[name][0] = number
        save(path, other)
        with pytest.raises(WeightsError, match=f"damaged: its {name} holds what is no number"):
            load(module, path)


def test_a_network_with_a_mask_of_infinities_is_trained(make_data: Callable[..., Data]) -> None:
    recipe = Recipe(epochs=2, batch_size=8, learning_rate=0.01, device="cpu")
    ends = [event for event in train(Masked(), make_data(), recipe) if isinstance(event, EpochEnd | Finished)]
    assert [type(end) for end in ends] == [EpochEnd, EpochEnd, Finished] and ends[-1].reason == "done"


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


def test_every_kind_of_number_is_read_back_by_whoever_reads_such_files(tmp_path: Path) -> None:
    kinds = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16]
    kinds += [torch.int8, torch.uint8, torch.bool]
    state = {f"{kind}".replace(".", "_"): (torch.arange(6).reshape(2, 3) % 2).to(kind) for kind in kinds}
    state |= {"one": torch.tensor(3), "none": torch.empty(0, 4), "turned": torch.arange(6.0).reshape(2, 3).t()}
    state["laid"] = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    save(path := tmp_path / "all.safetensors", state, {"b": "2", "a": "1"})
    found = load_file(path)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in state.items())
    _, metadata = read(path)
    assert metadata == {"format": "pt", "a": "1", "b": "2"}


def test_numbers_that_have_no_name_in_such_files_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="holds numbers of a kind"):
        save(tmp_path / "none.safetensors", {"odd": torch.zeros(2, dtype=torch.complex128)})
    assert not list(tmp_path.iterdir())
