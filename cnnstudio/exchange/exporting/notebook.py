"""Notebook: the Python file in cells that can be run one after the other, with what each is for.

The format is JSON: https://nbformat.readthedocs.io/en/latest/format_description.html (4.5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cnnstudio.exchange.exporting.exportable import Module, Network, Written
from cnnstudio.exchange.exporting.markdown import escaped
from cnnstudio.exchange.exporting.standalone import standalone
from cnnstudio.training.drawing import drawing
from cnnstudio.wording import counted
from cnnstudio.worker import Report

USE = "use"
"""The tag of cells that use the network; those without it declare it."""

_PARTS = {  # what a cell that begins with this function is about
    "load": "Weights come from a `.safetensors` file, which CNN Studio exports beside this notebook.",
    "prepare": "The network takes numbers, not bytes: what was done to its pictures in training is done here.",
    "scores": "It was validated with each picture and its mirror image, and gives the mean of both.",
    "predict": "Numbers become classes with probabilities.",
    "picture_bytes": "Pictures from files are read by the rules of the training.",
}
_NETWORK = """from pathlib import Path

weights = Path("model.safetensors")  # put the exported weights here
network = load(str(weights)) if weights.exists() else {name}().eval()
network"""
_COUNT = "sum(parameter.numel() for parameter in network.parameters())"
_RANDOM = """batch = [{batch}]
with torch.no_grad():
    print(network(*batch).shape)"""
_PICTURES = """for path in sorted(Path("pictures").glob("*.*")):  # put pictures into a folder of this name
    label, probability = predict(network, read(str(path)).unsqueeze(0))[0]
    print(f"{path.name}: {label} ({probability:.0%})")"""


def notebook(network: Network, report: Report) -> Written:
    """The network as a Jupyter notebook."""
    text = standalone(network.graph, network.source, network.result, network.normalization)
    cells = list(_cells(network, text.partition("\n\ndef main(")[0]))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }

    def loaded(data: bytes) -> Module:
        namespace: dict[str, Any] = {"__name__": "exported"}
        for cell in json.loads(data)["cells"]:
            if cell["cell_type"] == "code" and USE not in cell["metadata"].get("tags", ()):
                exec(compile("".join(cell["source"]), "<notebook>", "exec"), namespace)
        with drawing(0):
            module: Module = namespace[network.source.class_name]().eval()
        module.load_state_dict(network.module.state_dict())  # type: ignore[attr-defined] # a torch module
        return module

    written = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    return Written(
        written.encode("utf-8", "backslashreplace"), loaded, " Its weights are another file: export them beside it."
    )


def _cells(network: Network, text: str) -> Iterator[dict[str, Any]]:
    name, blocks = network.source.class_name, counted(len(network.graph), "block")
    yield _words(
        f"# {escaped(name)}\n\nA network of {blocks}, written by CNN Studio. "
        "It needs `torch`, `safetensors` and `pillow`."
    )
    for part in re.split(r"\n\n\n(?=def |@)", text.strip("\n")):
        function = re.match(r"(?:@[^\n]*\n)*def (\w+)", part)
        if function is not None and function[1] in _PARTS:
            yield _words(_PARTS[function[1]])
        yield _code(part.strip("\n"))
    yield _words("## Use it\n\nWithout the file of weights it answers by chance.")
    yield _code(_NETWORK.format(name=name), USE)
    yield _code(_COUNT, USE)
    sizes = ", ".join(f"torch.randn(1, {', '.join(map(str, each.shape[1:]))})" for each in network.batch)
    yield _code(_RANDOM.format(batch=sizes), USE)
    if "\ndef read(" in text and "\ndef predict(" in text:
        yield _code(_PICTURES, USE)


def _words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str, *tags: str) -> dict[str, Any]:
    cell = {"cell_type": "code", "execution_count": None, "metadata": {"tags": list(tags)} if tags else {}}
    return {**cell, "outputs": [], "source": text.splitlines(keepends=True)}
