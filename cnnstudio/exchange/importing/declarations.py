"""Declarations: which networks a Python file declares, without running it; why one is refused. Knows no torch."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnstudio.disk import DiskError, read
from cnnstudio.exchange.importing.needed_statements import parsed
from cnnstudio.graph import Shape

LARGEST = 4 * 2**20  # bytes of a file
LONGEST_CALL = 1_000  # characters

_BASES = frozenset({"Module", "Sequential", "LightningModule"})
_LIBRARIES = frozenset({"nn", "models", "torchvision", "timm"})  # whose calls make modules, as people import them


class ImportRefused(Exception):  # noqa: N818 - the word ImportError is Python's
    """A network that was not imported; the message is a sentence."""


@dataclass(frozen=True)
class Argument:
    """What a network is made with: its name, and its default as it is written; empty where there is none."""

    name: str
    default: str = ""


@dataclass(frozen=True)
class Declared:
    """What makes a network when it is called, or is one: its name in the file, and what it can be given."""

    name: str
    arguments: tuple[Argument, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """The arguments that it cannot be made without."""
        return tuple(argument.name for argument in self.arguments if not argument.default)


@dataclass(frozen=True)
class Call:
    """A name in a file, and what it is called with."""

    name: str
    positional: tuple[Any, ...] = ()
    named: tuple[tuple[str, Any], ...] = ()


def call(text: str) -> Call:
    """``Net`` or ``ConvBlock(3, 64, bias=False)``, read and not run. Raises ``ImportRefused``."""
    refusal = ImportRefused(
        f"{text[:60]} cannot be read: write a name, and behind it in brackets what it is made with, numbers and text "
        "alone, such as ConvBlock(3, 64)."
    )
    try:
        tree = ast.parse(text.strip(), mode="eval").body if len(text) <= LONGEST_CALL else None
        if isinstance(tree, ast.Name):
            return Call(tree.id)
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
            raise refusal
        named = tuple((keyword.arg, ast.literal_eval(keyword.value)) for keyword in tree.keywords if keyword.arg)
        if len(named) < len(tree.keywords):
            raise refusal
        return Call(tree.func.id, tuple(ast.literal_eval(argument) for argument in tree.args), named)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise refusal from error


def size_of(text: str) -> Shape:
    """``3x32x32``, read. Raises ``ImportRefused``."""
    found = re.fullmatch(r"(\d{1,5})[x×,](\d{1,5})[x×,](\d{1,5})", text.replace(" ", ""))
    if found is None or 0 in (sides := tuple(map(int, found.groups()))):
        raise ImportRefused(f"{text[:40]!r} is no size: write channels, height and width, as in 3x32x32.")
    return Shape(*sides)


def networks_in(path: Path) -> tuple[Declared, ...]:
    """What in a Python file makes a whole network, the likeliest first. Raises ``ImportRefused``.

    First what the file has made, or makes without being told more (variables, functions like ``ResNet18()``, classes),
    then what needs arguments. Classes that others there are made of are left out, unless nothing else is left.
    """
    tree = _read(path)
    classes = _classes(tree)
    given = set(_from_libraries(tree))
    functions = _functions(tree, {*classes, *given})
    variables = _variables(tree, {*classes, *given})
    used = {
        name.id
        for node in tree.body
        if isinstance(node, ast.ClassDef) or (isinstance(node, ast.Assign) and node.targets[0] in variables.values())
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and name.id != getattr(node, "name", "")
    }
    whole = [name for name in classes if name not in used]
    made = [Declared(name) for name in variables]
    made += [Declared(name, _arguments(node.args)) for name, node in functions.items() if not name.startswith("_")]
    made += [Declared(name, _made_with(name, classes)) for name in (whole if whole or made else classes)]
    parts = {name for function in functions.values() for name in _given(function)}
    if any(not each.needed and each.name not in parts for each in made):
        made = [each for each in made if each.needed or each.name not in parts]
    return tuple(sorted(made, key=lambda each: bool(each.needed)))


def modules_in(path: Path) -> tuple[str, ...]:
    """The classes in a Python file that seem to be torch modules, in its order. Raises ``ImportRefused``."""
    return tuple(_classes(_read(path)))


def _read(path: Path) -> ast.Module:
    try:
        return parsed(read(path, LARGEST))
    except DiskError as error:
        raise ImportRefused(str(error)) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ImportRefused(f"{path.name} is no Python that can be read: {str(error)[:200].rstrip('.')}.") from error


def _classes(tree: ast.Module) -> dict[str, ast.ClassDef]:
    found: dict[str, ast.ClassDef] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if bases & {*_BASES, *found}:
                found[node.name] = node
    return found


def _from_libraries(tree: ast.Module) -> Iterator[str]:
    """What a file takes from libraries of networks by name: ``from torchvision.models import resnet18``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and re.match(r"torchvision\.models|timm\b", node.module or ""):
            yield from (alias.asname or alias.name for alias in node.names)


def _variables(tree: ast.Module, classes: set[str]) -> dict[str, ast.expr]:
    """The names that the file gives to modules that it makes, with where they stand."""
    return {
        target.id: target
        for node in tree.body
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and _makes(node.value, classes)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _functions(tree: ast.Module, classes: set[str]) -> dict[str, ast.FunctionDef]:
    """The functions that return a network of one of these classes, of a library, or of a function among them."""
    known = set(classes)
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _returns_module(node, known):
            found[node.name] = node
            known.add(node.name)
    return found


def _returns_module(function: ast.FunctionDef, known: set[str]) -> bool:
    named = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and _makes(node.value, known)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    return any(_makes(value, known) or (isinstance(value, ast.Name) and value.id in named) for value in returned)


def _given(function: ast.FunctionDef) -> Iterator[str]:
    """What a function gives to what it makes: classes that are parts of a network."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                yield from (name.id for name in ast.walk(argument) if isinstance(name, ast.Name))


def _makes(value: ast.expr, known: set[str]) -> bool:
    """Whether an expression calls one of these names, or what a library has: ``Net()``, ``Net().to(device)``."""
    if not isinstance(value, ast.Call) or _is_layer(value):
        return False
    if isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Call):
        return _makes(value.func.value, known)
    first = next(_names(value.func), "")
    return first in known if isinstance(value.func, ast.Name) else first in _LIBRARIES


def _is_layer(value: ast.expr) -> bool:
    """Whether an expression makes a single layer or a loss, such as ``nn.CrossEntropyLoss()``: no network."""
    made = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    return made.startswith("nn.") and made != "nn.Sequential"


def _names(value: ast.expr) -> Iterator[str]:
    """The first name of ``a.b.c``."""
    while isinstance(value, ast.Attribute):
        value = value.value
    if isinstance(value, ast.Name):
        yield value.id


def _made_with(name: str, classes: dict[str, ast.ClassDef]) -> tuple[Argument, ...]:
    """What a class, or else that from which it comes, is made with."""
    seen: set[str] = set()
    while name in classes and name not in seen:
        seen.add(name)
        node = classes[name]
        for each in node.body:
            if isinstance(each, ast.FunctionDef) and each.name == "__init__":
                return _arguments(each.args)[1:]
        name = next((base.id for base in node.bases if isinstance(base, ast.Name)), "")
    return ()


def _arguments(arguments: ast.arguments) -> tuple[Argument, ...]:
    named = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(named) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*zip(named, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return tuple(Argument(each.arg, ast.unparse(default) if default is not None else "") for each, default in pairs)
