from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QTreeWidgetItem
from pytestqt.qtbot import QtBot

from cnnstudio.blocks import Add, Conv2d, Group, Input, Linear, ReLU, Residual
from cnnstudio.graph import BLOCKS, Edge, Graph, Node, Sketch
from cnnstudio.project import Project
from cnnstudio.ui.canvas.tools.drop import dragged_block
from cnnstudio.ui.document import Document
from cnnstudio.ui.network.palette import BLOCK_ROLE, KEPT_ROLE, MIME, PalettePanel, card, matches
from cnnstudio.ui.run import Run

Show = Callable[..., PalettePanel]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def made(graph: Graph | None = None) -> PalettePanel:
        panel = PalettePanel(Document(Project(graph or Graph())), Run())
        qtbot.addWidget(panel)
        panel.resize(260, 700)
        with qtbot.waitActive(panel):
            panel.show()
        return panel

    return made


def items(panel: PalettePanel) -> list[QTreeWidgetItem]:
    """Every entry that is a block, from top to bottom."""
    return [item for item in everything(panel) if item.data(0, BLOCK_ROLE) is not None]


def everything(panel: PalettePanel) -> list[QTreeWidgetItem]:
    """Every entry and heading, from top to bottom."""
    found: list[QTreeWidgetItem] = []
    for index in range(panel.tree.topLevelItemCount()):
        top = panel.tree.topLevelItem(index)
        assert top is not None
        below = [top.child(place) for place in range(top.childCount())]
        found += [top, *below]
    return found


def double_click(qtbot: QtBot, panel: PalettePanel, title: str) -> None:
    item = next(item for item in items(panel) if item.text(0) == title)
    panel.tree.scrollToItem(item)
    where = panel.tree.visualItemRect(item).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)


def chain() -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((3, 32, 32))), Conv2d(8), ReLU())
    return draw.graph().move({"conv1": (268, 0), "relu1": (536, 0)})


def test_every_block_is_listed_once_beginning_with_the_input(show: Show) -> None:
    listed = [item.data(0, BLOCK_ROLE) for item in items(show())]
    assert sorted(block.__name__ for block in listed) == sorted(name for name in BLOCKS if BLOCKS[name].is_offered)
    assert listed[0] is Input and listed[1] is Conv2d


def test_an_entry_says_what_the_block_does(show: Show) -> None:
    entries = {item.text(0): item.toolTip(0) for item in items(show())}
    assert "Slide small learned filters over the image." in entries["Conv2d"]
    assert "Made of other blocks" in entries[Residual.title] and "Made of other blocks" not in entries["Conv2d"]


def test_double_clicks_build_a_chain(show: Show, qtbot: QtBot) -> None:
    panel = show()
    for title in ("Input", "Conv2d", "ReLU"):
        double_click(qtbot, panel, title)
    graph = panel.document.graph
    assert graph.edges == (Edge("input1", "conv1"), Edge("conv1", "relu1"))
    assert panel.document.selection == ("relu1",)
    assert graph["input1"].position[0] < graph["conv1"].position[0] < graph["relu1"].position[0]
    panel.document.undo_stack.undo()
    assert "relu1" not in panel.document.graph


def test_searching_and_enter_add_the_best(show: Show, qtbot: QtBot) -> None:
    panel = show(chain())
    panel.document.select(("relu1",))
    panel.search.setFocus()
    qtbot.keyClicks(panel.search, "maxp")
    assert items(panel)[0].text(0) == "MaxPool2d"
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel.document.graph["pool1"].inputs == ("relu1",)


def test_arrows_choose_while_the_search_keeps_the_focus(show: Show, qtbot: QtBot) -> None:
    panel = show(chain())
    panel.search.setFocus()
    qtbot.keyClicks(panel.search, "conv")
    second = items(panel)[1].data(0, BLOCK_ROLE)
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert any(type(node.block) is second for node in panel.document.graph)
    assert QApplication.focusWidget() is panel.search


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("conv", "Conv2d"),
        ("batch", "BatchNorm2d"),
        ("bnorm", "BatchNorm2d"),
        ("senet", "SqueezeExcite"),
        ("atrous", "Conv2d"),
    ],
)
def test_blocks_are_found_by_what_people_call_them(text: str, first: str) -> None:
    assert matches(text, BLOCKS.values())[0].__name__ == first


