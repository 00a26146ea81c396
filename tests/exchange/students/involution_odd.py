"""3x32x32"""
import torch, torch.nn as nn, torch.nn.functional as F
class Involution(nn.Module):
    def __init__(self, c, k=3, g=2):
        super().__init__()
        self.k, self.g, self.gc = k, g, c // g
        self.reduce, self.span = nn.Sequential(nn.Conv2d(c, c // 2, 1), nn.BatchNorm2d(c // 2), nn.ReLU()), nn.Conv2d(c // 2, k * k * g, 1)
        self.unfold = nn.Unfold(k, 1, (k - 1) // 2, 1)
    def forward(self, x):
        weight = self.span(self.reduce(x))
        b, c, h, w = weight.shape
        weight = weight.view(b, self.g, self.k ** 2, h, w).unsqueeze(2)
        out = self.unfold(x).view(b, self.g, self.gc, self.k ** 2, h, w)
        return (weight * out).sum(dim=3).view(b, -1, h, w)
class CoordConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i + 2, o, 3, padding=1)
    def forward(self, x):
        b, _, h, w = x.size()
        xx = torch.linspace(-1, 1, w).view(1, 1, 1, w).expand(b, 1, h, w).type_as(x)
        yy = torch.arange(h, dtype=torch.float32).div(h - 1).mul(2).sub(1).view(1, 1, h, 1).repeat(b, 1, 1, w)
        return self.conv(torch.cat([x, xx, yy], dim=1))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.i, self.fc = CoordConv(3, 8), Involution(8), nn.Linear(8, 3)
    def forward(self, x):
        x = F.avg_pool2d(self.c(x), 2)
        x = self.i(x)
        return self.fc(x.flatten(2).max(dim=2)[0])
