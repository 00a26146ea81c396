"""Every block through PyTorch's ONNX exporter and onnxruntime: what goes, what is refused, and what computes otherwise.

Promises: whatever ``onnx_limits`` lets pass goes, for batches of 1, 2 and 7, and what it refuses does not. Each block
of the registry is tried as it is declared and with ``--draws N`` sets of parameters by chance (2). Names on the command
line try those alone. Prints a line for each that does not hold, and ends with 1 where there is one.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cnnstudio.blocks import Flatten, Input, Tokens
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.exportable import ExportError
from cnnstudio.exchange.exporting.onnx_file import session
from cnnstudio.exchange.exporting.onnx_limits import limit
from cnnstudio.exchange.exporting.onnx_process import told, translated
from cnnstudio.graph import BLOCKS, Block, Graph, ParameterError, ShapeError, Sketch
from cnnstudio.training.build import build
from tests.blocks.test_oracle import drawn_block

TOLERANCE = 1e-4  # of the largest output
INPUTS = (((8, 16, 16), ()), ((8, 16, 16), (Flatten(),)), ((8, 16, 16), (Tokens(),)), ((3, 32, 32), ()))


def alone(block: Block) -> Graph | None:
    """A network of this block behind an input that it takes; None where none of ours suits it."""
    for size, before in INPUTS:
        draw = Sketch()
        x = draw.chain(draw(Input(size)), *before)
        draw(block, *[x] * max(1, block.arity.least))
        graph = draw.graph()
        if infer(graph).acting.totals is not None:
            return graph
    return None


def tried(graph: Graph) -> str:
    """What is wrong with the network as ONNX; empty where nothing is."""
    text = source(graph)
    module = build(text.text, text.class_name, 0).eval()
    sizes = [tuple(node.block.shape()) for node in graph.inputs]
    try:
        model, is_fixed = translated(module, tuple(sizes), optimize=True)
    except Exception as error:
        return f"not translated: {told(error)}"
    try:
        computed = session(model.SerializeToString())
        for samples in (1,) if is_fixed else (1, 2, 7):
            batch = [torch.randn(samples, *size, generator=torch.Generator().manual_seed(samples)) for size in sizes]
            with torch.no_grad():
                wanted, found = module(*batch).numpy(), computed(*batch).numpy()
            if wanted.shape != found.shape:
                return f"another size: {found.shape} for {wanted.shape}"
            most = TOLERANCE * max(1.0, float(np.abs(np.nan_to_num(wanted)).max(initial=0)))
            if not np.allclose(found, wanted, rtol=0, atol=most, equal_nan=True):
                return f"other numbers: {np.nanmax(np.abs(found - wanted)):.1e} off"
    except ExportError as error:
        return f"refused: {error}"
    return "one sample at a time" if is_fixed else ""


def variants(cls: type[Block], draws: int) -> Iterator[Block]:
    """The block as declared, and by chance."""
    luck = random.Random(cls.__name__)
    yield cls()
    for _ in range(draws):
        try:
            yield drawn_block(cls, luck)
        except (ParameterError, ShapeError):
            continue


def main() -> int:
    """Try them; 1 where the list of limits is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="BLOCK")
    parser.add_argument("--draws", type=int, default=2)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    said: Counter[str] = Counter()
    wrong = 0
    begun = time.monotonic()
    for name, cls in BLOCKS.items():
        if (given.names and name not in given.names) or issubclass(cls, Input):
            continue
        for block in dict.fromkeys(variants(cls, given.draws)):
            graph = alone(block)
            if graph is None:
                continue
            reason, fault = limit(infer(graph), "onnx"), tried(graph)
            goes = not fault or fault == "one sample at a time"
            said["refused and does not go" if reason and not goes else "goes" if goes and not reason else "wrong"] += 1
            if fault == "one sample at a time":
                said[fault] += 1
            if goes == bool(reason):
                wrong += 1
                what = "is refused, and goes" if reason else f"is not refused: {fault}"
                print(f"{block!r} {what}", flush=True)
    print(f"{', '.join(f'{count} {what}' for what, count in said.items())}; {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
