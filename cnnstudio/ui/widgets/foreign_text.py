"""Foreign text: the one place at which what somebody wrote becomes something that Qt shows as it stands.

Qt takes a tooltip, and a label that is not told otherwise, for rich text where it looks like that, and rich text opens
the files that it names. So a tooltip is a constant or made by ``tip``, a label is a ``Plain`` or a ``Rich``, and what
is foreign in rich text passes ``html``. One test reads the code for that, and another one the widgets.
"""

from __future__ import annotations

from html import escape

from cnnstudio.wording import printable


def html(text: str) -> str:
    """The text within rich text of our own."""
    return escape(printable(text)).replace("\n", "<br>")


def tip(*paragraphs: str, title: str = "") -> str:
    """A tooltip of these paragraphs, those that are not empty, below a title where there is one. Its lines wrap."""
    said = [html(text) for text in paragraphs if text]
    if title:
        said[:1] = [f"<b>{html(title)}</b>" + (f"<br>{said[0]}" if said else "")]
    return "".join(f"<p>{text}</p>" for text in said)


def unmarked(text: str) -> str:
    """The title of an action or a button, of which no letter is underlined."""
    return printable(text).replace("&", "&&")
