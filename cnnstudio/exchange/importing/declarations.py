"""Declarations: which networks a Python file declares, without running it; why one is refused. Knows no torch."""

from __future__ import annotations

import ast
from pathlib import Path

from cnnstudio.disk import DiskError, read

LARGEST = 4 * 2**20  # bytes of a file


def modules_in(path: Path) -> tuple[str, ...]:
    """The classes in a Python file that seem to be torch modules, in its order. Raises ``ImportRefused``."""
    try:
        tree = ast.parse(read(path, LARGEST))
    except DiskError as error:
        raise ImportRefused(str(error)) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ImportRefused(f"{path.name} is no Python that can be read: {str(error)[:200].rstrip('.')}.") from error
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if bases & {"Module", "Sequential", "LightningModule", *found}:
                found.append(node.name)
    return tuple(found)


def networks_in(path: Path) -> tuple[str, ...]:
    """Those of ``modules_in`` that no other class or function there uses, the likely whole networks; all if none is."""
    modules = modules_in(path)
    tree = ast.parse(read(path, LARGEST))
    used = {
        inner.id
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and inner.id != node.name
    }
    return tuple(name for name in modules if name not in used) or modules


class ImportRefused(Exception):  # noqa: N818 - the word ImportError is Python's
    """A network that was not imported; the message is a sentence."""
