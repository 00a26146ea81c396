"""The face of insight: what the network sees."""
