"""The project file: what goes in comes out, and nothing that comes in does harm."""

from __future__ import annotations

import copy
import errno
import json
import os
import random
import re
from dataclasses import MISSING, replace
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import Conv2d, Group, Input
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import BLOCKS, Graph, Node, Shape, Sketch, parameters
from cnnstudio.project import Project, ProjectError, dumps, file_format, from_template, loads, read, write, writing
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.limits import LARGEST, MOST, MOST_INPUTS
from cnnstudio.project.project import DEEPEST
from cnnstudio.project.recipe import Recipe
from cnnstudio.zoo import NETWORKS, TEMPLATES

DEFAULTS = Path(__file__).with_name("defaults.json")
EXAMPLE_KEYS = ("lenet5", "vgg-small", "small-resnet")
EXAMPLES = Path(__file__).resolve().parents[2] / "resources" / "examples"

GOLDEN = """\
{
  "format": "cnnstudio",
  "version": 2,
  "nodes": [
    {"name": "input1", "block": "Input", "parameters": {"size": [3, 32, 32]}, "position": [0, 0]},
    {"name": "conv1", "block": "Conv2d", "parameters": {"out_channels": 64, "kernel_size": [1, 7], "padding": "same"}, \
"inputs": ["input1"], "position": [220, -12.5]},
    {"name": "loose", "block": "Conv2d", "inputs": [null], "position": [0, 100]}
  ],
  "recipe": {
"""


@pytest.fixture
def project() -> Project:
    draw = Sketch()
    draw(Conv2d(64, (1, 7), padding="same"), draw(Input((3, 32, 32))))
    graph = draw.graph().move({"conv1": (220.0, -12.5)})
    graph = graph.add(Node("loose", Conv2d(), (None,), (-0.0, 100.0)))
    return Project(graph, Recipe(data="folder", folder="/tmp/Bäume 图", epochs=3, learning_rate=1e-7))


@pytest.fixture
def grouped() -> Project:
    """A group in a group."""
    body = Graph.of((Node("input1", Input((3, 8, 8))), Node("conv1", Conv2d(4), ("input1",), (40.0, 2.5))))
    outer = Graph.of((Node("input1", Input()), Node("group1", Group("Inner", body), ("input1",))))
    return Project(Graph.of((Node("input1", Input((3, 8, 8))), Node("group1", Group("Outer", outer), ("input1",)))))


def refusal(text: str | bytes) -> str:
    with pytest.raises(ProjectError) as caught:
        loads(text)
    sentence = str(caught.value)
    assert sentence.endswith((".", "…"))
    assert len(sentence) < 600
    return sentence


# what goes in comes out


def test_the_text_is_a_node_a_line(project: Project) -> None:
    text = dumps(project)
    assert text.startswith(GOLDEN)
    assert '\n    "folder": "/tmp/Bäume 图",\n' in text
    assert text.endswith('"compile": false\n  }\n}\n')
    json.loads(text)


def test_equal_projects_round_trip(project: Project) -> None:
    text = dumps(project)
    assert loads(text) == project
    assert loads(text.encode()) == project
    assert dumps(loads(text)) == text
    assert list(loads(text).graph.nodes) == ["input1", "conv1", "loose"]
    assert loads(dumps(Project())) == Project()


