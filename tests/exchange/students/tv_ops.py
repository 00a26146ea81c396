"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
from torchvision.ops import SqueezeExcitation, Conv2dNormActivation, MLP, StochasticDepth, FrozenBatchNorm2d, Permute
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Conv2dNormActivation(3, 8, 3, norm_layer=FrozenBatchNorm2d, activation_layer=nn.SiLU)
        self.se, self.sd, self.p, self.mlp = SqueezeExcitation(8, 2), StochasticDepth(0.2, "row"), Permute([0, 2, 3, 1]), MLP(8, [6, 4])
    def forward(self, x):
        x = self.a(x)
        x = x + self.sd(self.se(x))
        return self.mlp(self.p(x)).mean([1, 2])
