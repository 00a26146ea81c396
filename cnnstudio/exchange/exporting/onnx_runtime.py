"""ONNX runtime: the one door to onnxruntime, which would tell its makers of every use.

From 1.32 on its wheels for Linux carry what was in those for Windows alone: on import it makes up an identity for the
computer (``~/.cache/Microsoft/DeveloperTools``) and sends events to mobile.events.data.microsoft.com, unless the
environment says ORT_DISABLE_TELEMETRY before. Nothing of this program goes out without a press.
"""

from __future__ import annotations

import os
from types import ModuleType

SILENCE = "ORT_DISABLE_TELEMETRY"


def onnxruntime() -> ModuleType:
    """The library, silenced. Raises ``ImportError`` where it is not installed."""
    os.environ[SILENCE] = "1"  # for processes that are started later, too
    import onnxruntime as library

    library.disable_telemetry_events()
    silenced: ModuleType = library
    return silenced
