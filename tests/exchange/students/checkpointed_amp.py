"""3x32x32"""
import torch, torch.nn as nn
import torch.utils.checkpoint as cp
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.fc = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.Linear(8, 3)
    @torch.no_grad()
    def stats(self, x):
        return x.mean(), x.std()
    def _run(self, x):
        return torch.relu(self.b(x))
    def forward(self, x):
        with torch.autocast("cuda", enabled=False):
            x = self.a(x)
            x = cp.checkpoint(self._run, x, use_reentrant=False) if x.requires_grad else self._run(x)
        return self.fc(torch.nn.functional.adaptive_avg_pool2d(x, 1).reshape(x.shape[0], -1))
