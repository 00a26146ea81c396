"""torchvision's models, imported: the same parameters, the same outputs, no opaque leaf, and source that reads well.

The outputs of all 80 are compared by ``benchmarks/imports.py``, here those of one of every family, on small images
where they allow it.
"""

import dataclasses
import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import Group, Input
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.exchange.importing.catalogue import MODELS
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import import_module, import_torchvision
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.graph import Block, Graph, Shape
from cnnstudio.project import Project, dumps, loads
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo import NETWORKS

# side of the images
FAMILIES = {
    "alexnet": 64,
    "convnext_tiny": 64,
    "densenet121": 64,
    "efficientnet_b0": 64,
    "efficientnet_v2_s": 64,
    "googlenet": 64,
    "inception_v3": 96,
    "maxvit_t": 224,
    "mnasnet0_5": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "regnet_x_400mf": 64,
    "regnet_y_400mf": 64,
    "resnet18": 64,
    "resnext50_32x4d": 64,
    "shufflenet_v2_x0_5": 64,
    "squeezenet1_1": 64,
    "swin_t": 96,
    "swin_v2_t": 96,
    "vgg11_bn": 32,
    "vit_b_32": 224,
}

FURTHER = {"densenet161", "efficientnet_b5", "mobilenet_v3_large", "regnet_x_8gf", "regnet_y_16gf", "resnet50",
           "squeezenet1_0", "swin_v2_s", "vgg16", "vit_h_14", "wide_resnet50_2"}  # fmt: skip
"""Those that differ from the one of their family in more than numbers, or in the kind of block that they repeat."""


def inside(graph: Graph) -> list[Block]:
    """Every block, those in groups too."""
    return [
        block
        for node in graph
        for block in (inside(node.block.body) if isinstance(node.block, Group) else [node.block])
    ]


def test_the_catalogue_holds_every_classification_model() -> None:
    models = torchvision().models
    assert sorted(MODELS) == sorted(models.list_models(module=models))
    assert len(MODELS) == 80
    assert len({model.title for model in MODELS.values()}) == 80


@pytest.mark.parametrize("name", FAMILIES)
def test_an_import_computes_what_the_original_computes(name: str, stirred_model: Callable[[str], nn.Module]) -> None:
    module, shape = stirred_model(name), Shape(3, FAMILIES[name], FAMILIES[name])
    imported = import_module(module, shape, name)
    assert imported.opaque == () and imported.notes == ()
    assert imported.parameters == sum(weight.numel() for weight in module.parameters())
    assert difference(module, imported, torch.randn(2, *shape)) <= 1e-5
    assert loads(dumps(Project(imported.graph))).graph == imported.graph


@pytest.mark.parametrize(
    "name",
    [
        name if name in FURTHER else pytest.param(name, marks=pytest.mark.whole)
        for name in MODELS
        if name not in FAMILIES
    ],
)
def test_every_other_import_has_the_parameters_of_the_network_drawn_here(name: str) -> None:
    imported = import_torchvision(name)
    totals = infer(NETWORKS[name].make(1000, NETWORKS[name].size)).totals
    assert totals is not None and imported.parameters == totals.parameters
    assert imported.opaque == () and imported.notes == ()


@pytest.mark.parametrize("name", ["resnet50", "efficientnet_b3", "swin_v2_s"])
def test_by_name_it_has_its_own_size_and_the_wanted_classes(name: str) -> None:
    imported = import_torchvision(name, 7)
    analysis = infer(imported.graph)
    side = MODELS[name].side
    assert imported.title == MODELS[name].title
    assert [node.block for node in imported.graph.inputs] == [Input((3, side, side))]
    assert analysis.shape(imported.graph.outputs[0].name) == Shape(7)
    assert len({node.position for node in imported.graph}) == len(imported.graph)


def test_an_unknown_name_is_a_sentence() -> None:
    with pytest.raises(
        ImportRefused, match=r"torchvision has no classification model called 'resnet51'\. Did you mean"
    ):
        import_torchvision("resnet51")
    with pytest.raises(ImportRefused, match="Did you mean mobilenet_v2"):
        import_torchvision("MobileNet-v2 ")
    with pytest.raises(ImportRefused, match=r"'zzz'\.$"):
        import_torchvision("zzz")


def test_modules_stay_groups_under_their_names() -> None:
    graph = import_torchvision("resnet18").graph
    assert list(graph.nodes)[:6] == ["input", "conv1", "bn1", "relu", "maxpool", "layer1_0"]
    block = graph["layer2_0"].block
    assert isinstance(block, Group) and block.label == "BasicBlock"
    assert [node.name for node in block.body][:3] == ["input1", "conv1", "bn1"]
    inner = block.body["downsample"].block
    assert isinstance(inner, Group) and inner.label == "Downsample", "a Sequential in a module stays one"
    assert [node.name for node in inner.body] == ["input1", "conv", "bn"]


