"""Libraries: what the program stands on, with version and licence, as the packages themselves say; and their files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

NAME = "cnnstudio"
_LONGEST = 160  # letters of a licence's name; some packages put the whole text there


@dataclass(frozen=True)
class Library:
    """A package that is installed and needed; ``licence`` is an SPDX expression where the package gives one."""

    name: str
    version: str
    licence: str
    home: str


def libraries(name: str = NAME, extras: tuple[str, ...] = ()) -> tuple[Library, ...]:
    """What ``name`` needs here and what that needs, by name, without itself; none where it is not installed."""
    found: dict[str, Distribution] = {}
    try:
        _collect(name, extras, found)
    except PackageNotFoundError:
        return ()
    return tuple(_library(found[key]) for key in sorted(found))


def file_of(name: str, file: str) -> Path | None:
    """The file of this name that a package has here, without importing the package; None where there is none."""
    try:
        listed = distribution(name).files or ()
        found = next((Path(str(each.locate())) for each in listed if each.name == file), None)
        return found if found is not None and found.is_file() else None
    except (PackageNotFoundError, OSError, ValueError):
        return None


def _collect(name: str, extras: tuple[str, ...], found: dict[str, Distribution]) -> None:
    for needed in _needs(distribution(name), extras):
        if needed not in found:
            try:
                found[needed] = distribution(needed)
            except PackageNotFoundError:
                continue  # for another platform
            _collect(needed, (), found)


def _needs(package: Distribution, extras: tuple[str, ...]) -> Iterator[str]:
    """The normalised names of what a package asks for, whatever the platform."""
    for line in package.requires or ():
        requirement, _, marker = line.partition(";")
        wanted = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
        if wanted is not None and (extra is None or extra.group(1) in extras):
            yield re.sub(r"[-_.]+", "-", wanted.group()).lower()


def _library(package: Distribution) -> Library:
    said = package.metadata
    # a build's tag (+cpu) is the machine's business, the version is ours
    return Library(said["Name"], package.version.partition("+")[0], _licence(package), _home(package))


def _licence(package: Distribution) -> str:
    said = package.metadata
    given = (_first(package, "License-Expression") or _first(package, "License")).strip()
    if not given or "\n" in given or len(given) > _LONGEST:
        classes = [each.split(" :: ")[-1] for each in said.get_all("Classifier") or () if each.startswith("License ::")]
        given = " AND ".join(classes)
    return given or "not named"


def _first(package: Distribution, field: str) -> str:
    """What a package says in this field, or nothing: not all say all of it."""
    return next(iter(package.metadata.get_all(field) or ()), "")


def _home(package: Distribution) -> str:
    urls = dict(each.split(", ", 1) for each in package.metadata.get_all("Project-URL") or () if ", " in each)
    wanted = ("homepage", "home", "source", "source code", "repository", "code")
    known = {label.lower(): address for label, address in urls.items()}
    return _first(package, "Home-page") or next((known[label] for label in wanted if label in known), "")
