#!/usr/bin/env bash
# The same weights, saved twice by safetensors with the same metadata, are two different files.
#
# A good engineer would guess: the format has no time stamp, so equal tensors and equal metadata give equal bytes, and
# a file can be known again by its hash.
# What happens: without metadata that is so. With several entries of metadata each save writes them in another order into
# the header, within one process too, so hashes differ though every tensor is equal to the bit.
# Versions: safetensors 0.8.0, numpy 2.4.6, Python 3.11.
# Source: run here; the metadata pass through a hash map of the Rust library, whose order is seeded anew each time.
# Why it matters: who compares two training runs with the same seed by the hash of their weights, or keeps weights in a
# store that is addressed by content, finds a difference where there is none.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import hashlib
import sys

import numpy as np
import safetensors
from safetensors.numpy import save

weights = {"conv.weight": np.arange(12, dtype=np.float32).reshape(3, 4), "conv.bias": np.zeros(3, np.float32)}
described = {"epoch": "3", "data": "digits", "classes": "10", "mean": "0.5", "std": "0.25", "format": "pt"}
plain = {hashlib.sha256(save(weights)).hexdigest() for _ in range(40)}
told = {hashlib.sha256(save(weights, described)).hexdigest() for _ in range(40)}
print(f"safetensors {safetensors.__version__}: 40 saves without metadata give {len(plain)} file,", end=" ")
print(f"40 saves with six entries of metadata give {len(told)} different files")
sys.exit(0 if len(plain) == 1 and len(told) > 1 else 1)
PY
