"""Steps without a block: built as one line of PyTorch, with outputs, parameters and MACs as the original has them."""

from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.blocks import Opaque
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.exchange.importing.fixed_tensors import begun
from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.state_dict import carry, difference
from cnnstudio.graph import Block, Graph, Shape
from cnnstudio.training.build import build

MAP = Shape(6, 8, 8)


class Net(nn.Module):
    """A function between a convolution and what makes a vector of it, with modules and tensors to use."""

    def __init__(self, function: Callable[..., Tensor], **parts: nn.Module | nn.Parameter | Tensor) -> None:
        super().__init__()
        self.function = function
        self.conv = nn.Conv2d(6, 6, 1)
        for name, part in parts.items():
            if isinstance(part, Tensor) and not isinstance(part, nn.Parameter):
                self.register_buffer(name, part)
            else:
                setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, self.conv(x)).flatten(1)


def equal(module: nn.Module, size: Shape = MAP) -> Imported:
    """The import of ``module``, after it was found to be equal to it."""
    module.eval()
    made = import_module(module, size)
    assert made.opaque == (), made.notes
    images = torch.rand(2, *size)
    assert difference(module, made, images) <= 1e-6
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        module(images[:1])
    totals = infer(made.graph).totals
    assert totals is not None
    learned = sum(weight.numel() for weight in module.parameters())
    assert (totals.parameters, totals.macs) == (learned, counter.get_total_flops() // 2)
    return made


def blocks(graph: Graph) -> Iterator[Block]:
    for node in graph:
        yield node.block
        if isinstance(body := getattr(node.block, "body", None), Graph):
            yield from blocks(body)


def tokens(x: Tensor) -> Tensor:
    return x.flatten(2).transpose(1, 2)


def attended(m: Net, x: Tensor) -> Tensor:
    """As ViTs write it."""
    x = tokens(x)
    b, n, d = x.shape
    q, k, v = m.qkv(x).reshape(b, n, 3, 2, d // 2).permute(2, 0, 3, 1, 4).unbind(0)
    weights = ((q * 0.5) @ k.transpose(-2, -1)).softmax(dim=-1)
    return x + m.proj((weights @ v).transpose(1, 2).reshape(b, n, d))


def chunked(m: Net, x: Tensor) -> Tensor:
    q, k, v = (part.unflatten(-1, (2, 3)).transpose(1, 2) for part in m.qkv(tokens(x)).chunk(3, dim=-1))
    return m.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)).mean(1)


