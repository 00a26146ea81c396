"""Standalone: the Python file that a person takes home. The source as it is trained, and how to use it.

The file needs torch; safetensors to load the weights; Pillow to read a picture; nothing of this program.
"""

from __future__ import annotations

from cnnstudio.compiler.ending import Making, probabilities
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source
from cnnstudio.compiler.source.line_breaks import LINE_LENGTH
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import Graph, Shape
from cnnstudio.training.data.picture import SCALE, source_of_picture_bytes

_LOAD = '''

def load(path: str) -> {name}:
    """The network with the weights of a .safetensors file, ready to predict."""
    from safetensors.torch import load_file

    network = {name}()
    network.load_state_dict(load_file(path))
    return network.eval()
'''

_PREPARE = '''

def prepare(images: torch.Tensor) -> torch.Tensor:
    """What the network takes, from images of bytes (N, {channels}, {height}, {width}).

    Nothing is known of its images, so this is a guess: pixels from 0 to 1, neither mean nor deviation.
    """
    return images.float() / 255
'''

_NORMALIZE = '''

def prepare(images: torch.Tensor) -> torch.Tensor:
    """What the network takes, from images of bytes (N, {channels}, {height}, {width})."""
    mean = torch.tensor(MEAN, device=images.device).view(-1, 1, 1)
    std = torch.tensor(STD, device=images.device).view(-1, 1, 1)
    return (images.float() / 255 - mean) / std
'''

_BOTH_SIDES = '''

def scores(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """What the network gives for images of bytes: the mean for each and its mirror image, as it was validated."""
    x = prepare(images)
    return (network(x) + network(x.flip(3))) / 2
'''

_PREDICT = '''

@torch.no_grad()
def predict(network: nn.Module, images: torch.Tensor) -> list[tuple[str, float]]:
    """The most likely class of each image of bytes, and how sure the network is, from 0 to 1."""
    probabilities, classes = {scores}{making}.max(dim=1)
    return [({label}, sure) for label, sure in zip(classes.tolist(), probabilities.tolist(), strict=True)]
'''

_PREDICT_ONE = '''

@torch.no_grad()
def predict(network: nn.Module, images: torch.Tensor) -> list[tuple[str, float]]:
    """The more likely of two classes for each image of bytes, and how sure the network is, from 0.5 to 1."""
    second = {scores}{making}[:, 0].tolist()  # the probability of the second class
    return [({label}, max(sure, 1 - sure)) for sure in second]
'''

_READ = '''

def read(path: str) -> torch.Tensor:
    """The picture of this file as an image of bytes ({channels}, {height}, {width}), as in training."""
    pixels = bytearray(picture_bytes(path, {channels}, {height}, {width}, {scale}{rules}))
    return torch.frombuffer(pixels, dtype=torch.uint8).view({height}, {width}, {channels}).permute(2, 0, 1)
'''

_MAIN = '''

def main(weights: str, *paths: str) -> None:
    """Say what each of these pictures is."""
    network = load(weights)
    for path in paths:
        label, probability = predict(network, read(path).unsqueeze(0))[0]
        print(f"{path}: {label} ({probability:.0%})")


if __name__ == "__main__":
    # python this_file.py weights.safetensors picture.png ...
    main(*sys.argv[1:])
'''

_MAKING = {Making.SOFTMAX: ".softmax(dim=1)", Making.SIGMOID: ".sigmoid()", Making.EXP: ".exp()", Making.NOTHING: ""}


def standalone(graph: Graph, source: Source, result: Shape, normalization: Normalization | None) -> str:
    """The text of the file for a network that ends in ``result``.

    A network that is not given one image or does not end in a number a class gets its ``load`` alone; one that ends
    in a number of any size is not asked for probabilities.
    """
    text = source.text.rstrip("\n") + "\n"
    sizes = [node.block.shape() for node in graph.inputs]
    if len(sizes) != 1 or not sizes[0].is_map or len(result) != 1:
        return text + _LOAD.format(name=source.class_name)
    size = sizes[0]
    known = normalization if normalization and len(normalization.mean) == size.channels else None
    count = 2 if result[0] == 1 else result[0]  # one probability tells two classes apart
    classes = normalization.classes if normalization and len(normalization.classes) == count else ()
    numbers = {"channels": size.channels, "height": size.spatial[0], "width": size.spatial[1]}
    text = _with_constants(text, known, classes)
    text += _LOAD.format(name=source.class_name)
    text += (_NORMALIZE if known else _PREPARE).format(**numbers)
    making = probabilities(infer(graph), normalization.loss if normalization else "")
    if making is None:
        return text
    text += _predict(making, result[0], classes, normalization is not None and normalization.both_sides)
    if size.channels in (1, 3):
        text = text.replace("import torch\n", "import sys\n\nimport torch\n", 1)
        scale = known.scale if known and known.scale else SCALE
        rules = "".join(f', {name}="{value}"' for name, value in known.rules.metadata.items()) if known else ""
        text += f"\n\n{source_of_picture_bytes()}{_READ.format(scale=scale, rules=rules, **numbers)}{_MAIN}"
    return text


def _predict(making: Making, count: int, classes: tuple[str, ...], both_sides: bool) -> str:
    """The function that makes classes with their probabilities of ``count`` outputs."""
    before, scores = (_BOTH_SIDES, "scores(network, images)") if both_sides else ("", "network(prepare(images))")
    slots = {"scores": scores, "making": _MAKING[making]}
    if count == 1:
        label = "CLASSES[sure >= 0.5]" if classes else "str(int(sure >= 0.5))"
        return before + _PREDICT_ONE.format(label=label, **slots)
    label = "CLASSES[label]" if classes else "str(label)"
    return before + _PREDICT.format(label=label, **slots)


def _with_constants(text: str, normalization: Normalization | None, classes: tuple[str, ...]) -> str:
    """``text`` with what the data says, behind its imports; every value is written through ``repr``."""
    lines: list[str] = []
    if normalization:
        lines += [
            "# of each channel, pixels from 0 to 1",
            f"MEAN = {normalization.mean!r}",
            f"STD = {normalization.std!r}",
        ]
    if classes:
        names = [_quoted(name) for name in classes]
        whole = f"CLASSES = ({', '.join(names)}{',' if len(names) == 1 else ''})"
        lines += [whole] if len(whole) <= LINE_LENGTH else ["CLASSES = (", *(f"    {name}," for name in names), ")"]
    if not lines:
        return text
    head, separator, rest = text.partition("from torch import nn\n")
    return f"{head}{separator}\n{chr(10).join(lines)}\n{rest}"


def _quoted(text: str) -> str:
    """``repr`` with the quotes that black and ruff prefer, wherever that changes nothing else."""
    written = repr(text)
    plain = written[1:-1]
    return written if '"' in plain or "\\" in plain else f'"{plain}"'
