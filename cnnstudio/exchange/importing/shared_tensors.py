"""Shared tensors: what the original learns once and uses at several places, so that it is a node of its own here."""

from __future__ import annotations

from collections.abc import Mapping

from torch import fx, nn

from cnnstudio.exchange.importing.tracing import Trace

FUNCTIONAL = (
    nn.Conv1d, nn.Conv2d, nn.Linear, nn.LayerNorm, nn.GroupNorm, nn.PReLU, nn.GRUCell, nn.LSTMCell, nn.RNNCell,
)  # fmt: skip
"""Modules that are a function of their tensors, and nothing else."""

STATISTICS = ("running_mean", "running_var")


def tensors_of(module: nn.Module) -> list[str]:
    """The names of the tensors that a module is a function of: what it learns, and the statistics that it keeps."""
    learned = [name for name, _ in module.named_parameters()]
    is_norm = isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) and module.track_running_stats
    return [*learned, *STATISTICS] if is_norm else learned


def is_functional(module: nn.Module) -> bool:
    """Whether a function of PyTorch does what this module does, when it is given its tensors."""
    match module:
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            return type(module) in (nn.BatchNorm1d, nn.BatchNorm2d) and None not in (
                module.momentum,
                module.running_mean,
            )
        case nn.MultiheadAttention():
            is_plain = module._qkv_same_embed_dim and module.bias_k is None and not module.add_zero_attn
            return type(module) is nn.MultiheadAttention and is_plain
        case nn.Embedding():
            return module.max_norm is None
    return type(module) in FUNCTIONAL


def shared_tensors(trace: Trace) -> Mapping[str, str]:
    """Every name of a tensor that several steps use, a parameter or a statistic -> its first name.

    What a module uses that is no function of its tensors is left to that module.
    """
    names: dict[int, list[str]] = {}
    module = trace.module
    buffers = [each for each in module.named_buffers(remove_duplicate=False) if each[0].endswith(STATISTICS)]
    for name, tensor in [*module.named_parameters(remove_duplicate=False), *buffers]:
        names.setdefault(id(tensor), []).append(name)
    modules = dict(trace.module.named_modules(remove_duplicate=False))
    first = {name: every[0] for every in names.values() for name in every}
    uses: dict[str, set[fx.Node]] = {}
    kept: set[str] = set()
    moving = _of_images(trace.graph)
    for node in trace.graph.nodes:
        if node.op == "get_attr" and str(node.target) in first:
            uses.setdefault(first[str(node.target)], set()).update(_readers(node, moving))
        elif node.op == "call_module":
            called = modules[str(node.target)]
            for key in tensors_of(called):
                name = first[f"{node.target}.{key}"]
                uses.setdefault(name, set()).add(node)
                kept |= {name} if not is_functional(called) or node not in moving else set()
    shared = {name for name, steps in uses.items() if len(steps) > 1 and name not in kept}
    return {name: known for name, known in first.items() if known in shared}


def _of_images(graph: fx.Graph) -> set[fx.Node]:
    """The steps that depend on the images."""
    found: set[fx.Node] = set()
    for node in graph.nodes:
        if node.op == "placeholder" or not found.isdisjoint(node.all_input_nodes):
            found.add(node)
    return found


def _readers(node: fx.Node, moving: set[fx.Node]) -> set[fx.Node]:
    """The steps that depend on the images and read this tensor, or what is made of it alone."""
    found: set[fx.Node] = set()
    waiting, known = list(node.users), set()
    while waiting:
        each = waiting.pop()
        if each in moving:
            found.add(each)
        elif each not in known:
            known.add(each)
            waiting += each.users
    return found
