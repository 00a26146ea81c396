"""Networks as students write them, each in a file of its own: built, with equal outputs, parameters and MACs.

The first lines of a file say the size of its images, and where it is not built, why.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FILES = sorted((Path(__file__).parent / "students").glob("*.py"))


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """What a process that imports all of them, one after the other, says of each."""
    done = subprocess.run([sys.executable, "-W", "ignore", __file__], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.rpartition("\n")[2])
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_a_student_writes_is_imported(answers: dict[str, dict[str, Any]], file: Path) -> None:
    said, answer = _said(file), answers[file.stem]
    wrong = re.search(r"(refused|unbuilt): (.*?)\"*$", said)
    if wrong is not None:
        assert wrong[2] in answer["refused" if wrong[1] == "refused" else "notes"]
        return
    assert answer["refused"] == "" and answer["opaque"] == [] and "compared" not in answer["notes"]
    if "left out" not in answer["notes"]:
        assert answer["parameters"] == answer["wanted_parameters"]
        assert "recurrent" in said or answer["macs"] == answer["wanted_macs"]  # torch counts no recurrent layer


def _said(file: Path) -> str:
    return next(line for line in file.read_text().splitlines() if re.search(r"\d+x\d+x\d+", line))


def _walk() -> dict[str, dict[str, Any]]:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    from cnnstudio.compiler.inference import infer
    from cnnstudio.exchange.importing.declarations import ImportRefused, size_of
    from cnnstudio.exchange.importing.making import made
    from cnnstudio.exchange.importing.python_file import _only
    from cnnstudio.exchange.importing.subprocess_import import _imported
    from cnnstudio.exchange.importing.this_machine import OnThisMachine
    from cnnstudio.training.torchvision_compat import torchvision

    torch.set_num_threads(1)
    torchvision()  # its door, which each file would open anew
    found: dict[str, dict[str, Any]] = {}
    for file in FILES:
        size = size_of(re.findall(r"\d+x\d+x\d+", _said(file))[0])
        try:
            name = _only(file)
            module, notes = made(file, name)
            imported = _imported(module, name, size)
        except ImportRefused as error:
            found[file.stem] = {"refused": str(error)}
            continue
        with OnThisMachine(), FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            module(torch.rand(1, *size))
        totals = infer(imported.graph).totals
        found[file.stem] = {
            "refused": "",
            "notes": " ".join((*notes, *imported.notes)),
            "opaque": imported.opaque,
            "parameters": imported.parameters,
            "wanted_parameters": sum(weight.numel() for weight in module.parameters()),
            "macs": totals.macs if totals else None,
            "wanted_macs": counter.get_total_flops() // 2,
        }
    return found


if __name__ == "__main__":
    import contextlib
    import io
    import os

    os.environ["PYTORCH_JIT"] = "0"  # as where a file is run
    import torch

    sys.argv = sys.argv[:1]
    with contextlib.redirect_stdout(io.StringIO()):  # some of them print
        result = _walk()
    sys.stdout.write(json.dumps(result))
