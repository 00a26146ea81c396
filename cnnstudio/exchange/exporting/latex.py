"""LaTeX: texts of anybody's as they may stand in it. Knows no torch."""

from __future__ import annotations

from cnnstudio.wording import on_a_line

_WRITTEN = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "×": r"$\times$", "→": r"$\to$", "·": r"$\cdot$", "÷": r"$\div$",
    "–": "--", "…": r"\ldots{}", "≤": r"$\leq$", "≥": r"$\geq$", "∞": r"$\infty$", "α": r"$\alpha$", "γ": r"$\gamma$",
    "\u00a0": "~",
}  # fmt: skip


def latex(text: str, most: int = 200) -> str:
    """Somebody's text on one line, of which nothing means anything to LaTeX."""
    return "".join(_WRITTEN.get(letter, letter) for letter in on_a_line(text, most))
