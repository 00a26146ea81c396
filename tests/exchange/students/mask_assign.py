"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(6, 3)
    def forward(self, x):
        x = self.c(x)
        x[x < 0] = 0
        return self.fc(x.mean((2, 3)))
