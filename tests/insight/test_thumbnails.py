"""The small map of each node: that of the most active channel, told by hooks; and the network is left as it was."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from cnnstudio.blocks import BatchNorm2d, Conv2d, Dropout, Flatten, Group, Input, Linear, ReLU, Residual
from cnnstudio.compiler.source import Place, WayError, way_to, ways_in
from cnnstudio.graph import Graph, Node, Sketch
from cnnstudio.insight import thumbnails as room
from cnnstudio.insight.activations import entering
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.insight.thumbnails import SIDE, thumbnails
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.session import prepare
from cnnstudio.worker import unheard


def network() -> Graph:
    draw = Sketch()
    body = Graph.of((Node("input1", Input((4, 8, 8))), Node("conv1", Conv2d(4, padding=1), ("input1",))))
    x = draw.chain(draw(Input((1, 8, 8))), Conv2d(4, padding=1), BatchNorm2d(), ReLU(), Residual(6))
    x = draw.chain(x, Conv2d(4, padding=1), Group(body=body, repeat=2), Dropout(0.5), Flatten(), Linear(10))
    return draw.graph()


@pytest.fixture(scope="module")
def subject() -> Subject:
    project = Project(network(), Recipe(data="digits", device="cpu"))
    return Subject(prepare(project, unheard, some=True), "untrained weights")


def test_each_node_shows_its_most_active_map(subject: Subject) -> None:
    module, seen = subject.module, dict[str, torch.Tensor]()
    handles = [
        module.get_submodule(path).register_forward_hook(lambda *given, node=node: seen.__setitem__(node, given[2]))
        for node, path in subject.source.paths.items()
    ]
    was_training = module.training
    with torch.no_grad():
        module.eval()(entering(module, subject.picture(5).image, subject.data))
    module.train(was_training)
    for handle in handles:
        handle.remove()
    found = thumbnails(subject, 5, ())
    assert list(found.of) == list(subject.project.graph.nodes) and found.nodes == len(found.of) and found.seconds > 0
    assert found.name == "Validation image 6"
    held = 0
    for node, value in seen.items():
        if value.ndim == 4:
            best = int(value[0].abs().mean((1, 2)).argmax())
            assert np.array_equal(found.of[node].values, value[0, best].numpy()), node
            assert found.of[node].what == f"map {best + 1} of {value.shape[1]}"
            held += 1
    assert held >= 5
    assert np.array_equal(found.of["fc1"].values, seen["fc1"].numpy())
    assert found.of["fc1"].what == "its 10 numbers"
    assert found.of["flatten1"].values.shape == (1, SIDE), "256 numbers are shown by means"
    assert np.array_equal(found.of["input1"].values, subject.picture(5).image[0]), "the picture, not what is normalised"


def test_inside_a_composite_and_a_group_it_is_the_same(subject: Subject) -> None:
    graph, source = subject.project.graph, subject.source
    residual, group = (next(n.name for n in graph if isinstance(n.block, kind)) for kind in (Residual, Group))
    for scope in ((), (residual,), (group,)):
        ways = ways_in(graph, source, scope)
        assert ways == {name: way_to(graph, source, Place(name, scope)) for name in ways}
    inside = thumbnails(subject, 0, (residual,))
    assert {"conv1", "conv2"} <= inside.of.keys() and inside.of["conv1"].values.shape == (8, 8)
    assert np.array_equal(thumbnails(subject, 0, (group,)).of["conv1"].values.shape, (8, 8))
    with pytest.raises(WayError, match="no block called nowhere"):
        thumbnails(subject, 0, ("nowhere",))


def test_looking_leaves_the_network_as_it_was(subject: Subject) -> None:
    module = subject.module.train()
    before, state = copy.deepcopy(module.state_dict()), torch.get_rng_state()
    thumbnails(subject, 1, ())
    assert module.training and torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert all(each.grad is None for each in module.parameters())


def test_only_so_many_have_one_and_it_is_known(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 3)
    found = thumbnails(subject, OwnPicture(np.full((1, 8, 8), 7, np.uint8), "mine.png"), ())
    assert list(found.of) == [*subject.project.graph.nodes][:3] and found.nodes == len(subject.project.graph)
    assert found.name == "mine.png" and (found.of["input1"].values == 7).all()
