"""Needed statements: of somebody's file, what a network in it is made of. The training below it is not run.

A file from a lecture often loads data, trains and draws curves as soon as it is run, and a notebook that was saved as
Python does so in every cell. A network needs none of that. Knows no torch.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator

_CHANGING = frozenset(
    "add add_argument add_module append apply extend insert register_module requires_grad_ set_defaults setdefault "
    "update".split()
)
"""Methods that change what they are called on, and so belong to how it is made."""

_PARTS = re.compile(r"\b(\w+)\b[\w.\[\]-]*\.(?:named_)?(?:parameters|modules|children)\(")
_MAGIC = re.compile(r"(?m)^([ \t]*)[%!?].*$")


def parsed(text: bytes) -> ast.Module:
    """The file as a tree; lines that only a notebook understands count as empty. Raises ``SyntaxError`` and others."""
    try:
        return ast.parse(text)
    except SyntaxError:
        plain = _MAGIC.sub(r"\1pass", text.decode(errors="replace"))
        return ast.parse(plain.encode())


def needed(tree: ast.Module, name: str) -> ast.Module | None:
    """The statements of ``tree`` that ``name`` is made with, in their order; None where none of them binds it."""
    body = [each for statement in tree.body for each in _apart(statement)]
    facts = [_Facts(statement) for statement in body]
    if not any(name in each.binds for each in facts):
        return None
    imported = {name for each in facts if each.is_import for name in each.binds}
    chosen = {index for index, each in enumerate(facts) if each.is_always}
    wanted = {name, *(read for index in chosen for read in facts[index].reads)}
    while True:
        found = {
            index
            for index, each in enumerate(facts)
            if index not in chosen and (each.binds & wanted or each.changes & (wanted - imported))
        }
        if not found:
            return ast.Module([body[index] for index in sorted(chosen)], tree.type_ignores)
        chosen |= found
        wanted |= {name for index in found for name in facts[index].reads}


class _Facts:
    """What a statement binds, reads and changes at the top of a file."""

    def __init__(self, statement: ast.stmt) -> None:
        table = symtable.symtable(ast.unparse(statement), "<file>", "exec")
        self.binds = {each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()} | {
            each.get_name() for each in table.get_children() if each.get_type() in ("class", "function")
        }
        self.reads = {each.get_name() for each in table.get_symbols() if each.is_referenced()} | set(_globals(table))
        self.changes = set(_changed(statement))
        self.is_import = isinstance(statement, ast.Import | ast.ImportFrom)
        self.is_always = (
            (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")
            or (isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names))
            or (isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("sys.path."))
        )


def _apart(statement: ast.stmt) -> list[ast.stmt]:
    """``import a, b`` as two statements: one of them may not be installed here."""
    if not isinstance(statement, ast.Import | ast.ImportFrom) or len(statement.names) == 1:
        return [statement]
    if isinstance(statement, ast.Import):
        return [ast.copy_location(ast.Import([alias]), statement) for alias in statement.names]
    return [
        ast.copy_location(ast.ImportFrom(statement.module, [alias], statement.level), statement)
        for alias in statement.names
    ]


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """What the functions and classes below read from the top of the file."""
    for child in table.get_children():
        yield from (each.get_name() for each in child.get_symbols() if each.is_global() and each.is_referenced())
        yield from _globals(child)


def _changed(statement: ast.stmt) -> Iterator[str]:
    """The names of what a statement changes without binding it: ``model.fc = …``, ``layers.append(…)``."""
    match statement:
        case ast.Assign(targets=targets):
            yield from (name for target in targets if (name := _root(target)))
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            yield from filter(None, [_root(target)])
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=method) as called)) if method in _CHANGING:
            yield from filter(None, [_root(called)])
        case ast.For(iter=walked, body=body):
            yield from (found[1] for found in _PARTS.finditer(ast.unparse(walked)))
            for each in body:
                yield from _changed(each)
        case ast.If(body=body, orelse=other):
            for each in (*body, *other):
                yield from _changed(each)


def _root(node: ast.expr) -> str:
    """The name at the beginning of ``model.layers[0].weight``; empty for a bare name."""
    inner = node
    while isinstance(inner, ast.Attribute | ast.Subscript):
        inner = inner.value
    return inner.id if isinstance(inner, ast.Name) and inner is not node else ""
