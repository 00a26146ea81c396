"""torchvision's networks through both of torch's exporters to ONNX and back in: what onnxruntime says, and the import.

    python benchmarks/onnx_networks.py [NAME ...]

Each line: the network, the exporter, how many blocks came in, the greatest difference relative to the greatest output,
and what the import has to say. It exits with 1 where a difference is above 1e-5. Needs cnnstudio[onnx].
"""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cnnstudio.compiler.source import SourceError, source
from cnnstudio.exchange.exporting.onnx_runtime import onnxruntime
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.state_dict import carry
from cnnstudio.exchange.importing.translating.onnx_import import import_onnx
from cnnstudio.training.build import build
from cnnstudio.training.torchvision_compat import torchvision

NAMES = (
    "resnet18", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "densenet121", "shufflenet_v2_x0_5",
    "squeezenet1_1", "regnet_x_400mf", "convnext_tiny", "vit_b_32", "swin_t",
)  # fmt: skip
SIDE, TOLERANCE = 64, 1e-5


def stirred(name: str) -> nn.Module:
    """A network whose statistics are not those of a fresh one, so that folding them shows."""
    torch.manual_seed(0)
    told = {"image_size": SIDE} if name.startswith("vit") else {}
    module: nn.Module = getattr(torchvision().models, name)(num_classes=10, **told)
    for key, tensor in [*module.named_buffers(), *module.named_parameters()]:
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif key.endswith("running_mean") or (key.startswith("heads") and key.endswith("weight")):
            tensor.data.normal_(0, 0.3)
    return module.eval()


def exported(module: nn.Module, path: Path, dynamo: bool) -> None:
    """Write the file as people do."""
    named = {"dynamic_shapes": ({0: "n"},), "external_data": False} if dynamo else {"dynamic_axes": {"x": {0: "n"}}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images = torch.randn(2, 3, SIDE, SIDE)
        torch.onnx.export(module, (images,), str(path), dynamo=dynamo, verbose=False, input_names=["x"], **named)


def gap(path: Path) -> tuple[float, str]:
    """The difference to onnxruntime, and what there is to say."""
    imported = import_onnx(path)
    text = source(imported.graph)
    module = build(text.text, text.class_name, 0).eval()
    module.load_state_dict(carry(imported, imported.state or {}).state)
    images = torch.randn(3, 3, SIDE, SIDE)
    session = onnxruntime().InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: images.numpy()})[0])
    with torch.no_grad():
        found = module(images)
    difference = float((found - wanted).abs().max()) / max(1.0, float(wanted.abs().max()))
    return difference, f"{len(imported.graph)} blocks  {' '.join(imported.notes)}"


def main() -> int:
    """Print a line for each network and exporter."""
    worst = 0.0
    for name in sys.argv[1:] or NAMES:
        for dynamo in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"{name}.onnx"
                begin = time.perf_counter()
                try:
                    exported(stirred(name), path, dynamo)
                    middle = time.perf_counter()
                    difference, told = gap(path)
                    worst = max(worst, difference)
                    told = f"{difference:.1e}  {time.perf_counter() - middle:.1f} s to import and compare  {told}"
                except (ImportRefused, SourceError) as error:
                    told = f"not taken: {error}"
                print(
                    f"{name:20} {'newer' if dynamo else 'older'}  {told}  ({time.perf_counter() - begin:.0f} s)",
                    flush=True,
                )
    print(f"Greatest difference: {worst:.1e}, allowed {TOLERANCE:.0e}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
