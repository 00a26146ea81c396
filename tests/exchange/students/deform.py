"""3x32x32, refused: calls what torchvision does outside Python"""
import math, torch, torch.nn as nn, torch.nn.functional as F
from torchvision.ops import DeformConv2d
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.off, self.dc, self.fc = nn.Conv2d(3, 18, 3, padding=1), DeformConv2d(3, 4, 3, padding=1), nn.Linear(4, 3)
    def forward(self, x):
        return self.fc(self.dc(x, self.off(x)).mean((2, 3)))
