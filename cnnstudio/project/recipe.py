"""Recipe: how a network is trained, as a value. It stands in the project file; ``training`` acts on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cnnstudio.graph.parameter import Count, Declaration, Fraction, Range, declaration
from cnnstudio.project.datasets import DATASETS

Rate = Annotated[float, Range(1e-8, 100.0)]
NonNegative = Annotated[float, Range(0.0, 1_000.0)]

if TYPE_CHECKING:
    DatasetKey = str  # mypy cannot read the words in a table
else:
    DatasetKey = Literal[tuple(DATASETS)]


@declaration
class Recipe(Declaration):
    """Everything about a training run but the network.

    data: which images to learn from
    folder: the folder of images, one folder a class, when data is "folder"
    epochs: how many times to go through all training images
    batch_size: how many images share one step
    optimizer: how a step follows from the gradient
    learning_rate: how long a step is
    momentum: how much of the last step SGD keeps
    nesterov: SGD looks ahead along its momentum before it takes the gradient
    weight_decay: how strongly weights are pulled to zero
    schedule: how the learning rate changes over the run
    step_epochs: with the step schedule, epochs between two steps
    step_factor: with the step schedule, what the rate is multiplied by
    label_smoothing: share of the target that is spread over all classes
    gradient_clip: greatest norm of the gradient; 0 leaves it alone
    augment: train on randomly shifted images, mirrored too where a mirror image makes sense
    validation_share: share of the images kept for validation where the data has no split of its own
    weights: the weights to begin with: "torchvision" for those of its pretrained networks, or a file; empty for none
    unfreeze_epoch: the epoch from which a frozen backbone learns too, a quarter an epoch from its end; 0 for never
    backbone_rate: what the learning rate is multiplied by in a pretrained backbone
    seed: the same seed gives the same run again on a CPU
    device: where to compute; auto takes CUDA where there is one
    precision: auto computes in bfloat16 where the device is faster with it
    """

    data: DatasetKey = "digits"
    folder: str = ""
    epochs: Annotated[int, Range(1, 10_000)] = 15
    batch_size: Count = 64
    optimizer: Literal["SGD", "Adam", "AdamW"] = "Adam"
    learning_rate: Rate = 0.002
    momentum: Annotated[float, Range(0.0, 0.9999)] = 0.9
    nesterov: bool = False
    weight_decay: NonNegative = 0.0
    schedule: Literal["constant", "step", "cosine", "one-cycle"] = "one-cycle"
    step_epochs: Annotated[int, Range(1, 10_000)] = 5
    step_factor: Annotated[float, Range(0.0001, 1.0)] = 0.1
    label_smoothing: Fraction = 0.0
    gradient_clip: NonNegative = 0.0
    augment: bool = False
    validation_share: Annotated[float, Range(0.05, 0.9)] = 0.2
    weights: str = ""
    unfreeze_epoch: Annotated[int, Range(0, 10_000)] = 0
    backbone_rate: Annotated[float, Range(0.0001, 1.0)] = 1.0
    seed: Annotated[int, Range(0, 2**31 - 1)] = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["float32", "auto"] = "float32"
