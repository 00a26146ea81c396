"""Tracing: sizes are numbers, Python is Python, and what cannot be followed is said with its line."""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from cnnstudio.blocks import Dropout, StochasticDepth
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.exchange.importing.tracing import Trace, trace, unwrapped
from cnnstudio.graph import Shape

MAP = Shape(6, 8, 8)


class Step(nn.Module):
    """One function as a network, with whatever modules it uses."""

    def __init__(self, function: Callable[..., Any], **parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Any:
        return self.function(self, x)


def traced(function: Callable[..., Any], **parts: nn.Module) -> Trace:
    return trace(Step(function, **parts), MAP)


def steps(found: Trace) -> list[str]:
    """What each step calls."""
    return [str(getattr(node.target, "__name__", node.target)) for node in found.graph.nodes][1:-1]


def imported(function: Callable[..., Any], **parts: nn.Module) -> Imported:
    module = Step(function, **parts).eval()
    made = import_module(module, MAP, "Step")
    assert made.opaque == () and difference(module, made, torch.randn(2, *MAP)) <= 1e-6
    return made


def by_size(m: Step, x: Tensor) -> Tensor:
    assert x.size(2) == x.shape[-1] and x.ndim == 4 and len(x.size()) == x.dim() and x.numel() > 6
    half = int(x.size(1) * 0.5)
    for _ in range(x.shape[2] // 4):
        x = m.conv(x) if x.shape[2] > half else x
    return x.mean((2, 3)).view(len(x), -1)


def padded(m: Step, x: Tensor) -> Tensor:
    height, width = x.shape[-2:]
    wanted = max((-(-height // 3) - 1) * 3 + 3 - height, 0)
    return F.pad(x, [wanted // 2, wanted - wanted // 2, 0, np.int64(width % 3)])


def unpacked(m: Step, x: Tensor) -> Tensor:
    batch, channels, *_ = x.shape
    first, second = x.split([channels // 2] * 2, dim=1)
    pieces = {"pieces": [first, *second.chunk(3, 1)], "batch": batch}
    return torch.cat(pieces["pieces"], 1)


def wrapped(m: Step, x: Tensor) -> Any:
    with torch.no_grad(), torch.autocast(x.device.type, enabled=False):
        x = x if torch.jit.is_scripting() or x.is_meta else checkpoint(m.conv, x, use_reentrant=False)
    return x.to(x.device).contiguous()


def with_new_modules(m: Step, x: Tensor) -> Tensor:
    return nn.AvgPool2d(x.shape[-1] // 2)(nn.ReLU()(m.conv(x))).flatten(1)


FOLLOWED = [by_size, padded, unpacked, wrapped, with_new_modules]


@pytest.mark.parametrize("function", FOLLOWED, ids=lambda function: function.__name__)
def test_python_is_followed_where_it_asks_for_sizes(function: Callable[..., Any]) -> None:
    imported(function, conv=nn.Conv2d(6, 6, 3, padding=1))


def test_how_often_a_loop_runs_follows_the_size() -> None:
    made = imported(by_size, conv=nn.Conv2d(6, 6, 3, padding=1))
    totals = infer(made.graph).totals
    assert totals is not None and totals.macs == 2 * 64 * 6 * 6 * 9


def test_no_step_is_made_for_what_computes_no_tensor() -> None:
    assert steps(traced(by_size, conv=nn.Identity())) == ["conv", "conv", "mean", "view"]
    assert steps(traced(lambda m, x: x.to("cuda").cuda().cpu().to(x.device).relu())) == ["relu"]


def test_reversed_arithmetic_is_written_in_its_order() -> None:
    found = traced(lambda m, x: 2 / (1 - x))
    assert steps(found) == ["sub", "truediv"]
    assert [node.args[0] for node in found.graph.nodes if node.op == "call_function"] == [1, 2]


def test_what_no_image_and_no_weight_decides_is_a_constant_with_its_numbers() -> None:
    def function(m: Step, x: Tensor) -> Tensor:
        grid = torch.arange(x.shape[2], device=x.device).float() / 8
        if grid.sum() > 1 and grid[-1].item() < 1:
            grid = grid.view(1, 1, -1, 1)
        return x * grid + torch.sqrt(torch.tensor(16.0)) * x

    found = traced(function)
    assert steps(found) == ["_constant0", "mul", "mul", "add"]
    assert torch.equal(found.constants["_constant0"].flatten(), torch.arange(8) / 8)
    assert [4.0 in node.args for node in found.graph.nodes] == [False, False, False, True, False, False]


def test_what_is_passed_on_unchanged_is_a_value_of_its_own() -> None:
    made = imported(lambda m, x: x + m.drop(x), drop=nn.Dropout(0.5))
    assert [type(node.block) for node in made.graph][1:] == [Dropout, type(made.graph["add"].block)]
    assert made.graph["add"].inputs == ("input", "drop")


class DropPath(nn.Module):
    def __init__(self, drop_prob: float) -> None:
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x: Tensor) -> Tensor:
        return x if not self.training else x * (torch.rand(len(x), 1, 1, 1) > self.drop_prob)


def test_a_branch_left_out_while_training_is_not_lost() -> None:
    made = imported(lambda m, x: x + m.path(x), path=DropPath(0.1))
    assert StochasticDepth(0.1) in [node.block for node in made.graph]


def test_a_hooked_layer_is_followed_with_its_hook() -> None:
    conv = nn.Conv2d(6, 6, 1)
    conv.register_forward_hook(lambda module, args, result: result * 2)
    assert steps(traced(lambda m, x: m.conv(x), conv=conv)) == ["conv.weight", "conv.bias", "conv2d", "mul"]


class Standard(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).relu_()


def test_a_module_is_called_as_a_whole_only_where_it_is_torchs_own() -> None:
    assert steps(traced(lambda m, x: m.a(m.b(x)), a=Standard(6, 6, 1), b=nn.Conv2d(6, 6, 1))) == [
        "b", "a.weight", "a.bias", "conv2d", "relu_",
    ]  # fmt: skip


def test_lazy_layers_see_one_image_first() -> None:
    net = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5))
    made = import_module(net, MAP, "Lazy")
    assert made.parameters == 4 * 6 * 9 + 4 + 5 * 4 * 36 + 5
    assert difference(net, made, torch.randn(2, *MAP)) <= 1e-6


def test_a_forward_may_have_defaults_and_take_rows() -> None:
    class Net(nn.Module):
        def forward(
            self, x: Tensor, mask: Tensor | None = None, *rest: Tensor, deep: bool = False, **told: int
        ) -> Tensor:
            return x.relu() if mask is None and not rest and not deep and not told else x

    assert steps(trace(Net(), MAP)) == ["relu"]


@dataclass
class Answer:
    aux: Tensor
    hidden: Tensor


SEVERAL: list[tuple[Callable[..., Any], str]] = [
    (lambda m, x: (x.relu(), x), "Its forward gives 2 tensors; the first is what the network ends in here."),
    (lambda m, x: [(x.relu(),), {"a": x, "b": x}], "Its forward gives 3 tensors; the first is"),
    (lambda m, x: OrderedDict(aux=x, out=x.relu()), "Its forward gives 2 tensors; 'out' is"),
    (lambda m, x: Answer(x.relu(), x), "Its forward gives 2 tensors; 'aux' is"),
    (lambda m, x: {"out": x.relu(), "n": 3}, ""),
]


@pytest.mark.parametrize("case", SEVERAL, ids=range(len(SEVERAL)))
def test_of_several_results_one_is_taken_and_that_is_said(case: tuple[Callable[..., Any], str]) -> None:
    function, sentence = case
    made = imported(function)
    assert [node.name for node in made.graph] == ["input", "relu"]
    assert (made.notes[0] if made.notes else "").startswith(sentence)


def test_one_number_a_sample_is_a_row_of_one() -> None:
    made = imported(lambda m, x: m.fc(x.flatten(1)).squeeze(1).sigmoid(), fc=nn.Linear(384, 1))
    assert made.graph.outputs[0].name == "sigmoid"


def test_words_of_python_may_be_names() -> None:
    made = imported(lambda m, x: getattr(m, "class")(x), **{"class": nn.Conv2d(6, 2, 1)})
    assert len(made.graph) == 2


def in_a_list(m: Step, x: Tensor) -> Tensor:
    layers = SimpleNamespace(made=nn.Conv2d(6, 6, 1))
    return layers.made(x)


def test_what_was_worked_out_for_a_size_is_said() -> None:
    (note,) = imported(lambda m, x: F.avg_pool2d(x, x.shape[2] // 2)).notes
    assert re.fullmatch(r"test_tracing.py:\d+: worked out for images of 6 × 8 × 8; it stays so, .*", note)
    assert imported(lambda m, x: x.view(len(x), -1)).notes == ()
    *_, note = imported(by_size, conv=nn.Conv2d(6, 6, 3, padding=1)).notes
    assert "worked out for images of 6 × 8 × 8" in note


def test_what_spreads_or_compiles_a_network_is_taken_off() -> None:
    net = nn.Conv2d(6, 2, 1)
    compiled = nn.Module()
    compiled._orig_mod = net
    assert unwrapped(nn.DataParallel(compiled)) is net and unwrapped(net) is net


REFUSED: list[tuple[Callable[..., Any], str]] = [
    (lambda m, x: x if x.mean() > 0 else -x, r"test_tracing.py:\d+ decides by the numbers that flow"),
    (lambda m, x: x * float(x.max()), r"test_tracing.py:\d+ decides by the numbers that flow"),
    (lambda m, x: torch.stack([x[i] for i in range(len(x))]), r"test_tracing.py:\d+ goes through the samples"),
    (lambda m, x: x[x > 0], r"test_tracing.py:\d+ decides by the numbers that flow"),
    (lambda m, x: x.detach().numpy(), r"test_tracing.py:\d+ decides by the numbers that flow"),
    (lambda m, x: x + torch.randn(6, 8, 8), r"test_tracing.py:\d+ draws random numbers when it predicts"),
    (in_a_list, r"test_tracing.py:\d+ uses weights that are no part of the network"),
    (
        lambda m, x: m.fc(x.flatten(1)),
        r"does not take images of 6 × 8 × 8: fc \(Linear\) takes 7 numbers, and 384 numbers reach it at test_",
    ),
    (
        lambda m, x: x.reshape(-1, 7, 9),
        r"does not take images of 6 × 8 × 8: reshape to .* does not fit the 384 numbers of one image at .*.py:\d+\.$",
    ),
    (lambda m, x: x.realu(), r"Its forward cannot be run: test_tracing.py:\d+ raises AttributeError"),
    (lambda m, x: torch.zeros(3), "gives what does not depend on the image"),
    (lambda m, x: "words", "Its forward gives no tensor"),
    (lambda m, x: torch.stack([each.relu() for each in x]), "goes through the samples of a batch"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[1][-20:])
def test_what_cannot_be_followed_is_one_sentence_with_its_line(case: tuple[Callable[..., Any], str]) -> None:
    function, sentence = case
    with pytest.raises(ImportRefused, match=sentence):
        import_module(Step(function, fc=nn.Linear(7, 2)), MAP)


def test_who_asks_for_a_trace_is_no_line_of_the_network() -> None:
    found = trace(nn.Sequential(nn.Conv2d(6, 2, 1), nn.Flatten()), MAP)
    assert {node.meta.get("line", "") for node in found.graph.nodes} == {""}


def test_the_module_itself_is_left_as_it_is() -> None:
    cache: dict[str, Tensor] = {}

    def function(m: Step, x: Tensor) -> Tensor:
        m.seen = m.cache.setdefault("weight", m.conv.weight * 2)
        return F.conv2d(x, m.seen)

    module = Step(function, conv=nn.Conv2d(6, 6, 1))
    module.cache = cache
    trace(module, MAP)
    assert cache == {} and "seen" not in vars(module) and not module.conv._forward_hooks
    assert not module.conv.weight.is_meta


class Odd(nn.Module):
    """Modules and sums that are as usual, and such as are not."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.act, self.drop = nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.Dropout(0.5)
        self.rows = nn.BatchNorm1d(6)

    def forward(self, x: Tensor) -> Tensor:
        y = self.drop(self.norm(x)) + x
        y += x
        y = y * x.mean((2, 3), keepdim=True) - 2
        return self.rows(self.act(y).flatten(2)).double() / 3


def test_shapes_that_are_known_at_once_are_those_that_torch_works_out() -> None:
    module = Odd().eval()
    found = trace(module, MAP)
    with torch.no_grad():
        *_, last = [value for value in found.values.values() if isinstance(value, Tensor)]
        wanted = module(torch.randn(2, *MAP))
    assert last.shape[1:] == wanted.shape[1:] and last.dtype == wanted.dtype
    assert steps(found) == [
        "norm",
        "drop",
        "add",
        "add_",
        "mean",
        "mul",
        "sub",
        "act",
        "flatten",
        "rows",
        "double",
        "div",
    ]


def test_a_norm_of_other_channels_is_still_refused() -> None:
    with pytest.raises(ImportRefused, match="It does not take images of 6 × 8 × 8"):
        import_module(Step(lambda m, x: m.norm(x), norm=nn.BatchNorm2d(7)), MAP)
