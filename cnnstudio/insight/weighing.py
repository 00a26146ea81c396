"""Weighing: the numbers by which a part of a network weighs channels, places or tokens: gates and attention."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from cnnstudio.compiler.source import Place, Statement, Way, way_to
from cnnstudio.insight.activations import Activations, activations, network
from cnnstudio.insight.attribution.cam import laid
from cnnstudio.insight.attribution.question import AttributionError
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.insight.weighed import Kind, Weighed
from cnnstudio.training.build import require_room_to_run
from cnnstudio.training.data.loading import normalised
from cnnstudio.training.data.room import PASS, at_once
from cnnstudio.training.device import evaluated
from cnnstudio.training.drawing import drawing
from cnnstudio.training.node_values import stepped
from cnnstudio.worker import Report

PICTURES = 500  # validation pictures that means are of, at most
MOST = 12  # weighings of one node that are told
MOST_BYTES = 64 * 2**20  # of the means of all classes
_TOGETHER = 32
_SIGMOIDS = (torch.sigmoid, Tensor.sigmoid, functional.sigmoid, functional.hardsigmoid)
_SOFTMAXES = (torch.softmax, Tensor.softmax, functional.softmax)
_WORDS = ("sigmoid", "softmax", "attention")  # one of which is in the name of every function that is listened for
_PRODUCTS = ("mul", "mul_", "__mul__", "__rmul__", "multiply")
_MOVES = ("view", "reshape", "expand", "expand_as", "unsqueeze", "permute", "transpose", "contiguous")


def weighed(
    subject: Subject, place: Place, choice: int | OwnPicture, look: Activations = activations
) -> tuple[Weighed, ...]:
    """By what the node at ``place``, or what is inside it, weighs for one picture: the first ``MOST``, as they come.

    ``look`` finds what enters it, as ``activations`` does. The network is evaluated and left as it was. Raises
    ``WayError`` where there is no such place.
    """
    way = way_to(subject.project.graph, subject.source, place)
    images = torch.tensor(subject.picture(choice).image)[None]
    with evaluated(subject.module), drawing(0), torch.no_grad():
        return tuple(heard.told for heard in _heard(subject, way, _prepared(subject, images), look)[:MOST])


def mean_weighed(subject: Subject, place: Place, number: int, of_class: int | None, report: Report) -> Weighed:
    """The weighing of this ``number``, its mean over validation pictures of a class; without one, of each class apart.

    It is over the first ``PICTURES`` validation pictures; where ``report`` says to end, over those until then. Raises
    ``WayError`` where there is no such place, ``AttributionError`` where there is no such weighing or picture.
    """
    data, way = subject.data, way_to(subject.project.graph, subject.source, place)
    labels = data.validation_labels[:PICTURES]
    chosen = torch.arange(len(labels)) if of_class is None else torch.nonzero(labels == of_class).ravel()
    if not len(chosen):
        raise AttributionError("None of the validation pictures is of this class.")
    groups = len(data.classes) if of_class is None else 1
    total, counts, first = torch.zeros(0), torch.zeros(groups), None
    step = at_once(data.shape, _TOGETHER, PASS)
    with evaluated(subject.module), drawing(0), torch.no_grad():
        for start in range(0, len(chosen), step):
            some = chosen[start : start + step]
            found = _heard(subject, way, _prepared(subject, data.validation_images[some]))
            if number >= len(found):
                raise AttributionError(f"{place} weighs nothing any more.")
            first = first or found[number].told
            values = found[number].values
            if of_class is None and first.kind is not Kind.CHANNELS:
                values = values.mean(1)  # over the heads: a map for each class
            if not len(total):
                if groups * values[0].numel() * 4 > MOST_BYTES:
                    raise AttributionError("There are too many classes for so large maps: choose one class.")
                total = torch.zeros(groups, *values.shape[1:])
            row = labels[some] if of_class is None else torch.zeros(len(some), dtype=torch.long)
            total.index_add_(0, row, values)
            counts += torch.bincount(row, minlength=groups)
            if not report("Taking the mean over pictures", (start + len(some)) / len(chosen)):
                break
    assert first is not None
    mean = total / counts.clamp(min=1).view(-1, *[1] * (total.ndim - 1))
    shown = mean[0] if of_class is not None else mean[None] if first.kind is Kind.CHANNELS else mean
    return replace(first, values=shown.numpy(), pictures=int(counts.sum()), is_by_class=of_class is None)


@dataclass(frozen=True, eq=False)
class _Heard:
    """One weighing of some pictures: of channels (N, C), of places (N, heads, h, w)."""

    kind: Kind
    values: Tensor
    what: str

    @property
    def told(self) -> Weighed:
        """It, of the first picture."""
        return Weighed(self.kind, self.values[0].float().numpy(), self.what, 1)


def _prepared(subject: Subject, images: Tensor) -> Tensor:
    """Pictures (N, C, H, W) of bytes as the network reads them."""
    place, data = next(subject.module.parameters(), torch.empty(0)).device, subject.data
    mean, std = (torch.tensor(numbers, device=place).view(-1, 1, 1) for numbers in (data.mean, data.std))
    require_room_to_run(subject.source, tuple(data.shape))
    return normalised(images.to(place), mean, std)


def _heard(subject: Subject, way: Way, x: Tensor, look: Activations = activations) -> list[_Heard]:
    """What the step of one node weighs by, for some pictures; nothing for an input."""
    inside = way.insides[-1] if way.insides else network(subject.source)
    step = next((step for step in inside.steps if step.node == way.node), None)
    if step is None:
        return []
    part = subject.module.get_submodule(inside.path)
    if not _may_weigh(part, step):  # most do not, and need not be computed twice
        return []
    reads = [Way(name, way.insides) for name in step.inputs]
    values = look(subject.module, subject.source, reads, x)
    hears = _Hears((x.shape[2], x.shape[3]))
    names = {each.node: values[each] for each in reads}
    with _windows(part, hears), hears:
        _ = dict(stepped(part, [step], names))
    return [each for each in hears.found if len(each.values) == len(x)]


def _may_weigh(part: nn.Module, step: Statement) -> bool:
    """Whether a step, or any module that it calls, has a gate or attention, as far as their own code names one."""
    if any(word in step.expression for word in _WORDS):
        return True
    called: list[str] = re.findall(r"self\.([\w.]+?)\(", step.expression)
    called += re.findall(r"self\[(\d+)\]\(", step.expression)
    for path in called:
        for each in part.get_submodule(path).modules():
            code = getattr(type(each).forward, "__code__", None)
            if code is None or any(word in name for name in code.co_names for word in _WORDS):
                return True
    return not called  # a line of PyTorch that came with a file


class _Hears(TorchFunctionMode):
    """Inside, in this thread, hears gates that are multiplied with what they weigh, and attention."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.found: list[_Heard] = []
        self.window: tuple[nn.Module, tuple[int, ...]] | None = None  # attention in windows that goes on, of such a map
        self._size = size
        self._gates: list[tuple[Tensor, Tensor]] = []  # what may weigh, as it is now and as it was made

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do what was asked, and listen."""
        named = dict(kwargs or {})
        if func is functional.multi_head_attention_forward:
            self._attend(func(*args, **named | {"need_weights": True, "average_attn_weights": False})[1])
            return func(*args, **named)
        if func is functional.scaled_dot_product_attention:
            self._attend(_looks(*args, **named))
        result = func(*args, **named)
        name = getattr(func, "__name__", "")
        if func in _SOFTMAXES and self.window is not None and result.ndim == 5:
            self._look_through_windows(result)
        elif func in _SIGMOIDS:
            self._gates.append((result, result))
        elif name in _MOVES and (gate := self._gate(args)) is not None:
            self._gates.append((result, gate))
        elif name in _PRODUCTS and len(args) == 2 and (gate := self._gate(args)) is not None:
            self._weigh(gate, result)
        return result

    def _gate(self, args: Sequence[Any]) -> Tensor | None:
        return next((made for now, made in self._gates if any(each is now for each in args)), None)

    def _weigh(self, gate: Tensor, result: Tensor) -> None:
        if result.ndim != 4 or gate.numel() == result.numel():
            return
        if gate.numel() == result.shape[0] * result.shape[1]:
            self.found.append(_Heard(Kind.CHANNELS, gate.reshape(result.shape[:2]).cpu(), "channel weights"))
        elif gate.shape[-2:] == result.shape[-2:] and gate.numel() == result.shape[0] * result[0, 0].numel():
            places = gate.reshape(result.shape[0], 1, *result.shape[-2:])
            self.found.append(_Heard(Kind.PLACES, places.cpu(), "weights of places"))

    def _attend(self, looks: Tensor | None) -> None:
        """Attention (N, heads, L, S): what the class token looks at, or all places on average, as maps."""
        if looks is None or looks.ndim != 4:
            return
        count = looks.shape[-1]
        for rest, what in ((1, "what the class token looks at"), (0, "what all places look at, on average")):
            row = looks[:, :, 0, rest:] if rest else looks.mean(2)
            try:
                maps = [laid(one.T[None], *self._size, "") for one in row.float().cpu()]
            except AttributionError:
                continue
            if maps[0].shape[1] * maps[0].shape[2] == count - rest:
                self.found.append(_Heard(Kind.ATTENTION, torch.stack(maps), what))
                return

    def _look_through_windows(self, looks: Tensor) -> None:
        """Attention (N, windows, heads, pixels, pixels) inside windows, as maps in which each window adds up to 1."""
        assert self.window is not None
        module, (count, _, height, width) = self.window
        size, shift = int(module.window_size), int(module.shift)  # type: ignore[arg-type]
        high, wide = (side + -side % size for side in (height, width))
        received = looks.mean(3).transpose(2, 3)  # (N, windows, pixels, heads)
        maps = module.join(received, [count, high, wide, received.shape[-1]])  # type: ignore[operator]
        shifts = [shift if side > size else 0 for side in (high, wide)]
        maps = torch.roll(maps, shifts, (1, 2))[:, :height, :width].permute(0, 3, 1, 2)
        what = "what the pixels of each window look at, on average"
        self.found.append(_Heard(Kind.ATTENTION, maps.float().cpu(), what))


@contextmanager
def _windows(part: nn.Module, hears: _Hears) -> Iterator[None]:
    """Tells which attention inside windows goes on: its layout is its own."""

    def begins(module: nn.Module, entered: tuple[Tensor, ...]) -> None:
        hears.window = module, tuple(entered[0].shape)

    def ends(*_: object) -> None:
        hears.window = None

    with ExitStack() as hooks:
        for each in part.modules():
            if all(hasattr(each, name) for name in ("window_size", "shift", "join", "regions")):
                hooks.callback(each.register_forward_pre_hook(begins).remove)
                hooks.callback(each.register_forward_hook(ends).remove)
        yield


def _looks(query: Tensor, key: Tensor, *named: Any, **more: Any) -> Tensor | None:
    """The softmax that ``scaled_dot_product_attention`` takes, as its documentation writes it; None where it is masked.

    Masks hide what comes later in a text; a picture has no such order.
    """
    mask, causal = (named[1:2] or (more.get("attn_mask"),))[0], more.get("is_causal", named[3:4] == (True,))
    if mask is not None or causal or more.get("enable_gqa"):
        return None
    scale = more.get("scale") or query.shape[-1] ** -0.5
    looks: Tensor = (query @ key.transpose(-2, -1) * scale).softmax(-1)
    return looks
