"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
def default_conv(i, o, k, bias=True):
    return nn.Conv2d(i, o, k, padding=(k // 2), bias=bias)
class MeanShift(nn.Conv2d):
    def __init__(self, rgb_range=1., mean=(0.4488, 0.4371, 0.4040), std=(1.0, 1.0, 1.0), sign=-1):
        super(MeanShift, self).__init__(3, 3, kernel_size=1)
        std = torch.Tensor(std)
        self.weight.data = torch.eye(3).view(3, 3, 1, 1) / std.view(3, 1, 1, 1)
        self.bias.data = sign * rgb_range * torch.Tensor(mean) / std
        for p in self.parameters():
            p.requires_grad = False
class ResBlock(nn.Module):
    def __init__(self, conv, n, k, act=nn.ReLU(True), res_scale=0.1):
        super().__init__()
        self.body, self.res_scale = nn.Sequential(conv(n, n, k), act, conv(n, n, k)), res_scale
    def forward(self, x):
        res = self.body(x).mul(self.res_scale)
        res += x
        return res
class EDSR(nn.Module):
    def __init__(self, conv=default_conv, n=8):
        super().__init__()
        self.sub_mean, self.add_mean = MeanShift(), MeanShift(sign=1)
        self.head, self.body = nn.Sequential(conv(3, n, 3)), nn.Sequential(*[ResBlock(conv, n, 3) for _ in range(2)], conv(n, n, 3))
        self.tail = nn.Sequential(conv(n, 4 * n, 3), nn.PixelShuffle(2), conv(n, 3, 3))
    def forward(self, x):
        x = self.head(self.sub_mean(x))
        res = self.body(x); res += x
        return self.add_mean(self.tail(res))
