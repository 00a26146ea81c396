"""3x32x32"""
from functools import partial
import torch
from torch import nn
pair = lambda x: x if isinstance(x, tuple) else (x, x)
class PreNormResidual(nn.Module):
    def __init__(self, dim, fn):
        super().__init__()
        self.fn, self.norm = fn, nn.LayerNorm(dim)
    def forward(self, x):
        return self.fn(self.norm(x)) + x
def FeedForward(dim, f=4, dropout=0., dense=nn.Linear):
    return nn.Sequential(dense(dim, dim * f), nn.GELU(), nn.Dropout(dropout), dense(dim * f, dim), nn.Dropout(dropout))
class Patches(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        x = x.unfold(2, self.p, self.p).unfold(3, self.p, self.p)
        b, c, h, w, _, _ = x.shape
        return x.permute(0, 2, 3, 1, 4, 5).contiguous().view(b, h * w, -1)
class Mean(nn.Module):
    def forward(self, x):
        return x.mean(dim=1)
def MLPMixer(image_size=32, channels=3, patch_size=8, dim=16, depth=2, num_classes=6):
    h, w = pair(image_size)
    n = (h // patch_size) * (w // patch_size)
    chan_first, chan_last = partial(nn.Conv1d, kernel_size=1), nn.Linear
    return nn.Sequential(Patches(patch_size), nn.Linear(patch_size ** 2 * channels, dim), *[nn.Sequential(PreNormResidual(dim, FeedForward(n, 2, 0., chan_first)), PreNormResidual(dim, FeedForward(dim, 2, 0., chan_last))) for _ in range(depth)], nn.LayerNorm(dim), Mean(), nn.Linear(dim, num_classes))
