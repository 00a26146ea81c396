"""Needs: the memory that a network takes to be built, looked into and taken away, and why that is too much here.

Costs knows what training takes. Knows no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from cnnstudio.blocks import Group, Opaque
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Block
from cnnstudio.headroom import headroom, lack

BYTES = 4  # of a number in float32

# how many times the weights are there at most while a file of a kind is written, read again and compared: measured
# with a network of one large layer
_COPIES = {
    "python": 2, "notebook": 2, "weights": 5, "state-dict": 5, "torchscript": 6, "pt2": 4, "onnx": 8, "onnx-int8": 10,
    "web-page": 8, "package": 8, "training-folder": 5,
}  # fmt: skip
_SAMPLES = 3  # in the batch with which a file is compared
_OF_ONNX = 7  # the same, where onnxruntime compares


@dataclass(frozen=True)
class Needs:
    """The most bytes that a network takes, the program and PyTorch themselves left out.

    ``weights`` is the network itself: what it learns, and what else it holds. ``maps`` is held at one time while one
    image goes forward, with what is shown of it.
    """

    weights: int
    maps: int

    @property
    def look(self) -> int:
        """To build it, with the weights of a file, which are read before they are put in, and to look into it once."""
        return 2 * self.weights + self.maps

    def export(self, kind: str) -> int:
        """To write it as a file of this kind, to read that again and to compare both; a text about it needs none."""
        if kind not in _COPIES:
            return 0
        samples = _OF_ONNX if kind.startswith("onnx") else _SAMPLES
        return _COPIES[kind] * self.weights + 2 * samples * self.maps


def needs(analysis: Analysis) -> Needs:
    """What a network takes as far as its shapes are known; of a step without a block, what is said of it."""
    acting = analysis.acting
    totals = analysis.totals
    learned = totals.parameters if totals is not None else sum(fact.parameters for fact in acting.facts.values())
    fixed = sum(_fixed(node.block) for node in acting.nodes_of(Opaque, Group))
    largest = max((fact.shape.bytes for fact in acting.facts.values()), default=0)
    return Needs(BYTES * (learned + fixed), max(analysis.memory.peak, largest) + 2 * largest)


@lru_cache(maxsize=4_096)
def _fixed(block: Block) -> int:
    """How many numbers a block holds that stay as they are, where they may be many."""
    if isinstance(block, Opaque):
        return sum(prod(tensor.size) for tensor in block.tensors if not tensor.learned)
    return block.repeat * sum(_fixed(node.block) for node in block.body.acting) if isinstance(block, Group) else 0


def lack_of_look(analysis: Analysis, free: int | None = None, is_built: bool = False) -> str:
    """Why there is no room to look into the network with an image, in a sentence; empty where there is.

    One that ``is_built`` needs only its maps. ``free`` are the bytes that there are; the computer is asked for None.
    """
    found = needs(analysis)
    needed = found.maps if is_built else found.look
    return _lack("Building the network and looking into it", analysis, found, needed, free)


def lack_of_export(analysis: Analysis, kind: str, free: int | None = None) -> str:
    """Why there is no room to take the network away as a file of this kind; empty where there is."""
    found = needs(analysis)
    return _lack("Writing the file and reading it again to compare it", analysis, found, found.export(kind), free)


def lack_of_weights(analysis: Analysis, free: int | None = None) -> str:
    """Why there is no room for the network itself; empty where there is."""
    found = needs(analysis)
    return _lack("Building the network", analysis, found, found.weights, free)


def _lack(what: str, analysis: Analysis, found: Needs, needed: int, free: int | None) -> str:
    return lack(what, needed, headroom() if free is None else free, ways(analysis, found))


def ways(analysis: Analysis, found: Needs) -> str:
    """What of a network could be smaller, so that it takes less."""
    if found.maps > found.weights:
        return "a smaller Input or fewer channels take less"
    facts = analysis.acting.facts
    most = max(facts, key=lambda name: facts[name].parameters, default="")
    return f"fewer channels or features take less, and {most} has most of the weights"
