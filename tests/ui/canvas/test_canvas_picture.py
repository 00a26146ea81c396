"""Pictures of the canvas: pixels, drawing, page; whole or the selection; in the window's colours or for paper."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage

from cnnstudio.graph import Edge, Graph
from cnnstudio.ui.pictures import canvas_picture
from cnnstudio.ui.pictures.canvas_picture import PictureError
from cnnstudio.ui.theme import DARK, LIGHT, theme


def written(hand, path: Path, *options) -> Path:
    canvas_picture.write(canvas_picture.made(hand.view.scene(), path, *options), path)
    return path


def shades(image: QImage) -> int:
    return len({image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)})


def test_a_picture_shows_the_whole_network_and_no_selection(hand_on, chain, tmp_path):
    hand = hand_on(chain)
    plain = QImage(str(written(hand, tmp_path / "plain.png")))
    hand.document.select(("conv1",))
    hand.view.centerOn(9_000, 9_000)
    chosen = QImage(str(written(hand, tmp_path / "chosen.png")))
    bounds = hand.view.scene().bounds_of()
    assert plain.width() == round((bounds.width() + 96) * 2)
    assert shades(plain) > 30
    assert plain == chosen
    assert hand.view.scene_item("conv1").selected, "the selection is as it was"
    assert plain.dotsPerMeterX() == pytest.approx(2 * 96 / 0.0254, abs=1)


def test_a_picture_of_the_selection_shows_nothing_else(hand_on, chain, tmp_path):
    hand = hand_on(chain)
    scene = hand.view.scene()
    made = QImage(str(written(hand, tmp_path / "some.png", frozenset({"conv1", "relu1"}))))
    assert made.width() == round((scene.bounds_of({"conv1", "relu1"}).width() + 96) * 2)
    # the wire that comes in from the left, of which one end is not in the picture, is not in it either
    left = [made.pixelColor(10, y) for y in range(made.height())]
    assert set(map(QColor.name, left)) == {theme.palette.canvas}
    assert all(item.isVisible() for item in [*scene.nodes.values(), *scene.wires.values()])


@pytest.mark.parametrize("paper", [True, False])
def test_a_label_stands_on_the_ground_that_is_there(hand_on, chain, paper):
    hand = hand_on(chain.frame(("conv1", "relu1"), "Body"))
    label = hand.view.scene().wires[Edge("conv1", "relu1", 0)].label
    assert label is not None
    made, frame = canvas_picture.image(hand.view.scene(), None, paper), hand.view.scene().bounds_of()
    corner = (
        label[1].topLeft() - frame.topLeft() + QPointF(canvas_picture.MARGIN, canvas_picture.MARGIN)
    ) * canvas_picture.SCALE
    inside, outside = (made.pixelColor((corner + QPointF(*by)).toPoint()) for by in ((2.0, 2.0), (2.0, -4.0)))
    assert max(abs(a - b) for a, b in zip(inside.getRgb(), outside.getRgb(), strict=True)) <= 1
    assert inside != hand.view.scene().inks.canvas.color()


def test_a_picture_for_paper_is_on_white_and_leaves_the_window_dark(hand_on, chain):
    theme.use(DARK)
    try:
        hand = hand_on(chain)
        assert canvas_picture.image(hand.view.scene()).pixelColor(2, 2) == QColor(DARK.canvas)
        assert canvas_picture.image(hand.view.scene(), None, True).pixelColor(2, 2) == QColor("white")
        assert theme.palette is DARK
        assert hand.view.scene().inks.canvas.color() == QColor(DARK.canvas)
        assert hand.view.scene_item("conv1").style is hand.view.scene().inks
    finally:
        theme.use(LIGHT)


def test_a_picture_for_paper_is_the_same_in_every_theme(hand_on, chain):
    hand = hand_on(chain)
    light = canvas_picture.image(hand.view.scene(), None, True)
    theme.use(DARK)
    try:
        assert canvas_picture.image(hand.view.scene(), None, True) == light
    finally:
        theme.use(LIGHT)


def test_letters_of_a_drawing_are_letters_and_glyphs_need_no_font(hand_on, chain, tmp_path):
    hand = hand_on(chain)
    root = ElementTree.parse(written(hand, tmp_path / "network.svg")).getroot()
    elements = [(element.tag.rpartition("}")[2], element) for element in root.iter()]
    words = ["".join(element.itertext()).strip() for tag, element in elements if tag == "text"]
    assert {"input1", "conv1", "relu1", "conv2", "3 × 32 × 32"} <= set(words)
    assert all(word.isascii() or "×" in word or "·" in word for word in words), "a glyph is an outline"
    assert [tag for tag, _ in elements].count("path") > 10
    fonts = {element.get("font-family") for tag, element in elements if tag == "text"}
    assert all(font and font.endswith("sans-serif") for font in fonts)


def test_a_page_is_one_and_as_large_as_the_drawing(hand_on, chain, tmp_path):
    hand = hand_on(chain)
    data = written(hand, tmp_path / "network.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert re.search(rb"/Count 1\b", data)
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    bounds = hand.view.scene().bounds_of()
    assert box
    assert float(box[1]) == pytest.approx((bounds.width() + 96) * 0.75, abs=1)
    assert float(box[2]) == pytest.approx((bounds.height() + 96) * 0.75, abs=1)


def test_a_very_large_network_is_a_picture_of_bounded_size(hand_on, chain):
    hand = hand_on(chain.move({"conv2": (60_000.0, 60_000.0)}))
    made = canvas_picture.image(hand.view.scene())
    assert made.width() * made.height() <= canvas_picture.MOST + 20_000
    assert max(made.width(), made.height()) <= canvas_picture.WIDEST


@pytest.mark.parametrize("name", ["network.gif", "network", "no/such/folder/network.png"])
def test_what_cannot_be_written_is_a_sentence(hand_on, chain, tmp_path, name):
    with pytest.raises(PictureError, match=r"\.$"):
        written(hand_on(chain), tmp_path / name)


def test_a_picture_that_is_stopped_leaves_what_was_there(hand_on, chain, tmp_path):
    path = tmp_path / "a.svg"
    path.write_text("mine")
    drawn = canvas_picture.made(hand_on(chain).view.scene(), path)
    with pytest.raises(PictureError, match=r"stopped, so a\.svg was not written"):
        canvas_picture.write(drawn, path, lambda sentence, share: False)
    assert path.read_text() == "mine" and list(tmp_path.iterdir()) == [path]


def test_there_is_no_picture_of_nothing(hand_on, tmp_path):
    with pytest.raises(PictureError, match="no network"):
        written(hand_on(Graph()), tmp_path / "network.png")
    assert not list(tmp_path.iterdir())
