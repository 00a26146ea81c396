"""No name that a person gives takes the place of one that the exported file needs for itself."""

from __future__ import annotations

import ast
import builtins
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch

from cnnstudio.blocks import ELU, Conv2d, Flatten, Group, Input, Linear, ReLU, Sigmoid, SiLU, Softmax, Tanh
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.compiler.source.class_names import FRAME
from cnnstudio.exchange.exporting.export import _KEPT, ExportError, export
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import Block, Graph, NamingError, Node, Sketch, checked_name
from cnnstudio.training.build import build

TWO = Normalization((0.5,) * 3, (0.2,) * 3, ("cat", "dog"))
KINDS = ReLU, Tanh, Sigmoid, ELU, SiLU


def chain(*blocks: Block) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((3, 8, 8))), *blocks, Flatten(), Linear(2))
    return draw.graph()


def exported(graph: Graph, path: Path, normalization: Normalization | None = TWO) -> str:
    export(graph, "python", path, None, normalization)
    return path.read_text(encoding="utf-8")


def own_names(text: str) -> set[str]:
    """What a file declares and imports in its first row, and which of Python's words it reads; not its networks."""
    tree, found = ast.parse(text), set[str]()
    for each in tree.body:
        match each:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found.update((alias.asname or alias.name).partition(".")[0] for alias in names)
            case ast.FunctionDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                found.add(name)
    read = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    return found | (read & set(dir(builtins)))


def test_the_list_is_that_of_the_file_itself(tmp_path: Path) -> None:
    group = Group("Part", chain(ReLU()))
    files = [
        exported(chain(ReLU()), tmp_path / "plain.py"),
        exported(chain(Conv2d(2, padding=2, padding_mode="circular")), tmp_path / "functional.py", None),
        exported(chain(Softmax()), tmp_path / "sides.py", Normalization(*[(0.5,) * 3] * 2, both_sides=True)),
        exported(chain(ReLU()).replace("fc1", Linear(1)), tmp_path / "one.py"),
    ]
    assert group.class_name == "Part"
    found = set[str]().union(*map(own_names, files)) | {"F"}
    assert found - FRAME == set(), "what the file needs may be called otherwise by nobody"
    assert (FRAME - set(dir(builtins))) - found == set(), "and what it does not need is free"


def labels() -> list[str]:
    """Everything that the file needs, and what people have broken it with."""
    named = ["MEAN", "STD", "CLASSES", "load", "predict", "torch", "nn", "Network", "self", "forward", "Tensors"]
    return sorted({*named, *FRAME} - {name for name in dir(builtins) if name.startswith("_")})


def with_groups() -> Graph:
    """A network with a group of each of these names, each of its own kind inside."""
    nodes, before = [Node("image", Input((3, 8, 8)))], "image"
    shapes = product(KINDS, repeat=4)
    for number, label in enumerate(labels()):
        inside, last = [Node("input1", Input((3, 8, 8)))], "input1"
        for place, kind in enumerate(next(shapes)):
            inside.append(Node(f"act{place}", kind(), (last,)))
            last = f"act{place}"
        nodes.append(Node(f"part{number}", Group(label, Graph.of(inside)), (before,)))
        before = f"part{number}"
    nodes += [Node("flatten1", Flatten(), (before,)), Node("fc1", Linear(2), ("flatten1",))]
    return Graph.of(nodes)


def answers(text: str) -> list[tuple[str, float]]:
    """What the ``predict`` of an exported file says of two images."""
    names: dict[str, Any] = {"__name__": "net"}
    exec(compile(text, "net.py", "exec"), names)
    found: list[tuple[str, float]] = names["predict"](
        names["Network"]().eval(), torch.zeros((2, 3, 8, 8), dtype=torch.uint8)
    )
    return found


def test_groups_of_every_such_name_are_classes_of_others_and_the_file_predicts(tmp_path: Path) -> None:
    graph = with_groups()
    told = source(graph)
    classes = [each.name for each in ast.parse(told.text).body if isinstance(each, ast.ClassDef)]
    assert len(classes) > len(labels()) and not FRAME & set(classes)
    build(told.text, told.class_name)
    text = exported(graph, tmp_path / "net.py")
    assert [label in ("cat", "dog") and 0 <= sure <= 1 for label, sure in answers(text)] == [True, True]
    assert "same outputs" in export(graph, "torchscript", tmp_path / "net.pt").sentence


@pytest.mark.parametrize("name", sorted(FRAME - set(dir(builtins))))
def test_a_network_of_such_a_name_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(SourceError, match="choose another name"):
        source(chain(ReLU()), name)


def allowed(name: str) -> bool:
    try:
        return bool(checked_name(name))
    except NamingError:
        return False


@pytest.mark.parametrize("kind", ["python", "torchscript", "pt2"])
def test_nodes_of_every_such_name_leave_the_file_as_good(tmp_path: Path, kind: str) -> None:
    public = (name for name in dir(torch.jit.ScriptModule) + dir(torch.fx.GraphModule) if not name.startswith("_"))
    names = sorted({name for name in (*labels(), *public) if allowed(name)} - _KEPT.get(kind, set()))
    assert len(names) > 40 and {"MEAN", "load", "predict", "define", "save"} <= set(names)
    nodes, before = [Node("image", Input((3, 8, 8)))], "image"
    for name in names:
        nodes.append(Node(name, Conv2d(3, 1), (before,)))
        before = name
    nodes += [Node("flatten1", Flatten(), (before,)), Node("fc1", Linear(2), ("flatten1",))]
    graph, path = Graph.of(nodes), tmp_path / "net.out"
    assert "same outputs" in export(graph, kind, path, None, TWO).sentence
    if kind == "python":
        assert len(answers(path.read_text(encoding="utf-8"))) == 2


@pytest.mark.parametrize(("kind", "name"), [("pt2", "code"), ("pt2", "graph"), ("torchscript", "Ellipsis")])
def test_a_name_that_pytorch_keeps_for_itself_in_one_kind_of_file_is_told_of(
    tmp_path: Path, kind: str, name: str
) -> None:
    nodes = (Node("image", Input((3, 8, 8))), Node(name, Flatten(), ("image",)), Node("fc1", Linear(2), (name,)))
    with pytest.raises(ExportError, match=f"PyTorch keeps the name {name} for itself: call it otherwise"):
        export(Graph.of(nodes), kind, tmp_path / "net.out")
    export(Graph.of(nodes), "python", tmp_path / "net.py", None, TWO)
