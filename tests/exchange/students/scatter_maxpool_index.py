"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 6, 3, 2), nn.Linear(6, 3)
        self.register_parameter("scale", None)
        self.norm = nn.ModuleDict({"in": nn.InstanceNorm2d(6, affine=True, track_running_stats=True), "gn": nn.GroupNorm(3, 6)})
    def forward(self, x):
        x = self.c(x)
        x = self.norm["gn"](self.norm["in"](x))
        if self.scale is not None:
            x = x * self.scale
        x = x.view(x.size(0), x.size(1), -1)
        v, i = x.max(dim=-1)
        p = x.gather(2, i.unsqueeze(-1)).squeeze(-1)
        return self.fc(v + p + x.median(dim=2)[0] + x.std(dim=2) + x.var(2, unbiased=False) + torch.logsumexp(x, 2) + x.cumsum(2)[..., -1])
