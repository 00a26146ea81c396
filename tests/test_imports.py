"""Who imports whom, from the code's own text: no import runs up, and no circle is closed, not for a type either."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import networkx as nx

ROOT = Path(__file__).resolve().parents[1]

# the house from the roof down; rooms in one row do not know each other
FLOORS = (
    ("cli",),
    ("ui",),
    ("lessons",),
    ("exchange",),
    ("insight",),
    ("training",),
    ("project", "figure"),
    ("editing",),
    ("compiler",),
    ("zoo",),
    ("blocks",),
    ("layout",),
    ("graph",),
    ("crash_log", "disk", "folders", "resources", "rest", "worker"),
    ("headroom", "policy"),
    ("libraries", "owner", "wording"),
)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the program by its name without ``cnnstudio.``: what it says. A package goes by its own name."""
    found = {}
    for path in (ROOT / "cnnstudio").rglob("*.py"):
        parts = path.relative_to(ROOT / "cnnstudio").with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text())
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a module imports anywhere: at its head, in a function, or for a type alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name.removeprefix("cnnstudio.") in modules() else str(node.module) for name in inside]
        else:
            continue
        yield from (name.removeprefix("cnnstudio.") for name in names if name.startswith("cnnstudio."))


@cache
def arrows() -> nx.DiGraph:
    """Module -> module that it imports."""
    graph = nx.DiGraph()
    graph.add_nodes_from(modules())
    graph.add_edges_from((name, other) for name, tree in modules().items() for other in imported(tree))
    return graph


def test_every_room_has_its_floor() -> None:
    rooms = {name.split(".")[0] for name in modules()} - {"", "__main__"}
    assert rooms == {room for floor in FLOORS for room in floor}


def test_every_import_is_of_a_module_that_is_there() -> None:
    assert set(arrows()) == set(modules())


def test_no_import_runs_up_or_sideways() -> None:
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    up = [
        f"{name} -> {other}"
        for name, other in arrows().edges
        if (room := name.split(".")[0]) in floor
        and (below := other.split(".")[0]) in floor
        and room != below
        and floor[below] <= floor[room]
    ]
    assert not up


def test_the_faces_meet_in_the_document() -> None:
    """The canvas and what stands round it do not know each other."""
    faces = {"canvas", "network", "training", "insight", "lessons"}
    room = {name: name.split(".")[1] for name in modules() if name.startswith("ui.")}
    crossing = [
        f"{name} -> {other}"
        for name, other in arrows().edges
        if {room.get(name), room.get(other)} <= faces and room[name] != room[other]
    ]
    assert not crossing


def test_no_circle_is_closed() -> None:
    """Type-only imports and those inside functions count: who needs another's type knows the other."""
    circles = [sorted(found) for found in nx.strongly_connected_components(arrows()) if len(found) > 1]
    assert not circles


def test_only_the_program_itself_knows_the_main_window() -> None:
    """Whoever else needs something of it is handed that."""
    assert set(arrows().predecessors("ui.main_window")) == {"ui.app"}


def test_no_module_imports_itself() -> None:
    assert not list(nx.selfloop_edges(arrows()))


def test_a_file_name_says_where_one_is() -> None:
    """Where a name stands twice, it is a domain room and its face in the window or on the command line."""
    places: dict[str, list[str]] = {}
    for name in modules():
        places.setdefault(name.rsplit(".", 1)[-1], []).append(name)
    packages = {name for name in modules() if any(other.startswith(f"{name}.") for other in modules())}
    for name, found in places.items():
        files = [place for place in found if place not in packages]
        faces = [place for place in files if place.split(".")[0] in ("ui", "cli")]
        assert len(files) <= 2, f"{name} stands in {files}"
        assert len(files) < 2 or len(faces) == 1, f"{name} stands in {files}"