def test_a_file_round_trips(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "net.cnn"
    write(path, project)
    assert read(path) == project
    assert path.read_bytes() == dumps(project).encode()
    assert [found.name for found in tmp_path.iterdir()] == ["net.cnn"]


def test_hand_written_files_may_leave_out_what_is_at_its_default() -> None:
    text = '\ufeff{"format": "cnnstudio", "version": 1, "nodes": [{"name": "a", "block": "Input"}]}'
    assert loads(text) == Project(Graph.of([Node("a", Input())]))


NESTED = """\
    {"name": "group1", "block": "Group", "parameters": {"label": "Outer", "body": {"nodes": [
      {"name": "input1", "block": "Input", "position": [0, 0]},
      {"name": "group1", "block": "Group", "parameters": {"label": "Inner", "body": {"nodes": [
        {"name": "input1", "block": "Input", "parameters": {"size": [3, 8, 8]}, "position": [0, 0]},
        {"name": "conv1", "block": "Conv2d", "parameters": {"out_channels": 4}, "inputs": ["input1"], \
"position": [40, 2.5]}
      ]}}, "inputs": ["input1"], "position": [0, 0]}
    ]}}, "inputs": ["input1"], "position": [0, 0]}
"""


def test_a_group_keeps_its_blocks(grouped: Project) -> None:
    text = dumps(grouped)
    assert NESTED in text
    assert loads(text) == grouped
    assert dumps(loads(text)) == text


FRAMED = """\
  ],
  "frames": [
    {"title": "Der Stamm 图", "hue": 210, "members": ["input1", "conv1"]},
    {"title": "Rest", "hue": 0, "members": ["loose"]}
  ],
  "recipe": {
"""


@pytest.fixture
def framed(project: Project) -> Project:
    graph = project.graph.frame(("conv1", "input1"), "Der Stamm 图", 210).frame(("loose",), "Rest", 0)
    return Project(graph, project.recipe)


def test_frames_stand_in_a_list_of_their_own(framed: Project, project: Project, grouped: Project) -> None:
    text = dumps(framed)
    assert FRAMED in text
    assert loads(text) == framed
    assert dumps(loads(text)) == text
    assert '"frames"' not in dumps(project)
    assert loads(dumps(project)).graph.frames == ()
    group = grouped.graph["group1"].block
    assert isinstance(group, Group)
    within = Project(grouped.graph.replace("group1", replace(group, body=group.body.frame(("group1",), "Within", 7))))
    assert '    ], "frames": [\n      {"title": "Within", "hue": 7, "members": ["group1"]}\n    ]}}' in dumps(within)
    assert loads(dumps(within)) == within
    assert loads(dumps(within)) != grouped


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("frames",), {}, "In the file, frames: a list is needed, not a group in braces."),
        (("frames", 1), 7, "At frame 2: a group in braces is needed, not a whole number."),
        (("frames", 1, "title"), ..., "At frame 2: title is missing."),
        (("frames", 1, "title"), "", "At frame 2: A frame needs a title."),
        (
            ("frames", 1, "title"),
            "a" * 1_000_000,
            "At frame 2: The title of a frame has 60 letters at most, not 1,000,000.",
        ),
        (("frames", 1, "title"), "two\nlines", "At frame 2: The title of a frame is one line"),
        (("frames", 1, "hue"), 360, "At frame 2: The hue of a frame must be from 0 to 359 degrees, not 360."),
        (("frames", 1, "hue"), 1.5, "At frame 2, hue: a whole number is needed, not a number."),
        (("frames", 1, "colour"), 1, "At frame 2: 'colour' is nothing that belongs there."),
        (("frames", 1, "members"), [], "The frame Rest holds no block."),
        (("frames", 1, "members"), ["ghost"], "The frame Rest holds ghost, which does not exist."),
        (("frames", 1, "members"), ["conv1"], "conv1 is in two frames, Der Stamm 图 and Rest."),
        (("frames", 1, "members"), ["loose", "loose"], "At frame 2: a member is named twice."),
        (("frames", 1, "members", 0), None, "At frame 2, members: text is needed, not null."),
    ],
)
def test_every_mistake_in_a_frame_is_named_with_its_place(
    framed: Project, path: tuple[str | int, ...], value: Any, sentence: str
) -> None:
    assert sentence in refusal(changed(framed, path, value))


# bad text


