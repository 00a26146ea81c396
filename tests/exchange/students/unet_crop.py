"""1x64x64"""
import torch, torch.nn as nn, torch.nn.functional as F
class DoubleConv(nn.Module):
    def __init__(self, i, o, mid=None):
        super().__init__()
        mid = mid or o
        self.double_conv = nn.Sequential(nn.Conv2d(i, mid, 3), nn.ReLU(inplace=True), nn.Conv2d(mid, o, 3), nn.ReLU(inplace=True))
    def forward(self, x):
        return self.double_conv(x)
class UNet(nn.Module):
    def __init__(self, chs=(4, 8, 16)):
        super().__init__()
        self.enc = nn.ModuleList([DoubleConv(a, b) for a, b in zip((1,) + chs[:-1], chs)])
        self.ups = nn.ModuleList([nn.ConvTranspose2d(chs[i], chs[i - 1], 2, 2) for i in range(len(chs) - 1, 0, -1)])
        self.dec = nn.ModuleList([DoubleConv(chs[i], chs[i - 1]) for i in range(len(chs) - 1, 0, -1)])
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(chs[0], 1, 1)
    def crop(self, enc, x):
        _, _, H, W = x.shape
        dy, dx = (enc.shape[2] - H) // 2, (enc.shape[3] - W) // 2
        return enc[:, :, dy:dy + H, dx:dx + W]
    def forward(self, x):
        size = x.shape[-2:]
        ftrs = []
        for i, block in enumerate(self.enc):
            x = block(x)
            ftrs.append(x)
            if i < len(self.enc) - 1:
                x = self.pool(x)
        ftrs = ftrs[::-1]
        for i in range(len(self.ups)):
            x = self.ups[i](x)
            x = torch.cat([x, self.crop(ftrs[i + 1], x)], dim=1)
            x = self.dec[i](x)
        out = self.head(x)
        return torch.sigmoid(F.interpolate(out, size))
