"""How good a network is: one pass over the validation images, and everything that follows from it."""
