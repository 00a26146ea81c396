"""3x32x32"""
import torch, torch.nn as nn, torch.nn.functional as F
from collections import OrderedDict
class _DenseLayer(nn.Sequential):
    def __init__(self, n_in, growth, bn_size, drop):
        super(_DenseLayer, self).__init__()
        self.add_module("norm1", nn.BatchNorm2d(n_in))
        self.add_module("relu1", nn.ReLU(inplace=True))
        self.add_module("conv1", nn.Conv2d(n_in, bn_size * growth, 1, bias=False))
        self.add_module("norm2", nn.BatchNorm2d(bn_size * growth))
        self.add_module("relu2", nn.ReLU(inplace=True))
        self.add_module("conv2", nn.Conv2d(bn_size * growth, growth, 3, padding=1, bias=False))
        self.drop_rate = drop
    def forward(self, x):
        new = super(_DenseLayer, self).forward(x)
        if self.drop_rate > 0:
            new = F.dropout(new, p=self.drop_rate, training=self.training)
        return torch.cat([x, new], 1)
class _Transition(nn.Sequential):
    def __init__(self, a, b):
        super().__init__()
        self.add_module("norm", nn.BatchNorm2d(a)); self.add_module("relu", nn.ReLU(inplace=True))
        self.add_module("conv", nn.Conv2d(a, b, 1, bias=False)); self.add_module("pool", nn.AvgPool2d(2, 2))
class DenseNet(nn.Module):
    def __init__(self, growth_rate=4, block_config=(2, 3), init=8, classes=10):
        super().__init__()
        self.features = nn.Sequential(OrderedDict([("conv0", nn.Conv2d(3, init, 3, padding=1, bias=False)), ("norm0", nn.BatchNorm2d(init)), ("relu0", nn.ReLU(inplace=True))]))
        n = init
        for i, num in enumerate(block_config):
            block = nn.Sequential()
            for j in range(num):
                block.add_module("denselayer%d" % (j + 1), _DenseLayer(n + j * growth_rate, growth_rate, 2, 0.1))
            self.features.add_module("denseblock%d" % (i + 1), block)
            n += num * growth_rate
            if i != len(block_config) - 1:
                self.features.add_module("transition%d" % (i + 1), _Transition(n, n // 2)); n //= 2
        self.features.add_module("norm_final", nn.BatchNorm2d(n))
        self.classifier = nn.Linear(n, classes)
    def forward(self, x):
        f = self.features(x)
        out = F.relu(f, inplace=True)
        out = F.avg_pool2d(out, kernel_size=out.shape[-1]).view(f.size(0), -1)
        return self.classifier(out)
