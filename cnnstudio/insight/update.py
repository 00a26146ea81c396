"""Update: what the next step would make of one weight of the network, told from a batch of training images on (torch).

The network itself is left as it is: everything is computed with a copy of it, in ``train`` mode and in float64.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count as count_up

import numpy as np
import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import Place, WayError, way_and_level
from cnnstudio.graph import Composite
from cnnstudio.insight.calculation import Line, Numbers, UnexplainedError
from cnnstudio.insight.examination import layer_at
from cnnstudio.insight.subject import Subject
from cnnstudio.insight.weight_update import Index, Slope, StepTaken, finite_difference, slope, step_taken
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.batches import sizes
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import at_once
from cnnstudio.training.device import first_line
from cnnstudio.training.drawing import drawing
from cnnstudio.training.freezing import Backbones
from cnnstudio.training.losses import Loss
from cnnstudio.training.optimizers import optimizer
from cnnstudio.training.schedules import schedule
from cnnstudio.wording import counted
from cnnstudio.worker import Report, unheard

IMAGES = 64
"""How many images a batch has at most."""
ROOM = 4_000_000
"""The bytes of images that are gone through: of larger images there are fewer."""
TOLD = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.BatchNorm1d)
"""The layers of which a weight can be followed."""


@dataclass(frozen=True, eq=False)
class Update:
    """One weight of a layer, its gradient in parts, its next step, and the slope of the loss as it is measured.

    ``weights`` and their ``gradients`` are those of the whole layer, in the shape of its parameter; ``index`` is a
    place in them. ``gradient`` is autograd's, which ``slope`` adds up from its parts. ``measured`` comes from two
    losses, a little above and a little below the weight. ``lines`` go from the gradient to the new weight; ``batch``,
    ``mode`` and ``memory`` are sentences.
    """

    place: Place
    title: str
    index: Index
    weights: Numbers
    gradients: Numbers
    slope: Slope
    measured: float
    step: StepTaken
    loss: float
    images: int
    batch: str
    mode: str
    memory: str

    @property
    def gradient(self) -> float:
        """Autograd's gradient of the weight."""
        return float(self.gradients[self.index])

    def largest(self, most: int) -> list[tuple[Index, float, float, float]]:
        """So many places of the sum, the largest products first: where, what was read, upstream gradient, product."""
        terms = self.slope.terms
        order = np.argsort(-np.abs(terms), axis=None, kind="stable")[:most]
        places = [tuple(int(each) for each in np.unravel_index(int(number), terms.shape)) for number in order]
        return [(at, float(self.slope.read[at]), float(self.slope.upstream[at]), float(terms[at])) for at in places]


