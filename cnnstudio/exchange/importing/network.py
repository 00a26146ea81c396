"""Import: a module of PyTorch becomes a network that can be edited. Nothing of a stranger is run here but a module
that is already there; ``python_file`` opens files.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from torch import Tensor, fx, nn

from cnnstudio.blocks import Input, Opaque
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.importing.blame import BATCH
from cnnstudio.exchange.importing.catalogue import MODELS
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.functions import rule
from cnnstudio.exchange.importing.grouping import nested
from cnnstudio.exchange.importing.opaque_steps import opaque
from cnnstudio.exchange.importing.recognition import Part, Unknown, Weight, recognized
from cnnstudio.exchange.importing.tracing import Trace, TracingError, trace
from cnnstudio.graph import Block, Graph, GraphError, Shape
from cnnstudio.project import Project
from cnnstudio.project.datasets import FOLDER
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.torchvision_compat import blank, torchvision
from cnnstudio.wording import abridged, counted


@dataclass(frozen=True)
class Imported:
    """A network that came from elsewhere.

    ``weights`` tells for each node with learned tensors, by the names of the groups that lead to it, where each tensor
    comes from. ``notes`` are sentences for the person, ``opaque`` the operations that have no block. ``normalization``
    is what the images and the answers of the original's own weights mean, where that is known; where a person has said
    it, it stands in the recipe. ``state`` is the original's ``state_dict``, where its file holds it.
    """

    title: str
    graph: Graph
    weights: Mapping[tuple[str, ...], tuple[Weight, ...]]
    notes: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    normalization: Normalization | None = None
    is_said: bool = False
    state: Mapping[str, Tensor] | None = field(default=None, compare=False, repr=False)

    def project(self, weights: Path | None = None) -> Project:
        """A project of it: images from a folder, as it had them, and training that begins with ``weights``."""
        begin = str(weights.resolve()) if weights is not None else ""
        said = self.normalization if self.is_said else None
        mean, std = (said.mean, said.std) if said is not None else (None, None)
        return Project(self.graph, Recipe(data=FOLDER, weights=begin, mean=mean, std=std))

    def normalized(self, recipe: Recipe) -> Imported:
        """The same with what ``recipe`` says of the mean and the deviation; as it is where that says nothing.

        Raises ``ImportRefused`` where it says them for images of other channels.
        """
        if recipe.mean is None and recipe.std is None:
            return self
        channels = self.graph.inputs[0].block.shape()[0] if self.graph.inputs else 1
        said = recipe.normalization(channels)
        if said is None:
            numbers = "1 number" if channels == 1 else f"1 number or {channels:,}"
            raise ImportRefused(
                f"{self.title} takes images of {counted(channels, 'channel')}: mean and deviation are {numbers} each."
            )
        return dataclasses.replace(self, normalization=Normalization(*said), is_said=True)

    @property
    def parameters(self) -> int:
        """How many numbers it learns."""
        totals = infer(self.graph).totals
        return totals.parameters if totals is not None else 0


def import_torchvision(name: str, classes: int | None = None) -> Imported:
    """One of torchvision's classification models by its name, ready for ``classes`` classes (1,000 by default).

    Raises ``ImportRefused``.
    """
    model = MODELS.get(name)
    if model is None:
        near = get_close_matches(name.strip().lower().replace("-", "_"), MODELS, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise ImportRefused(f"torchvision has no classification model called {name[:60]!r}.{meant}")
    arguments: dict[str, object] = {"num_classes": classes or 1000}
    if name in ("googlenet", "inception_v3"):
        arguments |= {"aux_logits": False, "init_weights": False}
    module = blank(getattr(torchvision().models, name), **arguments)
    imported = import_module(module, Shape(3, model.side, model.side), model.title)
    return dataclasses.replace(imported, normalization=_normalization(name, classes))


def _normalization(name: str, classes: int | None) -> Normalization:
    """How torchvision's own weights expect their images, and what they call their classes."""
    weights = torchvision().models.get_model_weights(name).DEFAULT
    prepare = weights.transforms()
    names = weights.meta["categories"] if classes in (None, 1000) else ()
    if name in ("googlenet", "inception_v3"):  # with weights torchvision turns the images from one into the other
        return Normalization((0.5,) * 3, (0.5,) * 3, tuple(names))
    return Normalization(tuple(prepare.mean), tuple(prepare.std), tuple(names))


def import_module(module: nn.Module, size: Shape, title: str = "Network") -> Imported:
    """A module as a graph, for images of ``size``. The module is not run, only followed. Raises ``ImportRefused``."""
    containers = {path: type(held).__name__ for path, held in module.named_modules() if isinstance(held, nn.Sequential)}
    trained = {name: each.requires_grad for name, each in module.named_parameters(remove_duplicate=False)}
    try:
        found = trace(module, size)
        parts, result = recognized(found, rule, opaque)
        learned = {index: any(each) for index, part in enumerate(parts) if (each := _of(trained, part))}
        graph, paths = nested(parts, result, containers, learned)
    except TracingError as error:
        raise ImportRefused(f"{title} cannot be imported. {error}") from error
    except Unknown as error:
        raise ImportRefused(
            f"{title} cannot be imported: it does not end in one tensor with a row a sample."
        ) from error
    except GraphError as error:
        raise ImportRefused(f"{title} cannot be imported. {error}") from error
    weights = {path: parts[index].weights for index, path in paths.items() if parts[index].weights}
    without = [(part.block, part.line) for part in _kept(parts, paths) if isinstance(part.block, Opaque)]
    notes = (*found.notes, *_notes(module, weights, without), *_untrained(parts, trained))
    notes = (*notes, *_mixed(found), *_frozen(module, size, found, parts))
    return Imported(title, graph, weights, notes, tuple(block.operation for block, _ in without if block.obstacle))


