"""3x32x32"""
import torch, torch.nn as nn
from torch.nn.utils import spectral_norm
from torch.nn.utils.parametrizations import weight_norm
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = spectral_norm(nn.Conv2d(3, 8, 4, 2, 1))
        self.c2 = nn.utils.parametrizations.spectral_norm(nn.Conv2d(8, 8, 3, 1, 1))
        self.c3 = weight_norm(nn.Conv2d(8, 8, 3, 1, 1))
        self.fc = spectral_norm(nn.Linear(8 * 256, 1))
    def forward(self, x):
        x = nn.functional.leaky_relu(self.c1(x), 0.2)
        x = nn.functional.leaky_relu(self.c2(x), 0.2)
        x = nn.functional.leaky_relu(self.c3(x), 0.2)
        return self.fc(x.view(x.shape[0], -1))
