"""Weight mapping: which of a torchvision model's weights belongs where in our network of the same name.

Both have the same weights in the same order; what they are called differs, and now and then how they lie.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, takewhile
from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source
from cnnstudio.graph import Graph
from cnnstudio.training.device import TrainingError
from cnnstudio.training.torchvision_compat import blank, torchvision
from cnnstudio.zoo.backbone import MODELS, truncated, whole

MOST_TOKENS = 2**16
COUNTER = "num_batches_tracked"  # of BatchNorm, which nothing here reads
CONSTANTS = ("relative_position_index", "relative_coords_table")  # of attention in windows: our blocks make their own


@dataclass(frozen=True)
class Part:
    """What of a network has the weights of one of torchvision's models: a backbone, or the network's own beginning.

    ``path`` is what the names of its tensors begin with, ``count`` how many of them it is, None for all.
    """

    path: str
    module: nn.Module
    model: str
    count: int | None = None

    @property
    def names(self) -> dict[str, str]:
        """Our name, within the part -> torchvision's."""
        pairs = zip(tensor_names(self.module), original_names(self.model), strict=False)
        return dict(list(pairs)[: self.count])


def known_parts(module: nn.Module, source: Source) -> list[Part]:
    """The backbones; where there is none, the network itself if it begins as one of torchvision's does.

    It does where its weights have the same sizes in the same order, at least as far as that model's last maps.
    """
    if source.backbones:
        return [Part(f"{path}.", module.get_submodule(path), block.model) for path, block in source.backbones.items()]
    learned = {name: weight.numel() for name, weight in module.named_parameters()}
    shared = {model: _common(list(learned.values()), sizes) for model, sizes in _sizes().items()}
    model = max(shared, key=shared.__getitem__)
    if list(shared.values()).count(shared[model]) > 1 or shared[model] < _least(model):
        return []
    names, other = tensor_names(module), list(learned)[shared[model] :]
    return [Part("", module, model, names.index(other[0]) if other else len(names))]


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many numbers both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@lru_cache(maxsize=1)
def _sizes() -> dict[str, tuple[int, ...]]:
    """Model -> how many numbers each of its weights holds, in their order."""
    return {model: _weights(whole(model)) for model in MODELS}


def _least(model: str) -> int:
    features = truncated(model, "features")
    return len(_weights(features)) if features is not None else 1


def _weights(graph: Graph) -> tuple[int, ...]:
    analysis, sizes = infer(graph), list[int]()
    for name in graph.order:
        inputs = [shape for source in graph[name].inputs if source and (shape := analysis.shape(source))]
        sizes += [weight.numel for weight in graph[name].block.weights(*inputs).values()]
    return tuple(sizes)


def translated(part: Part, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What fits of torchvision's ``tensors`` of the model, under the names within ``part``.

    Raises ``TrainingError`` where they hold what is no number, ``KeyError`` where one is missing.
    """
    state = part.module.state_dict()
    made: dict[str, Tensor] = {}
    for mine, theirs in part.names.items():
        tensor, axis = tensors[theirs], _dealt_axis(part.model, theirs)
        if theirs.endswith("pos_embedding"):
            tensor = _resampled(tensor, state[mine])
        if tensor.numel() == state[mine].numel():
            fitted = finite(theirs, tensor).reshape(state[mine].shape)
            made[mine] = fitted if axis is None else undealt(fitted, axis)
    return made


@lru_cache(maxsize=16)
def original_names(model: str) -> tuple[str, ...]:
    """The names in torchvision's ``state_dict`` of this model, in the order of ours."""
    plain = {"aux_logits": False, "init_weights": False} if model in ("googlenet", "inception_v3") else {}
    names = tensor_names(blank(getattr(torchvision().models, model), **plain))
    if model.startswith("vit"):  # the position embedding is a part of torchvision's encoder, and of our network
        names.insert(1, names.pop(3))
    if model.startswith("swin"):
        parts = ("attn", "norm1", "mlp", "norm2") if model.startswith("swin_v2") else ("norm", "reduction")
        names = _reordered(names, parts)
    return tuple(names)


def _reordered(names: list[str], parts: tuple[str, ...]) -> list[str]:
    """The names with these parts of each module in this order: torchvision's Swin declares them in another."""

    def module(name: str) -> str:
        found = re.match(rf"(.*?)\.(?:{'|'.join(parts)})\.", name)
        return found[1] if found else name

    def place(name: str) -> int:
        words = name.split(".")
        return next((number for number, part in enumerate(parts) if part in words), 0)

    return [name for _, group in groupby(names, module) for name in sorted(group, key=place)]


def tensor_names(module: nn.Module) -> list[str]:
    """The names of what is learned and of running averages, in their order."""
    return [name for name in module.state_dict() if not name.endswith((COUNTER, *CONSTANTS))]


def undealt(tensor: Tensor, axis: int) -> Tensor:
    """A weight of Swin's patch merging for ours, whose channels along ``axis`` come in another order.

    Torchvision lays the pixels (0, 0), (1, 0), (0, 1), (1, 1) one behind the other, each with all its channels;
    ``nn.PixelUnshuffle`` lays the channels one behind the other, each with all its pixels, row after row.
    """
    tensor = tensor.movedim(axis, 0)
    rest = tensor.shape[1:]
    return tensor.reshape(2, 2, -1, *rest).transpose(0, 1).movedim(2, 0).reshape(-1, *rest).movedim(0, axis)


def _dealt_axis(model: str, theirs: str) -> int | None:
    """Along which axis a weight of this name holds the channels of four pixels; None where it does not."""
    if model.startswith("swin"):
        if re.fullmatch(r"features\.\d\.reduction\.weight", theirs):
            return 1
        if not model.startswith("swin_v2") and re.fullmatch(r"features\.\d\.norm\.(weight|bias)", theirs):
            return 0
    return None


def _resampled(positions: Tensor, mine: Tensor) -> Tensor:
    """A position embedding (1, 1 + side², D) for as many tokens as ours, as torchvision's own function does it."""
    tokens, width = mine.shape[-2:]
    if positions.dim() != 3 or positions.shape[-1] != width or not 1 < positions.shape[1] < MOST_TOKENS:
        return positions
    side, wanted = isqrt(positions.shape[1] - 1), isqrt(tokens - 1)
    if side == wanted or side**2 != positions.shape[1] - 1 or wanted**2 != tokens - 1:
        return positions
    grid = positions[:, 1:].float().permute(0, 2, 1).reshape(1, width, side, side)
    grid = interpolate(grid, size=(wanted, wanted), mode="bicubic", align_corners=True)
    return torch.cat([positions[:, :1], grid.flatten(2).permute(0, 2, 1)], dim=1)  # (1, 1 + wanted², D)


def finite(name: str, tensor: Tensor) -> Tensor:
    """The tensor as float32. Raises ``TrainingError`` where it holds what is no number, or infinity."""
    try:
        plain = tensor.float()
        if not tensor.is_complex():
            if bool(torch.isfinite(plain).all()):
                return plain
            if not bool(torch.isnan(plain).any()):  # as a limit it may be meant
                said = f"{name[:80]} holds infinity, or a number beyond 32 bits"
                raise TrainingError(f"These weights cannot be used: {said}.")
    except (RuntimeError, TypeError):  # kinds of numbers that nothing can be computed with
        pass
    raise TrainingError(f"These weights are damaged: {name[:80]} holds what is no number.")
