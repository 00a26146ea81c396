"""Board page: how far a class is, as one HTML page without a script that a browser reads again by itself."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from time import sleep

from cnnstudio.disk import replacing, shown
from cnnstudio.lessons.board import Board, ClassStanding, Standing, State
from cnnstudio.lessons.lesson_file import LessonFile
from cnnstudio.wording import counted, on_a_line
from cnnstudio.worker import Report

EVERY = 0.25  # seconds between two looks at the folder
AT_ONCE = 0.25  # seconds of one look in which weights are evaluated, so that all else is not waited for
AGAIN = 1  # seconds after which a browser reads the page again
MOST_REFUSED = 100
LETTERS = 50  # of the names of all tasks that stand beside one another; more stand upright

_SIGNS: dict[State, tuple[str, str]] = {
    "done": ("✓", "done"), "waits": ("✎", "for the teacher to read"), "begun": ("◐", "partly right"),
    "wrong": ("✗", "answered, and not right"), "open": ("·", "open"),
}  # fmt: skip
_STYLE = """
:root { color-scheme: light dark; }
body { font: 18px/1.4 system-ui, sans-serif; margin: 1.2rem 1.6rem; color: #1c2128; background: #fff; }
h1 { font-size: 1.5rem; margin: 0; } p { margin: .2rem 0 .8rem; } .muted { color: #57606a; }
table { border-collapse: collapse; width: 100%; } th, td { padding: .28rem .5rem; text-align: center; }
th { font-weight: 600; border-bottom: 2px solid #d0d7de; vertical-align: bottom; }
td { border-bottom: 1px solid #d0d7de; } th:first-child, td:first-child { text-align: left; }
td.stuck, .why { text-align: left; } tfoot td { border: none; } td:first-child { overflow-wrap: anywhere;
  min-width: 7rem; }
th.upright span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; line-height: 1; }
table + table { margin-top: 1.2rem; }
.done { color: #116329; } .wrong { color: #a40e26; } .begun, .waits { color: #7d4e00; } .open { color: #8b949e; }
.bar { display: block; height: .35rem; border-radius: 2px; background: #116329; } .number { white-space: nowrap; }
@media (prefers-color-scheme: dark) { body { color: #d1d7e0; background: #16191f; } .muted { color: #9198a1; }
  th, td { border-color: #3d444d; } .done { color: #57c26b; } .wrong { color: #ff8590; } .bar { background: #57c26b; }
  .begun, .waits { color: #dba642; } .open { color: #768390; } }
""".strip()


def board_page(found: ClassStanding, lesson: LessonFile, told: str = "") -> str:
    """The page; ``told`` is what there is to say of it besides, such as when it was written."""
    tasks = lesson.tasks
    has_accuracy = any(task.answered_by == "weights" for task in tasks)
    names = [_shown(task.name, 24) for task in tasks]
    upright = ' class="upright"' if sum(map(len, names)) > LETTERS else ""
    heads = [("Student", ""), ("Done", ""), *((name, upright) for name in names)]
    heads += [("Best accuracy", "")] * has_accuracy + [("Stuck", "")]
    parts = [
        "<!doctype html>", '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="refresh" content="{AGAIN}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_shown(lesson.head.title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_shown(lesson.head.title)}</h1>", f'<p class="muted">{_shown(_summary(found, len(tasks)))}</p>',
        "<table><thead><tr>", *(f'<th scope="col"{kind}><span>{each}</span></th>' for each, kind in heads),
        "</tr></thead><tbody>",
    ]  # fmt: skip
    parts += [_row(each, len(tasks), has_accuracy) for each in found.students]
    parts.append("</tbody><tfoot><tr><td>Done by</td><td></td>")
    parts += [_share(found.students, number) for number in range(len(tasks))]
    parts.append("</tr></tfoot></table>")
    if found.refused:
        parts += ['<table><thead><tr><th>Not read</th><th class="why">Why</th></tr></thead><tbody>']
        for path, why in found.refused[:MOST_REFUSED]:
            parts.append(f'<tr><td>{_shown(path, 120)}</td><td class="why wrong">{_shown(why, 300)}</td></tr>')
        parts.append("</tbody></table>")
        if (more := len(found.refused) - MOST_REFUSED) > 0:
            parts.append(f"<p>And {counted(more, 'file')} more.</p>")
    if found.waiting:
        told = f"The weights of {counted(found.waiting, 'work')} are still being evaluated. {told}"
    parts.append(f'<p class="muted">{_shown(told)}</p></body></html>\n')
    return "\n".join(parts)


def kept(path: Path, found: ClassStanding, lesson: LessonFile) -> None:
    """Put the page into this file, whole, so that no browser reads a half of it. Raises ``DiskError``."""
    page = board_page(found, lesson, f"Written at {datetime.now():%H:%M:%S}, when something had changed.")
    with replacing(path) as temporary:
        temporary.write_bytes(page.encode("utf-8", "replace"))


def followed(folder: Path, lesson: LessonFile, page: Path, report: Report, every: float = EVERY) -> str:
    """Keep the page of a folder until the report ends it; what it showed last, in a sentence.

    ``every`` is the seconds between two looks. Raises ``LessonError`` and ``DiskError``.
    """
    following, said = pages(folder, lesson, page), ""
    while report("", None):
        found = next(following)
        said = f"{shown(page)} is as the class was then."
        if found is None or not found.waiting:
            sleep(every)
    return said


def pages(folder: Path, lesson: LessonFile, page: Path) -> Iterator[ClassStanding | None]:
    """Look at the folder at each turn, and keep its page: what that shows now, or None where it showed that before.

    The first turn evaluates no weights, and so does not wait for PyTorch. Raises ``LessonError`` and ``DiskError``.
    """
    last = None
    with Board(folder, lesson) as board:
        while True:
            found = board.look(seconds=0.0 if last is None else AT_ONCE)
            if found == last:
                yield None
            else:
                kept(page, found, lesson)
                last = found
                yield found


def _summary(found: ClassStanding, tasks: int) -> str:
    finished = sum(each.done == tasks for each in found.students)
    stuck = sum(bool(each.stuck) for each in found.students)
    through = f"{finished or 'none'} of them through with all {counted(tasks, 'task')}"
    said = f"{counted(len(found.students), 'student')}, {through}"
    return f"{said}; {stuck} stuck." if stuck else f"{said}."


def _row(each: Standing, tasks: int, has_accuracy: bool) -> str:
    width = round(100 * each.done / max(1, tasks))
    cells = [
        f"<td>{_shown(each.called, 60)}</td>",
        f'<td class="number">{each.done} of {tasks}<span class="bar" style="width:{width}%"></span></td>',
    ]
    for state in each.states:
        sign, words = _SIGNS[state]
        cells.append(f'<td class="{state}" title="{words}" aria-label="{words}">{sign}</td>')
    if has_accuracy:
        cells.append(f'<td class="number">{"" if each.accuracy is None else f"{each.accuracy:.1%}"}</td>')
    stuck = f"{each.stuck}: {counted(each.tries, 'answer')}" if each.stuck else ""
    cells.append(f'<td class="stuck wrong">{_shown(stuck, 80)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _share(students: Sequence[Standing], number: int) -> str:
    done = sum(each.states[number] in ("done", "waits") for each in students if number < len(each.states))
    return f'<td class="muted">{f"{done / len(students):.0%}" if students else ""}</td>'


def _shown(text: str, most: int = 200) -> str:
    return html.escape(on_a_line(text, most))
