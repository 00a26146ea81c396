"""3x32x32"""
import torch, torch.nn as nn
class Res2(nn.Module):
    def __init__(self, c, scale=4):
        super().__init__()
        self.nums = scale - 1
        self.width = c // scale
        self.convs = nn.ModuleList([nn.Conv2d(self.width, self.width, 3, padding=1) for _ in range(self.nums)])
        self.bns = nn.ModuleList([nn.BatchNorm2d(self.width) for _ in range(self.nums)])
    def forward(self, x):
        spx = torch.split(x, self.width, 1)
        for i in range(self.nums):
            sp = spx[i] if i == 0 else sp + spx[i]
            sp = torch.relu(self.bns[i](self.convs[i](sp)))
            out = sp if i == 0 else torch.cat((out, sp), 1)
        return torch.cat((out, spx[self.nums]), 1)
class SK(nn.Module):
    def __init__(self, c, M=2):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(c, c, 3, padding=1 + i, dilation=1 + i) for i in range(M)])
        self.fc = nn.Linear(c, 4)
        self.fcs = nn.ModuleList([nn.Linear(4, c) for _ in range(M)])
        self.softmax = nn.Softmax(dim=1)
    def forward(self, x):
        for i, conv in enumerate(self.convs):
            fea = conv(x).unsqueeze_(dim=1)
            feas = fea if i == 0 else torch.cat([feas, fea], dim=1)
        U = torch.sum(feas, dim=1)
        z = self.fc(U.mean(-1).mean(-1))
        for i, fc in enumerate(self.fcs):
            v = fc(z).unsqueeze_(dim=1)
            att = v if i == 0 else torch.cat([att, v], dim=1)
        att = self.softmax(att).unsqueeze(-1).unsqueeze(-1)
        return (feas * att).sum(dim=1)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.r, self.s, self.fc = nn.Conv2d(3, 8, 3), Res2(8), SK(8), nn.Linear(8, 3)
    def forward(self, x):
        return self.fc(self.s(self.r(self.c(x))).mean(dim=-1).mean(dim=-1))
