"""3x32x32"""
from dataclasses import dataclass, field
from functools import partial
from typing import Optional, List
import torch
from torch import nn, Tensor
@dataclass
class Config:
    channels: List[int] = field(default_factory=lambda: [8, 16])
    classes: int = 4
    norm: Optional[str] = "bn"
    drop_path: float = 0.1
def drop_path(x, drop_prob: float = 0.0, training: bool = False):
    if drop_prob == 0.0 or not training:
        return x
    keep = 1 - drop_prob
    mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep)
    return x * mask / keep
class DropPath(nn.Module):
    def __init__(self, p=None):
        super().__init__()
        self.drop_prob = p
    def forward(self, x):
        return drop_path(x, self.drop_prob, self.training)
NORMS = {"bn": partial(nn.BatchNorm2d, eps=1e-3), None: nn.Identity}
class Block(nn.Module):
    def __init__(self, i: int, o: int, cfg: Config):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(i, o, 3, padding=1), NORMS[cfg.norm](o), nn.SiLU())
        self.dp = DropPath(cfg.drop_path)
        self.proj = nn.Identity() if i == o else nn.Conv2d(i, o, 1)
    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x) + self.dp(self.body(x))
class Model(nn.Module):
    def __init__(self, cfg: Optional[Config] = None):
        super().__init__()
        self.cfg = cfg or Config()
        chans = [3, *self.cfg.channels]
        self.stages = nn.ModuleDict({f"stage{i}": Block(a, b, self.cfg) for i, (a, b) in enumerate(zip(chans, chans[1:]))})
        self.head = nn.Linear(chans[-1], self.cfg.classes)
    def forward(self, x: Tensor, targets: Optional[Tensor] = None):
        for name, stage in self.stages.items():
            x = stage(x)
        logits = self.head(x.mean(dim=(-2, -1)))
        loss = None
        if targets is not None:
            loss = nn.functional.cross_entropy(logits, targets)
        return {"logits": logits, "loss": loss}
