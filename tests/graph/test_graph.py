"""Every edit of a graph, and what no edit may do."""

import pytest

from cnnstudio.blocks import Add, BatchNorm2d, Conv2d, Identity, Input, ReLU, Residual
from cnnstudio.editing.assembly import expanded, merged
from cnnstudio.graph import Edge, Graph, GraphError, NamingError, Node, Shape


def wires(graph: Graph) -> set[tuple[str, str, int]]:
    return {(edge.source, edge.target, edge.port) for edge in graph.edges}


# what it is


def test_a_graph_is_a_value(chain: Graph) -> None:
    same = Graph.of(reversed(list(chain)))
    assert same == chain and hash(same) == hash(chain)
    assert chain.replace("relu1", Identity()) != chain
    with pytest.raises(TypeError):
        chain.nodes["other"] = chain["conv1"]  # type: ignore[index]


def test_every_edit_leaves_the_old_graph_alone(chain: Graph) -> None:
    before = dict(chain.nodes)
    chain.add(Node("bn1", BatchNorm2d()))
    chain.remove("relu1", heal=True)
    chain.rename("conv1", "first")
    chain.connect("image", "relu1")
    chain.disconnect(Edge("conv1", "relu1"))
    chain.move({"conv1": (5.0, 5.0)})
    chain.replace("conv1", Conv2d(8))
    assert dict(chain.nodes) == before


def test_an_input_has_no_ports_and_an_add_as_many_as_it_needs() -> None:
    assert Node("image", Input()).inputs == ()
    assert Node("sum", Add()).inputs == (None, None)
    assert Node("sum", Add(), ("a", "b", "c", None, None)).inputs == ("a", "b", "c")
    assert Node("sum", Add(), ("a", "b", "c")).ports == 4
    assert Node("relu1", ReLU()).ports == 1
    with pytest.raises(GraphError, match=r"relu1 \(ReLU\) takes 1 input, not 2\."):
        Node("relu1", ReLU(), ("a", "b"))
    with pytest.raises(GraphError, match="takes no inputs, not 1"):
        Node("image", Input(), ("a",))


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ([Node("a", ReLU()), Node("a", ReLU())], "Two blocks are called a."),
        ([Node("a", ReLU(), ("ghost",))], "a reads from ghost, which does not exist."),
        ([Node("a", ReLU(), ("a",))], "The network runs in a circle: a → a."),
        (
            [Node("a", ReLU(), ("c",)), Node("b", ReLU(), ("a",)), Node("c", ReLU(), ("b",))],
            "The network runs in a circle: a → b → c → a.",
        ),
    ],
)
def test_what_is_no_network_is_refused_in_words(nodes: list[Node], sentence: str) -> None:
    with pytest.raises(GraphError) as caught:
        Graph.of(nodes)
    assert str(caught.value) == sentence


def test_order_reads_branch_after_branch(diamond: Graph) -> None:
    shuffled = Graph.of([diamond["sum"], diamond["right"], diamond["left"], diamond["image"]])
    assert shuffled.order == ("image", "left", "right", "sum")
    assert diamond.inputs == (diamond["image"],)
    assert diamond.outputs == (diamond["sum"],)
    assert diamond.ancestors("left") == {"image"}
    assert diamond.descendants("image") == {"left", "right", "sum"}
    assert diamond.consumers["image"] == (Edge("image", "left"), Edge("image", "right"))


def test_a_very_long_chain_has_an_order() -> None:
    nodes = [Node("image", Input())]
    nodes += [Node(f"relu{i}", ReLU(), (nodes[-1].name if i == 0 else f"relu{i - 1}",)) for i in range(5_000)]
    graph = Graph.of(reversed(nodes))
    assert graph.order[0] == "image" and graph.order[-1] == "relu4999"
    assert graph.refusal("relu4999", "relu0") is not None


# edits


def test_add(chain: Graph) -> None:
    graph = chain.add(Node("bn1", BatchNorm2d(), ("conv1",)))
    assert graph["bn1"].inputs == ("conv1",) and len(graph) == 6
    with pytest.raises(GraphError, match="Two blocks are called conv1"):
        chain.add(Node("conv1", ReLU()))
    assert chain.fresh("conv") == "conv2" and chain.fresh("bn") == "bn1"


def test_remove(chain: Graph, diamond: Graph) -> None:
    assert chain.remove("relu1")["flatten1"].inputs == (None,)
    assert chain.remove("ghost") == chain
    assert diamond.remove("left")["sum"].inputs == (None, "right")


def test_remove_heals(chain: Graph, diamond: Graph) -> None:
    assert chain.remove("relu1", heal=True)["flatten1"].inputs == ("conv1",)
    assert chain.remove("conv1", "relu1", "flatten1", heal=True)["fc1"].inputs == ("image",)
    assert chain.remove("image", heal=True)["conv1"].inputs == (None,)
    assert diamond.remove("left", heal=True)["sum"].inputs == ("image", "right")


def test_replace_keeps_the_wires_that_fit(diamond: Graph) -> None:
    assert diamond.replace("left", ReLU())["left"] == Node("left", ReLU(), ("image",))
    assert diamond.replace("sum", ReLU())["sum"].inputs == ("left",)
    assert diamond.replace("left", Add())["left"].inputs == ("image", None)
    assert diamond.replace("left", Input())["left"].inputs == ()


