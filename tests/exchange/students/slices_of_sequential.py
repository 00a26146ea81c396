"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 6, 3), nn.ReLU())
        self.fc = nn.Linear(6, 3)
    def forward(self, x):
        a = self.layers[:2](x)
        b = self.layers[2:](a)
        with torch.set_grad_enabled(False):
            c = F.interpolate(b, scale_factor=0.5, recompute_scale_factor=True)
        return self.fc(c.mean((2, 3)))
