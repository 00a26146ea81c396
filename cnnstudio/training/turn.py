"""Turn: one training at a time in a program, a run or a rehearsal, and none while a network is traced. No torch."""

from __future__ import annotations

import threading

TURN_SECONDS = 0.1  # between two looks whether another window's training has ended

turn = threading.Lock()
"""Held by whoever trains: a computer has few cores, and its devices one source of chance each."""

undisturbed = threading.RLock()
"""Held while a step of a training computes, and by ``torch.export`` while it traces or loads a network.

Meanwhile that turns oneDNN off and sets torch's own random numbers back, in the whole program: a step would give other
digits. (torch 2.13, ``torch.export._trace._ignore_backend_decomps``.)
"""
