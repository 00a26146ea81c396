"""Preparation: from a project to what a run begins with. The window and the command line begin alike."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source, source
from cnnstudio.project import Project
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.loop import fresh
from cnnstudio.training.pretrained.pretrained import begin


def prepare(
    project: Project, progress: Callable[[str, float | None], bool], known: Data | None = None
) -> tuple[Source, nn.Module, Data]:
    """The source of a project's network, its module with the first weights, and its images, unless ``known`` already.

    ``progress`` takes a sentence and a share from 0 to 1, and answers whether to go on. Raises ``SourceError``,
    ``DataError`` or ``TrainingError`` with a sentence.
    """
    text = source(project.graph)
    graph = project.graph.acting
    size = infer(graph).facts[graph.inputs[0].name].shape
    data = known if known is not None else load(project.recipe, size, progress)
    module = fresh(text, project.recipe)
    return text, module, begin(module, text, project.recipe, data, progress)
