"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class CoordAtt(nn.Module):
    def __init__(self, c, r=2):
        super().__init__()
        self.pool_h, self.pool_w = nn.AdaptiveAvgPool2d((None, 1)), nn.AdaptiveAvgPool2d((1, None))
        self.conv1, self.bn1, self.act = nn.Conv2d(c, c // r, 1), nn.BatchNorm2d(c // r), nn.Hardswish()
        self.conv_h, self.conv_w = nn.Conv2d(c // r, c, 1), nn.Conv2d(c // r, c, 1)
    def forward(self, x):
        identity = x
        n, c, h, w = x.size()
        x_h, x_w = self.pool_h(x), self.pool_w(x).permute(0, 1, 3, 2)
        y = self.act(self.bn1(self.conv1(torch.cat([x_h, x_w], dim=2))))
        x_h, x_w = torch.split(y, [h, w], dim=2)
        x_w = x_w.permute(0, 1, 3, 2)
        return identity * self.conv_w(x_w).sigmoid() * self.conv_h(x_h).sigmoid()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.a, self.fc = nn.Conv2d(3, 8, 3, 2, 1), CoordAtt(8), nn.Linear(8, 3)
    def forward(self, x):
        return self.fc(torch.squeeze(torch.squeeze(F.adaptive_max_pool2d(self.a(self.c(x)), 1), 3), 2))
