"""Typesetting: how wide words are, by the widths of Helvetica (Arial and Nimbus Sans have the same). Knows no font."""

from __future__ import annotations

_WIDTHS = {  # thousandths of the size, from Adobe's font metrics
    278: " !,./:;I[\\]ft·", 355: '"', 556: "#$0123456789?L_abdeghnopqu–", 889: "%", 667: "&ABEKPSVXY", 191: "'",
    333: "()-`r", 389: "*", 584: "+<=>~×", 1015: "@", 722: "CDHNRUw", 611: "FTZ", 778: "GOQ", 500: "Jcksvxyz",
    833: "Mm", 944: "W", 469: "^", 222: "ijl", 334: "{}", 260: "|", 1000: "…→",
}  # fmt: skip
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
BOLDER = 1.07  # how much wider bold letters are
LINE = 1.32  # from one line to the next, of the size


def width(words: str, size: float, bold: bool = False) -> float:
    """How wide these words are set in this size; letters of other scripts count as wide ones."""
    return (
        sum(_WIDTH.get(letter, 700 if ord(letter) < 0x2E80 else 1000) for letter in words)
        / 1000
        * size
        * (BOLDER if bold else 1.0)
    )


def shortened(words: str, size: float, room: float) -> str:
    """These words, or as many letters as there is room for."""
    if width(words, size) <= room:
        return words
    while words and width(words + "…", size) > room:
        words = words[:-1]
    return words.rstrip() + "…"


def wrapped(words: str, size: float, room: float) -> list[str]:
    """These words in lines that have room."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
