"""What all that look into the network look at: one picture, one cell, and the pictures on the nodes."""
