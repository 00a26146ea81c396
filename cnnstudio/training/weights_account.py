"""Weights account: what a file of weights says of the run that left it, as the metadata of the file."""

from __future__ import annotations

import json

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.batches import Sides
from cnnstudio.training.data.loading import Data


def described(epoch: int, data: Data, recipe: Recipe) -> dict[str, str]:
    """What the weights after ``epoch``, the last whole one, need to be used as they were trained.

    ``mean``, ``std``, ``scale``, ``fit`` and ``ground`` make an image what the network reads, ``loss`` tells what makes
    probabilities of its scores (``compiler.ending``), and ``sides`` is "both" where the validation took the mean of the
    scores for an image and its mirror image. The run adds ``threads`` and ``precision``, with which it really computed.
    """
    told = {"epoch": str(epoch), "data": data.name, "classes": json.dumps(data.classes)}
    told |= {"mean": json.dumps(data.mean), "std": json.dumps(data.std), "loss": recipe.loss}
    told |= {"scale": json.dumps(data.scale)} if data.scale else {}
    return told | data.rules.metadata | ({"sides": "both"} if Sides(data, recipe).are_averaged else {})
