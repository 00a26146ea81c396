"""The main job where there is no display, as a person starts it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from cnnstudio.project import Project, read, write

ROOT = Path(__file__).resolve().parents[3]


def started(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """``python main.py FILE`` in ``folder`` with nothing that could be a display."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    command = [sys.executable, str(ROOT / "main.py"), str(path)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180, check=False
    )


def test_it_trains_exports_and_takes_pictures(tmp_path: Path) -> None:
    lenet = read(ROOT / "resources" / "examples" / "lenet5.cnn")
    write(tmp_path / "short.cnn", Project(lenet.graph, dataclasses.replace(lenet.recipe, epochs=2)))
    done = started(tmp_path / "short.cnn", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Epoch   2" in done.stdout
    for name in ("model.py", "model.safetensors", "model.pt", "curves.png", "canvas.png", "window.png"):
        assert str(Path("out", name)) in done.stdout
        assert (tmp_path / "out" / name).stat().st_size > 1_000
    with Image.open(tmp_path / "out" / "canvas.png") as picture:
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 50, "the canvas shows a network, not one colour"


def test_a_file_that_is_no_project_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.cnn").write_text('{"format": "cnnstudio", "version": 1, "nodes": [')
    done = started(tmp_path / "broken.cnn", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("cnnstudio: broken.cnn cannot be opened") and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
