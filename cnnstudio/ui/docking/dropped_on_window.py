"""Pictures that are dropped on the window: the data panel takes them, wherever they fell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QMainWindow, QWidget

from cnnstudio.project.datasets import OWN
from cnnstudio.ui.docking.docks import PanelDock, bring_up, panel_in
from cnnstudio.ui.files.dropped_files import OPENED
from cnnstudio.ui.training.data.dropped_images import images_in


def left_by_images(
    window: QMainWindow, docks: Mapping[str, PanelDock], beside: QWidget, paths: list[Path]
) -> list[Path]:
    """What is left of what was dropped: nothing where it is a data set, which the data panel comes up with."""
    if images_in(paths) not in OWN or paths[0].suffix.lower() in OPENED:
        return paths
    from cnnstudio.ui.training.data.data_panel import DataPanel

    bring_up(window, docks["data"], beside)
    panel_in(docks["data"], DataPanel).take_dropped(paths)
    return []
