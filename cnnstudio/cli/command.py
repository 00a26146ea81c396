"""What the commands share: how they are declared, how they read a project and how they refuse."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from cnnstudio.cli.bar import Bar
from cnnstudio.compiler.diagnostics import Diagnostic, diagnose
from cnnstudio.compiler.inference import Analysis
from cnnstudio.disk import is_there
from cnnstudio.project import Project, ProjectError, read
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.folder_layout import MOST_CLASSES, folder_layout
from cnnstudio.training.readiness import OTHER_IMAGES, Concern, concerns
from cnnstudio.worker import Report

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class CommandParser(argparse.ArgumentParser):
    """Takes options before, between and behind the files of a command; argparse would take any number in one row."""

    _is_within = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._is_within:  # the method below goes through here twice
            return super().parse_known_args(args, namespace)
        self._is_within = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_within = False


class CommandError(Exception):
    """A command that was not carried out; the message is a sentence for the terminal."""


def opened(path: Path) -> Project:
    """The project in this file. Raises ``CommandError``."""
    try:
        return read(path)
    except ProjectError as error:
        raise CommandError(str(error)) from error


def free(out: Path, option: str, force: bool) -> Path:
    """``out`` itself, as a project file that may be written.

    Raises ``CommandError`` for a name that does not end in .cnn and for a file that is there, unless ``force``.
    """
    if out.suffix.lower() != ".cnn":
        raise CommandError(f"{out} would be a project that no double-click opens; give a name that ends in .cnn.")
    if is_there(out) and not out.is_dir() and not force:
        raise CommandError(f"{out} is there already; give another name{option}, or --force to replace it.")
    return out


def check_classes(count: int | None) -> None:
    """Raise ``CommandError`` unless a network can have so many classes; None is any number."""
    if count is not None and not 1 <= count <= MOST_CLASSES:
        raise CommandError(f"--classes must be from 1 to {MOST_CLASSES:,}.")


def problems(project: Project, analysis: Analysis) -> tuple[Diagnostic, ...]:
    """What there is to say about the network and the data that it is to learn, errors first."""
    classes, images = _counts(project.recipe)
    return diagnose(analysis, classes, images, bool(project.recipe.weights), project.recipe.loss)


def reservations(project: Project, analysis: Analysis, found: tuple[Diagnostic, ...]) -> tuple[Concern, ...]:
    """What else stands in the way of training, beside the problems that were ``found``, as the window shows it.

    What is wrong with a folder is left out: whoever reads it says that better.
    """
    said = {each.sentence for each in found}
    every = concerns(project, analysis, found, _counts(project.recipe)[1])
    return tuple(each for each in every if each.sentence not in said and each.fixes != OTHER_IMAGES)


def _counts(recipe: Recipe) -> tuple[int | None, int | None]:
    """How many classes the data has, and how many images there are to train with; None where nobody knows yet."""
    dataset = DATASETS[recipe.data]
    classes, images = dataset.classes, dataset.train_images(recipe.validation_share)
    if dataset.is_folder and recipe.folder:
        with suppress(DataError):  # who reads the images says what is wrong with the folder
            layout = folder_layout(recipe.folder, watched(bar := Bar()))
            bar.clear()
            kept = sum(file.validation for file in layout.files)
            rest = 1.0 if kept else 1 - recipe.validation_share
            classes, images = len(layout.names), round((len(layout.files) - kept) * rest)
    return classes, images


def watched(bar: Bar) -> Report:
    """What draws on this bar how far something is; it ends by Ctrl+C alone."""

    def report(sentence: str, share: float | None) -> bool:
        bar.show(sentence, share)
        return True

    return report


def line(problem: Diagnostic) -> str:
    """A problem as a line: ``error: conv1 ...``."""
    return f"{problem.severity}: {problem.sentence}"
