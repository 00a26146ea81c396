"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Sequential(nn.Conv2d(3, 6, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.centers, self.sigma = nn.Parameter(torch.randn(4, 6)), nn.Parameter(torch.ones(4))
    def forward(self, x):
        x = self.c(x)
        d = torch.cdist(x, self.centers)
        e = ((x.unsqueeze(1) - self.centers.unsqueeze(0)) ** 2).sum(-1)
        return torch.exp(-d * self.sigma.unsqueeze(0).exp()) - e
