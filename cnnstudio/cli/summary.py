"""``cnnstudio summary``: every node with its shape and its cost, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from cnnstudio.cli.command import Commands, line, opened, problems
from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.compiler.receptive import ProjectiveField, ReceptiveField, projective_fields, receptive_fields
from cnnstudio.graph import Graph
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.costs import costs
from cnnstudio.training.needs import needs as needs_of

NAME = "summary"


def add(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        NAME,
        help="show every shape and what it costs",
        description="Show, for one sample, what comes out of every block, what it learns (parameters), what it "
        "computes (MACs, multiply-accumulates) and how many pixels of the image one of its outputs sees. What is not "
        "known because of an error is left blank; the exit code is then 1.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a .cnn file")
    parser.add_argument("--json", action="store_true", help="write JSON for other programs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the summary; 1 where the network has errors."""
    project = opened(arguments.file)
    analysis = infer(project.graph)
    found = problems(project, analysis)
    if arguments.json:
        print(json.dumps(_document(project, analysis, found), ensure_ascii=False, indent=2, default=_plain))
    else:
        print(_table(analysis, project.recipe))
        for problem in found:
            print(line(problem))
    return 1 if any(problem.severity == "error" for problem in found) else 0


def _table(analysis: Analysis, recipe: Recipe) -> str:
    bypassed, batch = _bypassed(analysis), recipe.batch_size
    analysis = analysis.acting
    fields = receptive_fields(analysis)
    rows = [("Block", "Kind", "Output", "Parameters", "MACs", "Receptive field")]
    for name in analysis.graph.order:
        block = analysis.graph[name].block
        title = f"{block.title} {block.brief()}".strip()
        facts = analysis.facts.get(name)
        numbers = (str(facts.shape), f"{facts.parameters:,}", f"{facts.macs:,}") if facts else ("", "", "")
        rows.append((name, title, *numbers, _seen(fields.get(name))))
    totals = analysis.totals
    sums = (f"{totals.parameters:,}", f"{totals.macs:,}") if totals else ("", "")
    rows.append(("Total", "", "", *sums, ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_padded(row, widths)).rstrip() for row in rows]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
    if totals and totals.frozen:
        learned = totals.parameters - totals.frozen
        lines.append(f"Frozen: {totals.frozen:,} of the parameters, so that {learned:,} learn")
    if bypassed:
        lines.append(f"Bypassed: {', '.join(bypassed)}")
    if totals:
        needs, found, takes = analysis.memory, needs_of(analysis), costs(analysis, recipe)
        training, peak = _size(needs.training * batch), _size(needs.peak * batch)
        kept = f"{training} kept for the backward pass, {peak} at once in prediction"
        lines.append(f"Activations of a batch of {batch}: {kept}")
        weights = found.weights + needs.peak * batch
        told = [f"about {_size(takes.memory(batch))} in training with {recipe.optimizer}"] if takes is not None else []
        lines.append(f"Memory in all: {', '.join([*told, f'{_size(weights)} in prediction'])}")
    return "\n".join(lines)


def _bypassed(analysis: Analysis) -> list[str]:
    """The nodes that do not act: those bypassed, and those that lead to nothing else."""
    return [name for name in analysis.graph.order if name not in analysis.acting.graph]


def _padded(row: tuple[str, ...], widths: list[int]) -> list[str]:
    """Words to the left, numbers to the right."""
    return [
        cell.rjust(width) if column in (3, 4) else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def _seen(field: ReceptiveField | None) -> str:
    return field.written if field else ""


def _size(number: int) -> str:
    """Bytes in the largest unit that leaves a number of at least 1."""
    if number < 2**10:
        return f"{number} bytes"
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if number >= 2**power:
            return f"{number / 2**power:.1f} {unit}"
    raise AssertionError(number)


def _document(project: Project, analysis: Analysis, found: tuple[Diagnostic, ...]) -> dict[str, Any]:
    bypassed = _bypassed(analysis)
    analysis = analysis.acting
    fields, reached = receptive_fields(analysis), projective_fields(analysis)
    totals = analysis.totals
    memory = {"training_bytes": analysis.memory.training, "inference_bytes": analysis.memory.peak}
    return {
        "nodes": [_node(name, analysis, fields.get(name), reached.get(name)) for name in analysis.graph.order],
        "bypassed": bypassed,
        "totals": vars(totals) | memory if totals else None,
        "problems": [
            {"severity": each.severity, "code": each.code, "nodes": each.nodes, "sentence": each.sentence}
            for each in found
        ],
    }


def _plain(value: object) -> object:
    """What JSON has no word for: the body of a group, and the step after a transposed convolution."""
    if isinstance(value, Graph):
        return [
            {"name": node.name, "block": type(node.block).__name__, "settings": node.block.values}
            for node in value.acting
        ]
    if isinstance(value, Fraction):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _node(
    name: str, analysis: Analysis, field: ReceptiveField | None, reached: ProjectiveField | None
) -> dict[str, Any]:
    node, facts = analysis.graph[name], analysis.facts.get(name)
    return {
        "name": name,
        "block": type(node.block).__name__,
        "settings": node.block.values,
        "inputs": node.inputs,
        "shape": facts.shape if facts else None,
        "parameters": facts.parameters if facts else None,
        "frozen": facts.frozen if facts else None,
        "macs": facts.macs if facts else None,
        "training_bytes": analysis.memory.kept.get(name) if facts else None,
        "receptive_field": {"size": field.size, "stride": field.stride, "offset": field.offset} if field else None,
        "receptive_field_status": field.status if field else "not known",
        "receptive_field_without_statistics": field.has_statistics if field else None,
        "projective_field": {"pixel": reached.pixel, "size": reached.size} if reached else None,
    }
