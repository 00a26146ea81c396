"""Weights that hooks and parametrizations compute, tensors with two names, and attributes that are words of Python."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from cnnstudio.exchange.importing.network import import_module
from cnnstudio.exchange.importing.plain_weights import with_plain_weights
from cnnstudio.exchange.importing.python_file import import_file
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.graph import Shape

SIZE = Shape(1, 8, 8)
HEAD = """
from collections import OrderedDict
from torch import nn
from torch.nn.utils import parametrizations, prune
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8, 10)
        {line}
    def forward(self, x):
        return self.fc(self.conv(x).relu().mean((2, 3)))
"""
WAYS = {
    "nn.utils.weight_norm(self.conv)": "WeightNorm",
    "parametrizations.weight_norm(self.conv)": "WeightNorm",
    "nn.utils.spectral_norm(self.conv)": "SpectralNorm",
    "parametrizations.spectral_norm(self.conv)": "SpectralNorm",
    "parametrizations.orthogonal(self.fc)": "Orthogonal",
    "prune.l1_unstructured(self.conv, 'weight', 0.5)": "pruning",
}


@pytest.mark.usefixtures("processes_with_torch")
@pytest.mark.parametrize("line", WAYS)
def test_computed_weights_are_imported_and_it_is_said(line: str, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(HEAD.format(line=line), encoding="utf-8")
    imported = import_file(path, "Net", SIZE)
    place = "fc" if "self.fc" in line else "conv"
    (note,) = imported.notes
    assert note.startswith(f"{place}: the original computes these weights by {WAYS[line]} at each step;")
    assert imported.parameters == 170 and not imported.opaque


def test_the_weights_are_those_that_came_out() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 4, 3)), nn.Flatten(), nn.Linear(144, 2))
    x = torch.randn(2, *SIZE)
    with torch.no_grad():
        wanted = net.eval()(x)
        assert len(with_plain_weights(net)) == 1
        torch.testing.assert_close(net(x), wanted)
    assert difference(net, import_module(net, SIZE), x) < 1e-5


def test_other_hooks_are_steps() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten()).eval()
    net[0].register_forward_hook(lambda module, inputs, output: output * 2)
    assert with_plain_weights(net) == []
    assert difference(net, import_module(net, SIZE), torch.randn(2, *SIZE)) <= 1e-6


def test_a_tensor_with_two_names_stays_one_though_what_goes_with_it_is_not() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Flatten())
    assert import_module(net, SIZE).parameters == 336
    net[3].weight = net[1].weight
    imported = import_module(net.eval(), SIZE)
    assert imported.parameters == sum(each.numel() for each in net.parameters()) == 192
    assert difference(net, imported, torch.randn(2, *SIZE)) <= 1e-6


@pytest.mark.parametrize("word", ["class", "def", "lambda", "None"])
def test_an_attribute_may_be_a_word_of_python(word: str) -> None:
    net = nn.Sequential()
    for name, part in (("conv", nn.Conv2d(1, 4, 3)), ("flat", nn.Flatten()), (word, nn.Linear(144, 2))):
        net.add_module(name, part)
    net.eval()
    imported = import_module(net, SIZE)
    assert imported.parameters == sum(p.numel() for p in net.parameters())
    assert difference(net, imported, torch.randn(2, *SIZE)) < 1e-5
