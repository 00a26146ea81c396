"""Export: a network leaves the program. Every file is loaded back and compared before it takes its name.

TorchScript files and exported programs run what is in them when they are loaded, so this module loads those alone
that it has just written itself; of strangers it opens nothing but .safetensors, which hold numbers.
"""

from __future__ import annotations

import io
import json
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn
from torch.export import Dim

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source, SourceError, source
from cnnstudio.disk import DiskError, replacing, shown
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.exchange.exporting.picture_check import differing
from cnnstudio.exchange.exporting.preprocessing import Normalization, Normalizing
from cnnstudio.exchange.exporting.standalone import standalone
from cnnstudio.graph import Graph, Shape
from cnnstudio.headroom import NoRoomError, within_memory
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights as weights_file
from cnnstudio.training.build import build, require_room_to_run
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.device import TrainingError
from cnnstudio.training.drawing import drawing
from cnnstudio.training.needs import lack_of_export
from cnnstudio.training.pretrained import state_dict_file
from cnnstudio.training.pretrained.pretrained import put
from cnnstudio.training.turn import undisturbed
from cnnstudio.training.weights import Held
from cnnstudio.worker import Report, unheard

TOLERANCE = 1e-4  # of the largest output: what another order of additions may change in float32
SECONDS = 0.1  # between two looks whether it is this export's turn
EXTRA = "normalization.json"
"""The name under which TorchScript files and exported programs carry mean, std and classes."""


class ExportError(Exception):
    """An export that did not happen; the message is a sentence."""


@dataclass(frozen=True)
class Exported:
    """A file that is there and was compared: ``difference`` is the greatest between its outputs and the network's."""

    path: Path
    sentence: str
    difference: float


@dataclass(frozen=True)
class Network:
    """What is to be exported: the network with its weights in ``eval`` mode, and a batch to compare it with."""

    graph: Graph
    source: Source
    result: Shape
    module: nn.Module
    batch: tuple[torch.Tensor, ...]  # one (N, ...) for each input of the network
    normalization: Normalization | None
    metadata: Mapping[str, str]  # what the file of weights says of itself
    notes: tuple[str, ...]  # sentences about the weights
    is_fresh: bool  # whether it has learned nothing yet

    @property
    def extra(self) -> dict[str, str]:
        """What travels beside the network, by file name."""
        found = self.normalization
        return {EXTRA: json.dumps(vars(found))} if found is not None else {}


def export(
    graph: Graph,
    kind: str,
    path: Path,
    weights: Path | Held | None = None,
    normalization: Normalizing | None = None,
    *,
    recipe: Recipe | None = None,
    report: Report = unheard,
) -> Exported:
    """Write ``graph`` to ``path`` as one of ``KINDS`` with the weights of a file, or with those in memory.

    Without one, with those that a run by ``recipe`` would begin with; else with fresh ones. ``normalization`` travels
    with the network; without it, what the weights of a run say of its images, or else the recipe, or else the first
    weights. Raises ``ExportError``; then whatever was at ``path`` is still there.
    """
    if kind not in KINDS:
        raise ExportError(f"There is no export called {kind[:40]!r}; there are {', '.join(KINDS)}.")
    recipe = recipe if recipe is not None else Recipe()
    if kind == "weights" and weights is None and not recipe.weights:
        raise ExportError("There are no weights yet. Train the network first.")
    if name := next((name for name in graph.acting.nodes if name in _KEPT.get(kind, ())), None):
        title = KINDS[kind].title
        raise ExportError(
            f"In a file of this kind ({title}) PyTorch keeps the name {name} for itself: call it otherwise."
        )
    if reason := lack_of_export(infer(graph), kind):
        raise ExportError(f"The network was not exported. {reason}")
    try:
        with (
            _turn(report, path),
            within_memory(f"to export the network as {KINDS[kind].title}", "fewer channels or features take less"),
        ):
            network = _network(graph, weights, normalization, recipe, report)
            written, difference = _compared(network, kind, path, report)
    except SourceError as error:
        raise ExportError(f"The network cannot be exported yet. {error}") from error
    except (DataError, DiskError, NoRoomError, TrainingError, weights_file.WeightsError) as error:
        raise ExportError(str(error)) from error
    except ValueError as error:
        raise ExportError(f"The network does not take one sample at a time: {str(error)[:200].rstrip('.')}.") from error
    except (RuntimeError, torch.jit.Error) as error:
        told = str(error).strip().partition("\n")[0][:200]
        raise ExportError(f"PyTorch cannot write this network as {KINDS[kind].title}: {told}") from error
    epoch = network.metadata.get("epoch", "")
    trained = f" with the weights of epoch {epoch}" if epoch.isdecimal() and epoch != "0" else ""
    same = f"its outputs differ by at most {difference:.1e}" if difference else "it gives the same outputs"
    if doubt := _doubt(network):
        same = f"{same}, but {doubt}"
    sentence = " ".join((f"{shown(path)} is written{trained}; loaded back, {same}.{written.remark}", *network.notes))
    return Exported(path, sentence, difference)


