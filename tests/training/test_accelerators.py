"""Which device is taken, in which precision and layout, and what is said where it is not there. None is needed here."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.project.augmentations import CutMix, MixUp, usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import device, random_streams
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import Device, TrainingError, chosen_device
from cnnstudio.training.events import Started
from cnnstudio.training.loop import train
from cnnstudio.training.random_streams import RandomStreams

TITLES = {"cuda": "CUDA", "mps": "MPS", "xpu": "XPU"}
CONVOLVING, FLAT = nn.Conv2d(1, 2, 3), nn.Linear(2, 2)


@pytest.fixture
def computer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A computer with these accelerators."""

    def has(*kinds: str) -> None:
        def module(kind: object) -> Any:
            is_there = torch.device(str(kind)).type in kinds
            return SimpleNamespace(
                is_available=lambda: is_there, current_device=lambda: 1, get_device_name=lambda place: f"Card {place}"
            )

        monkeypatch.setattr(torch, "get_device_module", module)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)

    return has


def chosen(module: nn.Module = CONVOLVING, **values: Any) -> Device:
    return chosen_device(module, Recipe(**values))


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_what_is_asked_for_is_taken_where_it_is(kind: str, computer: Callable[..., None]) -> None:
    computer(kind)
    found = chosen(device=kind)
    assert found.torch == torch.device(kind, 0 if kind == "mps" else 1) and found.notes == ()
    assert found.name == ("MPS" if kind == "mps" else f"Card {kind}:1")
    assert chosen(device="cpu").torch.type == "cpu"


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_what_is_not_there_is_said(kind: str, computer: Callable[..., None]) -> None:
    computer()
    found = chosen(device=kind)
    assert found.torch.type == "cpu"
    sentence = f"PyTorch finds no {TITLES[kind]} device here; the run goes on the CPU."
    assert found.notes == (f"The recipe asks for {TITLES[kind]}, but {sentence}",)


def test_auto_takes_cuda_and_nothing_that_may_lack_an_operator(computer: Callable[..., None]) -> None:
    computer("cuda", "mps", "xpu")
    assert chosen().torch.type == "cuda"
    computer("mps", "xpu")
    assert chosen().torch.type == "cpu" and chosen().notes == ()


def test_float16_is_for_cuda_alone(computer: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    computer("cuda", "xpu")
    on_cuda = chosen(precision="float16", device="cuda")
    assert on_cuda.float16 and not on_cuda.bfloat16 and "float16" in on_cuda.notes[0]
    monkeypatch.setattr(torch, "autocast", lambda *given: given)
    assert on_cuda.autocast() == ("cuda", torch.float16)
    for kind in ("cpu", "xpu"):
        elsewhere = chosen(precision="float16", device=kind)
        assert not elsewhere.float16 and not elsewhere.bfloat16
        assert elsewhere.notes[0].startswith("float16 is for CUDA alone")


@pytest.mark.parametrize("kind", ["cpu", "cuda", "mps", "xpu"])
def test_bfloat16_is_for_any_device_that_is_asked(kind: str, computer: Callable[..., None]) -> None:
    computer(kind)
    assert chosen(precision="bfloat16", device=kind).bfloat16
    assert not chosen(precision="float32", device=kind).bfloat16


def test_the_layout_is_the_recipes(computer: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    computer("cuda")
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    for kind, likes in (("cpu", True), ("cuda", False)):
        found = {layout: chosen(channels_last=layout, device=kind).channels_last for layout in ("auto", "on", "off")}
        assert found == {"auto": likes, "on": True, "off": False}
    assert chosen(precision="bfloat16", device="cuda").channels_last
    assert not chosen(FLAT, channels_last="on", device="cpu").channels_last, "there is nothing to lay out"


def test_group_norm_keeps_the_plain_layout_on_a_cpu(computer: Callable[..., None]) -> None:
    """PyTorch cannot take its gradient in the other one everywhere; on a device it can."""
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4))
    assert not chosen(module, device="cpu").channels_last
    asked = chosen(module, channels_last="on", device="cpu")
    assert not asked.channels_last and any("GroupNorm" in note for note in asked.notes)
    computer("cuda")
    assert chosen(module, channels_last="on", device="cuda").channels_last


