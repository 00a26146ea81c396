from __future__ import annotations

from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Conv2d, ReLU, Residual
from cnnstudio.graph import Block
from cnnstudio.ui.theme import theme
from cnnstudio.ui.widgets.tile import Tile, tile


def colors(block: type[Block]) -> set[str]:
    image = tile(block, 32).toImage()
    return {
        image.pixelColor(x, y).name() for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255
    }


def test_a_tile_has_the_colour_of_its_family(qtbot: QtBot) -> None:
    for block in (Conv2d, ReLU, Residual):
        assert theme.family(block.family).name() in colors(block)


def test_a_composite_is_a_stack(qtbot: QtBot) -> None:
    corner = 31, 8  # where the tile behind looks out
    assert tile(Residual, 32).toImage().pixelColor(*corner).alpha() > 200
    assert tile(Residual, 32).toImage().pixelColor(*corner).name() != theme.family(Residual.family).name()


def test_the_widget_shows_what_it_is_given(qtbot: QtBot) -> None:
    shown = Tile(24)
    qtbot.addWidget(shown)
    before = shown.grab().toImage()
    shown.set_block(Conv2d)
    after = shown.grab().toImage()
    assert before.pixelColor(12, 3).name() != after.pixelColor(12, 3).name() == theme.family("convolution").name()
