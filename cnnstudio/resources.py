"""The one way to find a file of resources/, in a checkout, in an installed wheel and in a frozen program."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """The path of ``resources/parts...``. Raises ``FileNotFoundError`` that names what is missing."""
    path = _root().joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"CNN Studio's own file {'/'.join(parts)} is missing at {path}; install it again.")
    return path


def _root() -> Path:
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        return Path(frozen) / "resources"
    checkout = _PACKAGE.parent / "resources"
    return checkout if checkout.is_dir() else _PACKAGE / "_resources"  # the wheel carries them inside the package
