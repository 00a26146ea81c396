"""Obstacle: why a project cannot be trained, or taken away, as it is. All that say so in the window ask here."""

from __future__ import annotations

from cnnstudio.project.datasets import DATASETS
from cnnstudio.training.data.stamp import stamp
from cnnstudio.ui.document import Document

OF_DATA = ("classes",)  # errors that are none where no images are meant


def obstacle(document: Document, training: bool = True) -> str | None:
    """Why the open project cannot be built (and trained) as it is, in a sentence, or None where it can.

    An error among the findings comes first; the rest is what no look at the network alone can find.
    """
    graph = document.graph.acting
    if not len(graph):
        return "There is no network yet. Drag an Input block onto the canvas, or start from a template."
    errors = [found for found in document.diagnostics if found.severity == "error"]
    if error := next((found for found in errors if training or found.code not in OF_DATA), None):
        return error.sentence
    if not graph.inputs:
        return "The network has no Input block, so no image can enter it."
    if len(graph.outputs) > 1:
        return f"The network ends in {len(graph.outputs)} places: {', '.join(n.name for n in graph.outputs)}. Keep one."
    if training and len(graph.inputs) > 1:
        return f"The network has {len(graph.inputs)} inputs. Training gives it one, the image."
    recipe = document.project.recipe
    if training and DATASETS[recipe.data].is_folder and not (recipe.folder and stamp(recipe.folder)):
        gone = f"There is no folder {recipe.folder}. " if recipe.folder else ""
        return f"{gone}Choose the folder that your images are in."
    return None
