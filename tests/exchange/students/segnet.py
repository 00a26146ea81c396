"""3x32x32 unpooling"""
import torch, torch.nn as nn, torch.nn.functional as F
class SegNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool, self.unpool = nn.MaxPool2d(2, 2, return_indices=True), nn.MaxUnpool2d(2, 2)
        self.e, self.d = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 2, 3, padding=1)
    def forward(self, x):
        x = F.relu(self.e(x))
        size = x.size()
        x, ind = self.pool(x)
        x = self.unpool(x, ind, output_size=size)
        return self.d(x)
