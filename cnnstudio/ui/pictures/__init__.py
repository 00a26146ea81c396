"""Pictures to take away: the canvas as it is, and the paper figure."""
