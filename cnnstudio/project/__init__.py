"""Project: what a person works on, and the .cnn file that holds it."""

from cnnstudio.project.project import Bookmark, Project, ProjectError, RunReference, from_template
from cnnstudio.project.reading import loads, read
from cnnstudio.project.writing import dumps, write

__all__ = ["Bookmark", "Project", "ProjectError", "RunReference", "dumps", "from_template", "loads", "read", "write"]
