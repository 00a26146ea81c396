"""Attention in windows against torchvision's Swin and MaxViT, whose weights it takes as they are."""

import pytest
import torch
from torch import nn

from cnnstudio.blocks import (
    ClassToken,
    CosineWindowAttention,
    Input,
    PatchMerging,
    TokenMap,
    Tokens,
    WindowAttention,
    WindowBlock,
)
from cnnstudio.compiler.source import source
from cnnstudio.graph import Block, Graph, Node, Shape, ShapeError
from cnnstudio.training.build import build
from cnnstudio.training.pretrained.weight_mapping import undealt
from cnnstudio.training.torchvision_compat import torchvision


def module_of(block: Block, shape: tuple[int, ...]) -> nn.Module:
    graph = Graph.of([Node("input1", Input(shape)), Node("attention", block, ("input1",))])
    return build(source(graph).text).eval()


def filled(module: nn.Module) -> dict[str, torch.Tensor]:
    """The module's tensors with numbers that tell one from another."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_(std=0.2)
    return module.state_dict()


@pytest.mark.parametrize("size", [(8, 8), (9, 7), (4, 12), (3, 3)])
@pytest.mark.parametrize("shift", [0, 2])
@pytest.mark.parametrize("is_second", [False, True])
def test_it_is_swins(size: tuple[int, int], shift: int, is_second: bool) -> None:
    swin = torchvision().models.swin_transformer
    kind = swin.ShiftedWindowAttentionV2 if is_second else swin.ShiftedWindowAttention
    theirs = kind(16, [4, 4], [shift, shift], 2).eval()
    state = {f"attention.{key}": value for key, value in filled(theirs).items() if "relative" not in key}
    if not is_second:
        state["attention.position_bias"] = theirs.relative_position_bias_table
    block = (CosineWindowAttention if is_second else WindowAttention)(2, 4, shift)
    ours = module_of(block, (16, *size))
    ours.load_state_dict(state)
    x = torch.randn(2, 16, *size)
    with torch.no_grad():
        wanted = theirs(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        torch.testing.assert_close(ours(x), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["window", "grid"])
def test_it_is_maxvits(kind: str) -> None:
    maxvit = torchvision().models.maxvit
    layer = maxvit.PartitionAttentionLayer(
        16, 8, 4, kind, (8, 8), 4, nn.GELU, nn.LayerNorm, attention_dropout=0, mlp_dropout=0, p_stochastic_dropout=0
    ).eval()
    theirs = layer.attn_layer[1]
    filled(theirs)
    ours = module_of(WindowAttention(2, 4, windows="grid" if kind == "grid" else "tiles", scale_by="token"), (16, 8, 8))
    ours.load_state_dict(
        {
            "attention.qkv.weight": theirs.to_qkv.weight,
            "attention.qkv.bias": theirs.to_qkv.bias,
            "attention.proj.weight": theirs.merge.weight,
            "attention.proj.bias": theirs.merge.bias,
            "attention.position_bias": theirs.relative_position_bias_table,
        }
    )
    x = torch.randn(2, 16, 8, 8)
    with torch.no_grad():
        cut = layer.partition_swap(layer.partition_op(x, layer.p))
        wanted = layer.departition_op(layer.departition_swap(theirs(cut)), layer.p, layer.g, layer.g)
        if kind == "grid":
            wanted = layer.departition_op(layer.departition_swap(theirs(cut)), layer.p, 8 // layer.p, 8 // layer.p)
        torch.testing.assert_close(ours(x), wanted, rtol=1e-5, atol=1e-5)


def test_heads_and_shifts_that_cannot_be_are_sentences() -> None:
    with pytest.raises(ShapeError, match="cannot be split among 3 heads"):
        WindowAttention(3).shape(Shape(16, 8, 8))
    with pytest.raises(ShapeError, match="shifted by 4, which must be less than their side, 4"):
        CosineWindowAttention(2, 4, 4).shape(Shape(16, 8, 8))


def test_patch_merging_halves_odd_maps_too() -> None:
    assert PatchMerging().shape(Shape(8, 14, 14)) == Shape(16, 7, 7)
    assert PatchMerging("after").shape(Shape(8, 7, 5)) == Shape(16, 4, 3)
    before, after = (PatchMerging(norm).weights(Shape(8, 4, 4)) for norm in ("before", "after"))  # type: ignore[arg-type]
    assert before["norm.weight"] == Shape(32) and after["norm.weight"] == Shape(16)
    assert list(before) == ["norm.weight", "norm.bias", "reduction.weight"]


def test_an_odd_map_is_merged_as_torchvision_does() -> None:
    theirs = torchvision().models.swin_transformer.PatchMerging(4)
    filled(theirs)
    ours = module_of(PatchMerging(), (4, 5, 3))
    ours.load_state_dict(
        {
            "attention.norm.weight": undealt(theirs.norm.weight, 0),
            "attention.norm.bias": undealt(theirs.norm.bias, 0),
            "attention.reduction.weight": undealt(theirs.reduction.weight, 1)[:, :, None, None],
        }
    )
    x = torch.randn(2, 4, 5, 3)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), rtol=1e-5, atol=1e-5)


def test_heads_that_cannot_be_are_mended_from_outside() -> None:
    with pytest.raises(ShapeError, match="16 channels cannot be split among 3 heads") as caught:
        WindowBlock(3).shape(Shape(16, 8, 8))
    assert caught.value.remedies[0].blocks == (WindowBlock(2),)


def test_tokens_become_the_map_that_they_were() -> None:
    graph = Graph.of(
        [
            Node("input1", Input((3, 4, 6))),
            Node("tokens", Tokens(), ("input1",)),
            Node("token", ClassToken(), ("tokens",)),
            Node("map", TokenMap(4, 1), ("token",)),
        ]
    )
    x = torch.randn(2, 3, 4, 6)
    torch.testing.assert_close(build(source(graph).text).eval()(x), x)


@pytest.mark.parametrize(
    ("block", "count", "sentence", "way"),
    [
        (TokenMap(), 17, "17 tokens cannot be laid out as a square", TokenMap(skip=1)),
        (TokenMap(skip=1), 16, "16 tokens but 1 cannot be laid out as a square", None),
        (TokenMap(5), 16, "16 tokens cannot be laid out as 5 equal rows", TokenMap(4)),
        (TokenMap(skip=1), 1, "1 token but 1 cannot be laid out as a square", None),
    ],
)
def test_tokens_that_make_no_map_are_a_sentence(block: TokenMap, count: int, sentence: str, way: Block | None) -> None:
    with pytest.raises(ShapeError, match=sentence) as caught:
        block.shape(Shape(count, 8))
    assert [remedy.blocks for remedy in caught.value.remedies] == ([(way,)] if way else [])
