#!/usr/bin/env bash
# Asking torchvision for a network loads PyTorch's whole compiler, though the code that wants it says it waits.
#
# A good engineer would guess: torchvision.models is a list of plain nn.Modules, so that to import it costs little beside
# torch itself. Its roi_align wraps its function so that TorchDynamo is loaded at the first call and not before.
# What happens: the same file asks torch._dynamo.utils for a function at its first lines, so that the import of any of
# torchvision's models loads torch._dynamo, with parts of torch.distributed: more than 700 modules, and about as long
# again as torch. Leaving that file out helps nobody who then follows shapes on the meta device: the meta kernel of
# AdaptiveAvgPool2d loads the same at its first call.
# Versions: torch 2.13.0 (CPU), torchvision 0.28.0, Python 3.11.
# Source: run here.
# Why it matters: a program that shows a classifier's shapes without running it pays for a compiler that it never uses.
# It has to be loaded on a thread, before somebody waits for it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6 pillow==12.3.0
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps torchvision==0.28.0
cat > "$work/what.py" <<'PY'
import sys
import time

import torch

before, began = set(sys.modules), time.process_time()
if sys.argv[1] == "models":
    library = torch.library.Library("torchvision", "FRAGMENT")  # as the two come from builds for other devices
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.models
else:
    pool = torch.nn.AdaptiveAvgPool2d(1)
    plain = torch.ones(1, 4, 8, 8)
    pool(plain)
    assert "torch._dynamo" not in sys.modules, "on numbers it needs none"
    pool(plain.to("meta"))
loaded = set(sys.modules) - before
print(int("torch._dynamo" in loaded), int("torch.distributed.fsdp" in loaded), len(loaded), time.process_time() - began)
PY
"$work/venv/bin/python" -c 'import torch, importlib.metadata as m; print(f"torch {torch.__version__}, torchvision", m.version("torchvision"))'
for what in models pool; do
    read -r compiler distributed modules seconds < <("$work/venv/bin/python" -W ignore "$work/what.py" "$what" 2>/dev/null)
    echo "$what: torch._dynamo loaded $compiler, torch.distributed.fsdp loaded $distributed, $modules modules, $seconds s of processor time"
    [ "$compiler" = 1 ] && [ "$modules" -gt 300 ]
done
PY=$("$work/venv/bin/python" -c 'import importlib.util; print(importlib.util.find_spec("torchvision").submodule_search_locations[0])')
grep -q "avoids eagerly importing dynamo" "$PY/ops/roi_align.py" && grep -q "^from torch._dynamo" "$PY/ops/roi_align.py"
