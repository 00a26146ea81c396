"""Loaded images: those of one project that are in memory, for whoever wants them next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cnnstudio.project import Project
from cnnstudio.training.runs.session import Prepared, images_key

if TYPE_CHECKING:
    from cnnstudio.training.data.loading import Data


class LoadedImages:
    """The images of one project, and those that the last run was ``trained`` with, which it holds itself."""

    def __init__(self, trained: Callable[[], Prepared | None]) -> None:
        self._trained = trained
        self._kept: tuple[tuple[object, ...], Data] | None = None

    def all_of(self, project: Project) -> Data | None:
        """The images of this project, where all of them are in memory already."""
        known = self.some_of(project)
        return known if known is not None and known.whole is None else None

    def some_of(self, project: Project) -> Data | None:
        """The images of this project that are in memory already: all of them, or enough to show what there is."""
        key, trained = images_key(project), self._trained()
        if trained is not None and images_key(trained.project) == key:
            return trained.data
        return self._kept[1] if self._kept is not None and self._kept[0] == key else None

    def keep(self, project: Project, data: Data) -> None:
        """Keep the images of this project, and no others; some never instead of all."""
        if data.whole is None or self.all_of(project) is None:
            self._kept = images_key(project), data

    def let_go(self, but_of: Project | None = None) -> None:
        """Keep no images any more, or none but those of this project."""
        if self._kept is not None and (but_of is None or self._kept[0] != images_key(but_of)):
            self._kept = None
