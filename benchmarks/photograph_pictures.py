"""Two networks with published weights, looked into with photographs: one page to look at, and numbers that are checked.

The page shows the first layer's filters, and for each photograph Grad-CAM with its faithfulness and the nearest of the
pictures that the network is shown beside it: crops of all of the photographs. Wants the packages of ``photographs.py``;
nothing is downloaded here. ``python benchmarks/photograph_pictures.py PAGE.html [--packages FOLDER]``

Promise: the answer is right for each photograph; blurring the fifth that Grad-CAM marks most loses more of its
probability than blurring a fifth chosen at random, for at least four of five; the nearest crops are of the photograph
itself, most of them; no filter of the first layer is told to be dead; and nothing in the network has changed.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import sys
import tempfile
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from photographs import PHOTOGRAPHS, folder_of, networks
from PIL import Image

from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import source
from cnnstudio.exchange.importing.network import Imported
from cnnstudio.exchange.importing.state_dict import load_weights
from cnnstudio.insight.attribution.explaining import explained
from cnnstudio.insight.attribution.methods import METHODS, place_to_look
from cnnstudio.insight.filters import Filters, filters, layers
from cnnstudio.insight.subject import Subject
from cnnstudio.insight.trying import features, neighbours
from cnnstudio.project import Project
from cnnstudio.training.build import build
from cnnstudio.training.data.loading import Data
from cnnstudio.training.runs.session import Prepared
from cnnstudio.worker import unheard

SIDE, CROPS, NEAREST = 224, 12, 5
STYLE = """body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; color: #1c2430 }
table { border-spacing: 0 1rem } td { vertical-align: top; padding-right: 1rem } img { display: block }
small { color: #5a6472 } .row { display: flex; gap: 4px; flex-wrap: wrap } .bad { color: #b3261e }"""


def photograph(path: Path) -> Image.Image:
    """The middle of a photograph, square."""
    whole = Image.open(path).convert("RGB")
    side = min(whole.size)
    left, top = (whole.width - side) // 2, (whole.height - side) // 2
    return whole.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def crops(path: Path, random: np.random.Generator) -> list[Image.Image]:
    """Parts of a photograph, of half its shorter side to all of it, anywhere in it, some of them mirrored."""
    whole = Image.open(path).convert("RGB")
    made = []
    for _ in range(CROPS):
        side = int(min(whole.size) * random.uniform(0.5, 1))
        left, top = (int(random.integers(0, length - side + 1)) for length in whole.size)
        part = whole.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        made.append(part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if random.random() < 0.5 else part)
    return made


def tensor(images: list[Image.Image]) -> torch.Tensor:
    """Bytes (N, 3, H, W)."""
    return torch.from_numpy(np.stack([np.asarray(image) for image in images])).permute(0, 3, 1, 2).contiguous()


def subject(imported: Imported, weights: Path, paths: list[Path]) -> Subject:
    """The network with its weights: the photographs are what it is validated with, their crops what it learned from."""
    text = source(imported.graph)
    module = build(text.text, text.class_name, 0)
    module.load_state_dict(safetensors.torch.load_file(weights))
    random = np.random.default_rng(0)
    beside = [crops(path, random) for path in paths]
    said = imported.normalization
    data = Data(
        "Photographs",
        tensor([crop for each in beside for crop in each]),
        torch.arange(len(paths)).repeat_interleave(CROPS),
        tensor([photograph(path) for path in paths]),
        torch.tensor([next(iter(right)) for _, _, right in PHOTOGRAPHS.values()]),
        tuple(f"class {number}" for number in range(1_000)),
        *((said.mean, said.std) if said else ((0.0,) * 3, (1.0,) * 3)),
    )
    return Subject(Prepared(Project(imported.graph), text, module.eval(), data), "as published", is_trained=True)


def inline(image: Image.Image, width: int, about: str) -> str:
    """A picture within the page."""
    file = io.BytesIO()
    image.save(file, "PNG")
    coded = base64.b64encode(file.getvalue()).decode()
    return f'<img width="{width}" alt="{html.escape(about)}" src="data:image/png;base64,{coded}">'


def marked(picture: np.ndarray, marks: np.ndarray) -> Image.Image:
    """A picture (3, H, W), warm where it is marked and grey where it is not."""
    share = np.clip(marks / max(float(marks.max()), 1e-12), 0, 1)[..., None]
    grey = picture.transpose(1, 2, 0).mean(2, keepdims=True) * np.ones(3)
    warm = np.array([255.0, 90.0, 0.0])
    return Image.fromarray((grey * (1 - 0.65 * share) + warm * 0.65 * share).astype(np.uint8))


def sheet(found: Filters) -> Image.Image:
    """Filters of three channels in rows, each stretched over its own range, zero grey."""
    kernels = found.kernels[:, :3]
    cells = [np.clip(128 + 127 * each / max(float(np.abs(each).max()), 1e-12), 0, 255) for each in kernels]
    images = [Image.fromarray(cell.transpose(1, 2, 0).astype(np.uint8)).resize((48, 48), 0) for cell in cells]
    page = Image.new("RGB", (16 * 52, -(-len(images) // 16) * 52), "white")
    for number, image in enumerate(images):
        page.paste(image, (number % 16 * 52, number // 16 * 52))
    return page


def looked_into(title: str, asked: Subject) -> tuple[str, list[str]]:
    """The part of the page about a network, and what of the promise it breaks, in sentences."""
    before = {name: value.clone() for name, value in asked.module.state_dict().items()}
    first = next(layer for layer in layers(asked.module) if len(layer.shape) == 4)
    shown = filters(asked, first.name)
    rows = [f"<h2>{html.escape(title)}</h2><p>{html.escape(first.name)}: {html.escape(shown.sentence)}</p>"]
    rows.append(inline(sheet(shown), 832, f"{len(shown.kernels)} filters"))
    broken = [f"{title}: filters are told to be dead"] if shown.zero else []
    near = neighbours(asked)
    assert near is not None
    node = place_to_look(infer(asked.project.graph), None) or ""
    faithful = kept = 0
    rows.append("<table>")
    for number, (name, (_, _, right)) in enumerate(PHOTOGRAPHS.items()):
        found = explained(asked, number, METHODS[0], unheard, node=node)
        nearest = near.nearest(features(asked, found.picture[None])[0], NEAREST)
        own = int((nearest // CROPS == number).sum())
        kept += own > NEAREST // 2
        told = found.faithfulness
        faithful += told is not None and told.without < told.at_random
        if found.answer not in right:
            broken.append(f"{title}: {name} is taken for {found.answer}")
        images = asked.data.train_images
        around = "".join(
            inline(Image.fromarray(images[place].permute(1, 2, 0).numpy()), 96, f"crop {place}") for place in nearest
        )
        is_right = "" if found.answer in right else ' class="bad"'
        rows.append(
            f"<tr><td>{inline(Image.fromarray(found.picture.transpose(1, 2, 0)), 160, name)}</td>"
            f"<td>{inline(marked(found.picture, found.marks), 160, 'Grad-CAM')}</td>"
            f"<td><b{is_right}>{name}: class {found.answer}, {found.given:.1%}</b><br>"
            f"<small>{html.escape(' '.join(found.sentences[1:]))}</small><div class='row'>{around}</div></td></tr>"
        )
        numbers = f"{told.whole:.3f} -> {told.without:.3f}, by chance {told.at_random:.3f}" if told else "marks nothing"
        print(f"{title:20} {name:11} class {found.answer:3} {found.given:6.1%}  {numbers}  {own} of {NEAREST} its own")
    rows.append("</table>")
    if faithful < len(PHOTOGRAPHS) - 1:
        broken.append(f"{title}: the marked fifth counts for more than chance in {faithful} photographs only")
    if kept < len(PHOTOGRAPHS):
        broken.append(f"{title}: the nearest are of the photograph itself for {kept} photographs only")
    if any(not torch.equal(value, before[name]) for name, value in asked.module.state_dict().items()):
        broken.append(f"{title}: looking has changed the network")
    return "\n".join(rows), broken


def main() -> int:
    """Write the page; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path, help="the HTML file that is written")
    parser.add_argument("--packages", type=Path, help="a folder into which the packages were installed")
    given = parser.parse_args()
    paths = [folder_of(package, given.packages) / inside for package, inside, _ in PHOTOGRAPHS.values()]
    parts, broken = [], list[str]()
    with tempfile.TemporaryDirectory() as temporary:
        for title, (imported, checkpoint) in networks(Path(temporary), given.packages).items():
            weights = Path(temporary) / f"{title}.safetensors"
            load_weights(imported, checkpoint, weights)
            part, faults = looked_into(title, subject(imported, weights, paths))
            parts.append(part)
            broken += faults
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Photographs</title><style>{STYLE}</style>'
    given.page.write_text(f"{head}<h1>What two networks see in photographs</h1>{''.join(parts)}</html>", "utf-8")
    print(*broken, sep="\n")
    print(f"{given.page} was written.")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
