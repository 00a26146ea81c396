"""Every block against PyTorch: seeded random parameters and inputs, and what the real module makes of them."""

import random
import types
import warnings
from collections.abc import Callable
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that generated source uses
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio import blocks
from cnnstudio.blocks import CosineWindowAttention, CosineWindowBlock
from cnnstudio.graph import BLOCKS, Block, Composite, Graph, Parameter, Remedy, Shape, ShapeError, parameters
from cnnstudio.graph.composite import facts

NAMES = [name for name in blocks.__all__ if BLOCKS[name].arity.most != 0]
DRAWS = 40  # for a primitive, and as many again for each of its parameters; a third without --whole
COMPOSITE_DRAWS = 6  # for a composite likewise: its parts are drawn by themselves
BATCH = 5  # no size that is drawn for an axis, so that PyTorch never takes one for the other
SIZES = (1, 2, 3, 4, 6, 8, 9, 12)

KINDS = (Shape(8, 16, 16), Shape(8), Shape(9, 8))

# where a block refuses what PyTorch would take, on purpose: each is a mistake that PyTorch does not notice
STRICTER = {
    "Add": "PyTorch stretches axes of size 1",
    "Multiply": "PyTorch lines up a vector with the columns of a map",
    "Mean": "PyTorch stretches axes of size 1",
    "PositionEmbedding": "PyTorch adds to anything",
    "FirstToken": "PyTorch takes the first of anything",
    "TokenMap": "PyTorch splits an axis of a map as well",
    "SelfAttention": "PyTorch takes a batch of vectors for one sequence",
    "ChannelSlice": "PyTorch gives what is left of a slice that reaches beyond the channels",
    "WindowAttention": "PyTorch rolls by any number",
    "CosineWindowAttention": "PyTorch rolls by any number",
    "InstanceNorm2d": "PyTorch refuses one pixel a channel only when it trains",
}

STRICTER_OFF_MAPS = {
    "ChannelPool": "PyTorch takes the mean of a vector as well",
    "Pad": "PyTorch pads a vector at its ends",
}


# drawing


def drawn_value(parameter: Parameter, kind: Any, luck: random.Random) -> Any:
    low, high = (parameter.range.low, parameter.range.high) if parameter.range else (None, None)
    if get_origin(kind) in (Union, types.UnionType):
        return drawn_value(parameter, luck.choice(get_args(kind)), luck)
    if get_origin(kind) is Literal:
        return luck.choice(get_args(kind))
    if kind is str:
        return luck.choice(("", "1 2; 3 4", "0.5 0 0.25", "1; 2; 3", "1 2; 3", "words", "nan inf"))
    if kind is Graph:
        return parameter.default
    if kind is bool:
        return luck.random() < 0.5
    if kind is type(None):
        return None
    if kind is int:
        return luck.randint(int(low), int(min(high, low + luck.choice((0, 2, 7)))))
    if kind is float:
        return luck.uniform(low, min(high, low + 2.0))
    if get_origin(kind) is tuple and Ellipsis in get_args(kind) and parameter.length is None:
        return parameter.default  # a list of declarations
    if get_origin(kind) is tuple:
        entries = get_args(kind)
        count = parameter.length.high if Ellipsis in entries else len(entries)
        return tuple(drawn_value(parameter, entries[0], luck) for _ in range(count))
    raise AssertionError(f"no way to draw {parameter.name}: {kind}")


def drawn_block(made: type[Block], luck: random.Random) -> Block:
    """A block with about half of its parameters away from their defaults."""
    values = {p.name: drawn_value(p, p.type, luck) for p in parameters(made) if luck.random() < 0.5}
    return made(**values)


def drawn_shapes(block: Block, luck: random.Random) -> tuple[Shape, ...]:
    """Mostly of a kind that the block takes, now and then not; several inputs mostly agree."""
    likely = [len(kind) for kind in KINDS if refusal(type(block)(), (kind,) * block.arity.least) is None]
    rank = luck.choice(likely if luck.random() < 0.8 else (1, 2, 3))
    first = Shape(*(luck.choice(SIZES) for _ in range(rank)))
    count = block.arity.least + (luck.randint(0, 1) if block.arity.most is None else 0)
    shapes = [first]
    while len(shapes) < count:
        other = list(first)
        if luck.random() < 0.5:
            other[luck.randrange(len(other))] = luck.choice(SIZES)
        if luck.random() < 0.1:
            other = other[:1]
        shapes.append(Shape(*other))
    return tuple(shapes[:count])


