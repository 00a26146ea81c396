"""3x64x64"""
import torch.nn as nn, torch.nn.functional as F
class SeparableConv2d(nn.Module):
    def __init__(self, i, o, k=1, s=1, p=0, d=1, bias=False):
        super().__init__()
        self.conv1 = nn.Conv2d(i, i, k, s, p, d, groups=i, bias=bias)
        self.pointwise = nn.Conv2d(i, o, 1, 1, 0, 1, 1, bias=bias)
    def forward(self, x):
        return self.pointwise(self.conv1(x))
class Block(nn.Module):
    def __init__(self, i, o, reps, strides=1, start_with_relu=True, grow_first=True):
        super().__init__()
        self.skip = None
        if o != i or strides != 1:
            self.skip, self.skipbn = nn.Conv2d(i, o, 1, stride=strides, bias=False), nn.BatchNorm2d(o)
        rep = []
        filters = i
        if grow_first:
            rep += [nn.ReLU(inplace=True), SeparableConv2d(i, o, 3, 1, 1), nn.BatchNorm2d(o)]; filters = o
        for _ in range(reps - 1):
            rep += [nn.ReLU(inplace=True), SeparableConv2d(filters, filters, 3, 1, 1), nn.BatchNorm2d(filters)]
        rep[0] = rep[0] if start_with_relu else nn.ReLU(inplace=False)
        if not start_with_relu:
            rep = rep[1:]
        if strides != 1:
            rep.append(nn.MaxPool2d(3, strides, 1))
        self.rep = nn.Sequential(*rep)
    def forward(self, inp):
        x = self.rep(inp)
        skip = self.skipbn(self.skip(inp)) if self.skip is not None else inp
        x += skip
        return x
class Xception(nn.Module):
    def __init__(self, num_classes=4):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, 2, 0, bias=False), nn.BatchNorm2d(8)
        self.block1, self.block2 = Block(8, 16, 2, 2, start_with_relu=False), Block(16, 16, 3)
        self.fc = nn.Linear(16, num_classes)
    def features(self, x):
        return self.block2(self.block1(F.relu(self.bn1(self.conv1(x)))))
    def logits(self, f):
        x = F.relu(f, inplace=True)
        x = F.adaptive_avg_pool2d(x, (1, 1))
        return self.fc(x.view(x.size(0), -1))
    def forward(self, x):
        return self.logits(self.features(x))
