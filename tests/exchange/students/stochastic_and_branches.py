"""3x32x32"""
import random
import numpy as np
import torch, torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.act = {"relu": nn.ReLU(), "gelu": nn.GELU()}
        self.which = "gelu"
        self.scale = np.sqrt(8.0)
        self.fc = nn.Linear(8, 3)
    def forward(self, x):
        x = x.float() / 255.0
        x = self.act[self.which](self.a(x))
        if self.training and random.random() < 0.5:
            y = x
        else:
            y = x + self.b(x) / self.scale
        y = torch.nn.functional.normalize(y.mean((2, 3)), p=2, dim=1)
        return self.fc(y)