# PyTorch's answer


class Group(nn.Module):
    """The modules of a composite, each under the name of its node."""


def module_of(block: Block, inputs: tuple[Shape, ...]) -> nn.Module | nn.Parameter | None:
    """The module, or the one parameter, that ``init`` writes; for a composite, those of its parts."""
    if not isinstance(block, Composite):
        text = block.init(*inputs)
        scope: dict[str, Any] = {"nn": nn, "torch": torch, "F": F}
        for definition in block.definitions:
            exec(definition, scope)
        return eval(text, scope) if text is not None else None
    parts, group = block.parts(*inputs), Group()
    for node in parts.graph:
        if (module := module_of(node.block, parts.shapes_into(node))) is not None:
            setattr(group, node.name, module)
    return group


def value_of(block: Block, module: nn.Module | nn.Parameter | None, *values: torch.Tensor) -> torch.Tensor:
    """What ``forward`` writes, evaluated; for a composite, node by node."""
    if not isinstance(block, Composite):
        names = [f"value{index}" for index in range(len(values))]
        host = types.SimpleNamespace(block=module)
        scope = {"self": host, "torch": torch, "nn": nn, "F": F, **dict(zip(names, values, strict=True))}
        result = eval(block.forward("block", *names), scope)
        assert isinstance(result, torch.Tensor)
        return result
    parts = block.parts(*(Shape(*value.shape[1:]) for value in values))
    known = dict(zip((node.name for node in parts.graph.inputs), values, strict=True))
    for name in parts.graph.order:
        node = parts.graph[name]
        if name not in known:
            inner = getattr(module, name, None)
            known[name] = value_of(node.block, inner, *(known[source] for source in node.inputs if source))
            assert tuple(known[name].shape[1:]) == parts.shapes[name], name
    return known[parts.result.name]


def torch_answer(block: Block, inputs: tuple[Shape, ...]) -> tuple[tuple[int, ...], dict[str, tuple[int, ...]], int]:
    """Shape without the batch, the learned weights, and the multiply-accumulates of one sample."""
    module = module_of(block, inputs)
    values = [torch.randn(BATCH, *shape) for shape in inputs]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        result = value_of(block, module.eval() if isinstance(module, nn.Module) else module, *values)
    assert result.shape[0] == BATCH
    weights = {"": module} if isinstance(module, nn.Parameter) else dict(module.named_parameters()) if module else {}
    learned = {key: tuple(weight.shape) for key, weight in weights.items() if weight.requires_grad}
    macs = counter.get_total_flops() // 2
    if isinstance(block, CosineWindowAttention | CosineWindowBlock):  # its biases are computed once, whatever the batch
        macs += (BATCH - 1) * (2 * block.window_size - 1) ** 2 * 512 * (2 + block.num_heads)
    return tuple(result.shape[1:]), learned, macs // BATCH


def torch_refuses(block: Block, inputs: tuple[Shape, ...]) -> bool:
    assert block.init(*inputs) != ""
    try:
        shape, _, _ = torch_answer(block, inputs)
    except (RuntimeError, ValueError, IndexError, TypeError, UserWarning, AssertionError):
        return True
    return 0 in shape  # PyTorch goes on with nothing at all


# the tests


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)  # neither it nor fused kernels are counted
    with warnings.catch_warnings(), sdpa_kernel(SDPBackend.MATH):
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel")
        yield
    torch.backends.mha.set_fastpath_enabled(True)


