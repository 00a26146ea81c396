"""By what a block weighs, against the modules run by hand; means over the pictures of a class."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import (
    CBAM,
    ClassToken,
    Conv2d,
    CosineWindowBlock,
    EfficientChannelAttention,
    Flatten,
    Input,
    Linear,
    PatchEmbedding,
    SqueezeExcite,
    TransformerBlock,
    WindowBlock,
)
from cnnstudio.compiler.source import Place
from cnnstudio.graph import Block, Sketch
from cnnstudio.insight import weighing
from cnnstudio.insight.activations import activation, entering
from cnnstudio.insight.attribution.question import AttributionError
from cnnstudio.insight.subject import Subject
from cnnstudio.insight.weighed import Kind
from cnnstudio.insight.weighing import mean_weighed, weighed
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.session import prepare
from cnnstudio.worker import unheard


def subject_of(*blocks: Block) -> Subject:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), *blocks, Flatten(), Linear(10))
    return Subject(prepare(Project(draw.graph(), Recipe(data="digits", device="cpu")), unheard, some=True), "")


def input_of(subject: Subject, node: str, picture: int) -> Tensor:
    """What the block after a node reads, of a validation picture."""
    return activation(
        subject.module, subject.source, node, entering(subject.module, subject.picture(picture).image, subject.data)
    )


@pytest.fixture(scope="module")
def gated() -> Subject:
    return subject_of(Conv2d(6, padding=1), SqueezeExcite(2), EfficientChannelAttention(), CBAM(2))


def test_the_weights_of_channels_are_those_of_the_gate(gated: Subject) -> None:
    (told,) = weighed(gated, Place("se1"), 3)
    x = input_of(gated, "conv1", 3)
    part = gated.module.se1
    with torch.no_grad():
        expected = part.excite(part.squeeze(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
    np.testing.assert_allclose(told.values, expected[0, :, 0, 0], rtol=1e-5)
    assert told.kind is Kind.CHANNELS and told.sentence == "channel weights"
    (other,) = weighed(gated, Place("eca1"), 3)
    assert other.values.shape == (6,) and ((other.values > 0) & (other.values < 1)).all()
    both = weighed(gated, Place("cbam1"), 3)
    assert [each.kind for each in both] == [Kind.CHANNELS, Kind.PLACES] and both[1].values.shape == (1, 8, 8)
    assert [each.kind for each in weighed(gated, Place("spatial_attention", ("cbam1",)), 3)] == [Kind.PLACES]
    assert weighed(gated, Place("conv1"), 3) == () == weighed(gated, Place("input1"), 3)


def test_the_mean_of_a_class_is_over_its_pictures(gated: Subject) -> None:
    data = gated.data
    labels = data.validation_labels[:500]
    seven = [number for number, label in enumerate(labels.tolist()) if label == 7]
    expected = np.mean([weighed(gated, Place("se1"), number)[0].values for number in seven], axis=0)
    one = mean_weighed(gated, Place("se1"), 0, 7, unheard)
    np.testing.assert_allclose(one.values, expected, rtol=1e-4)
    assert one.pictures == len(seven) and one.sentence.endswith(f"the mean of {len(seven)} validation pictures")
    each = mean_weighed(gated, Place("se1"), 0, None, unheard)
    assert each.values.shape == (1, 10, 6) and each.pictures == len(labels)
    np.testing.assert_allclose(each.values[0, 7], expected, rtol=1e-4)
    with pytest.raises(AttributionError, match="weighs nothing"):
        mean_weighed(gated, Place("conv1"), 0, 7, unheard)


@pytest.mark.parametrize("has_token", [True, False])
def test_attention_is_what_torch_says_it_is(has_token: bool) -> None:
    token = (ClassToken(),) if has_token else ()
    subject = subject_of(PatchEmbedding(8, 2), *token, TransformerBlock(2))
    x = input_of(subject, subject.source.steps[len(token)].node, 2)
    block = subject.module.block1
    with torch.no_grad():
        entry = block.norm1(x)
        looks = block.attention(entry, entry, entry, need_weights=True, average_attn_weights=False)[1][0]
    expected = looks[:, 0, 1:] if has_token else looks.mean(1)
    for place in (Place("block1"), Place("attention", ("block1",))):
        (told,) = weighed(subject, place, 2)
        assert told.kind is Kind.ATTENTION and ("class token" in told.what) is has_token
        np.testing.assert_allclose(told.values, expected.reshape(2, 4, 4), atol=1e-6)
    each = mean_weighed(subject, Place("block1"), 0, None, unheard)
    assert each.values.shape == (10, 4, 4)
    np.testing.assert_allclose(
        each.values[4], mean_weighed(subject, Place("block1"), 0, 4, unheard).values.mean(0), atol=1e-6
    )


@pytest.mark.parametrize(
    "block", [WindowBlock(2, 4), WindowBlock(2, 3, 1), WindowBlock(2, 4, windows="grid"), CosineWindowBlock(2, 4, 2)]
)
def test_attention_in_windows_lies_where_the_pixels_are(block: Block) -> None:
    """A window's pixels share out 1, so that on a map in whole windows each adds up to the number of its windows."""
    subject = subject_of(Conv2d(4, padding=1), block)
    (told,) = weighed(subject, Place("block1"), 1)
    assert told.values.shape == (2, 8, 8)
    if 8 % block.values["window_size"] == 0:
        np.testing.assert_allclose(told.values.sum((1, 2)), 4.0, rtol=1e-5)
    if block == WindowBlock(2, 4):
        np.testing.assert_allclose(told.values[:, :4, :4].sum((1, 2)), 1.0, rtol=1e-5)
        layer = subject.module.block1
        x = layer.norm1(input_of(subject, "conv1", 1).permute(0, 2, 3, 1))[:, :4, :4].reshape(1, 1, 16, 4)
        attention: nn.Module = layer.attention
        with torch.no_grad():
            query, key, _ = attention.project(x).unbind()
            scores = attention.scores(query, key) + attention.bias()[attention.index].permute(2, 0, 1)
        np.testing.assert_allclose(told.values[:, :4, :4].reshape(2, 16), scores.softmax(-1)[0, 0].mean(1), atol=1e-6)


def test_listening_leaves_the_network_as_it_was(gated: Subject) -> None:
    module = gated.module.train()
    before, hooks, state = copy.deepcopy(module.state_dict()), len(module.se1._forward_hooks), torch.get_rng_state()
    mean_weighed(gated, Place("cbam1"), 1, None, unheard)
    assert module.training and torch.equal(state, torch.get_rng_state()) and hooks == len(module.se1._forward_hooks)
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_what_cannot_weigh_is_not_computed_a_second_time(gated: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[object] = []
    monkeypatch.setattr(weighing, "activations", lambda *_: computed.append(1) or {})
    assert weighed(gated, Place("conv1"), 0) == () and not computed
