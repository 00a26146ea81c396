"""Node problems: what is wrong and what is doubtful with each node on the canvas, in sentences."""

from __future__ import annotations

from cnnstudio.compiler.inference import Analysis
from cnnstudio.ui.document import Document


def problems_of(document: Document, analysis: Analysis) -> dict[str, tuple[str, str]]:
    """The nodes of ``analysis`` that have a problem: the sentence of the error and that of the warning, or nothing."""
    found = {name: (_sentence(error.sentence), "") for name, error in analysis.errors.items()}
    if document.scope:
        return found
    for diagnostic in document.diagnostics:
        for name in diagnostic.nodes[:1]:
            error, warning = found.get(name, ("", ""))
            if diagnostic.severity == "error":
                found[name] = diagnostic.sentence, warning
            elif diagnostic.severity == "warning":
                found[name] = error, diagnostic.sentence
    return found


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
