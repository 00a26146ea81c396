"""Random streams: what each part of a run draws from, so that nobody's draws change what another one draws."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from cnnstudio.training.drawing import Drawing, lent


class RandomStreams:
    """The streams of a run, all from one seed.

    ``images`` shuffles and augments them, on the CPU, so that the same batches come on any device. Layers such as
    dropout have a generator of their own as well; on other devices they draw from the device's, which nobody but the
    run uses, and its state is put there while a step computes. Of several processes that share a batch each has
    layers of its own ``rank``, so that none drops what another drops; the images are drawn alike in all of them.
    """

    def __init__(self, seed: int, device: torch.device, rank: int = 0) -> None:
        self._rank = rank
        self._seed = seed
        self._places = [device] if device.type != "cpu" else []
        self.images = torch.Generator().manual_seed(seed)
        own = _of_rank(seed, rank)
        self._layers = torch.Generator().manual_seed(own)
        self._there = {place.type: _seeded(own, place) for place in self._places}
        self._hooks: list[RemovableHandle] | None = None
        self._present: Drawing | None = None  # what the parts that draw draw from

    def heed(self, module: nn.Module, parts: Iterable[str] | None) -> None:
        """Know which parts of a module draw, by their paths, until ``close``: with the others no time is lost.

        None is for nobody knows, and "" for the module itself; then every operation in a step is looked at.
        """
        self.close()
        if parts is None or "" in (paths := set(parts)):
            return
        self._hooks = []
        for part in map(module.get_submodule, sorted(paths)):
            mode: list[Drawing] = []
            self._hooks.append(part.register_forward_pre_hook(self._entering(mode)))
            self._hooks.append(part.register_forward_hook(_leaving(mode), always_call=True))

    def close(self) -> None:
        """Leave the module as it was."""
        for hook in self._hooks or ():
            hook.remove()
        self._hooks = None

    @contextmanager
    def layers(self, *, others: bool = False, compiled: bool = False) -> Iterator[None]:
        """Inside, layers draw from the run's stream, whoever draws elsewhere.

        ``others`` are networks besides the one that is heeded. What is ``compiled`` draws as it was compiled to, from
        torch's own generator.
        """
        for place in self._places:
            _set(place, self._there[place.type])
        if compiled:
            with lent(self._layers):
                yield
        else:
            with self._drawn(self._layers, others):
                yield
        self._there = {place.type: _state(place) for place in self._places}

    @contextmanager
    def apart(self, number: int = 0, *, others: bool = True) -> Iterator[None]:
        """Inside, torch draws what ``number`` and the seed give, the same each time; after it, as if nobody had drawn.

        It is for what looks at the network and does not train it; without ``others`` nothing but the layers draws.
        """
        before = [_state(place) for place in self._places]
        try:
            for place in self._places:
                _set(place, _seeded(self._seed + number, place))
            with self._drawn(torch.Generator().manual_seed((self._seed + number) % 2**64), others):
                yield
        finally:
            for place, state in zip(self._places, before, strict=True):
                _set(place, state)

    @contextmanager
    def _drawn(self, generator: torch.Generator, everything: bool) -> Iterator[None]:
        drawing = Drawing(generator)
        if everything or self._hooks is None:
            with drawing:
                yield
            return
        before, self._present = self._present, drawing
        try:
            yield
        finally:
            self._present = before

    def _entering(self, mode: list[Drawing]) -> Callable[..., None]:
        def enter(*_: object) -> None:
            if self._present is not None:
                self._present.__enter__()  # type: ignore[no-untyped-call]
                mode.append(self._present)

        return enter

    @property
    def states(self) -> dict[str, Tensor]:
        """The state of each stream of the training, by its name."""
        return {"images": self.images.get_state(), "cpu": self._layers.get_state(), **self._there}

    def restore(self, states: Mapping[str, Tensor]) -> None:
        """Go on where ``states`` were taken; a device that they do not know keeps its own.

        They are those of the first process. Another one's layers go on with what follows from them and its rank.
        """
        self.images.set_state(states["images"])
        if self._rank:
            own = _of_rank(zlib.crc32(states["cpu"].numpy().tobytes()), self._rank)
            self._layers.manual_seed(own)
            self._there = {place.type: _seeded(own, place) for place in self._places}
        else:
            self._layers.set_state(states["cpu"])
            self._there |= {name: states[name] for name in self._there if name in states}


def _leaving(mode: list[Drawing]) -> Callable[..., None]:
    def leave(*_: object) -> None:
        if mode:
            mode.pop().__exit__(None, None, None)  # type: ignore[no-untyped-call]

    return leave


def _of_rank(seed: int, rank: int) -> int:
    """The seed itself for the first process; torch's generator on the CPU reads the lower 32 bits alone."""
    return (seed + rank * 0x9E3779B1) % 2**32


def _seeded(seed: int, device: torch.device) -> Tensor:
    return torch.Generator(device).manual_seed(seed).get_state()


def _state(place: torch.device) -> Tensor:
    """The state of the generator that layers on this device draw from."""
    known: Tensor = _module(place).get_rng_state(*_number(place))
    return known


def _set(place: torch.device, state: Tensor) -> None:
    _module(place).set_rng_state(state, *_number(place))


def _module(place: torch.device) -> Any:
    return torch.get_device_module(place)


def _number(place: torch.device) -> tuple[torch.device, ...]:
    return () if place.type == "mps" else (place,)  # there is one, and its functions take none
