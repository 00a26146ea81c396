"""3x32x32, refused: goes through the samples of a batch one by one"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 6, 3, 2), nn.Linear(6, 3)
    def forward(self, x):
        x = self.c(x)
        out = []
        for i in range(x.size(0)):
            out.append(x[i].mean((1, 2)))
        return self.fc(torch.stack(out))
