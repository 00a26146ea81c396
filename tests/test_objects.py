"""How much one object is, counted across the classes that it is made of: cutting up its file makes it no smaller."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_NAMES = 40
MOST_ABOVE = 2  # classes of ours above one another on the canvas, the object's own among them
QT = re.compile(r"[a-z]+[A-Z]")  # an event or a method that Qt calls

# what is larger still, and how large at most: these shall become less, and none may join them
NAMES = {
    "CanvasView": 134, "Walking": 121, "Wiring": 105, "Asking": 99, "Naming": 94, "Noting": 90, "Bending": 78,
    "Editor": 72, "Document": 61, "Recipe": 57, "Style": 52, "Run": 50, "QuizPanel": 50, "CanvasScene": 46,
    "TrainingPanel": 50, "MicroscopePanel": 50, "LessonEditorPanel": 50, "LessonPanel": 50,
}  # fmt: skip
TOWERS = {
    "CanvasView": 9, "Walking": 8, "Wiring": 7, "Asking": 6, "Naming": 5, "Noting": 4, "Bending": 3,
}  # fmt: skip


@cache
def classes() -> dict[tuple[str, str], ast.ClassDef]:
    """Module and name -> what the class says."""
    found = {}
    for path in (ROOT / "cnnstudio").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found |= {
            (module, node.name): node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)
        }
    return found


@cache
def imported(module: str) -> dict[str, str]:
    """Name -> the module of ours that it comes from."""
    tree = ast.parse((ROOT / Path(*module.split("."))).with_suffix(".py").read_text())
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.name: str(node.module) for node in froms for alias in node.names}


def line(module: str, name: str) -> list[tuple[str, str]]:
    """A class and those of ours above it."""
    above = [base.id for base in classes()[module, name].bases if isinstance(base, ast.Name)]
    keys = [(module if (module, base) in classes() else imported(module).get(base, ""), base) for base in above]
    return [(module, name), *(each for key in keys if key in classes() for each in line(*key))]


def names(tree: ast.ClassDef) -> set[str]:
    """What can be asked of an instance by its name, and is not Qt's."""
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            found.add(node.attr)
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in found if not name.startswith("_") and not QT.match(name)}


def test_no_object_has_more_names_than_a_person_can_hold() -> None:
    sizes = {key: len(set().union(*(names(classes()[each]) for each in line(*key)))) for key in classes()}
    assert not {name: size for (_, name), size in sizes.items() if size > max(MOST_NAMES, NAMES.get(name, 0))}


def test_the_canvas_is_composed_and_not_inherited() -> None:
    heights = {key: len(set(line(*key))) for key in classes() if key[0].startswith("cnnstudio.ui.canvas")}
    assert not {name: height for (_, name), height in heights.items() if height > TOWERS.get(name, MOST_ABOVE)}
