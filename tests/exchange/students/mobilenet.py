"""3x64x64"""
import torch, torch.nn as nn
def _make_divisible(v, divisor, min_value=None):
    if min_value is None:
        min_value = divisor
    new_v = max(min_value, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v
class h_sigmoid(nn.Module):
    def __init__(self, inplace=True):
        super().__init__()
        self.relu = nn.ReLU6(inplace=inplace)
    def forward(self, x):
        return self.relu(x + 3) / 6
class h_swish(nn.Module):
    def __init__(self, inplace=True):
        super().__init__()
        self.sigmoid = h_sigmoid(inplace=inplace)
    def forward(self, x):
        return x * self.sigmoid(x)
class InvertedResidual(nn.Module):
    def __init__(self, inp, hidden, oup, k, stride, use_hs):
        super().__init__()
        self.identity = stride == 1 and inp == oup
        act = h_swish() if use_hs else nn.ReLU(inplace=True)
        self.conv = nn.Sequential(nn.Conv2d(inp, hidden, 1, 1, 0, bias=False), nn.BatchNorm2d(hidden), act, nn.Conv2d(hidden, hidden, k, stride, (k - 1) // 2, groups=hidden, bias=False), nn.BatchNorm2d(hidden), h_swish(), nn.Conv2d(hidden, oup, 1, bias=False), nn.BatchNorm2d(oup))
    def forward(self, x):
        if self.identity:
            return x + self.conv(x)
        else:
            return self.conv(x)
class MobileNetV3(nn.Module):
    def __init__(self, cfgs=((3, 16, 16, 0, 1), (5, 40, 16, 1, 1), (3, 48, 24, 1, 2)), num_classes=5, width_mult=0.5):
        super().__init__()
        self.cfgs = cfgs
        c = _make_divisible(16 * width_mult, 8)
        layers = [nn.Sequential(nn.Conv2d(3, c, 3, 2, 1, bias=False), nn.BatchNorm2d(c), h_swish())]
        for k, exp, out, hs, s in self.cfgs:
            o = _make_divisible(out * width_mult, 8)
            layers.append(InvertedResidual(c, exp, o, k, s, hs)); c = o
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Sequential(nn.Linear(c, 32), h_swish(), nn.Dropout(0.2), nn.Linear(32, num_classes))
        self._initialize_weights()
    def forward(self, x):
        x = self.features(x)
        x = self.avgpool(x)
        x = x.view(x.size(0), -1)
        return self.classifier(x)
    def _initialize_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Linear):
                m.weight.data.normal_(0, 0.01)
                m.bias.data.zero_()
