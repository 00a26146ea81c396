"""3x16x16"""
import torch, torch.nn as nn
class ConvGRUCell(nn.Module):
    def __init__(self, i, h):
        super().__init__()
        self.h = h
        self.gates, self.cand = nn.Conv2d(i + h, 2 * h, 3, padding=1), nn.Conv2d(i + h, h, 3, padding=1)
    def forward(self, x, state):
        if state is None:
            state = torch.zeros(x.size(0), self.h, x.size(2), x.size(3), device=x.device)
        g = torch.sigmoid(self.gates(torch.cat([x, state], 1)))
        r, z = torch.split(g, self.h, dim=1)
        n = torch.tanh(self.cand(torch.cat([x, r * state], 1)))
        return (1 - z) * state + z * n
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.fc = ConvGRUCell(3, 4), nn.Linear(4, 3)
    def forward(self, x):
        h = None
        for t in range(3):
            h = self.cell(x, h)
        return self.fc(h.mean((2, 3)))
