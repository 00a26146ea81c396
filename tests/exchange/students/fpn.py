"""3x64x64"""
import torch, torch.nn as nn, torch.nn.functional as F
class FPN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.c3 = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 12, 3, 2, 1), nn.Conv2d(12, 16, 3, 2, 1)
        self.lat = nn.ModuleList([nn.Conv2d(c, 8, 1) for c in (16, 12, 8)])
        self.smooth = nn.Conv2d(8, 8, 3, padding=1)
        self.cls = nn.Conv2d(8, 4, 3, padding=1)
    def _upsample_add(self, x, y):
        _, _, H, W = y.size()
        return F.upsample(x, size=(H, W), mode="bilinear") + y
    def forward(self, x):
        c1 = F.relu(self.c1(x)); c2 = F.relu(self.c2(c1)); c3 = F.relu(self.c3(c2))
        p3 = self.lat[0](c3)
        p2 = self._upsample_add(p3, self.lat[1](c2))
        p1 = self._upsample_add(p2, self.lat[2](c1))
        outs = [self.cls(self.smooth(p)) for p in (p1, p2, p3)]
        outs = [o.permute(0, 2, 3, 1).contiguous().view(o.size(0), -1, 4) for o in outs]
        return torch.cat(outs, 1)
