"""The source computes what inference says: shapes, weights, every step, in torch, for networks and random graphs."""

import random
import re
from collections.abc import Callable

import pytest
import torch
from torch import nn

from cnnstudio.blocks import (
    GELU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    BatchNorm2d,
    ChannelSlice,
    Concat,
    Conv2d,
    ConvBNReLU,
    ConvTranspose2d,
    DepthwiseSeparable,
    Dropout,
    Flatten,
    Group,
    GroupNorm,
    Input,
    LayerNorm,
    LayerNorm2d,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Multiply,
    ReLU,
    Residual,
    SiLU,
    Softmax,
    SqueezeExcite,
    StochasticDepth,
)
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source, source
from cnnstudio.graph import BLOCKS, Block, Composite, Graph, Node, Pen, Shape, ShapeError, Sketch
from cnnstudio.graph import block as declare
from cnnstudio.graph.parameter import Channels
from cnnstudio.training.build import build
from cnnstudio.zoo import TEMPLATES, lenet5, small_resnet


def images(graph: Graph, count: int = 2) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(count, *node.block.shape(), generator=generator) for node in graph.inputs]


def stepped(made: Source, module: nn.Module, graph: Graph, inputs: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """The value of every node, step by step."""
    values = dict(zip((node.name for node in graph.inputs), inputs, strict=True))
    for step in made.steps:
        given = {name: values[name] for name in step.inputs}
        values[step.node] = eval(step.expression, {"self": module, "torch": torch, "F": nn.functional, **given})
    return values


def check(graph: Graph) -> None:
    """Shapes, weights, paths and steps of the built source agree with inference."""
    analysis = infer(graph)
    made = source(graph)
    module = build(made.text).eval()
    weights = {name: tuple(weight.shape) for name, weight in module.named_parameters()}
    expected = {}
    for node in graph:
        into = tuple(analysis.shape(name) for name in node.inputs)
        found = node.block.weights(*into)
        expected |= {f"{made.paths[node.name]}.{key}": tuple(shape) for key, shape in found.items()}
        assert sum(shape.numel for shape in found.values()) == analysis.facts[node.name].parameters
        assert (node.name in made.paths) == (isinstance(node.block, Composite) or node.block.init(*into) is not None)
    assert weights == expected
    assert set(made.paths.values()) <= {name for name, _ in module.named_modules()}
    inputs = images(graph)
    with torch.no_grad():
        result = module(*inputs)
        values = stepped(made, module, graph, inputs)
    assert torch.equal(result, values[graph.outputs[0].name])
    for node in graph:
        assert tuple(values[node.name].shape) == (2, *analysis.facts[node.name].shape), node.name


@pytest.mark.parametrize("key", TEMPLATES)
def test_templates(key: str) -> None:
    template = TEMPLATES[key]
    check(template.make(7, template.size))


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize("make", [lenet5, small_resnet])
def test_torchscript_and_export_take_it(make: Callable[[], Graph]) -> None:
    graph = make()
    module = build(source(graph).text).eval()
    (x,) = images(graph)
    with torch.no_grad():
        expected = module(x)
        assert torch.equal(torch.jit.script(module)(x), expected)
        assert torch.allclose(torch.export.export(module, (x,)).module()(x), expected, atol=1e-6)


@declare
class Nest(Composite):
    """Composites inside a composite, with two inputs; for these tests alone.

    out_channels: what comes out
    """

    out_channels: Channels = 8

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        left = draw(Input(inputs[0]), name="left")
        body = draw.chain(left, Residual(self.out_channels), ConvBNReLU(self.out_channels, activation="none"))
        side = draw(DepthwiseSeparable(self.out_channels, 5), left)
        gated = draw(SqueezeExcite(2), body)
        draw(ReLU(), draw(Add(), gated, side, body))


BLOCKS.pop("Nest")  # it is no word of the vocabulary


@pytest.mark.parametrize("channels", [(8,), (8, 16), (16, 16, 24)])
def test_composites_in_composites(channels: tuple[int, ...]) -> None:
    draw = Sketch()
    x = draw(Input((8, 12, 12)))
    for width in channels:
        x = draw(Nest(width), x)
    draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Linear(3))
    check(draw.graph())


@declare
class Halves(Composite):
    """Half of the channels go round the other half; for these tests alone."""

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        half = inputs[0].channels // 2
        entry = draw(Input(inputs[0]))
        left = draw(ChannelSlice(0, half), entry, name="left")
        draw(Concat(), left, draw(Conv2d(half, 1), draw(ChannelSlice(half), entry)))


BLOCKS.pop("Halves")


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_numbers_in_forward_that_differ() -> None:
    draw = Sketch()
    draw.chain(draw(Input((8, 6, 6))), Halves(), Conv2d(12, 1), Halves(), Flatten(), Linear(3))
    graph = draw.graph()
    check(graph)
    module = build(source(graph).text).eval()
    assert torch.equal(torch.jit.script(module)(*images(graph)), module(*images(graph)))


def test_pieces_in_forward_that_need_torch_alone() -> None:
    text = source(lenet5()).text
    modules = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
    assert modules == {"torch"}


# random graphs


