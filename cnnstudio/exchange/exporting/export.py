"""Export: a network leaves the program. Every file is loaded back and compared before it takes its name.

TorchScript files and exported programs run what is in them when they are loaded, so this module loads those alone
that it has just written itself; of strangers it opens nothing but .safetensors, which hold numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.disk import DiskError, replacing, shown
from cnnstudio.exchange.exporting import notebook, onnx_file, torch_files, web_page
from cnnstudio.exchange.exporting.agreement import difference, doubt
from cnnstudio.exchange.exporting.exportable import ExportError, Network, Writer, Written
from cnnstudio.exchange.exporting.formats import KINDS, WEIGHTS_ALONE, chosen, lacking
from cnnstudio.exchange.exporting.measuring import Measured, measured
from cnnstudio.exchange.exporting.onnx_limits import ONNX, limit
from cnnstudio.exchange.exporting.preprocessing import Normalization, Normalizing
from cnnstudio.graph import Graph, Shape
from cnnstudio.headroom import NoRoomError, within_memory
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights as weights_file
from cnnstudio.training.build import build, require_room_to_run
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.data.loading import Data, normalised
from cnnstudio.training.device import TrainingError
from cnnstudio.training.needs import lack_of_export
from cnnstudio.training.pretrained import state_dict_file
from cnnstudio.training.pretrained.pretrained import put
from cnnstudio.training.weights import Held
from cnnstudio.worker import Report, unheard

SECONDS = 0.1  # between two looks whether it is this export's turn
SAMPLES = 3  # in the batch that a file is compared with, at least


@dataclass(frozen=True, eq=False)
class Exported:
    """A file that is there and was compared: ``difference`` is the greatest between its outputs and the network's.

    ``measured`` is how large, how fast and how good it is, where that was asked for and it holds a network.
    """

    path: Path
    sentence: str
    difference: float
    measured: Measured | None = None
    normalization: Normalization | None = None


def export(
    graph: Graph,
    kind: str,
    path: Path,
    weights: Path | Held | None = None,
    normalization: Normalizing | None = None,
    *,
    recipe: Recipe | None = None,
    pictures: Data | None = None,
    choices: frozenset[str] | None = None,
    measure: bool = False,
    title: str = "",
    report: Report = unheard,
) -> Exported:
    """Write ``graph`` to ``path`` as one of ``KINDS`` with the weights of a file, or with those in memory.

    Without one, with those that a run by ``recipe`` would begin with; else with fresh ones. ``normalization`` travels
    with the network; without it, what the weights of a run say of its images, or else the recipe, or else the first
    weights. ``pictures`` are those of the data set: with them the file is compared, and, where it has learned and one
    is to ``measure``, asked. ``choices`` are those of the kind that hold, its defaults for None; ``title`` is what the
    network is called where a file shows that.
    Raises ``ExportError``; then whatever was at ``path`` is still there.
    """
    if kind not in WRITERS:
        raise ExportError(f"There is no export called {kind[:40]!r}; there are {', '.join(WRITERS)}.")
    if reason := lacking(kind):
        raise ExportError(reason)
    recipe = recipe if recipe is not None else Recipe()
    if kind in WEIGHTS_ALONE and weights is None and not recipe.weights:
        raise ExportError("There are no weights yet. Train the network first.")
    if name := next((name for name in graph.acting.nodes if name in _KEPT.get(kind, ())), None):
        title = KINDS[kind].title
        raise ExportError(
            f"In a file of this kind ({title}) PyTorch keeps the name {name} for itself: call it otherwise."
        )
    if reason := limit(infer(graph), kind) or lack_of_export(infer(graph), kind):
        raise ExportError(f"The network was not exported. {reason}")
    found: Measured | None = None
    try:
        with (
            _turn(report, path),
            within_memory(f"to export the network as {KINDS[kind].title}", "fewer channels or features take less"),
        ):
            count = max(onnx_file.SAMPLES) if kind in ONNX else SAMPLES
            network = _network(graph, weights, normalization, recipe, pictures=pictures, samples=count, report=report)
            network = replace(network, chosen=chosen(kind) if choices is None else choices, title=title)
            written, gap = _compared(network, kind, path, report)
        if measure and KINDS[kind].answers:
            found = measured(network, written, path, report)
    except SourceError as error:
        raise ExportError(f"The network cannot be exported yet. {error}") from error
    except (DataError, DiskError, NoRoomError, TrainingError, weights_file.WeightsError) as error:
        raise ExportError(str(error)) from error
    except ValueError as error:
        raise ExportError(f"The network does not take one sample at a time: {str(error)[:200].rstrip('.')}.") from error
    except (RuntimeError, torch.jit.Error) as error:
        told = str(error).strip().partition("\n")[0][:200]
        raise ExportError(f"PyTorch cannot write this network as {KINDS[kind].title}: {told}") from error
    return Exported(path, _sentence(network, written, path, gap, found), gap, found, network.normalization)


def _sentence(network: Network, written: Written, path: Path, gap: float, found: Measured | None) -> str:
    epoch = network.metadata.get("epoch", "")
    trained = f" with the weights of epoch {epoch}" if epoch.isdecimal() and epoch != "0" else ""
    same = f"its outputs differ by at most {gap:.1e}" if gap else "it gives the same outputs"
    if doubtful := doubt(network):
        same = f"{same}, but {doubtful}"
    told = (f"{shown(path)} is written{trained}; loaded back, {same}.{written.remark}", *network.notes)
    return " ".join((*told, *([found.sentence] if found is not None else [])))


def _compared(network: Network, kind: str, path: Path, report: Report) -> tuple[Written, float]:
    """What was written to ``path`` and read again, and how far its outputs are from the network's at most."""
    with torch.no_grad(), replacing(path) as temporary:
        _require_going_on(report, path)
        network.module(*(inputs[:1] for inputs in network.batch))  # it raises where it does not take one sample
        written = WRITERS[kind](network, _stoppable(report, path))
        temporary.write_bytes(written.data)
        loaded = written.loaded(temporary.read_bytes())
        gap = max(difference(network, loaded, samples, written.exact) for samples in written.samples)
        _require_going_on(report, path)
    return written, gap


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


