"""What networkx is told of a network."""

from cnnstudio.graph.digraph import digraph


def test_a_wire_leads_from_what_is_read_to_who_reads_it() -> None:
    made = digraph({"add": ("relu", "input", "relu"), "relu": ("input",), "alone": (), "input": ()})
    assert list(made) == ["add", "relu", "alone", "input"]
    assert set(made.edges) == {("relu", "add"), ("input", "add"), ("input", "relu")}
