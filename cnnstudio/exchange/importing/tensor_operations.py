"""Tensor operations: sums, joins, pieces and other orders of values, as blocks or as another layout of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor, fx, nn

from cnnstudio.blocks import (
    Add,
    ChannelPool,
    ChannelShuffle,
    ChannelSlice,
    ClassToken,
    Concat,
    Crop,
    FirstToken,
    Flatten,
    LayerScale,
    MaxPool2d,
    Multiply,
    Permute,
    PositionEmbedding,
    Reshape,
    SelfAttention,
    Tokens,
)
from cnnstudio.exchange.importing.blame import BATCH
from cnnstudio.exchange.importing.modules import weights_of
from cnnstudio.exchange.importing.recognition import Steps, Unknown, Value, Weight
from cnnstudio.graph import Block


def add(steps: Steps, node: fx.Node) -> Value:
    """A sum of two values, or of tokens and the learned vectors of their places."""
    if len(node.args) != 2 or node.kwargs:
        raise Unknown
    left, right = node.args
    if not (_is_value(steps, left) and _is_value(steps, right)):
        known, other = (left, right) if _is_value(steps, left) else (right, left)
        part = steps.plain(_node(known))
        weight = Weight("", steps.weight(other))
        if tuple(steps.seen(other).shape) != (1, *steps.parts[part].shape):
            raise Unknown
        return Value(steps.add(node, PositionEmbedding(), part, weights=[weight], name="position"))
    return _merged(steps, node, Add(), [_node(left), _node(right)])


def mul(steps: Steps, node: fx.Node) -> Value:
    """A product of two values, or of a value and a learned scale."""
    if len(node.args) != 2 or node.kwargs:
        raise Unknown
    left, right = node.args
    if _is_value(steps, left) and _is_value(steps, right):
        return _merged(steps, node, Multiply(), [_unexpanded(steps, _node(each)) for each in (left, right)])
    known, other = (left, right) if _is_value(steps, left) else (right, left)
    value, shape = steps.map(_node(known))
    target, sizes = _learned(steps, other), tuple(steps.seen(other).shape)
    channels = shape[0] if shape.is_map else shape[-1]
    wanted = (channels, 1, 1) if shape.is_map and value.layout == "first" else (channels,)
    if value.is_dealt or value.layout not in ("first", "last") or _without_ones_before(sizes) != wanted:
        raise Unknown
    name = target.rpartition(".")[2]
    scale = LayerScale(_first_number(steps.tensor(target)))
    return replace(value, part=steps.add(node, scale, value.part, weights=[Weight("", target)], name=name))


def _unexpanded(steps: Steps, node: fx.Node) -> fx.Node:
    """What was stretched to the other factor's size before a product, which stretches it itself."""
    name, source = str(node.target), node.args[0] if node.args else None
    stretched = name in ("expand", "expand_as") and _is_value(steps, source)
    return source if stretched and isinstance(source, fx.Node) and len(node.users) == 1 else node


def _learned(steps: Steps, other: object) -> str:
    """The name of the parameter that this is, seen under whatever shape."""
    while isinstance(other, fx.Node) and str(getattr(other.target, "__name__", other.target)) in _SHAPED:
        other = other.args[0]
    return steps.weight(other)


_SHAPED = {"view", "reshape", "unsqueeze", "to", "type_as"}


def _without_ones_before(sizes: tuple[int, ...]) -> tuple[int, ...]:
    while sizes[:1] == (1,) and len(sizes) > 1:
        sizes = sizes[1:]
    return sizes


def _first_number(tensor: Tensor) -> float:
    """What a scale begins with, as far as it can be told."""
    return 1e-6 if tensor.is_meta else min(100.0, max(0.0, round(float(tensor.detach().flatten()[0]), 6)))


def _merged(steps: Steps, node: fx.Node, block: Block, sources: list[fx.Node]) -> Value:
    """Several values into one, where all have the same layout."""
    values = [steps.values[source] for source in sources]
    if len({replace(value, part=0) for value in values}) == 1 and not values[0].is_dealt:
        return replace(values[0], part=steps.add(node, block, *(value.part for value in values)))
    return Value(steps.add(node, block, *map(steps.plain, sources)))