def _compared(network: Network, kind: str, path: Path, report: Report) -> tuple[Written, float]:
    """What was written to ``path`` and read again, and how far its outputs are from the network's at most."""
    with torch.no_grad(), replacing(path) as temporary:
        _require_going_on(report, path)
        written = _FORMATS[kind](network)
        temporary.write_bytes(written.data)
        loaded = written.loaded(temporary.read_bytes())
        difference = max(_difference(network, loaded, samples) for samples in {1, written.batch})
        _require_going_on(report, path)
    return written, difference


_exporting = threading.Lock()
"""What torch traces and what Python warns of belong to the whole process: two exports at once disturb each other."""


@contextmanager
def _turn(report: Report, path: Path) -> Iterator[None]:
    """Wait until no other thread exports. Raises ``ExportError`` where the person does not wait so long."""
    while not _exporting.acquire(timeout=SECONDS):
        _require_going_on(report, path, "Waiting for another export to end…")
    try:
        yield
    finally:
        _exporting.release()


def _require_going_on(report: Report, path: Path, sentence: str = "") -> None:
    if not report(sentence, None):
        raise ExportError(f"The export was stopped, so {shown(path)} was not written.")


def _network(
    graph: Graph, weights: Path | Held | None, normalization: Normalizing | None, recipe: Recipe, report: Report
) -> Network:
    graph = graph.acting
    text = source(graph)
    analysis = infer(graph)
    module = build(text.text, text.class_name, 0).eval()
    shapes = [analysis.facts[node.name].shape for node in graph.inputs]
    require_room_to_run(text, *map(tuple, shapes))
    notes: tuple[str, ...] = ()
    said = recipe.normalization(shapes[0].channels) if shapes[0].is_map else None
    metadata: Mapping[str, str] = {}
    if weights is not None:
        metadata = _load(module, weights)
    elif recipe.weights:
        beginning = put(module, text, recipe.weights, shapes[0][0], report)
        metadata, notes = beginning.metadata, beginning.notes
        said = said or beginning.mean_std
    known = Normalization.from_metadata(metadata)
    if said is not None and (known is None or weights is None):
        known = replace(known or Normalization(*said), mean=said[0], std=said[1])
    if normalization is not None:
        told = Normalization.of(normalization)
        known = told if known is None else replace(told, loss=known.loss, both_sides=known.both_sides)
    random = torch.Generator().manual_seed(0)
    batch = tuple(torch.randn(3, *shape, generator=random) for shape in shapes)
    shape, is_fresh = analysis.facts[graph.outputs[0].name].shape, weights is None and not recipe.weights
    return Network(graph, text, shape, module, batch, known, metadata, notes, is_fresh)


def _load(module: nn.Module, path: Path | Held) -> Mapping[str, str]:
    """Put all the weights into ``module``; what is said of them. Raises ``WeightsError``."""
    if isinstance(path, Held):
        weights_file.fill(module, path.tensors, Path("the network in memory"))
        return path.metadata
    checkpoint = state_dict_file.read(path)
    fit = checkpoint.fitting({name: tensor.numel() for name, tensor in module.state_dict().items()})
    try:
        weights_file.fill(module, fit.tensors, path)
    except weights_file.WeightsError as error:
        if path.suffix.lower() == ".safetensors":
            raise
        advice = "Where they are those of an imported network's original, cnnstudio import --weights translates them."
        raise weights_file.WeightsError(f"{error} {advice}") from error
    return checkpoint.metadata


_KEPT: dict[str, frozenset[str]] = {
    "torchscript": frozenset({"Ellipsis"}),  # torch 2.13 reads it back as ...
    "pt2": frozenset(dir(torch.fx.GraphModule)) - frozenset(dir(nn.Module)),
}
"""Names that no block of the network may bear, as a file of the kind could not be written or read."""

Module = Callable[..., torch.Tensor]


@dataclass(frozen=True)
class Written:
    """A network as bytes, how to load them back, and what a person should know, with a space before it."""

    data: bytes
    loaded: Callable[[bytes], Module]
    remark: str = ""
    batch: int = 3  # how many samples the file can be asked for at once in the comparison


