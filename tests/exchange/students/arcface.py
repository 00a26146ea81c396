"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class ArcMargin(nn.Module):
    def __init__(self, i, o, s=30.0, m=0.5):
        super().__init__()
        self.s, self.cos_m, self.sin_m = s, math.cos(m), math.sin(m)
        self.weight = nn.Parameter(torch.FloatTensor(o, i))
        nn.init.xavier_uniform_(self.weight)
    def forward(self, x, label=None):
        cosine = F.linear(F.normalize(x), F.normalize(self.weight))
        if label is None:
            return self.s * cosine
        return cosine
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.PReLU(8), nn.Conv2d(8, 8, 3, 2), nn.PReLU())
        self.arc = ArcMargin(8 * 49, 5)
    def forward(self, x, label=None):
        return self.arc(self.body(x).flatten(1), label)
