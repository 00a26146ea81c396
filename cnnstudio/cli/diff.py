"""``cnnstudio diff``: how one network differs from another, as text or as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cnnstudio.cli.command import Commands, opened
from cnnstudio.compiler.comparison import Change, Comparison, compare, signed
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.graph import Facts, Graph, Node
from cnnstudio.training.runs.folder import RunFolder

NAME = "diff"
SIGNS = {
    "added": "+", "removed": "−", "replaced": "~", "changed": "~", "renamed": "=", "rewired": "↷", "affected": "·",
}  # fmt: skip


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="show how two networks differ",
        description="Show what was added (+), removed (−), changed (~), renamed (=) and rewired (↷) from one network "
        "to the other, and what costs otherwise because of what comes before it (·), with the change in parameters and "
        "MACs (multiply-accumulates). The folder of a run stands for the network that it trained. The exit code is 0 "
        "whether they differ or not.",
    )
    parser.add_argument("old", type=Path, metavar="A.cnn", help="a .cnn file, or the folder of a run")
    parser.add_argument("new", type=Path, metavar="B.cnn", help="another one")
    parser.add_argument("--json", action="store_true", help="write JSON for other programs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what differs."""
    comparison = compare(_analysis(arguments.old), _analysis(arguments.new))
    if arguments.json:
        print(json.dumps(_document(comparison), ensure_ascii=False, indent=2))
    elif comparison:
        print("\n".join(_lines(comparison)))
    else:
        print(f"{arguments.old.name} and {arguments.new.name} hold the same network.")
    return 0


def _analysis(path: Path) -> Analysis:
    return infer(opened(RunFolder(path).project if path.is_dir() else path).graph)


def _lines(comparison: Comparison) -> Iterator[str]:
    rows = [("", "Block", "Parameters", "MACs", "Difference")]
    rows += _rows(comparison.changes)
    rows.append(("", "Total", signed(comparison.parameters), signed(comparison.macs), _sums(comparison)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for place, row in enumerate(rows):
        sign, name, parameters, macs, words = row
        counts = f"{parameters.rjust(widths[2])}  {macs.rjust(widths[3])}"
        line = f"{sign.ljust(widths[0])} {name.ljust(widths[1])}  {counts}  {words}".rstrip()
        if place in (1, len(rows) - 1):
            yield "─" * (sum(widths) + 5)
        yield line


def _rows(changes: Iterable[Change], depth: int = 0) -> Iterator[tuple[str, str, str, str, str]]:
    for change in changes:
        sign, name = SIGNS[change.kind], "  " * depth + change.name
        yield sign, name, signed(change.parameters), signed(change.macs), ", ".join(change.sentences)
        yield from _rows(change.inside, depth + 1)


def _sums(comparison: Comparison) -> str:
    (old, new), (old_macs, new_macs) = comparison.totals("parameters"), comparison.totals("macs")
    if old is None or new is None:
        return "not known: a shape is missing"
    return f"parameters {old:,} → {new:,}, MACs {old_macs:,} → {new_macs:,}"


def _document(comparison: Comparison) -> dict[str, Any]:
    def total(count: int | None, sums: tuple[int | None, int | None]) -> dict[str, int | None]:
        return {"old": sums[0], "new": sums[1], "change": count}

    return {
        "equal": not comparison,
        "changes": [_entry(change) for change in comparison.changes],
        "parameters": total(comparison.parameters, comparison.totals("parameters")),
        "macs": total(comparison.macs, comparison.totals("macs")),
    }


def _entry(change: Change) -> dict[str, Any]:
    return {
        "name": change.name,
        "kind": change.kind,
        "sentences": change.sentences,
        "settings": [
            {"name": setting.name, "old": setting.old, "new": setting.new}
            for setting in change.settings
            if not isinstance(setting.old, Graph)  # what differs in the body of a group stands under "inside"
        ],
        "old": _side(change.old, change.old_facts),
        "new": _side(change.new, change.new_facts),
        "parameters": change.parameters,
        "macs": change.macs,
        "inside": [_entry(inner) for inner in change.inside],
    }


def _side(node: Node | None, facts: Facts | None) -> dict[str, Any] | None:
    if node is None:
        return None
    return {
        "name": node.name,
        "block": type(node.block).__name__,
        "inputs": node.inputs,
        "shape": facts.shape if facts else None,
        "parameters": facts.parameters if facts else None,
        "macs": facts.macs if facts else None,
    }
