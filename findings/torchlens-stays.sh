#!/usr/bin/env bash
# After one look with torchlens, PyTorch's functions are torchlens's own for as long as the program runs.
#
# A good engineer would guess: what records every operation of one forward pass puts its hooks in at the beginning and
# takes them out at the end, so that afterwards torch is torch.
# What happens: the first call of torchlens.trace puts Python functions in the place of torch's own, in torch, in
# torch.nn.functional and on torch.Tensor, and leaves them there. To import torchlens alone changes nothing. Every later
# call of an operation pays for one more function in Python, also in parts of the program that never asked for a trace.
# Versions: torch 2.13.0 (CPU), torchlens 2.36.1, Python 3.11.
# Source: run here.
# Why it matters: who draws a network with torchlens in the program that trains it, times a training with it imported, or
# compares functions of torch by identity (as rules for relevance and for hooks do) sees another torch from then on.
# The look belongs into a process of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 torchlens==2.36.1 graphviz==0.21
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
import timeit
from importlib.metadata import version

import torch
from torch import nn

rooms = {"torch": torch, "torch.nn.functional": nn.functional, "torch.Tensor": torch.Tensor}
before = {(room, name): getattr(place, name) for room, place in rooms.items() for name in dir(place) if name[0] != "_"}
own, one = torch.cos, torch.ones(1)


def others() -> dict[str, int]:
    """How many functions of each room are other ones now."""
    found = dict.fromkeys(rooms, 0)
    for (room, name), value in before.items():
        found[room] += callable(value) and getattr(rooms[room], name) is not value
    return found


again = others()  # what is made anew each time it is asked for counts for nothing
import torchlens

imported = others()
torchlens.trace(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()).eval(), torch.randn(1, 1, 6, 6))
traced = others()
slower = min(timeit.repeat(lambda: torch.cos(one), number=20_000, repeat=5)) / min(
    timeit.repeat(lambda: own(one), number=20_000, repeat=5)
)
print(f"torch {torch.__version__}, torchlens {version('torchlens')}: other functions after the import", end=" ")
print({room: imported[room] - again[room] for room in rooms}, end=", ")
print("after one trace", {room: traced[room] - again[room] for room in rooms}, end="; ")
print(f"torch.cos of one number takes {slower:.2f} times as long")
as_told = imported == again and all(traced[room] - again[room] > 50 for room in ("torch", "torch.nn.functional"))
sys.exit(0 if as_told and torch.cos is not own else 1)
PY
