"""Cards: what a block or a network comes to, written as rich text in the colours of the theme."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from cnnstudio.compiler.formula import Formula
from cnnstudio.compiler.inference import Analysis
from cnnstudio.compiler.receptive import ProjectiveField, ReceptiveField
from cnnstudio.editing.description import BYPASSED
from cnnstudio.graph import Block, Facts, Shape
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.foreign_text import html
from cnnstudio.ui.widgets.labels import Plain, Rich, breakable
from cnnstudio.wording import counted, memory, readable, unbroken

LETTERS = {
    "in": "size that comes in", "out": "size that goes out", "P": "padding", "D": "dilation", "K": "kernel",
    "S": "stride", "C": "channels", "H": "height", "W": "width",
}  # fmt: skip

BESIDES = (
    "Besides, a normalisation on the way takes its means over whole maps: through them everything is seen a little."
)


class Card(QFrame):
    """A title and a text on a raised ground; hidden while there is nothing to say."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "raised")
        self.title = Plain(title, self)
        self.title.setProperty("textSize", "small")
        self.title.setProperty("role", "muted")
        self.text = Rich(self)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 9, 12, 10)
        layout.setSpacing(5)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        self.hide()

    def say(self, text: str, title: str | None = None) -> None:
        """Show this rich text, or hide for none."""
        if title is not None and title != self.title.text():
            self.title.setText(title)
        if text != self.text.text():
            self.text.setText(text)
        self.setVisible(bool(text))


