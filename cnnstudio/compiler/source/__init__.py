"""Source: a graph as the Python that a person would write. This is the face; its rooms know each other."""

from cnnstudio.compiler.source.source import Source, SourceError, Statement, source

__all__ = ["Source", "SourceError", "Statement", "source"]