# what a course on convolutional networks calls them
VOCABULARY = {
    "Conv2d": "pointwise, 1x1, grouped, dilated, atrous, strided",
    "DepthwiseConv2d": "depthwise",
    "DepthwiseSeparable": "depthwise separable, mobilenetv1, mobilenet",
    "ConvTranspose2d": "transposed, deconvolution",
    "FilterConv2d": "fixed filter, sobel, blur, laplacian, sharpen",
    "Residual": "basic block, residual, shortcut, projection",
    "PreActResidual": "pre-activation",
    "Bottleneck": "bottleneck, resnext, cardinality, wide",
    "Identity": "identity",
    "StochasticDepth": "stochastic depth, drop path",
    "SqueezeExcite": "squeeze",
    "EfficientChannelAttention": "efficient channel attention, eca",
    "SpatialAttention": "spatial attention",
    "CBAM": "cbam",
    "SelfAttention": "multi-head, self-attention",
    "TransformerBlock": "transformer encoder",
    "PatchEmbedding": "patch embedding",
    "ClassToken": "class token",
    "PositionEmbedding": "position embedding",
    "InvertedResidual": "inverted residual, mobilenetv3",
    "MBConv": "mbconv",
    "FusedMBConv": "fused mbconv",
    "Fire": "fire",
    "ShuffleUnit": "shufflenet, channel split",
    "XceptionBlock": "xception, entry flow, middle flow, exit flow",
    "DenseBlock": "dense block",
    "DenseLayer": "dense layer",
    "Transition": "transition",
    "Inception": "inception",
    "InceptionA": "inception a",
    "InceptionE": "inception e",
    "ConvNeXtBlock": "convnext",
    "LayerScale": "layer scale",
    "LayerNorm2d": "channels last",
    "PatchifyStem": "patchify",
    "Maxout": "maxout",
    "RegNetStage": "regnet stage",
    "FractalBlock": "fractalnet",
    "MaxPool2d": "max pooling",
    "AvgPool2d": "average pooling",
    "LPPool2d": "lp pooling",
    "FractionalMaxPool2d": "fractional max",
    "AdaptiveAvgPool2d": "adaptive, global, global average pooling, global average",
    "AdaptiveMaxPool2d": "global max",
    "Upsample": "upsampling, upsample, unpooling",
    "PixelShuffle": "pixel shuffle",
    "Pad": "padding",
    "Crop": "cropping",
    "ChannelSlice": "channel slice",
    "Permute": "permute",
    "Reshape": "reshape",
    "PReLU": "prelu",
    "ELU": "elu",
    "SELU": "selu",
    "Mish": "mish",
    "Softplus": "softplus",
    "InstanceNorm2d": "instance normalisation, instance normalization",
    "Backbone": "pretrained, backbone",
    "WindowBlock": "swin, shifted windows",
    "MaxVitBlock": "maxvit",
    "PatchMerging": "patch merging",
    "Softmax": "softmax2d",
    "RReLU": "rrelu, randomized",
}


@pytest.mark.parametrize("name", VOCABULARY)
def test_every_word_of_a_course_finds_its_block(name: str) -> None:
    offered = [block for block in BLOCKS.values() if block.is_offered]
    for word in VOCABULARY[name].split(", "):
        assert BLOCKS[name] in matches(word, offered)[:6], word


def test_a_search_without_result_says_so(show: Show, qtbot: QtBot) -> None:
    panel = show()
    qtbot.keyClicks(panel.search, "qqq")
    assert items(panel) == [] and panel.nothing.isVisible() and "qqq" in panel.nothing.text()
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert len(panel.document.graph) == 0
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    assert len(items(panel)) > 40 and not panel.nothing.isVisible()