def changed(project: Project, path: tuple[str | int, ...], value: Any) -> str:
    """The file with one value changed; ``...`` removes it."""
    document = json.loads(dumps(project))
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "It is empty."),
        (b" \n ", "It is empty."),
        ("{", "breaks off at line 1"),
        ('{"format": "cnnstudio",\n  "version": }', "something is wrong at line 2, column 14"),
        ("[]", "no project of CNN Studio"),
        ("null", "no project of CNN Studio"),
        ('{"format": "other"}', "no project of CNN Studio"),
        (b"\x89PNG\r\n\x1a\n\x00", "no text in UTF-8"),
        ("{}".encode("utf-16"), "no text in UTF-8"),
        ("\ud800", "no text in UTF-8"),
        ("[" * 1_000_000, "nested too deeply"),
        ('{"format": ' * 700_000, "nested too deeply"),
        ('{"format": ' * 800_000, "It takes 8.4 MB; 8 MB are allowed."),
        ('{"a": ' + "9" * 10_000 + "}", "too large"),
        ('{"a": 1e999}', "too large"),
        ('{"a": NaN}', "no valid JSON"),
    ],
)
def test_text_that_is_no_project(text: str | bytes, sentence: str) -> None:
    assert sentence in refusal(text)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("version",), 3, "of version 3 and comes from a newer CNN Studio; this one reads up to version 2. Update"),
        (("version",), 10**300, "of version of many digits and comes from a newer"),
        (("version",), 0, "version must be a whole number from 1"),
        (("version",), True, "version must be a whole number from 1"),
        (("version",), "1", "version must be a whole number from 1"),
        (("version",), ..., "version must be a whole number from 1"),
        (("nodes",), ..., "In the file: nodes is missing."),
        (("nodes",), {}, "In the file, nodes: a list is needed, not a group in braces."),
        (("extra",), 1, "In the file: 'extra' is nothing that belongs there."),
        (("nodes", 1), None, "At node 2: a group in braces is needed, not null."),
        (("nodes", 1, "name"), ..., "At node 2: name is missing."),
        (("nodes", 1, "name"), 7, "At node 2, name: text is needed, not a whole number."),
        (("nodes", 1, "name"), "two words", "At node 2: 'two words' is no name"),
        (("nodes", 1, "name"), "for", "At node 2 (for): 'for' is a word of the Python language"),
        (("nodes", 1, "name"), "forward", "has a meaning of its own"),
        (("nodes", 1, "name"), "state_dict", "every PyTorch module already has"),
        (("nodes", 1, "name"), "ﬁ", "is no name"),
        (("nodes", 1, "name"), "a" * 1_000_000, "has 1000000 letters"),
        (("nodes", 1, "name"), "input1", "Two blocks are called input1."),
        (("nodes", 1, "block"), "Conv2D", "At node 2 (conv1): there is no block 'Conv2D' (did you mean Conv2d?)."),
        (("nodes", 1, "block"), "x" * 1_000_000, "there is no block"),
        (("nodes", 1, "block"), ["Conv2d"], "At node 2 (conv1), block: text is needed, not a list."),
        (("nodes", 1, "parameters"), [], "At node 2 (conv1), parameters: a group in braces is needed"),
        (("nodes", 1, "parameters", "kernelsize"), 3, "no parameter 'kernelsize' (did you mean kernel_size?)"),
        (
            ("nodes", 1, "parameters", "kernel_size"),
            0,
            "At node 2 (conv1): kernel_size must be from 1 to 1,024, not 0.",
        ),
        (("nodes", 1, "parameters", "kernel_size"), "3", "kernel_size must be a whole number or a pair"),
        (("nodes", 1, "parameters", "kernel_size"), [3, 3, 3], "kernel_size must be"),
        (("nodes", 1, "parameters", "kernel_size"), 1.5, "kernel_size must be"),
        (("nodes", 1, "parameters", "bias"), 1, "bias must be true or false"),
        (("nodes", 1, "parameters", "out_channels"), 10**30, "out_channels must be from 1 to 65,536"),
        (("nodes", 1, "inputs"), ["nobody"], "conv1 reads from nobody, which does not exist."),
        (("nodes", 1, "inputs"), ["conv1"], "The network runs in a circle: conv1 → conv1."),
        (("nodes", 1, "inputs"), ["input1", "loose"], "conv1 (Conv2d) takes 1 input, not 2."),
        (("nodes", 1, "inputs"), [["input1"]], "At node 2 (conv1), inputs: text or null is needed, not a list."),
        (("nodes", 1, "inputs"), [None] * (MOST_INPUTS + 1), "1,001 inputs; 1,000 are allowed"),
        (("nodes", 0, "inputs"), ["conv1"], "input1 (Input) takes no inputs, not 1."),
        (("nodes", 1, "position"), [1], "At node 2 (conv1), position: 2 entries are needed, not 1."),
        (("nodes", 1, "position"), [1, "a"], "At node 2 (conv1), position: a number is needed, not text."),
        (("nodes", 1, "position"), [1e300, 0], "position: both numbers must be from -10,000,000 to 10,000,000"),
        (("nodes", 1, "pos"), [1, 2], "At node 2 (conv1): 'pos' is nothing that belongs there."),
        (("nodes",), [{"name": f"n{n}", "block": "Input"} for n in range(MOST["nodes"] + 1)], "10,001 nodes"),
        (
            ("nodes",),
            [{"name": f"n{n}", "block": "Add", "inputs": ["n0"] * 1_000} for n in range(101)],
            "101,000 wires",
        ),
        (("recipe", "epoch"), 1, "In the recipe: there is no parameter 'epoch' (did you mean epochs?)."),
        (("recipe", "epochs"), 0, "In the recipe: epochs must be from 1 to 10,000, not 0."),
        (("recipe", "optimizer"), "LBFGS", 'In the recipe: optimizer must be "SGD" or "Adam" or "AdamW"'),
        (("recipe",), [], "In the file, recipe: a group in braces is needed, not a list."),
    ],
)
def test_every_mistake_is_named_with_its_place(
    project: Project, path: tuple[str | int, ...], value: Any, sentence: str
) -> None:
    assert sentence in refusal(changed(project, path, value))


