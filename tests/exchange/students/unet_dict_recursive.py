"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class UnetBlock(nn.Module):
    def __init__(self, outer, inner, sub=None, outermost=False):
        super().__init__()
        self.outermost = outermost
        down = [nn.LeakyReLU(0.2, True), nn.Conv2d(3 if outermost else outer, inner, 4, 2, 1), nn.InstanceNorm2d(inner)]
        up = [nn.ReLU(True), nn.ConvTranspose2d(inner * (2 if sub else 1), outer, 4, 2, 1), nn.Tanh() if outermost else nn.InstanceNorm2d(outer)]
        if outermost: down = down[1:2]
        self.model = nn.Sequential(*(down + ([sub] if sub else []) + up))
    def forward(self, x):
        if self.outermost:
            return self.model(x)
        else:
            return torch.cat([x, self.model(x)], 1)
class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        b = UnetBlock(8, 8)
        b = UnetBlock(4, 8, b)
        self.model = UnetBlock(3, 4, b, True)
    def forward(self, input):
        return self.model(input)