def update(subject: Subject, place: Place, index: Index | None, report: Report = unheard) -> Update:
    """What the next step would make of the weight at ``index`` of the layer at ``place``; of the steepest without one.

    It goes three times through a batch, forwards, and once backwards; belongs on a thread. Weights, gradients,
    statistics and random numbers stay as they are, and so does the memory of the optimizer. Raises
    ``UnexplainedError`` with a sentence for what is no such layer, or does not learn; and where ``report`` says to end.
    """
    path, title = _path(subject, place)
    layer = layer_at(subject.module, path)
    if not isinstance(layer, TOLD) or layer.weight is None:
        raise UnexplainedError(
            f"{title} has no weight that is followed here: choose a Conv2d, a Linear or a BatchNorm."
        )
    recipe, data, step = subject.project.recipe, subject.data, subject.step
    count = len(data.train_labels)
    images = at_once(data.shape, min(IMAGES, recipe.batch_size, count), ROOM)
    chosen = torch.linspace(0, count - 1, images).round().long()
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (data.mean, data.std))
    x = normalised(data.train_images[chosen].cpu(), mean, std).double()
    require_room_to_run(subject.source, tuple(x.shape[1:]))
    targets, loss = data.train_labels[chosen].cpu(), Loss(recipe, data.train_labels, data.classes)
    with torch.enable_grad():
        module = copy.deepcopy(subject.module).cpu().double().train()
        steps = max(1, len(sizes(count, recipe.batch_size * recipe.accumulation)))
        backbones = Backbones(module, subject.source, recipe)
        first = optimizer(backbones.groups(), recipe)
        backbones.hold(1 + step // steps)
        _hold_still(module, subject.source.backbones)
        part = layer_at(module, path)
        assert isinstance(part, TOLD)
        weight = part.weight
        if not weight.requires_grad:
            raise UnexplainedError(f"The weights of {place} are frozen: no step changes them.")

        passes = count_up(1)

        def objective() -> Tensor:
            if not report("Going through the batch…", next(passes) / 4):
                raise UnexplainedError("It was cancelled.")
            with drawing(step):
                return loss.objective(module(x), targets)

        entered, upstream, gradients, value, norm = _gradients(module, part, objective, place)
        at = index if index is not None and _is_in(index, gradients.shape) else _steepest(gradients)
        found = slope(part, entered, upstream, "weight", at)
        measured = finite_difference(lambda tried: _with(weight, at, tried, objective), float(weight.detach()[at]))
    gradient, clipped = float(gradients[at]), None
    if 0 < recipe.gradient_clip < norm:
        words = f"clipped: all gradients together are {norm:.4g} long, and {recipe.gradient_clip:g} is allowed"
        clipped = Line(words, gradient * recipe.gradient_clip / (norm + 1e-6))
    for group in first.param_groups:
        group["lr"] = schedule(recipe, steps)(0) * group["factor"]
    asked = clipped.value if clipped is not None else gradient
    live = subject.prepared.end.optimizer
    if live is not None:
        taken = step_taken(live, subject.module.get_parameter(f"{path}.weight"), at, asked)
        memory = f"With what {recipe.optimizer} remembers after {counted(step, 'step')} of this run, and its rate."
    else:
        taken = step_taken(first, weight, at, asked)
        memory = f"As in a first step: {recipe.optimizer} remembers nothing yet, and the rate is that of the beginning."
    if clipped is not None:
        taken = replace(taken, lines=(Line("gradient", gradient), clipped, *taken.lines[1:]))
    values = weight.detach().numpy()
    return Update(
        place, title, at, values, gradients, found, measured, taken, value, images,
        _batch(recipe, images, count), _mode(module, part), memory,
    )  # fmt: skip


def _path(subject: Subject, place: Place) -> tuple[str, str]:
    """Where the module has the layer, and the title of its block."""
    graph = subject.project.graph
    if not place.scope and place.node not in graph.acting:
        raise UnexplainedError(f"{place} is not in the network that is looked into.")
    try:
        way, level = way_and_level(graph, subject.source, place)
    except WayError as error:
        raise UnexplainedError(str(error)) from error
    block, path = level.graph[way.node].block, level.paths.get(way.node)
    if isinstance(block, Composite):
        raise UnexplainedError(f"{block.title} is made of other blocks: open it and choose one of its layers.")
    if path is None or level.graph[way.node].is_input:
        raise UnexplainedError(f"{block.title} has no weights.")
    return path, block.title


def _hold_still(module: nn.Module, backbones: Iterable[str]) -> None:
    """What is frozen in a backbone keeps its statistics, as in a run."""
    for path in backbones:
        backbone = module.get_submodule(path)
        for part in (backbone, *backbone.children()):
            parameters = list(part.parameters())
            if parameters and not any(parameter.requires_grad for parameter in parameters):
                part.eval()


def _gradients(
    module: nn.Module, part: nn.Module, objective: Callable[[], Tensor], place: Place
) -> tuple[Numbers, Numbers, Numbers, float, float]:
    """What enters the layer, what is asked of what comes out, the gradients of its weights, the loss, and how long
    all gradients of the network are together."""
    seen = list[tuple[Tensor, Tensor]]()

    def heard(_: nn.Module, entering: tuple[Tensor, ...], value: Tensor) -> Tensor:
        seen.append((entering[0].detach().clone(), value))
        return value.clone()  # an activation in place may write into it

    hook = part.register_forward_hook(heard)
    try:
        value = objective()
    except RuntimeError as error:
        raise UnexplainedError(f"The network cannot be computed in float64: {first_line(error)}") from error
    finally:
        hook.remove()
    if len(seen) != 1:
        raise UnexplainedError(
            f"{place} is used {counted(len(seen), 'time')} in one pass: its parts are not told here."
        )
    weight: Tensor = part.weight  # type: ignore[assignment] # of one of those that are told
    others = [each for each in module.parameters() if each.requires_grad and each is not weight]
    asked = [seen[0][1], weight, *others]
    upstream, own, *rest = torch.autograd.grad(value, asked, allow_unused=True)
    if upstream is None or own is None:
        raise UnexplainedError(f"The loss does not depend on {place}.")
    norm = torch.stack([each.norm() for each in (own, *rest) if each is not None]).norm()
    return seen[0][0].numpy(), upstream.numpy(), own.numpy(), float(value.detach()), float(norm)


def _with(weight: Tensor, at: Index, tried: float, objective: Callable[[], Tensor]) -> float:
    """The loss with another weight; afterwards it is as it was."""
    with torch.no_grad():
        before = float(weight[at])
        weight[at] = tried
        try:
            return float(objective())
        finally:
            weight[at] = before


def _batch(recipe: Recipe, images: int, count: int) -> str:
    """Of what the loss is."""
    words = f"The loss ({recipe.loss}) of {counted(images, 'training image')} out of {count:,}, as they are"
    if images < recipe.batch_size:
        words += f"; a batch of the recipe has {recipe.batch_size:,}"
    used = {
        "augmentation": bool(recipe.augmentations), "the teacher": bool(recipe.teacher),
        "accumulation": recipe.accumulation > 1,
    }  # fmt: skip
    lacking = " and ".join(name for name, is_used in used.items() if is_used)
    return f"{words}. Without {lacking}, which a run uses." if lacking else f"{words}."


def _mode(module: nn.Module, part: nn.Module) -> str:
    """In which mode the copy computed."""
    norms = [each for each in module.modules() if isinstance(each, nn.modules.batchnorm._BatchNorm)]
    words = "Computed with a copy in train mode"
    if norms:
        words += ", where BatchNorm normalises by this batch" if any(each.training for each in norms) else ""
    if any(isinstance(each, nn.modules.dropout._DropoutNd) and each.p > 0 for each in module.modules()):
        words += ", and dropout is on"
    return f"{words}. The network is as it was."


def _steepest(gradients: Numbers) -> Index:
    largest = int(np.nan_to_num(np.abs(gradients)).argmax())
    return tuple(int(each) for each in np.unravel_index(largest, gradients.shape))


def _is_in(index: Index, shape: tuple[int, ...]) -> bool:
    return len(index) == len(shape) and all(0 <= at < size for at, size in zip(index, shape, strict=True))