def test_its_source_reads_as_a_person_writes() -> None:
    text = source(import_torchvision("resnet50", 10).graph).text
    assert "class Bottleneck(nn.Module):" in text
    assert "self.layer3 = nn.Sequential(\n            BottleneckDownsample(512, 1024," in text
    assert "*(Bottleneck(1024, conv1_channels=256) for _ in range(5))," in text
    assert "x = self.layer4(x)  # 2048 × 7 × 7" in text


def test_rates_are_written_as_they_were_meant() -> None:
    text = source(import_torchvision("efficientnet_b0", 10).graph).text
    assert "p=0.075)" in text and "0.07500000000000001" not in text and "argument" not in text


def test_classes_that_differ_by_nothing_but_a_rate_are_one() -> None:
    text = source(import_torchvision("convnext_tiny", 10).graph).text
    assert text.count("class CNBlock") == 1
    assert "self.features1 = nn.Sequential(\n            CNBlock(96, block_conv2_channels=384, p=0.0)," in text


def test_a_sequential_is_kept_in_all_modules_of_a_class_or_in_none() -> None:
    imported = import_torchvision("mobilenet_v2", 10)
    text = source(imported.graph).text
    kinds = re.findall(r"class (\w+)\(", text)
    others = ["Conv2dNormActivation", "InvertedResidualConv2dBn", "Conv"]
    assert kinds == [*others, "InvertedResidual", "InvertedResidualAdd", "Network"]


class Mixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.keep, self.drop, self.off = nn.Identity(), nn.Dropout(0.0), nn.Dropout2d(0)
        self.double_conv = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.Dropout(0.1))
        self.layers = nn.Sequential(*(Halves() for _ in range(4)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.off(self.drop(self.keep(x)))
        return self.layers(self.double_conv(x) + x)


class Halves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(2, 2, 1), nn.Tanh())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        left, right = x.chunk(2, dim=1)
        return torch.cat((left, self.net(right)), 1)


class Wrapped(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


def test_sequentials_in_a_module_are_kept_and_what_does_nothing_is_left_out() -> None:
    net = nn.Sequential(Mixed(), Wrapped(), nn.Dropout(0.0), nn.Flatten(), nn.Linear(256, 3))
    imported = import_module(net.eval(), Shape(4, 8, 8))
    text = source(imported.graph).text
    assert "Identity" not in text and text.count("Dropout") == 1 and "Dropout(0.1)" in text
    assert "        out = self.double_conv(x)\n" in text
    assert "class Layers(nn.Sequential):" in text and "for i in range(4):" in text
    assert "class Wrapped(" in text and "class Body(" not in text, "a module round a Sequential alone is that module"
    assert "class Net(" in text and "slice2 = x[:, :2]\n" in text and "slice = " not in text
    assert difference(net, imported, torch.randn(2, 4, 8, 8)) == 0


def test_layers_of_a_dense_block_share_a_class_whatever_they_are_given() -> None:
    text = source(import_torchvision("densenet121").graph).text
    assert text.count("class DenseLayer") == 1


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.left = nn.Linear(3, 2)
        self.unused = nn.Linear(9, 9)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(self.conv(x))
        return self.left(x.mean((2, 3)))


def test_weights_that_are_shared_stay_so_and_unused_ones_are_told() -> None:
    module = Shared().eval()
    imported = import_module(module, Shape(3, 8, 8))
    assert difference(module, imported, torch.randn(2, 3, 8, 8)) == 0.0
    *_, unused = imported.notes
    assert imported.parameters == sum(
        weight.numel() for weight in (*module.conv.parameters(), *module.left.parameters())
    )
    assert unused.startswith("unused.weight, unused.bias: no part of what comes out")


def test_dataclasses_of_an_import_are_values() -> None:
    imported = import_module(Shared().eval(), Shape(3, 8, 8))
    assert dataclasses.replace(imported, title="x").graph is imported.graph


class Transferred(nn.Module):
    """A body that stays as it is, but for its last layer, and a head that learns."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.block = Residual(4)
        self.features = nn.Sequential(nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 1))
        self.requires_grad_(False)
        self.features[4].bias.requires_grad_(True)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(torch.relu(self.norm(self.stem(x))))
        return self.head(self.features(x).mean((2, 3)))


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.relu(self.conv(x))


def test_what_the_original_does_not_train_is_frozen() -> None:
    module = Transferred().eval()
    module.norm.running_mean.normal_()
    imported = import_module(module, Shape(3, 8, 8))
    assert difference(module, imported, torch.randn(2, 3, 8, 8)) <= 1e-5
    totals = infer(imported.graph).totals
    frozen = sum(p.numel() for p in module.parameters() if not p.requires_grad)
    beside = module.features[4].weight.numel()
    assert totals is not None and totals.frozen == frozen - beside
    groups = {node.name: node.block.frozen for node in imported.graph if isinstance(node.block, Group)}
    assert groups == {"frozen": True, "block": True, "features_frozen": True}
    assert any(note.endswith(": not trained in the original, and frozen here.") for note in imported.notes)
    assert any(
        note.startswith("features.4.weight: not trained in the original, which trains") for note in imported.notes
    )
    text = source(imported.graph).text
    assert text.count(".requires_grad_(False)") == 3
