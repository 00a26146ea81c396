"""Import: modules of PyTorch, torchvision's and a person's own, become networks that can be edited."""
