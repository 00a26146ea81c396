"""Widgets without a document: forms, editors, image grids."""
