"""Stylesheet: how every widget looks, written once from the colours of a palette."""

from __future__ import annotations

from string import Template

from PySide6.QtCore import QDir, QTemporaryDir
from PySide6.QtGui import QColor

from cnnstudio.ui.theme.colors import FONT_SIZES, Palette, mix


def stylesheet(palette: Palette, scale: float = 1.0) -> str:
    """The application's stylesheet for these colours and this text scale."""
    _draw_marks(palette)
    values = {name: getattr(palette, name) for name in Palette.__dataclass_fields__}
    values |= {f"{name}_size": f"{round(size * scale)}px" for name, size in FONT_SIZES.items()}
    values |= {
        "hover": _hex(mix(palette.text, palette.panel, 0.07)),
        "pressed": _hex(mix(palette.text, palette.panel, 0.13)),
        "tint": _hex(mix(palette.accent, palette.panel, 0.14)),
        "accent_hover": _hex(mix(palette.accent, palette.text, 0.88)),
        "error_tint": _hex(mix(palette.error, palette.panel, 0.12)),
        "faint": _hex(mix(palette.muted, palette.panel, 0.5)),
        "handle": _hex(mix(palette.muted, palette.panel, 0.4)),
    }
    return Template(_SHEET).substitute(values)


def _hex(color: QColor) -> str:
    return color.name()


# Qt's stylesheets take pictures from files alone, so the few marks that they draw are written for each palette
_MARKS = {
    "check": '<path d="M3.2 8.4 6.6 11.6 12.8 4.8" fill="none" stroke="{}" stroke-width="2" stroke-linecap="round"/>',
    "dot": '<circle cx="8" cy="8" r="3.4" fill="{}"/>',
    "down": '<path d="M4 6.2 8 10.2 12 6.2" fill="none" stroke="{}" stroke-width="1.5" stroke-linecap="round"/>',
    "up": '<path d="M4 9.8 8 5.8 12 9.8" fill="none" stroke="{}" stroke-width="1.5" stroke-linecap="round"/>',
    "right": '<path d="M6.2 4 10.2 8 6.2 12" fill="none" stroke="{}" stroke-width="1.5" stroke-linecap="round"/>',
    "close": '<path d="M2.5 2.5 13.5 13.5 M13.5 2.5 2.5 13.5" fill="none" stroke="{}" stroke-width="1.5"/>',
    "dock": '<path d="M2 2 H14 V14 H2 Z M2 6 H14" fill="none" stroke="{}" stroke-width="1.3"/>',
    "left": '<path d="M9.8 4 5.8 8 9.8 12" fill="none" stroke="{}" stroke-width="1.5" stroke-linecap="round"/>',
}
_folder: list[QTemporaryDir] = []


def _draw_marks(palette: Palette) -> None:
    if not _folder:
        _folder.append(QTemporaryDir())
    folder = QDir(_folder[0].path())
    folder.mkpath(palette.name)
    folder.cd(palette.name)
    colors = {"check": palette.on_accent, "dot": palette.on_accent}
    for name, shape in _MARKS.items():
        drawn = shape.format(colors.get(name, palette.muted))
        text = f'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">{drawn}</svg>'
        with open(folder.filePath(f"{name}.svg"), "w", encoding="utf-8") as file:  # noqa: PTH123 - a path of Qt's
            file.write(text)
    QDir.setSearchPaths("marks", [folder.path()])


