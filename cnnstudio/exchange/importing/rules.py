"""Rules: where to look up what a step is. Anything that has no rule is opaque."""

from __future__ import annotations

import operator
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import fx, nn

from cnnstudio.exchange.importing.functions import FUNCTIONS
from cnnstudio.exchange.importing.modules import module_rule
from cnnstudio.exchange.importing.recognition import Rule, Steps


def rule(steps: Steps, node: fx.Node) -> Rule | None:
    """The rule for this step, or None."""
    if node.op == "call_module":
        module = steps.module(node)
        return module_rule(module) or FUNCTIONS.get(_MODULES.get(type(module), ""))
    if node.op == "call_method":
        return FUNCTIONS.get(str(node.target).rstrip("_"))
    name = str(getattr(node.target, "__name__", "")).rstrip("_")
    if not _is_torchs(node.target):
        return None
    return FUNCTIONS.get(_OPERATORS.get(name, name))


_MODULES = {
    nn.Softmax: "softmax",
    nn.LogSoftmax: "log_softmax",
    nn.Softmin: "softmin",
}  # whose axis is counted from the end as well
_OPERATORS = {"iadd": "add", "imul": "mul", "concat": "cat", "concatenate": "cat"}


_TORCHVISIONS = {"stochastic_depth", "_patch_merging_pad"}


def _is_torchs(function: Any) -> bool:
    name = str(getattr(function, "__name__", ""))
    if name in _TORCHVISIONS:
        return str(getattr(function, "__module__", "")).startswith("torchvision.")
    return any(getattr(place, name, None) is function for place in (torch, F, operator))
