"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Mixed(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ops = nn.ModuleList([nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 1), nn.MaxPool2d(3, 1, 1), nn.Identity()])
        self.alphas = nn.Parameter(1e-3 * torch.randn(4))
    def forward(self, x):
        w = F.softmax(self.alphas, dim=-1)
        return sum(w[i] * op(x) for i, op in enumerate(self.ops))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.m, self.fc = nn.Conv2d(3, 6, 3), Mixed(6), nn.Linear(6, 3)
        self.gates = nn.ParameterList([nn.Parameter(torch.ones(1)) for _ in range(2)])
    def forward(self, x):
        x = self.c(x)
        x = self.gates[0] * self.m(x) + self.gates[1] * x
        return self.fc(x.mean((-1, -2)))
