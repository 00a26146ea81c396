"""Every classification model of torchvision, imported: blocks, opaque leaves, and how far its outputs are from the
original's with the same random weights.

Promise: equal parameters, a difference of at most 1e-5 of the greatest output, and no opaque leaf.
"""

from __future__ import annotations

import gc
import sys
import time

import torch
from torch import nn

from cnnstudio.blocks import Group
from cnnstudio.exchange.importing.catalogue import MODELS
from cnnstudio.exchange.importing.network import import_module, import_torchvision
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.graph import Graph, Shape
from cnnstudio.training.torchvision_compat import torchvision

SMALLEST = {"inception_v3": 96}
WHOLE = ("vit", "maxvit", "swin")  # whose weights, or windows, belong to a size
LARGEST = 700_000_000


def main() -> int:
    """Print a line a model; 1 where a promise is broken."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    broken = 0
    print(f"{'model':<20}{'nodes':>6}{'blocks':>7}{'opaque':>7}{'parameters':>13}{'seconds':>9}{'difference':>12}")
    for name in sys.argv[1:] or MODELS:
        began = time.perf_counter()
        imported = import_torchvision(name)
        seconds = time.perf_counter() - began
        count = sum(p.numel() for p in plain(name, "meta").parameters())
        gap = compared(name) if count <= LARGEST else None
        numbers = f"{len(imported.graph):>6}{blocks(imported.graph):>7}{len(imported.opaque):>7}{count:>13,}"
        print(f"{name:<20}{numbers}{seconds:>9.2f}{'not run' if gap is None else f'{gap:.1e}':>12}", flush=True)
        broken += imported.parameters != count or bool(imported.opaque) or (gap is not None and gap > 1e-5)
    print(f"{broken} of the promises are broken." if broken else "All promises are kept.")
    return 1 if broken else 0


def compared(name: str) -> float:
    """The difference on one image, small where the architecture allows."""
    side = MODELS[name].side if name.startswith(WHOLE) else SMALLEST.get(name, 64)
    module = plain(name, "cpu")
    stir(module)
    gap = difference(module, import_module(module, Shape(3, side, side), name), torch.randn(1, 3, side, side))
    del module
    gc.collect()
    return gap


def plain(name: str, device: str) -> nn.Module:
    """The model as torchvision makes it, without the heads that only train."""
    arguments = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    with torch.device("cpu" if name.startswith("regnet") else device):
        module: nn.Module = getattr(torchvision().models, name)(**arguments)
    return module.eval()


def stir(module: nn.Module) -> None:
    """Statistics and scales that tell one channel from another, as after training."""
    with torch.no_grad():
        for each in module.modules():
            if isinstance(each, nn.BatchNorm2d) and each.running_mean is not None and each.running_var is not None:
                each.running_mean.normal_(std=0.1)
                each.running_var.uniform_(0.5, 1.5)
        for key, weight in module.named_parameters():
            if weight.dim() == 1 or "layer_scale" in key or "token" in key or "bias_table" in key:
                weight.add_(torch.randn_like(weight) * 0.1)


def blocks(graph: Graph) -> int:
    """How many blocks there are, counted inside groups."""
    return sum(blocks(node.block.body) if isinstance(node.block, Group) else 1 for node in graph)


if __name__ == "__main__":
    sys.exit(main())
