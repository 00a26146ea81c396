"""Exportable: a network that is to leave, and what every file of it says of itself, whatever its format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import nn

from cnnstudio.compiler.ending import probabilities
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source
from cnnstudio.exchange.exporting.preprocessing import Normalization, picture_rules
from cnnstudio.graph import Graph, Shape
from cnnstudio.training.data.loading import Data
from cnnstudio.worker import Report

Module: TypeAlias = Callable[..., torch.Tensor]

EXTRA = "normalization.json"
"""The name under which TorchScript files and exported programs carry what ``Network.carried`` holds."""


class ExportError(Exception):
    """An export that did not happen; the message is a sentence."""


@dataclass(frozen=True)
class Network:
    """What is to be exported: the network with its weights in ``eval`` mode, and a batch to compare it with.

    ``pictures`` are those of its data set, where they are known; ``chosen`` are the choices of the format that hold.
    """

    graph: Graph
    source: Source
    result: Shape
    module: nn.Module
    batch: tuple[torch.Tensor, ...]  # one (N, ...) for each input of the network
    normalization: Normalization | None
    metadata: Mapping[str, str]  # what the file of weights says of itself
    notes: tuple[str, ...]  # sentences about the weights
    is_fresh: bool  # whether it has learned nothing yet
    pictures: Data | None = None
    chosen: frozenset[str] = frozenset()
    title: str = ""  # what a person calls it

    @property
    def size(self) -> Shape | None:
        """The shape of the one picture that it takes; None where it takes something else."""
        inputs = self.graph.inputs
        shape = infer(self.graph).facts[inputs[0].name].shape if len(inputs) == 1 else None
        return shape if shape is not None and shape.is_map and shape.channels in (1, 3) else None

    @property
    def carried(self) -> dict[str, str]:
        """What travels within a file as keys and texts: labels, input size, picture rules, normalisation."""
        known, size = self.normalization, self.size
        told = dict(known.metadata()) if known is not None else {}
        told["inputs"] = json.dumps([list(each.shape[1:]) for each in self.batch])
        if size is not None:
            told["pictures"] = picture_rules(size, known)
            making = probabilities(infer(self.graph), known.loss if known else "")
            told |= {"probabilities": str(making) or "none needed"} if making is not None else {}
        return told

    @property
    def extra(self) -> dict[str, str]:
        """The same beside a network in PyTorch's archives, by file name."""
        known = self.normalization
        found = {**vars(known), **known.rules.metadata} if known is not None else {}
        found.pop("rules", None)
        told = {key: text for key, text in self.carried.items() if key in ("pictures", "probabilities")}
        return {EXTRA: json.dumps({**found, **told, "inputs": [list(each.shape[1:]) for each in self.batch]})}


@dataclass(frozen=True)
class Written:
    """A network as bytes, how to load them back, and what a person should know, with a space before it.

    ``samples`` are how many the file is asked for at once in the comparison. ``carried`` reads from the bytes what
    the file says of pictures. ``exact`` is false where it is not meant to compute the same. ``clock`` says for a batch
    of one how many nanoseconds each of some calls takes, where that is not what a call takes here: none where nobody
    can say. ``together`` pictures are given to it at once while it is asked about many.
    """

    data: bytes
    loaded: Callable[[bytes], Module]
    remark: str = ""
    samples: tuple[int, ...] = (1, 3)
    carried: Callable[[bytes], Normalization | None] | None = None
    exact: bool = True
    clock: Callable[[bytes, tuple[torch.Tensor, ...]], list[int]] | None = None
    together: int = 32


Writer: TypeAlias = Callable[[Network, Report], Written]
