"""Weight files: the best and the last weights of a run in its folder, and what of them the disk did not take."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from torch import Tensor

from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.loading import Data
from cnnstudio.training.events import EpochEnd
from cnnstudio.training.runs import epoch_weights
from cnnstudio.training.runs.folder import BEST, LAST, RunFolder
from cnnstudio.training.runs.weights_header import epoch_of, step_of
from cnnstudio.training.weights_account import described


class WeightFiles:
    """Writes best.safetensors and last.safetensors into ``folder``; without one nothing is written, nor owed.

    What last.safetensors held after an epoch is kept among those of the epochs.

    ``best`` are the best weights where they are in memory: where the recipe keeps them there, and where the disk did
    not take them. ``owed`` are the files that hold other weights than they should. ``steps`` is how many an epoch has,
    and ``told`` what else the files say.
    """

    def __init__(self, folder: Path | None, data: Data, recipe: Recipe, steps: int, told: Mapping[str, str]) -> None:
        self._steps = steps
        self._folder, self._data, self._recipe, self._told = folder, data, recipe, told
        self._last_epoch = 0  # which last.safetensors is of, where it is of the end of one
        self.best: dict[str, Tensor] = {}
        self.best_epoch = self.best_step = 0
        self._is_average = False
        self.owed: set[str] = set()
        self._begun_at = 0  # the step behind which the run was gone on with

    def resume(self, best: Mapping[str, Tensor], ended: EpochEnd | None, at: int) -> None:
        """Go on with what another run had after step ``at``; ``ended`` is its best epoch."""
        self.best, self._begun_at = dict(best), at
        if self._folder is not None:
            epoch, step = epoch_of(self._folder / LAST), step_of(self._folder / LAST)
            self._last_epoch = epoch if epoch and step == epoch * self._steps else 0
        if ended is not None:
            self.best_epoch, self._is_average = ended.epoch, ended.is_average_better
            self.best_step = ended.epoch * self._steps

    def step(self) -> None:
        """A step was taken: the last weights are on no disk now."""
        self.owed.add(LAST)

    def end_epoch(self, ended: EpochEnd, best: Mapping[str, Tensor]) -> None:
        """An epoch has ended; where it is the best so far, ``best`` are its weights."""
        self.owed.add(LAST)
        if ended.is_best:
            self.best_epoch, self._is_average = ended.epoch, ended.is_average_better
            self.best_step = ended.epoch * self._steps
            self.owed.add(BEST)
            if self._recipe.keep_best or self.best:
                self.best = copied(best)

    def write(self, name: str, tensors: Mapping[str, Tensor], epoch: int, step: int) -> None:
        """Write weights that were so after ``epoch``, the last whole one, and ``step``. Raises ``WeightsError``.

        The best ones are held in memory where the disk does not take them.
        """
        if self._folder is not None:
            if name == LAST and self._last_epoch:
                epoch_weights.keep(RunFolder(self._folder), self._last_epoch)
            told = described(epoch, self._data, self._recipe) | dict(self._told) | {"step": str(step)}
            is_average = name == BEST and self._is_average
            try:
                weights.save(self._folder / name, tensors, told | ({"averaged": "yes"} if is_average else {}))
            except weights.WeightsError:
                if name == BEST and not self.best:
                    self.best = copied(tensors)
                raise
            if name == LAST:
                self._last_epoch = epoch if step == epoch * self._steps else 0
        self.owed.discard(name)
        if name == BEST and not self._recipe.keep_best:
            self.best = {}

    def settle(self, last: Mapping[str, Tensor], epoch: int, step: int) -> None:
        """Write once more what is owed, at the end of the run; ``last`` are the weights that it ends with.

        Nothing is said of what the disk does not take now either: whoever began the run reads what is there. A run that
        was killed may have left later ones than it goes on from: where it took no step since, they stay.
        """
        has_later = self._folder is not None and (step_of(self._folder / LAST) or 0) > step == self._begun_at
        with suppress(weights.WeightsError):
            if LAST in self.owed and not has_later:
                self.write(LAST, last, epoch, step)
        with suppress(weights.WeightsError):
            if BEST in self.owed and self.best:
                self.write(BEST, self.best, self.best_epoch, self.best_step)


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A copy that nobody else changes."""
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
