"""Making: what a person's Python file makes, run as its author runs it. Only in a process of its own.

A file is seldom alone: it is part of a package, or stands in a folder from whose root its author starts Python; it
imports torchvision; or it was copied from lecture notes without its first lines. Only what makes the network is run of
it, not the training below.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import math
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from cnnstudio.exchange.importing.declarations import Call, ImportRefused, call
from cnnstudio.exchange.importing.needed_statements import needed, parsed
from cnnstudio.exchange.importing.this_machine import OnThisMachine
from cnnstudio.training.torchvision_compat import make_ready
from cnnstudio.wording import abridged, listed

FOLDERS = 6  # above the file, in which what it imports is looked for
_USUAL: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional, "math": math}


def made(path: Path, text: str) -> tuple[nn.Module, tuple[str, ...]]:
    """The module that a file makes: ``text`` is a name in it, and what it is called with; and what there is to say.

    This RUNS the file. Raises ``ImportRefused``, and whatever the file raises.
    """
    asked = call(text)
    tree = parsed(path.read_bytes())
    missing = _missing(tree)
    sys.meta_path.insert(0, _TorchvisionDoor())
    sys.meta_path.append(_FoldersAbove(path))
    with OnThisMachine() as machine:
        found = _made(path, tree, asked, missing)
    if not isinstance(found, nn.Module):
        raise ImportRefused(f"{asked.name} of {path.name} is no torch module.")
    notes = []
    if missing:
        notes.append(
            f"{path.name} uses {listed(missing)} without importing it: what PyTorch's users call so was taken."
        )
    if machine.unfetched:
        notes.append(
            f"{path.name} loads weights from the internet ({abridged(machine.unfetched, 3)}); they were not fetched, "
            "since an import needs none. Give them with --weights."
        )
    return found.eval(), tuple(notes)


def _made(path: Path, tree: ast.Module, asked: Call, missing: Sequence[str]) -> Any:
    """What the file makes when what is asked for is called, of a part of the file where that is enough."""
    part = needed(tree, asked.name)
    try:
        return _called(_run(path, part or tree, missing), asked, path.name)
    except NameError as error:
        if part is None:
            raise
        try:  # it is bound where nobody could read it
            return _called(_run(path, tree, missing), asked, path.name)
        except Exception:
            raise error from None


def _called(module: ModuleType, asked: Call, file: str) -> Any:
    """The name in a module, called where it makes a network."""
    found = getattr(module, asked.name, None)
    if found is None:
        raise ImportRefused(f"{file} has nothing called {asked.name[:60]}.")
    if isinstance(found, nn.Module) or not callable(found):
        return found
    _fits(found, asked.name, asked.positional, dict(asked.named), file)
    return found(*asked.positional, **dict(asked.named))


def _fits(found: Any, name: str, positional: Sequence[Any], named: dict[str, Any], file: str) -> None:
    """Refuse a call that lacks arguments or has some too many."""
    try:
        inspect.signature(found).bind(*positional, **named)
    except TypeError as error:
        wanted = [str(each) for each in inspect.signature(found).parameters.values()]
        raise ImportRefused(
            f"{name} cannot be made like this: {error}. Say what it is made with, {file}:{name}({', '.join(wanted)})."
        ) from error
    except ValueError:
        return  # it does not tell what it takes


# running a file


def _run(path: Path, tree: ast.Module, missing: Sequence[str]) -> ModuleType:
    """These statements of the file as a module, imported as a part of the package in which it stands."""
    levels = _levels(tree)
    names = [path.stem]
    folder = path.parent
    while len(names) <= levels or (folder / "__init__.py").exists():
        names.insert(0, folder.name)
        folder = folder.parent
        if folder == folder.parent:
            break
    sys.path.insert(0, str(folder if len(names) > 1 else path.parent))
    spec = importlib.util.spec_from_file_location(".".join(names), path)
    if spec is None or spec.loader is None:
        raise ImportRefused(f"{path.name} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update({name: _USUAL[name] for name in missing})
    sys.modules[spec.name] = module
    exec(compile(tree, str(path), "exec"), module.__dict__)
    return module


def _levels(tree: ast.Module) -> int:
    """How many folders up these statements import from, by their dots."""
    return max((node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)), default=0)


def _missing(tree: ast.Module) -> list[str]:
    """The usual names that a file uses and nowhere declares: without them it could not run."""
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                bound.update((alias.asname or alias.name).partition(".")[0] for alias in names)
    return [name for name in _USUAL if name in used - bound] if "*" not in bound else []


class _TorchvisionDoor(MetaPathFinder):
    """Lets torchvision be imported beside any build of torch: what it lacks is declared when it is first asked for."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name == "torchvision":
            sys.meta_path.remove(self)
            make_ready()
        return None


class _FoldersAbove(MetaPathFinder):
    """Finds what nobody else does in the folders above a file: authors start Python in the root of what they write."""

    def __init__(self, path: Path) -> None:
        self._folders = [str(folder) for folder in list(path.parents)[: 1 + FOLDERS]]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return PathFinder.find_spec(name, self._folders) if path is None else None
