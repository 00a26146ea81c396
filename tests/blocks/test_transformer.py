"""What the help of self-attention says of PyTorch's own counter."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.blocks import SelfAttention
from cnnstudio.graph import Shape


def counted(module: nn.MultiheadAttention, x: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        module(x, x, x, need_weights=False)
    return counter.get_total_flops() // 2


def test_pytorchs_counter_shows_attention_under_the_conditions_that_the_help_names() -> None:
    macs = SelfAttention(4).macs(Shape(9, 16))
    module, x = nn.MultiheadAttention(16, 4, batch_first=True).eval(), torch.randn(1, 9, 16)
    with sdpa_kernel(SDPBackend.MATH):
        assert counted(module, x) == macs
    with torch.no_grad():
        assert counted(module, x) == 0
    assert counted(module, x) < macs  # the kernel for CPUs is not counted
    words = " ".join(SelfAttention.help().split())
    assert "sdpa_kernel(SDPBackend.MATH) and gradients" in words and "leaves attention out" in words
