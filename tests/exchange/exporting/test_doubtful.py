"""What a network says at all is looked at before it leaves: for one sample, and whether it says anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Conv2d,
    Flatten,
    GroupNorm,
    Input,
    LayerNorm2d,
    Linear,
    LPPool2d,
    ReLU,
)
from cnnstudio.exchange.exporting.export import WRITERS, export
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.formats import KINDS, WEIGHTS_ALONE
from cnnstudio.graph import Block, Graph, Sketch


def chain(*blocks: Block) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), *blocks, Flatten(), Linear(10))
    return draw.graph()


@pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind not in WEIGHTS_ALONE])
def test_a_network_that_takes_no_single_sample_is_refused(kind: str, tmp_path: Path) -> None:
    graph = chain(Conv2d(8, 3), AdaptiveAvgPool2d(1), GroupNorm(8))
    with pytest.raises(ExportError, match=r"does not take one sample at a time: .*1 value"):
        export(graph, kind, tmp_path / f"net{KINDS[kind].suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("blocks", "doubt"),
    [
        ((Conv2d(1, 3), LayerNorm2d(), ReLU()), "but they are the same for every input."),
        ((Conv2d(4, 3), LPPool2d(3.0)), "but some of them are no numbers (NaN)."),
        ((Conv2d(4, 3), ReLU()), ""),
    ],
)
def test_outputs_that_say_nothing_are_said(blocks: tuple[Block, ...], doubt: str, tmp_path: Path) -> None:
    sentence = export(chain(*blocks), "torchscript", tmp_path / "net.pt").sentence
    assert (doubt in sentence) if doubt else sentence.endswith("the same outputs.")
