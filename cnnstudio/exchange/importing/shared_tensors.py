"""Shared tensors: what the original learns once and uses at several places, so that it is a node of its own here."""

from __future__ import annotations

from collections.abc import Mapping

from torch import fx, nn

from cnnstudio.exchange.importing.tracing import Trace

FUNCTIONAL = (nn.Conv1d, nn.Conv2d, nn.Linear, nn.LayerNorm, nn.GroupNorm, nn.PReLU)
"""Modules that are a function of their tensors, and nothing else."""


def shared_tensors(trace: Trace) -> Mapping[str, str]:
    """Every name of a parameter that several steps use -> its first name.

    What a module with a state of its own uses, such as running statistics, is left to that module.
    """
    names: dict[int, list[str]] = {}
    for name, tensor in trace.module.named_parameters(remove_duplicate=False):
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
            module = modules[str(node.target)]
            for key, _ in module.named_parameters():
                name = first[f"{node.target}.{key}"]
                uses.setdefault(name, set()).add(node)
                kept |= {name} if type(module) not in FUNCTIONAL or node not in moving else set()
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
