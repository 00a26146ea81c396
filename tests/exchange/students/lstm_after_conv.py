"""1x32x64, recurrent"""
import torch, torch.nn as nn
class CRNN(nn.Module):
    def __init__(self, hidden=12, n=11):
        super().__init__()
        self.hidden_size, self.num_layers = hidden, 2
        self.cnn = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d((2, 1)))
        self.lstm = nn.LSTM(16 * 8, hidden, 2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, n)
    def forward(self, x):
        x = self.cnn(x)
        b, c, h, w = x.size()
        x = x.permute(0, 3, 1, 2).contiguous().view(b, w, c * h)
        h0 = torch.zeros(self.num_layers * 2, x.size(0), self.hidden_size).to(x.device)
        c0 = torch.zeros(self.num_layers * 2, x.size(0), self.hidden_size).to(x.device)
        out, _ = self.lstm(x, (h0, c0))
        return self.fc(out[:, -1, :])