def test_a_mistake_inside_a_group_is_named_with_its_place(grouped: Project) -> None:
    text = dumps(grouped)
    conv = '"block": "Conv2d", "parameters": {"out_channels": 4}, "inputs": ["input1"]'
    where = "At node 2 (group1), node 2 (group1)"
    for wrong, sentence in (
        (conv.replace("4", "0"), f"{where}, node 2 (conv1): out_channels must be from 1 to 65,536, not 0."),
        (conv.replace("4", "[]"), f"{where}, node 2 (conv1): out_channels must be "),
        (conv.replace("Conv2d", "Conv3d"), f"{where}, node 2 (conv1): there is no block 'Conv3d'"),
        (conv.replace("input1", "conv1"), f"{where}: The network runs in a circle: conv1 → conv1."),
        (conv.replace('["input1"]', "7"), f"{where}, node 2 (conv1), inputs: a list is needed, not a whole number."),
    ):
        assert sentence in refusal(text.replace(conv, wrong))
    document = json.loads(text)
    document["nodes"][1]["parameters"]["body"] = 3
    assert "At node 2 (group1): body must be a Graph, not 3." in refusal(json.dumps(document))
    assert f"{where}: 'node' is nothing that belongs there." in refusal(
        text.replace('"Inner", "body": {"nodes"', '"Inner", "body": {"node"')
    )


def test_groups_do_not_stand_in_groups_without_end(tmp_path: Path) -> None:
    def nested(depth: int) -> Project:
        body = Graph.of((Node("input1", Input()), Node("conv1", Conv2d(4), ("input1",))))
        for _ in range(depth):
            body = Graph.of((Node("input1", Input()), Node("group1", Group("Group", body), ("input1",))))
        return Project(body)

    assert loads(dumps(nested(DEEPEST))) == nested(DEEPEST)
    assert infer(nested(DEEPEST).graph).totals is not None
    assert f"groups may stand in groups {DEEPEST} deep." in refusal(dumps(nested(DEEPEST + 1)))
    with pytest.raises(ProjectError, match=r"net\.cnn was not written: "):
        write(tmp_path / "net.cnn", nested(DEEPEST + 1))


def test_a_circle_is_named(project: Project) -> None:
    text = changed(project, ("nodes", 1, "inputs"), ["loose"]).replace("[null]", '["conv1"]')
    assert "runs in a circle: " in refusal(text)


def test_deep_nesting_inside_a_value_is_refused(project: Project) -> None:
    for depth in (100, 500, 900, 990):
        nested: Any = 1
        for _ in range(depth):
            nested = [nested]
        document = json.loads(dumps(project))
        document["nodes"][1]["parameters"]["kernel_size"] = "HERE"
        refusal(json.dumps(document).replace('"HERE"', "[" * depth + "1" + "]" * depth))