def _mixed(found: Trace) -> tuple[str, ...]:
    """A sentence about the lines that let the images of a batch see each other, as nobody means it."""
    modules = dict(found.module.named_modules())
    lines: dict[str, bool] = {}
    for node, value in found.values.items():
        is_crossed = isinstance(value, Tensor) and sum(bool(size) and size % BATCH == 0 for size in value.shape) > 1
        is_turned = _reads_images_in_turn(modules.get(str(node.target)), found.values.get(_first(node)))
        if is_crossed or is_turned:
            lines.setdefault(str(node.meta.get("line") or node.name), is_turned)
    if not lines:
        return ()
    hint = " The layer takes places first, unless it is told batch_first=True." if any(lines.values()) else ""
    return (
        f"{abridged(list(lines), 3)}: here the images of a batch see each other, so that what is said of one depends "
        f"on the others.{hint}",
    )


def _first(node: fx.Node) -> fx.Node:
    return next(iter(node.all_input_nodes), node)


def _reads_images_in_turn(module: nn.Module | None, value: object) -> bool:
    """Whether a layer that takes places first is given images first."""
    is_turned = isinstance(module, nn.RNNBase | nn.MultiheadAttention) and not module.batch_first
    return is_turned and isinstance(value, Tensor) and value.dim() == 3 and value.shape[0] == BATCH


def _of(trained: Mapping[str, bool], part: Part) -> list[bool]:
    """Of each parameter of a part, whether the original trains it."""
    return [trained[weight.original] for weight in part.weights if weight.original in trained]


def _untrained(parts: list[Part], trained: Mapping[str, bool]) -> list[str]:
    """Sentences about what the original does not train."""
    frozen: list[str] = []
    beside: list[str] = []
    for part in parts:
        names = [weight.original for weight in part.weights if not trained.get(weight.original, True)]
        (beside if any(_of(trained, part)) else frozen).extend(names)
    notes = [f"{abridged(frozen, 3)}: not trained in the original, and frozen here."] if frozen else []
    if beside:
        notes.append(
            f"{abridged(beside, 3)}: not trained in the original, which trains the rest of the same layer; here all of "
            "it learns."
        )
    return notes


def _frozen(module: nn.Module, size: Shape, found: Trace, parts: list[Part]) -> tuple[str, ...]:
    """A sentence about the lines that work with the size of the images, and give other blocks for another size."""
    if not found.asks_sizes or not size.is_map:
        return ()
    other = Shape(size.channels, *(2 * side for side in size.spatial))
    try:
        others, _ = recognized(trace(module, other), rule, opaque)
    except (TracingError, Unknown):  # it takes images of this size alone, and needs no sentence of ours
        return ()
    pairs = zip(parts, others, strict=False)
    lines = dict.fromkeys(a.line for a, b in pairs if a.line and _settled(a.block) != _settled(b.block))
    if len(parts) == len(others):
        return (_worked_out(abridged(lines, 3), size),) if lines else ()
    return (_worked_out(next(iter(lines), "What its forward does"), size),)


def _settled(block: Block) -> Block:
    """A block without what it was only seen with."""
    if isinstance(block, Opaque):
        return Opaque(block.operation, block.arguments, expression=block.expression)
    return Input() if isinstance(block, Input) else block


def _worked_out(lines: str, size: Shape) -> str:
    return f"{lines}: worked out for images of {size}; it stays so, whatever size the images are."


def _kept(parts: list[Part], paths: Mapping[int, tuple[str, ...]]) -> list[Part]:
    return [part for index, part in enumerate(parts) if index in paths]


def _tied(module: nn.Module) -> list[list[str]]:
    """The names of each parameter that has several."""
    found: dict[int, list[str]] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        found.setdefault(id(parameter), []).append(name)
    return [names for names in found.values() if len(names) > 1]


def _notes(
    module: nn.Module, weights: Mapping[tuple[str, ...], tuple[Weight, ...]], without: list[tuple[Opaque, str]]
) -> list[str]:
    """What a person should know about what was made of the module; ``without`` are steps without a block, and lines."""
    used = Counter(weight.original for each in weights.values() for weight in each)
    notes = []
    unbuilt: dict[str, list[str]] = {}
    for block, line in without:
        if block.obstacle:
            unbuilt.setdefault(block.operation, []).append(line)
    for operation, lines in unbuilt.items():
        where = "in one place" if len(lines) == 1 else f"in {len(lines)} places"
        named = f" ({abridged(dict.fromkeys(lines), 3)})" if all(lines) else ""
        notes.append(f"{operation} has no block here; it stands {where}{named} as an opaque block.")
    if written := Counter(block.operation for block, _ in without if not block.obstacle):
        names = abridged(list(written), 3)
        notes.append(
            f"{names}: no block here, so written as PyTorch calls them, in {counted(written.total(), 'place')}."
        )
    if shared := [name for name, count in used.items() if count > 1 and name.endswith(("weight", "."))]:
        notes.append(
            f"{abridged(shared, 3)}: used in several places with the same numbers; here each place has its own."
        )
    notes += [
        f"{abridged(names, 3)}: one tensor in the original; here each place has its own, so that more is learned."
        for names in _tied(module)
        if sum(name in used for name in names) > 1
    ]
    if unused := [name for name, _ in module.named_parameters() if name not in used and not unbuilt]:
        notes.append(f"{abridged(unused, 3)}: no part of what comes out when it predicts, so left out.")
    return notes
