#!/usr/bin/env bash
# torch's own counter of operations says 0 for an LSTM on a CPU, and the right number for a GRU and for a plain RNN.
#
# A good engineer would guess: FlopCounterMode counts every matrix product that a network makes, so an LSTM, which has
# four products where a plain RNN has one, costs four times as much.
# What happens: on a CPU an LSTM is one operation of oneDNN (mkldnn_rnn_layer), which the counter has no formula for,
# and what it does not know it takes for nothing: no warning, with gradients and without, one direction or two. A GRU and
# an RNN are still made of products that it knows. With torch.backends.mkldnn switched off, the LSTM is too, and counts
# exactly four times the RNN.
# Versions: torch 2.13.0 (CPU), Python 3.11.
# Source: run here.
# Why it matters: a network with LSTMs between its convolutions (Sequencer, CRNN) looks cheaper by all of them in a
# table that was made with this counter, and dearer on a GPU than on a CPU. Who takes the counter as a referee for other
# numbers has to switch oneDNN off while it counts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import sys

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def counted(layer: nn.Module, with_onednn: bool, with_gradients: bool) -> int:
    """Operations of one pass over two steps of eight numbers, as the counter has them."""
    switched, learning = torch.backends.mkldnn.flags(enabled=with_onednn), torch.set_grad_enabled(with_gradients)
    with switched, learning, FlopCounterMode(display=False) as counter:
        layer(torch.zeros(1, 2, 8))
    return counter.get_total_flops()


print(f"torch {torch.__version__}: operations of two steps, 8 numbers to 5, as FlopCounterMode counts them on a CPU")
found = {}
for kind in (nn.RNN, nn.GRU, nn.LSTM):
    layer = kind(8, 5, batch_first=True).eval()
    usual = {counted(layer, True, gradients) for gradients in (False, True)}
    plain = {counted(layer, False, gradients) for gradients in (False, True)}
    found[kind.__name__] = usual, plain
    print(f"  {kind.__name__}: {usual} as it is, {plain} without oneDNN")
one = 2 * 2 * (8 + 5) * 5  # two steps, a multiplication and an addition, (input + hidden) times hidden
right = {"RNN": ({one}, {one}), "GRU": ({3 * one}, {3 * one}), "LSTM": ({0}, {4 * one})}
sys.exit(0 if found == right else 1)
PY
