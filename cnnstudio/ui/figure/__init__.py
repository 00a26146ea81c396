"""Figure: the paper figure on the screen: what paints it, and the page on which it is chosen and taken away."""