# Opaque is what its file says: its own tests are in test_opaque.py
@pytest.mark.parametrize("name", [name for name in NAMES if name != "Opaque"])
def test_block_agrees_with_torch(name: str, a_part: Callable[[int], int]) -> None:
    luck = random.Random(f"oracle {name}")
    accepted = 0
    draws = a_part(COMPOSITE_DRAWS if issubclass(BLOCKS[name], Composite) else DRAWS)
    draws *= 1 + len(parameters(BLOCKS[name]))
    for _ in range(draws):
        block = drawn_block(BLOCKS[name], luck)
        inputs = drawn_shapes(block, luck)
        case = f"{block} on {inputs}"
        try:
            shape = block.shape(*inputs)
        except ShapeError as error:
            assert error.sentence.endswith("."), error.sentence
            # PyTorch takes a batch of tokens for one map without a batch
            stricter = name in STRICTER or (name in STRICTER_OFF_MAPS and not inputs[0].is_map) or len(inputs[0]) == 2
            if not isinstance(block, Composite) and not stricter:
                assert torch_refuses(block, inputs), f"PyTorch takes {case}: {error.sentence}"
            continue
        accepted += 1
        found = shape, {key: tuple(weight) for key, weight in block.weights(*inputs).items()}, block.macs(*inputs)
        assert found == torch_answer(block, inputs), case
        typical = {p.name: p.default for p in parameters(type(block)) if p.costless}
        for alike in (block, type(block)(**{**block.values, **typical})):
            learned = sum(weight.numel for weight in alike.weights(*inputs).values())
            assert facts(block, inputs)[:3] == (alike.shape(*inputs), learned, alike.macs(*inputs)), case
    assert accepted >= draws // 8, f"only {accepted} draws of {draws} were legal"


def saved_by_torch(block: Block, inputs: tuple[Shape, ...]) -> tuple[set[str], float]:
    """Which of what goes in and comes out autograd saves while training, and bytes besides for one sample."""
    module = module_of(block, inputs)
    values = [torch.randn(BATCH, *shape, requires_grad=True) for shape in inputs]
    held = [module] if isinstance(module, nn.Parameter) else [*module.parameters(), *module.buffers()] if module else []
    known = {tensor.untyped_storage().data_ptr() for tensor in held}
    saved: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = value_of(block, module.train() if isinstance(module, nn.Module) else module, *values)
    places = {value.untyped_storage().data_ptr(): "inputs" for value in values}
    places.setdefault(out.untyped_storage().data_ptr(), "output")
    flow = {places[key] for key in saved if key in places}
    own = [tensor.untyped_storage().nbytes() for key, tensor in saved.items() if key not in places and key not in known]
    return flow, sum(own) / BATCH


STATISTICS = ("BatchNorm1d", "BatchNorm2d")  # two numbers a channel for the whole batch, not for a sample


@pytest.mark.parametrize("name", [name for name in NAMES if not issubclass(BLOCKS[name], Composite)])
def test_what_training_keeps_is_what_autograd_saves(name: str) -> None:
    if name in ("Opaque", "CosineWindowAttention"):  # as its file says; its biases are computed once for the batch
        return
    luck = random.Random(f"saved {name}")
    for _ in range(DRAWS):
        block = drawn_block(BLOCKS[name], luck)
        inputs = drawn_shapes(block, luck)
        if refusal(block, inputs) or (1 in inputs[0] and "Attention" in name):  # what is else a copy may be a view
            continue
        with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]):  # as PyTorch chooses when nothing is counted
            flow, besides = saved_by_torch(block, inputs)
        found = block.saved(*inputs)
        expected = {"nothing": set(), "both": {"inputs", "output"}}.get(found.flow, {found.flow})
        besides -= 2 * inputs[0][0] * 4 / BATCH if name in STATISTICS else 0
        assert (flow, besides) == (expected, pytest.approx(found.besides)), f"{block} on {inputs}"


@pytest.mark.parametrize("name", NAMES)
def test_remedies_remedy(name: str) -> None:
    """What an error offers may uncover another error, but it never leaves the same one."""
    luck = random.Random(f"remedies {name}")
    for _ in range(DRAWS * (1 + len(parameters(BLOCKS[name])))):
        block = drawn_block(BLOCKS[name], luck)
        inputs = drawn_shapes(block, luck)
        error = refusal(block, inputs)
        for remedy in error.remedies if error else ():
            mended, shapes = remedied(block, inputs, remedy)
            rest = refusal(mended, shapes)
            assert rest is None or rest.sentence != error.sentence, f"{remedy.title} does not help {block} on {inputs}"


def refusal(block: Block, inputs: tuple[Shape, ...]) -> ShapeError | None:
    try:
        block.shape(*inputs)
    except ShapeError as error:
        return error
    return None


def remedied(block: Block, inputs: tuple[Shape, ...], remedy: Remedy) -> tuple[Block, tuple[Shape, ...]]:
    if remedy.port is None:
        return remedy.blocks[0], inputs
    shape = inputs[remedy.port]
    for inserted in remedy.blocks:
        shape = inserted.shape(shape)
    return block, (*inputs[: remedy.port], shape, *inputs[remedy.port + 1 :])
