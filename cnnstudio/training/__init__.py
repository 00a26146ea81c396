"""What a network does: data, the loop, events, weights. Knows no Qt."""
