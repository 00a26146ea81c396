"""Recipe: how a network is trained, as a value. It stands in the project file; ``training`` acts on it.

A field says in its annotation, beside its type and range, which section it belongs to, whether it is one of the basic
ones, and what else of the recipe it needs. Forms and command lines follow from that.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from cnnstudio.graph.parameter import Count, Declaration, Fraction, Parameter, Range, declaration, parameters
from cnnstudio.project.datasets import DATASETS, FOLDER


class Section(StrEnum):
    """What of a recipe belongs together, by its title, in the order in which it is listed."""

    DATA = "Data"
    AUGMENTATION = "Augmentation"
    EPOCHS = "Epochs and batches"
    OPTIMIZER = "Optimizer"
    SCHEDULE = "Schedule"
    LOSS = "Loss"
    WEIGHTS = "First weights"
    COMPUTER = "Computer"


class Basic:
    """Marks a field that is asked at once; the defaults of the others will mostly do."""


class Needs:
    """Marks a field that means nothing unless another one has one of ``values``; where none is named, any will do."""

    def __init__(self, field: str, *values: object) -> None:
        self.field, self.values = field, values

    def are_met(self, recipe: Declaration) -> bool:
        """Whether the recipe has what is needed."""
        value = getattr(recipe, self.field)
        return value in self.values if self.values else bool(value)


Rate = Annotated[float, Range(1e-8, 100.0)]
NonNegative = Annotated[float, Range(0.0, 1_000.0)]
UNSPLIT = Needs("data", *(dataset.key for dataset in DATASETS.values() if not dataset.is_split))
"""Images that have no split of their own into those to train with and those to validate with."""

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

    data: Annotated[DatasetKey, Section.DATA, Basic()] = "digits"
    folder: Annotated[str, Section.DATA, Basic(), Needs("data", FOLDER)] = ""
    epochs: Annotated[int, Range(1, 10_000), Section.EPOCHS, Basic()] = 15
    batch_size: Annotated[Count, Section.EPOCHS, Basic()] = 64
    optimizer: Annotated[Literal["SGD", "Adam", "AdamW"], Section.OPTIMIZER, Basic()] = "Adam"
    learning_rate: Annotated[Rate, Section.OPTIMIZER, Basic()] = 0.002
    momentum: Annotated[float, Range(0.0, 0.9999), Section.OPTIMIZER, Needs("optimizer", "SGD")] = 0.9
    nesterov: Annotated[bool, Section.OPTIMIZER, Needs("optimizer", "SGD")] = False
    weight_decay: Annotated[NonNegative, Section.OPTIMIZER] = 0.0
    schedule: Annotated[Literal["constant", "step", "cosine", "one-cycle"], Section.SCHEDULE] = "one-cycle"
    step_epochs: Annotated[int, Range(1, 10_000), Section.SCHEDULE, Needs("schedule", "step")] = 5
    step_factor: Annotated[float, Range(0.0001, 1.0), Section.SCHEDULE, Needs("schedule", "step")] = 0.1
    label_smoothing: Annotated[Fraction, Section.LOSS] = 0.0
    gradient_clip: Annotated[NonNegative, Section.OPTIMIZER] = 0.0
    augment: Annotated[bool, Section.AUGMENTATION, Basic()] = False
    validation_share: Annotated[float, Range(0.05, 0.9), Section.DATA, UNSPLIT] = 0.2
    weights: Annotated[str, Section.WEIGHTS] = ""
    unfreeze_epoch: Annotated[int, Range(0, 10_000), Section.WEIGHTS, Needs("weights")] = 0
    backbone_rate: Annotated[float, Range(0.0001, 1.0), Section.WEIGHTS, Needs("weights")] = 1.0
    seed: Annotated[int, Range(0, 2**31 - 1), Section.COMPUTER] = 0
    device: Annotated[Literal["auto", "cpu", "cuda"], Section.COMPUTER] = "auto"
    precision: Annotated[Literal["float32", "auto"], Section.COMPUTER] = "float32"

    @classmethod
    def sections(cls) -> dict[Section, tuple[Parameter, ...]]:
        """Section -> its fields in the order in which they are declared."""
        marks = _marks(cls)
        return {each: tuple(field for field in parameters(cls) if each in marks[field.name]) for each in Section}

    @classmethod
    def is_basic(cls, name: str) -> bool:
        """Whether a field is one of those that are asked at once."""
        return any(isinstance(mark, Basic) for mark in _marks(cls)[name])

    def matters(self, name: str) -> bool:
        """Whether a field means anything: what it needs is so, and means something in its turn."""
        needs = (mark for mark in _marks(type(self))[name] if isinstance(mark, Needs))
        return all(need.are_met(self) and self.matters(need.field) for need in needs)


def _marks(recipe: type[Recipe]) -> dict[str, tuple[Any, ...]]:
    """Field -> what its annotation says beside the type."""
    if recipe not in _MARKS:
        hints = get_type_hints(recipe, include_extras=True)
        _MARKS[recipe] = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return _MARKS[recipe]


_MARKS: dict[type, dict[str, tuple[Any, ...]]] = {}
