"""Of a file that trains as well, what the network is made of; and what it asks of a machine that is not here."""

import ast
from pathlib import Path

import pytest

from cnnstudio.exchange.importing.declarations import networks_in
from cnnstudio.exchange.importing.needed_statements import needed, parsed
from cnnstudio.exchange.importing.python_file import import_file
from cnnstudio.graph import Shape

SCRIPT = """
#!/usr/bin/env python
get_ipython().run_line_magic('matplotlib', 'inline')
%load_ext autoreload
!pip install torchsummary
import sys
import matplotlib.pyplot as plt
import torch, absent
from torch import nn
from torchvision import models
sys.path.append("..")
WIDTH = 6
SIDES = []
for side in (3, 5):
    SIDES.append(side)
x = open("/nowhere/data")

class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, WIDTH, SIDES[1])
    def forward(self, x):
        return self.conv(x).mean((2, 3))

class Net(nn.Sequential):
    def __init__(self, n=4):
        super().__init__(Part(), nn.Linear(WIDTH, n))
        self.register_buffer("unused", torch.zeros(2, device="cuda"))

def train(model, data=x):
    for epoch in range(100):
        x = model(data)

model = Net().to("cuda:0")
for name, parameter in list(model.named_parameters())[:1]:
    parameter.requires_grad = False
model[1] = nn.Linear(WIDTH, 2)
if torch.rand(1) > 2:
    model.add_module("more", nn.ReLU())
model.load_state_dict(torch.load("/nowhere/best.pth"))
train(model)
plt.show(model)
while True:
    WIDTH_OF_LAST = x
"""


def chosen(name: str) -> list[str]:
    part = needed(parsed(SCRIPT.encode()), name)
    assert part is not None
    return [ast.unparse(statement).partition("\n")[0] for statement in part.body]


def test_a_class_needs_what_it_reads_and_what_changes_that() -> None:
    assert chosen("Part") == [
        "import sys",
        "from torch import nn",
        "sys.path.append('..')",
        "WIDTH = 6",
        "SIDES = []",
        "for side in (3, 5):",
        "class Part(nn.Module):",
    ]


def test_a_variable_is_what_was_done_to_it_but_not_trained() -> None:
    assert chosen("model")[-4:] == [
        "model = Net().to('cuda:0')",
        "for name, parameter in list(model.named_parameters())[:1]:",
        "model[1] = nn.Linear(WIDTH, 2)",
        "if torch.rand(1) > 2:",
    ]


def test_what_no_statement_binds_is_not_found() -> None:
    assert needed(parsed(b"exec('Net = 1')"), "Net") is None


@pytest.mark.usefixtures("processes_with_torch")
def test_a_script_that_trains_and_asks_for_a_gpu_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    assert [each.name for each in networks_in(path)] == ["model"]
    imported = import_file(path, "model", Shape(3, 8, 8))
    assert imported.parameters == 6 * 76 + 2 * 7 and not any("compared" in note for note in imported.notes)


@pytest.mark.usefixtures("processes_with_torch")
def test_weights_from_the_internet_stay_there(tmp_path: Path) -> None:
    path = tmp_path / "transfer.py"
    path.write_text(
        "from torch import nn\nfrom torchvision.models import squeezenet1_1\n"
        "net = squeezenet1_1(weights='DEFAULT')\nnet.classifier[1] = nn.Conv2d(512, 3, 1)"
    )
    imported = import_file(path, "net", Shape(3, 64, 64))
    assert imported.parameters == 722_496 + 513 * 3
    assert any("squeezenet1_1" in note and "they were not fetched" in note for note in imported.notes)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def conv3x3(i): return nn.Conv2d(i, i, 3)\ndef net(): return nn.Sequential(conv3x3(3))", ["net"]),
        (
            "class Block(nn.Module): pass\nclass Net(nn.Module):\n    def __init__(self, block): pass\n"
            "def _made(block): return Net(block)\ndef small(): return _made(Block)",
            ["small", "Net"],
        ),
        ("class Net(nn.Module): pass\nnet = Net().to(device)", ["net"]),
        (
            "from torchvision.models import resnet18\nnet = resnet18(pretrained=True)\nnet.fc = nn.Linear(512, 2)",
            ["net"],
        ),
    ],
)
def test_what_is_a_network_is_told_from_its_parts(tmp_path: Path, text: str, names: list[str]) -> None:
    path = tmp_path / "nets.py"
    path.write_text(text)
    assert [each.name for each in networks_in(path)] == names
