"""LRP by hand: shares in a Linear and a convolution, of what adds and what takes away, and in a sum; none is lost."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Input,
    LayerNorm,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    SqueezeExcite,
)
from cnnstudio.compiler.source import Source, source
from cnnstudio.graph import Block, Sketch
from cnnstudio.insight.attribution.lrp import lrp_alpha_beta, lrp_epsilon
from cnnstudio.insight.attribution.question import AttributionError, Question
from cnnstudio.training.build import build


def made(*blocks: Block, size: tuple[int, ...] = (2, 6, 6)) -> tuple[nn.Module, Source]:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    text = source(draw.graph())
    return build(text.text, text.class_name, 5).eval(), text


def picture(size: tuple[int, ...] = (2, 6, 6)) -> Tensor:
    return torch.randn(1, *size, generator=torch.Generator().manual_seed(9))


def going_on(*_: object) -> bool:
    return True


def test_each_number_gets_its_share_in_what_it_was_added_to() -> None:
    module, text = made(Flatten(), Linear(4), ReLU(), Linear(3), size=(1, 2, 3))
    x = picture((1, 2, 3))
    first, second = (module.get_submodule(text.paths[name]) for name in ("fc1", "fc2"))
    w1, b1, w2, b2 = (each.detach() for each in (first.weight, first.bias, second.weight, second.bias))
    a0 = x.flatten()
    z1 = w1 @ a0 + b1
    a1 = z1.clamp(min=0)
    score = w2[1] @ a1 + b2[1]
    of_hidden = a1 * w2[1] * score / score
    expected = sum(of_hidden[k] * a0 * w1[k] / z1[k] for k in range(4))
    found = lrp_epsilon(Question(module, text, x, 1), going_on)
    torch.testing.assert_close(found.values.flatten(), expected, rtol=1e-3, atol=1e-5)
    assert found.remarks[0].endswith(f"of the score of {float(score):.4g}; the rest is in biases.".replace("-", "−"))


def test_what_adds_and_what_takes_away_are_shared_out_apart() -> None:
    module, text = made(Conv2d(1, 6), Flatten())
    x = picture()
    part = module.get_submodule(text.paths["conv1"])
    weight, bias = part.weight.detach()[0], part.bias.detach()[0]
    products = x[0] * weight
    more, less = products.clamp(min=0), products.clamp(max=0)
    score = products.sum() + bias
    expected = score * (2 * more / (more.sum() + bias.clamp(min=0)) - less / (less.sum() + bias.clamp(max=0))).sum(0)
    found = lrp_alpha_beta(Question(module, text, x, 0), going_on)
    torch.testing.assert_close(found.values, expected, rtol=1e-3, atol=1e-5)


def test_without_biases_nothing_is_lost_on_the_way() -> None:
    draw = Sketch()
    x = draw.chain(draw(Input((2, 8, 8))), Conv2d(6, padding=1, bias=False), ReLU(), MaxPool2d())
    y = draw.chain(x, Conv2d(6, padding=1, bias=False), BatchNorm2d(affine=False), ReLU())
    draw.chain(draw(Add(), y, x), SqueezeExcite(2), AdaptiveAvgPool2d(1), Flatten(), Linear(3, bias=False))
    text = source(draw.graph())
    module, x = build(text.text, text.class_name, 5).eval(), picture((2, 8, 8))
    with torch.no_grad():
        scores = module(x)[0]
    for target in range(3):
        for method in (lrp_epsilon, lrp_alpha_beta):
            found = method(Question(module, text, x, target), going_on)
            assert float(found.values.sum()) == pytest.approx(float(scores[target]), rel=0.02)


def test_with_so_small_an_epsilon_it_is_the_gradient_times_the_picture_in_a_network_of_relus() -> None:
    """Ancona et al. 2018, proposition 2; through convolutions, BatchNorms, residual blocks and pools."""
    module, text = made(
        Conv2d(4), BatchNorm2d(), ReLU(), Residual(4), MaxPool2d(), Flatten(), Linear(3), size=(2, 10, 10)
    )
    x = picture((2, 10, 10)).requires_grad_()
    (slopes,) = torch.autograd.grad(module(x)[0, 2], x)
    found = lrp_epsilon(Question(module, text, x.detach(), 2), going_on).values
    expected = (slopes * x.detach())[0].sum(0)
    torch.testing.assert_close(found, expected, rtol=0.02, atol=0.01 * float(expected.abs().max()))


def test_what_has_no_rule_is_named() -> None:
    module, text = made(Flatten(), LayerNorm(), Linear(3))
    with pytest.raises(AttributionError, match="no rule for layer_norm"):
        lrp_epsilon(Question(module, text, picture(), 0), going_on)
