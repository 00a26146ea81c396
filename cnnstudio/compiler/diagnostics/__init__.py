"""Diagnostics: what is wrong with a network, in sentences with fixes. This is the face; its rooms know each other."""

from cnnstudio.compiler.diagnostics.diagnostics import Diagnostic, diagnose, handbook

__all__ = ["Diagnostic", "diagnose", "handbook"]
