#!/usr/bin/env bash
# While torch.export traces a network, every other thread of the program computes its convolutions without oneDNN.
#
# A good engineer would guess: torch.export.export works on the module that it is given, so a training that goes on in
# another thread of the same program gives the same numbers, only later.
# What happens: it traces with torch.backends.mkldnn.enabled set to False, which is one flag for the whole process. A
# convolution that another thread computes meanwhile takes another path: its digits change in the last places, and it
# is slower. When the trace is over, the flag is as it was, and so are the digits.
# Versions: torch 2.13.0 (CPU), Python 3.11.
# Source: run here.
# Why it matters: who exports a network from a window while it trains, and promises that the same seed gives the same
# run, breaks that promise without a word. Either the training waits while the trace goes on, or the export goes into a
# process of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys
import threading

import torch
from torch import nn

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)
image, kernel = (torch.randn(size, generator=generator) for size in ((8, 16, 32, 32), (32, 16, 3, 3)))
usual = torch.nn.functional.conv2d(image, kernel)

seen, differing, largest, over = [], 0, 0.0, threading.Event()


def compute() -> None:
    """What a training would do meanwhile: one convolution after another."""
    global differing, largest
    while not over.is_set():
        found = torch.nn.functional.conv2d(image, kernel)
        seen.append(torch.backends.mkldnn.enabled)
        if not torch.equal(found, usual):
            differing += 1
            largest = max(largest, float((found - usual).abs().max()))


layers = [layer for _ in range(12) for layer in (nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())]
network = nn.Sequential(*layers).eval()
thread = threading.Thread(target=compute)
thread.start()
for _ in range(3):
    torch.export.export(network, (torch.zeros(1, 4, 16, 16),))
over.set()
thread.join()
after = torch.equal(torch.nn.functional.conv2d(image, kernel), usual)
print(f"torch {torch.__version__}: of {len(seen)} convolutions beside three exports {differing} gave other digits,", end=" ")
print(f"by at most {largest:.1e}; the flag was off in {seen.count(False)} of them; afterwards all as before: {after}")
sys.exit(0 if differing and not all(seen) and after else 1)
PY