def windows(m: Net, x: Tensor) -> Tensor:
    """Swin's: windows beside the batch."""
    b, c, h, w = x.shape
    x = torch.roll(x, (-2, -2), (2, 3)).permute(0, 2, 3, 1).view(b, h // 4, 4, w // 4, 4, c)
    x = m.norm(x.permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c))
    x = F.relu(m.proj(x) + m.bias)
    x = x.view(b, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
    return x.permute(0, 3, 1, 2)


def standardized(m: Net, x: Tensor) -> Tensor:
    """BiT's weights."""
    weight = m.weight
    mean, var = weight.mean((1, 2, 3), keepdim=True), weight.var((1, 2, 3), keepdim=True, unbiased=False)
    return F.conv2d(x, (weight - mean) / torch.sqrt(var + 1e-5) * m.gain.view(-1, 1, 1, 1), m.bias, padding=1)


def eca(m: Net, x: Tensor) -> Tensor:
    y = x.mean((2, 3))
    return x * m.conv1d(y.view(x.shape[0], 1, -1)).sigmoid().view(x.shape[0], -1, 1, 1).expand_as(x)


def frozen_norm(m: Net, x: Tensor) -> Tensor:
    scale = m.weight * (m.var + 1e-5).rsqrt()
    return x * scale.reshape(1, -1, 1, 1) + (m.bias - m.mean * scale).reshape(1, -1, 1, 1)


def relative(m: Net, x: Tensor) -> Tensor:
    """Scores with a learned number for each distance."""
    x = tokens(x)
    bias = m.table[m.index.view(-1)].view(64, 64, 1).permute(2, 0, 1)
    return ((x @ x.transpose(1, 2)).unsqueeze(1) + bias.unsqueeze(0)).softmax(-1).squeeze(1) @ x


def replaced(m: Net, x: Tensor) -> Tensor:
    x = x.clone()
    x[:, 1:3, 2:] = x[:, 1:3, 2:] * 2
    return x


def overwritten(m: Net, x: Tensor) -> Tensor:
    x = x.clone()
    x[:, 0] = (x[:, 0] - 0.5) / 0.2
    x[:, 1, :, 2:4] = m.row
    x[..., -1] = 1.0
    x[x < 0.1] = 0
    return x


def stepped(m: Net, x: Tensor) -> Tensor:
    h, c = torch.zeros(len(x), 5), torch.zeros(len(x), 5)
    for row in range(3):
        h, c = m.cell(x[:, :, row].flatten(1), (h, c))
    return h + c


def causal(m: Net, x: Tensor) -> Tensor:
    x = tokens(x)
    return m.attend(x, x, x, attn_mask=m.mask, need_weights=False)[0]


def parameter(*size: int) -> nn.Parameter:
    return nn.Parameter(torch.rand(size))


DISTANCES = (torch.arange(8)[:, None] - torch.arange(8) + 7)[:, None, :, None] * 15 + (
    torch.arange(8)[:, None] - torch.arange(8) + 7
)[None, :, None, :]

WRITTEN: dict[str, Callable[[], Net]] = {
    "attention by hand": lambda: Net(attended, qkv=nn.Linear(6, 18), proj=nn.Linear(6, 6)),
    "attention in chunks": lambda: Net(chunked, qkv=nn.Linear(6, 18), proj=nn.Linear(6, 6)),
    "windows": lambda: Net(windows, norm=nn.LayerNorm(6), proj=nn.Linear(6, 6), bias=parameter(1, 16, 6)),
    "standardized weight": lambda: Net(
        standardized, weight=parameter(4, 6, 3, 3), gain=parameter(4), bias=parameter(4)
    ),
    "other queries": lambda: Net(
        lambda m, x: m.attend(tokens(x)[:, :3], tokens(x), tokens(x), need_weights=False)[0],
        attend=nn.MultiheadAttention(6, 2, batch_first=True),
    ),
    "one-dimensional layer": lambda: Net(eca, conv1d=nn.Conv1d(1, 1, 3, padding=1, bias=False)),
    "frozen norm": lambda: Net(
        frozen_norm, weight=torch.rand(6), bias=torch.rand(6), mean=torch.rand(6), var=torch.rand(6)
    ),
    "relative bias": lambda: Net(relative, table=parameter(225, 1), index=DISTANCES.reshape(64, 64)),
    "fixed filter": lambda: Net(
        lambda m, x: F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), m.kernel.expand(6, 1, 3, 3), stride=2, groups=6),
        kernel=torch.rand(1, 1, 3, 3),
    ),
    "scalar": lambda: Net(lambda m, x: m.alpha * x + m.beta, alpha=nn.Parameter(torch.tensor(0.3)), beta=parameter(1)),
    "recurrent": lambda: Net(lambda m, x: m.rows(x.flatten(2))[0][:, -1], rows=nn.GRU(64, 5, batch_first=True)),
    "every pixel": lambda: Net(lambda m, x: x * m.gamma, gamma=parameter(1, 6, 8, 8)),
    "addcmul": lambda: Net(lambda m, x: torch.addcmul(m.b, m.a, x), a=parameter(6, 1, 1), b=parameter(6, 1, 1)),
    "unfold": lambda: Net(lambda m, x: F.unfold(x, 3, padding=1).mean(2)),
    "einsum": lambda: Net(lambda m, x: torch.einsum("bchw,bdhw->bcd", x, x)),
    "steps": lambda: Net(lambda m, x: x[:, 1::2, ::2, 1:-1:3]),
    "stack": lambda: Net(lambda m, x: torch.stack(x.split(2, 1), -1).sum(-1)),
    "new axis": lambda: Net(lambda m, x: x[:, :, None].expand(-1, -1, 2, -1, -1)[..., 1:]),
    "aligned corners": lambda: Net(lambda m, x: F.interpolate(x, size=(11, 5), mode="bilinear", align_corners=True)),
    "bilinear": lambda: Net(lambda m, x: m.step(x, x), step=nn.Bilinear(8, 8, 8)),
    "a softer softplus": lambda: Net(lambda m, x: F.softplus(x, 2.0)),
    "divisor": lambda: Net(lambda m, x: F.avg_pool2d(x, 2, divisor_override=3)),
    "halves of rows": lambda: Net(lambda m, x: F.glu(x, 2)),
    "a mean added": lambda: Net(lambda m, x: x + x.mean((2, 3), keepdim=True)),
    "a cast": lambda: Net(lambda m, x: x.double().float().to(x.dtype).detach().type_as(x)),
    "pads that cut": lambda: Net(lambda m, x: m.pad(F.pad(x, (-1, 0, 2, -1))), pad=nn.ZeroPad2d((-1, 0, 1, 0))),
    "a pad of nothing that a maximum would take": lambda: Net(
        lambda m, x: F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)
    ),
    "pooling beside the batch": lambda: Net(
        lambda m, x: m.pool(x.reshape(len(x), 2, 3, 8, 8).flatten(0, 1)).reshape(len(x), 6, 4, 4), pool=nn.MaxPool2d(2)
    ),
    "a piece replaced": lambda: Net(replaced),
    "learned queries": lambda: Net(
        lambda m, x: m.attend(m.query.repeat(len(x), 1, 1), tokens(x), tokens(x))[0],
        query=parameter(1, 2, 6),
        attend=nn.MultiheadAttention(6, 2, batch_first=True),
    ),
    "sine and cosine": lambda: Net(
        lambda m, x: torch.cat([x, torch.linspace(-1, 1, 8).view(1, 1, 1, 8).expand(len(x), 1, 8, 8)], 1)
    ),
    "a list of places": lambda: Net(lambda m, x: x[:, :, [7, 0, 3]]),
    "pieces overwritten": lambda: Net(overwritten, row=torch.rand(2)),
    "a cell": lambda: Net(stepped, cell=nn.LSTMCell(48, 5)),
    "a simple cell": lambda: Net(
        lambda m, x: m.cell(x[:, :, 0].flatten(1), torch.zeros(len(x), 5)), cell=nn.RNNCell(48, 5, nonlinearity="relu")
    ),
    "masked attention": lambda: Net(
        causal, attend=nn.MultiheadAttention(6, 2, batch_first=True), mask=torch.ones(64, 64).triu(1).bool()
    ),
    "learned places": lambda: Net(lambda m, x: tokens(x) + m.places(torch.arange(64)), places=nn.Embedding(64, 6)),
    "turned numbers": lambda: Net(
        lambda m, x: torch.view_as_real(torch.view_as_complex(x.unflatten(3, (4, 2)).contiguous()) * m.turns),
        turns=torch.polar(torch.ones(8, 4), torch.rand(8, 4)),
    ),
    "distances": lambda: Net(lambda m, x: torch.cdist(tokens(x), m.centres), centres=parameter(3, 6)),
    "scattered": lambda: Net(
        lambda m, x: torch.zeros_like(x).scatter(1, x.topk(2, dim=1)[1], x.topk(2, dim=1)[0])
    ),
    "one number a sample": lambda: Net(lambda m, x: x * x.std((1, 2, 3)).view(-1, 1, 1, 1)),
    "one number a sample, of a layer": lambda: Net(
        lambda m, x: x * m.score(x.mean((2, 3))).squeeze(1).erf()[:, None, None, None], score=nn.Linear(6, 1)
    ),
    "one number a sample, beside others": lambda: Net(
        lambda m, x: torch.stack([x.std((1, 2, 3)), m.score(x.mean((2, 3))).squeeze(-1)], 1), score=nn.Linear(6, 1)
    ),
    "one number a sample in the end": lambda: Net(lambda m, x: x.std((1, 2, 3)).view(-1, 1).erf()),
    "limits at infinity": lambda: Net(
        lambda m, x: torch.clamp(x, m.least, m.most) + m.mask,
        least=torch.tensor(-torch.inf), most=torch.tensor(torch.inf), mask=torch.zeros(8, 8),
    ),
    "a mask of infinities": lambda: Net(
        lambda m, x: (x + m.mask).softmax(-1), mask=torch.full((8, 8), -torch.inf).triu(1)
    ),
    "spectrum": lambda: Net(lambda m, x: torch.fft.rfft2(x).abs()),
}  # fmt: skip


