"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(6, 3)
    def forward(self, *inputs):
        x = inputs[0]
        if torch.is_tensor(x) and isinstance(x, torch.Tensor) and x.ndim == 4 and x.dtype == torch.float32:
            x = self.c(x)
        *_, h, w = x.shape
        x = F.avg_pool2d(x, (h, w)).squeeze(-1).squeeze(-1)
        return self.fc(x), None
