"""Agreement: whether a file that was read again computes what the network computes."""

from __future__ import annotations

import torch

from cnnstudio.exchange.exporting.exportable import ExportError, Module, Network
from cnnstudio.graph import Shape
from cnnstudio.training.drawing import drawing

TOLERANCE = 1e-4  # of the largest output: what another order of additions may change in float32


def difference(network: Network, loaded: Module, samples: int, exact: bool = True) -> float:
    """The greatest difference between two outputs for so many samples of the network's batch.

    Raises ``ExportError`` where it is more than rounding, unless the file is not meant to be ``exact``.
    """
    batch = [inputs[:samples] for inputs in network.batch]
    wanted, again = network.module(*batch), network.module(*batch)
    if torch.equal(wanted.nan_to_num(), again.nan_to_num()):
        found = loaded(*batch)
    else:  # it draws at random, as FractionalMaxPool2d does: let both draw the same
        wanted, found = _seeded(network.module, batch), _seeded(loaded, batch)
    if wanted.shape != found.shape:
        raise ExportError(f"The file gives {Shape(*found.shape)} where the network gives {Shape(*wanted.shape)}.")
    both = ~(wanted.isnan() & found.isnan())
    if not bool(both.any()):
        return 0.0
    gap = float((wanted - found)[both].abs().max())
    if exact and not gap <= TOLERANCE * max(1.0, float(wanted[both].abs().max())):
        raise ExportError(f"Loaded back, the outputs differ by {gap:.1e}, so nothing was written.")
    return gap


def doubt(network: Network) -> str:
    """What is wrong with the outputs themselves, for the network's batch; empty where nothing is."""
    with torch.no_grad():
        outputs = network.module(*network.batch)
    if bool(outputs.isnan().any()):
        return "some of them are no numbers (NaN)"
    if outputs.numel() and bool((outputs == outputs[:1]).all()):
        return "they are the same for every input"
    return ""


def _seeded(module: Module, batch: list[torch.Tensor]) -> torch.Tensor:
    with drawing(0):
        return module(*batch)
