"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class ChebyKAN(nn.Module):
    def __init__(self, i, o, degree=3):
        super().__init__()
        self.i, self.o, self.degree = i, o, degree
        self.coeffs = nn.Parameter(torch.empty(i, o, degree + 1))
        nn.init.normal_(self.coeffs, std=1 / (i * (degree + 1)))
        self.register_buffer("arange", torch.arange(0, degree + 1, 1))
    def forward(self, x):
        x = torch.reshape(x, (-1, self.i))
        x = torch.tanh(x)
        x = x.view((-1, self.i, 1)).expand(-1, -1, self.degree + 1)
        x = x.acos()
        x = x * self.arange
        x = x.cos()
        return torch.einsum("bid,iod->bo", x, self.coeffs).view(-1, self.o)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.n, self.b = ChebyKAN(12, 6), nn.LayerNorm(6), ChebyKAN(6, 3)
    def forward(self, x):
        return self.b(self.n(self.a(F.adaptive_avg_pool2d(x, 2).flatten(1))))
