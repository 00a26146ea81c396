"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
import numpy as np
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 6, 3, 2), nn.Linear(6, 3)
        self.w = np.linspace(0, 1, 6)
    def forward(self, x):
        x = self.c(x)
        w = torch.from_numpy(self.w).float().view(1, -1, 1, 1)
        x = x * w * float(np.sqrt(2))
        return self.fc(x.mean((2, 3)))
