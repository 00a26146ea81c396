"""1x28x28"""
import torch, torch.nn as nn, torch.nn.functional as F
def squash(x, dim=-1):
    n = (x ** 2).sum(dim=dim, keepdim=True)
    return n / (1 + n) * x / (n.sqrt() + 1e-8)
class Caps(nn.Module):
    def __init__(self, n_in, d_in, n_out, d_out, iters=3):
        super().__init__()
        self.W = nn.Parameter(0.1 * torch.randn(1, n_in, n_out, d_out, d_in))
        self.iters, self.n_out = iters, n_out
    def forward(self, x):
        x = x[:, :, None, :, None]
        u = torch.matmul(self.W, x).squeeze(-1)
        b = torch.zeros(x.size(0), x.size(1), self.n_out, 1)
        for i in range(self.iters):
            c = F.softmax(b, dim=2)
            v = squash((c * u).sum(1, keepdim=True))
            if i < self.iters - 1:
                b = b + (u * v).sum(-1, keepdim=True)
        return v.squeeze(1)
class CapsNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.prim = nn.Conv2d(1, 8, 9), nn.Conv2d(8, 16, 9, 4)
        self.caps = Caps(36, 8, 4, 6) if False else Caps(2 * 9, 8, 4, 6)
    def forward(self, x):
        x = self.prim(F.relu(self.conv(x)))
        x = squash(x.view(x.size(0), -1, 8))
        v = self.caps(x)
        return torch.norm(v, dim=-1)
