"""The source of networks: golden text, names, stages, and what may never reach the text.

That the text computes what inference says is tested with torch in test_source_runs.py.
"""

import ast
import cProfile
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest

from cnnstudio.blocks import (
    AdaptiveAvgPool2d,
    Add,
    BatchNorm2d,
    Bottleneck,
    ChannelSlice,
    Concat,
    Conv2d,
    ConvBNReLU,
    DepthwiseSeparable,
    Dropout,
    Flatten,
    FractalBlock,
    Input,
    LayerNorm2d,
    Linear,
    MaxPool2d,
    MBConv,
    Multiply,
    ReLU,
    Residual,
    Softmax,
    SqueezeExcite,
)
from cnnstudio.compiler.source import Source, SourceError, source
from cnnstudio.graph import (
    BLOCKS,
    Block,
    Composite,
    Graph,
    GraphError,
    NamingError,
    Node,
    ParameterError,
    Pen,
    Shape,
    Sketch,
)
from cnnstudio.graph import block as declare
from cnnstudio.graph.parameter import Channels
from cnnstudio.zoo import lenet5, small_resnet, vgg_small
from cnnstudio.zoo.networks import NETWORKS as FAMOUS

HEAD = (AdaptiveAvgPool2d(1), Flatten(), Linear(10))


def se_net() -> Graph:
    draw = Sketch()
    x = draw(ConvBNReLU(32), draw(Input((3, 32, 32))), name="stem")
    for stage, channels in enumerate((32, 64), start=1):
        for number in (1, 2):
            x = draw(Residual(channels, 1 if stage == 1 or number == 2 else 2), x, name=f"stage{stage}_{number}")
        x = draw(SqueezeExcite(8), x)
    draw.chain(x, *HEAD)
    return draw.graph()


def mobile_net() -> Graph:
    draw = Sketch()
    x = draw(ConvBNReLU(16, stride=2, activation="ReLU6"), draw(Input((3, 32, 32))), name="stem")
    for channels, stride in ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (128, 1), (128, 1)):
        x = draw(DepthwiseSeparable(channels, stride=stride, activation="ReLU6"), x)
    draw.chain(x, AdaptiveAvgPool2d(1), Flatten(), Dropout(0.2), Linear(10))
    return draw.graph()


def branches() -> Graph:
    """An inception module, drawn with primitives."""
    draw = Sketch()
    x = draw.chain(draw(Input((3, 28, 28))), Conv2d(32, 3, padding=1), ReLU())
    ends = [draw(Conv2d(16, 1), x, name="branch1")]
    inner = draw(ReLU(), draw(Conv2d(16, 1), x, name="branch3_reduce"), name="branch3_relu")
    ends.append(draw(Conv2d(24, 3, padding=1), inner, name="branch3_conv"))
    inner = draw(ReLU(), draw(Conv2d(8, 1), x, name="branch5_reduce"), name="branch5_relu")
    ends.append(draw(Conv2d(8, 5, padding=2), inner, name="branch5_conv"))
    ends.append(draw(Conv2d(8, 1), draw(MaxPool2d(3, 1, 1), x, name="branch_pool"), name="branch_pool_conv"))
    draw.chain(draw(Concat(), *ends), ReLU(), *HEAD)
    return draw.graph()


def plain_residual() -> Graph:
    """Residual blocks drawn with primitives: identity, then projection."""
    draw = Sketch()
    x = draw.chain(draw(Input((3, 32, 32))), Conv2d(16, 3, 1, 1, bias=False), BatchNorm2d(), ReLU())
    body = [Conv2d(16, 3, 1, 1, bias=False), BatchNorm2d(), ReLU(), Conv2d(16, 3, 1, 1, bias=False), BatchNorm2d()]
    x = draw(ReLU(), draw(Add(), draw.chain(x, *body), x))
    y = draw.chain(x, Conv2d(32, 3, 2, 1, bias=False), BatchNorm2d(), ReLU(), Conv2d(32, 3, 1, 1, bias=False))
    shortcut = draw(Conv2d(32, 1, 2, bias=False), x, name="shortcut")
    shortcut = draw(BatchNorm2d(), shortcut, name="shortcut_bn")
    draw.chain(draw(Add(), y, shortcut), ReLU(), *HEAD)
    return draw.graph()