def _stoppable(report: Report, path: Path) -> Report:
    """``report`` for what writes a file: where the person does not wait any more, the export ends."""

    def tell(sentence: str, share: float | None) -> bool:
        if not report(sentence, share):
            raise ExportError(f"The export was stopped, so {shown(path)} was not written.")
        return True

    return tell


def _network(
    graph: Graph,
    weights: Path | Held | None,
    normalization: Normalizing | None,
    recipe: Recipe,
    *,
    pictures: Data | None,
    samples: int,
    report: Report,
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
    if pictures is not None and (len(shapes) != 1 or shapes[0] != pictures.shape):
        pictures = None  # of another size than this network takes
    batch = _batch(shapes, pictures, known, samples)
    shape, is_fresh = analysis.facts[graph.outputs[0].name].shape, weights is None and not recipe.weights
    return Network(graph, text, shape, module, batch, known, metadata, notes, is_fresh, pictures)


def _batch(
    shapes: list[Shape], pictures: Data | None, known: Normalization | None, samples: int
) -> tuple[torch.Tensor, ...]:
    """What a file is compared with: pictures as the network takes them, or random numbers where there are too few."""
    if pictures is None or len(pictures.validation_labels) < samples:
        random = torch.Generator().manual_seed(0)
        return tuple(torch.randn(samples, *shape, generator=random) for shape in shapes)
    said = known or pictures
    mean, std = (torch.tensor(numbers).view(-1, 1, 1) for numbers in (said.mean, said.std))
    places = torch.linspace(0, len(pictures.validation_labels) - 1, samples).long()
    return (normalised(pictures.validation_images[places], mean, std),)


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
    "onnx": frozenset(dir(torch.fx.GraphModule)) - frozenset(dir(nn.Module)),
}
"""Names that no block of the network may bear, as a file of the kind could not be written or read."""
WRITERS: dict[str, Writer] = {
    "python": torch_files.python_file,
    "weights": torch_files.weights_file,
    "state-dict": torch_files.state_dict,
    "pt2": torch_files.exported_program,
    "torchscript": torch_files.torchscript,
    "onnx": onnx_file.onnx_file,
    "onnx-int8": onnx_file.int8_file,
    "web-page": web_page.web_page,
    "notebook": notebook.notebook,
}
