"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.e1, self.e2 = nn.Conv2d(3, 8, 3, 2), nn.Conv2d(8, 16, 3, 2)
        self.d2, self.d1 = nn.ConvTranspose2d(16, 8, 3, 2), nn.ConvTranspose2d(8, 3, 3, 2, output_padding=1)
    def forward(self, x):
        s1 = x.size()
        a = F.relu(self.e1(x)); s2 = a.size()
        b = F.relu(self.e2(a))
        c = F.relu(self.d2(b, output_size=s2))
        return torch.tanh(self.d1(c, output_size=s1[2:]))
