"""How a trained network leaves: Python, weights, TorchScript, .pt2; each file is loaded back and compared."""
