"""The pretrained backbone as a block: where it is cut, what it counts, and how it is written."""

import pytest

from cnnstudio.blocks import AdaptiveAvgPool2d, Add, Flatten, Input, Linear
from cnnstudio.blocks.group import grouped
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.editing.assembly import expanded
from cnnstudio.graph import Graph, Shape, ShapeError, Sketch
from cnnstudio.project import Project, dumps, loads
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo import NETWORKS, Backbone
from cnnstudio.zoo.backbone import MODELS


def network(block: Backbone, size: tuple[int, int, int] = (3, 64, 64)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), block, AdaptiveAvgPool2d(1), Flatten(), Linear(10))
    return draw.graph()


@pytest.mark.parametrize("model", MODELS)
def test_every_network_can_be_cut_at_its_features_and_at_its_vector(model: str) -> None:
    size = Shape(*NETWORKS[model].size)
    whole = infer(NETWORKS[model].make(1000, NETWORKS[model].size))
    assert whole.totals is not None
    vector = Backbone(model, "vector")
    (width,) = vector.shape(size)
    last = 1000 * width + (0 if model == "maxvit_t" else 1000)  # whose last layer has no bias
    learned = sum(weight.numel for weight in vector.weights(size).values())
    assert learned == whole.totals.parameters - last  # all but the last layer
    cuts = {"1/4": 4, "1/8": 8, "1/16": 16}
    if model.startswith("vit"):  # whose maps are all of one size
        cuts = {"1/16": 16} if model.endswith(("16", "14")) else {}
    shapes = {cut: Backbone(model, cut).shape(size) for cut in (*cuts, "features")}
    for cut, share in cuts.items():
        assert shapes[cut][1] == pytest.approx(size[1] / share, rel=0.15), cut
    assert shapes["features"].is_map and shapes["features"][1] <= size[1] / 14


def test_a_vits_tokens_are_laid_out_as_a_map() -> None:
    block = Backbone("vit_b_16")
    assert block.shape(Shape(3, 224, 224)) == Shape(768, 14, 14)
    assert block.shape(Shape(3, 64, 160)) == Shape(768, 4, 10)
    whole = Backbone("vit_b_16", "vector")
    assert block.weights(Shape(3, 224, 224)) == whole.weights(Shape(3, 224, 224))
    with pytest.raises(ShapeError, match="no maps of 1/8 of its height") as caught:
        Backbone("vit_b_16", "1/8").shape(Shape(3, 224, 224))
    assert caught.value.remedies[0].blocks == (block,)


def test_every_classification_model_of_torchvision_is_offered() -> None:
    models = torchvision().models
    assert sorted(MODELS) == sorted(models.list_models(module=models))


def test_the_numbers_of_a_resnet() -> None:
    block = Backbone("resnet50")
    assert block.shape(Shape(3, 224, 224)) == Shape(2048, 7, 7)
    assert sum(weight.numel for weight in block.weights(Shape(3, 224, 224)).values()) == 23_508_032
    assert block.shape(Shape(3, 64, 96)) == Shape(2048, 2, 3)


def test_grey_images_are_refused_with_a_way_out() -> None:
    with pytest.raises(ShapeError, match="begins with an image in colour") as caught:
        Backbone().shape(Shape(1, 28, 28))
    (conv,) = caught.value.remedies[0].blocks
    assert Backbone().shape(conv.shape(Shape(1, 28, 28))) == Shape(512, 1, 1)
    with pytest.raises(ShapeError):
        Backbone().shape(Shape(64))


@pytest.mark.parametrize("frozen", [True, False])
def test_frozen_weights_are_counted_apart_and_the_source_says_so(frozen: bool) -> None:
    graph = network(Backbone(frozen=frozen))
    totals = infer(graph).totals
    assert totals is not None and totals.parameters == 11_181_642
    assert totals.frozen == (11_176_512 if frozen else 0)
    made = source(graph)
    line = "self.backbone1 = ResNet18().requires_grad_(False)\n"
    assert (line in made.text) is frozen
    assert made.backbones == {"backbone1": Backbone(frozen=frozen)}


def test_a_backbone_in_a_group_is_as_frozen() -> None:
    graph = network(Backbone())
    folded, name = grouped(graph, ["backbone1", "pool1"], infer(graph).shape)
    made = source(folded)
    assert "        self.backbone1 = ResNet18().requires_grad_(False)\n" in made.text
    assert made.backbones == {f"{name}.backbone1": Backbone()}
    totals = infer(folded).totals
    assert totals is not None and totals.frozen == 11_176_512


def test_frozen_and_learning_ones_in_groups_are_classes_of_their_own() -> None:
    draw = Sketch()
    image = draw(Input((3, 64, 64)))
    ends = []
    for frozen in (True, False):
        graph = network(Backbone(frozen=frozen))
        folded, name = grouped(graph, ["backbone1", "pool1"], infer(graph).shape)
        ends.append(draw(folded[name].block, image))
    draw.chain(draw(Add(), *ends), Flatten(), Linear(10))
    module = source(draw.graph())
    assert module.text.count("ResNet18().requires_grad_(False)") == 1
    assert module.text.count("ResNet18()") == 2
    totals = infer(draw.graph()).totals
    assert totals is not None and totals.frozen == 11_176_512


def test_a_project_keeps_it() -> None:
    project = Project(network(Backbone("vgg16", "1/8", frozen=False)))
    assert loads(dumps(project)) == project


def test_it_opens_and_ungroups_into_its_parts() -> None:
    graph = network(Backbone("mobilenet_v3_small"))
    inside = infer(graph).inside("backbone1")
    assert inside.graph.outputs[0].name == "last"
    assert len({node.position for node in inside.graph}) == len(inside.graph)
    opened = expanded(graph, "backbone1", inside.graph)
    before, after = infer(graph).totals, infer(opened).totals
    assert before is not None and after is not None and before.parameters == after.parameters
