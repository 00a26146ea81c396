"""Source: a graph as the Python that a person would write. This is the face; its rooms know each other."""

from cnnstudio.compiler.source.source import Source, SourceError, Statement, source
from cnnstudio.compiler.source.ways import (
    Inside,
    Place,
    Way,
    WayError,
    copies,
    innermost,
    way_and_level,
    way_to,
    ways_in,
)

__all__ = [
    "Inside", "Place", "Source", "SourceError", "Statement", "Way", "WayError", "copies", "innermost", "source",
    "way_and_level", "way_to", "ways_in",
]  # fmt: skip
