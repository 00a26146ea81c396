"""Recipe paths: the files and folders that a recipe names belong to the project file, wherever it is opened from.

In a file, what lies beside the project or below it is told from there, so that both can be moved together; in memory
every path is whole. Nothing here looks at the disk: a file decides what it names, and never what is touched.
"""

from __future__ import annotations

from pathlib import Path

from cnnstudio.project.recipe import LONGEST_PATH, Recipe

PATHS = ("folder", "weights", "teacher")
"""The fields of a recipe that name a file or a folder."""
_HUB = "torchvision"  # which names weights and is no path


def anchored(recipe: Recipe, place: Path) -> Recipe:
    """``recipe`` as it stands in a file in the folder ``place``, with whole paths."""
    home = place.absolute()
    changes = {name: str(home / value) for name, value in _named(recipe)}
    changes = {name: value for name, value in changes.items() if len(value) <= LONGEST_PATH}
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


def named(recipe: Recipe) -> dict[str, str]:
    """Field -> path, of those that mean anything as the recipe is: what training, or a look inside, would open."""
    matter = {name: str(getattr(recipe, name)) for name in PATHS if recipe.matters(name)}
    return {name: value for name, value in matter.items() if value and value != _HUB}


def _named(recipe: Recipe, whole: bool = False) -> list[tuple[str, str]]:
    """Field -> path, of those that are whole or of those that are not."""
    given = [(name, str(getattr(recipe, name))) for name in PATHS]
    return [
        (name, value)
        for name, value in given
        if value and not value.startswith("~") and value != _HUB and Path(value).is_absolute() is whole
    ]
