"""3x32x32, refused: stand in a plain list"""
import torch, torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = [nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)]
        self.fc = nn.Linear(8, 3)
    def forward(self, x):
        for c in self.convs:
            x = torch.relu(c(x))
        return self.fc(x.mean((2, 3)))
