"""Layer table: every block with its shape and its cost, for a spreadsheet, a page of Markdown or a paper. No torch."""

from __future__ import annotations

import csv
import io

from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.receptive import receptive_fields
from cnnstudio.exchange.exporting import markdown
from cnnstudio.exchange.exporting.latex import latex

HEAD = "Block", "Kind", "Output", "Parameters", "MACs", "Receptive field"
NUMBERS = frozenset({3, 4})  # columns


def rows(analysis: Analysis, grouped: bool = True) -> list[tuple[str, ...]]:
    """A row a block of the network that acts, in the order of computation, and last their sum.

    ``grouped`` numbers have a comma at the thousands; a spreadsheet wants them without.
    """
    acting, mark = analysis.acting, "," if grouped else ""
    fields = receptive_fields(acting)
    found: list[tuple[str, ...]] = []
    for name in acting.graph.order:
        block, facts, field = acting.graph[name].block, acting.facts.get(name), fields.get(name)
        numbers = (f"{facts.parameters:{mark}}", f"{facts.macs:{mark}}") if facts else ("", "")
        shape, seen = str(facts.shape) if facts else "", field.written if field else ""
        found.append((name, f"{block.title} {block.brief()}".strip(), shape, *numbers, seen))
    if (totals := acting.totals) is not None:
        found.append(("Total", "", "", f"{totals.parameters:{mark}}", f"{totals.macs:{mark}}", ""))
    return found


def as_csv(analysis: Analysis) -> str:
    """Comma-separated (RFC 4180), with the mark by which spreadsheets know UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([HEAD, *rows(analysis, grouped=False)])
    return "\ufeff" + text.getvalue()


def as_markdown(analysis: Analysis) -> str:
    """A table of Markdown."""
    return markdown.table(HEAD, rows(analysis), NUMBERS) + "\n"


def as_latex(analysis: Analysis) -> str:
    r"""A table for ``\input``; it wants ``\usepackage{booktabs}`` and breaks over pages with ``longtable``."""
    *body, last = rows(analysis)
    lines = [
        "% \\usepackage{booktabs,longtable}",
        "\\begin{longtable}{lllrrl}",
        "\\toprule",
        _line(HEAD),
        "\\midrule",
        "\\endhead",
        *map(_line, body),
        *(["\\midrule", _line(last)] if last[0] == "Total" else [_line(last)]),
        "\\bottomrule",
        "\\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return f"{' & '.join(map(latex, cells))} \\\\"
