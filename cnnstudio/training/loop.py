"""Training: one generator of events. Pausing is not asking for the next one, stopping is ``close()``.

``for event in train(module, data, recipe): ...`` The generator may be pulled from any one thread.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import starmap
from pathlib import Path

import torch
from torch import Tensor, nn

from cnnstudio.compiler.source import Source
from cnnstudio.headroom import not_enough, ran_out
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import first_batch, weights
from cnnstudio.training.batches import Batches
from cnnstudio.training.build import build, parts_that_draw, require_room_to_run
from cnnstudio.training.classification_metrics import Counts, Metrics
from cnnstudio.training.data.loading import Data
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import (
    TrainingError,
    chosen_device,
    evaluated,
    explained,
    first_line,
    of_any_batch,
    prepare_thread,
)
from cnnstudio.training.distributed import ALONE, Group
from cnnstudio.training.events import EpochEnd, Event, Finished, Foreseen, Remark, Started, Step, Validating
from cnnstudio.training.fit import check
from cnnstudio.training.freezing import Backbones
from cnnstudio.training.learner import Learner
from cnnstudio.training.node_values import why_not_finite
from cnnstudio.training.optimizers import memory, remember
from cnnstudio.training.pace import PACE, Steps, paced
from cnnstudio.training.position import Cursor, Position
from cnnstudio.training.probe import Probe, View
from cnnstudio.training.random_streams import RandomStreams
from cnnstudio.training.resume import Keeper
from cnnstudio.training.runs.folder import BEST, LAST
from cnnstudio.training.runs.on_disk import End
from cnnstudio.training.schedules import EPOCHS, epochs_of, schedule
from cnnstudio.training.trunk import is_worth_keeping, kept_trunk
from cnnstudio.training.turn import undisturbed
from cnnstudio.training.weight_files import WeightFiles, copied
from cnnstudio.wording import counted, duration

__all__ = ["TrainingError", "fresh", "train"]


def fresh(source: Source, recipe: Recipe) -> nn.Module:
    """The network with the first weights that the recipe's seed gives."""
    return build(source.text, source.class_name, recipe.seed)


def train(  # noqa: PLR0917 - the first three are the run, the others what comes with it
    module: nn.Module,
    data: Data,
    recipe: Recipe,
    folder: Path | None = None,
    probes: Sequence[Probe] = (),
    source: Source | None = None,
    rate: Callable[[int], float] | None = None,
    begin: Position | None = None,
    keeper: Keeper | None = None,
    group: Group = ALONE,
    end: End | None = None,
) -> Generator[Event, None, None]:
    """Train ``module`` in place and say what happens.

    ``folder`` gets best.safetensors (by validation accuracy) and last.safetensors. ``probes`` look at the network
    between two steps; what they see comes among the events. ``source`` is the text that ``module`` was built from.
    ``rate`` takes the place of the recipe's schedule: the learning rate of a step, from 0. With ``begin`` the run goes
    on from there, the module having the weights of that moment; ``keeper`` writes from where it can go on.
    ``group`` are the processes that train it together: in each of them the same events come in the same order.
    However the run ends, the module holds the last good weights, on the CPU and in eval mode; or the best, where those
    are in memory. ``end`` is told which. Raises ``TrainingError`` with a sentence for what cannot be trained.
    """
    run = _Run(module, data, recipe, folder, list(probes), source, group, begin, rate, keeper, end=end or End())
    try:
        with group.heard(), explained(recipe), contextlib.closing(run.events()) as events:
            while True:
                with undisturbed:
                    event = next(events, None)
                if event is None:
                    return
                yield event
    finally:
        run.close()