@pytest.mark.parametrize("case", WRITTEN)
def test_what_has_no_block_is_a_line_of_pytorch_with_every_number_right(case: str) -> None:
    torch.manual_seed(0)
    made = equal(WRITTEN[case]())
    assert any(isinstance(block, Opaque) for block in blocks(made.graph))
    assert any("no block here, so written as PyTorch calls" in note for note in made.notes)


def token_twice(m: Net, x: Tensor) -> Tensor:
    """As CaiT goes on with its class token."""
    token = m.token.expand(len(x), -1, -1)
    return token + torch.cat([token, tokens(x)], 1).softmax(1)[:, :1]


def attended_twice(m: Net, x: Tensor) -> Tensor:
    x = tokens(x) if m.attend.batch_first else tokens(x).transpose(0, 1)
    for _ in range(2):
        x = x + m.attend(x, x, x, need_weights=False)[0]
    return x if m.attend.batch_first else x.transpose(0, 1)


def placed_twice(m: Net, x: Tensor) -> Tensor:
    """As timm's vit_srelpos, which gives all layers the positions that one small network makes of distances."""
    places = m.late(torch.relu(m.early(m.distances))).view(8, 8).mul(m.gain).unsqueeze(0).contiguous()
    for _ in range(3):
        x = x @ (x.mean((1, 2, 3)).view(-1, 1, 1, 1) + places).softmax(-1)
    return x