_SHEET = """
QMainWindow, QDialog, QMainWindow::separator { background: $window; }
QMainWindow::separator { width: 5px; height: 5px; }
QMainWindow::separator:hover { background: $accent; }
QWidget { color: $text; }
QWidget[role="muted"] { color: $muted; }
QWidget[role="error"] { color: $error; }
QWidget[role="warning"] { color: $warning; }
QWidget[role="success"] { color: $success; }
QWidget[textSize="small"] { font-size: $small_size; }
QWidget[textSize="large"] { font-size: $large_size; font-weight: 600; }
QWidget[textSize="title"] { font-size: $title_size; font-weight: 600; }
QWidget[surface="panel"] { background: $panel; }
QWidget[surface="raised"] { background: $raised; border-radius: 6px; }

QFrame[surface="popup"] { background: $panel; border: 1px solid $line; border-radius: 10px; }

QToolTip { background: $panel; color: $text; border: 1px solid $line; padding: 5px 7px; }

QMenuBar { background: $panel; border-bottom: 1px solid $line; padding: 1px 6px; }
QMenuBar::item { padding: 5px 9px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; border: 1px solid $line; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 10px; border-radius: 5px; }
QMenu::item:selected { background: $tint; }
QMenu::item:disabled { color: $faint; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QMenu::right-arrow { image: url(marks:right.svg); width: 14px; height: 14px; right: 6px; }

QToolBar { background: $panel; border: none; border-bottom: 1px solid $line; padding: 4px 8px; spacing: 2px; }
QToolBar::separator { background: $line; width: 1px; margin: 6px 6px; }
QToolButton { border: 1px solid transparent; border-radius: 6px; padding: 4px; background: transparent; }
QToolButton:hover { background: $hover; }
QToolButton:pressed, QToolButton:checked { background: $pressed; }
QToolButton:disabled { color: $faint; }
QToolButton[switch="true"] { border-color: $line; padding: 2px 8px; }
QWidget[fold="part"] { border-top: 1px solid $line; }
QToolButton[fold="large"] { font-weight: 600; padding: 4px 6px 4px 0; margin-left: -6px; border-color: transparent; }
QToolButton[fold="small"] { padding: 2px 6px 2px 0; margin-left: -6px; border-color: transparent; }
QToolButton[fold="large"]:checked, QToolButton[fold="small"]:checked { background: transparent; }
QToolButton[fold="large"]:hover, QToolButton[fold="small"]:hover { background: $hover; }
QToolButton:focus { border-color: $accent; }
QToolButton[fold="large"]:focus, QToolButton[fold="small"]:focus {
    background: $hover; color: $accent; border-color: transparent;
}
QToolButton::menu-indicator { image: none; width: 0; }

QPushButton { background: $panel; border: 1px solid $line; border-radius: 6px; padding: 5px 12px; min-height: 16px;
    outline: none; }
QPushButton:hover { background: $hover; }
QPushButton:pressed, QPushButton:checked { background: $pressed; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $faint; background: $raised; }
QPushButton:default, QPushButton[primary="true"] { background: $accent; border-color: $accent; color: $on_accent; }
QPushButton[primary="true"] { font-weight: 600; }
QPushButton:default:focus, QPushButton[primary="true"]:focus { border: 2px solid $text; padding: 4px 11px; }
QPushButton:default:hover, QPushButton[primary="true"]:hover { background: $accent_hover; }
QPushButton[primary="true"]:disabled { background: $raised; border-color: $line; color: $faint; }
QPushButton[flat="true"] { background: transparent; border-color: transparent; }
QPushButton[flat="true"]:hover { background: $hover; }
QPushButton[flat="true"]:focus { border-color: $accent; }

QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox {
    background: $panel; border: 1px solid $line; border-radius: 6px; padding: 3px 7px; min-height: 18px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $faint; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus,
QComboBox:on { border-color: $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $faint; background: $raised; }
QLineEdit[refused="true"], QAbstractSpinBox[refused="true"], QComboBox[refused="true"] {
    border-color: $error; background: $error_tint;
}
QPlainTextEdit, QTextEdit { border-radius: 0; border: none; }
QPlainTextEdit[surface="field"] { border: 1px solid $line; border-radius: 6px; }
QPlainTextEdit[surface="field"]:focus { border-color: $accent; }
QPlainTextEdit[surface="note"] { border: 1px solid $accent; border-radius: 6px; padding: 4px 8px; }
QAbstractSpinBox { padding-right: 18px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    subcontrol-origin: border; width: 18px; border: none; background: transparent; border-radius: 4px;
}
QAbstractSpinBox::up-button { subcontrol-position: top right; margin: 2px 2px 0 0; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin: 0 2px 2px 0; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url(marks:up.svg); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url(marks:down.svg); width: 12px; height: 12px; }
QComboBox { padding-right: 22px; combobox-popup: 0; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url(marks:down.svg); width: 14px; height: 14px; }
QComboBox QAbstractItemView {
    background: $panel; border: 1px solid $line; padding: 3px; outline: none;
    selection-background-color: $tint; selection-color: $text;
}
QComboBoxPrivateContainer { background: $panel; border: none; }

QCheckBox, QRadioButton { spacing: 7px; }
QCheckBox::indicator, QRadioButton::indicator, QTreeView::indicator, QMenu::indicator {
    width: 14px; height: 14px; border: 1px solid $faint; background: $panel;
}
QCheckBox::indicator, QTreeView::indicator, QMenu::indicator { border-radius: 4px; }
QRadioButton::indicator, QMenu::indicator:exclusive { border-radius: 8px; }
QMenu::indicator { margin-left: 6px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover, QCheckBox:focus { border-color: $accent; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked, QTreeView::indicator:checked, QMenu::indicator:checked {
    background: $accent; border-color: $accent; image: url(marks:check.svg);
}
QRadioButton::indicator:checked, QMenu::indicator:exclusive:checked {
    background: $accent; border-color: $accent; image: url(marks:dot.svg);
}
QCheckBox::indicator:checked:focus, QRadioButton::indicator:checked:focus {
    width: 12px; height: 12px; border: 2px solid $text;
}
QCheckBox::indicator:disabled { background: $raised; border-color: $line; }
QCheckBox::indicator:checked:disabled { background: $muted; border-color: $muted; }

QProgressBar { background: $line; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QSlider::groove:horizontal { height: 4px; background: $line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
    width: 14px; height: 14px; margin: -6px 0; border-radius: 7px; background: $panel; border: 1px solid $faint;
}

QDockWidget { titlebar-close-icon: url(marks:close.svg); titlebar-normal-icon: url(marks:dock.svg); }
QDockWidget::title { background: $raised; padding: 7px 12px; }
QDockWidget::close-button, QDockWidget::float-button { border: none; padding: 0; icon-size: 14px; }
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: $hover; border-radius: 4px; }
QLabel[dockTitle="true"] { background: $panel; padding: 8px 14px 2px 14px; font-weight: 600; }

QTabWidget::pane { border: none; background: $panel; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab {
    background: transparent; color: $muted; padding: 7px 10px 6px 10px; border: none; margin: 0;
    border-bottom: 2px solid transparent;
}
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:focus { background: $hover; }
QTabBar[icons="true"]::tab, QTabBar[icons="true"]::tab:selected, QTabBar[icons="true"]::tab:hover {
    color: transparent; padding: 7px 6px 6px 10px; max-width: 24px; min-width: 24px;
}
QMainWindow > QTabBar { background: $panel; }

QAbstractItemView {
    background: $panel; alternate-background-color: $raised; border: none; outline: none;
    selection-background-color: $tint; selection-color: $text; gridline-color: $line;
}
QAbstractItemView QLineEdit { padding: 0 3px; min-height: 0; border-radius: 4px; }
QTreeView::item, QListView::item, QTableView::item { padding: 3px 4px; }
QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected { background: $tint; color: $text; }
QTreeView::item:disabled, QListView::item:disabled { color: $faint; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url(marks:right.svg); }
QTreeView::branch:has-children:open { image: url(marks:down.svg); }
QHeaderView { background: $panel; border: none; }
QHeaderView::section {
    background: $panel; color: $muted; border: none; border-bottom: 1px solid $line; padding: 5px 8px;
}
QTableCornerButton::section { background: $panel; border: none; }

QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: $handle; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
    background: none; border: none; width: 0; height: 0;
}
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $accent; }
QFrame[frameShape="4"], QFrame[frameShape="5"] { color: $line; background: $line; border: none; max-height: 1px; }
QGroupBox { border: 1px solid $line; border-radius: 6px; margin-top: 9px; padding-top: 7px; }
QGroupBox::title { subcontrol-origin: margin; left: 9px; padding: 0 3px; color: $muted; }
QStatusBar { background: $panel; border-top: 1px solid $line; color: $muted; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; padding: 2px 6px; }
"""
