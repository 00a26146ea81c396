"""torchvision opens beside any build of torch, and the data sets that it reads are there."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import torch
from cnnstudio.training.torchvision_compat import torchvision
module = torchvision()
assert torchvision() is module
assert module.models.resnet18().fc.out_features == 1000
assert module.datasets.MNIST and module.datasets.CIFAR10 and module.datasets.FashionMNIST
from torchvision.transforms import v2
assert v2.Resize((4, 4))(torch.zeros(3, 8, 8)).shape == (3, 4, 4)
print("opened")
"""

WITHOUT_EXTENSION = "from cnnstudio.training import torchvision_compat as c; c._extension_loads = lambda: False\n"


def test_opens_in_a_fresh_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM], check=False, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.strip()) == (0, "opened"), done.stderr


def test_a_missing_operator_is_declared_but_cannot_be_called() -> None:
    ending = """
try:
    module.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
except (NotImplementedError, RuntimeError):
    print("refused")
"""
    import torch

    from cnnstudio.training.torchvision_compat import _extension_loads

    if _extension_loads():  # here the real operators are there, and there is nothing to declare
        assert torch.ops.torchvision.nms is not None
        return
    program = WITHOUT_EXTENSION + PROGRAM + ending
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.split()) == (0, ["opened", "refused"]), done.stderr
