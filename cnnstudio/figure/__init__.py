"""Figure: a network as papers draw it, every feature map a box in proportion to its size. Knows no Qt, only numbers."""
