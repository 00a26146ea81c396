"""What it does to switch a part off, against edited copies of the weights; the network stays as it was, bit for bit."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import Add, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.graph import Shape, Sketch
from cnnstudio.insight.ablation import effect, ranking
from cnnstudio.insight.activations import TraceError
from cnnstudio.insight.effect import Instead, Switched
from cnnstudio.insight.subject import Subject
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load, normalised
from cnnstudio.training.loop import fresh
from cnnstudio.training.runs.session import Prepared


@pytest.fixture(scope="module")
def subject() -> Subject:
    """A convolution whose maps are read by another one and by an Add."""
    draw = Sketch()
    first = draw.chain(draw(Input((1, 8, 8))), Conv2d(5, padding=1), ReLU())
    y = draw.chain(first, Conv2d(5, padding=1), ReLU())
    draw.chain(draw(Add(), y, first), Flatten(), Linear(10))
    project = Project(draw.graph(), Recipe(data="digits"))
    text = source(project.graph)
    return Subject(Prepared(project, text, fresh(text, project.recipe), load(project.recipe, Shape(1, 8, 8))), "now")


def going_on(*_: object) -> bool:
    return True


def said(subject: Subject, module: nn.Module, count: int) -> tuple[Tensor, Tensor, float]:
    """Scores of the first validation pictures by a whole module, with their labels and their mean loss."""
    data = subject.data
    x = normalised(data.validation_images[:count], torch.tensor(data.mean[0]), torch.tensor(data.std[0]))
    with torch.no_grad():
        given = module.eval()(x)
    labels = data.validation_labels[:count]
    return given, labels, float(nn.functional.cross_entropy(given, labels))


def without(subject: Subject, *channels: int) -> nn.Module:
    """An edited copy: these filters of the first convolution make nothing but zeros."""
    edited: nn.Module = copy.deepcopy(subject.module)
    part = edited.get_submodule(subject.source.paths["conv1"])
    with torch.no_grad():
        part.weight[list(channels)] = 0  # type: ignore[index,operator]
        part.bias[list(channels)] = 0  # type: ignore[index,operator]
    return edited


@pytest.mark.parametrize("channels", [(2,), (0, 3)])
def test_switching_off_a_channel_is_what_an_edited_copy_of_the_weights_gives(
    subject: Subject, channels: tuple[int, ...]
) -> None:
    before = {name: tensor.clone() for name, tensor in subject.module.state_dict().items()}
    modes, state = [part.training for part in subject.module.modules()], torch.get_rng_state()
    found = effect(subject, 4, Switched("conv1", channels), going_on)
    assert all(torch.equal(before[name], tensor) for name, tensor in subject.module.state_dict().items())
    assert modes == [part.training for part in subject.module.modules()]
    assert torch.equal(state, torch.get_rng_state())
    edited = without(subject, *channels)
    given, labels, loss = said(subject, edited, found.images)
    np.testing.assert_allclose(found.after, given[4].softmax(0), rtol=1e-4, atol=1e-6)
    assert found.accuracy[1] == pytest.approx(float((given.argmax(1) == labels).float().mean()))
    assert found.loss[1] == pytest.approx(loss, rel=1e-4)
    given, labels, loss = said(subject, subject.module, found.images)
    np.testing.assert_allclose(found.before, given[4].softmax(0), rtol=1e-4, atol=1e-6)
    assert found.loss[0] == pytest.approx(loss, rel=1e-4) and found.channels == 5
    assert found.images == len(subject.data.validation_labels) == found.of
    assert found.sentences[0].startswith(f"Without {Switched('conv1', channels).words}: ")


def test_a_wire_that_is_cut_leaves_the_other_readers_alone(subject: Subject) -> None:
    net, paths = subject.module.eval(), subject.source.paths
    data = subject.data
    x = normalised(data.validation_images[:1], torch.tensor(data.mean[0]), torch.tensor(data.std[0]))
    conv1, conv2, fc = (net.get_submodule(paths[name]) for name in ("conv1", "conv2", "fc1"))
    with torch.no_grad():
        first = conv1(x).relu()
        by_conv = fc((conv2(torch.zeros_like(first)).relu() + first).flatten(1)).softmax(1)[0]
        by_add = fc(conv2(first).relu().flatten(1)).softmax(1)[0]
    for reader, expected in (("conv2", by_conv), ("add1", by_add)):
        found = effect(subject, 0, Switched("relu1", (), reader), going_on)
        np.testing.assert_allclose(found.after, expected, rtol=1e-4, atol=1e-6)
    with pytest.raises(TraceError, match="fc1 does not read relu1"):
        effect(subject, 0, Switched("relu1", (), "fc1"), going_on)


def test_the_average_and_the_noise_are_those_of_the_validation_pictures(subject: Subject) -> None:
    net, paths = subject.module.eval(), subject.source.paths
    data = subject.data
    x = normalised(data.validation_images[:200], torch.tensor(data.mean[0]), torch.tensor(data.std[0]))
    conv1, conv2, fc = (net.get_submodule(paths[name]) for name in ("conv1", "conv2", "fc1"))
    with torch.no_grad():
        value = conv1(x)
        mean, spread = value.mean(0), value.transpose(0, 1).flatten(1).std(1, correction=0)

        def ending(given: Tensor) -> Tensor:
            first = given.relu()
            return fc((conv2(first).relu() + first).flatten(1)).softmax(1)[0]

        changed = value[:1].clone()
        changed[0, 1] = mean[1]
        random = torch.randn(value[:1].shape, generator=torch.Generator().manual_seed(0))
        noisy = value[:1].clone()
        noisy[0, 1] += random[0, 1] * spread[1]
        expected = {Instead.AVERAGE: ending(changed), Instead.NOISE: ending(noisy)}
    for instead, wanted in expected.items():
        found = effect(subject, 0, Switched("conv1", (1,), instead=instead), going_on)
        np.testing.assert_allclose(found.after, wanted, rtol=1e-3, atol=1e-5)


def test_channels_are_ranked_by_what_each_edited_copy_loses(subject: Subject) -> None:
    found = ranking(subject, "conv1", Instead.ZERO, going_on)
    given, labels, whole = said(subject, subject.module, found.images)
    right = float((given.argmax(1) == labels).float().mean())
    assert sorted(cost.channel for cost in found.costs) == list(range(5)) and found.images == 200
    assert [cost.loss for cost in found.costs] == sorted((cost.loss for cost in found.costs), reverse=True)
    for cost in found.costs:
        given, labels, loss = said(subject, without(subject, cost.channel), found.images)
        assert cost.loss == pytest.approx(loss - whole, abs=1e-5)
        assert cost.accuracy == pytest.approx(right - float((given.argmax(1) == labels).float().mean()), abs=1e-6)
    stopped = ranking(subject, "conv1", Instead.ZERO, lambda _, share: share is None)
    assert len(stopped.costs) == 1 and stopped.sentence.endswith("The first 1 of 5 were tried.")


def test_what_is_not_there_is_told(subject: Subject) -> None:
    with pytest.raises(TraceError, match="no block called gone"):
        effect(subject, 0, Switched("gone"), going_on)
    with pytest.raises(TraceError, match="conv1 has 5 channels, and no channel 9"):
        effect(subject, 0, Switched("conv1", (8,)), going_on)
