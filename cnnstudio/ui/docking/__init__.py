"""Where panels stand: which there are, their docks, tabs and the way of the focus."""