SHARED: dict[str, Callable[[], Net]] = {
    "places that a network makes": lambda: Net(
        placed_twice,
        early=nn.Linear(2, 5),
        late=nn.Linear(5, 1, bias=False),
        gain=torch.tensor(2.0),
        distances=torch.rand(64, 2),
    ),
    "a norm": lambda: Net(lambda m, x: m.norm(m.norm(x).relu()), norm=nn.BatchNorm2d(6)),
    "a norm that learns nothing": lambda: Net(
        lambda m, x: m.norm(m.norm(x) ** 2), norm=nn.BatchNorm2d(6, affine=False)
    ),
    "attention": lambda: Net(attended_twice, attend=nn.MultiheadAttention(6, 2, batch_first=True)),
    "attention, places first": lambda: Net(attended_twice, attend=nn.MultiheadAttention(6, 2, bias=False)),
    "a layer": lambda: Net(lambda m, x: m.twice(m.twice(x).relu()), twice=nn.Conv2d(6, 6, 3, padding=1)),
    "a scale": lambda: Net(lambda m, x: (x * m.gamma).relu() * m.gamma, gamma=parameter(6, 1, 1)),
    "a token": lambda: Net(token_twice, token=parameter(1, 1, 6)),
    "a layer and its turn": lambda: Net(
        lambda m, x: F.linear(m.down(x.mean((2, 3))), m.down.weight.t()), down=nn.Linear(6, 3, bias=False)
    ),
}


@pytest.mark.parametrize("case", SHARED)
def test_what_is_used_at_several_places_is_learned_once(case: str) -> None:
    module = SHARED[case]()
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d) and each.running_mean is not None:
            each.running_mean.normal_()
    made = equal(module)
    learned = [block for block in blocks(made.graph) if isinstance(block, Opaque) and block.expression == "self"]
    counts = {"a layer": 2, "a norm": 4, "a norm that learns nothing": 2, "attention": 4, "attention, places first": 2}
    assert len(learned) == counts.get(case, 1 - (case == "places that a network makes"))
    assert not any("each place has its own" in note for note in made.notes)


def test_a_shared_norm_keeps_one_set_of_statistics() -> None:
    module = SHARED["a norm"]().train()
    images = torch.randn(4, *MAP)
    made = import_module(module, MAP)
    text = source(made.graph)
    network = build(text.text, text.class_name)
    network.load_state_dict(carry(made, module.state_dict()).state)
    module.train()(images)
    network.train()(images)
    for ours, theirs in (
        (network.norm_running_mean, module.norm.running_mean),
        (network.norm_running_var, module.norm.running_var),
    ):
        assert torch.allclose(ours, theirs)


