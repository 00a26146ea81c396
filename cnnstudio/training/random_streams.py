"""Random streams: what each part of a run draws from, so that nobody's draws change what another one draws."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


class RandomStreams:
    """The streams of a run, all from one seed.

    ``images`` shuffles and augments them, on the CPU, so that the same batches come on any device. Layers such as
    dropout draw from torch's own generators, which know one stream: the run's is put there while a step computes.
    Of several processes that share a batch each has layers of its own ``rank``, so that none drops what another drops;
    the images are drawn alike in all of them.
    """

    def __init__(self, seed: int, device: torch.device, rank: int = 0) -> None:
        self._rank = rank
        self._seed = seed
        self._places = [torch.device("cpu"), *([device] if device.type != "cpu" else [])]
        self.images = torch.Generator().manual_seed(seed)
        own = _of_rank(seed, rank)
        self._layers = {place.type: _seeded(own, place) for place in self._places}

    @contextmanager
    def layers(self) -> Iterator[None]:
        """Inside, torch draws from the run's stream, whoever drew in between."""
        for place in self._places:
            _set(place, self._layers[place.type])
        yield
        self._layers = {place.type: _state(place) for place in self._places}

    @contextmanager
    def apart(self, number: int = 0) -> Iterator[None]:
        """Inside, torch draws what ``number`` and the seed give, the same each time; after it, as if nobody had drawn.

        It is for what looks at the network and does not train it.
        """
        before = [_state(place) for place in self._places]
        try:
            for place in self._places:
                _set(place, _seeded(self._seed + number, place))
            yield
        finally:
            for place, state in zip(self._places, before, strict=True):
                _set(place, state)

    @property
    def states(self) -> dict[str, Tensor]:
        """The state of each stream of the training, by its name."""
        return {"images": self.images.get_state(), **self._layers}

    def restore(self, states: Mapping[str, Tensor]) -> None:
        """Go on where ``states`` were taken; a device that they do not know keeps its own.

        They are those of the first process. Another one's layers go on with what follows from them and its rank.
        """
        self.images.set_state(states["images"])
        if self._rank:
            own = _of_rank(zlib.crc32(states["cpu"].numpy().tobytes()), self._rank)
            self._layers = {place.type: _seeded(own, place) for place in self._places}
        else:
            self._layers |= {name: states[name] for name in self._layers if name in states}


def _of_rank(seed: int, rank: int) -> int:
    """The seed itself for the first process; torch's generator on the CPU reads the lower 32 bits alone."""
    return (seed + rank * 0x9E3779B1) % 2**32


def _seeded(seed: int, device: torch.device) -> Tensor:
    return torch.Generator(device).manual_seed(seed).get_state()


def _state(place: torch.device) -> Tensor:
    """The state of the generator that layers on this device draw from."""
    if place.type == "cpu":
        return torch.get_rng_state()
    known: Tensor = _module(place).get_rng_state(*_number(place))
    return known


def _set(place: torch.device, state: Tensor) -> None:
    if place.type == "cpu":
        torch.set_rng_state(state)
    else:
        _module(place).set_rng_state(state, *_number(place))


def _module(place: torch.device) -> Any:
    return torch.get_device_module(place)


def _number(place: torch.device) -> tuple[torch.device, ...]:
    return () if place.type == "mps" else (place,)  # there is one, and its functions take none