@dataclass
class _Run:
    """A training run while it goes on, from ``begin`` or else from the start.

    It goes from position to position: between two events nothing that going on needs is anywhere but in ``position``
    and in the weights of ``module``.
    """

    module: nn.Module
    data: Data
    recipe: Recipe
    folder: Path | None
    probes: list[Probe]
    source: Source | None
    group: Group = ALONE
    begin: Position | None = None
    given_rate: Callable[[int], float] | None = None
    keeper: Keeper | None = None
    between: bool = False  # two steps: only there can a run go on
    moved: bool = False  # since the last checkpoint
    good: dict[str, Tensor] = field(default_factory=dict)
    good_epoch: int = 0
    has_gone_back: bool = False  # to the good weights
    end: End = field(default_factory=End)
    said: set[str] = field(default_factory=set)

    @property
    def position(self) -> Position:
        """Where the run is, once it has begun. While the validation images are gone through, it is before that."""
        good = {name: tensor.cpu() for name, tensor in self.good.items()}
        kept = self.learner.memory | {PACE: asdict(self.pace)}
        if self.files.best:
            kept["best"] = {name: tensor.cpu() for name, tensor in self.files.best.items()}
        return Position(self.cursor, self.random.states, memory(self.learner.optimizer), good, self.good_epoch, kept)

    def events(self) -> Generator[Event, None, None]:
        """The whole run, or the rest of one."""
        self.group.together(self._prepare)
        self.agreed = self.group.settle(self.module, self.data, self.device)
        learned = sum(parameter.numel() for parameter in self.module.parameters() if parameter.requires_grad)
        yield Started(self.epochs, len(self.batches.sizes), self.device.name, self._notes, learned)
        yield from self._foresee()
        while self.cursor.epoch <= self.epochs and not self.cursor.has_waited(self.recipe.patience):
            is_good = yield from self._epoch()
            if not is_good:
                return
        yield Finished("done", self._account, self.cursor.best.epoch if self.cursor.best else None)

    @property
    def _notes(self) -> tuple[str, ...]:
        """What there is to say before the first step."""
        notes = [*self.data.notes, *self.batches.notes, *self.backbones.notes, *self.device.notes]
        notes += [*self.learner.notes, *self.agreed]
        if self.recipe.epochs is None and self.epochs > EPOCHS:
            notes.append(f"There are few images, so it goes through them {self.epochs} times.")
        return tuple(notes)

    @property
    def _account(self) -> str:
        """How a run went that came to its end."""
        best, done = self.cursor.best, self.cursor.epoch - 1
        sentence = f"Trained for {counted(done, 'epoch')} in {_duration(self.cursor.seconds)}."
        if done < self.epochs:
            sentence += f" It ended early, since {counted(self.recipe.patience, 'epoch')} brought nothing better."
        if best is None:
            return sentence
        kind = "averaged weights" if best.is_average_better else "weights"
        held = " The network has them now." if self.recipe.keep_best else ""
        return (
            f"{sentence} The best {kind} are those of epoch {best.epoch}: "
            f"{best.score[0]:.1%} of the {len(self.data.validation_labels):,} validation images.{held}"
        )

    def _prepare(self) -> None:
        """Make ready what the run works with, and stand where it begins."""
        prepare_thread()
        self.device = chosen_device(self.module, self.recipe)
        self.random = RandomStreams(self.recipe.seed, self.device.torch, self.group.rank.number)
        require_room_to_run(self.source, tuple(self.data.shape))
        check(self.module, self.data)
        self.device.take(self.module)
        self.backbones = Backbones(self.module, self.source, self.recipe)
        self.batches = Batches(self.data, self.recipe, self.device)
        with self.random.apart():
            trial = Steps(self.module, self.data, self.batches.prepared) if self.group.is_alone else None
            self.device, self.pace = paced(self.device, self.recipe, trial, self.begin)
        self.learner = Learner(self.module, self.data, self.recipe, self.device, self.backbones, group=self.group)
        self.end.optimizer = self.learner.optimizer
        if not self.learner.is_compiled:
            self.random.heed(self.module, parts_that_draw(self.source, self.data.shape))
        told = {"threads": str(self.pace.threads), "precision": self.device.precision}
        self.files = WeightFiles(self.folder, self.data, self.recipe, len(self.batches.sizes), told)
        self.good = copied(self.module.state_dict())
        self.epochs = epochs_of(self.recipe, len(self.batches.sizes))
        self.rate = self.given_rate or schedule(self.recipe, len(self.batches.sizes))
        if self.begin is None:
            self.cursor = Cursor(self.batches.order(self.random.images))
        else:
            self._go_to(self.begin)
        self.between = True

    def _go_to(self, begin: Position) -> None:
        """Stand where another run stood."""
        self.cursor = begin.cursor
        try:
            self.random.restore(begin.random)
            remember(self.learner.optimizer, begin.optimizer)
            self.learner.remember(begin.kept)
            self.files.resume(begin.kept.get("best", {}), begin.cursor.best, self._steps)
        except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise TrainingError("The checkpoint is damaged or of another network.") from error
        self.good, self.good_epoch = begin.good, begin.good_epoch
        if self.cursor.step > 0:
            self.files.step()

    def _epoch(self) -> Generator[Event, None, bool]:
        """The rest of the epoch; whether the run can go on."""
        epoch, steps = self.cursor.epoch, len(self.batches.sizes)
        self.module.train()
        self.backbones.hold(epoch)
        self.learner.let_go()
        while self.cursor.step < steps:
            step, images = (epoch - 1) * steps + self.cursor.step, self.batches.sizes[self.cursor.step]
            started = time.perf_counter()
            rate = self.rate(step) * self.learner.plateau.factor
            self.between = False
            objective, loss, right = self._step(rate)
            if not math.isfinite(objective):
                if self.good_epoch or self.files.owed:
                    yield self._diverged(f"The loss became {_said(objective)} at step {step + 1:,}, in epoch {epoch}.")
                else:
                    yield self._never_a_number(objective)
                return False
            self.cursor = self.cursor.stepped(loss, right, images, time.perf_counter() - started)
            self.between = self.moved = True
            speed = self.cursor.seen / max(self.cursor.epoch_seconds, 1e-9)
            yield Step(step + 1, epoch, loss, right / images, rate, speed)
            yield from self._look(step + 1, epoch)
            yield from self._checkpoint()  # after the events: whoever keeps them has them before
        validation, average, seconds = yield from self._validate()
        if not math.isfinite(validation.loss) or not self._is_sound():
            yield self._diverged(f"The weights became too large in epoch {epoch}.")
            return False
        ended = self.cursor.ended(validation, average, seconds)
        self.good, self.good_epoch = copied(self.module.state_dict()), epoch
        self.files.end_epoch(ended, self._weights_of(ended))
        yield from self._write(LAST, self.module.state_dict())
        if BEST in self.files.owed:
            yield from self._write(BEST, self.files.best or self._weights_of(ended))
        self.between = False
        self.learner.plateau = self.learner.plateau.after(validation.loss, self.recipe)
        self.cursor = self.cursor.following(ended, self.batches.order(self.random.images))
        self.between = self.moved = True
        yield ended
        yield from self._checkpoint()
        return True

    def _step(self, rate: float) -> tuple[float, float, float]:
        """One step of the optimizer: the loss that it makes smaller, the loss as it is said and how many were right."""
        order, step = self.cursor.order, self.cursor.step
        is_noted = self.folder is not None and (self.cursor.epoch, step) == (1, 0)
        if self.learner.kept is None or is_noted:
            images, targets = self.batches.batch(order, step, self.cursor.epoch, self.random.images)
        if self.folder is not None and is_noted:
            with contextlib.suppress(OSError):  # a full disk is told of when the weights are written
                first_batch.write(self.folder, images, targets, self.data)
        if self.learner.kept is not None:
            images = self.batches.numbers(order, step)
            targets = self.batches.labels(images)
        objective, loss, right = self.learner.step(images, targets, rate, self.random)
        if math.isfinite(objective):
            self.files.step()
        return objective, loss, right

    def _foresee(self) -> Iterator[Event]:
        """Send all images once through what does not learn, and keep what comes out of it, where that is worth it."""
        if self.group.is_alone and is_worth_keeping(self.recipe, self.epochs - self.cursor.epoch):
            self.module.train()
            self.backbones.hold(self.cursor.epoch)
            with self.random.apart():
                kept, why = kept_trunk(self.module, self.source, self.data, self.device, self.batches.prepared)
            yield from self._remark(why) if why else ()
            yield from starmap(Foreseen, kept.compute() if kept is not None else ())
            self.learner.kept = kept

    def _validate(self) -> Generator[Event, None, tuple[Metrics, Metrics | None, float]]:
        """What the validation images say of the weights, and of their average where there is one; how long it took."""
        images, labels = self.data.validation_images, self.data.validation_labels
        learner, seconds = self.learner, 0.0
        counts = [Counts(len(self.data.classes), self.device.torch) for _ in learner.judged]
        # looking costs a third of learning: a person waits no longer here
        batch = self.recipe.batch_size
        size = max(batch, at_once(self.data.shape, max(32, 2 * batch), PASS)) * self.group.rank.size
        self.group.share([*self.module.buffers(), *(learner.average.tensors.values() if learner.average else ())])
        for start in range(0, len(labels), size):
            started = time.perf_counter()
            end = min(start + size, len(labels))
            own = self.group.rank.share(end - start)
            part = slice(start + own.start, start + own.stop)
            x = learner.kept.of_validation(part) if learner.kept else self.batches.prepared(images[part])
            wanted = labels[part].to(self.device.torch)
            for scores, count in zip(learner.judged, counts, strict=True) if own else ():
                # with the same draws at each epoch, so that epochs compare where a layer draws when it is evaluated too
                with evaluated(self.module), torch.no_grad(), self.random.apart(start, others=False):
                    logits = of_any_batch(scores, x)
                    count.take(logits, wanted, learner.loss.measured(logits, wanted))
            if self.device.torch.type != "cpu":
                _ = wanted.sum().item()  # it is done when the device is
            seconds += time.perf_counter() - started
            yield Validating(self.cursor.epoch, end, len(labels))
        for count in counts:
            count.add_up(self.group.summed)
        validation, *average = (count.metrics for count in counts)
        return validation, average[0] if average else None, seconds

    def _look(self, step: int, epoch: int) -> Iterator[Event]:
        """What the probes see that are due, and of one that raises the reason; the run is as if nobody had looked."""
        for probe in tuple(self.probes):
            try:
                if not probe.is_due(step):
                    continue
                view = View(self.module, self.source, self.data, step, epoch, self.batches.prepared)
                with evaluated(self.module), torch.no_grad(), self.random.apart():
                    seen = list(probe.look(view))  # all of it here: whoever takes the events is outside
            except Exception as error:
                self.probes = [other for other in self.probes if other is not probe]
                reason = (not_enough("for that") if ran_out(error) else first_line(error)).rstrip(".")
                yield from self._remark(f"Looking into the network failed: {reason}. Training goes on without it.")
                continue
            for event in seen:
                yield from self._remark(event.sentence) if isinstance(event, Remark) else (event,)

    def _weights_of(self, ended: EpochEnd) -> Mapping[str, Tensor]:
        """What is to be kept of the epoch that has just ended."""
        average = self.learner.average if ended.is_average_better else None
        return average.tensors if average is not None else self.module.state_dict()

    def _checkpoint(self) -> Iterator[Event]:
        """Keep from where to go on, where the last time was long enough ago."""
        if self.keeper is not None and self.keeper.is_due:
            try:
                self.keeper.keep(self.position, self.module)
                self.moved = False
            except weights.WeightsError as error:
                yield from self._remark(f"{error} Training goes on without keeping from where to go on.", True)

    def _diverged(self, what: str) -> Finished:
        self.between = False
        self._go_back()
        best = self.cursor.best
        epoch = best.epoch if best is not None and self.files.best else self.good_epoch
        kept = f"those of epoch {epoch}" if epoch else "the first ones"
        smaller = f"{self.recipe.learning_rate / 10:.2g}"
        clip = "" if self.recipe.gradient_clip else ", or clip the gradient at 1"
        advice = f"The steps are too long: try a learning rate of {smaller}{clip}."
        return Finished("diverged", f"{what} {advice} The weights are {kept}.", best.epoch if best else None)

    def _never_a_number(self, loss: float) -> Finished:
        """The end of a run whose first loss is no number: no weight has moved yet, so that no rate is to blame."""
        at = self.cursor
        images, _ = self.batches.batch(at.order, at.step, at.epoch, self.random.images)
        with self.device.autocast():
            why = why_not_finite(self.module, self.source, images)
        self.module.load_state_dict(self.good)
        what = f"The loss is {_said(loss)} before any weight has moved, so the learning rate is not to blame."
        return Finished("diverged", f"{what} {why} Nothing was learned.", None)

    def _remark(self, sentence: str, is_grave: bool = False) -> Iterator[Event]:
        if sentence not in self.said:
            self.said.add(sentence)
            yield Remark(sentence, is_grave)

    def _write(self, name: str, tensors: Mapping[str, Tensor]) -> Iterator[Event]:
        best = self.files.best_epoch, self.files.best_step
        try:
            self.files.write(name, tensors, *(best if name == BEST else (self.good_epoch, self._steps)))
        except weights.WeightsError as error:
            yield from self._remark(f"{error} Training goes on, and writes it again after the next epoch.", True)

    @property
    def _steps(self) -> int:
        """After how many steps of the whole run the weights were as they are."""
        epochs, step = (self.good_epoch, 0) if self.has_gone_back else (self.cursor.epoch - 1, self.cursor.step)
        return epochs * len(self.batches.sizes) + step

    def _go_back(self) -> None:
        self.module.load_state_dict(self.good)
        self.has_gone_back = True

    def _is_sound(self) -> bool:
        now = self.module.state_dict()
        return all(weights.is_sound(tensor.cpu(), self.good[name].cpu()) for name, tensor in now.items())

    def close(self) -> None:
        """Leave the module with good weights, on the CPU, and keep them."""
        if not self.good:  # nothing was begun
            return
        if not self._is_sound():
            self._go_back()
        elif self.keeper is not None and self.between and self.moved:
            with contextlib.suppress(weights.WeightsError):  # nobody listens any more
                self.keeper.keep(self.position, self.module)
        self.random.close()
        self.module.zero_grad(set_to_none=True)
        self.backbones.hold(0)
        self.device.give_back(self.module)
        self.module.eval()
        best, self.end.epoch, self.end.step, self.end.optimizer = self.files.best, self.good_epoch, self._steps, None
        self.files.settle(self.module.state_dict(), self.good_epoch, self._steps)
        if best:
            self.module.load_state_dict(best)
            self.end.epoch, self.end.step, self.end.is_best = self.files.best_epoch, self.files.best_step, True


def _said(loss: float) -> str:
    return "not a number" if math.isnan(loss) else "infinite"


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} seconds" if seconds < 60 else duration(seconds)