@declare
class Bottle(Composite):
    """A composite of composites, for these tests alone.

    out_channels: what comes out
    """

    out_channels: Channels = 32

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        entry = draw(Input(inputs[0]))
        x = draw(ConvBNReLU(self.out_channels // 4, 1), entry, name="reduce")
        x = draw(ConvBNReLU(self.out_channels // 4, 3), x, name="middle")
        x = draw(ConvBNReLU(self.out_channels, 1, activation="none"), x, name="expand")
        x = draw(SqueezeExcite(4), x, name="se")
        draw(Add(), x, entry, name="add")


@declare
class Halves(Composite):
    """Half of the channels go round the other half; its ``forward`` has numbers that differ. For these tests alone."""

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        half = inputs[0].channels // 2
        entry = draw(Input(inputs[0]))
        left = draw(ChannelSlice(0, half), entry, name="left")
        right = draw(Conv2d(half, 1), draw(ChannelSlice(half), entry, name="right_slice"), name="right_conv")
        draw(Concat(), left, draw(BatchNorm2d(), right, name="right_bn"))


@declare
class Cut(Composite):
    """A number that ``forward`` needs, under a name that every module has; for these tests alone.

    half: where to cut
    """

    half: Channels = 4

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        x = draw(ChannelSlice(0, self.half), draw(Input(inputs[0])))
        draw.chain(x, Softmax(dim=1), ReLU())


@declare
class Labelled(Composite):
    """What a person gives a name to; for these tests alone.

    label: the name of its class
    """

    label: str = ""

    @property
    def class_name(self) -> str:
        return self.label

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        draw.chain(draw(Input(inputs[0])), Conv2d(8, 1), ReLU())


for made_here in ("Bottle", "Cut", "Halves", "Labelled"):
    BLOCKS.pop(made_here)  # they are no words of the vocabulary


def nested() -> Graph:
    draw = Sketch()
    x = draw(ConvBNReLU(32), draw(Input((3, 16, 16))), name="stem")
    for number in (1, 2, 3):
        x = draw(Bottle(32), x, name=f"layer_{number}")
    x = draw(ConvBNReLU(64, stride=2), x, name="down")
    draw.chain(draw(Bottle(64), x, name="last"), *HEAD)
    return draw.graph()


def pairs() -> Graph:
    draw = Sketch()
    x = draw(Input((3, 17, 17)))
    for kernel in ((1, 7), (7, 1), 3):
        x = draw(MaxPool2d(3, 2, 1), draw(ConvBNReLU(24, kernel, groups=3, activation="SiLU"), x))
    draw.chain(x, *HEAD)
    return draw.graph()


NETWORKS: dict[str, Callable[[], Graph]] = {
    "lenet5": lenet5,
    "vgg_small": vgg_small,
    "small_resnet": small_resnet,
    "se_net": se_net,
    "mobile_net": mobile_net,
    "branches": branches,
    "plain_residual": plain_residual,
    "nested": nested,
    "pairs": pairs,
    **{
        name: partial(FAMOUS[name].make, 1000, FAMOUS[name].size)
        for name in (
            "convnext_tiny",
            "densenet121",
            "efficientnet_b0",
            "googlenet",
            "mobilenet_v2",
            "regnet_y_400mf",
            "resnet50",
            "shufflenet_v2_x1_0",
            "squeezenet1_1",
            "swin_t",
            "xception",
        )
    },
}


@pytest.mark.parametrize("name", NETWORKS)
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(name, source(NETWORKS[name]()).text)


@pytest.mark.parametrize("name", NETWORKS)
def test_equal_graphs_have_equal_source(name: str) -> None:
    assert source(NETWORKS[name]()) == source(NETWORKS[name]())


@pytest.mark.parametrize("arguments", [["check", "--select", "E,F,W,I,B,N,UP,PL,RUF,SIM"], ["format", "--check"]])
def test_ruff_has_nothing_to_say(arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sources")
    for name, make in NETWORKS.items():
        (folder / f"{name}.py").write_text(source(make()).text, encoding="utf-8")
    for name, template in FAMOUS.items():
        text = source(template.make(10, template.size)).text
        (folder / f"zoo_{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--line-length", "120", str(folder)]
    command += ["--ignore", "N812,PLR0913,PLR0915,PLR0917,RUF001,RUF002,RUF003"] if arguments[0] == "check" else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def chain(*blocks: Block, size: tuple[int, ...] = (3, 32, 32)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    return draw.graph()


def forward_of(made: Source, class_name: str = "Network") -> list[str]:
    """The lines of ``forward`` without comments."""
    body = made.text.partition(f"class {class_name}(")[2].partition("def forward")[2].split("\n\n")[0]
    return [line.partition("  #")[0].strip() for line in body.splitlines()[1:]]


# variables


def test_two_inputs_bear_their_names() -> None:
    draw = Sketch()
    left, right = draw(Input((3, 8, 8)), name="left"), draw(Input((3, 8, 8)), name="right")
    draw(ReLU(), draw(Add(), draw(Conv2d(3, 1), left), right))
    made = source(draw.graph())
    assert "def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:" in made.text
    assert forward_of(made) == ["left = self.conv1(left)", "x = left + right", "return self.relu1(x)"]


def test_a_value_that_is_needed_later_is_not_overwritten() -> None:
    draw = Sketch()
    x = draw(Conv2d(8, 3, padding=1), draw(Input((3, 8, 8))))
    inner = draw(ReLU(), x)
    gate = draw(Conv2d(8, 1), inner)
    draw(Add(), draw(Multiply(), inner, gate), x)
    assert forward_of(source(draw.graph())) == [
        "x = self.conv1(x)",
        "out = self.relu1(x)",
        "conv2 = self.conv2(out)",
        "out = out * conv2",
        "return out + x",
    ]


def test_a_shared_first_word_names_a_branch_unless_a_node_bears_it() -> None:
    draw = Sketch()
    x = draw(Input((3, 8, 8)))
    left = draw(ReLU(), draw(Conv2d(4, 1), x, name="left_conv"), name="left_relu")
    right = draw(ReLU(), draw(Conv2d(4, 1), x, name="right_conv"), name="right_relu")
    draw(ReLU(), draw(Concat(), left, right), name="left")
    assert forward_of(source(draw.graph())) == [
        "out = self.left_conv(x)",
        "out = self.left_relu(out)",
        "right = self.right_conv(x)",
        "right = self.right_relu(right)",
        "x = torch.cat([out, right], dim=1)",
        "return self.left(x)",
    ]


def test_a_node_that_reads_one_value_twice() -> None:
    draw = Sketch()
    x = draw(Conv2d(4), draw(Input((3, 8, 8))))
    draw(ReLU(), draw(Multiply(), x, x))
    assert forward_of(source(draw.graph())) == ["x = self.conv1(x)", "x = x * x", "return self.relu1(x)"]


def test_a_network_without_modules_has_no_init() -> None:
    text = source(chain(Flatten())).text
    assert "__init__" not in text
    assert "return torch.flatten(x, 1)  # 3072" in text


# stages


def names_in_init(made: Source) -> list[str]:
    network = made.text.partition("class Network(")[2]
    return [line.strip() for line in network.splitlines() if line.strip().startswith("self.")]


def test_a_run_of_equal_blocks_is_a_stage_with_a_generator() -> None:
    made = source(chain(Conv2d(64), *[Residual(64)] * 4))
    assert names_in_init(made)[1] == "self.stage1 = nn.Sequential(*(Residual(64) for _ in range(4)))"
    assert forward_of(made) == ["x = self.conv1(x)", "return self.stage1(x)"]
    assert made.paths == {"conv1": "conv1", **{f"block{n}": f"stage1.{n - 1}" for n in (1, 2, 3, 4)}}
    assert [step.expression for step in made.steps][1:3] == ["self.stage1[0](conv1)", "self.stage1[1](block1)"]


def test_names_that_do_not_count_up_make_no_stage() -> None:
    draw = Sketch()
    x = draw(Input((64, 8, 8)))
    for name in ("a_1", "a_3", "b_4"):
        x = draw(Residual(64), x, name=name)
    assert "Sequential" not in source(draw.graph()).text


def test_a_block_that_is_read_twice_ends_its_stage() -> None:
    draw = Sketch()
    x = draw(Input((64, 8, 8)))
    ends = []
    for number in (1, 2, 3):
        x = draw(Residual(64), x, name=f"block{number}")
        ends.append(x)
    draw(Add(), ends[1], ends[2])
    made = source(draw.graph())
    assert names_in_init(made) == [
        "self.stage1 = nn.Sequential(Residual(64), Residual(64))",
        "self.block3 = Residual(64)",
    ]
    assert made.paths == {"block1": "stage1.0", "block2": "stage1.1", "block3": "block3"}


def test_the_name_of_a_stage_is_free_and_allowed() -> None:
    draw = Sketch()
    x = draw(Conv2d(64, 1), draw(Input((64, 8, 8))), name="stage1")
    for stem in ("train_", "stage1_", "layer_"):
        for number in (1, 2):
            x = draw(Residual(64), x, name=f"{stem}{number}")
    made = source(draw.graph())
    assert set(made.paths.values()) == {"stage1", "stage2.0", "stage2.1", "stage3.0", "stage3.1", "layer.0", "layer.1"}


def test_a_stage_is_called_as_its_nodes_where_that_tells_something() -> None:
    draw = Sketch()
    x = draw(Input((64, 8, 8)))
    for stem in ("middle", "block"):
        for number in (1, 2):
            x = draw(Residual(64), x, name=f"{stem}{number}")
    assert set(source(draw.graph()).paths.values()) == {"middle.0", "middle.1", "stage1.0", "stage1.1"}


def test_a_word_that_others_bear_as_well_names_no_stage() -> None:
    draw = Sketch()
    x = draw(Input((64, 8, 8)))
    for number, made in enumerate((Residual(64), Residual(64), Residual(32), Residual(32)), start=1):
        x = draw(made, x, name=f"features{number}")
    assert {path.partition(".")[0] for path in source(draw.graph()).paths.values()} == {"stage1", "stage2"}


def test_what_is_counted_as_a_stage_is_one_whatever_it_is_made_of() -> None:
    draw = Sketch()
    x = draw(Input((8, 8, 8)))
    for number, made in enumerate((Residual(16), Bottleneck(32), Residual(8, 2)), start=1):
        x = draw(made, x, name=f"mixed1_{number}")
    made = source(draw.graph())
    assert list(made.paths.values()) == ["mixed1.0", "mixed1.1", "mixed1.2"]
    assert "self.mixed1 = nn.Sequential(Residual(8, 16" in made.text


def test_three_dots_end_no_sentence() -> None:
    text = source(chain(FractalBlock(8))).text
    assert '"""Paths of 1, 2, 4, ... convolutions side by side, joined by their mean wherever they meet."""' in text


def test_stochastic_depth_is_a_class_of_its_own() -> None:
    text = source(chain(MBConv(3, drop=0.5), size=(3, 4, 4))).text
    assert "        out = self.drop(out)\n        return out + x\n" in text


# classes


def test_what_differs_is_a_parameter_and_what_is_equal_stays() -> None:
    text = source(chain(Conv2d(16), Residual(32, 2), ReLU(), Residual(64, 2), ReLU(), Residual(64, 2))).text
    assert text.count("class Residual") == 1
    assert "def __init__(self, in_channels: int, out_channels: int) -> None:" in text
    assert "stride=2" in text
    assert "self.block3 = Residual(64, 64)" in text


def test_a_field_that_differs_bears_its_name() -> None:
    text = source(chain(Residual(32, 2), ReLU(), Residual(64, 1))).text
    assert "def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:" in text
    assert "self.shortcut = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)" in text
    assert "self.block1 = Residual(3, 32, stride=2)" in text
    assert "self.block2 = Residual(32, 64)" in text


def test_a_default_that_no_use_has_is_not_written() -> None:
    text = source(chain(Residual(32, 2), ReLU(), Residual(64, 3))).text
    assert "stride: int) -> None:" in text
    assert "self.block2 = Residual(32, 64, stride=3)" in text


def test_numbers_that_happen_to_be_equal_stay_apart() -> None:
    text = source(chain(ConvBNReLU(3, 3), size=(3, 8, 8))).text
    assert "self.conv = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)" in text
    assert "self.block1 = ConvBNReLU(3)" in text


def test_the_padding_that_follows_from_the_kernel_is_no_parameter() -> None:
    text = source(chain(ConvBNReLU(8, 1), MaxPool2d(), ConvBNReLU(8, 3), MaxPool2d(), ConvBNReLU(8, 5))).text
    assert "def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:" in text
    assert "kernel_size=kernel_size, padding=kernel_size // 2" in text
    text = source(chain(ConvBNReLU(8, 1), MaxPool2d(), ConvBNReLU(8, 3, padding=0))).text
    assert "kernel_size=kernel_size, bias=False" in text
    text = source(chain(ConvBNReLU(8, 3), MaxPool2d(), ConvBNReLU(8, 5, padding=0))).text
    assert "kernel_size: int, padding: int" in text


def test_pairs_are_typed() -> None:
    text = source(chain(ConvBNReLU(8, (1, 7)), MaxPool2d(), ConvBNReLU(8, 3))).text
    assert "kernel_size: int | tuple[int, int], padding: int | tuple[int, int]" in text
    assert "ConvBNReLU(3, 8, kernel_size=(1, 7), padding=(0, 3))" in text


def test_other_topologies_are_other_classes() -> None:
    text = source(chain(ConvBNReLU(8), MaxPool2d(), ConvBNReLU(8, activation="SiLU"), Residual(8), Residual(9))).text
    classes = [line for line in text.splitlines() if line.startswith("class ")]
    assert classes == [
        "class ConvBNReLU(nn.Module):",
        "class ConvBNSiLU(nn.Module):",
        "class Residual(nn.Module):",
        "class ResidualProjection(nn.Module):",
        "class Network(nn.Module):",
    ]


def test_a_number_in_forward_that_differs_is_kept_by_the_module() -> None:
    made = source(chain(Conv2d(16, 1), Halves(), Conv2d(32, 1), Halves()))
    assert made.text.count("class Halves") == 1
    assert "def __init__(self, right_channels: int) -> None:" in made.text
    assert (
        "        self.right_channels = right_channels\n        self.right_conv = nn.Conv2d(right_channels" in made.text
    )
    assert forward_of(made, "Halves") == [
        "left = x[:, : self.right_channels]",
        "right = x[:, self.right_channels :]",
        "right = self.right_conv(right)",
        "right = self.right_bn(right)",
        "return torch.cat([left, right], dim=1)",
    ]


def test_a_number_in_forward_that_is_equal_everywhere_stays() -> None:
    made = source(chain(Conv2d(16, 1), Halves()))
    assert forward_of(made, "Halves")[:2] == ["left = x[:, :8]", "right = x[:, 8:]"]


def test_an_attribute_never_hides_what_a_module_has() -> None:
    made = source(chain(Conv2d(16, 1), Cut(4), Conv2d(16, 1), Cut(5)))
    assert "def __init__(self, half: int = 4) -> None:" in made.text
    assert "self.half2 = half\n" in made.text
    assert "self.half =" not in made.text
    assert forward_of(made, "Cut")[0] == "x = x[:, : self.half2]"


def test_an_axis_is_no_width() -> None:
    text = source(chain(Cut(1), size=(1, 4, 4))).text
    assert "nn.Softmax(dim=1)" in text


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("MyBlock", "MyBlock"),
        ("None", "NoneBlock"),
        ("Network", "Network2"),
        ("nn", "nnBlock"),
        ('X"); import os; ("', "XimportosBlock"),
        ("", "Block"),
        ("12", "Block"),
    ],
)
def test_the_name_that_a_person_gives_a_class_is_made_a_name(label: str, name: str) -> None:
    text = source(chain(Labelled(label))).text
    assert f"class {name}(nn.Module):" in text
    assert f"self.labelled1 = {name}(3, 8)" in text
    assert len(ast.parse(text).body) == 5


def test_groups_of_one_kind_share_a_class_by_their_label() -> None:
    text = source(chain(Labelled("One"), MaxPool2d(), Labelled("Two"), MaxPool2d(), Labelled("One"))).text
    assert text.count("(nn.Module)") == 3
    assert "self.labelled3 = One(8, 8)" in text


def test_a_class_called_like_a_composite_makes_way() -> None:
    text = source(chain(Residual(3)), "Residual").text
    assert "class Residual2(nn.Module):" in text
    assert "self.block1 = Residual2(3)" in text
    assert ast.parse(text)


# what may never be


def test_hostile_values_never_reach_the_text() -> None:
    hostile = '3); __import__("os").system("true"); ('
    for make in (
        lambda: Conv2d(8, hostile),  # type: ignore[arg-type]
        lambda: Conv2d(8, padding=hostile),  # type: ignore[arg-type]
        lambda: Conv2d(8, padding_mode=hostile),  # type: ignore[arg-type]
        lambda: Dropout(hostile),  # type: ignore[arg-type]
        lambda: Softmax(hostile),  # type: ignore[arg-type]
        lambda: Input((hostile, 3, 3)),  # type: ignore[arg-type]
    ):
        with pytest.raises(ParameterError):
            make()


class Liar(int):
    """An int whose repr is code."""

    def __repr__(self) -> str:
        return "__import__('os')"

    def __str__(self) -> str:
        return "__import__('os')"


class LyingFloat(float):
    def __repr__(self) -> str:
        return "__import__('os')"


class LyingText(str):
    def __repr__(self) -> str:
        return "__import__('os')"


def test_values_that_lie_about_themselves_are_made_plain() -> None:
    blocks = [
        Conv2d(Liar(8), Liar(3), (Liar(1), Liar(2)), padding_mode=LyingText("reflect"), padding=Liar(1)),
        Dropout(LyingFloat(0.5)),
        Flatten(),
        Linear(Liar(4)),
    ]
    text = source(chain(*blocks, size=(Liar(3), 16, 16))).text
    assert "__import__" not in text


def test_the_help_of_a_composite_cannot_break_out_of_the_docstring() -> None:
    for doc in (
        'Ends here. """ import os',
        '""" import os; """',
        "A backslash \\",
        'A quote at its end"',
        "Two\nlines\x00 with\u2028odd\ud800letters",
        "Very " * 60 + "long: not short.",
        "",
    ):
        hostile = type("Hostile", (Bottle,), {"help": classmethod(lambda cls, doc=doc: doc)})
        text = source(chain(hostile(32), size=(32, 8, 8))).text
        tree = ast.parse(text)
        assert [type(node).__name__ for node in tree.body[1:3]] == ["Import", "ImportFrom"]
        assert all(isinstance(node, ast.ClassDef) for node in tree.body[3:])
        assert max(map(len, text.splitlines())) <= 120
        text.encode()


@pytest.mark.parametrize("name", ["a; import os", "self", "x", "F", "train", "class", "ünder", "__class__", "a" * 61])
def test_names_that_are_no_names_are_refused(name: str) -> None:
    with pytest.raises((NamingError, GraphError)):
        Graph.of([Node(name, Input())])


@pytest.mark.parametrize("class_name", ["", "1st", "a b", "x" * 80, "nn", "F", "torch", "class", "Ünet", "A\n"])
def test_names_of_classes_are_checked(class_name: str) -> None:
    with pytest.raises(SourceError):
        source(lenet5(), class_name)


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (Graph(), "no input yet"),
        (chain(), "only an input"),
        (chain(Conv2d(8), Linear(10)), "fc1 (Linear)"),
        (chain(Conv2d(8)).add(Node("add1", Add(), ("conv1", None))), "add1 (Add) has an open input"),
        (chain(Conv2d(8)).add(Node("relu1", ReLU(), ("input1",))), "ends in 2 places, conv1, relu1"),
    ],
)
def test_what_is_no_network_has_no_source(graph: Graph, words: str) -> None:
    with pytest.raises(SourceError, match=words.replace("(", r"\(").replace(")", r"\)")):
        source(graph)


def test_long_lines_are_broken_at_their_brackets() -> None:
    draw = Sketch()
    x = draw(Input((3, 8, 8)))
    ends = [draw(Conv2d(4, 1), x, name=f"a_branch_of_a_rather_long_name_{number}") for number in range(12)]
    draw(ReLU(), draw(Concat(), *ends))
    text = source(draw.graph()).text
    assert max(map(len, text.splitlines())) <= 120
    assert ast.parse(text)


def test_five_times_the_nodes_are_five_times_the_work() -> None:
    def calls(rows: int) -> int:
        draw = Sketch()
        x = draw(Input((3, 32, 32)))
        for _ in range(rows):
            x = draw.chain(x, Conv2d(8, 3, padding=1), LayerNorm2d(), ReLU())
        graph = draw.graph()
        source(graph)
        profile = cProfile.Profile()
        profile.runcall(source, graph)
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(165) < 7 * calls(33)