def colored(text: str, role: str) -> str:
    """The text in the colour of a role."""
    return f'<span style="color:{theme.color(role).name()}">{text}</span>'


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Names on the left, what they are on the right."""
    lines = "".join(
        f'<tr><td style="padding:2px 8px 2px 0">{colored(html(name), "muted")}</td>'
        f'<td align="right" style="padding:2px 0">{value}</td></tr>'
        for name, value in rows
    )
    return f'<table width="100%" cellspacing="0" cellpadding="0">{lines}</table>'


def outcome(
    into: tuple[Shape | None, ...],
    facts: Facts | None,
    misfit: str | None,
    seen: ReceptiveField | ProjectiveField | None,
    *,
    bypassed: bool = False,
    kept: int | None = None,
    unknown: str = "",
) -> str:
    """What comes out of a node, and what it costs; with ``misfit`` that it does not fit, and that sentence.

    ``kept`` are the bytes that training keeps of it, ``unknown`` what of its fields was looked for and is not known.
    """
    if bypassed:
        shape = f"<p><b>{unbroken(str(facts.shape))}</b></p>" if facts is not None else ""
        return f'<p style="margin:0 0 4px 0">{BYPASSED}</p>{shape}'
    arrow = colored(" → ", "muted")
    known = [unbroken(str(shape)) if shape else colored("?", "muted") for shape in into]
    coming = "<br>".join(known) + arrow if known else ""
    if facts is None and misfit is None:
        return colored("It waits for the shape of what comes in.", "muted")
    result = f"<b>{unbroken(str(facts.shape))}</b>" if facts else colored("does not fit", "error")
    flow = f'<p style="margin:0 0 4px 0">{coming}{result}</p>'
    if facts is None:
        return f"{flow}<p>{html(unbroken(misfit[:1].upper() + misfit[1:]))}</p>" if misfit else flow
    rows = [
        ("Parameters", f"{facts.parameters:,}"),
        *frozen(facts.frozen),
        ("Multiply-accumulates", readable(facts.macs)),
        ("Memory of the output", memory(facts.shape.bytes)),
    ]
    if kept is not None:
        rows.append(("Kept for backward", memory(kept)))
    rows += projection(seen) if isinstance(seen, ProjectiveField) else reception(seen) if seen is not None else []
    rows += [(unknown, "not known")] if unknown else []
    besides = f"<p>{colored(BESIDES, 'muted')}</p>" if seen is not None and seen.has_statistics else ""
    return flow + table(rows) + besides


def concealed(into: tuple[Shape | None, ...]) -> str:
    """What goes into a node whose result is hidden while a person predicts it."""
    known = "<br>".join(unbroken(str(shape)) if shape else colored("?", "muted") for shape in into)
    hidden = colored("What comes of it is hidden while a question is open.", "muted")
    return f'<p style="margin:0 0 4px 0">{known}{colored(" → ", "muted")}<b>?</b></p><p>{hidden}</p>'


def reception(seen: ReceptiveField) -> list[tuple[str, str]]:
    """What a value sees of the image, in rows of a table; of what sees everything, not where it begins."""
    rows = [("Receptive field", sight(seen))]
    return [*rows, ("Begins at pixel", offset(seen))] if seen.status == "exact" else rows


def projection(seen: ProjectiveField) -> list[tuple[str, str]]:
    """Where a pixel of the image goes, in rows of a table."""
    bound = "up to " * (seen.status == "upper bound")
    count = " × ".join(map(str, seen.size)) if all(seen.places) else "0"
    rows = [
        (f"Pixel {seen.pixel[0]}, {seen.pixel[1]} reaches", unbroken(f"{bound}{count}") + colored(" values", "muted"))
    ]
    if not all(seen.places):
        return rows
    axes = ("rows", "columns") if len(seen.places) == 2 else ("numbers",)
    return rows + [
        (f"{axis.capitalize()} reached", f"{place[0]} to {place[-1]}" if len(place) > 1 else f"{place[0]}")
        for axis, place in zip(axes, seen.places, strict=True)
    ]


def sight(seen: ReceptiveField) -> str:
    """A receptive field in pixels of the image, and how far it moves from one value to the next."""
    down, right = seen.stride
    step = f"step\u00a0{down}" if down == right else f"step\u00a0{down} × {right}"
    more = "the whole map" if seen.status == "whole map" else step
    return unbroken(seen.written) + colored(unbroken(f", {more}"), "muted")


def offset(seen: ReceptiveField) -> str:
    """Where the receptive field of the first value begins, in pixels of the image; before 0 is padding."""
    down, right = (str(side).replace("-", "−") for side in seen.offset)
    return down if down == right else f"{down}, {right}"


def arithmetic(made: Formula) -> str:
    """A formula set step by step, each step on a line of its own, the result last and bold."""
    family = theme.monospace().family()
    size = theme.monospace("small").pixelSize()
    mono = f"font-family:'{family}'; font-size:{size}px"
    parts = []
    if made.rule:
        parts.append(f'<p style="margin:0 0 2px 0; {mono}">{colored(html(made.rule), "accent")}</p>')
        used = [
            f"{letter}: {word}"
            for letter, word in LETTERS.items()
            if re.search(rf"\b{letter}\b|2{letter}\b", made.rule)
        ]
        parts.append(f'<p style="margin:0 0 6px 0; font-size:{size}px">{colored(" · ".join(used), "muted")}</p>')
    for line in made.lines:
        name, _, rest = line.rpartition(": ") if ": " in line and not line.endswith("map") else line.partition(": ")
        first, *steps = (rest or line).split(" = ")
        heading = f"{colored(breakable(html(name[:1].upper() + name[1:])), 'muted')}<br>" if name and rest else ""
        shown = [html(first), *(f"= {html(step)}" for step in steps[:-1])]
        shown += [f"= <b>{html(steps[-1])}</b>"] if steps else []
        body = "<br>".join(unspaced(step) for step in shown)
        parts.append(f'<p style="margin:0 0 6px 0">{heading}<span style="{mono}">{body}</span></p>')
    return "".join(parts)


def unspaced(step: str) -> str:
    """A step of a formula that breaks, if it must, before a sign and not after it."""
    return re.sub(r" ([+−·/]) ", "\u00a0\\1 ", step)


def theory(block: type[Block]) -> str:
    """The help of a block in paragraphs."""
    paragraphs = re.split(r"\n\s*\n", block.help())
    return "".join(f'<p style="margin:0 0 6px 0">{html(" ".join(text.split()))}</p>' for text in paragraphs)


def network(analysis: Analysis) -> str:
    """What the whole network comes to; blank, never wrong, while some shape is unknown."""
    totals, all_of_them = analysis.totals, len(analysis.graph)
    analysis = analysis.acting
    graph = analysis.graph
    idle = all_of_them - len(graph)
    rows = [("Blocks", f"{len(graph):,}, and {idle:,} bypassed" if idle else f"{len(graph):,}")]
    for title, nodes in (("Input", graph.inputs), ("Output", graph.outputs)):
        shapes = [unbroken(str(shape)) for node in nodes if (shape := analysis.shape(node.name)) is not None]
        if shapes and len(shapes) <= 3:
            rows.append((title, "<br>".join(shapes)))
    if totals is None:
        return table(rows) + f"<p>{colored('The totals come when every shape is known.', 'muted')}</p>"
    rows += [
        ("Parameters", f"<b>{totals.parameters:,}</b>"),
        *frozen(totals.frozen),
        ("Multiply-accumulates", readable(totals.macs)),
        ("Kept for the backward pass", memory(analysis.memory.training)),
        ("At once in prediction", memory(analysis.memory.peak)),
    ]
    return table(rows)


def together(facts: list[Facts]) -> str:
    """What several nodes come to."""
    return table(
        [
            ("Parameters", f"{sum(fact.parameters for fact in facts):,}"),
            *frozen(sum(fact.frozen for fact in facts)),
            ("Multiply-accumulates", readable(sum(fact.macs for fact in facts))),
            ("Memory of the outputs", memory(sum(fact.shape.bytes for fact in facts))),
        ]
    )


def frozen(parameters: int) -> list[tuple[str, str]]:
    """The row that tells how many parameters stay as they are while training; none where all learn."""
    return [("of these frozen", f"{parameters:,}")] if parameters else []


def problems(severities: Iterable[str]) -> str:
    """How many findings of each kind, in words."""
    words = list(severities)
    counts = [(severity, words.count(severity)) for severity in ("error", "warning", "hint")]
    return ", ".join(counted(count, severity) for severity, count in counts if count) or "No problems"
