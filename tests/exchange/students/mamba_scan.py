"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self, d=8, n=4):
        super().__init__()
        self.c, self.A, self.B, self.C, self.fc = nn.Conv2d(3, d, 8, 8), nn.Parameter(torch.rand(d, n)), nn.Linear(d, n), nn.Linear(d, n), nn.Linear(d, 3)
        self.dt, self.D = nn.Linear(d, d), nn.Parameter(torch.ones(d))
    def forward(self, x):
        x = self.c(x).flatten(2).transpose(1, 2)
        dt, B, C = F.softplus(self.dt(x)), self.B(x), self.C(x)
        dA = torch.exp(torch.einsum("bld,dn->bldn", dt, -torch.exp(self.A)))
        dB = torch.einsum("bld,bln,bld->bldn", dt, B, x)
        h = torch.zeros(x.size(0), x.size(2), self.A.size(1), device=x.device)
        ys = []
        for i in range(x.size(1)):
            h = dA[:, i] * h + dB[:, i]
            ys.append(torch.einsum("bdn,bn->bd", h, C[:, i, :]))
        y = torch.stack(ys, dim=1) + x * self.D
        return self.fc(y.mean(1))