def cat(steps: Steps, node: fx.Node) -> Value:
    """Values joined along the channels, or a learned token put before the others."""
    things = node.args[0] if node.args else node.kwargs["tensors"]
    dim = steps.argument(node, 1, "dim", 0)
    rank = steps.seen(node).dim()
    if not isinstance(things, tuple | list) or dim % rank != 1:
        raise Unknown
    if len(things) == 1:
        return steps.values[_node(things[0])]
    if all(_is_value(steps, thing) for thing in things):
        return Value(steps.add(node, Concat(), *(steps.plain(_node(thing)) for thing in things)))
    token, rest = things
    expanded = _node(token)
    if str(expanded.target) not in ("expand", "expand_as", "repeat"):
        raise Unknown
    weight = Weight("", steps.weight(expanded.args[0]))
    part = steps.plain(_node(rest))
    if tuple(steps.seen(expanded.args[0]).shape) != (1, 1, steps.parts[part].shape[-1]):
        raise Unknown
    return Value(steps.add(node, ClassToken(), part, weights=[weight], name="class_token"))


def _is_value(steps: Steps, thing: object) -> bool:
    return isinstance(thing, fx.Node) and thing in steps.values


def _node(thing: object) -> fx.Node:
    if not isinstance(thing, fx.Node):
        raise Unknown
    return thing


def flatten(steps: Steps, node: fx.Node) -> Value:
    """Everything behind the batch in one row, or another shape."""
    if (steps.argument(node, 1, "start_dim", 0), steps.argument(node, 2, "end_dim", -1)) == (1, -1):
        return steps.on_map(node, Flatten())
    return reshape(steps, node)


def reshape(steps: Steps, node: fx.Node) -> Value:
    """The same numbers under another shape."""
    size = tuple(steps.seen(node).shape)
    if size[0] != BATCH:
        raise Unknown
    if len(size) == 1:  # one number a sample: a row of one
        return Value(steps.plain(steps.source(node)))
    if (shuffled := _shuffle(steps, node)) is not None:
        return shuffled
    if len(size) == 2:
        return steps.on_map(node, Flatten())
    return steps.on_map(node, Reshape(size[1:]))


