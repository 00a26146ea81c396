"""Famous networks, a family a file; each is a function that returns a Graph."""
