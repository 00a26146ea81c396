"""What activations take against PyTorch: what its autograd saves, and what lives at one time when it predicts."""

import dataclasses
import weakref
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    BatchNorm2d,
    Conv2d,
    Dropout,
    FilterConv2d,
    Flatten,
    Group,
    GroupNorm,
    Input,
    Linear,
    MaxPool2d,
    ReLU,
    Reshape,
    Residual,
    Tanh,
)
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.memory import memory
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, Node, Sketch
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.build import build
from cnnstudio.training.device import chosen_device
from cnnstudio.zoo import NETWORKS, Backbone, lenet5

BATCH = 2
EXACT = [
    "alexnet", "densenet121", "efficientnet_b0", "fractalnet", "googlenet", "mobilenet_v3_small", "preact_resnet18",
    "resnet18", "se_resnet50", "shufflenet_v2_x0_5", "squeezenet1_1", "vgg11_bn",
]  # fmt: skip
# a stage holds what entered it until its end, and attention and LayerNorm hold more while they run: not counted
NEAR = ["convnext_tiny", "efficientnet_v2_s", "maxvit_t", "swin_t", "vit_b_16"]


class Alive(TorchDispatchMode):
    """The bytes of the tensors that are made, and how many of them lived at one time at most."""

    def __init__(self, known: set[int]) -> None:
        super().__init__()
        self.known, self.now, self.most = known, 0, 0

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), words: Any = None) -> Any:
        result = function(*arguments, **(words or {}))
        for each in result if isinstance(result, tuple | list) else (result,):
            if isinstance(each, torch.Tensor) and each.untyped_storage()._cdata not in self.known:
                storage = each.untyped_storage()
                self.known.add(storage._cdata)
                self.now += storage.nbytes()
                self.most = max(self.most, self.now)
                weakref.finalize(storage, self.forget, storage._cdata, storage.nbytes())
        return result

    def forget(self, key: int, size: int) -> None:
        self.known.discard(key)
        self.now -= size


def measured(graph: Graph, **recipe: Any) -> tuple[int, int]:
    """What autograd saves for one sample, laid out as training lays it, and what lives at one time to predict it."""
    torch.set_num_threads(1)
    (image,) = graph.inputs
    module, images = build(source(graph).text), torch.zeros(BATCH, *infer(graph).facts[image.name].shape)
    device = chosen_device(module, Recipe(device="cpu", **recipe))
    device.take(module)
    given = device.laid(images)
    own = [tensor.untyped_storage() for tensor in (*module.parameters(), *module.buffers())]
    places, saved = {storage.data_ptr() for storage in own}, {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in places:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = module.train()(given)
    del result
    device.give_back(module)
    own = [tensor.untyped_storage() for tensor in (*module.parameters(), *module.buffers())]
    alive = Alive({storage._cdata for storage in own} | {images.untyped_storage()._cdata})
    with torch.no_grad(), alive:
        module.eval()(images)
    return sum(saved.values()) // BATCH, alive.most // BATCH + images[0].numel() * 4


@pytest.mark.parametrize("name", [*EXACT, *NEAR])
def test_memory_is_what_torch_needs(name: str) -> None:
    graph = NETWORKS[name].make(10, (3, 64, 64))
    found, (training, peak) = infer(graph).memory, measured(graph)
    assert found.training == pytest.approx(training, rel=0.025)  # BatchNorm keeps two numbers a channel of each batch
    if name in EXACT:
        assert found.peak == pytest.approx(peak, rel=0.001)
    else:
        assert 0.5 * peak < found.peak <= peak


def chain(*blocks: Block) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((3, 8, 8))), *blocks)
    return draw.graph()


def test_each_map_is_kept_once_by_the_node_that_made_it() -> None:
    needs = infer(chain(Conv2d(4, 3), BatchNorm2d(), ReLU(), MaxPool2d(), Flatten(), Dropout(), Linear(2))).memory
    assert needs.kept == {
        "input1": 3 * 8 * 8 * 4,  # for the weights of conv1
        "conv1": 4 * 6 * 6 * 4,  # for bn1
        "bn1": 0,  # relu1 reads its own output
        "relu1": 4 * 6 * 6 * 4,
        "pool1": 4 * 3 * 3 * 8,  # where each maximum was
        "flatten1": 0,
        "dropout1": 2 * 36 * 4,  # what it multiplied by, and what fc1 reads
        "fc1": 0,
    }
    assert needs.training == sum(needs.kept.values())


@pytest.mark.parametrize(
    "blocks",
    [
        (ReLU(), MaxPool2d(), Conv2d(4, 3), ReLU()),  # nothing has learned before the convolution
        (FilterConv2d(), Conv2d(4, 3), FilterConv2d("blur"), MaxPool2d()),
        (Backbone("squeezenet1_1", frozen=True), Conv2d(4, 1), ReLU()),
        (Conv2d(3, 1), Backbone("squeezenet1_1", frozen=True), Flatten(), Linear(2)),
    ],
    ids=["nothing learned yet", "filters", "frozen", "frozen behind what learns"],
)
def test_what_does_not_learn_keeps_what_is_on_the_way_back_alone(blocks: tuple[Block, ...]) -> None:
    draw = Sketch()
    draw.chain(draw(Input((3, 64, 64))), *blocks)
    training, _ = measured(draw.graph())
    assert infer(draw.graph()).memory.training == training


