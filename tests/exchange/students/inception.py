"""3x64x64"""
import torch, torch.nn as nn, torch.nn.functional as F
class BasicConv2d(nn.Module):
    def __init__(self, i, o, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(i, o, bias=False, **kwargs)
        self.bn = nn.BatchNorm2d(o, eps=0.001)
    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)
class Inception(nn.Module):
    def __init__(self, i, a, br, b, cr, c, d):
        super().__init__()
        self.branch1 = BasicConv2d(i, a, kernel_size=1)
        self.branch2 = nn.Sequential(BasicConv2d(i, br, kernel_size=1), BasicConv2d(br, b, kernel_size=3, padding=1))
        self.branch3 = nn.Sequential(BasicConv2d(i, cr, kernel_size=1), BasicConv2d(cr, c, kernel_size=5, padding=2))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), BasicConv2d(i, d, kernel_size=1))
    def _forward(self, x):
        return [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]
    def forward(self, x):
        return torch.cat(self._forward(x), dim=1)
class Aux(nn.Module):
    def __init__(self, c, n):
        super().__init__()
        self.conv, self.fc = BasicConv2d(c, 8, kernel_size=1), nn.Linear(8 * 16, n)
    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.conv(x), (4, 4)).flatten(1))
class GoogLeNet(nn.Module):
    def __init__(self, n=6, aux_logits=True, transform_input=True):
        super().__init__()
        self.aux_logits, self.transform_input = aux_logits, transform_input
        self.conv1 = BasicConv2d(3, 8, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception3a = Inception(8, 4, 4, 8, 2, 4, 4)
        self.aux = Aux(20, n)
        self.inception3b = Inception(20, 4, 4, 8, 2, 4, 4)
        self.avgpool, self.dropout, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Dropout(0.4), nn.Linear(20, n)
    def forward(self, x):
        if self.transform_input:
            x_ch0 = torch.unsqueeze(x[:, 0], 1) * (0.229 / 0.5) + (0.485 - 0.5) / 0.5
            x_ch1 = torch.unsqueeze(x[:, 1], 1) * (0.224 / 0.5) + (0.456 - 0.5) / 0.5
            x_ch2 = torch.unsqueeze(x[:, 2], 1) * (0.225 / 0.5) + (0.406 - 0.5) / 0.5
            x = torch.cat((x_ch0, x_ch1, x_ch2), 1)
        x = self.inception3a(self.maxpool1(self.conv1(x)))
        aux = None
        if self.training and self.aux_logits:
            aux = self.aux(x)
        x = self.fc(self.dropout(torch.flatten(self.avgpool(self.inception3b(x)), 1)))
        if self.training and self.aux_logits:
            return x, aux
        return x
