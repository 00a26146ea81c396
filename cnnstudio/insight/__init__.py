"""What a network sees: its activations on an image."""