def test_rename(diamond: Graph) -> None:
    graph = diamond.rename("image", "picture")
    assert [node.name for node in graph] == ["picture", "left", "right", "sum"]
    assert graph["left"].inputs == graph["right"].inputs == ("picture",)
    assert diamond.rename("left", "left") is diamond
    with pytest.raises(GraphError, match="already a block called right"):
        diamond.rename("left", "right")
    with pytest.raises(NamingError):
        diamond.rename("left", "lambda")


def test_several_are_renamed_at_once(diamond: Graph) -> None:
    both = diamond.frame(("left", "right"), "Middle").rename_all({"left": "a", "right": "b"})
    assert tuple(both.nodes) == ("image", "a", "b", "sum")
    assert both["sum"].inputs == ("a", "b")
    assert both.frames[0].members == {"a", "b"}
    assert both == diamond.frame(("left", "right"), "Middle").rename("left", "a").rename("right", "b")
    assert diamond.rename_all({}) == diamond


def test_connect_unplugs_what_was_there(diamond: Graph) -> None:
    graph = diamond.connect("image", "sum", 1)
    assert graph["sum"].inputs == ("left", "image")
    assert diamond.connect("image", "sum", 2)["sum"].inputs == ("left", "right", "image")
    for target, port in (("left", 1), ("sum", 3), ("image", 0), ("left", -1)):
        with pytest.raises(GraphError, match=f"{target} .* has no input {port + 1}"):
            diamond.connect("image" if target != "image" else "left", target, port)


def test_connect_refuses_circles_in_words(chain: Graph) -> None:
    with pytest.raises(GraphError, match="conv1 already feeds flatten1, so this wire would close a circle"):
        chain.connect("flatten1", "conv1")
    with pytest.raises(GraphError, match="relu1 cannot read its own result"):
        chain.connect("relu1", "relu1")
    assert chain.refusal("image", "fc1") is None


def test_disconnect_closes_the_gap(diamond: Graph) -> None:
    three = diamond.connect("image", "sum", 2)
    assert three.disconnect(Edge("left", "sum", 0))["sum"].inputs == ("right", "image")
    assert diamond.disconnect(Edge("left", "sum", 0))["sum"].inputs == (None, "right")
    assert diamond.disconnect(Edge("image", "left", 0))["left"].inputs == (None,)


def test_insert_splices_a_node_into_a_wire(diamond: Graph) -> None:
    graph = diamond.insert(Edge("right", "sum", 1), Node("bn1", BatchNorm2d()))
    assert wires(graph) - wires(diamond) == {("right", "bn1", 0), ("bn1", "sum", 1)}
    assert ("right", "sum", 1) not in wires(graph)


def test_move(chain: Graph) -> None:
    graph = chain.move({"conv1": (7, 8), "ghost": (0, 0)})
    assert graph["conv1"].position == (7.0, 8.0)
    assert graph["relu1"] is chain["relu1"]


def test_subgraph_leaves_open_ports(chain: Graph) -> None:
    part = chain.subgraph(["flatten1", "relu1"])
    assert [node.name for node in part] == ["relu1", "flatten1"]
    assert part["relu1"].inputs == (None,) and part["flatten1"].inputs == ("relu1",)


def test_merge_makes_free_names(chain: Graph) -> None:
    part = chain.subgraph(["conv1", "relu1"])
    graph, names = merged(chain, part, offset=(10.0, 20.0))
    assert names == ["conv2", "relu2"]
    assert graph["conv2"].inputs == (None,) and graph["relu2"].inputs == ("conv2",)
    assert graph["conv2"].position == (110.0, 20.0)


def test_merge_can_keep_what_was_read(chain: Graph) -> None:
    graph, names = merged(chain, chain.subgraph(["conv1", "relu1"]), keep_inputs=True)
    assert graph[names[0]].inputs == ("image",)


def test_merge_keeps_names_that_are_free(chain: Graph) -> None:
    graph, names = merged(Graph(), chain)
    assert names == list(chain.nodes) and graph == chain


def test_expand_puts_the_parts_in_place_of_a_composite() -> None:
    graph = Graph.of(
        [
            Node("image", Input((4, 8, 8))),
            Node("block1", Residual(4), ("image",), (50.0, 60.0)),
            Node("relu1", ReLU(), ("block1",)),
        ]
    )
    inner = Residual(4).parts(Shape(4, 8, 8)).graph
    opened = expanded(graph, "block1", inner)
    assert "block1" not in opened and len(opened) == 2 + len(inner) - 1
    assert opened["block1_conv1"].inputs == ("image",)
    assert opened["block1_add"].inputs == ("block1_bn2", "image")
    assert opened["relu1"].inputs == (f"block1_{inner.outputs[0].name}",)
    assert min(node.position for node in opened if node.name.startswith("block1_")) == (50.0, 60.0)


def test_expand_finds_free_names() -> None:
    graph = Graph.of(
        [
            Node("image", Input((4, 8, 8))),
            Node("block1", Residual(4), ("image",)),
            Node("block1_conv1", ReLU(), ("block1",)),
        ]
    )
    opened = expanded(graph, "block1", Residual(4).parts(Shape(4, 8, 8)).graph)
    assert isinstance(opened["block1_conv1"].block, ReLU)
    assert isinstance(opened["block1_conv11"].block, Conv2d)
