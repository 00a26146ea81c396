"""Networks as students write them, a kind each: built, with equal outputs, parameters, MACs and shapes."""

import math

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own habit
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.importing.network import import_module
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.graph import Shape

IMAGE = Shape(3, 16, 16)


class ViT(nn.Module):
    def __init__(self, dim: int = 16, heads: int = 2) -> None:
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.patch = nn.Conv2d(3, dim, 4, 4)
        self.cls = nn.Parameter(torch.randn(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, 17, dim))
        self.norm, self.qkv, self.proj = nn.LayerNorm(dim), nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim)
        self.head = nn.Linear(dim, 5)

    def attend(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (t.view(b, n, self.heads, d // self.heads).transpose(1, 2) for t in (q, k, v))
        attention = (q @ k.transpose(-2, -1) * self.scale).softmax(dim=-1)
        return self.proj((attention @ v).transpose(1, 2).reshape(b, n, d))

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], dim=1) + self.pos
        return self.head(self.norm(x + self.attend(x))[:, 0])


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 4, 4)
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True)
        self.encoder, self.head = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x)
        return self.head(self.encoder(x.permute(0, 2, 3, 1).reshape(x.size(0), -1, x.size(1))).mean(dim=1))


class Gated(nn.Module):
    """ECA, CBAM's channel gate with one shared MLP, and a residual with a channel-padded shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.grow = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 16, 3, 2, 1)
        k = int(abs((math.log2(8) + 1) / 2)) | 1
        self.eca = nn.Conv1d(1, 1, k, padding=k // 2, bias=False)
        self.mlp = nn.Sequential(nn.Linear(8, 2), nn.ReLU(inplace=True), nn.Linear(2, 8))
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv(x))
        gate = self.eca(F.adaptive_avg_pool2d(x, 1).squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
        x = x * torch.sigmoid(gate).expand_as(x)
        scale = torch.sigmoid(self.mlp(x.mean(dim=(2, 3))) + self.mlp(x.amax(dim=(2, 3))))
        x = x * scale[:, :, None, None]
        shortcut = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 4, 4))
        return self.head(torch.flatten(F.avg_pool2d(F.relu(self.grow(x) + shortcut), x.shape[-1] // 2), 1))


class UNet(nn.Module):
    """Skips whose sizes are brought together in Python."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.deep = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.up, self.out = nn.ConvTranspose2d(8, 4, 2, 2), nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skip = F.relu(self.down(x))
        y = self.up(F.relu(self.deep(F.max_pool2d(skip, 3))))
        rows, columns = skip.size(2) - y.size(2), skip.size(3) - y.size(3)
        y = F.pad(y, [columns // 2, columns - columns // 2, rows // 2, rows - rows // 2])
        out = self.out(torch.cat((skip, y), dim=1))
        if out.shape[2:] != x.shape[2:]:
            out = F.interpolate(out, size=x.shape[2:], mode="bilinear", align_corners=False)
        return out


class Shuffled(nn.Module):
    """Channel shuffle and split as ShuffleNet's, and dense growth in a plain Python list."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.branch = nn.Conv2d(3, 8, 1), nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.layers = nn.ModuleList(nn.Conv2d(8 + 2 * i, 2, 3, padding=1) for i in range(3))
        self.norm, self.head = nn.BatchNorm2d(14), nn.Linear(14, 5)

    def forward(self, x: Tensor) -> Tensor:
        left, right = self.stem(x).chunk(2, dim=1)
        x = torch.cat([left, self.branch(right)], 1)
        b, c, h, w = x.size()
        x = x.view(b, 2, c // 2, h, w).transpose(1, 2).contiguous().view(b, -1, h, w)
        features = [x]
        for layer in self.layers:
            features.append(F.relu(layer(torch.cat(features, 1))))
        return self.head(F.relu(self.norm(torch.cat(features, 1)), inplace=True).mean([-2, -1]))


class Standardized(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        weight = weight / (weight.std(dim=(1, 2, 3), keepdim=True) + 1e-5)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding)


class Fixed(nn.Module):
    """A filter that stays, standardized weights, a learned scale, and statistics by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("blur", torch.tensor([1.0, 2.0, 1.0]).outer(torch.tensor([1.0, 2.0, 1.0])) / 16)
        self.conv, self.head = Standardized(3, 6, 3), nn.Linear(6, 5)
        self.scale, self.shift = nn.Parameter(torch.rand(6, 1, 1)), nn.Parameter(torch.rand(1))

    def forward(self, x: Tensor) -> Tensor:
        x = F.conv2d(x, self.blur.expand(3, 1, 3, 3), padding=1, groups=3)
        x = self.conv(x.float())
        mean, variance = x.mean(dim=(2, 3), keepdim=True), x.var(dim=(2, 3), keepdim=True, unbiased=False)
        x = (x - mean) / torch.sqrt(variance + 1e-5) * self.scale + self.shift
        return self.head(torch.clamp(x, min=0).mean((2, 3)))


class Discriminator(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 4, 4, 2, 1), nn.LeakyReLU(0.2, True), nn.Flatten(), nn.Linear(256, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).view(-1)


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * torch.sigmoid(x)


class Configured(nn.Module):
    """Choices by attributes and defaults, an own autograd function, several results."""

    def __init__(self, depth: int = 2) -> None:
        super().__init__()
        self.blocks = nn.ModuleDict({f"b{i}": nn.Conv2d(3 if not i else 4, 4, 3, padding="same") for i in range(depth)})
        self.head, self.training_head = nn.Linear(4, 5), nn.Linear(4, 5)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, return_features: bool = True
    ) -> tuple[Tensor, dict[str, Tensor]]:
        assert x.dim() == 4 and x.shape[1] == 3, f"{x.shape}"
        features = {}
        for name, block in self.blocks.items():
            x = Swish.apply(block(x)) if mask is None else x
            features[name] = x
        pooled = torch.flatten(nn.AdaptiveAvgPool2d((1, 1))(x), start_dim=1)
        if self.training:
            return self.head(pooled) + self.training_head(pooled), features
        return self.head(pooled), features


NETWORKS = [ViT, Encoder, Gated, UNet, Shuffled, Fixed, Discriminator, Configured]


@pytest.mark.parametrize("made", NETWORKS, ids=lambda made: made.__name__)
def test_what_a_student_writes_is_built_and_equal(made: type[nn.Module]) -> None:
    torch.manual_seed(0)
    module = made().eval()
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d) and each.running_mean is not None:
            each.running_mean.normal_()
    imported = import_module(module, IMAGE)
    assert imported.opaque == ()
    assert difference(module, imported, torch.randn(2, *IMAGE)) <= 1e-5
    totals = infer(imported.graph).totals
    used = [weight for name, weight in module.named_parameters() if not name.startswith("training_head")]
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # it counts no other on a CPU
        module(torch.randn(1, *IMAGE))
    assert totals is not None
    assert (totals.parameters, totals.macs) == (sum(map(Tensor.numel, used)), counter.get_total_flops() // 2)
