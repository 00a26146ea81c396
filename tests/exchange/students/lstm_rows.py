"""1x28x28, recurrent"""
import torch, torch.nn as nn
class RNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(input_size=28, hidden_size=16, num_layers=1, batch_first=True)
        self.out = nn.Linear(16, 10)
    def forward(self, x):
        x = x.squeeze(1)
        r_out, (h_n, h_c) = self.rnn(x, None)
        return self.out(h_n[-1])
