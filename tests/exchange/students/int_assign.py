"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(6, 3)
    def forward(self, x):
        x = x.clone()
        x[:, 0] = (x[:, 0] - 0.485) / 0.229
        x[:, 1, :, :] = x[:, 1, :, :] / 2
        x[:, :, 0] = 0
        x[..., -1] = 1.0
        return self.fc(self.c(x).mean((2, 3)))
