"""What is measured, and as what it is shown, as the View menu has it."""

from __future__ import annotations

import pytest

from cnnstudio.project import from_template
from cnnstudio.ui.main_window import MainWindow


@pytest.mark.parametrize("measure", ["parameters", "macs", "memory"])
def test_a_measure_is_shown_as_a_bar_as_heat_or_as_both(window: MainWindow, measure: str) -> None:
    window.document.open(from_template("lenet5"), None)
    bound, canvas = window.commands.bound, window.canvas.scene()
    item = canvas.nodes["conv2"]
    window.commands.refresh()
    assert not bound["share-bar"].isEnabled()
    bound[f"measure-{measure}"].trigger()
    assert item.share is not None
    assert (item.shares_as.bar, item.heat is not None) == (True, True)
    bound["share-heat"].trigger()
    assert (item.shares_as.bar, item.heat is not None) == (True, False)
    bound["share-heat"].trigger()
    bound["share-bar"].trigger()
    assert (item.shares_as.bar, item.heat is not None) == (False, True)
    assert (bound["share-bar"].isChecked(), bound["share-heat"].isChecked()) == (False, True)
    bound[f"measure-{measure}"].trigger()
    assert item.share is not None, "it is one choice of several"
    bound["measure-off"].trigger()
    assert item.share is None
    assert canvas.shares_as.bar is False, "it is remembered"


def test_of_several_choices_one_is_marked_as_such(window: MainWindow) -> None:
    window.document.open(from_template("lenet5"), None)
    bound = window.commands.bound
    for choices in ("measure", "scheme"):
        names = [name for name, action in window.commands.declared.items() if action.one_of == choices]
        group = bound[names[0]].actionGroup()
        assert group is not None and group.isExclusive() and len(group.actions()) == len(names) > 2
        for name in reversed(names):
            bound[name].trigger()
            assert [each for each in names if bound[each].isChecked()] == [name]
