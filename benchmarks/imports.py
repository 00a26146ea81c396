"""Every classification model of torchvision, imported, and drawn by us: blocks, opaque leaves, and how far the outputs
of both are from the original's with the same random weights.

Promise: equal parameters, a difference of at most 1e-5 of the greatest output, and no opaque leaf. Names on the command
line compare those models alone; the largest take 8 GB of memory.
"""

from __future__ import annotations

import gc
import sys
import time

import torch
from torch import nn

from cnnstudio.blocks import Group
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.exchange.importing.catalogue import MODELS
from cnnstudio.exchange.importing.network import import_module, import_torchvision
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.graph import Graph, Shape
from cnnstudio.training.build import build
from cnnstudio.training.pretrained.weight_mapping import Part, translated
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo import NETWORKS

SMALLEST = {"inception_v3": 96}
WHOLE = ("vit", "maxvit")  # whose weights, or windows, belong to a size


def main() -> int:
    """Print a line a model; 1 where a promise is broken."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    broken = 0
    print(
        f"{'model':<20}{'nodes':>6}{'blocks':>7}{'opaque':>7}{'parameters':>13}{'seconds':>9}{'imported':>10}{'ours':>10}"
    )
    for name in sys.argv[1:] or MODELS:
        began = time.perf_counter()
        imported = import_torchvision(name)
        seconds = time.perf_counter() - began
        count = sum(p.numel() for p in plain(name, "meta").parameters())
        gaps = compared(name)
        numbers = f"{len(imported.graph):>6}{blocks(imported.graph):>7}{len(imported.opaque):>7}{count:>13,}"
        print(f"{name:<20}{numbers}{seconds:>9.2f}{gaps[0]:>10.1e}{gaps[1]:>10.1e}", flush=True)
        equal = imported.parameters == drawn(name, MODELS[name].side) == count
        broken += not equal or bool(imported.opaque) or not max(gaps) <= 1e-5
    print(f"{broken} of the promises are broken." if broken else "All promises are kept.")
    return 1 if broken else 0


def compared(name: str) -> tuple[float, float]:
    """The differences on one image, small where the architecture allows: of what is imported, and of what we draw."""
    side = MODELS[name].side if name.startswith(WHOLE) else SMALLEST.get(name, 64)
    module, images = plain(name, "cpu"), torch.randn(1, 3, side, side)
    stir(module)
    gap = difference(module, import_module(module, Shape(3, side, side), name), images)
    gc.collect()
    ours = build(source(NETWORKS[name].make(1000, (3, side, side))).text).eval()
    ours.load_state_dict(translated(Part("", ours, name), module.state_dict()), strict=False)
    with torch.no_grad():
        wanted, found = module(images), ours(images)
    del module, ours
    gc.collect()
    scale = float(wanted.abs().max())
    return gap * max(1.0, scale) / scale, float((wanted - found).abs().max()) / scale


def drawn(name: str, side: int) -> int:
    """How many parameters the network that we draw has."""
    totals = infer(NETWORKS[name].make(1000, (3, side, side))).totals
    return totals.parameters if totals is not None else 0


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
            if weight.dim() == 1 or not weight.any() or "layer_scale" in key or "bias_table" in key:
                weight.add_(torch.randn_like(weight) * 0.1)


def blocks(graph: Graph) -> int:
    """How many blocks there are, counted inside groups."""
    return sum(blocks(node.block.body) if isinstance(node.block, Group) else 1 for node in graph)


if __name__ == "__main__":
    sys.exit(main())
