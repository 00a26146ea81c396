"""Recipe: how a network is trained, as a value. It stands in the project file; ``training`` acts on it.

A field says in its annotation, beside its type and range, which section it belongs to, whether it is one of the basic
ones, and what else of the recipe it needs. Forms and command lines follow from that.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from cnnstudio.graph.parameter import (
    Count,
    Declaration,
    Fraction,
    Length,
    Letters,
    Parameter,
    Range,
    declaration,
    parameters,
)
from cnnstudio.project.augmentations import MIRRORING, MOST, Augmentation
from cnnstudio.project.datasets import DATASETS, FOLDER, OWN, TABLE


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


class NeedsOneOf(Needs):
    """Marks a field that means nothing unless a declaration of one of these kinds stands in the list of another."""

    def __init__(self, field: str, *kinds: type[Declaration]) -> None:
        super().__init__(field)
        self.kinds = kinds

    def are_met(self, recipe: Declaration) -> bool:
        return any(isinstance(each, self.kinds) for each in getattr(recipe, self.field))


LONGEST_PATH = 4_096
PATH = Letters(LONGEST_PATH)
Rate = Annotated[float, Range(1e-8, 100.0)]
NonNegative = Annotated[float, Range(0.0, 1_000.0)]
UNSPLIT = Needs("data", *(dataset.key for dataset in DATASETS.values() if not dataset.is_split))
"""Images that have no split of their own into those to train with and those to validate with."""
PICTURES = Needs("data", *(dataset.key for dataset in DATASETS.values() if dataset.is_pictures))
"""Images that are picture files, each of a size of its own."""

if TYPE_CHECKING:
    DatasetKey = str  # mypy cannot read the words in a table
else:
    DatasetKey = Literal[tuple(DATASETS)]


@declaration
class Recipe(Declaration):
    """Everything about a training run but the network.

    data: which images to learn from
    folder: the folder of images, one folder a class, when data is "folder"; the table or the file when it is one
    validation_share: share of the images kept for validation where the data has no split of its own
    group: what images have in common that are kept on one side, such as all of one patient
    group_end: what ends the part of a file name that tells the group: with _ that of "anna_3.jpg" is "anna"
    fit: how pictures of other proportions come into the Input: cut to them, with a border, or stretched
    ground: what lies below what is transparent in a picture, and in its border
    mean: subtracted from the pixels, which go from 0 to 1; one number, or one a channel, as in 0.485, 0.456, 0.406
    std: what the pixels are then divided by; automatic is as the first weights had it, or else measured
    augmentations: what is done to each training image anew before each step, in this order
    test_time_mirror: the network answers with the mean of its scores for an image and for the mirror image of it
    epochs: how many times to go through all training images; automatic is 15, and more where the images are few
    batch_size: how many images are computed at once
    accumulation: how many batches share one step, which then is that of one large batch and takes no more memory
    patience: so many epochs without a better one end the run; 0 goes through all of them
    keep_best: hold the weights of the best epoch in memory too, so that they are there whatever the disk takes
    optimizer: how a step follows from the gradient
    learning_rate: how long a step is
    momentum: how much of the last step SGD or RMSprop keeps
    nesterov: SGD looks ahead along its momentum before it takes the gradient
    weight_decay: how strongly weights are pulled to zero
    decay_norms: weight decay pulls at norms and biases as well
    batchnorm_scale: BatchNorm learns how far its numbers spread; off, the scale stays 1 and the bias alone learns
    gradient_clip: greatest norm of the gradient; 0 leaves it alone
    averaging: keep a moving average of the weights beside them, which is validated too and kept where it is better
    averaging_decay: how much of the average each step keeps; less in the first steps
    schedule: how the learning rate changes over the run
    step_epochs: with the step schedule, epochs between two steps
    milestones: with the multi-step schedule, the epochs after which the rate steps down
    step_factor: what the rate is multiplied by when it steps down
    epoch_factor: with the exponential schedule, what the rate is multiplied by after each epoch
    warmup_epochs: epochs in which the rate rises before the cosine
    plateau_epochs: with the plateau schedule, epochs without a lower validation loss before the rate steps down
    loss: what a step makes smaller; focal looks at what is hard, BCE asks of each class by itself whether it is there
    focusing: how much focal loss looks away from what is easy; 0 is cross-entropy
    class_weights: how much an image of each class counts; balanced lets rare classes count more
    class_weight_list: by hand, a number for each class in the order of the classes, such as 1, 2.5, 1
    label_smoothing: share of the target that is spread over all classes
    teacher: the folder of a run whose network this one learns from as well; empty for none
    teaching_share: how much of the loss is to answer as the teacher does
    temperature: how soft the answers of the teacher are made
    weights: the weights to begin with: "torchvision" for those of its pretrained networks, or a file; empty for none
    unfreeze_epoch: the epoch from which a frozen backbone learns too, a quarter an epoch from its end; 0 for never
    backbone_rate: what the learning rate is multiplied by in a pretrained backbone
    seed: the same seed gives the same run again on a CPU, with the same number of threads
    device: where to compute; auto takes CUDA where there is one, and mps and xpu are taken where they are asked for
    precision: auto computes in bfloat16 where a few trial steps are faster with it; float16 needs CUDA
    threads: how many cores a CPU computes on; 0 for as many as a few trial steps are fastest with
    channels_last: whether the channels of a pixel lie side by side in memory; auto does what the device likes
    compile: let torch.compile make one program of the network: a slow start and faster steps, with a C++ compiler
    """

    data: Annotated[DatasetKey, Section.DATA, Basic()] = "digits"
    folder: Annotated[str, PATH, Section.DATA, Basic(), Needs("data", *OWN)] = ""
    epochs: Annotated[int | None, Range(1, 10_000), Section.EPOCHS, Basic()] = None
    batch_size: Annotated[Count, Section.EPOCHS, Basic()] = 64
    accumulation: Annotated[int, Range(1, 1_024), Section.EPOCHS] = 1
    patience: Annotated[int, Range(0, 10_000), Section.EPOCHS] = 0
    keep_best: Annotated[bool, Section.EPOCHS] = False
    optimizer: Annotated[Literal["SGD", "Adam", "AdamW", "RMSprop", "NAdam", "Adagrad"], Section.OPTIMIZER, Basic()] = (
        "Adam"
    )
    learning_rate: Annotated[Rate, Section.OPTIMIZER, Basic()] = 0.002
    momentum: Annotated[float, Range(0.0, 0.9999), Section.OPTIMIZER, Needs("optimizer", "SGD", "RMSprop")] = 0.9
    nesterov: Annotated[bool, Section.OPTIMIZER, Needs("optimizer", "SGD"), Needs("momentum")] = False
    weight_decay: Annotated[NonNegative, Section.OPTIMIZER] = 0.0
    decay_norms: Annotated[bool, Section.OPTIMIZER, Needs("weight_decay")] = True
    batchnorm_scale: Annotated[bool, Section.OPTIMIZER] = True
    gradient_clip: Annotated[NonNegative, Section.OPTIMIZER] = 0.0
    averaging: Annotated[bool, Section.OPTIMIZER] = False
    averaging_decay: Annotated[float, Range(0.0, 0.99999), Section.OPTIMIZER, Needs("averaging")] = 0.999
    schedule: Annotated[
        Literal["constant", "step", "multi-step", "exponential", "cosine", "warmup-cosine", "one-cycle", "plateau"],
        Section.SCHEDULE,
    ] = "one-cycle"
    step_epochs: Annotated[int, Range(1, 10_000), Section.SCHEDULE, Needs("schedule", "step")] = 5
    milestones: Annotated[
        tuple[int, ...], Range(1, 10_000), Length(1, 20), Section.SCHEDULE, Needs("schedule", "multi-step")
    ] = (8, 12)
    step_factor: Annotated[
        float, Range(0.0001, 1.0), Section.SCHEDULE, Needs("schedule", "step", "multi-step", "plateau")
    ] = 0.1
    epoch_factor: Annotated[float, Range(0.0001, 1.0), Section.SCHEDULE, Needs("schedule", "exponential")] = 0.9
    warmup_epochs: Annotated[int, Range(1, 10_000), Section.SCHEDULE, Needs("schedule", "warmup-cosine")] = 1
    plateau_epochs: Annotated[int, Range(0, 10_000), Section.SCHEDULE, Needs("schedule", "plateau")] = 3
    loss: Annotated[Literal["cross-entropy", "focal", "BCE"], Section.LOSS] = "cross-entropy"
    focusing: Annotated[float, Range(0.0, 10.0), Section.LOSS, Needs("loss", "focal")] = 2.0
    class_weights: Annotated[Literal["none", "balanced", "by hand"], Section.LOSS] = "none"
    class_weight_list: Annotated[str, Letters(20_000), Section.LOSS, Needs("class_weights", "by hand")] = ""
    label_smoothing: Annotated[Fraction, Section.LOSS] = 0.0
    teacher: Annotated[str, PATH, Section.LOSS] = ""
    teaching_share: Annotated[Fraction, Section.LOSS, Needs("teacher")] = 0.5
    temperature: Annotated[float, Range(0.1, 100.0), Section.LOSS, Needs("teacher")] = 4.0
    augmentations: Annotated[tuple[Augmentation, ...], Length(0, MOST), Section.AUGMENTATION] = ()
    test_time_mirror: Annotated[bool, Section.AUGMENTATION, NeedsOneOf("augmentations", *MIRRORING)] = False
    validation_share: Annotated[float, Range(0.05, 0.9), Section.DATA, UNSPLIT] = 0.2
    group: Annotated[Literal["none", "sub-folder", "file name"], Section.DATA, Needs("data", FOLDER, TABLE)] = "none"
    group_end: Annotated[str, Letters(20), Section.DATA, Needs("group", "file name")] = "_"
    fit: Annotated[Literal["cut", "pad", "stretch"], Section.DATA, PICTURES] = "cut"
    ground: Annotated[Literal["white", "grey", "black"], Section.DATA, PICTURES] = "white"
    mean: Annotated[tuple[float, ...] | None, Range(0.0, 1.0), Length(1, 3), Section.DATA] = None
    std: Annotated[tuple[float, ...] | None, Range(0.0001, 1.0), Length(1, 3), Section.DATA] = None
    weights: Annotated[str, PATH, Section.WEIGHTS] = ""
    unfreeze_epoch: Annotated[int, Range(0, 10_000), Section.WEIGHTS, Needs("weights")] = 0
    backbone_rate: Annotated[float, Range(0.0001, 1.0), Section.WEIGHTS, Needs("weights")] = 1.0
    seed: Annotated[int, Range(0, 2**31 - 1), Section.COMPUTER] = 0
    device: Annotated[Literal["auto", "cpu", "cuda", "mps", "xpu"], Section.COMPUTER] = "auto"
    precision: Annotated[Literal["float32", "auto", "bfloat16", "float16"], Section.COMPUTER] = "float32"
    threads: Annotated[int, Range(0, 1_024), Section.COMPUTER] = 0
    channels_last: Annotated[Literal["auto", "on", "off"], Section.COMPUTER] = "auto"
    compile: Annotated[bool, Section.COMPUTER] = False

    @classmethod
    def sections(cls) -> dict[Section, tuple[Parameter, ...]]:
        """Section -> its fields in the order in which they are declared."""
        marks = _marks(cls)
        return {each: tuple(field for field in parameters(cls) if each in marks[field.name]) for each in Section}

    @classmethod
    def is_basic(cls, name: str) -> bool:
        """Whether a field is one of those that are asked at once."""
        return any(isinstance(mark, Basic) for mark in _marks(cls)[name])

    def normalization(self, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """The mean and the deviation that are said here, a number a channel; None where they are left open.

        They are left open too where only one of them is said, or where they are for another number of channels.
        """
        if self.mean is None or self.std is None or {len(self.mean), len(self.std)} - {1, channels}:
            return None
        mean, std = (each * channels if len(each) == 1 else each for each in (self.mean, self.std))
        return mean, std

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
