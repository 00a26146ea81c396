"""Each map against an independent computation: hooks and backward on the module, sums by hand, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    Conv2d,
    Flatten,
    GroupNorm,
    Input,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
)
from cnnstudio.compiler.source import Source, source
from cnnstudio.graph import Graph, Sketch
from cnnstudio.insight.activations import TraceError
from cnnstudio.insight.attribution.cam import laid
from cnnstudio.insight.attribution.methods import METHODS
from cnnstudio.insight.attribution.occlusion import covered, places
from cnnstudio.insight.attribution.question import AttributionError, Question
from cnnstudio.insight.cut import cut, scores
from cnnstudio.training.build import build

BY_KEY = {method.key: method for method in METHODS}
SIZE = (1, 12, 12)


def network() -> Graph:
    """A convolution, a skip round another, a pool, a composite, a head."""
    draw = Sketch()
    first = draw.chain(draw(Input(SIZE)), Conv2d(6, padding=1), ReLU())
    y = draw.chain(first, Conv2d(6, padding=1), ReLU())
    x = draw.chain(draw(Add(), y, first), MaxPool2d(), Residual(8), Conv2d(5, padding=1), ReLU())
    draw.chain(x, Flatten(), Linear(4))
    return draw.graph()


@pytest.fixture(scope="module")
def net() -> tuple[nn.Module, Source]:
    text = source(network())
    return build(text.text, text.class_name, 3).eval(), text


@pytest.fixture
def x() -> Tensor:
    return torch.randn(1, *SIZE, generator=torch.Generator().manual_seed(5))


def asked(
    net: tuple[nn.Module, Source], x: Tensor, node: str = "conv3", target: int = 2, together: int = 7
) -> Question:
    return Question(*net, x, target, node, together)


def marks(key: str, question: Question) -> Tensor:
    return BY_KEY[key].mark(question, lambda *_: True).values


def hooked(net: tuple[nn.Module, Source], x: Tensor, node: str, target: int) -> tuple[Tensor, Tensor]:
    """The maps of a node and their gradient, by a hook and one backward pass through the whole module."""
    module, text = net
    kept: list[Tensor] = []
    handle = module.get_submodule(text.paths[node]).register_forward_hook(lambda *given: kept.append(given[2]))
    score = module(x)[0, target]
    handle.remove()
    (slopes,) = torch.autograd.grad(score, kept[0])
    return kept[0][0].detach(), slopes[0]


COMPOSITE = next(node.name for node in network() if isinstance(node.block, Residual))


@pytest.mark.parametrize("node", ["conv1", "relu1", "conv2", COMPOSITE, "conv3"])
def test_class_activation_maps_are_those_of_hooks_and_a_backward_pass(
    net: tuple[nn.Module, Source], x: Tensor, node: str
) -> None:
    for target in range(4):
        maps, slopes = hooked(net, x, node, target)
        a, g = maps.double().numpy(), slopes.double().numpy()
        with np.errstate(all="ignore"):
            alpha = np.nan_to_num(g**2 / (2 * g**2 + a.sum((1, 2), keepdims=True) * g**3))
        expected = {
            "grad-cam": (a * g.mean((1, 2), keepdims=True)).sum(0),
            "grad-cam++": (a * (alpha * np.maximum(g, 0)).sum((1, 2), keepdims=True)).sum(0),
            "hires-cam": (a * g).sum(0),
            "layer-cam": (a * np.maximum(g, 0)).sum(0),
        }
        for key, wanted in expected.items():
            found = marks(key, asked(net, x, node, target)).numpy()
            np.testing.assert_allclose(found, np.maximum(wanted, 0), rtol=1e-3, atol=1e-5 * abs(wanted).max() + 1e-7)


def test_a_cut_network_goes_on_to_what_the_whole_one_gives(net: tuple[nn.Module, Source], x: Tensor) -> None:
    module, text = net
    two = torch.cat([x, -x])
    with torch.no_grad():
        whole = module(two)
        assert torch.equal(scores(module, text, two), whole)
        for name in ("input1", *(step.node for step in text.steps)):
            at = cut(module, text, name, two)
            torch.testing.assert_close(at.onward(at.value), whole)
        at = cut(module, text, "conv2", x)  # beside it the skip of the only picture, as often as there are values
        changed = torch.cat([at.value, 2 * at.value, 0 * at.value])
        one_by_one = torch.cat([at.onward(each[None]) for each in changed])
        torch.testing.assert_close(at.onward(changed), one_by_one)
        assert not torch.allclose(one_by_one[0], one_by_one[2])
    with pytest.raises(TraceError, match="no block called gone"):
        cut(module, text, "gone", x)


def test_gradients_are_those_of_autograd(net: tuple[nn.Module, Source], x: Tensor) -> None:
    leaf = x.clone().requires_grad_()
    net[0](leaf)[0, 2].backward()
    net[0].zero_grad()
    assert leaf.grad is not None
    torch.testing.assert_close(marks("gradient", asked(net, x)), leaf.grad[0].abs().amax(0))


def test_guided_backpropagation_lets_each_relu_pass_what_is_positive(net: tuple[nn.Module, Source], x: Tensor) -> None:
    handles = [
        part.register_full_backward_hook(lambda part, found, given: (found[0].clamp(min=0),))
        for part in net[0].modules()
        if isinstance(part, nn.ReLU)
    ]
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(net[0](leaf)[0, 2], leaf)
    for handle in handles:
        handle.remove()
    found = marks("guided-backpropagation", asked(net, x))
    torch.testing.assert_close(found, expected[0].abs().amax(0))
    assert not torch.allclose(found, marks("gradient", asked(net, x)))


def test_integrated_gradients_add_up_to_what_the_score_rises_by(net: tuple[nn.Module, Source], x: Tensor) -> None:
    with torch.no_grad():
        rise = float(net[0](x)[0, 2] - net[0](torch.zeros_like(x))[0, 2])
    found = BY_KEY["integrated-gradients"].mark(asked(net, x), lambda *_: True)
    assert abs(float(found.values.sum()) - rise) < 0.02 * abs(rise)
    assert f"rises by {rise:.4g}".replace("-", "−") in found.remarks[0]


def test_smooth_grad_is_the_mean_gradient_of_pictures_with_noise(net: tuple[nn.Module, Source], x: Tensor) -> None:
    random, spread = torch.Generator().manual_seed(0), 0.15 * float(x.max() - x.min())
    noise = torch.stack([torch.randn(SIZE, generator=random) for _ in range(32)])
    leaf = (x + noise * spread).requires_grad_()
    (slopes,) = torch.autograd.grad(net[0](leaf)[:, 2].sum(), leaf)
    torch.testing.assert_close(marks("smooth-grad", asked(net, x)), slopes.mean(0).abs().amax(0), rtol=1e-3, atol=1e-5)


def test_occlusion_is_what_the_score_loses_window_by_window(net: tuple[nn.Module, Source], x: Tensor) -> None:
    total, count = np.zeros(SIZE[1:]), np.zeros(SIZE[1:])
    with torch.no_grad():
        whole = net[0](x)[0, 2]
        for top in range(10):
            for left in range(10):
                hidden = x.clone()
                hidden[..., top : top + 3, left : left + 3] = 0
                total[top : top + 3, left : left + 3] += float(whole - net[0](hidden)[0, 2])
                count[top : top + 3, left : left + 3] += 1
    np.testing.assert_allclose(marks("occlusion", asked(net, x)).numpy(), total / count, rtol=1e-3, atol=1e-5)


def test_occlusion_leaves_the_network_as_it_is_and_does_without_another_order_where_that_is_refused(x: Tensor) -> None:
    text = source(network())
    module = build(text.text, text.class_name, 3).eval()
    expected, orders = marks("occlusion", asked((module, text), x)), []
    before = {name: value.clone() for name, value in module.state_dict().items()}

    def refuse(part: nn.Module, _: object) -> None:
        orders.append(part.weight.is_contiguous())  # type: ignore[operator, union-attr]
        if not orders[-1]:
            raise RuntimeError("view size is not compatible with input tensor's size and stride")

    module.get_submodule(text.paths["conv2"]).register_forward_pre_hook(refuse)
    torch.testing.assert_close(marks("occlusion", asked((module, text), x)), expected)
    assert orders[0] is False and all(orders[1:]) and len(orders) > 2
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name]) and value.is_contiguous()


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (8, 8), (28, 28), (224, 160)])
def test_windows_reach_both_edges_and_none_stands_twice(size: tuple[int, int]) -> None:
    found = places(*size)
    seen = np.zeros(size, int)
    for top, left, height, width in found:
        seen[top : top + height, left : left + width] += 1
    assert seen.min() > 0 and len(set(found)) == len(found) <= 400
    assert len(found) == min(20, size[0] - max(1, size[0] // 4) + 1) * min(20, size[1] - max(1, size[1] // 4) + 1)
    assert float(covered(torch.ones(1, 1, *size), found).sum()) == len(found) * (seen.size - found[0][2] * found[0][3])


def test_tokens_are_laid_out_as_they_were_cut() -> None:
    tokens = torch.arange(12.0).view(1, 6, 2)
    for with_class in (False, True):
        given = torch.cat([torch.full((1, 1, 2), 99.0), tokens], 1) if with_class else tokens
        found = laid(given, 20, 30, "encoder1")
        assert found.shape == (2, 2, 3) and found[0].tolist() == [[0, 2, 4], [6, 8, 10]]
    with pytest.raises(AttributionError, match="linear1 gives has no place in the picture"):
        laid(torch.zeros(1, 4), 20, 30, "linear1")


def test_a_block_without_places_is_refused_before_anything_is_computed(
    net: tuple[nn.Module, Source], x: Tensor
) -> None:
    for method in METHODS:
        if method.at_node:
            with pytest.raises(AttributionError, match="flatten1"):
                method.mark(asked(net, x, "flatten1"), lambda *_: True)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: str(method.key))
def test_asking_changes_nothing_and_ends_when_it_is_told(
    net: tuple[nn.Module, Source], x: Tensor, method: type
) -> None:
    module, _ = net
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state, picture = torch.get_rng_state(), x.clone()
    told: list[float | None] = []
    found = method.mark(asked(net, x), lambda _, share: told.append(share) is not None)
    assert len(told) <= 1, "it has ended when it was told"
    assert found.values.shape and bool(torch.isfinite(found.values).all()) and not found.values.requires_grad
    assert torch.equal(state, torch.get_rng_state()) and torch.equal(picture, x)
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert all(each.grad is None and each.requires_grad for each in module.parameters())
    assert not any(part._forward_hooks or part._backward_hooks for part in module.modules())


def test_single_pictures_of_networks_that_refuse_them() -> None:
    """GroupNorm of one number a group refuses one picture; shown twice it gives what others do not change."""
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), ReLU(), AdaptiveAvgPool2d(1), GroupNorm(4), Flatten(), Linear(3))
    text = source(draw.graph())
    question = Question(build(text.text, text.class_name, 0).eval(), text, torch.randn(1, 1, 8, 8), 1, "conv1")
    for method in METHODS:
        if method.key.startswith("lrp"):
            with pytest.raises(AttributionError, match="no rule for group_norm"):
                method.mark(question, lambda *_: True)
        else:
            assert method.mark(question, lambda *_: True).values.ndim == 2


def test_each_method_is_declared_once_and_tells_its_source() -> None:
    assert len({method.key for method in METHODS}) == len({method.title for method in METHODS}) == len(METHODS)
    for method in METHODS:
        assert method.sentence.endswith(".") and "20" in method.paper