def _python(network: Network) -> Written:
    text = standalone(network.graph, network.source, network.result, network.normalization)

    def loaded(data: bytes) -> Module:
        namespace: dict[str, Any] = {"__name__": "exported"}
        exec(compile(data.decode(), "<exported>", "exec"), namespace)
        if "picture_bytes" in namespace:
            size = infer(network.graph).facts[network.graph.inputs[0].name].shape
            scale = network.normalization.scale if network.normalization else None
            if kind := differing(namespace["picture_bytes"], size, scale):
                raise ExportError(f"Loaded back, it reads a picture that is {kind} otherwise, so nothing was written.")
        with drawing(0):
            module: nn.Module = namespace[network.source.class_name]().eval()
        module.load_state_dict(network.module.state_dict())
        return module

    guess = (
        " How pictures are prepared for these weights is not known: prepare() guesses, pixels from 0 to 1. "
        "The recipe's mean and std say it."
    )
    is_guess = "def prepare(" in text and network.normalization is None and not network.is_fresh
    return Written(text.encode(), loaded, guess if is_guess else "")


def _weights(network: Network) -> Written:
    tensors = {name: tensor.contiguous() for name, tensor in network.module.state_dict().items()}
    metadata = {
        **network.metadata,
        **(network.normalization.metadata() if network.normalization else {}),
        "format": "pt",
    }

    def loaded(data: bytes) -> Module:
        module = build(network.source.text, network.source.class_name, 0).eval()
        module.load_state_dict(load_tensors(data))
        return module

    return Written(save_tensors(tensors, metadata), loaded)


def _torchscript(network: Network) -> Written:
    buffer = io.BytesIO()
    with _known_warnings():
        torch.jit.save(torch.jit.script(network.module), buffer, _extra_files=network.extra)

    def loaded(data: bytes) -> Module:
        with _known_warnings():
            module: Module = torch.jit.load(io.BytesIO(data))  # type: ignore[no-untyped-call]
        return module

    return Written(buffer.getvalue(), loaded)


def _pt2(network: Network) -> Written:
    remark, size = "", 3
    with _known_warnings(), undisturbed:
        try:
            batch = Dim("batch")
            program = torch.export.export(
                network.module, network.batch, dynamic_shapes=[{0: batch}] * len(network.batch)
            )
        except (RuntimeError, ValueError):  # some layers tie it to the number of samples that it is shown
            program = torch.export.export(network.module, tuple(inputs[:1] for inputs in network.batch))
            remark, size = " It takes one sample at a time.", 1
        buffer = io.BytesIO()
        torch.export.save(program, buffer, extra_files=network.extra)

    def loaded(data: bytes) -> Module:
        with _known_warnings(), undisturbed:
            return torch.export.load(io.BytesIO(data)).module()

    return Written(buffer.getvalue(), loaded, remark, size)


_FORMATS: dict[str, Callable[[Network], Written]] = {
    "python": _python,
    "weights": _weights,
    "torchscript": _torchscript,
    "pt2": _pt2,
}


@contextmanager
def _known_warnings() -> Iterator[None]:
    """Quiet what is known: torch 2.13 calls TorchScript deprecated; people deploy it, so it is offered."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is (deprecated|not supported)", DeprecationWarning)
        yield


def _difference(network: Network, loaded: Module, samples: int) -> float:
    """The greatest difference between two outputs. Raises ``ExportError`` where it is more than rounding."""
    batch = [inputs[:samples] for inputs in network.batch]
    wanted, again = network.module(*batch), network.module(*batch)
    if torch.equal(wanted.nan_to_num(), again.nan_to_num()):
        found = loaded(*batch)
    else:  # it draws at random, as FractionalMaxPool2d does: let both draw the same
        wanted, found = _seeded(network.module, batch), _seeded(loaded, batch)
    if wanted.shape != found.shape:
        raise ExportError(f"The file gives {Shape(*found.shape)} where the network gives {Shape(*wanted.shape)}.")
    both = ~(wanted.isnan() & found.isnan())
    if not bool(both.any()):
        return 0.0
    difference = float((wanted - found)[both].abs().max())
    if not difference <= TOLERANCE * max(1.0, float(wanted[both].abs().max())):
        raise ExportError(f"Loaded back, the outputs differ by {difference:.1e}, so nothing was written.")
    return difference


def _doubt(network: Network) -> str:
    """What is wrong with the outputs themselves, for random inputs; empty where nothing is."""
    with torch.no_grad():
        outputs = network.module(*network.batch)
    if bool(outputs.isnan().any()):
        return "some of them are no numbers (NaN)"
    if outputs.numel() and bool((outputs == outputs[:1]).all()):
        return "they are the same for every input"
    return ""


def _seeded(module: Module, batch: list[torch.Tensor]) -> torch.Tensor:
    with drawing(0):
        return module(*batch)
