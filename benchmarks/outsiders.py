"""Networks that others wrote, imported as a person would: which are built and compute the same, and why others do not.

Promise: of timm's model files five of six are built with equal outputs, parameters, MACs and shapes; of each other one
true sentence. One network of every model file of timm (``pip install cnnstudio[outsiders]``), with random weights and
stirred statistics, in images of its own size, each in a process of its own. Files and folders of Python on the command
line are imported as files are; names compare those networks of timm alone.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import re
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from imports import blocks
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.importing.declarations import ImportRefused, networks_in
from cnnstudio.exchange.importing.network import Imported, import_module
from cnnstudio.exchange.importing.python_file import import_file
from cnnstudio.exchange.importing.state_dict import difference
from cnnstudio.graph import Shape
from cnnstudio.training.torchvision_compat import torchvision

SIDES = {"deepseek_vit_412m": 126, "gemma4_vit_167m": 96, "qwen3_vit_88m": 128, "naflexvit_base_patch16_gap": 224}
"""Smaller images than a network's own, where it takes them and is large."""

TOLERANCE = 1e-5  # of the greatest output

TIMM = """
beit_base_patch16_224 eca_botnext26ts_256 mobileone_s1 cait_xxs24_224 coat_tiny convit_tiny convmixer_768_32
convnext_atto_rms convnext_atto cpubone_nano crossvit_tiny_240 csatv2 cs3darknet_focus_s cspnext_tiny davit_tiny
deepseek_vit_412m deit_tiny_patch16_224 densenet121 dla34 dpn68 edgenext_xx_small efficientformer_l1
efficientformerv2_s0 tinynet_e efficientvim_m1 efficientvit_b0 efficientvit_m0 vit_tiny_patch16_dinov3_qkvb
fasternet_t0 fastvit_t8 focalnet_tiny_srf gcvit_xxtiny gemma4_vit_167m ghostnet_050 hardcorenas_b hgnetv2_b0
hiera_tiny_224 sam2_hiera_tiny hrnet_w18_small iformer_t inception_next_atto inception_resnet_v2 inception_v3
inception_v4 lcnetv2_small levit_192 lowformer_b0 mambaout_femto maxvit_pico_rw_256 poolformer_s12 gmlp_ti16_224
mobilenetv3_small_050 mobilenetv5_base mobilevit_xxs mvitv2_tiny naflexvit_base_patch16_gap nasnetalarge nest_tiny
nextvit_small nf_regnet_b0 pit_ti_224 pnasnet5large pvt_v2_b0 qwen3_vit_88m rdnet_tiny regnetx_002 repghostnet_050
repvit_m1 res2net50_26w_4s resnest14d resnet18 resnetv2_18 rexnet_100 selecsls42 legacy_seresnet18 sequencer2d_s
shvit_s1 skresnet18 starnet_s050 swiftformer_xs swin_tiny_patch4_window7_224 swinv2_tiny_window8_256
swinv2_cr_tiny_224 tiny_vit_5m_224 tnt_s_legacy_patch16_224 tresnet_m twins_svt_small vgg11 visformer_tiny
vit_tiny_patch16_224 vit_tiny_r_s16_p8_224 vit_srelpos_small_patch16_224 samvit_base_patch16_224 vitamin_small_224
volo_d1_224 ese_vovnet19b_slim_dw xception xception41p xcit_nano_12_p8_224

resnet50 resnet26d resnet14t resnetblur50 ecaresnet26t seresnet50 resnext50_32x4d efficientnet_b0 tf_efficientnetv2_b0
tf_efficientnet_lite0 mixnet_s mnasnet_small spnasnet_100 fbnetc_100 mobilenetv4_conv_small lcnet_050
mobilenetv4_hybrid_medium repvgg_a0 gernet_s resnet33ts mobileone_s0 lambda_resnet26t halonet26t eca_nfnet_l0
dm_nfnet_f0 resnetv2_50x1_bit resnetv2_50d_gn darknet17 cspresnet50 coatnet_nano_rw_224 coatnext_nano_rw_224
maxxvit_rmlp_nano_rw_256 convformer_s18 caformer_s18 mixer_s32_224 resmlp_12_224 convnextv2_atto regnety_002
regnetz_005 mobilevitv2_050 pvt_v2_b1 hrnet_w18_small_v2 dla46x_c ghostnetv2_100 ghostnetv3_050 xception65 vgg11_bn
vit_medium_patch16_gap_240 eva02_tiny_patch14_224 flexivit_small deit_tiny_distilled_patch16_224
deit3_small_patch16_224 inception_next_tiny poolformerv2_s12 swin_s3_tiny_224 twins_pcpvt_small
convmixer_1024_20_ks9_p14 skresnext50_32x4d
""".split()


