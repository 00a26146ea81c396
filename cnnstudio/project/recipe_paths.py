"""Recipe paths: the files and folders that a recipe names belong to the project file, wherever it is opened from.

In a file, what lies beside the project or below it is told from there, so that both can be moved together; in memory
every path that leads somewhere is whole.
"""

from __future__ import annotations

from pathlib import Path

from cnnstudio.project.recipe import Recipe

PATHS = ("folder", "weights", "teacher")
"""The fields of a recipe that name a file or a folder."""


def anchored(recipe: Recipe, place: Path) -> Recipe:
    """``recipe`` as it stands in a file in the folder ``place``, with whole paths.

    What is not beside the file is looked for where the program stands, as older files meant it; what is nowhere stays.
    """
    changes = {}
    for name, value in _named(recipe):
        try:
            whole = next((path.absolute() for path in (place / value, Path(value)) if path.exists()), None)
        except (OSError, ValueError):  # a name that no system takes
            continue
        if whole is not None:
            changes[name] = str(whole)
    return Recipe(**{**recipe.values, **changes}) if changes else recipe


def told_from(recipe: Recipe, place: Path) -> Recipe:
    """``recipe`` for a file in the folder ``place``: what lies below it by the way from there."""
    home, changes = place.absolute(), {}
    for name, value in _named(recipe, whole=True):
        if Path(value).is_relative_to(home):
            changes[name] = Path(value).relative_to(home).as_posix()
    return Recipe(**{**recipe.values, **changes}) if changes else recipe


def whole(path: str) -> str:
    """A path as it was typed, from where the program stands, as a whole one."""
    try:
        return str(Path(path).expanduser().absolute())
    except (RuntimeError, ValueError):  # a home that is not there
        return path


def _named(recipe: Recipe, whole: bool = False) -> list[tuple[str, str]]:
    """Field -> path, of those that are whole or of those that are not. "torchvision" is no path."""
    given = [(name, str(getattr(recipe, name))) for name in PATHS]
    return [
        (name, value)
        for name, value in given
        if value and not value.startswith("~") and value != "torchvision" and Path(value).is_absolute() is whole
    ]
