"""CNN Studio: draw a convolutional network, train it, look inside it, take it away as PyTorch."""

__version__ = "0.1.0"
