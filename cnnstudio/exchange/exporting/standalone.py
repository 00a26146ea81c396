"""Standalone: the Python file that a person takes home. The source as it is trained, and how to use it.

The file needs torch; safetensors to load the weights; Pillow to read a picture; nothing of this program.
"""

from __future__ import annotations

from cnnstudio.blocks import Softmax
from cnnstudio.compiler.source import Source
from cnnstudio.compiler.source.line_breaks import LINE_LENGTH
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import Graph, Shape

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
    """What the network takes, from images of bytes (N, {channels}, {height}, {width})."""
    return images.float() / 255
'''

_NORMALIZE = '''

def prepare(images: torch.Tensor) -> torch.Tensor:
    """What the network takes, from images of bytes (N, {channels}, {height}, {width})."""
    mean = torch.tensor(MEAN, device=images.device).view(-1, 1, 1)
    std = torch.tensor(STD, device=images.device).view(-1, 1, 1)
    return (images.float() / 255 - mean) / std
'''

_PREDICT = '''

@torch.no_grad()
def predict(network: nn.Module, images: torch.Tensor) -> list[tuple[str, float]]:
    """The most likely class of each image of bytes, and how sure the network is, from 0 to 1."""
    probabilities, classes = network(prepare(images)){softmax}.max(dim=1)
    return [({label}, sure) for label, sure in zip(classes.tolist(), probabilities.tolist(), strict=True)]
'''

_MAIN = '''

def main(weights: str, *paths: str) -> None:
    """Say what each of these pictures is."""
    from PIL import Image, ImageOps

    network = load(weights)
    for path in paths:
        picture = ImageOps.fit(Image.open(path).convert("{mode}"), ({width}, {height}), Image.Resampling.BILINEAR)
        pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
        image = pixels.view({height}, {width}, {channels}).permute(2, 0, 1)
        label, probability = predict(network, image.unsqueeze(0))[0]
        print(f"{{path}}: {{label}} ({{probability:.0%}})")


if __name__ == "__main__":
    # python this_file.py weights.safetensors picture.png ...
    main(*sys.argv[1:])
'''


def standalone(graph: Graph, source: Source, result: Shape, normalization: Normalization | None) -> str:
    """The text of the file for a network that ends in ``result``.

    A network that is not given one image or does not end in a number a class gets its ``load`` alone.
    """
    text = source.text.rstrip("\n") + "\n"
    sizes = [node.block.shape() for node in graph.inputs]
    if len(sizes) != 1 or not sizes[0].is_map or len(result) != 1:
        return text + _LOAD.format(name=source.class_name)
    size = sizes[0]
    known = normalization if normalization and len(normalization.mean) == size.channels else None
    classes = normalization.classes if normalization and len(normalization.classes) == result[0] else ()
    numbers = {"channels": size.channels, "height": size.spatial[0], "width": size.spatial[1]}
    text = _with_constants(text, known, classes)
    text += _LOAD.format(name=source.class_name)
    text += (_NORMALIZE if known else _PREPARE).format(**numbers)
    ends_in_softmax = isinstance(graph.outputs[0].block, Softmax)
    text += _PREDICT.format(
        softmax="" if ends_in_softmax else ".softmax(dim=1)", label="CLASSES[label]" if classes else "str(label)"
    )
    if size.channels in (1, 3):
        text = text.replace("import torch\n", "import sys\n\nimport torch\n", 1)
        text += _MAIN.format(mode="L" if size.channels == 1 else "RGB", **numbers)
    return text


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
