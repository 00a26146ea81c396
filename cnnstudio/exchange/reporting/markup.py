"""Markup: a page as one HTML file that needs nothing else: no script, no address, no font, no other file.

All words pass ``text``. A policy in the file forbids whatever reads it to fetch anything or to run a script.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from html import escape

from cnnstudio.exchange.reporting.contents_page import (
    Block,
    Drawing,
    Facts,
    Matrix,
    Page,
    Paragraph,
    Pictures,
    Points,
    Section,
    Table,
)
from cnnstudio.figure.svg import inline
from cnnstudio.wording import printable

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STRONG, LIGHT = (37, 99, 235), (255, 255, 255)  # of the cells of a matrix, from all to none of a row
STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 32px 28px 64px; max-width: 920px; background: #fff; color: #1d2433;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 38px 0 10px; padding-bottom: 5px; border-bottom: 1px solid #d5d9df; font-size: 19px; }
p, li { margin: 8px 0; max-width: 72ch; overflow-wrap: anywhere; }
p.line, p.note, figcaption { color: #566072; font-size: 13px; }
p.note, td { white-space: pre-line; }
p.warning { padding: 9px 13px; border-left: 4px solid #a15c00; background: #fdf6ea; }
ul { margin: 8px 0; padding-left: 22px; }
div.wide { overflow-x: auto; }
table { margin: 12px 0; border-collapse: collapse; font-size: 13px; line-height: 1.4; }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid #e6e9ee; text-align: left; vertical-align: top;
  overflow-wrap: break-word; max-width: 34em; }
thead th { color: #566072; font-weight: 600; border-bottom-color: #c3c9d3; white-space: nowrap; }
tbody th { font-weight: 600; }
.right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
table.facts th { color: #566072; font-weight: 400; white-space: nowrap; }
table.matrix th, table.matrix td { padding: 4px 7px; border: 1px solid #e6e9ee; text-align: center; min-width: 2em;
  max-width: 9em; }
table.matrix tbody th { text-align: right; white-space: normal; font-weight: 600; color: #1d2433; }
table.matrix thead th { white-space: normal; color: #1d2433; }
figure { margin: 14px 0; }
figure svg { display: block; max-width: 100%; height: auto; }
div.pictures { display: flex; flex-wrap: wrap; gap: 14px 16px; margin: 12px 0; }
div.pictures figure { margin: 0; max-width: 100%; }
div.pictures figcaption { max-width: 9em; line-height: 1.3; overflow-wrap: anywhere; margin-top: 4px; }
div.pictures figure.large figcaption { max-width: none; }
img { display: block; max-width: 100%; height: auto; image-rendering: pixelated; border: 1px solid #d5d9df; }
@page { size: A4; margin: 16mm 15mm; }
@media print {
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  table { font-size: 9pt; } h2 { margin-top: 22pt; break-after: avoid; }
  div.wide { overflow: visible; }
  tr, figure, p, li { break-inside: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
""".strip()


def text(words: str) -> str:
    """Words as they stand in the file: the one way in which any of them come into it."""
    return escape(printable(words))


def document(page: Page) -> str:
    """The whole file."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(page.title)}</title>",
            f"<style>\n{STYLE}\n</style>",
            "</head>",
            "<body>",
            *body(page, _drawing, _pictures),
            "</body>",
            "</html>",
            "",
        ]
    )


def body(page: Page, drawing: Callable[[Drawing], str], pictures: Callable[[Pictures], str]) -> Iterator[str]:
    """What stands in the file, line by line; how drawings and pictures are set is said by who asks."""
    yield f"<h1>{text(page.title)}</h1>"
    yield f'<p class="line">{text(page.line)}</p>'
    for section in page.sections:
        yield from _section(section, drawing, pictures)


def _section(section: Section, drawing: Callable[[Drawing], str], pictures: Callable[[Pictures], str]) -> Iterator[str]:
    yield f"<h2>{text(section.title)}</h2>"
    for block in section.blocks:
        if isinstance(block, Drawing):
            yield drawing(block)
        elif isinstance(block, Pictures):
            yield pictures(block)
        else:
            yield _block(block)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return f'<p class="{block.kind}">{text(block.words)}</p>'
        case Points():
            return "<ul>\n" + "\n".join(f"<li>{text(each)}</li>" for each in block.sentences) + "\n</ul>"
        case Facts():
            rows = (f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in block.rows)
            return '<table class="facts">\n' + "\n".join(rows) + "\n</table>"
        case Table():
            return _table(block)
        case Matrix():
            return _matrix(block)
    raise AssertionError(block)


def _table(table: Table) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        ends = (' class="right"' if column in table.right else "" for column in range(len(cells)))
        return "<tr>" + "".join(f"<{tag}{e}>{text(c)}</{tag}>" for e, c in zip(ends, cells, strict=True)) + "</tr>"

    lines = ['<div class="wide"><table>', f"<thead>{row(table.head, 'th')}</thead>", "<tbody>"]
    lines += [row(cells, "td") for cells in table.rows]
    lines += [row(table.total, "th")] if table.total else []  # a foot would be printed on every page
    return "\n".join([*lines, "</tbody>", "</table></div>"])


def _matrix(matrix: Matrix) -> str:
    heads = "".join(f"<th>{text(name)}</th>" for name in matrix.names)
    lines = ['<div class="wide"><table class="matrix">', f"<thead><tr><th></th>{heads}</tr></thead>", "<tbody>"]
    for name, counts in zip(matrix.names, matrix.counts.tolist(), strict=True):
        most = max(1, sum(counts))
        cells = "".join(f"{_cell(count, count / most)}" for count in counts)
        lines.append(f"<tr><th>{text(name)}</th>{cells}</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def _cell(count: int, share: float) -> str:
    """A cell of the matrix, the darker the larger its share of the row, whose words can be read on it."""
    parts = (round(light + (strong - light) * share) for light, strong in zip(LIGHT, STRONG, strict=True))
    color = "#" + "".join(f"{part:02x}" for part in parts)
    ink = "#ffffff" if share > 0.6 else "#1d2433" if count else "#98a2b3"
    return f'<td bgcolor="{color}" style="background-color: {color}; color: {ink}">{count:,}</td>'


def _drawing(block: Drawing) -> str:
    words = f"<figcaption>{text(block.words)}</figcaption>" if block.words else ""
    return f"<figure>{inline(block.figure)}{words}</figure>"


def _pictures(block: Pictures) -> str:
    def one(number: int) -> str:
        each = block.pictures[number]
        kind = ' class="large"' if each.width > 200 else ""
        source = "data:image/png;base64," + b64encode(each.png).decode()
        image = f'<img src="{source}" width="{each.width}" height="{each.height}" alt="{text(each.words)}">'
        return f"<figure{kind}>{image}<figcaption>{text(each.words)}</figcaption></figure>"

    return '<div class="pictures">\n' + "\n".join(map(one, range(len(block.pictures)))) + "\n</div>"
