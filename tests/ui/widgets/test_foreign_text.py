"""What somebody wrote is shown as it stands: one place makes it so, and nothing goes past that."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

import cnnstudio.ui
from cnnstudio.ui.widgets.foreign_text import html, tip, unmarked
from cnnstudio.ui.widgets.labels import GAP, Elided, Plain, Sentence

UI = Path(cnnstudio.ui.__file__).parent
HOSTILE = '<img src="file:///tmp/x.png"><b>bold</b> & a\nsecond line'


def read(rich: str) -> str:
    """What a person reads where Qt shows this as rich text."""
    document = QTextDocument()
    document.setHtml(rich)
    return document.toPlainText().replace("\u2028", "\n").strip()


def test_what_is_foreign_reads_as_it_stands() -> None:
    assert read(html(HOSTILE)) == HOSTILE
    assert read(tip(HOSTILE)) == HOSTILE
    assert read(tip("a", "", "b", title=HOSTILE)) == f"{HOSTILE}\na\nb"
    assert read(tip(title="x")) == "x" and tip("", "") == ""
    assert unmarked("R&D") == "R&&D"


def test_what_cannot_be_seen_is_spelled_out(qtbot: QtBot) -> None:
    turned, said = "net\u202eexe\u200b.cnn", "net\\u202eexe\\u200b.cnn"
    assert read(html(turned)) == read(tip(turned)) == unmarked(turned) == said
    for kind in (Plain, Sentence, Elided):
        label = kind(turned)
        qtbot.addWidget(label)
        assert label.text() == said
    assert GAP in QLabel.text(Sentence("a_long_name_of_a_file.safetensors")), "it may still be broken"


@pytest.mark.parametrize("kind", [Plain, Sentence, Elided])
def test_a_label_shows_its_text_as_it_stands(qtbot: QtBot, kind: type[Plain]) -> None:
    label = kind("<b>bold</b>")
    qtbot.addWidget(label)
    plain = Plain("[b]bold[/b]")
    qtbot.addWidget(plain)
    assert label.sizeHint().width() > plain.sizeHint().width() * 0.8, "the signs are shown"
    label.resize(10, 10)
    if isinstance(label, Elided):
        assert read(label.told) == "<b>bold</b>"


def test_every_label_and_every_tooltip_of_the_code_passes_that_one_place() -> None:
    found = []
    for path in sorted(UI.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        where = path.relative_to(UI).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == "QLabel" and where != "widgets/labels.py":
                found.append(f"{where}:{node.lineno} uses QLabel, which takes what looks so for rich text")
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr == "setToolTip" and not _is_safe(node.args[-1]):
                found.append(f"{where}:{node.lineno} has a tooltip that is neither a constant nor made by tip()")
            if node.func.attr == "showText" and not _is_safe(node.args[1]):
                found.append(f"{where}:{node.lineno} shows a tip that is not made by tip()")
    assert not found, "\n".join(found)


def _is_safe(said: ast.expr) -> bool:
    if isinstance(said, ast.IfExp):
        return _is_safe(said.body) and _is_safe(said.orelse)
    if isinstance(said, ast.Call):
        name = said.func.id if isinstance(said.func, ast.Name) else getattr(said.func, "attr", "")
        return name in ("tip", "toolTip", "_tip", "_told")
    if isinstance(said, ast.Attribute | ast.Name):
        return (said.attr if isinstance(said, ast.Attribute) else said.id) in ("told", "about") or _is_constant(said)
    return isinstance(said, ast.Constant) and "<" not in str(said.value)


def _is_constant(said: ast.expr) -> bool:
    return isinstance(said, ast.Name) and said.id.isupper()
