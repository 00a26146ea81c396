"""Weights that somebody else has trained: published ones, files, and what belongs to what."""
