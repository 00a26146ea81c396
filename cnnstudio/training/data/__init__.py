"""What is learned from: labelled images, wherever they come from, in the size of a network's input."""
