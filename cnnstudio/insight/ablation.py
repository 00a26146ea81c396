"""Ablation: a part of a network is switched off on the way, and what that does; the network itself stays as it is.

No weight is touched: what comes after a node is given other numbers in the place of its own (Morcos et al. 2018,
arxiv.org/abs/1803.06959, switch channels off in the same way).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss

from cnnstudio.compiler.ending import Making
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Place, Way, way_and_level
from cnnstudio.headroom import headroom
from cnnstudio.insight.activations import TraceError, activation, network
from cnnstudio.insight.attribution.faithfulness import likely
from cnnstudio.insight.cut import Cut, cut, found_way, scores
from cnnstudio.insight.effect import Cost, Effect, Instead, Ranking, Switched
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import evaluated
from cnnstudio.training.drawing import drawing
from cnnstudio.training.needs import needs
from cnnstudio.training.node_values import stepped
from cnnstudio.worker import Report

IMAGES = 500  # validation pictures that an accuracy is of
RANKED = 200  # of them, that each channel is tried with
_TOGETHER = 64
_SHARE = 4  # of the free memory, one part in so many may be taken


def effect(subject: Subject, choice: int | OwnPicture, switched: Switched, report: Report) -> Effect:
    """What a network says with a part of it switched off, of a picture and of the first ``IMAGES`` validation pictures.

    Where ``report`` says to end, it is of the pictures until then. Raises ``TraceError`` where there is no such part.
    """
    picture, data, module = subject.picture(choice), subject.data, subject.module
    making = subject.prepared.probabilities
    with evaluated(module), drawing(0), torch.no_grad():
        own = _ready(subject, torch.tensor(picture.image)[None])
        usual = _usual(subject, switched, report)
        before = scores(module, subject.source, own)
        _check_classes(before, len(data.classes))
        after = _switched_off(subject, switched, own, usual)
        sums, seen = torch.zeros(4, dtype=torch.float64), 0
        for x, labels in _batches(subject, IMAGES):
            both = scores(module, subject.source, x), _switched_off(subject, switched, x, usual)
            for place, given in enumerate(both):
                right, loss = _told(given, labels, making)
                sums[place] += right
                sums[2 + place] += float(loss.sum())
            seen += len(labels)
            if not report("Asking with and without it", seen / min(IMAGES, len(data.validation_labels))):
                break
    right, right_after, loss_before, loss_after = (sums / max(1, seen)).tolist()
    return Effect(
        switched,
        data.classes,
        picture.label,
        picture.image.copy(),
        likely(before, making)[0].float().cpu().numpy(),
        likely(after, making)[0].float().cpu().numpy(),
        (right, right_after),
        (loss_before, loss_after),
        seen,
        len(data.validation_labels),
        usual.channels,
        making is not None,
    )


def ranking(subject: Subject, node: str | Place, instead: Instead, report: Report) -> Ranking:
    """What the loss of each channel of a node costs, over the first ``RANKED`` validation pictures.

    The network is computed up to the node once for all channels, and on from there for each. Where ``report`` says to
    end, it is of the channels until then. Raises ``TraceError`` where the network has no such node.
    """
    module, data, making = subject.module, subject.data, subject.prepared.probabilities
    with evaluated(module), drawing(0), torch.no_grad():
        usual = _usual(subject, Switched(node, instead=instead), report)
        way = found_way(subject, node)
        batches = [(cut(module, subject.source, way, x), labels) for x, labels in _batches(subject, RANKED)]
        images = sum(len(labels) for _, labels in batches)
        _check_classes(batches[0][0].onward(batches[0][0].value), len(data.classes))
        whole = _sums(batches, making, usual)
        costs: list[Cost] = []
        for channel in range(usual.channels):
            found = _sums(batches, making, usual, Switched(node, (channel,), instead=instead))
            costs.append(Cost(channel, (found[1] - whole[1]) / images, (whole[0] - found[0]) / images))
            if not report(f"Switching off one channel of {node} after the other", (channel + 1) / usual.channels):
                break
    ordered = tuple(sorted(costs, key=lambda each: (-each.loss, each.channel)))
    return Ranking(str(node), instead, ordered, usual.channels, images)


# the numbers in the place of others


@dataclass(frozen=True, eq=False)
class _Usual:
    """What a node usually gives: the mean (C, ...) over some validation pictures, and how wide each channel spreads."""

    mean: Tensor
    spread: Tensor
    axis: int  # of the channels, among the axes of a batch

    @property
    def channels(self) -> int:
        """How many channels there are."""
        return int(self.mean.shape[self.axis])

    def instead_of(self, value: Tensor, switched: Switched) -> Tensor:
        """What the node gives for some pictures (N, ...) where a part of it is switched off."""
        if switched.instead is Instead.AVERAGE:
            other = self.mean.expand_as(value)
        elif switched.instead is Instead.NOISE:
            random = torch.Generator().manual_seed(0)  # the same each time, so that two channels can be compared
            other = value + torch.randn(value.shape, generator=random).to(value.device) * self.spread
        else:
            other = torch.zeros_like(value)
        if not switched.channels:
            return other
        if beyond := [each for each in switched.channels if not 0 <= each < self.channels]:
            raise TraceError(f"{switched.node} has {self.channels} channels, and no channel {beyond[0] + 1}.")
        chosen = torch.zeros(self.channels, dtype=torch.bool, device=value.device)
        chosen[list(switched.channels)] = True
        across = [1] * value.ndim
        across[self.axis] = self.channels
        return torch.where(chosen.view(across), other, value)


def _usual(subject: Subject, switched: Switched, report: Report) -> _Usual:
    """What the node gives for the first ``RANKED`` validation pictures; without pictures where it is not asked for."""
    first = next(_batches(subject, 1))[0]
    way = found_way(subject, switched.node)
    value = activation(subject.module, subject.source, way, first)
    axis = 1 if value.ndim != 3 else 2  # tokens (N, L, D) end in their channels
    if value.ndim < 2 or not value.is_floating_point():
        raise TraceError(f"What {switched.node} gives has no channels that could be switched off.")
    total, squares, seen = torch.zeros_like(value[:1]), torch.zeros_like(value[:1]), 0
    if switched.instead is not Instead.ZERO:
        for x, labels in _batches(subject, RANKED):
            found = activation(subject.module, subject.source, way, x)
            total += found.sum(0, keepdim=True)
            squares += found.square().sum(0, keepdim=True)
            seen += len(labels)
            if not report(f"Seeing what {switched.node} usually gives", None):
                break
    mean = total / max(1, seen)
    others = [each for each in range(1, value.ndim) if each != axis]
    center = mean.mean(others, keepdim=True) if others else mean
    square = (squares / max(1, seen)).mean(others, keepdim=True) if others else squares / max(1, seen)
    return _Usual(mean, (square - center.square()).clamp(min=0).sqrt(), axis)


def _switched_off(subject: Subject, switched: Switched, x: Tensor, usual: _Usual) -> Tensor:
    """What the network ends in (N, K) for some pictures with a part of it switched off."""
    module, source = subject.module, subject.source
    way = found_way(subject, switched.node)
    if switched.reader is None:
        at = cut(module, source, way, x)
        return at.onward(usual.instead_of(at.value, switched))
    inside = way.insides[-1] if way.insides else network(source)
    step = next((step for step in inside.steps if step.node == _reader(subject, switched)), None)
    if step is None or way.node not in step.inputs:
        raise TraceError(f"{switched.reader} does not read {switched.node} in the trained network.")
    read = {name: activation(module, source, Way(name, way.insides), x) for name in step.inputs}
    read[way.node] = usual.instead_of(read[way.node], switched)
    value = dict(stepped(module.get_submodule(inside.path), [step], read))[step.node]
    return cut(module, source, Way(step.node, way.insides), x).onward(value)


def _reader(subject: Subject, switched: Switched) -> str:
    """The node that reads, as it is called where it is computed: of what is repeated, the first copy does."""
    if isinstance(switched.node, str):
        return str(switched.reader)
    _, level = way_and_level(subject.project.graph, subject.source, switched.node)
    return level.copies.get(str(switched.reader), [str(switched.reader)])[0]


# the pictures


def _ready(subject: Subject, images: Tensor) -> Tensor:
    place = next(subject.module.parameters(), torch.empty(0)).device
    mean, std = (torch.tensor(each, device=place).view(-1, 1, 1) for each in (subject.data.mean, subject.data.std))
    return normalised(images.to(place), mean, std)


def _batches(subject: Subject, most: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The first ``most`` validation pictures with their labels, as many at once as there is room for."""
    data = subject.data
    require_room_to_run(subject.source, tuple(data.shape))
    maps = max(1, needs(infer(subject.project.graph)).maps)
    step = min(at_once(data.shape, _TOGETHER, PASS), max(1, headroom() // (_SHARE * maps)))
    count = min(most, len(data.validation_labels))
    for start in range(0, count, step):
        end = min(count, start + step)
        yield _ready(subject, data.validation_images[start:end]), data.validation_labels[start:end]


def _sums(
    batches: list[tuple[Cut, Tensor]], making: Making | None, usual: _Usual, switched: Switched | None = None
) -> tuple[int, float]:
    """How many pictures are told right, and the sum of their losses, with a part switched off or with none."""
    right, total = 0, 0.0
    for at, labels in batches:
        given = at.onward(at.value if switched is None else usual.instead_of(at.value, switched))
        told, loss = _told(given, labels, making)
        right, total = right + told, total + float(loss.sum())
    return right, total


def _told(given: Tensor, labels: Tensor, making: Making | None) -> tuple[int, Tensor]:
    """How many are told right, and the cross-entropy of each: of scores with softmax, of probabilities as they are."""
    given = given.float().cpu()
    if making is Making.SOFTMAX or making is None:
        loss = cross_entropy(given, labels, reduction="none")
    else:
        shares = likely(given, making)
        loss = nll_loss(
            (shares / shares.sum(1, keepdim=True).clamp(min=1e-12)).clamp(min=1e-12).log(), labels, reduction="none"
        )
    return int((given.argmax(1) == labels).sum()), loss


def _check_classes(given: Tensor, count: int) -> None:
    if given.shape[1] != count:
        raise TraceError("The network does not end in a score for each class, so nothing can be compared.")
