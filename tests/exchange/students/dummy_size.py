"""3x32x32"""
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, in_shape=(3, 32, 32), n_classes=7):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(in_shape[0], 12, 3), nn.ReLU(True), nn.MaxPool2d(2), nn.Conv2d(12, 20, 3), nn.ReLU(True), nn.MaxPool2d(2))
        n = self._conv_out(in_shape)
        self.classifier = nn.Sequential(nn.Linear(n, 50), nn.ReLU(), nn.Linear(50, n_classes))
    def _conv_out(self, shape):
        with torch.no_grad():
            o = self.features(torch.autograd.Variable(torch.rand(1, *shape)))
        return int(o.data.view(1, -1).size(1))
    def forward(self, x):
        batch_size = x.shape[0]
        x = self.features(x)
        x = x.view(batch_size, -1)
        return self.classifier(x)
