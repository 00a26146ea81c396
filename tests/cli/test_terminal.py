"""What is printed: no name of a file and no text in one reaches the terminal as it is, and no path is a traceback."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cnnstudio.cli import main
from cnnstudio.cli.terminal import draw, terminal
from cnnstudio.project import Project, from_template, write
from cnnstudio.wording import printable

TRICKS = "\x1b[2Ja\u202eb\x07"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_printed_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal():
        sys.stdout.write(f"{TRICKS}\nnext\tline\n")
        draw("\rours")
    assert capsys.readouterr().out == "\\u001b[2Ja\\u202eb\\u0007\nnext\tline\n\rours"


def test_commands_spell_names_out(capsys: pytest.CaptureFixture[str], tiny: Path) -> None:
    odd = Path(f"{TRICKS}.cnn")
    odd.write_bytes(tiny.read_bytes())
    for command in (
        ["check", odd], ["summary", odd], ["diff", odd, tiny], ["new", "--template", "lenet5", "--force", odd],
        ["export", odd, "--to", "python", "-o", f"{TRICKS}.py"], ["figure", odd, "-o", f"{TRICKS}.svg"],
        ["train", odd, "--resume", f"{TRICKS}"], ["import", f"{TRICKS}.py:Net"], ["forecast", f"{TRICKS}"],
    ):  # fmt: skip
        main([str(word) for word in command])
        told = "".join(capsys.readouterr())
        assert told and told == printable(told), command


@pytest.fixture
def tiny(folder: Path) -> Path:
    write(folder / "tiny.cnn", Project(from_template("lenet5").graph))
    return folder / "tiny.cnn"


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


ODD: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir, "loop": _loop, "pipe": os.mkfifo, "socket": _listening, "long": Path,
}  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="Windows has none of these")
@pytest.mark.parametrize("kind", ODD)
def test_every_path_that_leads_nowhere_is_a_sentence(
    kind: str, folder: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def odd(suffix: str) -> str:
        path = folder / f"{'x' * 300 if kind == 'long' else kind}{suffix}"
        if kind != "long" and not os.path.lexists(path):
            ODD[kind](path)
        return path.name

    net = tiny.name
    doors = (
        ["check", odd(".cnn")], ["summary", odd(".cnn")], ["forecast", odd(".cnn")], ["diff", net, odd(".cnn")],
        ["figure", net, "--out", odd(".svg")], ["new", "--template", "lenet5", "--force", odd(".cnn")],
        ["export", net, "--to", "python", "--out", odd(".py")],
        ["export", net, "--to", "weights", "--weights", odd(".pth")],
        ["export", net, "--to", "weights", "--weights", odd(".safetensors")],
        ["import", f"{odd('.py')}:Net", "--trust", "--out", "new.cnn"],
        ["train", net, "--epochs", "1", "--folder", odd(".data"), "--out", "run"],
        ["train", net, "--epochs", "1", "--weights", odd(".pth"), "--out", "run"],
        ["train", net, "--epochs", "1", "--teacher", odd(".run"), "--out", "run"],
        ["train", net, "--epochs", "1", "--out", net if kind == "folder" else odd(".file")],
        ["train", net, "--resume", odd(".run")],
        ["runs", odd(".runs") if kind != "folder" else "none"], ["runs", "show", odd(".runs")],
        ["queue", "add", odd(".cnn")], ["sweep", odd(".cnn"), "--over", "seed=1,2"],
    )  # fmt: skip
    for door in doors:
        code = main(door)
        told = capsys.readouterr()
        assert code in (1, 2), (door, told)
        sentence = told.err.strip().splitlines()[-1]
        assert "Traceback" not in told.err and sentence.endswith((".", ")")), (door, told)
