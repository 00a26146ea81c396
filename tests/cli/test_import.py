"""The command ``import``: models by name, files after a question, weights beside the project."""

import sys
from functools import cache
from pathlib import Path

import pytest
import torch

from cnnstudio.cli import main
from cnnstudio.exchange.importing import python_file
from cnnstudio.project import read
from cnnstudio.training import weights
from cnnstudio.training.torchvision_compat import torchvision

NET = """
from torch import nn
print("running")
class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
"""


def test_a_model_by_name_with_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(torchvision().models.squeezenet1_1(num_classes=5).state_dict(), tmp_path / "theirs.pth")
    out = tmp_path / "x.cnn"
    source = ["import", "torchvision:squeezenet1_1", "--classes", "5", "-o", str(out)]
    assert main([*source, "--weights", str(tmp_path / "theirs.pth")]) == 0
    told = capsys.readouterr().out
    assert "x.cnn: SqueezeNet 1.1, 19 blocks, 725,061 parameters." in told
    assert "x.safetensors: the weights of theirs.pth." in told
    assert len(read(out).graph) == 19
    assert weights.read(tmp_path / "x.safetensors")[0]
    assert main(source) == 1 and "is there already" in capsys.readouterr().err
    assert main([*source, "--force"]) == 0


def test_a_file_is_run_only_with_consent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(NET)
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["import", "net.py"]) == 1
    assert "Importing runs net.py, with your rights. If you trust who wrote it, say --trust." in capfd.readouterr().err
    assert main(["import", "net.py:Net", "--trust", "--size", "1x28x28"]) == 0
    told = capfd.readouterr().out
    assert "Net.cnn: Net, 6 blocks, 55 parameters." in told and "running" not in told


class Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["", "n", "what"])
def test_anything_but_yes_is_no(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    (tmp_path / "net.py").write_text(NET)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda question: answer)
    assert main(["import", str(tmp_path / "net.py"), "-o", str(tmp_path / "x.cnn")]) == 1
    told = capsys.readouterr()
    assert "Only do so if you trust who wrote it." in told.out and "was not run" in told.err
    assert not (tmp_path / "x.cnn").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["torchvision:resnet51"], "no classification model called 'resnet51'"),
        (["nonsense"], "neither torchvision:NAME nor FILE.py:NAME"),
        (["none.py"], "There is no file none.py"),
        (["none.py", "--classes", "3"], "--classes is for torchvision's models"),
        (["torchvision:resnet18", "--size", "3x8x8"], "--size is for a file"),
        (["torchvision:resnet18", "--classes", "0"], "--classes must be from 1"),
        (["none.py", "--size", "big"], "'big' is no size"),
        (["torchvision:alexnet", "--weights", "none.pth"], "none.pth cannot be opened"),
    ],
)
def test_refusals_are_sentences(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["import", *arguments]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.usefixtures("processes_with_torch")
def test_what_cannot_be_built_is_said_first_and_has_an_exit_code_of_its_own(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(
        "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def __init__(self, width):\n"
        "        super().__init__()\n        self.conv = nn.Conv2d(1, width, 3)\n"
        "    def forward(self, x):\n        return torch.linalg.svdvals(self.conv(x))\n"
    )
    assert main(["import", "net.py:Net(2)", "--trust", "--size", "1x8x8"]) == 3
    told = capfd.readouterr().out
    assert told.startswith("Net.cnn is written to look at; it cannot be trained or exported yet. ")
    assert "svdvals" in told


@pytest.mark.usefixtures("processes_with_torch")
def test_how_the_images_were_normalised_can_be_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(python_file, "import_file", cache(python_file.import_file))  # a file that nobody changes
    Path("net.py").write_text(NET)
    torch.save({"0.bias": torch.zeros(4)}, "theirs.pth")
    asked = ["import", "net.py:Net", "--trust", "--size", "1x8x8", "--force", "--weights", "theirs.pth"]
    assert main(asked) == 0
    assert "--mean and --std say it" in capfd.readouterr().out
    assert main(["export", "Net.cnn", "--to", "python", "--weights", "Net.safetensors"]) == 0
    assert "prepare() guesses, pixels from 0 to 1" in capfd.readouterr().out
    assert main([*asked, "--mean", "0.25", "--std", "0.5"]) == 0
    assert "--mean" not in capfd.readouterr().out
    metadata = weights.read(Path("Net.safetensors"))[1]
    assert (metadata["mean"], metadata["std"]) == ("[0.25]", "[0.5]")
    for wrong, sentence in (
        (["--mean", "1"], "belong together"),
        (["--mean", "0,1", "--std", "1,1"], "mean and deviation are 1 number each"),
        (["--mean", "0", "--std", "0"], "std must be from 0.0001 to 1"),
        (["--mean", "127.5", "--std", "1"], "mean must be from 0 to 1"),
        (["--mean", "half", "--std", "1"], "are numbers with commas"),
    ):
        assert main([*asked, *wrong]) == 1
        assert sentence in capfd.readouterr().err
    assert (
        main(["import", "net.py:Net", "--trust", "--size", "1x8x8", "--force", "--mean", "0.25", "--std", "0.5"]) == 0
    )
    assert read(Path("Net.cnn")).recipe.normalization(1) == ((0.25,), (0.5,)), "remembered with the project"
    assert main(["export", "Net.cnn", "--to", "python", "-o", "said.py", "--weights", "Net.safetensors"]) == 0
    assert "guesses" not in capfd.readouterr().out


def test_no_neighbour_is_replaced_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(torchvision().models.squeezenet1_1(num_classes=2).state_dict(), "theirs.pth")
    neighbour = Path("x.safetensors")
    neighbour.write_text("a neighbour")
    asked = ["import", "torchvision:squeezenet1_1", "--classes", "2", "-o", "x.cnn", "--weights"]
    assert main([*asked, "theirs.pth"]) == 1
    assert "x.safetensors is there already, and the weights would be written there" in capsys.readouterr().err
    assert neighbour.read_text() == "a neighbour" and not Path("x.cnn").exists()
    assert main([*asked, "x.safetensors", "--force"]) == 1
    assert "x.safetensors holds the original weights, which would be replaced" in capsys.readouterr().err
    assert main([*asked, "theirs.pth", "--force"]) == 0 and weights.read(neighbour)[0]
