"""Comparing is fair: the same images for both, such as the original takes, and a true sentence where it cannot be."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import Input, Opaque
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import import_module
from cnnstudio.exchange.importing.referee import compared
from cnnstudio.exchange.importing.subprocess_import import _sizes
from cnnstudio.graph import Graph, Node, Shape

SIZE = Shape(1, 6, 6)


class Net(nn.Module):
    def __init__(self, function: Callable[..., Tensor] = lambda x: x) -> None:
        super().__init__()
        self.function, self.conv = function, nn.Conv2d(1, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.function(x)).mean((2, 3))


def said(net: nn.Module) -> tuple[str, ...]:
    return compared(net, import_module(net, SIZE, "Net"), SIZE)


EQUAL: list[Callable[..., Tensor]] = [
    lambda x: x,
    lambda x: x.sub_(0.5).div_(0.5),
    torch.sqrt,
    lambda x: (x - 0.4).log(),
]


@pytest.mark.parametrize("function", EQUAL, ids=range(len(EQUAL)))
def test_images_are_of_a_range_that_the_original_takes_and_are_its_own(function: Callable[..., Tensor]) -> None:
    assert said(Net(function)) == ()


def test_a_difference_is_refused_with_its_size() -> None:
    net = Net()
    imported = import_module(net, SIZE, "Net")
    other = Net(lambda x: x * 2)
    other.load_state_dict(net.state_dict())
    with pytest.raises(ImportRefused, match="Net was not imported: what was made of it gives other results, by"):
        compared(other, imported, SIZE)


def test_numbers_that_are_none_are_blamed_on_the_weights_or_the_outputs() -> None:
    net = Net()
    with torch.no_grad():
        net.conv.bias[0] = torch.nan
    assert said(net) == ("conv.bias: not a number in the original, so its outputs could not be compared.",)
    limited = Net()
    limited.register_buffer("most", torch.tensor(torch.inf))
    assert said(limited) == (), "a limit at infinity is none that the outputs know"
    assert said(Net(lambda x: (-x.abs() - 1).sqrt())) == (
        "The original gives what is not a number (NaN), so its outputs could not be compared.",
    )


def test_that_it_cannot_be_built_is_said_only_where_that_is_why() -> None:
    net = Net()
    imported = import_module(net, SIZE, "Net")
    unknown = Opaque("nn.Bilinear", "")
    broken = replace(imported, graph=Graph.of([Node("input1", Input((1, 6, 6))), Node("step", unknown, ("input1",))]))
    assert compared(net, broken, SIZE) == ("It could not be compared with the original, since it cannot be built yet.",)

    class Failing(Net):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError("no GPU")

    (sentence,) = compared(Failing(), imported, SIZE)
    assert sentence.startswith("The original could not be run, so the outputs could not be compared: no GPU at test_")


def test_what_says_something_else_each_time_is_not_called_different() -> None:
    class Counting(Net):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return super().forward(x) * self.calls

    assert said(Counting()) == ("The original says something else each time, so its outputs could not be compared.",)


def test_sizes_are_tried_for_lazy_layers_too() -> None:
    assert next(_sizes(nn.Sequential(nn.LazyConv2d(4, 3)))) == Shape(1, 28, 28)