def test_older_versions_are_brought_up_to_date(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename_parts(found: dict[str, Any]) -> dict[str, Any]:
        found["nodes"] = found.pop("layers")
        return found

    old = dumps(project).replace('"nodes"', '"layers"')
    monkeypatch.setattr(file_format, "VERSION", 3)
    monkeypatch.setattr(file_format, "UPGRADES", {2: rename_parts})
    assert loads(old) == project
    assert '"version": 3' in dumps(project)
    assert "of version 2 and damaged" in refusal(dumps(project).replace('"version": 3', '"version": 2'))


def test_defaults_are_part_of_the_format(request: pytest.FixtureRequest) -> None:
    """A file leaves out what is at its default, so another default would change what old files mean.

    Change one only with a new version and an upgrade that writes the old one out; then ``make golden``.
    """
    written = {
        name: {p.name: None if p.default is MISSING else json.loads(writing._text(p.default)) for p in parameters(cls)}
        for name, cls in sorted(BLOCKS.items())
    }
    if request.config.getoption("--rewrite-golden", default=False):
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in written.items())
        DEFAULTS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    known = json.loads(DEFAULTS.read_text(encoding="utf-8"))
    assert {name: written.get(name) for name in known} == known


def test_there_is_an_upgrade_from_every_older_version() -> None:
    assert sorted(file_format.UPGRADES) == list(range(1, file_format.VERSION))


HOSTILE: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 1e308, -1e308, 10**18, -(10**40), 10**4_000, float("nan"), float("inf")),
    *("", "\0", "a" * 5_000, "\ud800", "conv1", "input1", "class", "__class__", "__import__('os')", "../..", "ﬁ", "\n"),
    *(
        [],
        {},
        [[]],
        [None] * 50,
        [1, 2],
        [1.5, "a"],
        {"": {}},
        {"__init__": 1},
        {"self": 1},
        {"size": [1]},
        ["conv1"] * 3,
    ),
]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, child in children for deeper in places(child, (*path, key)))]


def mutated_value(document: Any, rng: random.Random) -> Any:
    document = copy.deepcopy(document)
    for _ in range(rng.randint(1, 3)):
        path = rng.choice([place for place in places(document) if place] or [()])
        if not path:
            return document
        place = document
        for key in path[:-1]:
            place = place[key]
        kind = rng.random()
        if kind < 0.15:
            del place[path[-1]]
        elif kind < 0.3 and isinstance(place, list):
            place.insert(rng.randrange(len(place) + 1), copy.deepcopy(rng.choice(place)))
        else:
            place[path[-1]] = copy.deepcopy(rng.choice(HOSTILE))
    return document


def mutated_bytes(data: bytes, rng: random.Random) -> bytes:
    kind = rng.random()
    if kind < 0.2:
        return data[: rng.randrange(len(data))]
    made = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(made))
        if kind < 0.6:
            made[at] = rng.randrange(256)
        elif kind < 0.8:
            made[at] ^= 1 << rng.randrange(8)
        else:
            made[at : at + rng.randint(0, 8)] = data[(there := rng.randrange(len(data))) : there + rng.randint(0, 30)]
    return bytes(made)


@pytest.mark.parametrize("which", ["project", "grouped", "framed"])
def test_mutations_of_a_good_file_give_a_project_or_a_sentence(which: str, request: pytest.FixtureRequest) -> None:
    rng = random.Random(20)
    data = dumps(request.getfixturevalue(which)).encode()
    document = json.loads(data)
    outcomes = {"project": 0, "refused": 0}
    for turn in range(3_000):
        hostile = mutated_bytes(data, rng) if turn % 2 else json.dumps(mutated_value(document, rng)).encode()
        try:
            found = loads(hostile)
        except ProjectError as error:
            assert 0 < len(str(error)) < 600
            outcomes["refused"] += 1
        else:
            assert dumps(loads(dumps(found))) == dumps(found)
            outcomes["project"] += 1
    assert outcomes["project"] > 50
    assert outcomes["refused"] > 1_000


