"""The value of any node, against hooks and against the same network written out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from cnnstudio import zoo
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Shape
from cnnstudio.insight.activations import TraceError, activation, maps
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load, normalised
from cnnstudio.training.loop import fresh

SIZE = (3, 16, 16)


@pytest.mark.parametrize("make", [zoo.lenet5, zoo.vgg_small, zoo.small_resnet])
def test_every_node_has_its_value(make: Callable[[int, tuple[int, int, int]], Graph]) -> None:
    size = (1, 28, 28) if make is zoo.lenet5 else SIZE
    graph = make(10, size)
    text = source(graph)
    module = fresh(text, Recipe())
    x = torch.randn(2, *size)
    module.eval()
    hooked: dict[str, torch.Tensor] = {}
    for node, path in text.paths.items():
        module.get_submodule(path).register_forward_hook(
            lambda part, inputs, output, node=node: hooked.__setitem__(node, output)
        )
    with torch.no_grad():
        expected = module(x)
    seen = dict(hooked)
    assert seen, "a network has modules"
    for node, value in seen.items():
        torch.testing.assert_close(activation(module, text, node, x), value)
    for name in graph.nodes:
        assert len(activation(module, text, name, x)) == 2
    torch.testing.assert_close(activation(module, text, graph.outputs[0].name, x), expected)
    assert torch.equal(activation(module, text, graph.inputs[0].name, x), x)


def test_looking_changes_nothing() -> None:
    """The module is in training mode, and stays so; running means and random numbers are where they were."""
    text = source(zoo.small_resnet(10, SIZE))
    module = fresh(text, Recipe())
    module.train()
    frozen = next(part for part in module.modules() if isinstance(part, torch.nn.BatchNorm2d))
    frozen.eval()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state = torch.get_rng_state()
    value = activation(module, text, text.steps[-1].node, torch.randn(2, *SIZE, generator=torch.Generator()))
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert module.training and not frozen.training
    assert not value.requires_grad


def test_a_node_that_is_not_there() -> None:
    text = source(zoo.lenet5())
    with pytest.raises(TraceError, match="no block called conv99"):
        activation(fresh(text, Recipe()), text, "conv99", torch.zeros(1, 1, 28, 28))


def test_only_what_a_node_depends_on_is_computed() -> None:
    text = source(zoo.lenet5())
    module = fresh(text, Recipe())
    called: list[str] = []
    for node, path in text.paths.items():
        module.get_submodule(path).register_forward_hook(lambda *found, node=node: called.append(node))
    first = text.steps[0].node
    activation(module, text, first, torch.zeros(1, 1, 28, 28))
    assert called == [first]


def test_maps_of_an_image() -> None:
    text = source(zoo.lenet5())
    data = load(Recipe(), Shape(1, 28, 28))
    module = fresh(text, Recipe())
    image = data.validation_images[3].numpy()
    found = maps(module, text, "conv1", image, data)
    assert found.dtype == np.float32 and found.shape == (6, 24, 24)
    assert maps(module, text, text.steps[-1].node, image, data).shape == (10,)
    x = normalised(data.validation_images[3:4], torch.tensor(data.mean[0]), torch.tensor(data.std[0]))
    with torch.no_grad():
        expected = module.get_submodule(text.paths["conv1"])(x)[0].numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    before = image.copy()
    entry = maps(module, text, "input1", image, data)
    entry[:] = 0
    assert np.array_equal(image, before)


def test_a_bypassed_node_has_the_value_that_it_passes_on() -> None:
    graph = zoo.lenet5(10, (1, 28, 28))
    relu, before = next((node.name, str(node.inputs[0])) for node in graph if node.block.family == "activation")
    off = graph.bypass([relu])
    text = source(off)
    module = fresh(text, Recipe())
    x = torch.randn(2, 1, 28, 28)
    assert torch.equal(activation(module, text, relu, x), activation(module, text, before, x))
    first = next(node.name for node in graph if node.inputs == (graph.inputs[0].name,))
    start = source(graph.bypass([first]))
    assert torch.equal(activation(fresh(start, Recipe()), start, first, x), x)