def _shuffle(steps: Steps, node: fx.Node) -> Value | None:
    """ShuffleNet's shuffle: the channels as groups × rest, turned over, and back."""
    turned = _node(node.args[0])
    if str(turned.target) == "contiguous":
        turned = _node(turned.args[0])
    if str(getattr(turned.target, "__name__", turned.target)) not in ("transpose", "swapaxes"):
        return None
    if {steps.argument(turned, 1, "dim0"), steps.argument(turned, 2, "dim1")} != {1, 2}:
        return None
    split = _node(turned.args[0])
    if str(split.target) not in ("view", "reshape") or split.args[0] not in steps.values:
        return None
    source = _node(split.args[0])
    part = steps.plain(source)
    shape, size = steps.parts[part].shape, tuple(steps.seen(split).shape)
    if size != (BATCH, size[1], shape.channels // size[1], *shape.spatial):
        return None
    return Value(steps.add(node, ChannelShuffle(size[1]), part))


def permute(steps: Steps, node: fx.Node) -> Value:
    """Other axes, by their new order."""
    given = node.kwargs.get("dims", node.args[1] if len(node.args) == 2 else node.args[1:])
    seen = steps.seen(given)
    rank = steps.seen(node).dim()
    return _turned(steps, node, [int(axis) % rank for axis in seen])


def transpose(steps: Steps, node: fx.Node) -> Value:
    """Other axes, by two that change places."""
    rank = steps.seen(node).dim()
    first, second = (int(steps.argument(node, 1 + i, n)) % rank for i, n in enumerate(("dim0", "dim1")))
    order = list(range(rank))
    order[first], order[second] = second, first
    return _turned(steps, node, order)


def _turned(steps: Steps, node: fx.Node, order: list[int]) -> Value:
    source = _node(node.args[0])
    if order == [0, 2, 1] and (tokens := _tokens(steps, node, source)) is not None:
        return tokens
    value = steps.values[steps.source(node)]
    if value.is_dealt or value.layout == "loose" or order[0] != 0:
        raise Unknown
    if order == [0, 2, 3, 1] and value.layout == "first":
        return Value(value.part, "last")
    if order == [0, 3, 1, 2] and value.layout == "last":
        return Value(value.part)
    return Value(steps.add(node, Permute(tuple(order[1:])), steps.plain(source)))


def _tokens(steps: Steps, node: fx.Node, flat: fx.Node) -> Value | None:
    """A map of which each row of pixels was flattened, and then turned: a sequence of tokens."""
    if str(getattr(flat.target, "__name__", flat.target)) not in ("flatten", "reshape", "view"):
        return None
    source = flat.args[0]
    if not isinstance(source, fx.Node) or source not in steps.values:
        return None
    value, shape = steps.map(source)
    wanted = (BATCH, shape.channels, shape[1] * shape[2]) if shape.is_map else ()
    if value.layout != "first" or tuple(steps.seen(flat).shape) != wanted:
        return None
    return Value(steps.add(node, Tokens(), value.part))


def getitem(steps: Steps, node: fx.Node) -> Value:
    """A piece of a value: channels, pixels, the first token, or one of the pieces that it was cut into."""
    source, index = _node(node.args[0]), steps.seen(node.args[1])
    if source.op == "call_module" and index == 0:
        module = steps.module(source)
        if steps.is_shared(source):
            raise Unknown
        if type(module) is nn.MaxPool2d:
            return _pooled(steps, node, source, module)
        return _attention(steps, node, source)
    if isinstance(index, int):
        if index == 0 and str(getattr(source.target, "__name__", source.target)) == "max":
            return _largest(steps, node, source)
        return _chunk(steps, node, source, index)
    part = steps.plain(steps.source(node))
    shape = steps.parts[part].shape
    index = tuple(index) if isinstance(index, tuple | list) else (index,)
    if index[:1] == (...,) and len(index) <= len(shape):
        index = (*[slice(None)] * (len(shape) + 2 - len(index)), *index[1:])
    if not index or index[0] != slice(None):
        raise Unknown
    if len(shape) == 2 and index[1:] == (0,):
        return Value(steps.add(node, FirstToken(), part))
    while index[-1:] == (slice(None),) and len(index) > 2:
        index = index[:-1]
    ranges = [_span(each, length) for each, length in zip(index[1:], shape, strict=False)]
    if len(ranges) == 1:
        (start, stop), channels = ranges[0], shape.channels
        return Value(steps.add(node, ChannelSlice(start, None if stop == channels else stop), part))
    if len(ranges) == 2 and shape.is_map:
        ranges.append((0, shape[2]))
    if len(ranges) == 3 and ranges[0] == (0, shape.channels) and shape.is_map:
        (top, bottom), (left, right) = ranges[1:]
        block = Crop(top, shape[1] - bottom, left, shape[2] - right)
        return Value(steps.add(node, block, part))
    raise Unknown


def _span(index: Any, length: int) -> tuple[int, int]:
    if not isinstance(index, slice):
        raise Unknown
    start, stop, step = index.indices(length)
    if step != 1:
        raise Unknown
    return start, stop


def _largest(steps: Steps, node: fx.Node, source: fx.Node) -> Value:
    """The values of ``max`` over the channels."""
    if steps.argument(source, 1, "dim") != 1 or not steps.argument(source, 2, "keepdim", False):
        raise Unknown
    return Value(steps.add(node, ChannelPool("max"), steps.plain(steps.source(source)), name="pool"))


def _chunk(steps: Steps, node: fx.Node, source: fx.Node, index: int) -> Value:
    """One of the pieces of a ``chunk`` or ``split`` along the channels."""
    if str(getattr(source.target, "__name__", source.target)) not in ("chunk", "split"):
        raise Unknown
    if steps.argument(source, 2, "dim", 0) != 1:
        raise Unknown
    part = steps.plain(steps.source(source))
    sizes = [piece.shape[1] for piece in steps.seen(source)]
    start = sum(sizes[:index])
    stop = start + sizes[index]
    channels = steps.parts[part].shape.channels
    return Value(steps.add(node, ChannelSlice(start, None if stop == channels else stop), part))


def _pooled(steps: Steps, node: fx.Node, call: fx.Node, module: nn.MaxPool2d) -> Value:
    """The values of a pooling that tells where it found them as well."""
    stride = None if module.stride == module.kernel_size else module.stride
    block = MaxPool2d(module.kernel_size, stride, module.padding, module.dilation, module.ceil_mode)
    name = str(call.target).rpartition(".")[2]
    return Value(steps.add(node, block, steps.plain(steps.source(call)), name=name))


def _attention(steps: Steps, node: fx.Node, call: fx.Node) -> Value:
    module = steps.module(call)
    query, key, value = (call.args[i] if i < len(call.args) else call.kwargs[n] for i, n in enumerate(_QKV))
    told = set(call.kwargs) - {*_QKV, "need_weights", "average_attn_weights"}
    is_plain = (
        type(module) is nn.MultiheadAttention
        and module.batch_first
        and module._qkv_same_embed_dim
        and module.bias_k is None
        and not module.add_zero_attn
    )
    if not is_plain or not query is key is value or any(call.kwargs[name] not in (None, False) for name in told):
        raise Unknown
    if len(call.args) > 3:
        raise Unknown
    block = SelfAttention(module.num_heads, module.dropout, module.in_proj_bias is not None)
    name = str(call.target).rpartition(".")[2]
    part = steps.plain(_node(query))
    return Value(steps.add(node, block, part, weights=weights_of(steps, call), name=name))


_QKV = ("query", "key", "value")
