"""Receptive and projective fields against gradients: a fraction of what benchmarks/gradients.py walks."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cnnstudio.blocks import ChannelAttention, MaxPool2d
from cnnstudio.graph import BLOCKS, Block, Composite, Graph, Reach, Shape, own_places

FOLDER = Path(__file__).parents[2] / "benchmarks"
KINDS = [kind for kind in BLOCKS.values() if not issubclass(kind, Composite) and kind().arity.least]
SHAPE = Shape(8, 6, 6)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[type[Block]], list[str] | None]]:
    """The faults of a block between its surroundings; None where it takes no map."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import gradients

    def found(kind: type[Block]) -> list[str] | None:
        graph: Graph | None = gradients.drawn(kind, SHAPE, (MaxPool2d(2, 1),), ())
        graph = graph or gradients.drawn(kind, SHAPE, (), ())
        return None if graph is None else list(gradients.faults(graph))

    yield found
    sys.modules.pop("gradients", None)


def test_every_primitive_tells_what_its_gradients_show(faults: Callable[[type[Block]], list[str] | None]) -> None:
    wrong = {kind.__name__: found for kind in KINDS if (found := faults(kind))}
    assert wrong == {}
    assert sum(faults(kind) is not None for kind in KINDS[:40:5]) > 5


def test_what_is_told_wrongly_is_found(
    faults: Callable[[type[Block]], list[str] | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def narrow(self: Block, *inputs: Shape) -> tuple[Reach, ...]:
        return (own_places(3),)

    monkeypatch.setattr(ChannelAttention, "reach", narrow)
    assert any("not within" in fault for fault in faults(ChannelAttention) or [])
