"""Random streams: what each part of a run draws from, so that nobody's draws change what another one draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor


class RandomStreams:
    """The streams of a run, all from one seed.

    ``images`` shuffles and augments them, on the CPU, so that the same batches come on any device. Layers such as
    dropout draw from torch's own generators, which know one stream: the run's is put there while a step computes.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self._seed = seed
        self._cuda = [device] if device.type == "cuda" else []
        self.images = torch.Generator().manual_seed(seed)
        self._layers = {place.type: _seeded(seed, place) for place in (torch.device("cpu"), *self._cuda)}

    @contextmanager
    def layers(self) -> Iterator[None]:
        """Inside, torch draws from the run's stream, whoever drew in between."""
        torch.set_rng_state(self._layers["cpu"])
        for device in self._cuda:
            torch.cuda.set_rng_state(self._layers["cuda"], device)
        yield
        self._layers["cpu"] = torch.get_rng_state()
        for device in self._cuda:
            self._layers["cuda"] = torch.cuda.get_rng_state(device)

    @contextmanager
    def apart(self, number: int = 0) -> Iterator[None]:
        """Inside, torch draws what ``number`` and the seed give, the same each time; after it, as if nobody had drawn.

        It is for what looks at the network and does not train it.
        """
        with torch.random.fork_rng(self._cuda):
            torch.default_generator.manual_seed(self._seed + number)
            if self._cuda:
                torch.cuda.manual_seed(self._seed + number)
            yield

    @property
    def states(self) -> dict[str, Tensor]:
        """The state of each stream of the training, by its name."""
        return {"images": self.images.get_state(), **self._layers}

    def restore(self, states: Mapping[str, Tensor]) -> None:
        """Go on where ``states`` were taken; a device that they do not know keeps its own."""
        self.images.set_state(states["images"])
        self._layers |= {name: states[name] for name in self._layers if name in states}


def _seeded(seed: int, device: torch.device) -> Tensor:
    return torch.Generator(device).manual_seed(seed).get_state()
