"""Block: what a node does, declared once. Knows no torch, no Qt and no other block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar, dataclass_transform

from cnnstudio.graph.parameter import Declaration, declaration, summary
from cnnstudio.graph.reach import Reach, own_places, under
from cnnstudio.graph.shape import Shape
from cnnstudio.graph.sliding_window import Window


@dataclass(frozen=True)
class Remedy:
    """A way out of a ``ShapeError`` that the block itself knows.

    With ``port`` None, ``blocks`` is one block that takes this block's place; otherwise they are put one after the
    other on the wire that enters that input port.
    """

    title: str
    blocks: tuple[Block, ...]
    port: int | None = None


class ShapeError(ValueError):
    """These inputs do not fit this block; the message is a sentence that states the rule, with the numbers."""

    def __init__(self, sentence: str, *remedies: Remedy) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedies = remedies


@dataclass(frozen=True)
class Arity:
    """How many inputs a block takes; ``most`` is None where any number will do."""

    least: int
    most: int | None


Saves = Literal["inputs", "output", "both", "nothing"]


@dataclass(frozen=True)
class Saved:
    """What PyTorch's autograd saves of a block that runs, until the backward pass has read it.

    ``flow`` says which of what flows by: what goes in, what comes out, both, or neither. ``besides`` is bytes of the
    block's own for one sample; ``to_predict`` says that it makes them when it only predicts as well.
    Source: derivatives.yaml in PyTorch's torch/csrc/autograd.
    """

    flow: Saves = "inputs"
    besides: int = 0
    to_predict: bool = False


class Block(Declaration):
    """The base of every block: a frozen dataclass whose fields are its parameters.

    ``inputs`` are always the shapes of what flows in, in the order of the ports. A block holds no state and does no
    work of its own: it says what comes out, what is learned, what it costs and how it is written in Python.
    """

    arity: ClassVar[Arity] = Arity(1, 1)
    family: ClassVar[str] = ""
    title: ClassVar[str] = ""  # what the palette calls it; the class name unless said otherwise
    keywords: ClassVar[str] = ""  # other words a person may search for, separated by spaces
    is_offered: ClassVar[bool] = True  # whether a palette lists it
    stem: ClassVar[str] = ""  # what its nodes are called: conv1, conv2, ...
    saves: ClassVar[Saves] = "inputs"  # what training keeps of what flows by, where ``saved`` says no more
    is_view: ClassVar[bool] = False  # whether what comes out is what went in, only seen otherwise
    reads_in_order: ClassVar[bool] = False  # channel after channel: a view that is a copy where channels lie last
    is_idle: ClassVar[bool] = False  # whether it gives back what goes in, except while training
    is_pointwise: ClassVar[bool] = False  # whether each number depends on what stands at its own place alone
    definitions: ClassVar[tuple[str, ...]] = ()  # classes that ``init`` calls, as source, in the order of need

    @property
    def needed(self) -> tuple[str, ...]:
        """Those of ``definitions`` that it needs with its parameters as they are."""
        return self.definitions

    @property
    def obstacle(self) -> str:
        """Why it cannot be written in Python, in a sentence; empty where it can, as nearly always."""
        return ""

    @property
    def is_counted(self) -> bool:
        """Whether it is known what it learns and costs, as of nearly every block."""
        return True

    def shape(self, *inputs: Shape) -> Shape:
        """The shape of what comes out. Raises ``ShapeError`` where the inputs do not fit."""
        raise NotImplementedError

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """What is learned: name in the module's ``state_dict`` -> shape. Buffers are not learned and not listed.

        The name is empty where ``init`` makes not a module but one ``nn.Parameter``.
        """
        return {}

    def macs(self, *inputs: Shape) -> int:
        """Multiply-accumulates for one sample, counted as torch's ``FlopCounterMode`` does (half its FLOPs)."""
        return 0

    def saved(self, *inputs: Shape) -> Saved:
        """What training keeps of it until the backward pass: for most blocks what goes in."""
        return Saved("nothing" if self.is_view else self.saves)

    def window(self, *inputs: Shape) -> Window | None:
        """The window that slides over the map, or None for a block that has none."""
        return None

    def reach(self, *inputs: Shape) -> tuple[Reach, ...] | None:
        """For each input, on which of its places a value that comes out depends; None where that is not known.

        A block without a window is not pointwise unless it says so. A composite need say nothing: its parts do.
        """
        if self.is_pointwise:
            return tuple([own_places(len(shape)) for shape in inputs])
        window = self.window(*inputs) if inputs and inputs[0].is_map else None
        return (under(window),) if window is not None else None

    def init(self, *inputs: Shape) -> str | None:
        """The expression that makes the module in ``__init__``, or None for a block that needs no module."""
        return None

    def forward(self, name: str, *inputs: str) -> str:
        """The expression in ``forward``; ``name`` is the attribute of the module, ``inputs`` are variables."""
        return f"self.{name}({', '.join(inputs)})"

    def brief(self) -> str:
        """The parameters in short, for the face of a node: ``64 · 3×3 · s2``."""
        return ""

    @classmethod
    def help(cls) -> str:
        """The docstring without its parameter lines."""
        return summary(cls)


BLOCKS: dict[str, type[Block]] = {}
"""Every block by its class name, in the order of declaration: the palette, the file format and the tests read it."""


B = TypeVar("B", bound=Block)


@dataclass_transform(frozen_default=True)
def block(cls: type[B]) -> type[B]:
    """Declare a block: freeze it, give it its family (the module it stands in) and enter it in ``BLOCKS``."""
    made = declaration(cls)
    made.family = made.__dict__.get("family") or cls.__module__.rpartition(".")[2]
    made.title = made.__dict__.get("title") or cls.__name__
    made.stem = made.__dict__.get("stem") or re.sub(r"\d+d$", "", cls.__name__).lower()
    if BLOCKS.setdefault(cls.__name__, made) is not made:
        raise TypeError(f"two blocks are called {cls.__name__}")
    return made
