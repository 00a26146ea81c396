"""Norm functions: normalisation that is written with torch's functions and given its tensors."""

from __future__ import annotations

from torch import fx

from cnnstudio.blocks import BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm2d
from cnnstudio.exchange.importing.modules import layer_norm_of
from cnnstudio.exchange.importing.recognition import Steps, Unknown, Value, Weight


def given_weights(steps: Steps, node: fx.Node, first: int, names: tuple[str, ...] = ("weight", "bias")) -> list[Weight]:
    """The learned tensors that a function is given from its argument ``first`` on; those that are None are left out."""
    found = []
    for index, name in enumerate(names, first):
        given = node.kwargs.get(name, node.args[index] if index < len(node.args) else None)
        if given is not None:
            found.append(Weight(name, steps.weight(given)))
    return found


def batch_norm(steps: Steps, node: fx.Node) -> Value:
    """``F.batch_norm`` with running statistics."""
    if steps.argument(node, 5, "training", False):
        raise Unknown
    statistics = [Weight(name, steps.held(_given(node, index, name))) for index, name in enumerate(_STATISTICS, 1)]
    learned = given_weights(steps, node, 3)
    prefix, _, _ = statistics[0].original.rpartition("running_mean")
    if (counter := f"{prefix}num_batches_tracked") in steps.state_names:
        statistics.append(Weight("num_batches_tracked", counter))
    momentum = steps.argument(node, 6, "momentum", 0.1) or 0.1  # 0 is what a subclass tells it in evaluation
    eps = steps.argument(node, 7, "eps", 1e-5)
    kind = BatchNorm1d if steps.seen(node).dim() == 2 else BatchNorm2d
    return steps.on_map(node, kind(eps, momentum, _affine(learned)), weights=[*learned, *statistics])


def group_norm(steps: Steps, node: fx.Node) -> Value:
    """``F.group_norm``."""
    learned = given_weights(steps, node, 2)
    block = GroupNorm(steps.argument(node, 1, "num_groups"), steps.argument(node, 4, "eps", 1e-5), _affine(learned))
    return steps.on_map(node, block, weights=learned)


def instance_norm(steps: Steps, node: fx.Node) -> Value:
    """``F.instance_norm`` with the statistics of each sample."""
    if not steps.argument(node, 5, "use_input_stats", True) or steps.argument(node, 1, "running_mean") is not None:
        raise Unknown
    learned = given_weights(steps, node, 3)
    block = InstanceNorm2d(steps.argument(node, 7, "eps", 1e-5), affine=_affine(learned))
    return steps.on_map(node, block, weights=learned)


def layer_norm(steps: Steps, node: fx.Node) -> Value:
    """``F.layer_norm``."""
    sizes = tuple(steps.argument(node, 1, "normalized_shape"))
    return layer_norm_of(steps, node, sizes, steps.argument(node, 4, "eps", 1e-5), given_weights(steps, node, 2))


_STATISTICS = ("running_mean", "running_var")


def _given(node: fx.Node, index: int, name: str) -> object:
    return node.kwargs.get(name, node.args[index] if index < len(node.args) else None)


def _affine(learned: list[Weight]) -> bool:
    """Whether both are learned. Raises ``Unknown`` where one of them is."""
    if len(learned) == 1:
        raise Unknown
    return bool(learned)
