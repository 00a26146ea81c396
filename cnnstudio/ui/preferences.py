"""Preferences: what the program remembers of a person between two starts, in a file of settings."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from cnnstudio.disk import is_folder
from cnnstudio.folders import settings_file
from cnnstudio.ui.theme import Scheme, theme

ORGANIZATION = "CNN Studio"
RECENT_FILES = 10
MOST_PLACES = 200


class Switch:
    """A preference that is on or off, kept by the name that it has in ``Preferences``."""

    def __init__(self, default: bool) -> None:
        self._default = "true" if default else "false"

    def __set_name__(self, owner: type[Preferences], name: str) -> None:
        self._name = name

    def __get__(self, holder: Preferences, owner: type[Preferences]) -> bool:
        return holder.settings.value(self._name, self._default) == "true"

    def __set__(self, holder: Preferences, value: bool) -> None:
        holder.settings.setValue(self._name, "true" if value else "false")


class Preferences:
    """Settings by name, each with its type and its default; a value that cannot be read is its default."""

    def __init__(self) -> None:
        with suppress(OSError):  # who has nowhere to write works without being remembered
            settings_file().parent.mkdir(parents=True, exist_ok=True)
        self.settings = QSettings(str(settings_file()), QSettings.Format.IniFormat)

    def sync(self) -> None:
        """Write what was set to the disk."""
        self.settings.sync()

    @property
    def scheme(self) -> Scheme:
        """Light, dark, or what the system uses."""
        value = self.settings.value("scheme", "system")
        return value if value in ("light", "dark") else "system"

    @scheme.setter
    def scheme(self, value: Scheme) -> None:
        self.settings.setValue("scheme", value)

    def use_scheme(self, scheme: Scheme) -> None:
        """Use these colours from now on."""
        self.scheme = scheme
        theme.set_scheme(scheme)

    def scale_text(self, scale: float) -> None:
        """Write everything in this size from now on; 1.0 is the normal one."""
        self.text_scale = scale = max(0.8, min(1.6, round(scale, 1)))
        theme.set_scale(scale)

    @property
    def text_scale(self) -> float:
        """How large text is; 1.0 is the normal size."""
        try:
            value = float(str(self.settings.value("text_scale", 1.0)))
        except ValueError:
            return 1.0
        return value if 0.7 <= value <= 2.0 else 1.0

    @text_scale.setter
    def text_scale(self, value: float) -> None:
        self.settings.setValue("text_scale", value)

    wheel_pans = Switch(False)
    """Whether the mouse wheel moves the canvas instead of zooming."""

    minimap = Switch(True)
    """Whether the map in the canvas's corner is shown."""

    thumbnails = Switch(False)
    """Whether each block on the canvas shows what it makes of a picture."""

    notices = Switch(True)
    """Whether it is told beyond the window that a training is done."""

    paper_pictures = Switch(True)
    """Whether pictures are light, for paper, whatever the colours of the window are."""

    simple = Switch(False)
    """Whether there are fewer blocks, panels and commands, for beginners."""

    toured = Switch(False)
    """Whether the tour was shown once."""

    def is_folded(self, part: str, default: bool = False) -> bool:
        """Whether this part of a panel is folded away."""
        value = self.settings.value(f"folded/{part}")
        return value == "true" if value in ("true", "false") else default

    def set_folded(self, part: str, value: bool) -> None:
        """Remember whether this part of a panel is folded away."""
        self.settings.setValue(f"folded/{part}", "true" if value else "false")

    @property
    def recent(self) -> list[Path]:
        """The files opened or saved last, the latest first, whether they still exist or not."""
        value = self.settings.value("recent", [])
        return [Path(str(path)) for path in (value if isinstance(value, list) else [value])[:RECENT_FILES] if path]

    def remember(self, path: Path) -> None:
        """Put a file at the head of ``recent``."""
        path = path.absolute()
        kept = [path, *(other for other in self.recent if other != path)][:RECENT_FILES]
        self.settings.setValue("recent", [str(path) for path in kept])

    def forget(self, path: Path) -> None:
        """Take a file out of ``recent``."""
        self.settings.setValue("recent", [str(other) for other in self.recent if other != path])

    @property
    def places(self) -> list[str]:
        """The paths that the person has chosen to be looked at, the latest first."""
        value = self.settings.value("places", [])
        return [str(path) for path in (value if isinstance(value, list) else [value]) if path]

    def add_places(self, paths: Iterable[str]) -> None:
        """Put paths at the head of ``places``."""
        self.settings.setValue("places", list(dict.fromkeys((*paths, *self.places)))[:MOST_PLACES])

    @property
    def folder(self) -> Path:
        """Where the last file dialog was."""
        folder = Path(str(self.settings.value("folder", "")) or Path.home())
        return folder if is_folder(folder) else Path.home()

    @folder.setter
    def folder(self, value: Path) -> None:
        self.settings.setValue("folder", str(value))

    def shortcut(self, action: str) -> str | None:
        """The person's own shortcut of an action, empty where it is to have none; None where nothing was said."""
        value = self.settings.value(f"shortcuts/{action}")
        return value if isinstance(value, str) else None

    def set_shortcut(self, action: str, value: str | None) -> None:
        """Give an action a shortcut of the person's own, or with None take it back."""
        if value is None:
            self.settings.remove(f"shortcuts/{action}")
        else:
            self.settings.setValue(f"shortcuts/{action}", value)

    def forget_shortcuts(self) -> None:
        """Take back every shortcut of the person's own."""
        self.settings.remove("shortcuts")

    def bytes(self, name: str) -> QByteArray:
        """A piece of the window's layout, empty where there is none."""
        value = self.settings.value(f"window/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_bytes(self, name: str, value: QByteArray) -> None:
        """Keep a piece of the window's layout."""
        self.settings.setValue(f"window/{name}", value)
