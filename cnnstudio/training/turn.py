"""Turn: one training at a time in a program, a run or a rehearsal. Knows no torch."""

from __future__ import annotations

import threading

TURN_SECONDS = 0.1  # between two looks whether another window's training has ended

turn = threading.Lock()
"""Held by whoever trains. Torch has one source of chance for dropout and first weights, and a computer few cores."""