PIECES: dict[str, Callable[[Net, Tensor], Tensor]] = {
    "torch.sort (values)": lambda m, x: x.sort(dim=2)[0],
    "torch.sort (indices)": lambda m, x: torch.sort(x, 2).indices.float(),
    "torch.topk (values)": lambda m, x: torch.topk(x, 2, 1)[0],
    "slice of a tensor": lambda m, x: x[:, ::2, None],
    "choice by an index": lambda m, x: x[:, [0, 2]],
    "F.max_pool2d_with_indices (indices)": lambda m, x: F.max_pool2d(x, 2, return_indices=True)[1].float(),
    "nn.MaxPool2d (indices)": lambda m, x: m.unpool(*m.pool(x), output_size=x.size()),
    "torch.std_mean (std)": lambda m, x: sum(torch.std_mean(x, (2, 3))),
}


@pytest.mark.parametrize("case", PIECES)
def test_a_piece_is_called_what_it_is(case: str) -> None:
    made = equal(Net(PIECES[case], pool=nn.MaxPool2d(2, return_indices=True), unpool=nn.MaxUnpool2d(2)))
    called = [block.operation for block in blocks(made.graph) if isinstance(block, Opaque)]
    assert any(case in each.split(" → ") for each in called), called
    assert not any("getitem" in note for note in made.notes)


def test_a_table_of_distances_is_written_by_what_is_regular_in_it() -> None:
    index = (DISTANCES + 1).reshape(64, 64)
    tensor = begun(index, "index")
    assert len(tensor.begins) < 800 and torch.equal(eval(tensor.begins, {"torch": torch}), index)
    flat = begun(index.view(-1), "index").begins
    assert len(flat) < 800 and torch.equal(eval(flat, {"torch": torch}), index.view(-1))
    bordered = F.pad(F.pad(index, (0, 0, 1, 0), value=300), (1, 0, 0, 0), value=301)
    framed = begun(bordered, "index").begins
    assert len(framed) < 1_000 and torch.equal(eval(framed, {"torch": torch}), bordered)
    mask = torch.zeros(8, 64, 64).masked_fill(torch.arange(8)[:, None, None] * torch.ones(64, 64) > 5, -100.0)
    mask[3, :, 7:] = float("-inf")
    written = begun(mask, "mask").begins
    assert len(written) < 4_000 and torch.equal(eval(written, {"torch": torch}), mask)


MIXING: dict[str, Callable[[], Net]] = {
    "each with each": lambda: Net(lambda m, x: (x.mean((2, 3)) @ x.mean((2, 3)).t()).softmax(-1) @ x.flatten(1)),
    "attention, places first": lambda: Net(
        lambda m, x: m.attend(tokens(x), tokens(x), tokens(x))[0], attend=nn.MultiheadAttention(6, 2)
    ),
    "rows, places first": lambda: Net(lambda m, x: m.rows(tokens(x))[0], rows=nn.LSTM(6, 2, bidirectional=True)),
}


@pytest.mark.parametrize("case", MIXING)
def test_images_that_see_each_other_are_told(case: str) -> None:
    made = import_module(MIXING[case]().eval(), MAP)
    (note,) = [note for note in made.notes if "the images of a batch see each other" in note]
    assert note.startswith("test_opaque_steps.py:")
    totals = infer(made.graph).totals
    assert totals is not None
    if case == "each with each":
        assert totals.macs == 64 * 36 + 6 + 384


class Odd(nn.Module):
    """Something that no line can be written of, with weights."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.scale = nn.Linear(6, 5), nn.Parameter(torch.rand(6))

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(torch.linalg.svdvals(x * self.scale.cumsum(0).logcumsumexp(0).view(-1, 1, 1)).mean(-1))


def test_what_cannot_be_built_is_counted_all_the_same() -> None:
    made = import_module(Odd().eval(), MAP)
    assert made.opaque
    totals = infer(made.graph).totals
    assert totals is not None and (totals.parameters, totals.macs) == (41, 30)
