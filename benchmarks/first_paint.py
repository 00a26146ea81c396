"""From start to the first painted window, against ``import torch`` alone, each in a fresh interpreter, in turns.

Promise: the window is painted in at most the time of ``python -c "import torch"``, and without torch.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

PAINT = """
import sys
from cnnstudio.ui import app
def painted():
    assert "torch" not in sys.modules, "torch was imported before the first paint"
    import os
    os._exit(0)
app.run(None, on_first_paint=painted)
"""


def seconds(code: str) -> float:
    """How long a fresh interpreter takes for ``code``."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Print both times and their ratio."""
    runs = [(seconds("import torch"), seconds(PAINT)) for _ in range(7)][1:]  # the first pair warms the disk's cache
    torch, window = (statistics.median(column) for column in zip(*runs, strict=True))
    print(f"import torch {torch:.2f} s, window painted {window:.2f} s: {window / torch:.2f} of it (promised: 1.00)")


if __name__ == "__main__":
    main()
