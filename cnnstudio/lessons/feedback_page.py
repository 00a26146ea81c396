"""Feedback page: what a student is told of the marks, as an HTML page without a script, and as a platform's results."""

from __future__ import annotations

import html
from typing import Any

from cnnstudio.lessons.grade_sheet import Grade
from cnnstudio.lessons.lesson_file import LessonFile
from cnnstudio.wording import counted, printable

LARGEST = 2**20  # bytes of a page
_SHOWN = 2_000  # letters of an answer

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color: #1c2128;
       background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: 0; } .muted { color: #57606a; }
section { border-top: 1px solid #d0d7de; padding: .8rem 0; } section h2 { font-size: 1rem; margin: 0; }
.points { float: right; } .right { color: #116329; } .wrong { color: #a40e26; } .open { color: #7d4e00; }
p { margin: .3rem 0; } blockquote { margin: .3rem 0; padding-left: .8rem; border-left: 3px solid #d0d7de; }
@media (prefers-color-scheme: dark) { body { color: #d1d7e0; background: #16191f; } .muted { color: #9198a1; }
  section, blockquote { border-color: #3d444d; } .right { color: #57c26b; } .wrong { color: #ff8590; }
  .open { color: #dba642; } }
""".strip()


def page(grade: Grade, lesson: LessonFile, answers: dict[str, str]) -> str:
    """The page for one student; ``answers`` is what was answered, in words, task by task."""
    row, marks = grade.row, grade.row.marks
    title = f"{lesson.head.title}: feedback"
    parts = [
        "<!doctype html>", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_shown(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_shown(lesson.head.title)}</h1>", f'<p class="muted">{_shown(row.called)}</p>',
    ]  # fmt: skip
    if marks is None:
        parts.append(f'<p class="wrong">{_shown(row.trouble)}</p>')
    else:
        waiting = "" if grade.is_final else " so far; what is open is marked by your teacher"
        parts.append(f"<p><strong>{grade.grade:g} of {grade.most:g} points</strong>{waiting}.</p>")
        parts += [f'<p class="wrong">{_shown(sentence)}</p>' for sentence in marks.broken]
        for mark in marks.tasks:
            points = grade.points_of(mark)
            kind = "open" if points is None else "right" if points >= mark.task.points else "wrong"
            told = "open" if points is None else f"{points:g} of {mark.task.points:g}"
            asks = mark.task.asks or mark.task.title
            parts.append(f'<section><span class="points {kind}">{told}</span><h2>{_shown(asks)}</h2>')
            if given := answers.get(mark.task.name, ""):
                parts.append(f"<blockquote>{_shown(given)}</blockquote>")
            parts.append(f'<p class="{kind}">{_shown(mark.verdict.sentence)}</p>')
            if mark.cost:
                parts.append(f'<p class="muted">Hints cost {mark.cost:g}.</p>')
            parts.append("</section>")
    if grade.penalty:
        parts.append(f"<p>{counted(grade.days, 'day')} late: {grade.penalty:.0%} less.</p>")
    if grade.by_hand.why:
        parts.append(f"<p>{_shown(grade.by_hand.why)}</p>")
    text = "\n".join([*parts, "</body></html>", ""])
    return text if len(text.encode("utf-8", "replace")) <= LARGEST else page(grade, lesson, {})


def _shown(text: str) -> str:
    whole = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return html.escape(printable(whole)).replace("\n", "<br>")


def gradescope(grade: Grade) -> dict[str, Any]:
    """What Gradescope reads as results.json.

    https://gradescope-autograders.readthedocs.io/en/latest/specs/
    """
    marks = grade.row.marks
    if marks is None:
        return {"score": 0.0, "output": grade.row.trouble, "tests": []}
    return {
        "score": grade.grade,
        "output": grade.feedback,
        "tests": [
            {
                "name": mark.task.name,
                "score": round(grade.points_of(mark) or 0.0, 4),
                "max_score": mark.task.points,
                "output": mark.verdict.sentence,
            }
            for mark in marks.tasks
        ],
    }


def prairielearn(grade: Grade) -> dict[str, Any]:
    """What PrairieLearn reads as results.json: the score goes from 0 to 1, and what is no work is not graded.

    https://prairielearn.readthedocs.io/en/latest/externalGrading/
    """
    marks = grade.row.marks
    if marks is None:
        return {"gradable": False, "format_errors": [grade.row.trouble]}
    return {
        "gradable": True,
        "score": max(0.0, min(1.0, grade.grade / grade.most)) if grade.most else 0.0,
        "output": grade.feedback,
        "tests": [
            {
                "name": mark.task.name,
                "points": round(grade.points_of(mark) or 0.0, 4),
                "max_points": mark.task.points,
                "message": mark.verdict.sentence,
            }
            for mark in marks.tasks
        ],
    }
