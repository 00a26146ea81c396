"""Training script: a recipe as plain PyTorch that a person can read, change and run where this program is not.

``resources/training_folder/train.py.txt`` is that script with everything that a recipe can ask for. A line that ends in
``#? word`` and the lines from ``#? if word`` to ``#? end`` are for recipes of which the word is true; what begins with
an @ stands for what is written in its place. Knows no torch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnnstudio.compiler.source.line_breaks import LINE_LENGTH
from cnnstudio.exchange.exporting import transform_lines
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.exporting.transform_lines import change_lines, mix_lines
from cnnstudio.graph import Shape
from cnnstudio.project.datasets import DATASETS, Torchvision
from cnnstudio.project.recipe import Recipe
from cnnstudio.resources import resource
from cnnstudio.training.data.picture import Rules

TEMPLATE = "training_folder", "train.py.txt"


@dataclass(frozen=True)
class Plan:
    """What a script is written of: the recipe, and what it needs to know of the network and of the images.

    ``normalization`` is None where the images are not known here, ``classes`` are empty where a folder names them.
    ``structure`` is the hash by which runs of equal networks know each other, ``frozen`` are the paths of frozen
    backbones, and ``has_first`` says that first.safetensors holds the first weights. A network of convolutions
    ``takes_channels_last`` unless it has a GroupNorm, which PyTorch cannot train so on a CPU. ``is_corrected`` says
    that the project corrects images that do not travel with the script.
    """

    recipe: Recipe
    class_name: str
    size: Shape
    outputs: int
    title: str
    classes: tuple[str, ...]
    normalization: Normalization | None
    structure: str = ""
    frozen: tuple[str, ...] = ()
    has_first: bool = False
    takes_channels_last: bool = True
    is_corrected: bool = False

    @property
    def is_archive(self) -> bool:
        """Whether the images travel with the script."""
        return DATASETS[self.recipe.data].is_taken_along


def left_out(plan: Plan) -> list[str]:
    """What a project asks for and the script does not do, in words."""
    recipe, found = plan.recipe, []
    if plan.is_corrected:
        found.append("the corrections of single images")
    if recipe.teacher:
        found.append("the teacher")
    if recipe.matters("unfreeze_epoch") and recipe.unfreeze_epoch:
        found.append("the unfreezing of the backbone")
    if recipe.matters("backbone_rate") and recipe.backbone_rate != 1:
        found.append("the rate of the backbone")
    if DATASETS[recipe.data].is_folder and recipe.group != "none":
        found.append("the groups that are kept on one side")
    return found


def training_script(plan: Plan) -> str:
    """The text of train.py."""
    recipe, dataset = plan.recipe, DATASETS[plan.recipe.data]
    words = _words(plan)
    text = _chosen(resource(*TEMPLATE).read_text(encoding="utf-8"), words)
    origin = dataset.origin
    slots = {
        "@CLASS@": plan.class_name,
        "@CONSTANTS@": "\n".join(_constants(plan)),
        "@DATASET@": origin.name if isinstance(origin, Torchvision) else "",
        "@LOSS@": recipe.loss,
        "@CHANGES@": change_lines(recipe, plan.size),
        "@MIXES@": mix_lines(recipe),
        "@OPTIMIZER_OF_GROUPS@": _optimizer(recipe, "groups"),
        "@RULES@": "".join(f', {name}="{value}"' for name, value in Rules(recipe.fit, recipe.ground).metadata.items()),
        "@OPTIMIZER@": _optimizer(recipe, "learned"),
        "@STEP_SIZE@": "BATCH_SIZE * ACCUMULATION" if recipe.accumulation > 1 else "BATCH_SIZE",
    }
    return re.sub("|".join(slots), lambda found: slots[found.group()], text)  # in one go: names may look like slots


def _words(plan: Plan) -> set[str]:
    """What is true of a plan."""
    recipe = plan.recipe
    dataset = DATASETS[recipe.data]
    precision = {"float32": set[str](), "auto": {"amp", "auto"}}.get(recipe.precision, {"amp", recipe.precision})
    asked = {
        "archive": plan.is_archive,
        "torchvision": isinstance(dataset.origin, Torchvision) and not plan.is_archive,
        "folder": dataset.is_folder,
        "moments": plan.normalization is None,
        "bias_alone": not recipe.batchnorm_scale,
        "smoothing": recipe.label_smoothing > 0,
        "weighted": recipe.class_weights != "none",
        "balanced": recipe.class_weights == "balanced",
        "by_hand": recipe.class_weights == "by hand",
        "decay_norms": not _spares_norms(recipe),
        "no_decay_norms": _spares_norms(recipe),
        "clip": recipe.gradient_clip > 0,
        "clip_alone": recipe.gradient_clip > 0 and recipe.precision != "float16",
        "averaging": recipe.averaging,
        "patience": recipe.patience > 0,
        "frozen": bool(plan.frozen),
        "first": plan.has_first,
        "channels_last": plan.takes_channels_last and recipe.channels_last != "off",
    }
    found = {word for word, is_so in asked.items() if is_so}
    kinds = {recipe.loss.lower().replace("-", "_"), recipe.schedule.replace("-", "_")}
    return found | kinds | precision | transform_lines.words(recipe)


def _spares_norms(recipe: Recipe) -> bool:
    return recipe.weight_decay > 0 and not recipe.decay_norms


def _chosen(template: str, words: set[str]) -> str:
    """The lines of the template of which what they ask for is true."""
    kept: list[str] = []
    open_: list[bool] = []
    for line in template.splitlines():
        text, mark, asked = line.partition("#? ")
        if asked.startswith("if "):
            open_.append(_is_true(asked.removeprefix("if "), words))
        elif mark and asked == "end":
            open_.pop()
        elif all(open_) and (not mark or _is_true(asked, words)):
            kept.append(text.rstrip())
    return "\n".join(kept) + "\n"


def _is_true(asked: str, words: set[str]) -> bool:
    return any((each.removeprefix("not ") in words) != each.startswith("not ") for each in asked.split(" or "))


def _constants(plan: Plan) -> list[str]:
    """The recipe as names in capitals: those of its numbers that mean something."""
    recipe = plan.recipe
    values: dict[str, object] = {"TITLE": plan.title, "DATA": DATASETS[recipe.data].title}
    values |= {"STRUCTURE": plan.structure, "SIZE": tuple(plan.size), "OUTPUTS": plan.outputs}
    lines = [f"{name} = {_written(value)}" for name, value in values.items()]
    lines += _classes(plan)
    if plan.normalization is not None:
        lines.append("# of each channel of the training images, with pixels from 0 to 1")
        lines += [f"MEAN = {plan.normalization.mean!r}", f"STD = {plan.normalization.std!r}"]
    if plan.frozen:
        lines.append(f"FROZEN = {_written(plan.frozen)}")
    lines += ["", "# the recipe"]
    if recipe.epochs is None:
        lines.append("EPOCHS = None  # 15, and more where the images are few")
    for name in ("epochs", *_NUMBERS):
        value = getattr(recipe, name)
        if recipe.matters(name) and value is not None and _NUMBERS.get(name, object()) != value:
            lines.append(f"{name.upper()} = {_written(value)}")
    if recipe.label_smoothing > 0:
        lines.append(f"LABEL_SMOOTHING = {recipe.label_smoothing!r}")
    if recipe.class_weights == "by hand":
        lines.append(f"CLASS_WEIGHTS = {_written(weights_by_hand(recipe))}")
    return lines


# fields that stand in the script under their own names, and the value with which they mean nothing
_NUMBERS: dict[str, object] = {
    "batch_size": None,
    "accumulation": 1,
    "learning_rate": None,
    "gradient_clip": 0.0,
    "averaging_decay": None,
    "step_epochs": None,
    "milestones": None,
    "step_factor": None,
    "epoch_factor": None,
    "warmup_epochs": None,
    "plateau_epochs": None,
    "focusing": None,
    "patience": 0,
    "validation_share": None,
    "seed": None,
}


def _classes(plan: Plan) -> list[str]:
    if not plan.classes:
        return ["CLASSES: list[str] = []  # the names of the folders"]
    whole = f"CLASSES = {_written(plan.classes)}"
    if len(whole) <= LINE_LENGTH:
        return [whole]
    return ["CLASSES = (", *(f"    {_written(name)}," for name in plan.classes), ")"]


def weights_by_hand(recipe: Recipe) -> tuple[float, ...]:
    """The numbers of the recipe's list of class weights. Raises ``ValueError`` where they are none."""
    return tuple(float(piece) for piece in recipe.class_weight_list.replace(";", ",").split(",") if piece.strip())


def _optimizer(recipe: Recipe, parameters: str) -> str:
    """The call that makes the optimizer."""
    told: dict[str, object] = {}
    if recipe.matters("momentum") and recipe.momentum:
        told["momentum"] = recipe.momentum
    if recipe.weight_decay:
        told["weight_decay"] = recipe.weight_decay
    if recipe.matters("nesterov") and recipe.nesterov:
        told["nesterov"] = True
    written = "".join(f", {name}={_written(value)}" for name, value in told.items())
    return f"torch.optim.{recipe.optimizer}({parameters}, lr=LEARNING_RATE{written})"


def _written(value: object) -> str:
    """``repr`` with the quotes that black and ruff prefer, wherever that changes nothing else."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_written, value))}{',' if len(value) == 1 else ''})"
    written = repr(value)
    plain = written[1:-1]
    return written if not isinstance(value, str) or '"' in plain or "\\" in plain else f'"{plain}"'
