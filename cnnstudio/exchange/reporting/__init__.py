"""A report of a project as one page: what the network is, what it learned from, how, and what became of it."""