def test_behind_a_node_that_is_read_it_goes_in_between(show: Show, qtbot: QtBot) -> None:
    panel = show(chain())
    panel.document.select(("conv1",))
    double_click(qtbot, panel, "BatchNorm2d")
    graph = panel.document.graph
    assert set(graph.edges) == {Edge("input1", "conv1"), Edge("conv1", "bn1"), Edge("bn1", "relu1")}
    assert graph["bn1"].position == (536, 0) and graph["relu1"].position[0] > 536


def test_a_merge_reads_all_that_is_selected(show: Show, qtbot: QtBot) -> None:
    draw = Sketch()
    x = draw(Input((3, 8, 8)))
    draw(Conv2d(4), x)
    draw(Conv2d(4), x)
    panel = show(draw.graph())
    panel.document.select(("conv1", "conv2"))
    double_click(qtbot, panel, Add.title)
    assert panel.document.graph["add1"].inputs == ("conv1", "conv2")


def test_an_input_reads_nothing(show: Show, qtbot: QtBot) -> None:
    panel = show(chain())
    panel.document.select(("relu1",))
    double_click(qtbot, panel, "Input")
    assert panel.document.graph["input2"].inputs == ()


def test_inside_a_composite_nothing_is_added(show: Show, qtbot: QtBot) -> None:
    draw = Sketch()
    draw.chain(draw(Input((8, 8, 8))), Residual(8), Linear(3))
    panel = show(draw.graph())
    said: list[str] = []
    panel.document.said.connect(said.append)
    panel.document.enter(("block1",))
    double_click(qtbot, panel, "ReLU")
    assert panel.document.graph == draw.graph() and "inside of block1" in said[0]


def test_what_is_dragged_names_the_block(show: Show) -> None:
    panel = show()
    data = panel.tree.mimeData([next(item for item in items(panel) if item.text(0) == "Conv2d")])
    assert json.loads(bytes(data.data(MIME).data())) == {"block": "Conv2d", "parameters": {}}
    assert not card(Conv2d).isNull()


def test_a_block_is_dragged_off_the_list(show: Show, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    dragged: list[dict[str, object]] = []

    def drop(drag: QDrag, actions: Qt.DropAction) -> Qt.DropAction:
        assert not drag.pixmap().isNull() and actions == Qt.DropAction.CopyAction
        dragged.append(json.loads(bytes(drag.mimeData().data(MIME).data())))
        return actions

    monkeypatch.setattr(QDrag, "exec", drop)
    panel = show()
    view = panel.tree.viewport()
    for title in ("ReLU", "Convolution"):  # a block, and a heading, which is none
        item = next(i for i in everything(panel) if i.text(0) == title)
        panel.tree.scrollToItem(item)
        start = panel.tree.visualItemRect(item).center()
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        for way in (10, 25, 40):
            place = QPointF(start + QPoint(way, 0))
            move = QMouseEvent(
                QEvent.Type.MouseMove, place, view.mapToGlobal(place), Qt.MouseButton.LeftButton,
                Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
            )  # fmt: skip
            QApplication.sendEvent(view, move)
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start)
    assert dragged and all(drag == {"block": "ReLU", "parameters": {}} for drag in dragged)


