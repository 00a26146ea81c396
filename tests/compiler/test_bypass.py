"""Bypassed nodes: everything that is said of a network is said of what acts."""

from __future__ import annotations

import random

import pytest

from cnnstudio.blocks import (
    Add,
    BatchNorm2d,
    Conv2d,
    Dropout2d,
    Flatten,
    Group,
    Input,
    Linear,
    MaxPool2d,
    ReLU,
)
from cnnstudio.compiler.comparison import compare
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.receptive import receptive_fields
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.graph import Graph, Node, Shape, Sketch
from cnnstudio.zoo import TEMPLATES


def chain() -> Graph:
    draw = Sketch()
    x = draw(Input((3, 8, 8)), name="image")
    for block, name in ((Conv2d(4), "conv1"), (MaxPool2d(2), "pool1"), (ReLU(), "relu1"), (Flatten(), "flat")):
        x = draw(block, x, name=name)
    draw(Linear(10), x, name="fc")
    return draw.graph()


def test_a_bypassed_node_has_the_shape_that_enters_and_costs_nothing() -> None:
    graph = chain().bypass(["pool1"])
    analysis = infer(graph)
    assert analysis.shape("pool1") == analysis.shape("conv1") == Shape(4, 6, 6)
    assert (analysis.facts["pool1"].parameters, analysis.facts["pool1"].macs) == (0, 0)
    assert analysis.totals == infer(graph.acting).totals
    assert analysis.totals != infer(chain()).totals
    off = infer(graph.bypass(["conv1"]))
    assert off.shape("relu1") == Shape(3, 8, 8)
    assert off.facts["conv1"].parameters == 0


def test_only_the_first_input_of_a_bypassed_node_matters() -> None:
    graph = Graph.of([Node("image", Input((3, 8, 8))), Node("add1", Add(), ("image",)), Node("r", ReLU(), ("add1",))])
    assert infer(graph).shape("r") is None
    analysis = infer(graph.bypass(["add1"]))
    assert analysis.shape("r") == Shape(3, 8, 8)
    assert analysis.totals is not None
    assert infer(Graph.of([Node("a", ReLU()), Node("b", ReLU(), ("a",))]).bypass(["a"])).facts == {}


def test_a_bypassed_node_that_nothing_enters_waits_as_others_do() -> None:
    graph = Graph.of(
        [
            Node("image", Input((3, 8, 8))),
            Node("relu1", ReLU()),
            Node("add1", Add(), ("image", "image", "relu1")),
            Node("end", Flatten(), ("add1",)),
        ]
    ).bypass(["relu1"])
    analysis = infer(graph)
    assert set(analysis.facts) == {"image"}
    assert analysis.totals is None
    (found,) = (each for each in diagnose(analysis) if each.code == "open-port")
    assert found.sentence == "Nothing flows into the input of relu1 (ReLU)."
    with pytest.raises(SourceError, match=r"relu1 \(ReLU\) has an open input"):
        source(graph)
    removed = next(fix for fix in found.fixes if fix.title == "Delete relu1").apply(graph)
    assert infer(removed).totals is not None
    (open_ports,) = (each for each in diagnose(infer(graph.replace("relu1", Add()))) if each.code == "open-port")
    assert open_ports.nodes == ("relu1",)


def test_an_edit_elsewhere_takes_over_what_is_known() -> None:
    graph = chain().bypass(["pool1"])
    before = infer(graph)
    after = graph.replace("conv1", Conv2d(6))
    assert infer(after, before) == infer(after)
    assert infer(after.bypass(["pool1"], on=False), infer(after)) == infer(after.bypass(["pool1"], on=False))
    assert infer(chain().bypass(["relu1"]), infer(chain())) == infer(chain().bypass(["relu1"]))


