#!/usr/bin/env bash
# With ceil_mode the last window of LPPool2d is no p-norm of what is in it, and ONNX's LpPool answers otherwise.
#
# A good engineer would guess: LPPool2d(2, 2, ceil_mode=True) gives the Euclidean norm of each window, and of a last
# window that is cut off at the border the norm of what is left, as LpPool of ONNX does with the same settings.
# What happens: PyTorch takes the mean of the powers over the values that are there, and multiplies it by the size of a
# whole window. A last window that holds the one value 5 gives 5 times the root of 2, and one third of a window comes
# out 1.73 times too large. LpPool of ONNX, by onnxruntime, gives 5.
# Versions: torch 2.13.0 (CPU), onnx 1.23.2, onnxruntime 1.32.0, Python 3.11.
# Source: run here; https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html gives the formula of a sum.
# Why it matters: who draws a network with such a pool sees bright borders that are not in the picture, and who maps
# the layer to ONNX's operator of the same name exports other numbers. It must go as mean, factor and root.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
"$work/venv/bin/python" - <<'PY'
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper

row = np.array([[[[3, 4, 3, 4, 5]]]], np.float32)
ours = torch.nn.LPPool2d(2, (1, 2), ceil_mode=True)(torch.from_numpy(row)).flatten().tolist()
third = torch.nn.LPPool2d(2, (1, 3), ceil_mode=True)(torch.ones(1, 1, 1, 4)).flatten().tolist()[-1]

node = helper.make_node("LpPool", ["x"], ["y"], kernel_shape=[1, 2], strides=[1, 2], p=2, ceil_mode=1)
taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, row.shape)
given = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 3])
graph = helper.make_graph([node], "pool", [taken], [given])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
theirs = session.run(None, {"x": row})[0].flatten().tolist()

print(f"torch {torch.__version__}: windows of two over 3 4 3 4 5 give {[round(each, 3) for each in ours]},", end=" ")
print(f"and a last window with one of three ones gives {third:.3f};")
print(f"onnxruntime {onnxruntime.__version__}: LpPool with the same settings gives {[round(each, 3) for each in theirs]}")
as_told = np.allclose(ours, (5, 5, 5 * 2**0.5)) and np.isclose(third, 3**0.5) and np.allclose(theirs, (5, 5, 5))
sys.exit(0 if as_told else 1)
PY