SECOND = (Conv2d(8, 3), ReLU(), Flatten(), Linear(3))  # ReLU keeps the map, and Linear the row that is made of it


@pytest.mark.parametrize(
    "blocks",
    [
        SECOND,
        (Conv2d(8, 3), Tanh(), Reshape((-1,)), Linear(3)),
        (Conv2d(8, 3), GroupNorm(2), ReLU(), Flatten(), Linear(3)),  # which lies plainly
        (Group("Net", chain(*SECOND[:2])), Dropout(), Flatten(), Linear(3)),
        (Residual(8), Flatten(), Linear(3)),
        (Conv2d(1, 3), ReLU(), Flatten(), Linear(3)),  # one channel, or one pixel, lies in one way only
        (Conv2d(8, 8), ReLU(), Flatten(), Linear(3)),
        (ReLU(), Flatten(), Linear(8), ReLU(), Linear(3)),  # no convolution
    ],
)
def test_what_is_kept_is_what_training_keeps_in_its_own_layout(blocks: tuple[Block, ...]) -> None:
    graph = chain(*blocks)
    found = infer(graph).memory.training
    assert found == pytest.approx(measured(graph)[0], rel=0.01)  # BatchNorm keeps two numbers a channel of each batch
    shapes = {name: fact.shape for name, fact in infer(graph).facts.items()}
    plain = memory(graph, shapes, channels_last=False).training
    assert plain == pytest.approx(measured(graph, channels_last="off")[0], rel=0.01)


def test_a_flattened_map_is_kept_twice_where_channels_lie_last() -> None:
    """1.7 times what the plain layout keeps: the program had said the one and trained in the other."""
    graph = chain(*SECOND)
    kept = infer(graph).memory.kept
    assert kept["relu1"] == kept["flatten1"] == 8 * 6 * 6 * 4
    assert infer(chain(Conv2d(8, 3), GroupNorm(2), *SECOND[1:])).memory.kept["flatten1"] == 0


def test_a_composite_keeps_what_its_parts_keep_and_a_frozen_one_nothing() -> None:
    block = Residual(4)
    alone, opened = (
        infer(chain(Conv2d(4, 1), block, ReLU())),
        infer(chain(Conv2d(4, 1), block, ReLU())).inside("block1"),
    )
    inside = sum(opened.memory.kept.values())
    assert alone.memory.kept["block1"] + alone.memory.kept["conv1"] == inside
    assert infer(network_with(Backbone(frozen=True))).memory.kept["backbone1"] < 10_000  # what the head reads of it
    assert infer(network_with(Backbone(frozen=False))).memory.kept["backbone1"] > 1_000_000


def network_with(block: Backbone) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((3, 64, 64))), block, AdaptiveAvgPool2d(1), Flatten(), Linear(10))
    return draw.graph()


def test_a_group_needs_what_its_parts_need_and_what_is_bypassed_nothing() -> None:
    graph = lenet5()
    body = chain(Conv2d(8, 3, padding=1), ReLU())
    plain = chain(Conv2d(8, 3, padding=1), ReLU(), Conv2d(8, 3, padding=1), ReLU())
    draw = Sketch()
    draw(Group("Twice", body, 2), draw(Input((3, 8, 8))))
    assert infer(draw.graph()).memory.training == infer(plain).memory.training
    bypassed = Graph.of(dataclasses.replace(node, bypassed=node.name == "tanh1") for node in graph)
    assert bypassed["tanh1"].bypassed and "tanh1" not in infer(bypassed).memory.kept


def test_what_has_no_shape_counts_nothing() -> None:
    graph = chain(Conv2d(4, 3), Linear(3), ReLU()).add(Node("add1", Add(), ("conv1", None)))
    needs = infer(graph).memory
    assert needs.kept == {"input1": 3 * 8 * 8 * 4, "conv1": 0} and needs.peak == 0
    assert infer(Graph.of([Node("conv1", Conv2d(), (None,))])).memory.training == 0
    assert infer(Graph()).memory.training == infer(Graph()).memory.peak == 0


def test_what_is_known_of_a_network_in_part_is_counted() -> None:
    """As while a question conceals some of its shapes: what reads a node that waits is counted all the same."""
    graph = lenet5()
    whole = infer(graph)
    shapes = {name: fact.shape for name, fact in whole.facts.items()}
    for gone in graph.order:
        known = memory(graph, {name: shape for name, shape in shapes.items() if name != gone})
        assert gone not in known.kept and known.peak == 0
        assert set(known.kept) == {name for name in graph.order if gone not in (name, *graph[name].inputs)}
