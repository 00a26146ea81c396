#!/usr/bin/env python
# coding: utf-8
# 3x32x32
# In[1]:
get_ipython().run_line_magic('matplotlib', 'inline')
%load_ext autoreload
!pip install torchsummary
import numpy as np
import torch
from torch import nn
from torchsummary import summary
# In[2]:
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(10))
    def forward(self, x):
        return self.net(x)
# In[3]:
model = CNN()
summary(model, (3, 32, 32))
