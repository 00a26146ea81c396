"""A network that is cut at any place, also inside composites, groups and their copies, against hooks in torch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Group, Input, Linear, ReLU, Residual, SqueezeExcite
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Place, WayError, way_to
from cnnstudio.graph import Composite, Graph, Node, Sketch
from cnnstudio.insight.ablation import effect, ranking
from cnnstudio.insight.activations import TraceError
from cnnstudio.insight.attribution.explaining import explained
from cnnstudio.insight.attribution.methods import METHODS
from cnnstudio.insight.attribution.painters import PAINTERS
from cnnstudio.insight.cut import cut, scores, value_at
from cnnstudio.insight.effect import Instead, Switched
from cnnstudio.insight.subject import Subject
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.session import prepare
from cnnstudio.worker import unheard


def network() -> Graph:
    """A composite, and a group of three copies in which there is a composite again."""
    draw = Sketch()
    body = Graph.of(
        (
            Node("input1", Input((4, 8, 8))),
            Node("conv1", Conv2d(4, padding=1), ("input1",)),
            Node("se1", SqueezeExcite(2), ("conv1",)),
            Node("relu1", ReLU(), ("se1",)),
        )
    )
    x = draw.chain(draw(Input((1, 8, 8))), Conv2d(3, padding=1), BatchNorm2d(), Residual(4), Group(body=body, repeat=3))
    draw.chain(x, Flatten(), Linear(10))
    return draw.graph()


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject(prepare(Project(network(), Recipe(data="digits", device="cpu")), unheard), "untrained weights")


@pytest.fixture(scope="module")
def names() -> tuple[str, str]:
    """The composite and the group."""
    graph = network()
    return tuple(next(n.name for n in graph if isinstance(n.block, kind)) for kind in (Residual, Group))  # type: ignore


def places(graph: Graph, scope: tuple[str, ...] = (), copies: tuple[int, ...] = ()) -> Iterator[Place]:
    analysis = infer(graph)
    for name in scope:
        analysis = analysis.inside(name)
    for node in analysis.graph:
        yield Place(node.name, scope, copies)
        if isinstance(node.block, Composite):
            for copy in range(node.block.repeat if isinstance(node.block, Group) else 1):
                yield from places(graph, (*scope, node.name), (*copies, copy))


def images(count: int) -> Tensor:
    return torch.randn(count, 1, 8, 8, generator=torch.Generator().manual_seed(3))


def test_what_goes_on_from_any_place_ends_as_the_network_does(subject: Subject) -> None:
    graph, module, text = network(), subject.module.eval(), subject.source
    x, every = images(2), [*places(network())]
    assert len(every) > 40
    whole = scores(module, text, x)
    for place in every:
        at = cut(module, text, way_to(graph, text, place), x)
        torch.testing.assert_close(at.onward(at.value), whole, msg=str(place))
        torch.testing.assert_close(at.onward(at.value.repeat(2, *[1] * (at.value.ndim - 1))), whole.repeat(2, 1))
    with pytest.raises(WayError, match="no block called"):
        explained(subject, 0, METHODS[0], unheard, node=Place("gone", (every[-3].node,)))
    with pytest.raises(TraceError, match="no block called gone"):
        cut(module, text, "gone", x)


@pytest.mark.parametrize("copy", [0, 1, 2])
def test_another_value_inside_a_copy_does_what_a_hook_there_does(
    subject: Subject, names: tuple[str, str], copy: int
) -> None:
    module, text, x = subject.module.eval(), subject.source, images(2)
    place = Place("squeeze", (names[1], "se1"), (copy, 0))
    part = module.get_submodule(f"{text.paths[names[1]]}.{copy}.se1.squeeze")
    at = cut(module, text, way_to(network(), text, place), x)
    other = torch.randn(at.value.shape, generator=torch.Generator().manual_seed(4))
    handle = part.register_forward_hook(lambda *_: other)
    with torch.no_grad():
        expected = module(x)
    handle.remove()
    assert not torch.equal(expected, scores(module, text, x))
    torch.testing.assert_close(at.onward(other), expected)


def test_grad_cam_inside_a_composite_is_that_of_hooks_and_backward(subject: Subject, names: tuple[str, str]) -> None:
    module, text = subject.module.eval(), subject.source
    for place, path in (
        (Place("conv1", (names[0],)), f"{text.paths[names[0]]}.conv1"),
        (Place("conv1", (names[1],), (1,)), f"{text.paths[names[1]]}.1.conv1"),
    ):
        found = explained(subject, 6, METHODS[0], unheard, node=place, target=2, with_random=False)
        assert found.node == str(place)
        kept: list[Tensor] = []
        handle = module.get_submodule(path).register_forward_hook(lambda *given, kept=kept: kept.append(given[2]))
        data = subject.data
        x = (torch.tensor(found.picture)[None].float() / 255 - data.mean[0]) / data.std[0]
        score = module(x)[0, 2]
        handle.remove()
        (slopes,) = torch.autograd.grad(score, kept[0])
        cam = (slopes.mean((2, 3), keepdim=True) * kept[0]).sum(1)[0].clamp(min=0).detach()
        np.testing.assert_allclose(found.marks, cam, rtol=1e-3, atol=1e-6)
        assert all(each.grad is None for each in module.parameters())


def test_a_channel_and_a_wire_inside_a_copy_can_be_switched_off(subject: Subject, names: tuple[str, str]) -> None:
    module, text = subject.module.eval(), subject.source
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    place = Place("conv1", (names[1],), (2,))
    part: nn.Module = module.get_submodule(f"{text.paths[names[1]]}.2.conv1")

    def without(_: nn.Module, __: object, value: Tensor) -> Tensor:
        changed = value.clone()
        changed[:, 1] = 0
        return changed

    found = effect(subject, 4, Switched(place, (1,)), unheard)
    data = subject.data
    x = (torch.tensor(found.picture)[None].float() / 255 - data.mean[0]) / data.std[0]
    handle = part.register_forward_hook(without)
    with torch.no_grad():
        expected = module(x).softmax(1)[0]
    handle.remove()
    np.testing.assert_allclose(found.after, expected, rtol=1e-4, atol=1e-6)
    assert f"channel 2 of {names[1]} #3 › conv1" in found.sentences[0]
    cut_off = effect(subject, 4, Switched(place, (), "se1"), unheard)
    all_off = effect(subject, 4, Switched(place), unheard)
    np.testing.assert_allclose(cut_off.after, all_off.after, rtol=1e-5)  # nothing else reads it
    with pytest.raises(TraceError, match="relu1 does not read"):
        effect(subject, 4, Switched(place, (), "relu1"), unheard)
    ranked = ranking(subject, place, Instead.ZERO, unheard)
    assert len(ranked.costs) == 4 and ranked.node == str(place)
    one = effect(subject, 4, Switched(place, (ranked.costs[0].channel,)), unheard)
    assert one.images >= ranked.images
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_what_a_channel_inside_looks_for(subject: Subject, names: tuple[str, str]) -> None:
    place = Place("conv1", (names[0],))
    for painter in PAINTERS:
        found = painter.paint(subject, place, 1, lambda _, share: (share or 0.0) < 0.05)
        assert found.node == str(place) and found.channels == 4 and "channel 2 of" in found.sentences[0]
    x = images(1).requires_grad_()
    value = value_at(subject.module.eval(), subject.source, way_to(network(), subject.source, place), x)
    (slopes,) = torch.autograd.grad(value.sum(), x)
    assert slopes.abs().max() > 0
