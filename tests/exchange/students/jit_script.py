"""3x32x32"""
import torch, torch.nn as nn
@torch.jit.script
def swish(x):
    return x * torch.sigmoid(x)
class Net(nn.Module):
    __constants__ = ["k"]
    k: int
    def __init__(self):
        super().__init__()
        self.k = 2
        self.c, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8, 3)
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(swish(self.c(x)).mean((2, 3)))