@pytest.mark.parametrize("layout", ["on", "off"])
def test_images_lie_as_the_recipe_says(make_data: Callable[..., Data], layout: str) -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 8), nn.Flatten(), nn.Linear(2, 3))
    seen: set[bool] = set()

    def look(_: nn.Module, given: tuple[Tensor, ...], __: Tensor) -> None:
        if len(given[0]) > 2:  # what is only tried out is not laid out
            seen.add(given[0].is_contiguous(memory_format=torch.channels_last))

    module.register_forward_hook(look)
    for given in ((), (MixUp(),), (CutMix(),), usual(True)):
        recipe = Recipe(channels_last=layout, augmentations=given, epochs=1, batch_size=8, device="cpu")
        list(train(module, make_data(size=(3, 8, 8)), recipe))
    assert seen == {layout == "on"}


def test_an_operator_that_a_device_lacks_is_a_sentence(
    make_data: Callable[..., Data], make_network: Callable[..., nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lacking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = make_network()

        def forward(self, x: Tensor) -> Tensor:
            if self.training:
                raise NotImplementedError("The operator 'aten::fractional_max_pool2d' is not currently implemented …")
            return self.inner(x)  # type: ignore[no-any-return]

    cpu = Device(torch.device("cpu"), "MPS", False, False, ())
    monkeypatch.setattr("cnnstudio.training.loop.chosen_device", lambda *_: cpu)
    running = train(Lacking(), make_data(), Recipe(device="mps"))
    assert isinstance(next(running), Started)
    with pytest.raises(TrainingError) as caught:
        next(running)
    assert str(caught.value) == (
        "PyTorch has no aten::fractional_max_pool2d for MPS yet: choose cpu as the device, or take the layer that "
        "needs it out."
    )


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_layers_have_a_stream_on_every_device(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The device's generator is one on the CPU here, with the functions that torch has for such a device."""
    there = torch.Generator()
    asked: list[int] = []

    def get(*place: object) -> Tensor:
        asked.append(len(place))
        return there.get_state()

    def put(state: Tensor, *place: object) -> None:
        asked.append(len(place))
        there.set_state(state)

    monkeypatch.setattr(torch, "get_device_module", lambda _: SimpleNamespace(get_rng_state=get, set_rng_state=put))
    monkeypatch.setattr(random_streams, "_seeded", lambda seed, _: torch.Generator().manual_seed(seed).get_state())

    def draws(streams: RandomStreams) -> list[float]:
        found = []
        for _ in range(3):
            torch.rand(1, generator=there)  # whoever draws in between
            with streams.layers():
                found += [torch.rand(1, generator=there).item(), torch.rand(1).item()]
            with streams.apart():
                torch.rand(7, generator=there)
        return found

    streams = RandomStreams(3, torch.device(kind))
    first = draws(streams)
    assert first == draws(RandomStreams(3, torch.device(kind))) and len(set(first[::2])) == 3
    assert set(asked) == ({0} if kind == "mps" else {1})
    states = streams.states
    assert set(states) == {"images", "cpu", kind}
    again = RandomStreams(4, torch.device(kind))
    again.restore(states)
    assert draws(again) == draws(streams)


def test_bfloat16_is_left_to_the_device_in_auto(computer: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    for multiplies in (True, False):
        monkeypatch.setattr(device, "multiplies_bfloat16", lambda multiplies=multiplies: multiplies)
        assert chosen(precision="auto", device="cpu").bfloat16 == multiplies
    computer("cuda", "mps")
    assert chosen(precision="auto").bfloat16 and not chosen(precision="auto", device="mps").bfloat16
