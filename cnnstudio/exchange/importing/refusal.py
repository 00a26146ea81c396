"""Refusal: why a network was not imported. Knows no torch."""

from __future__ import annotations


class ImportRefused(Exception):  # noqa: N818 - the word ImportError is Python's
    """A network that was not imported; the message is a sentence."""
