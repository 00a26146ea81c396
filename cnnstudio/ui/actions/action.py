"""Action: one thing that a person can do to the program, as it is declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnstudio.ui.main_window import MainWindow


@dataclass(frozen=True)
class Action:
    """One thing to do: its id, its text, what it does, and how it is reached.

    ``on_canvas`` actions have their shortcut only while the canvas has the keyboard, so that a letter typed into a
    field stays a letter. Several shortcuts are written with | between them. ``checked`` makes it a switch.
    ``enabled`` and ``checked`` are asked after every change, and so is ``title``, where there is one: what stands in
    the menu just now in the place of ``text``; with an empty one it is not there. ``words`` are what other programs
    call it, for the list of commands to find it by. Of those that are ``one_of`` the same, one is checked at a time.
    """

    id: str
    text: str
    run: Callable[[MainWindow], object]
    shortcut: str = ""
    icon: str = ""
    enabled: Callable[[MainWindow], bool] = lambda window: True
    checked: Callable[[MainWindow], bool] | None = None
    on_canvas: bool = False
    title: Callable[[MainWindow], str] | None = None
    words: tuple[str, ...] = ()
    one_of: str = ""
