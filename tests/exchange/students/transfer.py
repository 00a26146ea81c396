"""3x64x64"""
import torch, torch.nn as nn
from torchvision import models, transforms, datasets
import torch.optim as optim
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
model = models.resnet18(weights=None)
for param in model.parameters():
    param.requires_grad = False
num_ftrs = model.fc.in_features
model.fc = nn.Sequential(nn.Linear(num_ftrs, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 2), nn.LogSoftmax(dim=1))
model = model.to(device)
criterion = nn.NLLLoss()
optimizer = optim.Adam(model.fc.parameters(), lr=1e-3)
