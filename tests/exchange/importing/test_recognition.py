"""Steps that networks are made of, one by one: which block each becomes, and what is left opaque."""

import re
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, nn

from cnnstudio.blocks import (
    GLU,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    ChannelPad,
    ChannelPool,
    ChannelShuffle,
    ChannelSlice,
    Concat,
    Conv2d,
    Crop,
    Dropout,
    FirstToken,
    Flatten,
    Group,
    GroupNorm,
    Hardtanh,
    InstanceNorm2d,
    LayerNorm,
    LayerNorm2d,
    LayerScale,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Multiply,
    Opaque,
    Pad,
    Permute,
    PixelUnshuffle,
    PositionEmbedding,
    ReLU,
    Reshape,
    RReLU,
    SelfAttention,
    Softmax,
    Softmin,
    Softplus,
    Softshrink,
    Threshold,
    Tokens,
    Upsample,
)
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.graph import Block, Shape

MAP = Shape(6, 8, 8)
VECTOR = Shape(6)


class Step(nn.Module):
    """One function as a network, with whatever modules it uses."""

    def __init__(self, function: Callable[..., Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


def imported(function: Callable[..., Tensor], size: Shape = MAP, **parts: nn.Module) -> Imported:
    module = Step(function, **parts).eval()
    made = import_module(module, size, "Step")
    if not made.opaque:
        assert difference(module, made, torch.randn(2, *size)) <= 1e-5
    return made


def blocks(made: Imported) -> list[Block]:
    return [node.block for node in made.graph][1:]


FUNCTIONS: list[tuple[Callable[..., Tensor], list[Block]]] = [
    (lambda m, x: torch.relu(x), [ReLU()]),
    (lambda m, x: x.relu(), [ReLU()]),
    (lambda m, x: F.relu(x, inplace=True), [ReLU()]),
    (lambda m, x: F.leaky_relu(x, 0.2), [LeakyReLU(0.2)]),
    (lambda m, x: F.max_pool2d(x, 2), [MaxPool2d(2)]),
    (lambda m, x: F.max_pool2d(x, 3, stride=2, padding=1), [MaxPool2d(3, 2, 1)]),
    (lambda m, x: F.avg_pool2d(x, kernel_size=3, stride=1, padding=1), [AvgPool2d(3, 1, 1)]),
    (lambda m, x: F.adaptive_avg_pool2d(x, (1, 1)), [AdaptiveAvgPool2d(1)]),
    (lambda m, x: x.mean([2, 3]), [AdaptiveAvgPool2d(1), Flatten()]),
    (lambda m, x: x.mean((-2, -1), keepdim=True), [AdaptiveAvgPool2d(1)]),
    (lambda m, x: x.view(x.size(0), -1), [Flatten()]),
    (lambda m, x: x.flatten(1), [Flatten()]),
    (lambda m, x: x.reshape(x.shape[0], 12, 32), [Reshape((12, 32))]),
    (lambda m, x: x.flatten(2).transpose(1, 2), [Tokens()]),
    (lambda m, x: x.reshape(x.shape[0], 6, 64).permute(0, 2, 1), [Tokens()]),
    (lambda m, x: x.flatten(2).transpose(1, 2)[:, 0], [Tokens(), FirstToken()]),
    (lambda m, x: x.permute(0, 2, 3, 1), [Permute((2, 3, 1))]),
    (lambda m, x: x.permute(0, 3, 1, 2), [Permute((3, 1, 2))]),
    (lambda m, x: x.permute(0, 2, 3, 1).relu().permute(0, 3, 1, 2), [ReLU()]),
    (lambda m, x: x[:, 2:], [ChannelSlice(2)]),
    (lambda m, x: x[:, :2, :, :], [ChannelSlice(0, 2)]),
    (
        lambda m, x: F.interpolate(x, size=(16, 24), mode="bilinear", align_corners=False),
        [Upsample((2, 3), "bilinear")],
    ),
    (lambda m, x: F.pixel_unshuffle(x.float().to(x.dtype), 2), [PixelUnshuffle(2)]),
    (lambda m, x: x * x.mean((2, 3), keepdim=True).expand_as(x), [AdaptiveAvgPool2d(1), Multiply()]),
    (lambda m, x: x[:, :, 1:-1, 2:-2], [Crop(1, 1, 2, 2)]),
    (lambda m, x: x[:, :, 1:], [Crop(1, 0, 0, 0)]),
    (lambda m, x: x[..., 1:-2], [Crop(0, 0, 1, 2)]),
    (lambda m, x: x.mean((2, 3), keepdim=True).squeeze(), [AdaptiveAvgPool2d(1), Flatten()]),
    (lambda m, x: x.mean((2, 3), True).squeeze(-1).squeeze(-1), [AdaptiveAvgPool2d(1), Reshape((6, 1)), Flatten()]),
    (lambda m, x: x.mean(1, keepdim=True), [ChannelPool("mean")]),
    (lambda m, x: x.amax(1, keepdim=True), [ChannelPool("max")]),
    (lambda m, x: torch.max(x, 1, keepdim=True)[0], [ChannelPool("max")]),
    (lambda m, x: x.amax((2, 3)), [AdaptiveMaxPool2d(1), Flatten()]),
    (lambda m, x: torch.cat((x.chunk(2, 1)[1], x.chunk(2, 1)[0]), 1), [ChannelSlice(3), ChannelSlice(0, 3), Concat()]),
    (lambda m, x: x.view(x.size(0), 2, 3, 8, 8).transpose(1, 2).reshape(x.size(0), -1, 8, 8), [ChannelShuffle(2)]),
    (lambda m, x: x * torch.sigmoid(x), []),
    (lambda m, x: F.pad(x, (1, 2, 0, 1)), [Pad(0, 1, 1, 2)]),
    (lambda m, x: F.pad(x, (1, 1, 1, 1), mode="reflect"), [Pad(1, 1, 1, 1, "reflect")]),
    (lambda m, x: F.pad(x, (0, 0, 0, 0, 3, 5)), [ChannelPad(5, 3)]),
    (lambda m, x: F.interpolate(x, scale_factor=2), [Upsample(2)]),
    (lambda m, x: F.dropout(x, 0.3, m.training), [Dropout(0.3)]),
    (lambda m, x: F.softmax(x.flatten(1), dim=-1), [Flatten(), Softmax(1)]),
    (lambda m, x: x.contiguous().clone(), []),
]


@pytest.mark.parametrize("case", FUNCTIONS, ids=[str(index) for index in range(len(FUNCTIONS))])
def test_functions_and_methods_have_blocks(case: tuple[Callable[..., Tensor], list[Block]]) -> None:
    function, wanted = case
    made = imported(lambda m, x: m.last(function(m, x)), last=nn.Hardtanh(-99, 99))
    assert made.opaque == ()
    found = [block for block in blocks(made) if not isinstance(block, Hardtanh)]
    if wanted:
        assert found == wanted
    else:
        assert not any(isinstance(block, Opaque) for block in found)


MODULES: list[tuple[nn.Module, Shape, Block]] = [
    (nn.Conv2d(6, 4, (1, 3), 2, (0, 1), 1, 2, False), MAP, Conv2d(4, (1, 3), 2, (0, 1), 1, 2, False)),
    (nn.Conv2d(6, 4, 3, padding=1, padding_mode="reflect"), MAP, Conv2d(4, 3, padding=1, padding_mode="reflect")),
    (nn.MaxPool2d(2, 2, ceil_mode=True), MAP, MaxPool2d(2, ceil_mode=True)),
    (nn.LayerNorm([6, 8, 8]), MAP, LayerNorm()),
    (nn.LayerNorm(6, bias=False), VECTOR, LayerNorm(bias=False)),
    (nn.Linear(6, 3, bias=False), VECTOR, Linear(3, False)),
    (nn.Softplus(2.0), MAP, Softplus(2.0)),
    (nn.Softmax(dim=-1), VECTOR, Softmax(1)),
    (nn.Softmin(dim=1), VECTOR, Softmin(1)),
    (nn.RReLU(0.1, 0.3), MAP, RReLU(0.1, 0.3)),
    (nn.Softshrink(0.4), MAP, Softshrink(0.4)),
    (nn.Threshold(0.1, 0.2), MAP, Threshold(0.1, 0.2)),
    (nn.GLU(1), MAP, GLU()),
    (nn.ZeroPad2d((1, 2, 0, 3)), MAP, Pad(0, 3, 1, 2)),
    (nn.ReflectionPad2d(2), MAP, Pad(2, 2, 2, 2, "reflect")),
    (nn.ReplicationPad2d(1), MAP, Pad(1, 1, 1, 1, "replicate")),
    (nn.Upsample(scale_factor=2.0, mode="bilinear"), MAP, Upsample(2, "bilinear")),
    (nn.Flatten(), MAP, Flatten()),
]  # fmt: skip


@pytest.mark.parametrize("case", MODULES, ids=lambda case: type(case[0]).__name__)
def test_modules_have_blocks(case: tuple[nn.Module, Shape, Block]) -> None:
    module, size, block = case
    made = imported(lambda m, x: m.step(x), size, step=module)
    assert blocks(made) == [block]


STRANGE: list[tuple[Callable[..., Tensor], str]] = [
    (lambda m, x: F.dropout(x, 0.5), "F.dropout"),
    (lambda m, x: torch.linalg.svdvals(x), "linalg_svdvals"),
]


@pytest.mark.parametrize("case", STRANGE, ids=lambda case: case[1])
def test_what_has_no_block_and_no_line_is_named_and_never_guessed(case: tuple[Callable[..., Tensor], str]) -> None:
    function, name = case
    made = import_module(Step(lambda m, x: m.first(function(m, x)), first=nn.ReLU()).eval(), MAP)
    assert len(made.opaque) == 1 and name in made.opaque[0]
    (opaque,) = [block for block in blocks(made) if isinstance(block, Opaque)]
    assert opaque.takes.startswith("6 ×") and opaque.gives
    assert any(
        re.search(r"it stands in one place \(test_recognition.py:\d+\) as an opaque block", note) for note in made.notes
    )


METHODS: list[Callable[[Tensor], Tensor]] = [
    lambda x: x / 3,
    lambda x: 1 / (x.abs() + 1),
    lambda x: x.flip(-1),
    lambda x: x.flip(2, 3),
    lambda x: x.flip([1]),
    lambda x: x.clamp(min=0.1),
    lambda x: (x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True),
    lambda x: x.sqrt() ** 2 - 1,
]


@pytest.mark.parametrize("method", METHODS, ids=range(len(METHODS)))
def test_methods_and_signs_are_the_functions_they_stand_for(method: Callable[[Tensor], Tensor]) -> None:
    module = Step(lambda m, x: method(x.sigmoid())).eval()
    made = import_module(module, MAP)
    names = [block.operation for block in blocks(made) if isinstance(block, Opaque)]
    assert names and all(name.startswith("torch.") and "Tensor" not in name for name in names)
    assert difference(module, made, torch.randn(2, *MAP)) <= 1e-6


def augmented(m: Step, x: Tensor) -> Tensor:
    x += 1
    x.mul_(2)
    return x


def called(m: Step, x: Tensor) -> Tensor:
    return m.relu(x) + x


def told(m: Step, x: Tensor) -> Tensor:
    return F.relu(x, inplace=True) + x


def through(m: Step, x: Tensor) -> Tensor:
    return x + x.contiguous().relu_() + x


IN_PLACE: list[Callable[..., Tensor]] = [augmented, called, told, through]


@pytest.mark.parametrize("function", IN_PLACE, ids=lambda function: function.__name__)
def test_what_is_changed_in_place_is_read_changed(function: Callable[..., Tensor]) -> None:
    module = Step(lambda m, x: function(m, m.conv(x)), conv=nn.Conv2d(6, 6, 1), relu=nn.ReLU(inplace=True)).eval()
    made = import_module(module, MAP)
    assert difference(module, made, torch.randn(2, *MAP)) <= 1e-6


def test_a_size_of_the_batch_is_asked_for_and_never_written_down() -> None:
    module = Step(lambda m, x: torch.roll(x, x.size(0), 2)).eval()
    made = import_module(module, MAP)
    (opaque,) = [block for block in blocks(made) if isinstance(block, Opaque)]
    assert opaque.expression == "torch.roll({0}, {0}.shape[0], 2)"
    assert difference(module, made, torch.randn(3, *MAP)) == 0


class ChannelsLast(nn.Module):
    """ConvNeXt's way: the channels at the end for a norm and two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(6), nn.Linear(6, 12), nn.Linear(12, 6)
        self.gamma = nn.Parameter(torch.rand(6, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.down(F.gelu(self.up(self.norm(x.permute(0, 2, 3, 1))))).permute(0, 3, 1, 2)
        return x + self.gamma * y


def test_channels_at_the_end_and_back_are_layers_of_the_map() -> None:
    module = ChannelsLast().eval()
    made = import_module(module, MAP)
    kinds = [type(block) for block in blocks(made)]
    assert LayerNorm2d in kinds and kinds.count(Conv2d) == 2 and LayerScale in kinds and Permute not in kinds
    assert difference(module, made, torch.randn(2, *MAP)) <= 1e-6


class BatchNormAct(nn.BatchNorm2d):
    """A norm that calls the function itself, and more, as timm's do."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training, 0.1, self.eps)
        return F.relu(x)


class ChannelNorm(nn.LayerNorm):
    """LayerNorm of the channels of a map."""

    def forward(self, x: Tensor) -> Tensor:
        x = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


def grouped(m: Step, x: Tensor) -> Tensor:
    return F.group_norm(x, 2, m.norm.weight, m.norm.bias, m.norm.eps)


NORMS: list[tuple[Callable[..., Tensor], nn.Module, Block]] = [
    (lambda m, x: m.norm(x), BatchNormAct(6), BatchNorm2d()),
    (lambda m, x: m.norm(x), ChannelNorm(6), LayerNorm2d()),
    (grouped, nn.GroupNorm(2, 6), GroupNorm(2)),
    (lambda m, x: F.instance_norm(x), nn.Identity(), InstanceNorm2d()),
]


@pytest.mark.parametrize("case", NORMS, ids=lambda case: type(case[2]).__name__)
def test_norms_that_are_written_with_functions_are_the_norms(
    case: tuple[Callable[..., Tensor], nn.Module, Block],
) -> None:
    function, norm, block = case
    if isinstance(norm, nn.BatchNorm2d):
        nn.init.uniform_(norm.running_mean)
    made = imported(lambda m, x: function(m, x) * 2, norm=norm)
    inner = [node.block for group in blocks(made) if isinstance(group, Group) for node in group.body]
    assert block in [*blocks(made), *inner]
    totals = infer(made.graph).totals
    assert totals is not None and totals.parameters == sum(weight.numel() for weight in norm.parameters())


SCALES = (6, 1, 1), (1, 6, 1, 1), (6,)


@pytest.mark.parametrize("size", SCALES, ids=map(str, SCALES))
def test_a_learned_number_a_channel_is_a_layer_scale_however_it_is_held(size: tuple[int, ...]) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gamma = nn.Parameter(torch.rand(size))

        def forward(self, x: Tensor) -> Tensor:
            if len(size) > 1:
                return x * self.gamma
            return (x.permute(0, 2, 3, 1) * self.gamma).permute(0, 3, 1, 2) * 1.0

    module = Scaled().eval()
    made = import_module(module, MAP)
    assert isinstance(blocks(made)[0], LayerScale) and made.graph.order[1] == "gamma"
    assert difference(module, made, torch.randn(2, *MAP)) == 0


class Viewing(nn.Module):
    """A transformer's beginnings: tokens, places and attention."""

    def __init__(self) -> None:
        super().__init__()
        self.places = nn.Parameter(torch.randn(1, 64, 6))
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.head = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(2).transpose(1, 2) + self.places
        y, _ = self.attention(x, x, x, need_weights=False)
        return self.head((x + y)[:, 0])


def test_tokens_places_and_attention_have_blocks() -> None:
    module = Viewing().eval()
    made = import_module(module, MAP)
    kinds = [type(block) for block in blocks(made)]
    assert {Tokens, PositionEmbedding, SelfAttention, FirstToken, Linear} <= set(kinds) and made.opaque == ()
    assert difference(module, made, torch.randn(2, *MAP)) <= 1e-6


def test_a_gate_is_a_product() -> None:
    made = imported(lambda m, x: x * torch.sigmoid(m.squeeze(x)), squeeze=nn.Conv2d(6, 6, 1))
    assert isinstance(blocks(made)[-1], Multiply)


REFUSED: list[tuple[Callable[..., object], str]] = [
    (lambda m, x: x if x.sum() > 0 else -x, r"test_recognition.py:\d+ decides by the numbers that flow through it"),
    (lambda m, x: x.sum(), "does not end in one tensor"),
    (lambda m, x: m.linear(x.flatten(1)), "does not take images of 6 × 8 × 8"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[1][:20])
def test_what_cannot_be_followed_is_refused_in_words(case: tuple[Callable[..., object], str]) -> None:
    function, sentence = case
    with pytest.raises(ImportRefused, match=sentence):
        import_module(Step(function, linear=nn.Linear(7, 7)).eval(), MAP)  # type: ignore[arg-type]