@pytest.mark.parametrize("key", sorted(TEMPLATES))
def test_what_acts_is_what_is_written_and_said(key: str) -> None:
    luck = random.Random(key)
    template = TEMPLATES[key]
    graph = template.make(template.classes, template.size)
    names = [node.name for node in graph if not node.is_input]
    written = 0
    for _ in range(12):
        off = graph.bypass(luck.sample(names, luck.randint(1, 3)))
        analysis, acting = infer(off), infer(off.acting)
        assert {name: analysis.facts.get(name) for name in off.acting.nodes} == {
            name: acting.facts.get(name) for name in off.acting.nodes
        }
        assert analysis.totals == acting.totals
        fields = receptive_fields(analysis) if not analysis.errors else {}
        assert all(fields[name] == seen for name, seen in receptive_fields(acting).items() if fields)
        mine, other = diagnose(analysis), diagnose(acting)
        assert [(found.code, found.nodes, found.sentence) for found in mine] == [
            (found.code, found.nodes, found.sentence) for found in other
        ]
        for found in mine:
            for fix in found.fixes:
                fixed = fix.apply(off)
                assert fixed != off
                Graph.of(fixed)
                same = next(
                    each
                    for one in other
                    for each in one.fixes
                    if one == found_in(other, found) and each.title == fix.title
                )
                assert shape_of(fixed.acting) == shape_of(same.apply(off.acting))
        try:
            text = source(off.acting).text
        except SourceError:
            with pytest.raises(SourceError):
                source(off)
        else:
            written += 1
            assert source(off).text == text
    assert written


def found_in(others: tuple, found):
    return next(each for each in others if (each.code, each.nodes) == (found.code, found.nodes))


def shape_of(graph: Graph):
    """Without names: those of new nodes keep clear of bypassed ones."""
    return [
        (graph[name].block, [source and graph[source].block for source in graph[name].inputs]) for name in graph.order
    ]


def test_a_fix_that_a_bypassed_node_is_in_the_way_of_is_not_offered() -> None:
    draw = Sketch()
    x = draw.chain(draw(Input((3, 8, 8))), Conv2d(4), Dropout2d(0.1))
    x = draw(ReLU(), x, name="between")
    draw.chain(x, BatchNorm2d(), ReLU(), Flatten(), Linear(10))
    graph = draw.graph()

    def offered(graph: Graph) -> list[str]:
        return [
            fix.title
            for found in diagnose(infer(graph))
            if found.code == "dropout-before-batchnorm"
            for fix in found.fixes
        ]

    assert offered(graph.remove("between", heal=True)) == ["Put dropout1 behind bn1"]
    off = graph.bypass(["between"])
    assert [found.code for found in diagnose(infer(off))] == ["dropout-before-batchnorm"]
    assert offered(off) == []


def test_source_knows_what_a_bypassed_node_passes_on() -> None:
    written = source(chain().bypass(["relu1", "pool1"]))
    assert written.passed == {"relu1": "conv1", "pool1": "conv1"}
    assert "pool1" not in written.text


def test_a_group_may_hold_bypassed_blocks() -> None:
    def group(*off: str) -> Group:
        body = Graph.of(
            [
                Node("input1", Input((3, 8, 8))),
                Node("conv1", Conv2d(4), ("input1",)),
                Node("relu1", ReLU(), ("conv1",)),
            ]
        )
        return Group("Stem", body.bypass(off))

    image = Shape(3, 8, 8)
    assert group("relu1").weights(image) == group().weights(image)
    assert group("conv1").shape(image) == image
    assert group("conv1").weights(image) == {}
    graph = Graph.of([Node("image", Input(tuple(image))), Node("stem", group("conv1"), ("image",))])
    text = source(graph).text
    assert "conv1" not in text
    assert "relu" in text
    assert infer(graph).inside("stem").graph["conv1"].bypassed
    nothing = infer(graph.replace("stem", group("conv1", "relu1"))).errors["stem"]
    assert nothing.sentence == "The group holds nothing that is not bypassed."


def test_a_comparison_says_what_is_bypassed() -> None:
    between = compare(infer(chain()), infer(chain().bypass(["conv1"])))
    change = next(change for change in between.changes if change.name == "conv1")
    assert change.kind == "changed"
    assert change.sentences[0] == "bypassed off → on"
    assert change.parameters == -(4 * 3 * 9 + 4)
    assert [setting.name for setting in change.settings] == ["bypassed"]
    assert between.parameters == infer(chain().bypass(["conv1"])).totals.parameters - infer(chain()).totals.parameters