def main() -> int:
    """Print a line a network, then the counts and the reasons by number; 1 where fewer than five of six are built."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", metavar="NAME|FILE|FOLDER", help="networks of timm, Python files, folders")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--seconds", type=float, default=300.0, help="for one network")
    parser.add_argument("--one", action="store_true", help="compare one network, and print what is found as JSON")
    told = parser.parse_args()
    if told.one:
        print(json.dumps(compared(told.what[0])))
        return 0
    wanted = list(_expanded(told.what)) or TIMM
    if importlib.util.find_spec("timm") is None and wanted is TIMM:
        print("timm is not installed, so nothing was compared: pip install cnnstudio[outsiders]")
        return 0
    files = _model_files() if importlib.util.find_spec("timm") is not None else {}
    found: dict[str, dict[str, Any]] = {}
    print(f"{'network':<34}{'of file':<28}{'':<8}{'blocks':>7}{'parameters':>13}{'MACs':>16}{'difference':>12}{'s':>6}")
    with ThreadPoolExecutor(told.jobs) as pool:
        for name, answer in zip(wanted, pool.map(lambda each: _apart(each, told.seconds), wanted), strict=True):
            found[name] = answer
            print(_line(name, files.get(name, ""), answer), flush=True)
    return _summary(found, files)


def _expanded(what: list[str]) -> Iterator[str]:
    for each in what:
        path = Path(each)
        if path.is_dir():
            yield from _expanded([str(file) for file in sorted(path.glob("*.py"))])
        elif path.suffix == ".py":
            module = re.findall(r"^(Net) = ", path.read_text(), re.MULTILINE)  # a module, made where the file is run
            yield from (f"{path}:{name}" for name in [net.name for net in networks_in(path)] or module)
        else:
            yield each


def _model_files() -> dict[str, str]:
    _timm()
    from timm.models import _registry

    return {name: file for file, names in _registry._module_to_models.items() for name in names}


def _timm() -> Any:
    torchvision()  # through its one door: beside some builds of torch it does not open by itself
    import timm

    return timm


def _apart(name: str, seconds: float) -> dict[str, Any]:
    """What a process of its own says of one network."""
    began = time.perf_counter()
    command = [sys.executable, "-W", "ignore", __file__, "--one", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
        answer = json.loads(done.stdout.strip().rpartition("\n")[2])
    except subprocess.TimeoutExpired:
        answer = {"reason": f"not done after {seconds:g} seconds"}
    except ValueError:
        answer = {"reason": f"ended: {done.stderr.strip().rpartition(chr(10))[2][:300] or done.returncode}"}
    return {**answer, "seconds": time.perf_counter() - began}


def compared(name: str) -> dict[str, Any]:
    """Import one network and hold it against the original: ``reason`` is empty where all is equal."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if ".py" in name:
        return _of_file(name)
    module = _timm().create_model(name, pretrained=False).eval()
    stir(module)
    side = SIDES.get(name)
    size = Shape(*(module.default_cfg["input_size"] if side is None else (3, side, side)))
    try:
        began = time.perf_counter()
        imported = import_module(module, size, name)
        importing = time.perf_counter() - began
    except ImportRefused as error:
        return {"reason": str(error)}
    return {**_numbers(imported), "importing": importing, **_differences(module, imported, size)}


def _of_file(name: str) -> dict[str, Any]:
    path, _, wanted = name.rpartition(":")
    size = re.search(r"(\d+)x(\d+)x(\d+)", Path(path).read_text())
    try:
        imported = import_file(Path(path), wanted, Shape(*map(int, size.groups())) if size else None)
    except ImportRefused as error:
        return {"reason": str(error)}
    told = next((note for note in imported.notes if "compared" in note), "")
    return {**_numbers(imported), "reason": _opaque(imported) or told}


def _numbers(imported: Imported) -> dict[str, Any]:
    totals = infer(imported.graph).totals
    macs = totals.macs if totals else 0
    return {"blocks": blocks(imported.graph), "parameters": imported.parameters, "macs": macs, "notes": imported.notes}


