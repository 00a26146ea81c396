"""3x32x32, refused: decides by the numbers that flow through it"""
import torch, torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8, 3)
    def forward(self, x):
        x = self.c(x)
        if x.mean() > 0:
            x = -x
        return self.fc(x.mean((2, 3)))
