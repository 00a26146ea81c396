"""Print the exact versions that a set-up installs: what this environment holds and CNN Studio needs."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution


def closure(name: str, extras: tuple[str, ...], found: dict[str, str]) -> None:
    """Add ``name`` and everything that it requires here to ``found``: normalised name -> version."""
    for line in distribution(name).requires or ():
        requirement, _, marker = line.partition(";")
        wanted = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
        if wanted is None or (extra and extra.group(1) not in extras):
            continue
        key = re.sub(r"[-_.]+", "-", wanted.group()).lower()
        if key in found:
            continue
        try:
            # a build's tag (+cpu) is the machine's business, the version is ours
            found[key] = distribution(key).version.partition("+")[0]
        except PackageNotFoundError:
            continue  # for another platform
        closure(key, (), found)


def main() -> int:
    """Write the constraints to standard output."""
    found: dict[str, str] = {}
    closure("cnnstudio", ("dev",), found)
    sys.stdout.write("# Exact versions of a set-up; written by `make lock`.\n")
    sys.stdout.writelines(f"{name}=={version}\n" for name, version in sorted(found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
