"""The microscope in its panel: stepping, typing, settings that cannot be, pictures and a map of one's own network."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from cnnstudio.insight.calculation import Numbers
from cnnstudio.lessons.worked_examples import EXAMPLES
from cnnstudio.project import Project
from cnnstudio.ui.docking.panel_places import PANELS
from cnnstudio.ui.document import Document
from cnnstudio.ui.lessons.microscope import MicroscopePanel
from cnnstudio.ui.lessons.microscope_controls import NETWORK, PICTURE
from cnnstudio.ui.lessons.microscope_stage import read_number
from cnnstudio.ui.run import Run

TITLES = [example.title for example in EXAMPLES]


@pytest.fixture
def panel(qtbot: QtBot, tiny: Project) -> MicroscopePanel:
    document = Document(tiny)
    place = next(each for each in PANELS if each.id == "microscope")
    made = place.make(document, Run(document))
    assert isinstance(made, MicroscopePanel)
    qtbot.addWidget(made, before_close_func=lambda widget: widget.close_tasks())
    made.resize(1000, 210)
    made.show()
    return made


def grids(panel: MicroscopePanel, what: str) -> list[Numbers]:
    return [plate.grid.numbers for plate in panel.stage.layout_.plates if plate.grid.what == what]


def centre(panel: MicroscopePanel, key: str, row: int, column: int) -> QPoint:
    plate = next(each for each in panel.stage.layout_.plates if each.key == key)
    return plate.grid.cell(row - plate.first[0], column - plate.first[1]).center().toPoint()


def test_keys_slider_and_play_step_through_the_output(qtbot: QtBot, panel: MicroscopePanel) -> None:
    stage = panel.stage
    for key, step in (
        (Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 4), (Qt.Key.Key_Left, 3), (Qt.Key.Key_Up, 0), (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_End, 8), (Qt.Key.Key_Right, 8), (Qt.Key.Key_Home, 0),
    ):  # fmt: skip
        QTest.keyClick(stage, key)
        assert panel.step == step
    panel.stepper.slider.setValue(2)
    assert panel.step == 2 and panel.stepper.position.text() == "3 of 9"
    assert grids(panel, "value")[0].tolist() == [[2, 1, 0], [3, 0, 1], [0, 2, 1]]
    assert grids(panel, "product")[0].sum() == 3 and "sum of 9 products = 3" in panel.result.text()
    assert grids(panel, "output")[0].tolist() == [[-2, -1, 3], [-1, 0, 0], [0, -1, 0]]
    QTest.mouseClick(stage, Qt.MouseButton.LeftButton, pos=centre(panel, "output", 1, 0))
    assert panel.step == 3
    panel.go_to(7)
    panel.stepper._clock.setInterval(1)
    QTest.keyClick(stage, Qt.Key.Key_Space)
    panel.stepper._clock.setInterval(1)
    qtbot.waitUntil(lambda: panel.step == 8 and not panel.stepper.play.isChecked())


def test_a_number_is_typed_in_its_cell_and_taken_back(panel: MicroscopePanel) -> None:
    stage = panel.stage
    QTest.mouseClick(stage, Qt.MouseButton.LeftButton, pos=centre(panel, "input", 0, 0))
    stage.field.setText("−2,5")
    QTest.keyClick(stage.field, Qt.Key.Key_Return)
    assert panel.microscope.value[0, 0, 0] == -2.5 and panel.microscope.output[0, 0, 0] == -5.5
    QTest.keyClick(stage, Qt.Key.Key_F2)
    QTest.keyClicks(stage.field, "1/2")
    QTest.keyClick(stage.field, Qt.Key.Key_Tab)
    assert panel.microscope.weight[0, 0, 0, 0] == 0.5 and stage._place == ("kernel", 0, 0, 1)
    QTest.keyClicks(stage.field, "many")
    QTest.keyClick(stage.field, Qt.Key.Key_Return)
    assert "no number" in panel.result.text() and panel.microscope.weight[0, 0, 0, 1] == 0
    QTest.keyClick(stage.field, Qt.Key.Key_Escape)
    panel.undo()
    panel.undo()
    assert panel.microscope.value[0, 0, 0] == 1 and panel.example == 0 and not panel.undo_button.isEnabled()
    panel.redo()
    assert panel.microscope.value[0, 0, 0] == -2.5


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", 2.0), (" -0.5", -0.5), ("−1", -1.0), ("0,25", 0.25), ("1/4", 0.25), ("", None), ("nan", None),
     ("inf", None), ("1e9", None), ("1/0", None), ("two", None)],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(text: str, number: float | None) -> None:
    assert read_number(text) == number


def test_settings_act_at_once_and_what_cannot_be_offers_a_way_out(panel: MicroscopePanel) -> None:
    form = panel.controls.form
    form.editor("padding").give(1)
    assert panel.microscope.shape.spatial == (5, 5) and "= 5" in panel.formula.text()
    form.editor("padding_mode").give("reflect")
    form.editor("padding").give(5)
    assert "at most 4" in panel.refusal.sentence.text() and panel.refusal.isVisible()
    assert not panel.stepper.play.isEnabled()
    assert [button.text() for button in panel.refusal.buttons] == ["Set the padding to 4", "Pad with zeros"]
    panel.refusal.buttons[1].click()
    assert panel.stage.isVisible() and panel.microscope.setting.padding_mode == "zeros"
    form.editor("padding").give(1)
    form.editor("width").give(8)
    assert "height: " in panel.formula.text() and "width: " in panel.formula.text()
    form.editor("operation").give("max pooling")
    assert not form.rows["groups"].is_visible and form.rows["ceil_mode"].is_visible
    assert not grids(panel, "weight")


def test_a_true_convolution_shows_the_kernel_and_how_it_is_flipped(panel: MicroscopePanel) -> None:
    panel.show_example(TITLES.index("True convolution along a row"))
    assert grids(panel, "weight")[0].tolist() == [[1, 0, -1]]
    assert grids(panel, "flipped weight")[0].tolist() == [[-1, 0, 1]]
    assert "flipped" in panel.short_note.text()


def test_what_is_padded_stands_round_the_numbers(panel: MicroscopePanel) -> None:
    panel.show_example(TITLES.index("Padding: symmetric"))
    (plate,) = [each for each in panel.stage.layout_.plates if each.key == "input"]
    assert plate.grid.numbers.tolist() == [[1, 1, 2, 3, 3]]
    assert plate.grid.outside.tolist() == [[True, False, False, False, True]]


def test_a_matrix_stands_between_the_input_and_the_output(panel: MicroscopePanel) -> None:
    panel.matrix.click()
    (matrix,) = [each.grid.numbers for each in panel.stage.layout_.plates if each.key == "matrix"]
    assert matrix.shape == (9, 25) and grids(panel, "sum")[0].ravel().tolist() == [-2, -1, 3, -1, 0, 0, 0, -1, 0]
    panel.controls.form.editor("operation").give("max pooling")
    assert any("No matrix does this" in words for _, words, _ in panel.stage.layout_.words)


def test_a_transposed_convolution_lays_kernels_down(panel: MicroscopePanel) -> None:
    panel.show_example(TITLES.index("Transposed convolution"))
    assert panel.stepper.steps == 4
    assert grids(panel, "output")[0].sum() == 16
    panel.go_to(3)
    assert (grids(panel, "output")[0] == panel.microscope.output[0]).all()


def test_filters_work_on_a_photograph_and_a_click_leads_the_window(panel: MicroscopePanel) -> None:
    panel.use_source(PICTURE)
    panel.use_filter("Laplacian")
    assert panel.microscope.output.shape == (1, 96, 96) and panel.controls.filter.currentText() == "Laplacian"
    picture = next(each for each in panel.stage.layout_.pictures if each.key == "input")
    QTest.mouseClick(panel.stage, Qt.MouseButton.LeftButton, pos=picture.box.center().toPoint())
    assert abs(panel.step // 96 - 48) <= 1 and abs(panel.step % 96 - 48) <= 1
    assert not panel.controls.form.rows["height"].is_visible
    before = panel.microscope.output
    panel.stage.typed.emit("kernel", 0, 1, 1, 9.0)
    assert (panel.microscope.output - before == panel.microscope.value).all(), "live"
    assert panel.controls.filter.currentIndex() == -1, "it is no Laplacian any more"


def test_along_one_row_the_other_rows_are_not_lost(panel: MicroscopePanel) -> None:
    form, before = panel.controls.form, panel.microscope.value
    form.editor("dimensions").give("1-D")
    assert panel.microscope.value.shape == (1, 1, 5) and not form.rows["height"].is_visible
    panel.stage.typed.emit("input", 0, 0, 0, 7.0)
    form.editor("dimensions").give("2-D")
    assert panel.microscope.value[0, 0, 0] == 7 and (panel.microscope.value[0, 1:] == before[0, 1:]).all()


def test_a_map_of_the_network_comes_under_it(qtbot: QtBot, panel: MicroscopePanel) -> None:
    panel.use_source(NETWORK)
    assert "Select a block" in panel.refusal.sentence.text()
    panel.document.select(("conv1",))
    qtbot.waitUntil(lambda: panel.microscope.value.shape == (1, 6, 6))
    assert "conv1, map" in panel.short_note.text() and panel.controls.map.maximum() == 4
    first = panel.microscope.value
    panel.controls.map.setValue(panel.controls.map.value() % 4 + 1)
    qtbot.waitUntil(lambda: not np.array_equal(panel.microscope.value, first))
    panel.document.select(("linear1",))
    qtbot.waitUntil(lambda: panel.microscope.value.shape == (1, 1, 10))
    assert panel.stage.isVisible() and panel.microscope.setting.is_flat, "a vector is one row"


def test_the_selected_block_lends_its_window(panel: MicroscopePanel) -> None:
    said: list[str] = []
    panel.document.said.connect(said.append)
    panel.controls.like.click()
    assert "Select a convolution" in said[-1]
    panel.controls.form.editor("stride").give(2)
    panel.document.select(("conv1",))
    panel.controls.like.click()
    setting = panel.microscope.setting
    assert (setting.operation, setting.kernel_size, setting.stride) == ("cross-correlation", 3, 1)
    panel.document.select(("linear1",))
    panel.controls.like.click()
    assert "no window that slides" in said[-1] and panel.microscope.setting == setting
