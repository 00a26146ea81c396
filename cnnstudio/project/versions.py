"""Versions: what a .cnn file says that it is, and how an older one is brought up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnstudio.project.project import ProjectError

FORMAT = "cnnstudio"
VERSION = 1

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Version -> the function that makes a file of that version one of the next. It may raise anything on nonsense."""


def upgraded(found: dict[str, Any]) -> dict[str, Any]:
    """The content of a file as this version writes it. Raises ``ProjectError``."""
    version = found.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ProjectError("Its version must be a whole number from 1.")
    if version > VERSION:
        shown = str(version) if version < 10**9 else "of many digits"
        raise ProjectError(
            f"It is of version {shown} and comes from a newer CNN Studio; this one reads up to version {VERSION}. "
            "Update CNN Studio to open it."
        )
    for older in range(version, VERSION):
        try:
            found = {**UPGRADES[older](found), "version": older + 1}
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ProjectError(f"It is of version {older} and damaged, so it cannot be brought up to date.") from error
    return found