def test_a_file_may_ask_for_sizes_out_of_all_bounds(project: Project) -> None:
    for block, values in (
        ("DepthwiseConv2d", {"multiplier": 64}),
        ("Conv2d", {"kernel_size": 1_000, "dilation": 16, "stride": 2, "padding": "same"}),
    ):
        text = changed(project, ("nodes", 1, "block"), block)
        document = json.loads(text)
        document["nodes"][0]["parameters"] = {"size": [65_536, 5, 5]}
        document["nodes"][1]["parameters"] = values
        assert set(infer(loads(json.dumps(document)).graph).errors) == {"conv1"}


# bad files


def test_files_that_cannot_be_read(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "net.cnn"
    path.write_text(dumps(project)[:100])
    with pytest.raises(ProjectError, match=r"^net\.cnn cannot be opened: It breaks off at line 5"):
        read(path)
    with pytest.raises(ProjectError, match=r"net2\.cnn cannot be opened: it does not exist"):
        read(tmp_path / "net2.cnn")
    with pytest.raises(ProjectError, match="it is a folder"):
        read(tmp_path)
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)  # a hole: it takes no room on the disk
    with pytest.raises(ProjectError, match="larger than 8 MB"):
        read(path)


def test_a_full_disk_leaves_the_old_file(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.cnn"
    write(path, project)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for owner, name in ((os, "fsync"), (os, "replace"), (Path, "write_bytes")):
        with monkeypatch.context() as patch, pytest.raises(ProjectError, match="not written: the disk is full"):
            patch.setattr(owner, name, full)
            write(path, Project())
        assert read(path) == project
        assert [found.name for found in tmp_path.iterdir()] == ["net.cnn"]


def test_a_short_write_is_noticed(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.cnn"
    write(path, project)
    whole = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda self, data: whole(self, data[:-40]))
    with pytest.raises(ProjectError, match="the disk did not keep what was put there"):
        write(path, Project())
    assert read(path) == project


def test_what_would_not_come_back_is_not_written(project: Project, tmp_path: Path) -> None:
    far = Project(project.graph.move({"conv1": (float("nan"), 0.0)}))
    with pytest.raises(ProjectError, match="was not written: "):
        write(tmp_path / "net.cnn", far)
    with pytest.raises(ProjectError, match="letters that no file can hold"):
        write(tmp_path / "net.cnn", Project(recipe=Recipe(folder="\udc80")))
    assert not list(tmp_path.iterdir())


# templates and examples


def test_every_template_begins_with_a_recipe_for_its_data() -> None:
    for key, template in TEMPLATES.items():
        project = from_template(key)
        assert project.recipe.data == template.data
        assert infer(project.graph).totals is not None
        assert len({node.position for node in project.graph}) == len(project.graph)


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("key", [*TEMPLATES, *NETWORKS])
def test_a_network_ends_in_the_classes_of_its_data(key: str, small: bool) -> None:
    template = {**TEMPLATES, **NETWORKS}[key]
    project = from_template(key, small)
    dataset = DATASETS[project.recipe.data]
    analysis = infer(project.graph)
    assert not analysis.errors
    (last,) = project.graph.outputs
    assert analysis.shape(last.name) == Shape(dataset.classes or 1000)
    if small and key in NETWORKS:
        assert analysis.shape(project.graph.inputs[0].name) == Shape(3, 32, 32)
    assert re.search(r"[12]\d{3}", template.sentence) or key == "transfer"  # its year


@pytest.mark.parametrize("key", EXAMPLE_KEYS)
def test_the_examples_are_the_templates(key: str, request: pytest.FixtureRequest) -> None:
    """``pytest tests/compiler tests/project --rewrite-golden`` writes them anew."""
    path = EXAMPLES / f"{key.replace('-', '_')}.cnn"
    if request.config.getoption("--rewrite-golden", default=False):
        write(path, from_template(key))
    assert path.read_text(encoding="utf-8") == dumps(from_template(key))


def test_there_is_no_other_example() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.cnn")} == {key.replace("-", "_") for key in EXAMPLE_KEYS}
