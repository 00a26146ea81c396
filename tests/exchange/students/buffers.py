"""3x32x32"""
import torch, torch.nn as nn, torch.nn.functional as F
class Normalize(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.Tensor(mean))
        self.register_buffer("std", torch.Tensor(std))
    def forward(self, input):
        mean = self.mean.reshape(1, 3, 1, 1)
        std = self.std.reshape(1, 3, 1, 1)
        return (input - mean) / std
class Blur(nn.Module):
    def __init__(self, c):
        super().__init__()
        k = torch.tensor([1.0, 2.0, 1.0])
        k = k[:, None] * k[None, :]
        self.register_buffer("k", (k / k.sum())[None, None].repeat(c, 1, 1, 1), persistent=False)
        self.c = c
    def forward(self, x):
        return F.conv2d(F.pad(x, [1, 1, 1, 1], mode="reflect"), self.k, stride=2, groups=self.c)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.n = Normalize((0.5, 0.4, 0.3), (0.2, 0.2, 0.2))
        self.a, self.blur, self.fc = nn.Conv2d(3, 6, 3), Blur(6), nn.Linear(6, 3)
    def forward(self, x):
        return self.fc(self.blur(F.relu(self.a(self.n(x)))).amax((-1, -2)))
