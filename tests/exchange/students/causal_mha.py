"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.c, self.a, self.fc = nn.Conv2d(3, d, 8, 8), nn.MultiheadAttention(d, 2, batch_first=True), nn.Linear(d, 3)
        self.register_buffer("mask", torch.triu(torch.ones(16, 16), 1).bool())
    def forward(self, x):
        x = self.c(x).flatten(2).transpose(1, 2)
        y, _ = self.a(x, x, x, attn_mask=self.mask, need_weights=False)
        return self.fc(y[:, -1])
