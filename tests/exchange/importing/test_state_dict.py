"""Checkpoints of the original: names and numbers carried over, what does not fit said, nothing pickled opened."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import prune

from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported, import_module, import_torchvision
from cnnstudio.exchange.importing.state_dict import carry, load_weights, read
from cnnstudio.graph import Shape
from cnnstudio.training import weights
from cnnstudio.training.build import build
from cnnstudio.training.torchvision_compat import torchvision


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.stem(x).mean((2, 3)))


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return Net().eval()


@pytest.fixture
def imported(net: nn.Module) -> Imported:
    return import_module(net, Shape(3, 8, 8), "Net")


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_checkpoint_becomes_weights_of_ours(net: nn.Module, imported: Imported, tmp_path: Path, suffix: str) -> None:
    path, out = tmp_path / f"net{suffix}", tmp_path / "ours.safetensors"
    if suffix == ".pth":
        torch.save(net.state_dict(), path)
    else:
        save_file(net.state_dict(), path)
    assert load_weights(imported, path, out).sentences == ()
    ours = build(source(imported.graph).text).eval()
    weights.load(ours, out)
    x = torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), net(x))


def test_reading_that_is_stopped_writes_nothing(net: nn.Module, imported: Imported, tmp_path: Path) -> None:
    torch.save(net.state_dict(), tmp_path / "net.pth")
    with pytest.raises(ImportRefused, match="stopped"):
        load_weights(imported, tmp_path / "net.pth", tmp_path / "ours.safetensors", lambda sentence, share: False)
    assert not (tmp_path / "ours.safetensors").exists()


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_checkpoints_of_training_scripts_hold_it_under_a_name(
    net: nn.Module, imported: Imported, tmp_path: Path, key: str
) -> None:
    path = tmp_path / "last.pth"
    state = {f"module.{name}": tensor for name, tensor in net.state_dict().items()}
    torch.save({key: state, "epoch": 3}, path)
    carried = read(imported, path)
    assert carried.sentences == () and torch.equal(carried.state["head.weight"], net.state_dict()["head.weight"])


def test_what_does_not_fit_is_listed(net: nn.Module, imported: Imported) -> None:
    state = dict(net.state_dict())
    state["head.weight"], state["extra.weight"] = torch.zeros(5, 4), torch.zeros(3)
    del state["stem.0.bias"]
    missing, unfit, strange = carry(imported, state).sentences
    assert missing == "The file has no stem.0.bias; fresh numbers stand there."
    assert unfit == "Of another size, so fresh numbers stand there: head.weight is 5 × 4, here it is 2 × 4."
    assert strange == "Not used: extra.weight."


def test_a_file_of_another_network_is_refused(imported: Imported) -> None:
    with pytest.raises(ImportRefused, match="Nothing in this file belongs to Net"):
        carry(imported, {"conv1.weight": torch.zeros(3)})


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def test_a_pickle_that_runs_a_program_is_not_opened(imported: Imported, tmp_path: Path) -> None:
    path, trace = tmp_path / "evil.pth", tmp_path / "was_here"
    torch.save({"state_dict": Evil(trace)}, path)
    with pytest.raises(ImportRefused, match="holds more than weights, or is damaged, so it was not opened"):
        load_weights(imported, path, tmp_path / "out.safetensors")
    assert not trace.exists() and not (tmp_path / "out.safetensors").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nonsense", b"hello" * 100])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_damaged_file_is_a_sentence(imported: Imported, tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=r"^w\."):
        read(imported, path)
    with pytest.raises(ImportRefused, match="cannot be opened"):
        read(imported, tmp_path / f"none{suffix}")


def test_a_list_of_numbers_is_no_state_dict(imported: Imported, tmp_path: Path) -> None:
    torch.save([1, 2, 3], tmp_path / "w.pth")
    with pytest.raises(ImportRefused, match="holds no state_dict"):
        read(imported, tmp_path / "w.pth")


def test_the_names_of_older_densenets_are_known(tmp_path: Path) -> None:
    imported = import_torchvision("densenet121", 10)
    module = torchvision().models.densenet121(num_classes=10)
    old = {
        name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2.") if "denselayer" in name else name: tensor
        for name, tensor in module.state_dict().items()
    }
    torch.save(old, tmp_path / "w.pth")
    assert read(imported, tmp_path / "w.pth").sentences == ()


def test_heads_that_only_train_are_said_to_be_unused() -> None:
    imported = import_torchvision("googlenet")
    module = torchvision().models.googlenet(init_weights=False)
    (sentence,) = carry(imported, module.state_dict()).sentences
    assert sentence.startswith("Not used: aux1.conv.conv.weight")


@pytest.mark.parametrize(("name", "mean", "classes"), [("squeezenet1_1", 0.485, 1000), ("googlenet", 0.5, 4)])
def test_the_file_says_what_images_and_answers_mean(tmp_path: Path, name: str, mean: float, classes: int) -> None:
    plain = {"init_weights": False} if name == "googlenet" else {}  # else torchvision warns
    module = getattr(torchvision().models, name)(num_classes=classes, **plain)
    torch.save(module.state_dict(), tmp_path / "theirs.pth")
    load_weights(import_torchvision(name, classes), tmp_path / "theirs.pth", tmp_path / "ours.safetensors")
    told = Normalization.from_metadata(weights.read(tmp_path / "ours.safetensors")[1])
    assert told is not None and told.mean[0] == mean
    assert told.classes[:1] == (("tench",) if classes == 1000 else ())


def prefixed(front: str) -> Callable[[dict[str, Tensor]], Any]:
    return lambda state: {f"{front}{name}": tensor for name, tensor in state.items()}


CHECKPOINTS: dict[str, Callable[[dict[str, Tensor]], Any]] = {
    "compiled": prefixed("_orig_mod."),
    "compiled and parallel": prefixed("module._orig_mod."),
    "parallel and compiled": prefixed("_orig_mod.module."),
    "Lightning": lambda state: {"state_dict": prefixed("model.")(state), "epoch": 3, "loops": {"a": {"b": 1}}},
    "a part of it compiled": lambda state: {name.replace("stem.", "stem._orig_mod."): t for name, t in state.items()},
    "net": lambda state: {"net": state, "acc": 91.2, "epoch": 4},
    "model_state": lambda state: {"model_state": state, "optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}}},
    "nested": lambda state: {"model": {"state_dict": prefixed("module.")(state)}},
    "a name of somebody's own": lambda state: {"student": {"weights": {"final": prefixed("encoder.net.")(state)}}},
    "beside another network": lambda state: {
        "discriminator": {name: torch.zeros(7) for name in state},
        "generator": state,
    },
    "loss with weights": lambda state: {**state, "criterion.weight": torch.ones(2)},
    "averaged": lambda state: {"n_averaged": torch.tensor(3), **prefixed("module.")(state)},
}


@pytest.mark.parametrize("pack", CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_the_state_dict_is_found_whatever_is_wrapped_round_it(
    pack: Callable[[dict[str, Tensor]], Any], net: nn.Module, imported: Imported, tmp_path: Path
) -> None:
    torch.save(pack(net.state_dict()), tmp_path / "w.pth")
    carried = read(imported, tmp_path / "w.pth")
    assert carried.missing == () and not any("fresh numbers" in sentence for sentence in carried.sentences)
    own = carry(imported, net.state_dict()).state
    assert own.keys() == carried.state.keys()
    assert all(torch.equal(own[name], carried.state[name]) for name in own)


@pytest.mark.parametrize("key", ["state_dict_ema", "model_ema", "ema"])
def test_of_weights_and_their_average_the_weights_are_taken_and_it_is_said(
    key: str, net: nn.Module, imported: Imported, tmp_path: Path
) -> None:
    average = {name: tensor * 2 for name, tensor in net.state_dict().items()}
    torch.save({key: average, "weights": net.state_dict()}, tmp_path / "w.pth")
    carried = read(imported, tmp_path / "w.pth")
    assert carried.sentences == (f"Several of the file's state_dicts fit; weights was taken, not {key}.",)
    assert torch.equal(carried.state["head.weight"], net.state_dict()["head.weight"])


def test_prefixes_are_taken_off_safetensors_too(net: nn.Module, imported: Imported, tmp_path: Path) -> None:
    save_file(prefixed("_orig_mod.")(net.state_dict()), tmp_path / "w.safetensors")
    assert read(imported, tmp_path / "w.safetensors").sentences == ()


def test_where_nothing_fits_both_names_are_shown(imported: Imported, tmp_path: Path) -> None:
    torch.save({"layer.a": torch.zeros(3)}, tmp_path / "w.pth")
    with pytest.raises(ImportRefused, match=r"it has layer\.a, and the network has stem\.0\.weight, stem\.0\.bias"):
        read(imported, tmp_path / "w.pth")


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (float("nan"), r"are damaged: stem\.0\.weight holds what is no number"),
        (float("inf"), r"cannot be used: stem\.0\.weight holds infinity"),
    ],
)
def test_weights_that_are_no_numbers_are_refused(
    bad: float, sentence: str, net: nn.Module, imported: Imported, tmp_path: Path
) -> None:
    state = net.state_dict()
    state["stem.0.weight"][0, 0, 0, 0] = bad
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(ImportRefused, match=sentence):
        load_weights(imported, tmp_path / "w.pth", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).mean((2, 3))


COMPUTED: dict[str, Callable[[nn.Module], Any]] = {
    "weight norm": nn.utils.parametrizations.weight_norm,
    "weight norm along another axis": lambda conv: nn.utils.parametrizations.weight_norm(conv, dim=1),
    "weight norm of old": nn.utils.weight_norm,
    "spectral norm": nn.utils.parametrizations.spectral_norm,
    "spectral norm of old": nn.utils.spectral_norm,
    "pruning": lambda conv: prune.random_unstructured(conv, "weight", 0.5),
}


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
@pytest.mark.parametrize("way", COMPUTED)
def test_weights_that_are_computed_come_as_what_is_computed(way: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    imported = import_module(Plain().eval(), Shape(3, 8, 8), "Plain")
    net = Plain()
    COMPUTED[way](net.conv)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.5)
    x = torch.randn(2, 3, 8, 8)
    net.eval()
    torch.save(net.state_dict(), tmp_path / "w.pth")
    carried = read(imported, tmp_path / "w.pth")
    assert carried.sentences == ()
    ours = build(source(imported.graph).text).eval()
    ours.load_state_dict(carried.state)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), net(x))
