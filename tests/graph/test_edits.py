"""Any sequence of edits leaves a network: what a person does with the mouse, a thousand times, by seed."""

import random

import pytest

from cnnstudio.blocks import Add, Concat, Conv2d, Identity, Input, ReLU, Residual
from cnnstudio.editing.assembly import expanded, merged
from cnnstudio.graph import Graph, GraphError, NamingError, Node, Shape
from cnnstudio.graph.diff import diff
from cnnstudio.layout.layout import laid_out

BLOCKS = (Conv2d(), ReLU(), Add(), Concat(), Identity(), Input(), Residual())


def check(graph: Graph) -> None:
    """What holds of every graph, however it came about."""
    assert Graph.of(graph) == graph  # names are unique, inputs exist, nothing runs in a circle
    place = {name: index for index, name in enumerate(graph.order)}
    assert set(place) == set(graph.nodes) and all(name == node.name for name, node in graph.nodes.items())
    for node in graph:
        arity = node.block.arity
        assert len(node.inputs) >= arity.least and (arity.most is None or len(node.inputs) <= arity.most)
        assert all(place[source] < place[node.name] for source in node.inputs if source is not None)
        assert all(source is not None for source, row in zip(node.inputs, node.bends, strict=False) if row)
        assert len(node.bends) <= len(node.inputs) and (not node.bends or node.bends[-1])
    acting = graph.acting
    assert Graph.of(acting) == acting == acting.acting
    for node in acting:
        assert not node.bypassed or graph.passed(node.name) is None
        assert node.inputs == tuple(graph.passed(source) or source for source in graph[node.name].inputs)
    assert {node.name for node in acting.outputs} <= {graph.passed(node.name) or node.name for node in graph.outputs}


def edited(graph: Graph, luck: random.Random) -> Graph:
    """One edit at random; some are refused, with a sentence."""
    names = list(graph.nodes)
    one, other = (luck.choice(names), luck.choice(names)) if names else ("", "")
    kind = luck.choice(
        ("add", "add", "connect", "connect", "connect", "disconnect", "remove", "replace") if names else ("add",)
    )
    if luck.random() < 0.3 and names:
        kind = luck.choice(("rename", "insert", "merge", "expand", "move", "subgraph", "bypass", "bend", "straighten"))
    block = luck.choice(BLOCKS)
    node = Node(graph.fresh(block.stem), block)
    match kind:
        case "add":
            return graph.add(node)
        case "connect":
            return graph.connect(one, other, luck.randint(0, 3))
        case "disconnect":
            return graph.disconnect(luck.choice(graph.edges)) if graph.edges else graph
        case "remove":
            return graph.remove(one, other, heal=luck.random() < 0.5)
        case "replace":
            return graph.replace(one, block)
        case "rename":
            return graph.rename(one, luck.choice(("head", "stem", "conv1", "class", "x y")))
        case "insert":
            return graph.insert(luck.choice(graph.edges), node) if graph.edges and block.arity.most != 0 else graph
        case "merge":
            part = graph.subgraph(luck.sample(names, min(3, len(names))))
            return merged(graph, part, keep_inputs=luck.random() < 0.5)[0]
        case "expand":
            return expanded(graph, one, Residual(8, 2).parts(Shape(4, 8, 8)).graph)
        case "bypass":
            return graph.bypass(luck.sample(names, min(3, len(names))), luck.random() < 0.7)
        case "bend":
            bends = tuple((luck.random(), 1.0) for _ in range(luck.randint(0, 2)))
            return graph.bend(luck.choice(graph.edges), bends) if graph.edges else graph
        case "straighten":
            return graph.straighten((one,))
        case "move":
            return graph.move({one: (luck.random(), 3.0)})
        case _:
            return graph.subgraph(names[: max(1, len(names) * 3 // 4)])


@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_of_edits_leaves_a_network(seed: int) -> None:
    luck = random.Random(seed)
    graph = Graph()
    refused = 0
    for _ in range(120):
        before = graph
        try:
            graph = edited(graph, luck)
        except (GraphError, NamingError) as refusal:
            assert str(refusal).endswith(".")
            refused += 1
            continue
        check(graph)
        change = diff(before, graph)
        assert (set(before.edges) - set(change.wires_removed)) | set(change.wires_added) == set(graph.edges)
        both = set(before.edges) & set(graph.edges)
        assert {edge for edge in both if before.bends(edge) != graph.bends(edge)} == set(change.bent)
        if len(graph) > 40:
            graph = graph.subgraph(list(graph.nodes)[:20])
    assert len({node.position for node in laid_out(graph)}) == len(graph)
    assert 0 < refused < 100
