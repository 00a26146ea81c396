"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
device = torch.device("cuda")
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.fc = nn.Conv2d(3, 6, 3).to(device), nn.Linear(6, 3)
        self.cuda()
    def forward(self, x):
        x = x.cuda(non_blocking=True)
        noise = torch.zeros(x.size(0), 3, 32, 32, device="cuda:0")
        x = x + noise.to(device)
        return self.fc(self.c(x).mean((2, 3)))
