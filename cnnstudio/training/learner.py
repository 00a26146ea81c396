"""Learner: what one step of the training does, and what it remembers from step to step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cnnstudio.project.recipe import Recipe
from cnnstudio.training.averaging import Average
from cnnstudio.training.batches import Sides, sizes
from cnnstudio.training.compiling import forward
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import Device, Forward
from cnnstudio.training.distillation import Teacher
from cnnstudio.training.distributed import ALONE, Group
from cnnstudio.training.freezing import Backbones
from cnnstudio.training.losses import Loss
from cnnstudio.training.optimizers import optimizer
from cnnstudio.training.random_streams import RandomStreams
from cnnstudio.training.schedules import Plateau
from cnnstudio.training.trunk import Kept


class Learner:
    """The optimizer of a run with all that a recipe puts around it: loss, teacher, scaled gradients, average, plateau.

    ``notes`` are sentences for people. Raises ``TrainingError`` with a sentence for what the recipe asks for and cannot
    have. While features of a trunk are ``kept``, the numbers of images take the place of the images.
    """

    def __init__(
        self,
        module: nn.Module,
        data: Data,
        recipe: Recipe,
        device: Device,
        backbones: Backbones,
        *,
        group: Group = ALONE,
    ) -> None:
        self._module, self._recipe, self._device, self._group = module, recipe, device, group
        self.loss = Loss(recipe, data.train_labels, data.classes)
        self._teacher = Teacher(recipe, data, device) if recipe.teacher else None
        self.average = Average(module, recipe.averaging_decay) if recipe.averaging else None
        self._sides = Sides(data, recipe)
        self.plateau = Plateau()
        self.optimizer = optimizer(backbones.groups(), recipe)
        self._scaler = torch.amp.GradScaler(device.torch.type, enabled=device.float16)
        self._call, self.notes = forward(module, device, recipe.compile and group.is_alone)
        self.is_compiled = self._call is not module
        if recipe.compile and not group.is_alone:
            self.notes = ("Where several processes train together, the network is not compiled.",)
        self.kept: Kept | None = None

    def let_go(self) -> None:
        """Keep no features any more of a trunk that has begun to learn."""
        if self.kept is not None and not self.kept.trunk.is_frozen:
            self.kept = None

    def scores(self, images: Tensor) -> Tensor:
        """The scores (N, classes) of prepared images by the module as it is."""
        call = self._call if self.kept is None else self.kept.scores
        with self._device.autocast():
            return call(images).float()

    def _learning_scores(self, images: Tensor) -> Tensor:
        """``scores`` whose gradients will be those of all processes."""
        if self._group.is_alone:
            return self.scores(images)
        with self._device.autocast():
            found: Tensor = self._group.wrapped(self._module, images)(images).float()
            return found

    def _average_scores(self, average: Average, images: Tensor) -> Tensor:
        """The scores (N, classes) of prepared images by the averaged weights."""
        with self._device.autocast():
            return average.forward(self._module, images).float()

    @property
    def judged(self) -> tuple[Forward, ...]:
        """What gives the scores that validation judges: the weights, and behind them their average where there is one.

        Each is asked about the mirror images too, where the recipe wants that.
        """
        ways: list[Forward] = [self.scores]
        ways += [partial(self._average_scores, self.average)] if self.average is not None else []
        return tuple(map(self._sides.asked, ways))

    def step(self, images: Tensor, targets: Tensor, rate: float, random: RandomStreams) -> tuple[float, float, float]:
        """One step, at this rate, on prepared images and their labels (N,) or the shares of their classes (N, classes).

        Gives the loss that the step makes smaller, the loss as it is said, and how many were right, all of before the
        step. Where the first is no number, the weights stay as they are.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["factor"]
        parts = sizes(len(images), self._recipe.batch_size)
        pairs = zip(torch.split(images, parts), torch.split(targets, parts), strict=True)
        sums = [self._gradient(*pair, len(images), random) for pair in pairs]
        # one wait for the device a step; a loss that is no number must not reach the weights
        objective, said, right = self._group.summed(torch.stack(sums).sum(0)).tolist()
        if math.isfinite(objective):
            if self._recipe.gradient_clip > 0:
                self._scaler.unscale_(self.optimizer)
                nn.utils.clip_grad_norm_(self._module.parameters(), self._recipe.gradient_clip)
            self._scaler.step(self.optimizer)
            self._scaler.update()
            if self.average is not None:
                self.average.follow(self._module)
        self.optimizer.zero_grad(set_to_none=True)
        return objective, said, right

    def _gradient(self, images: Tensor, targets: Tensor, whole: int, random: RandomStreams) -> Tensor:
        """Add the gradient of one batch of the ``whole`` images of a step; its part of the three numbers (3,).

        Several processes take their share of the batch. One that has none of it goes along with two images of the
        first one's, which do not count: the others would wait for it.
        """
        own = self._group.rank.share(len(images))
        if not self._group.is_alone:
            part = slice(own.start, own.stop) if own else slice(0, 2)
            images, targets = images[part], targets[part]
        with random.layers(compiled=self.is_compiled):
            logits = self._learning_scores(images)
        objective = self.loss.objective(logits, targets)
        found = logits.detach()
        is_alike = self.loss.is_plain and self._teacher is None
        said = objective.detach() if is_alike else self.loss.measured(found, targets).mean()
        if self._teacher is not None:
            with random.layers(others=True):
                objective = self._teacher.taught(objective, logits, images)
        share = len(own) / whole
        # several gradients become their mean, and here it is their sum that is wanted
        self._scaler.scale(objective * (share * self._group.rank.size)).backward()  # type: ignore[no-untyped-call]
        answers = found.argmax(1)
        right = targets.gather(1, answers[:, None]).sum() if targets.dim() > 1 else (answers == targets).sum()
        return torch.stack((objective.detach() * share, said * share, right.to(said.dtype) * bool(own)))

    # what is remembered

    @property
    def memory(self) -> dict[str, dict[str, Any]]:
        """What remembers something beside the optimizer, by its name: tensors on the CPU and numbers."""
        found: dict[str, dict[str, Any]] = {}
        if self.average is not None:
            found["average"] = self.average.state
        if self._scaler.is_enabled():
            found["scaler"] = dict(self._scaler.state_dict())
        if self._recipe.schedule == "plateau":
            found["plateau"] = asdict(self.plateau)
        return found

    def remember(self, memory: Mapping[str, Mapping[str, Any]]) -> None:
        """Go on with what a ``memory`` says; of what it does not know the beginning stays."""
        if self.average is not None and "average" in memory:
            self.average.restore(memory["average"])
        if self._scaler.is_enabled() and "scaler" in memory:
            self._scaler.load_state_dict(dict(memory["scaler"]))
        if "plateau" in memory:
            self.plateau = Plateau(**memory["plateau"])
