"""Web page: the network in one file that a browser opens and computes by itself, without a network and a server.

``resources/web_page/network.js`` computes the steps; the numbers stand in the page as base64.
"""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import torch

from cnnstudio.compiler.ending import probabilities
from cnnstudio.compiler.inference import infer
from cnnstudio.disk import TEMPORARY, marked
from cnnstudio.exchange.exporting.browser_steps import NoStepError, Steps
from cnnstudio.exchange.exporting.exportable import ExportError, Module, Network, Written
from cnnstudio.exchange.exporting.preprocessing import Normalization, picture_rules
from cnnstudio.resources import resource
from cnnstudio.training.data.picture import USUAL
from cnnstudio.wording import counted, memory
from cnnstudio.worker import Report

MOST = 64 * 2**20  # bytes of weights: base64 makes a third more, and a browser reads all of it at once
SECONDS = 120  # for node to compute a comparison
LIMITS = "It knows its classes and nothing else, and names one of them whatever it is shown."


def web_page(network: Network, report: Report) -> Written:
    """The page. Raises ``ExportError`` that names the block that the page cannot compute."""
    size = network.size
    if size is None or len(network.result) != 1:
        raise ExportError("A web page shows networks that read one picture, grey or in colour, and end in classes.")
    known = network.normalization
    if known is not None and known.rules != USUAL:
        raise ExportError(
            "A web page cuts pictures to the Input's proportions and lays them on white; this network learned from "
            f"pictures that were {known.rules.sentence(*size.spatial)}, on {known.rules.ground}."
        )
    try:
        steps = Steps(network.module, network.batch[0][:1])
    except NoStepError as error:
        raise ExportError(f"A web page cannot compute this network yet: {error}. Export it in another way.") from error
    if (weight := 4 * steps.numbers.numel()) > MOST:
        raise ExportError(
            f"The weights of this network are {memory(weight)}, and a web page holds at most {memory(MOST)} of them."
        )
    making = probabilities(infer(network.graph), known.loss if known else "")
    channels = size.channels
    about = {
        "input": steps.input,
        "steps": steps.steps,
        "size": list(size),
        "mean": list(known.mean) if known else [0.0] * channels,
        "std": list(known.std) if known else [1.0] * channels,
        "classes": list(known.classes) if known else [],
        "both_sides": bool(known and known.both_sides),
        "making": str(making) if making is not None else "",
        "carried": network.carried,
    }
    text = _page(network, about, steps.numbers)

    def loaded(data: bytes) -> Module:
        node = shutil.which("node")
        return _by_node(node, data, tuple(network.result)) if node else network.module

    def carried(data: bytes) -> Normalization | None:
        found = re.search(r"const NETWORK = (.*);\n", data.decode())
        return Normalization.from_metadata(json.loads(found[1])["carried"]) if found else None

    untold = "" if shutil.which("node") else " Its numbers were not compared: there is no node here to compute a page."
    told = f" A browser opens it, and needs no network.{untold}"
    return Written(text.encode(), loaded, told, carried=carried, clock=_times, together=512)


def _page(network: Network, about: dict[str, Any], numbers: torch.Tensor) -> str:
    known, size = network.normalization, network.size
    assert size is not None
    title = network.title or network.source.class_name
    parameters = sum(parameter.numel() for parameter in network.module.parameters())
    what = f"A convolutional network with {counted(parameters, 'parameter')}, exported by CNN Studio."
    if not (known and known.classes):
        what += " Its classes have no names."
    if network.is_fresh:
        what += " It is not trained, and answers by chance."
    slots = {
        "@TITLE@": html.escape(title),
        "@ABOUT@": html.escape(what),
        "@LIMITS@": LIMITS,
        "@PICTURES@": html.escape(picture_rules(size, known)),
        "@NETWORK_JS@": resource("web_page", "network.js").read_text(encoding="utf-8").rstrip(),
        "@NETWORK@": _within_script(json.dumps(about)),
        "@WEIGHTS@": base64.b64encode(numbers.numpy().astype("<f4").tobytes()).decode(),
    }
    page = resource("web_page", "page.html.txt").read_text(encoding="utf-8")
    return re.sub("|".join(slots), lambda found: slots[found.group()], page)  # in one go: names may look like slots


def _within_script(text: str) -> str:
    """JSON that no browser takes for the end of a script."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _by_node(node: str, data: bytes, result: tuple[int, ...]) -> Module:
    """The network as the page computes it, in node: the same JavaScript without a window."""

    def computed(batch: torch.Tensor) -> torch.Tensor:
        said = _asked(node, data, batch)
        return torch.frombuffer(bytearray(said), dtype=torch.float32).reshape(len(batch), *result)

    return computed


def _times(data: bytes, batch: tuple[torch.Tensor, ...]) -> list[int]:
    """What each of some calls takes in node; none where there is no node."""
    node = shutil.which("node")
    return [int(each) for each in json.loads(_asked(node, data, batch[0], "times"))] if node else []


def _asked(node: str, data: bytes, batch: torch.Tensor, *words: str) -> bytes:
    """What resources/web_page/ask.js says of the page. Raises ``ExportError``."""
    with tempfile.TemporaryDirectory(prefix=marked(TEMPORARY)) as name:
        folder = Path(name)
        (folder / "page.html").write_bytes(data)
        (folder / "ask.js").write_bytes(resource("web_page", "ask.js").read_bytes())
        (folder / "batch").write_bytes(batch.contiguous().numpy().astype("<f4").tobytes())
        command = [node, "ask.js", "page.html", "batch", *words]
        try:
            return subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=SECONDS).stdout
        except subprocess.CalledProcessError as error:
            lines = error.stderr.decode(errors="replace").splitlines()
            told = next((line for line in lines if "Error" in line), "node gave no reason")
            raise ExportError(f"The page does not compute: {told.strip()[:200]}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ExportError("node did not compute the page in time, so nothing was written.") from error
