"""Why a project cannot be trained, or taken away: decided in one place and said in the same words by all."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnnstudio.blocks import Add, BatchNorm1d, Conv2d, Flatten, Input, Linear, Opaque, ReLU
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.graph import Block, Graph, Node, Sketch
from cnnstudio.project import Project
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.project import from_template
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.readiness import Concern, concerns, obstacle, obstacle_of_network


def of_folder(project: Project, folder: Path | str) -> Project:
    return dataclasses.replace(project, recipe=Recipe(data="folder", folder=str(folder)))


def said(project: Project, training: bool = True) -> str | None:
    found = diagnose(infer(project.graph), DATASETS[project.recipe.data].classes)
    return obstacle(project, found) if training else obstacle_of_network(project.graph, found, training=False)


@pytest.fixture(scope="module")
def lenet() -> Project:
    """A network of which there is nothing to be said."""
    return from_template("lenet5")


@pytest.fixture
def two_inputs() -> Project:
    """A whole network that two images enter."""
    draw = Sketch()
    images = draw(Input((1, 8, 8))), draw(Input((1, 8, 8)))
    draw.chain(draw(Add(), *images), Flatten(), Linear(10))
    return Project(draw.graph())


def test_what_stands_in_the_way_is_said_in_words(lenet: Project) -> None:
    assert said(lenet) is None
    assert "no network yet" in str(said(Project()))
    cut = lenet.graph.disconnect(lenet.graph["fc1"].edges[0])
    assert said(dataclasses.replace(lenet, graph=cut))
    no_input = Graph.of(node for node in lenet.graph.subgraph(["fc1"]))
    assert said(dataclasses.replace(lenet, graph=no_input))


def test_what_does_not_suit_the_images_can_be_taken_away_all_the_same(lenet: Project) -> None:
    wide = dataclasses.replace(lenet, graph=lenet.graph.replace("fc3", Linear(1000)))
    assert "1,000" in str(said(wide)) or "1000" in str(said(wide))
    assert said(wide, training=False) is None
    cut = lenet.graph.disconnect(lenet.graph["fc1"].edges[0])
    assert said(dataclasses.replace(lenet, graph=cut), training=False)


def test_images_in_a_folder_need_the_folder(lenet: Project, tmp_path: Path) -> None:
    assert said(of_folder(lenet, "")) == "Choose the folder that your images are in."
    assert str(said(of_folder(lenet, tmp_path / "gone"))).startswith("There is no folder ")
    assert said(of_folder(lenet, tmp_path)) is None
    assert said(of_folder(lenet, ""), training=False) is None, "it can be exported all the same"
    assert obstacle_of_network(lenet.graph, ()) is None, "nor is it a matter of the network"


@pytest.mark.parametrize(
    ("data", "word"), [("table", "table that lists your images"), ("file", "file that your images")]
)
def test_images_in_a_table_or_a_file_need_that(lenet: Project, tmp_path: Path, data: str, word: str) -> None:
    def at(path: Path | str) -> str:
        return str(said(dataclasses.replace(lenet, recipe=Recipe(data=data, folder=str(path)))))

    assert at("").startswith(f"Choose the {word}")
    assert at(tmp_path / "gone").startswith(f"There is no {data} ")
    (tmp_path / "there").write_bytes(b"x")
    assert at(tmp_path / "there") == "None"


def test_training_gives_a_network_one_image(two_inputs: Project) -> None:
    assert said(two_inputs) == "The network has 2 inputs, and training gives it one, the image."
    assert said(two_inputs, training=False) is None, "it can be exported all the same"


def test_warnings_and_hints_stand_in_nobodys_way(lenet: Project) -> None:
    found = diagnose(infer(lenet.graph.replace("conv1", Conv2d(6, bias=False))), 10, 5)
    assert found and obstacle(lenet, found) is None


def drawn(*blocks: Block) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), *blocks)
    return draw.graph()


WHOLE = drawn(Conv2d(8), Flatten(), Linear(10))


@pytest.mark.parametrize(
    "graph",
    [
        WHOLE,
        Graph(),
        drawn(),
        Graph.of([Node("conv1", Conv2d(), (None,))]),
        drawn(Conv2d(8), Linear(10)),
        WHOLE.add(Node("relu1", ReLU(), ("conv1",))),
        WHOLE.add(Node("relu1", ReLU(), (None,))),
        drawn(Flatten(), Opaque("torch.linalg.svd", "", "64")),
    ],
)
def test_what_can_be_taken_away_is_what_has_a_source(graph: Graph) -> None:
    try:
        source(graph)
    except SourceError:
        assert said(Project(graph), training=False)
    else:
        assert said(Project(graph), training=False) is None


@pytest.mark.parametrize("graph", [drawn(), Graph.of([Node("conv1", Conv2d(), (None,))])])
def test_source_and_findings_say_it_in_the_same_words(graph: Graph) -> None:
    with pytest.raises(SourceError) as refused:
        source(graph)
    assert said(Project(graph)) == str(refused.value)


def test_it_is_known_without_torch() -> None:
    program = "import sys, cnnstudio.training.readiness; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


GIGABYTE = 10**9


def found_in(project: Project, free: int = 16 * GIGABYTE) -> list[Concern]:
    analysis = infer(project.graph)
    return list(concerns(project, analysis, diagnose(analysis, DATASETS[project.recipe.data].classes), free=free))


def mended(project: Project, title: str, free: int = 16 * GIGABYTE) -> Project:
    """The project after the fix with this title, which one of its concerns must offer."""
    fixes = {fix.title: fix for concern in found_in(project, free) for fix in concern.fixes}
    return fixes[title].apply(project)


@pytest.mark.parametrize(
    ("blocks", "recipe", "title"),
    [
        ((Conv2d(4), Flatten(), Linear(7)), Recipe(), "Set out_features to 10"),
        ((Conv2d(4),), Recipe(), "Add global average pooling, Flatten and a Linear of 10"),
        ((Flatten(), Linear(16), BatchNorm1d(), Linear(10)), Recipe(batch_size=1), "Batch size 32"),
        ((Flatten(), Linear(10)), Recipe(data="folder"), "Take the digits for now"),
    ],
)
def test_what_stands_in_the_way_is_mended_by_one_click(blocks: tuple[Block, ...], recipe: Recipe, title: str) -> None:
    project = Project(drawn(*blocks), recipe)
    assert said(project) is not None
    assert said(mended(project, title)) is None


def test_an_input_that_no_image_has_is_given_the_size_of_the_images() -> None:
    draw = Sketch()
    draw.chain(draw(Input((2, 8, 8))), Flatten(), Linear(10))
    project = Project(draw.graph(), Recipe(data="cifar10"))
    assert "1 channel (grey) or 3 (colour)" in str(said(project))
    assert said(mended(project, "Make the Input 3 × 32 × 32")) is None


def test_a_network_without_weights_has_nothing_to_learn() -> None:
    assert "nothing to learn" in str(said(Project(drawn(Flatten()), Recipe())))


def test_the_missing_folder_is_asked_for_in_place() -> None:
    [concern] = found_in(Project(drawn(Flatten(), Linear(10)), Recipe(data="folder")))
    assert concern.fixes[0].title == "Choose a folder…" and concern.fixes[0].asks == "folder"


def test_a_batch_that_does_not_fit_is_told_of_and_one_that_does_is_offered(lenet: Project) -> None:
    large = dataclasses.replace(lenet, recipe=Recipe(data="digits", batch_size=65_536))
    assert not found_in(large, 64 * GIGABYTE)
    [concern] = found_in(large, GIGABYTE)
    assert not concern.blocks and said(large) is None, "no step takes more images than there are"
    [fix] = concern.fixes
    assert fix.title.startswith("Batch size ") and fix.title.endswith(" fits")
    assert not found_in(fix.apply(large), GIGABYTE)


def test_images_that_do_not_fit_are_told_of(lenet: Project) -> None:
    wide = dataclasses.replace(
        lenet, graph=lenet.graph.replace("input1", Input((3, 512, 512))), recipe=Recipe(data="mnist")
    )
    concern = found_in(wide, GIGABYTE)[-1]
    assert (
        "of memory while they are read, and" in concern.sentence
        and concern.fixes[0].title == "Make the Input 1 × 28 × 28"
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"mean": (0.5,)}, "The recipe says mean and not std; they belong together."),
        (
            {"mean": (0.5, 0.5, 0.5), "std": (0.5,)},
            "The recipe's mean and std must be 1 number each, as the images have 1 channel.",
        ),
        ({"mean": (0.5,), "std": (0.25,)}, ""),
    ],
)
def test_a_normalisation_that_cannot_be_had_is_found_before(values: dict[str, Any], sentence: str) -> None:
    made = from_template("lenet5")
    project = dataclasses.replace(made, recipe=dataclasses.replace(made.recipe, **values))
    found = list(concerns(project, infer(project.graph), ()))
    assert [each.sentence for each in found] == [sentence] * bool(sentence)
    for each in found:
        assert not list(concerns(each.fixes[0].apply(project), infer(project.graph), ()))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"class_weights": "by hand"}, "The class weights by hand are 0, and there must be 10, one for each class."),
        ({"teacher": "/nowhere"}, "The teacher is to be the folder of a run, and /nowhere has no weights of one."),
    ],
)
def test_a_loss_that_cannot_be_had_is_found_before(values: dict[str, Any], sentence: str) -> None:
    made = from_template("lenet5")
    project = dataclasses.replace(made, recipe=dataclasses.replace(made.recipe, **values))
    (found,) = [each for each in concerns(project, infer(project.graph), ()) if "weights" in each.sentence]
    assert (found.sentence, found.blocks) == (sentence, True)
    (fix,) = found.fixes
    assert not [each for each in concerns(fix.apply(project), infer(project.graph), ()) if "weights" in each.sentence]
    by_hand = ", ".join("1" for _ in range(10))
    fits = dataclasses.replace(made, recipe=Recipe(class_weights="by hand", class_weight_list=by_hand))
    assert not [each for each in concerns(fits, infer(fits.graph), ()) if "weights" in each.sentence]