def _opaque(imported: Imported) -> str:
    try:
        _built(imported)
    except ImportRefused as error:
        operations = Counter(imported.opaque)
        return f"no block for {', '.join(operations)} ({error})" if operations else str(error)
    return ""


def _built(imported: Imported) -> None:
    from cnnstudio.exchange.importing.state_dict import _pairs

    _pairs(imported)


def _differences(module: nn.Module, imported: Imported, size: Shape) -> dict[str, Any]:
    """What is not equal, in a sentence; and how far the outputs are apart."""
    if reason := _opaque(imported):
        return {"reason": reason}
    images = torch.rand(2, *size) * 2 - 1
    gap = difference(module, imported, images)
    reasons = [] if gap <= TOLERANCE else [f"other outputs, by {gap:.1e}"]
    count = sum(weight.numel() for weight in module.parameters())
    if imported.parameters != count:
        reasons.append(f"{imported.parameters:,} parameters for {count:,}")
    gc.collect()
    totals = infer(imported.graph).totals
    counted, shape = counted_macs(module, size)
    if totals is None or totals.macs != counted:
        reasons.append(f"{totals.macs if totals else 0:,} MACs for {counted:,}")
    outputs = [infer(imported.graph).shape(node.name) for node in imported.graph.outputs]
    if [shape] != outputs:
        reasons.append(f"gives {outputs} for {shape}")
    return {"reason": "; ".join(reasons), "gap": gap}


def counted_macs(module: nn.Module, size: Shape) -> tuple[int, Shape]:
    """Half the FLOPs that torch counts for one image, and the shape of what comes out."""
    counter = FlopCounterMode(display=False)
    # it leaves out attention that a CPU does in one piece, and the LSTMs of oneDNN
    module.requires_grad_(False)  # the counter asks each module for gradients that are not there
    with torch.no_grad(), torch.backends.mkldnn.flags(enabled=False), counter, sdpa_kernel(SDPBackend.MATH):
        result = module(torch.rand(1, *size))
    if isinstance(result, tuple | list):
        result = result[0]
    return counter.get_total_flops() // 2, Shape(*result.shape[1:])


def stir(module: nn.Module) -> None:
    """Statistics and scales that tell one channel from another, as after training."""
    with torch.no_grad():
        for each in module.modules():
            mean, variance = getattr(each, "running_mean", None), getattr(each, "running_var", None)
            if mean is not None and variance is not None:
                mean.normal_(std=0.1)
                variance.uniform_(0.5, 1.5)
        for weight in module.parameters():
            if weight.numel() and (weight.dim() < 2 or weight.min() == weight.max() or min(weight.shape) == 1):
                weight.add_(torch.randn_like(weight) * 0.1)


def _line(name: str, file: str, answer: dict[str, Any]) -> str:
    word = "opaque" if "no block" in answer["reason"] else "" if answer["reason"] else "built"
    numbers = f"{answer.get('blocks', 0):>7}{answer.get('parameters', 0):>13,}{answer.get('macs', 0):>16,}"
    gap = f"{answer['gap']:>12.1e}" if "gap" in answer else f"{'':>12}"
    said = f"{name.rpartition('/')[2]:<34}{file:<28}{word:<8}{numbers}{gap}{answer['seconds']:>6.0f}"
    return "\n    ".join([said, *filter(None, [answer["reason"]]), *answer.get("notes", ())])


def _summary(found: dict[str, dict[str, Any]], files: dict[str, str]) -> int:
    """Print the counts, and what stands in the way, the most frequent first; 1 where a promise is broken."""
    built = [name for name, answer in found.items() if not answer["reason"]]
    all_files = {files[name] for name in found if name in files}
    good = {files[name] for name in built if name in files}
    print(f"\n{len(built)} of {len(found)} networks are built and equal, of {len(good)} of {len(all_files)} files.")
    reasons = Counter(part for answer in found.values() for part in set(_kinds(answer["reason"])))
    for reason, count in reasons.most_common():
        print(f"{count:>4}  {reason}")
    return 1 if 6 * len(good) < 5 * len(all_files) else 0


def _kinds(reason: str) -> list[str]:
    """The kinds of reasons in a sentence: each operation without a block, or the sentence without its names."""
    if operations := re.match(r"no block for (.*?) \(", reason):
        return operations[1].split(", ")
    general = re.sub(r"\d[\d,.e+-]*", "N", reason.partition("cannot be imported.")[2] or reason)
    return [general[:150]] if general else []


if __name__ == "__main__":
    sys.exit(main())
