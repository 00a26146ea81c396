"""Pictures of the network: pixels, drawing, page, clipboard."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from PySide6.QtGui import QGuiApplication, QImage

from cnnstudio.graph import Graph


def shades(image: QImage) -> int:
    return len({image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)})


def test_a_picture_shows_the_whole_network_and_no_selection(hand_on, chain, tmp_path):
    hand = hand_on(chain)
    assert hand.view.save_picture(tmp_path / "plain.png")
    hand.document.select(("conv1",))
    hand.view.centerOn(9_000, 9_000)
    assert hand.view.save_picture(tmp_path / "chosen.png")
    picture = QImage(str(tmp_path / "plain.png"))
    bounds = hand.view.canvas.bounds_of()
    assert picture.width() == round((bounds.width() + 96) * 2)
    assert shades(picture) > 30
    assert picture == QImage(str(tmp_path / "chosen.png"))
    assert hand.view.scene_item("conv1").selected, "the selection is as it was"


def test_a_drawing_needs_no_font(hand_on, chain, tmp_path):
    hand = hand_on(chain)
    assert hand.view.save_picture(tmp_path / "network.svg")
    root = ElementTree.parse(tmp_path / "network.svg").getroot()
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert "text" not in tags
    assert tags.count("path") > 20


def test_a_page(hand_on, chain, tmp_path):
    hand = hand_on(chain)
    assert hand.view.save_picture(tmp_path / "network.pdf")
    data = (tmp_path / "network.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert len(data) > 5_000


def test_a_picture_on_the_clipboard(hand_on, chain):
    hand = hand_on(chain)
    hand.view.copy_picture()
    assert shades(QGuiApplication.clipboard().image()) > 30


@pytest.mark.parametrize("name", ["network.gif", "network", "no/such/folder/network.png"])
def test_what_cannot_be_written_is_a_sentence(hand_on, chain, tmp_path, name):
    hand = hand_on(chain)
    assert not hand.view.save_picture(tmp_path / name)
    assert len(hand.said) == 1


def test_there_is_no_picture_of_nothing(hand_on, tmp_path):
    hand = hand_on(Graph())
    hand.view.copy_picture()
    assert not hand.view.save_picture(tmp_path / "network.png")
    assert len(hand.said) == 2
    assert not list(tmp_path.iterdir())
