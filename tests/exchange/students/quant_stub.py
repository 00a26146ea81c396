"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = torch.ao.quantization.QuantStub(), torch.ao.quantization.DeQuantStub()
        self.c, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(6, 3)
        self.skip_add = torch.ao.nn.quantized.FloatFunctional()
    def forward(self, x):
        x = self.quant(x)
        x = self.c(x)
        x = self.skip_add.add(x, F.relu(x))
        x = self.fc(x.mean([2, 3]))
        return self.dequant(x)
