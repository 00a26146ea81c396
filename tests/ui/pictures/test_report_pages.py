"""A report as pages: all its words, its figures as lines and letters where they belong, its pictures as they are."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSizeF
from PySide6.QtGui import QPdfWriter
from pytestqt.qtbot import QtBot

from cnnstudio.disk import DiskError
from cnnstudio.exchange.reporting.contents_page import (
    Drawing,
    Facts,
    Matrix,
    Page,
    Paragraph,
    Pictures,
    Section,
    Table,
)
from cnnstudio.exchange.reporting.pixels import picture
from cnnstudio.figure.marks import Figure, Line
from cnnstudio.ui.pictures.report_pages import _document, pages, write_pages


def made(rows: int = 3) -> Page:
    figure = Figure(300.0, 100.0, (Line(((0.0, 0.0), (300.0, 90.0)), "#ff0000", 2.0),))
    pictures = tuple(picture(np.full((3, 8, 8), 28 * number, np.uint8), f"picture {number}") for number in range(9))
    blocks = (
        Paragraph("What <b>it</b> says & means."),
        Drawing(figure, "Below the figure"),
        Facts((("Seed", "7"),)),
        Table(("Block", "MACs"), tuple((f"conv{row}", f"{row:,}") for row in range(rows)), frozenset({1})),
        Matrix(("cat", "dog"), np.array([[5, 1], [0, 4]])),
        Pictures(pictures),
    )
    return Page("Cats and dogs", "Written today", (Section("Network", blocks), Section("End", (Paragraph("Done."),))))


def streams(data: bytes) -> list[bytes]:
    """What is drawn, of the parts that are packed."""
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            continue
    return found


def test_all_words_stand_on_the_pages_and_a_figure_where_it_belongs(qtbot: QtBot, tmp_path: Path) -> None:
    device = QPdfWriter(str(tmp_path / "x.pdf"))
    words = _document(made(), device, QSizeF(7000.0, 10000.0)).toPlainText()
    for each in (
        "Cats and dogs",
        "What <b>it</b> says & means.",
        "Below the figure",
        "Seed",
        "conv2",
        "dog",
        "picture 8",
    ):
        assert each in words
    assert "\ue000" not in words and words.index("means.") < words.index("Below the figure") < words.index("Seed")


def test_figures_are_lines_and_pictures_pixels(qtbot: QtBot) -> None:
    data = bytes(pages(made()).data())
    assert data.startswith(b"%PDF") and data.count(b"/Type /Page\n") == 1
    drawn = b"\n".join(streams(data))
    assert len(re.findall(rb"/Subtype /Image", data)) == 9, "the figure is none of them"
    assert re.search(rb"1 0 0 (SCN|RG)", drawn), "its red line"
    longer = bytes(pages(made(rows=200)).data())
    assert longer.count(b"/Type /Page\n") > 2


def test_a_place_that_cannot_be_written_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    write_pages(made(), tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(DiskError):
        write_pages(made(), tmp_path / "nowhere" / "report.pdf")
