"""Errors: what is said where images cannot be had. Knows no torch."""

from __future__ import annotations


class DataError(ValueError):
    """Images that nothing can be learned from; the message is a sentence for the person who chose them."""


class DataCancelledError(DataError):
    """The person did not want to wait any longer."""


class DamagedError(DataError):
    """A file is not what its name says: too short, of another kind, or torn; the message names it."""


class AbsentError(DataError):
    """A file of a data set is not on the disk."""
