"""Tables and diagrams: all of the network, for programs that are none of ours, and nothing in a name breaks them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from cnnstudio.blocks import Add, Conv2d, Flatten, Input, Linear, Opaque
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.exporting import diagrams, layer_table
from cnnstudio.exchange.exporting.delivery import TEXTS, deliver
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.graph import Graph, Node
from cnnstudio.project import Project

HOSTILE = 'x"]; end # <b>&amp; $_{^~}% \\ | `y`'


@pytest.fixture
def hostile() -> Graph:
    """A skip over a step whose name wants to be a command."""
    return Graph.of(
        (
            Node("end", Input((1, 8, 8)), (), (0.0, 0.0)),
            Node("graph", Conv2d(1, 3, padding=1), ("end",), (300.0, 0.0)),
            Node("step", Opaque(HOSTILE, expression="{0}", mac_count=0), ("graph",), (600.0, 0.0)),
            Node("add1", Add(), ("end", "step"), (900.0, 60.0)),
            Node("flatten1", Flatten(), ("add1",), (1200.0, 0.0)),
            Node("fc", Linear(10), ("flatten1",), (1500.0, 0.0)),
        )
    )


def test_the_table_for_a_spreadsheet_is_read_back_and_its_numbers_add_up(hostile: Graph) -> None:
    text = layer_table.as_csv(infer(hostile))
    assert text.startswith("\ufeff") and text.count("\r\n") == len(hostile) + 2
    head, *body, total = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert [row[0] for row in body] == list(hostile.order) and head[3] == "Parameters"
    assert HOSTILE in body[2][1]
    assert total[0] == "Total" and int(total[3]) == sum(int(row[3]) for row in body) == 10 + 650
    assert int(total[4]) == sum(int(row[4]) for row in body)


def test_in_markdown_every_row_has_every_cell(hostile: Graph) -> None:
    lines = layer_table.as_markdown(infer(hostile)).splitlines()
    assert len(lines) == len(hostile) + 3
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {7}


def test_in_latex_nothing_but_the_table_means_anything(hostile: Graph) -> None:
    lines = layer_table.as_latex(infer(hostile)).splitlines()
    rows = [line for line in lines if line.endswith(r"\\")]
    assert len(rows) == len(hostile) + 2
    for row in rows:
        assert len(re.findall(r"(?<!\\)&", row)) == 5
        cells = re.sub(
            r"\\(textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|textquotedbl)\{\}", "", row
        )
        plain = re.sub(r"\$\\(times|to|cdot|div|leq|geq|infty|alpha|gamma)\$", "", cells)
        assert not re.search(r"(?<!\\)[$#%_{}^~]", plain), row


def test_the_diagrams_have_every_block_and_every_wire(hostile: Graph) -> None:
    analysis = infer(hostile)
    wires = sum(len(node.edges) for node in hostile)
    chart, dot, drawn = diagrams.mermaid(analysis), diagrams.graphviz(analysis), diagrams.tikz(analysis)
    assert len(re.findall(r'^    n\d+\["[^"]*"\]$', chart, re.M)) == len(hostile)
    assert len(re.findall(r'^    n\d+ -->\|"[^"]*"\| n\d+$', chart, re.M)) == wires
    assert chart.count("\n") == 1 + len(hostile) + wires
    string = r'"(?:[^"\\]|\\.)*"'
    assert len(re.findall(rf"^    n\d+ \[label={string}\];$", dot, re.M)) == len(hostile)
    assert len(re.findall(rf"^    n\d+ -> n\d+ \[label={string}\];$", dot, re.M)) == wires
    assert len(re.findall(r"^  \\node\[block\] \(n\d+\) at \(-?[\d.]+, -?[\d.]+\) \{.*\};$", drawn, re.M)) == len(
        hostile
    )
    assert len(re.findall(r"^  \\draw\[wire\] \(n\d+\) -- .* \(n\d+\);$", drawn, re.M)) == wires
    assert "1 × 8 × 8" in chart and "1 × 8 × 8" in dot and r"1 $\times$ 8 $\times$ 8" in drawn


def test_a_network_that_nobody_has_laid_out_is_drawn_all_the_same(chain: Graph) -> None:
    stacked = Graph.of(Node(node.name, node.block, node.inputs) for node in chain)
    places = re.findall(r"at \(([^)]*)\)", diagrams.tikz(infer(stacked)))
    assert len(set(places)) == len(chain)


def test_what_is_bypassed_is_in_none_of_them(chain: Graph) -> None:
    analysis = infer(chain.bypass(["relu1"]))
    for make in TEXTS.values():
        assert "relu1" not in make(analysis) and "conv1" in make(analysis).replace("\\_", "_")


def test_each_is_written_where_it_is_wanted(chain: Graph, tmp_path: Path) -> None:
    for kind, make in TEXTS.items():
        path = tmp_path / f"{kind}{KINDS[kind].suffix}"
        exported, told = deliver(Project(chain), kind, path)
        assert told == f"{path.name} is written." and exported.measured is None
        assert path.read_bytes().decode() == make(infer(chain))
    assert len(list(tmp_path.iterdir())) == len(TEXTS), "what is only read gets no model card"
