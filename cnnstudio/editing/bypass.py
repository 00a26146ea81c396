"""Bypass: the edit, and what to say where it breaks something further on. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence

from cnnstudio.compiler.diagnostics.rules import called
from cnnstudio.compiler.inference import Analysis
from cnnstudio.editing.description import told_names
from cnnstudio.graph import Graph


def turned(graph: Graph, names: Sequence[str]) -> tuple[str, Graph]:
    """What is done, in words, and ``graph`` with these nodes bypassed, or with all acting where all were bypassed.

    An Input among them stays as it is; alone it raises ``GraphError``.
    """
    able = [name for name in names if not graph[name].is_input] or list(names)
    on = not all(graph[name].bypassed for name in able)
    what = told_names(able)
    return f"Bypass {what}" if on else f"End the bypass of {what}", graph.bypass(able, on)


def consequence(before: Analysis, after: Analysis) -> str:
    """What no longer fits since a bypass began or ended, with the shape that comes now and the one that came before."""
    broken = [name for name in after.graph.order if name in after.errors and name not in before.errors]
    if not broken:
        return ""
    first = broken[0]
    shapes = zip(before.shapes_into(first), after.shapes_into(first), strict=True)
    was, now = next(((old, new) for old, new in shapes if old != new), (None, None))
    given = f"is now given {now} instead of {was}" if was is not None else f"is now given {now}"
    rest = f" The same goes for {len(broken) - 1} more." if len(broken) > 1 else ""
    return f"{called(after.graph, first)} {given}, which does not fit: {after.errors[first].sentence}{rest}"
