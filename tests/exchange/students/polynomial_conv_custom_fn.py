"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class STE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sign()
    @staticmethod
    def backward(ctx, g):
        return g
class BinConv(nn.Conv2d):
    def forward(self, x):
        w = STE.apply(self.weight) * self.weight.abs().mean()
        return F.conv2d(STE.apply(x), w, self.bias, self.stride, self.padding, self.dilation, self.groups)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.b, self.fc = nn.Conv2d(3, 6, 3, 2), BinConv(6, 6, 3, padding=1), nn.Linear(6, 3)
    def forward(self, x):
        return self.fc(self.b(self.c(x)).mean((2, 3)))
