"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(12, 3)
        self.t = nn.Parameter(torch.zeros(6))
    def forward(self, x):
        x = self.c(x)
        t = self.t[None, :, None, None]
        y = torch.where(x > t, x, 0.1 * x)
        z = torch.clamp(x, min=-1, max=1).masked_fill(x.abs() > 0.5, 0.0)
        z = torch.max(z, torch.zeros_like(z)) + torch.min(z, torch.zeros(1))
        m = F.one_hot(y.mean((2, 3)).argmax(1), 6).float()
        return self.fc(torch.cat((y.mean((2, 3)), z.sum(dim=(2, 3)) * m), dim=-1))