def test_a_family_folds_away_and_search_finds_it_all_the_same(show: Show, qtbot: QtBot) -> None:
    panel = show()
    heading = next(item for item in everything(panel) if item.text(0) == "Convolution")
    relu = next(item for item in items(panel) if item.text(0) == "ReLU")
    before = panel.tree.visualItemRect(relu).top()
    where = panel.tree.visualItemRect(heading).center()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert not heading.isExpanded() and panel.tree.visualItemRect(relu).top() < before
    qtbot.keyClicks(panel.search, "conv2d")
    assert items(panel)[0].text(0) == "Conv2d"
    panel.search.clear()
    heading = next(item for item in everything(panel) if item.text(0) == "Convolution")
    assert not heading.isExpanded()
    qtbot.mouseClick(panel.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert heading.isExpanded()


# blocks of a person's own


def stem() -> Group:
    conv = Node("conv1", Conv2d(8, 3, padding=1), ("input1",))
    return Group("My stem", Graph.of((Node("input1", Input()), conv, Node("relu1", ReLU(), ("conv1",)))))


def mine(panel: PalettePanel) -> list[QTreeWidgetItem]:
    return [item for item in items(panel) if item.data(0, KEPT_ROLE) is not None]


def test_blocks_of_ones_own_stand_at_the_end_and_are_added(show: Show, qtbot: QtBot) -> None:
    panel = show(chain())
    assert not mine(panel)
    panel.document.library.keep(stem())
    assert [item.text(0) for item in mine(panel)] == ["My stem"]
    assert items(panel)[-1] is mine(panel)[0] and everything(panel)[-2].text(0) == "Mine"
    panel.document.select(("conv1",))
    double_click(qtbot, panel, "My stem")
    graph = panel.document.graph
    (name,) = panel.document.selection
    assert graph[name].block == stem() and graph["relu1"].inputs == (name,)
    panel.document.undo_stack.undo()
    assert len(panel.document.graph) == 3


def test_blocks_of_ones_own_are_found_by_name(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.document.library.keep(stem())
    qtbot.keyClicks(panel.search, "my st")
    assert mine(panel)[0].text(0) == "My stem"
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert [node.block for node in panel.document.graph] == [stem()]


def test_a_dragged_block_of_ones_own_arrives_whole(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.document.library.keep(stem())
    data = panel.tree.mimeData(mine(panel))
    assert dragged_block(data, panel.document) == stem() and data.text() == "My stem"
    data.setData(MIME, b'{"file": "{}"}')
    with qtbot.waitSignal(panel.document.said):
        assert dragged_block(data, panel.document) is None
    data.setData(MIME, b'{"file": 7}')
    assert dragged_block(data, panel.document) is None


def test_removing_one_asks_in_place_first(show: Show, qtbot: QtBot) -> None:
    panel = show()
    panel.document.library.keep(stem())
    menu = panel.menu(mine(panel)[0])
    assert menu is not None and panel.menu(panel.tree.topLevelItem(0)) is None, "a heading has none"
    shipped = panel.menu(items(panel)[0])
    assert shipped is not None and [each.text() for each in shipped.actions()] == [
        "Add it to the network",
        "Read about it",
    ]
    with qtbot.waitSignal(panel.page_asked, check_params_cb=lambda key: key == "block/Input"):
        shipped.actions()[1].trigger()
    next(action for action in menu.actions() if action.text().startswith("Remove")).trigger()
    assert panel.question.isVisible() and "My stem" in panel.question.sentence.text()
    qtbot.mouseClick(panel.question.no, Qt.MouseButton.LeftButton)
    assert not panel.question.isVisible() and mine(panel)
    panel.tree.setCurrentItem(mine(panel)[0])
    qtbot.keyClick(panel.tree, Qt.Key.Key_Delete)
    qtbot.keyClick(panel.question.no, Qt.Key.Key_Escape)
    assert not panel.question.isVisible() and mine(panel)
    qtbot.keyClick(panel.tree, Qt.Key.Key_Delete)
    qtbot.mouseClick(panel.question.yes, Qt.MouseButton.LeftButton)
    assert not mine(panel) and not panel.document.library.groups


def test_files_of_the_library_that_cannot_be_read_are_told_of(show: Show, isolated_home: Path) -> None:
    folder = isolated_home / "library"
    folder.mkdir(parents=True)
    (folder / "broken.cnn").write_text("{")
    panel = show()
    assert panel.unread.isVisible() and panel.unread.text() == "1 file of your library cannot be read."
    assert "broken.cnn cannot be opened" in panel.unread.toolTip()
    (folder / "broken.cnn").unlink()
    panel.document.library.keep(stem())
    assert not panel.unread.isVisible() and len(mine(panel)) == 1
