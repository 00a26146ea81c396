"""The value of any node, against hooks and against the same network written out; and looks into a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from cnnstudio import zoo
from cnnstudio.blocks import Conv2d, Dropout, Flatten, FractionalMaxPool2d, Input, Linear
from cnnstudio.compiler.source import source
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.insight.activations import ActivationProbe, TraceError, activation, maps
from cnnstudio.insight.feature_maps import FeatureMaps
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load, normalised
from cnnstudio.training.events import Event, Remark, Step
from cnnstudio.training.loop import fresh, train

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


def of_kind(events: Sequence[Event], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def without_maps_and_times(events: Sequence[Event]) -> list[Any]:
    times = ("seconds", "images_per_second", "sentence")
    told = [event for event in events if not isinstance(event, FeatureMaps)]
    return [(type(e).__name__, {k: v for k, v in vars(e).items() if k not in times}) for e in told]


def test_feature_maps_of_the_watched_node_change_nothing() -> None:
    text = source(zoo.lenet5())
    plan = Recipe(epochs=1, batch_size=600, learning_rate=0.01, device="cpu")
    data = load(plan, Shape(1, 28, 28))
    unseen, seen = fresh(text, plan), fresh(text, plan)
    plain = list(train(unseen, data, plan))
    probe = ActivationProbe("conv1", 5, 0.0)
    events = []
    for event in train(seen, data, plan, probes=[probe], source=text):
        events.append(event)
        if isinstance(event, FeatureMaps):
            probe.node = text.steps[-1].node
    found = of_kind(events, FeatureMaps)
    assert [each.maps.shape for each in found] == [(6, 24, 24), (10,), (10,)]
    assert found[0].image.tobytes() == data.validation_images[5].numpy().tobytes()
    assert found[0].label == data.classes[data.validation_labels[5]] and found[0].guess in data.classes
    assert found[1].guess == data.classes[found[1].maps.argmax()]
    assert without_maps_and_times(events) == without_maps_and_times(plain)
    assert all(torch.equal(one, other) for one, other in zip(seen.parameters(), unseen.parameters(), strict=True))


def test_watching_what_is_not_there() -> None:
    text = source(zoo.lenet5())
    plan = Recipe(epochs=2, batch_size=600, device="cpu")
    data = load(plan, Shape(1, 28, 28))
    probe = ActivationProbe("gone", 99, 0.0)
    events = list(train(fresh(text, plan), data, plan, probes=[probe], source=text))
    assert [note.sentence for note in of_kind(events, Remark)] == ["The trained network has no block called gone."]
    events = []
    for event in train(fresh(text, plan), data, plan, probes=[probe], source=text):
        events.append(event)
        if isinstance(event, Remark):
            probe.node = "conv1"
    assert len(of_kind(events, FeatureMaps)) == len(of_kind(events, Step)) - 1, "it looks again where there is a node"
    far = list(train(fresh(text, plan), data, plan, probes=[ActivationProbe("conv1", 9_999, 0.0)], source=text))
    assert len(of_kind(far, FeatureMaps)) == len(of_kind(far, Step))


def test_a_probe_with_nothing_to_look_at_is_not_due(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("cnnstudio.insight.activations.time.monotonic", lambda: now)
    assert not ActivationProbe().is_due(1)
    text = source(zoo.lenet5())
    plan = Recipe(epochs=1, batch_size=600, device="cpu")
    data = load(plan, Shape(1, 28, 28))
    probe = ActivationProbe("conv1", every_seconds=2.0)
    events = list(train(fresh(text, plan), data, plan, probes=[probe], source=text))
    assert len(of_kind(events, FeatureMaps)) == 1, "time stands still after the first"
    assert not probe.is_due(4)
    now = 102.0
    assert probe.is_due(4)
    unknown = ActivationProbe("conv1", every_seconds=2.0)
    assert not of_kind(list(train(fresh(text, plan), data, plan, probes=[unknown])), FeatureMaps)


def test_a_layer_that_draws_when_it_is_evaluated_draws_its_own() -> None:
    """FractionalMaxPool2d does: the loss on the validation images is that of a run that nobody looks into."""
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), FractionalMaxPool2d(4), Dropout(0.2), Flatten(), Linear(10))
    text = source(draw.graph())
    plan = Recipe(epochs=3, batch_size=200, device="cpu")
    data = load(plan, Shape(1, 8, 8))
    unseen, seen = fresh(text, plan), fresh(text, plan)
    plain = list(train(unseen, data, plan, source=text))
    events = list(train(seen, data, plan, probes=[ActivationProbe(text.steps[-1].node, 5, 0.0)], source=text))
    assert len(of_kind(events, FeatureMaps)) == len(of_kind(events, Step)) > 3
    assert without_maps_and_times(events) == without_maps_and_times(plain)
    assert all(torch.equal(one, other) for one, other in zip(seen.parameters(), unseen.parameters(), strict=True))