def random_block(draw: random.Random, shape: Shape) -> Block:
    """A block that may or may not take ``shape``."""
    width = draw.choice([4, 8, 12])
    if not shape.is_map:
        return draw.choice([Linear(width), ReLU(), LayerNorm(), Dropout(0.3), Softmax()])
    kernel = draw.choice([1, 2, 3, (1, 3), (3, 2)])
    return draw.choice(
        [
            Conv2d(
                width, kernel, draw.randint(1, 2), draw.randint(0, 2), draw.randint(1, 2), draw.choice([1, 1, 2, 4])
            ),
            Conv2d(width, kernel, padding="same", padding_mode=draw.choice(["zeros", "reflect", "replicate"])),
            ConvTranspose2d(width, kernel, 2, bias=draw.random() < 0.5),
            MaxPool2d(draw.randint(2, 3), draw.choice([None, 1, 2]), draw.randint(0, 1), ceil_mode=draw.random() < 0.5),
            AvgPool2d(2, ceil_mode=draw.random() < 0.5),
            AdaptiveAvgPool2d(draw.randint(1, 5)),
            AdaptiveMaxPool2d((2, 3)),
            BatchNorm2d(affine=draw.random() < 0.7),
            LayerNorm(bias=draw.random() < 0.5),
            LayerNorm2d(),
            GroupNorm(draw.choice([1, 2, 4])),
            LocalResponseNorm(3),
            GELU("tanh"),
            SiLU(),
            ConvBNReLU(width, kernel, draw.randint(1, 2), activation=draw.choice(["ReLU", "SiLU", "none"])),
            Residual(width, draw.randint(1, 2)),
            SqueezeExcite(draw.choice([2, 4])),
            DepthwiseSeparable(width, 3, draw.randint(1, 2)),
        ]
    )


def random_graph(seed: int) -> Graph:
    """Chains that branch off anywhere and are joined wherever shapes allow, with one output."""
    draw = random.Random(seed)
    sketch = Sketch()
    shapes: dict[str, Shape] = {}

    def put(block: Block, *inputs: str) -> str | None:
        try:
            shape = block.shape(*(shapes[name] for name in inputs))
        except ShapeError:
            return None
        if shape.numel > 20_000 and not isinstance(block, Flatten | Concat):
            return None
        name = sketch(block, *inputs)
        shapes[name] = shape
        return name

    ends = [str(put(Input((draw.choice([1, 3, 4]), draw.randint(9, 14), draw.randint(9, 14)))))]
    for _ in range(draw.randint(5, 25)):
        source_name = draw.choice(list(shapes)[-4:])
        block = random_block(draw, shapes[source_name])
        made = put(block, source_name)
        if made is None:
            continue
        for _ in range(draw.randint(0, 3) if isinstance(block, Residual | DepthwiseSeparable) else 0):
            made = put(type(block)(block.out_channels), made) or made
        ends = [name for name in ends if name != source_name] + [made]
        other = draw.choice(list(shapes))
        for merge in draw.sample([Add(), Multiply(), Concat()], 3) if draw.random() < 0.4 else []:
            if joined := put(merge, made, other):
                ends = [name for name in ends if name not in (made, other)] + [joined]
                break
    flat = [name if len(shapes[name]) == 1 else str(put(Flatten(), name)) for name in ends]
    if len(flat) > 1:
        put(Concat(), *flat)
    return sketch.graph()


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_compute_what_inference_says(seed: int) -> None:
    graph = random_graph(seed)
    if len(graph) > 1:
        check(graph)


def test_random_graphs_branch_and_stage() -> None:
    graphs = [random_graph(seed) for seed in range(60)]
    assert sum(any(len(edges) > 1 for edges in graph.consumers.values()) for graph in graphs) > 20
    assert sum(any(isinstance(node.block, Composite) for node in graph) for graph in graphs) > 30
    assert sum("Sequential" in source(graph).text for graph in graphs if len(graph) > 1) > 2


def test_stochastic_depth_leaves_out_whole_samples() -> None:
    draw = Sketch()
    draw(StochasticDepth(0.25), draw(Input((3, 4, 4))))
    drop = build(source(draw.graph()).text)
    torch.manual_seed(0)
    ones = torch.ones(2_000, 3, 4, 4)
    assert torch.equal(drop.eval()(ones), ones)
    found = drop.train()(ones).flatten(1)
    assert bool(((found == 0).all(1) | torch.isclose(found, torch.tensor(4 / 3)).all(1)).all())
    assert abs(float((found == 0).all(1).float().mean()) - 0.25) < 0.05


def test_blocks_counted_up_are_no_stage_where_the_first_reads_two_maps() -> None:
    inner = Sketch()
    left, right = inner(Input()), inner(Input())
    inner(Conv2d(4, padding=1), inner(Add(), left, right))
    both = Group("Both", inner.graph())
    one = Sketch()
    one(Conv2d(4, padding=1), one(Input()))
    draw = Sketch()
    entry = draw(Input((4, 8, 8)))
    graph = draw.graph().add(Node("stage1_1", both, (entry, entry)))
    graph = graph.add(Node("stage1_2", Group("One", one.graph()), ("stage1_1",)))
    graph = graph.add(Node("stage1_3", Group("One", one.graph()), ("stage1_2",)))
    module = build(source(graph).text)
    assert module(torch.randn(2, 4, 8, 8)).shape == (2, 4, 8, 8)
