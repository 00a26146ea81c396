"""3x32x32"""
import math, torch, torch.nn as nn, torch.nn.functional as F
class Net(nn.Module):
    def __init__(self, d=16, n=5):
        super().__init__()
        self.c = nn.Conv2d(3, d, 8, 8)
        self.transformer = nn.Transformer(d, 2, 1, 1, 32)
        self.query_pos = nn.Parameter(torch.rand(n, d))
        self.row, self.col = nn.Parameter(torch.rand(50, d // 2)), nn.Parameter(torch.rand(50, d // 2))
        self.cls, self.bbox = nn.Linear(d, 4), nn.Linear(d, 4)
    def forward(self, inputs):
        h = self.c(inputs)
        H, W = h.shape[-2:]
        pos = torch.cat([self.col[:W].unsqueeze(0).repeat(H, 1, 1), self.row[:H].unsqueeze(1).repeat(1, W, 1)], dim=-1).flatten(0, 1).unsqueeze(1)
        h = self.transformer(pos + 0.1 * h.flatten(2).permute(2, 0, 1), self.query_pos.unsqueeze(1).repeat(1, h.shape[0], 1)).transpose(0, 1)
        return {"pred_logits": self.cls(h), "pred_boxes": self.bbox(h).sigmoid()}
