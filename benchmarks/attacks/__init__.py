"""Attacks on the program, each a promise that is tried so many times by chance; ``torture.py`` runs them all."""
