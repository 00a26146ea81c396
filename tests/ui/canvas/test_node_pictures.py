"""What a node makes of a picture stands in the place of its tile, while the network is the one that made it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QApplication

from cnnstudio.blocks import Add, Conv2d, Input, Residual
from cnnstudio.graph import Sketch
from cnnstudio.ui.canvas.scene.node_face import MARGIN, DrawnThumbnail, Thumbnail
from cnnstudio.ui.looked_at.node_pictures import InScope, NodePicture


def coloured(colour: str) -> NodePicture:
    pixmap = QPixmap(4, 4)
    pixmap.fill(QColor(colour))
    return NodePicture(pixmap, f"It shows {colour}.")


def reddish(hand, name):
    """How many pixels of a node are red."""
    image = hand.pixels(hand.view.scene().nodes[name].picture(1.0, 1.0).toImage())
    blue, green, red = np.moveaxis(image, -1, 0)
    return int(((red > 200) & (green < 40) & (blue < 40)).sum())


def test_a_picture_stands_in_the_place_of_the_tile(hand_on, chain):
    hand = hand_on(chain)
    document, scene = hand.document, hand.view.scene()
    name = next(node.name for node in document.graph if isinstance(node.block, Conv2d))
    plain = hand.pixels(scene.nodes[name].picture(1.0, 1.0).toImage())
    assert not reddish(hand, name)
    document.node_pictures.show(document.graph, InScope((), {name: coloured("red")}), "Maps of validation image 1")
    assert 33 * 33 <= reddish(hand, name) <= 36 * 36
    assert scene.nodes[name].sentence().endswith("It shows red.")
    hand.view.set_measure("parameters")
    assert 29 * 29 <= reddish(hand, name) <= 31 * 31, "smaller, where the share is written below it"
    hand.view.set_measure(None)
    with_picture = hand.pixels(scene.nodes[name].picture(1.0, 1.0).toImage())
    assert (with_picture != plain).any(axis=2)[:, round(MARGIN + 50) :].sum() == 0, "the words are left alone"
    document.node_pictures.say("")
    assert np.array_equal(hand.pixels(scene.nodes[name].picture(1.0, 1.0).toImage()), plain)


def test_they_are_of_the_network_that_made_them(hand_on, chain):
    hand = hand_on(chain)
    document, scene = hand.document, hand.view.scene()
    graph = document.graph
    name = next(node.name for node in graph if isinstance(node.block, Conv2d))
    document.node_pictures.show(graph, InScope((), dict.fromkeys(graph.nodes, coloured("red"))), "Maps")
    assert all(item.thumbnail is not None for item in scene.nodes.values())
    document.edit_graph("Move", graph.move({name: (7.0, 900.0)}))
    assert scene.nodes[name].thumbnail is not None, "where a block stands changes nothing"
    document.edit_graph("Filters", document.graph.replace(name, Conv2d(3, 3, padding=1)))
    kept = {each for each, item in scene.nodes.items() if item.thumbnail is not None}
    assert kept == {"input1", "conv2"}, "what does not come after the block gives what it gave"
    document.undo_stack.undo()
    assert all(item.thumbnail is not None for item in scene.nodes.values())
    assert scene.nodes[name].thumbnail is not None
    document.conceal(frozenset({name}))
    assert scene.nodes[name].thumbnail is None, "a question is open about it"
    document.conceal(frozenset())
    assert scene.nodes[name].thumbnail is not None


def test_an_edit_takes_the_pictures_of_what_comes_after_it(hand_on):
    sketch = Sketch()
    begin = sketch(Input((3, 8, 8)))
    left, right = (sketch(Conv2d(3, padding=1), begin) for _ in range(2))
    both = sketch(Add(), left, right)
    made = sketch.graph()
    hand = hand_on(made)
    document, pictures = hand.document, hand.document.node_pictures
    pictures.show(made, InScope((), dict.fromkeys(made.nodes, coloured("red"))), "Maps")
    assert pictures.in_view(document).keys() == made.nodes.keys()
    document.edit_graph("Filters", made.replace(right, Conv2d(3, 5, padding=2)))
    assert pictures.in_view(document).keys() == {begin, left}
    document.undo_stack.undo()
    document.edit_graph("Bypass", made.bypass([right]))
    assert pictures.in_view(document).keys() == {begin, left}
    document.undo_stack.undo()
    document.edit_graph("Cut", made.disconnect(made[both].edges[0]))
    assert pictures.in_view(document).keys() == {begin, left, right}


def test_pictures_out_of_view_change_without_the_canvas_being_painted(hand_on, chain):
    hand = hand_on(chain.move({name: (i * 250.0, 0.0) for i, name in enumerate(chain.order)}))
    document, view = hand.document, hand.view
    view.zoom_by(1.0 / view.zoom)
    view.centerOn(view.scene().nodes[chain.order[0]].body.center())
    last = chain.order[-1]
    assert not view.viewport().rect().contains(view.mapFromScene(view.scene().nodes[last].body.topLeft()))
    QApplication.processEvents()
    seen = []
    watch = Painted(seen)
    view.viewport().installEventFilter(watch)
    found = InScope((), {last: coloured("red")})
    document.node_pictures.show(document.graph, found, "")
    QApplication.processEvents()
    assert not seen and view.scene().nodes[last].thumbnail is not None
    document.node_pictures.show(document.graph, InScope((), {chain.order[0]: coloured("red")}), "")
    QApplication.processEvents()
    view.viewport().removeEventFilter(watch)
    painted = sum(each.width() * each.height() for region in seen for each in region)
    assert 0 < painted < view.viewport().width() * view.viewport().height() / 4


def test_the_legend_says_what_they_are_below_what_is_measured(hand_on, chain):
    hand = hand_on(chain)
    view, pictures = hand.view, hand.document.node_pictures
    legend = view.map_legend
    assert not legend.isVisible()
    pictures.show(hand.document.graph, InScope((), {}), "Maps of validation image 1")
    assert legend.isVisible() and legend.text == legend.accessibleName() == "Maps of validation image 1"
    assert legend.y() == 12 and legend.geometry().right() == view.width() - 13
    view.set_measure("parameters")
    assert legend.y() > view.cost_legend.geometry().bottom()
    pictures.say("An image is needed to look. " * 20)
    assert legend.geometry().left() > 0 and legend.text.endswith("…")
    assert legend.accessibleName().count("needed") == 20
    pictures.say("")
    assert not legend.isVisible()


def test_the_legend_lies_on_nothing(hand_on, chain):
    hand = hand_on(chain.replace(chain.order[1], Residual(4)))
    view, document = hand.view, hand.document
    view.resize(420, 400)
    document.node_pictures.show(document.graph, InScope((), {}), "Maps of validation image 1  ·  untrained weights")
    document.enter((chain.order[1],))
    assert view.breadcrumb.isVisible() and view.map_legend.isVisible()
    assert not view.breadcrumb.geometry().intersects(view.map_legend.geometry())


def test_a_map_is_painted_alike_to_the_pixel_before_and_after_it_is_kept(qapp):
    """At any zoom and place, for a screen with one or two pixels in one of the view, above a share, and as stripes."""
    random = np.random.default_rng(0)
    brush = QBrush(QColor("teal"))
    for width, height in ((40, 30), (12, 1)):
        image = QImage(random.bytes(3 * width * height), width, height, 3 * width, QImage.Format.Format_RGB888)
        pixmap = QPixmap.fromImage(image)
        for zoom in (0.4, 0.6, 1.0, 1.37):
            for has_percent, ratio in ((False, 1.0), (True, 1.0), (False, 1.25)):
                drawn, thumbnail = DrawnThumbnail(), Thumbnail(pixmap, 62.0, brush, has_percent)
                painted = []
                for _ in range(3):
                    page = QImage(120, 120, QImage.Format.Format_RGB32)
                    page.setDevicePixelRatio(ratio)
                    page.fill(QColor("white"))
                    painter = QPainter(page)
                    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                    painter.setWorldTransform(QTransform(zoom, 0.0, 0.0, zoom, 8 / ratio, 5 / ratio))
                    drawn.draw(painter, thumbnail, ratio)
                    painter.end()
                    painted.append(hand_pixels(page))
                assert (painted[0] != painted[0][-1, -1]).any()
                for kept in painted[1:]:
                    assert (np.abs(kept - painted[0]).max(2) > 2).mean() < 0.001, "but for what lies half between two"


def hand_pixels(page):
    return np.frombuffer(bytes(page.constBits()), np.uint8).reshape(page.height(), page.width(), 4).astype(int)


def test_what_lies_on_the_canvas_stays_where_it_is_and_is_not_scrolled_with_all(hand_on, chain):
    """Nor is the rest painted anew: what lies over a viewport makes Qt do that at each step."""
    hand = hand_on(chain.replace(chain.order[1], Residual(4)))
    view, document = hand.view, hand.document
    document.node_pictures.show(document.graph, InScope((), {}), "Maps of validation image 1")
    place = view.map_legend.pos()
    QApplication.processEvents()
    seen = []
    watch = Painted(seen)
    view.viewport().installEventFilter(watch)
    view.pan_by(7, 3)
    QApplication.processEvents()
    view.viewport().removeEventFilter(watch)
    assert view.map_legend.pos() == place and view.map_legend.parent() is view.viewport()
    area = sum(each.width() * each.height() for region in seen for each in region)
    assert 0 < area < view.viewport().width() * view.viewport().height() / 2


class Painted(QObject):
    """Notes what of a widget is painted."""

    def __init__(self, regions):
        super().__init__()
        self.regions = regions

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.regions.append(event.region())
        return False
