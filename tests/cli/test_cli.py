"""The commands: what they print, what they leave behind and how they end."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import re
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
from PIL import Image

from cnnstudio import __version__
from cnnstudio.blocks import Add, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.cli import COMMANDS, main
from cnnstudio.cli.bar import Bar
from cnnstudio.cli.train import interruptible
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.graph import Graph, Shape, Sketch
from cnnstudio.graph.parameter import Fraction, declaration
from cnnstudio.project import Project, dumps, from_template, read, write
from cnnstudio.project.presets import PRESETS
from cnnstudio.project.recipe import Recipe, Section
from cnnstudio.zoo import NETWORKS, TEMPLATES, Backbone

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A network that learns the digits in a moment."""
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, 3), ReLU(), Flatten(), Linear(10))
    write(tmp_path / "tiny.cnn", Project(draw.graph(), Recipe(epochs=2)))
    return tmp_path / "tiny.cnn"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4, 9), ReLU(), Flatten(), Linear(10))
    write(tmp_path / "faulty.cnn", Project(draw.graph()))
    return tmp_path / "faulty.cnn"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command here: exit code, stdout, stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def started(*arguments: str | Path, **options: object) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "cnnstudio", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
        **options,  # type: ignore[call-overload]
    )


# the face


def test_version_and_help(run: Run) -> None:
    assert run("--version") == (0, f"CNN Studio {__version__}\n", "")
    code, out, _ = run("--help")
    assert code == 0
    assert all(command.NAME in out for command in COMMANDS)
    for command in COMMANDS:
        code, out, _ = run(command.NAME, "--help")
        assert code == 0
        assert out.startswith(f"usage: cnnstudio {command.NAME} ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chekc"], f"'chekc' is neither a command ({', '.join(each.NAME for each in COMMANDS)}) nor a .cnn file"),
        (["--nonsense"], "required: COMMAND"),
        (["check", "x.cnn", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["check"], "required: FILE"),
        (["new", "--template", "vgg99", "x.cnn"], "there is no network called 'vgg99'; do you mean vgg19"),
        (["export", "x.cnn", "--to", "keras"], "invalid choice: 'keras'"),
        (["train", "x.cnn", "--epochs", "0"], "epochs must be from 1 to 10,000, not 0."),
        (["train", "x.cnn", "--epochs", "many"], "epochs must be a whole number or nothing, not 'many'."),
        (["train", "x.cnn", "--learning-rate", "nan"], "learning_rate must be a number, not nan."),
        (["train", "x.cnn", "--optimizer", "LBFGS"], '"NAdam" or "Adagrad", not \'LBFGS\'.'),
        (["train", "x.cnn", "--milestones", "3,0"], "milestones must be from 1 to 10,000, not (3, 0)."),
        (["train", "x.cnn", "--milestones", "3,x"], "milestones must be a list"),
        (["train", "x.cnn", "--mean", "0.5,2"], "mean must be from 0 to 1, not (0.5, 2.0)."),
        (["train", "x.cnn", "--std", "half"], "std must be a list of numbers"),
        (["train", "x.cnn", "--preset", "slow"], "argument --preset: invalid choice: 'slow'"),
        (["a.cnn", "b.cnn"], "one file can be opened at a time"),
    ],
)
def test_a_wrong_command_line_is_2(run: Run, arguments: list[str], sentence: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert sentence in err


def test_a_file_that_cannot_be_read_is_1_with_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.cnn").write_text('{"format": "cnnstudio"')
    for command in (("check",), ("summary",), ("figure",), ("train",), ("export", "--to", "python")):
        code, out, err = run(*command, "broken.cnn")
        assert (code, out) == (1, "")
        assert err == "cnnstudio: broken.cnn cannot be opened: It breaks off at line 1: its end is missing.\n"


# new, check, summary


@pytest.mark.parametrize("key", TEMPLATES)
def test_new_writes_a_template(run: Run, tmp_path: Path, key: str) -> None:
    code, out, _ = run("new", "--template", key, "net.cnn")
    assert code == 0
    assert out.startswith("net.cnn: ")
    assert read(tmp_path / "net.cnn") == from_template(key)


@pytest.mark.parametrize("key", ["resnet50", "vit_b_16"])
@pytest.mark.parametrize("small", [False, True])
def test_new_writes_a_famous_network_at_both_sizes(run: Run, tmp_path: Path, key: str, small: bool) -> None:
    assert run("new", "--template", key, "net.cnn", *(["--small"] if small else []))[0] == 0
    project = read(tmp_path / "net.cnn")
    assert project.graph.inputs[0].block.values["size"] == ((3, 32, 32) if small else (3, 224, 224))
    assert project == from_template(key, small)


def test_new_lists_every_network_by_family(run: Run) -> None:
    code, out, err = run("new", "--list")
    assert (code, err) == (0, "")
    for key, template in {**TEMPLATES, **NETWORKS}.items():
        assert re.search(rf"^  {re.escape(key)} +{re.escape(template.title)}\. ", out, re.MULTILINE)
    families = re.findall(r"^(\S.*):$", out, re.MULTILINE)
    assert families[0] == "To begin with" and len(families) == len(set(families))


def test_new_replaces_nothing_unasked(run: Run, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    code, _, err = run("new", "--template", "lenet5", file)
    assert (code, file.read_bytes()) == (1, before)
    assert "is there already" in err
    assert run("new", "--template", "lenet5", "--force", file)[0] == 0
    assert read(file) == from_template("lenet5")
    (tmp_path / "folder.cnn").mkdir()
    assert "it is a folder" in run("new", "--template", "lenet5", tmp_path / "folder.cnn")[2]
    assert "there is no folder none" in run("new", "--template", "lenet5", "none/x.cnn")[2]


@pytest.mark.parametrize("command", [("new", "--template", "lenet5"), ("import", "torchvision:alexnet", "-o")])
def test_a_project_has_a_name_that_opens_it(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    code, _, err = run(*command, tmp_path / "network.txt")
    assert (code, list(tmp_path.iterdir())) == (1, [])
    assert "give a name that ends in .cnn" in err


def test_check_says_whether_all_is_well(run: Run, file: Path, faulty: Path) -> None:
    assert run("check", file) == (0, "tiny.cnn: no errors; 1,490 parameters.\n", "")
    code, out, _ = run("check", faulty)
    assert code == 1
    assert out.startswith("error: ")
    assert "conv1" in out
    write(file, Project())
    assert run("check", file)[0] == 1


def test_check_says_that_a_network_does_not_fit_into_memory(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.training.needs.headroom", lambda: 5_000)
    code, out, _ = run("check", file)
    assert code == 1 and "no errors" not in out
    assert out.startswith("error: Building the network takes about") and out.count("\n") == 1


def test_check_knows_the_classes_of_the_data(run: Run, file: Path) -> None:
    project = read(file)
    write(file, Project(project.graph.replace("fc1", Linear(7)), project.recipe))
    code, out, _ = run("check", file)
    assert code == 1
    assert "7" in out and "10" in out


TABLE = """\
Block     Kind             Output     Parameters   MACs  Receptive field
────────────────────────────────────────────────────────────────────────
input1    Input 1 × 8 × 8  1 × 8 × 8           0      0  1 × 1
conv1     Conv2d 4 · 3×3   4 × 6 × 6          40  1,296  3 × 3
relu1     ReLU             4 × 6 × 6           0      0  3 × 3
flatten1  Flatten          144                 0      0  ≤ 8 × 8
fc1       Linear 10        10              1,450  1,440  8 × 8
────────────────────────────────────────────────────────────────────────
Total                                      1,490  2,736
Activations of a batch of 64: 88.0 KiB kept for the backward pass, 88.0 KiB at once in prediction
Memory in all: about 24.2 MiB in training with Adam, 93.8 KiB in prediction
"""


def test_summary_is_a_table(run: Run, file: Path) -> None:
    assert run("summary", file) == (0, TABLE, "")


def test_summary_leaves_blank_what_nobody_knows(run: Run, faulty: Path) -> None:
    code, out, _ = run("summary", faulty)
    assert code == 1
    lines = out.splitlines()
    assert lines[3].split() == ["conv1", "Conv2d", "4", "·", "9×9"]
    assert "Total" in lines
    assert lines[-1].startswith("error: ")
    assert "Activations" not in out


def test_summary_tells_what_is_frozen(run: Run, tmp_path: Path) -> None:
    draw = Sketch()
    draw.chain(draw(Input((3, 32, 32))), Backbone(cut="vector"), Linear(10))
    write(tmp_path / "frozen.cnn", Project(draw.graph()))
    _, out, _ = run("summary", tmp_path / "frozen.cnn")
    assert "Frozen: 11,176,512 of the parameters, so that 5,130 learn\n" in out


def test_summary_as_json(run: Run, file: Path, faulty: Path) -> None:
    code, out, _ = run("summary", "--json", file)
    found = json.loads(out)
    assert code == 0
    assert found["totals"] == {
        "parameters": 1_490, "macs": 2_736, "frozen": 0, "training_bytes": 1_408, "inference_bytes": 1_408,
    }  # fmt: skip
    assert found["problems"] == []
    conv = found["nodes"][1]
    assert (conv["name"], conv["block"], conv["inputs"]) == ("conv1", "Conv2d", ["input1"])
    assert (conv["shape"], conv["parameters"], conv["macs"]) == ([4, 6, 6], 40, 1_296)
    assert conv["receptive_field"] == {"size": [3, 3], "stride": [1, 1], "offset": [0, 0]}
    assert conv["settings"]["kernel_size"] == 3
    code, out, _ = run("summary", "--json", faulty)
    found = json.loads(out)
    assert (code, found["totals"], found["nodes"][1]["shape"]) == (1, None, None)
    assert found["problems"][0]["severity"] == "error"
    assert found["problems"][0]["nodes"][0] == "conv1"


# train


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("cnnstudio.cli.bar.SECONDS", 0.0)
    bar = Bar()
    bar.show("Epoch 1/2", 0.25, "loss 1.234")
    bar.show("Epoch 1/2", 0.5, "a sentence that is much too long for this terminal")
    bar.clear()
    first, second, wiped, end = screen.getvalue().split("\r")[1:]
    assert first == "Epoch 1/2 ██████░░░░░░░░░░░░░░░░░░  25%  loss 1.234"
    assert second.startswith("Epoch 1/2 ████████████░░░░░░░░░░░░  50%  a sentence")
    assert len(second) == 59
    assert (wiped, end) == (" " * 59, "")


def test_a_terminal_with_few_letters_sees_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    monkeypatch.setattr(Terminal, "encoding", "ascii")
    Bar().show("Epoch", 1.0)
    assert screen.getvalue() == f"\rEpoch {'#' * 24} 100%"


@declaration
class Mixing(Recipe):
    """A recipe with one more field.

    mix_share: how much of a second image is in each
    """

    mix_share: Annotated[Fraction, Section.AUGMENTATION] = 0.0


def test_train_lists_the_recipe_by_its_sections(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnstudio.cli.train.Recipe", Mixing)
    code, out, _ = run("train", "--help")
    headings = re.findall(r"^([a-z ]+):$", out, re.MULTILINE)
    assert code == 0 and headings[-len(Section) :] == [section.lower() for section in Section]
    augmentation = out.split("\naugmentation:\n")[1].split("\n\n")[0]
    assert re.findall(r"^  (--[a-z-]+)", augmentation, re.MULTILINE) == [
        "--augmentations", "--test-time-mirror", "--mix-share",
    ]  # fmt: skip
    assert "how much of a second image is in each" in augmentation


def test_train_takes_a_preset_and_what_is_said_beside_it(run: Run, file: Path, tmp_path: Path) -> None:
    code, out, err = run(
        "train", file, "--epochs", 1, "--preset", "fast", "--milestones", "3, 9", "--seed", 4, "--out", tmp_path / "run"
    )
    assert (code, err) == (0, "")
    assert re.search(r"validation loss \S+  accuracy +\S+%  top-5 \S+%  macro F1 \S+%  averaged \S+%", out)
    recipe = read(tmp_path / "run" / "project.cnn").recipe
    wanted = dataclasses.replace(PRESETS["fast"].applied(read(file).recipe), epochs=1, milestones=(3, 9), seed=4)
    assert recipe == wanted and recipe.label_smoothing == 0.1


def test_train_takes_what_is_left_open(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Recipe] = []
    monkeypatch.setattr("cnnstudio.cli.train._train", lambda project, *_: taken.append(project.recipe) or 0)
    assert run("train", file, "--epochs", "auto")[0] == 0 and run("train", file, "--epochs", 7)[0] == 0
    assert [recipe.epochs for recipe in taken] == [None, 7]


def test_train_keeps_weights_and_the_recipe(run: Run, file: Path, tmp_path: Path) -> None:
    code, out, err = run("train", file, "--epochs", 1, "--learning-rate", "0.01", "--nesterov")
    assert (code, err) == (0, "")
    assert "1,490 parameters on " in out
    assert "Epoch 1/1  loss " in out
    assert "\r" not in out
    folder = tmp_path / "runs" / "tiny"
    files = ["best.safetensors", "checkpoint.safetensors", "first_batch", "last.safetensors", "metrics.csv"]
    files += ["project.cnn", "run.json"]
    assert sorted(path.name for path in folder.iterdir()) == files
    assert read(folder / "project.cnn").recipe == Recipe(epochs=1, learning_rate=0.01, nesterov=True)
    assert read(folder / "project.cnn").graph == read(file).graph
    run("train", file, "--epochs", 1)
    assert (tmp_path / "runs" / "tiny-2" / "best.safetensors").exists()


def test_train_needs_no_folder_of_the_program_s_own(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "home"))
    code, _, err = run("train", file, "--epochs", 1)
    assert (code, err) == (0, "")
    assert (tmp_path / "runs" / "tiny" / "best.safetensors").exists()


def test_train_begins_with_weights(run: Run, file: Path, tmp_path: Path) -> None:
    run("train", file, "--epochs", 1, "--out", "first")
    code, out, _ = run("train", file, "--epochs", 1, "--weights", "first/best.safetensors", "--out", "second")
    assert code == 0 and "It begins with the weights of best.safetensors.\n" in out
    code, _, err = run("train", file, "--weights", "none.pth", "--out", "third")
    assert code == 1 and "The run cannot begin with these weights: none.pth cannot be opened" in err
    assert not (tmp_path / "third").exists()


def test_what_was_trained_is_exported(run: Run, file: Path, tmp_path: Path) -> None:
    run("train", file, "--out", "trained")
    for kind in ("python", "weights"):
        code, out, _ = run("export", file, "--to", kind, "--weights", "trained/best.safetensors")
        assert (code, "loaded back" in out) == (0, True)
        assert (tmp_path / f"tiny{KINDS[kind].suffix}").exists()
    assert 'CLASSES = ("0", "1"' in (tmp_path / "tiny.py").read_text()


def test_train_refuses_what_cannot_be_trained(run: Run, file: Path, faulty: Path, tmp_path: Path) -> None:
    code, out, err = run("train", faulty)
    assert (code, out) == (1, "")
    assert err.startswith("cnnstudio: The network cannot be trained yet.\nerror: ")
    code, _, err = run("train", file, "--folder", "none")
    assert code == 1
    assert f"The folder {tmp_path / 'none'} does not exist." in err
    (tmp_path / "runs").write_text("")
    code, _, err = run("train", file)
    assert code == 1
    assert "The folder runs/tiny cannot be made" in err


def test_what_a_network_of_two_images_cannot_do_is_said_by_all(run: Run, tmp_path: Path) -> None:
    draw = Sketch()
    images = draw(Input((1, 8, 8))), draw(Input((1, 8, 8)))
    draw.chain(draw(Add(), *images), Flatten(), Linear(10))
    write(tmp_path / "two.cnn", Project(draw.graph()))
    reason = "The network has 2 inputs, and training gives it one, the image."
    assert run("train", "two.cnn") == (1, "", f"cnnstudio: The network cannot be trained yet. {reason}\n")
    code, out, _ = run("check", "two.cnn")
    assert (code, out.splitlines()[-1]) == (0, f"It cannot be trained yet. {reason}")
    assert run("export", "two.cnn", "--to", "python")[0] == 0


def test_an_error_is_said_in_the_same_words_by_check_train_and_export(run: Run, faulty: Path) -> None:
    error = run("check", faulty)[1].splitlines()[0].removeprefix("error: ")
    assert f"\nerror: {error}\n" in run("train", faulty)[2]
    assert run("export", faulty, "--to", "python")[2] == f"cnnstudio: The network cannot be exported yet. {error}\n"


def test_what_training_refuses_leaves_no_folder(run: Run, file: Path, tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (8, 8), number).save(tmp_path / "pets" / name / f"{number}.png")
    for number in range(8):  # only who reads them finds that there are two classes
        (tmp_path / "pets" / f"broken{number}").mkdir()
        (tmp_path / "pets" / f"broken{number}" / "a.png").write_bytes(b"x")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    for option in ((), ("--out", "asked"), ("--out", "mine")):
        code, _, err = run("train", file, "--folder", "pets", *option)
        assert code == 1 and "Give the last layer 2 outputs." in err
    assert list((tmp_path / "runs").iterdir()) == []
    assert not (tmp_path / "asked").exists()
    assert (tmp_path / "mine" / "notes.txt").exists()


def test_a_run_that_diverges_is_1(run: Run, file: Path) -> None:
    code, out, _ = run("train", file, "--optimizer", "SGD", "--learning-rate", "100", "--schedule", "constant")
    assert code == 1
    assert "learning rate" in out


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl+C to the whole console")
def test_ctrl_c_ends_the_training_and_keeps_the_weights(file: Path, tmp_path: Path) -> None:
    with started("train", file, "--epochs", "10000", "--out", "run", cwd=tmp_path) as process:
        assert process.stdout is not None and process.stderr is not None
        while not process.stdout.readline().startswith("Epoch"):
            assert process.poll() is None, process.stderr.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == ""
    assert "Stopped in epoch " in out
    assert f"To go on: cnnstudio train {file} --resume run\n" in out
    assert (tmp_path / "run" / "last.safetensors").stat().st_size > 5_000
    assert [path.name for path in (tmp_path / "run").iterdir() if path.name.startswith(".")] == []


def test_who_interrupts_before_there_is_anything_to_keep_finds_nothing(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.cli.train.interruptible", lambda: contextlib.nullcontext(lambda: True))
    code, out, err = run("train", file)
    assert (code, out, err) == (130, "", "\nInterrupted.\n")
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_a_terminal_that_is_closed_ends_the_training_and_keeps_the_weights(file: Path, tmp_path: Path) -> None:
    import pty

    code = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); os.chdir({str(tmp_path)!r})\n"
        "os.open(os.ttyname(0), os.O_RDWR)\n"  # which makes it the terminal of this session
        f"sys.argv = ['cnnstudio', 'train', {str(file)!r}, '--epochs', '10000', '--out', 'run']\n"
        "from cnnstudio.__main__ import main; code = main()\n"
        "open('code', 'w').write(str(code)); sys.exit(code)"
    )
    terminal, side = pty.openpty()
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, start_new_session=True)
    os.close(side)
    said = b""
    while b"validation" not in said:
        said += os.read(terminal, 4_096)
    os.close(terminal)  # its own side gets SIGHUP, and whatever it writes fails
    process.wait(120)
    assert (tmp_path / "code").read_text() == "130"
    assert (tmp_path / "run" / "last.safetensors").stat().st_size > 5_000
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()
    assert '"stopped"' in (tmp_path / "run" / "run.json").read_text()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_who_is_to_outlive_the_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
    try:
        with interruptible() as is_interrupted:
            signal.raise_signal(signal.SIGHUP)
            assert not is_interrupted()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_error_that_nobody_foresaw_is_a_line_and_stands_in_the_log(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['cnnstudio', 'check', 'a.cnn']\n"
        "from cnnstudio.cli import check\n"
        "check.run = lambda arguments: 1 / 0\n"
        "from cnnstudio.__main__ import main; sys.exit(main())"
    )
    home = tmp_path / "home"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CNNSTUDIO_HOME": str(home)}

    def run_once() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )

    done = run_once()
    assert done.returncode == 1
    assert done.stderr == (
        "cnnstudio: Something went wrong inside the program (ZeroDivisionError). "
        f"The details are in {home / 'log.txt'}.\n"
    )
    log = (home / "log.txt").read_text()
    assert "Traceback" in log and "ZeroDivisionError: division by zero" in log
    (home / "log.txt").unlink()
    home.rmdir()
    home.write_text("no folder")
    assert "Traceback" in run_once().stderr, "somewhere it must stand"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if os.name != "nt" else [])])
def test_the_second_ctrl_c_does_not_wait(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with interruptible() as is_interrupted:
        assert not is_interrupted()
        signal.raise_signal(number)
        assert is_interrupted()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise on Windows")
def test_a_reader_who_goes_away_is_no_error(tmp_path: Path) -> None:
    draw = Sketch()
    x = draw(Input((1, 8, 8)))
    for _ in range(2_000):  # more than a pipe holds
        x = draw(Conv2d(1, 1), x)
    write(tmp_path / "long.cnn", Project(draw.graph()))
    with started("summary", "long.cnn", cwd=tmp_path) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == 0


# export


def test_export_names_the_file_and_replaces_nothing_unasked(run: Run, file: Path, tmp_path: Path) -> None:
    assert run("export", file, "--to", "python")[0] == 0
    code, _, err = run("export", file, "--to", "python")
    assert code == 1
    assert "tiny.py is there already; name it with -o" in err
    assert run("export", file, "--to", "python", "-o", "tiny.py")[0] == 0
    assert "class Network(nn.Module)" in (tmp_path / "tiny.py").read_text()


def test_export_writes_a_folder_that_trains_elsewhere(run: Run, file: Path, tmp_path: Path) -> None:
    code, out, err = run("export", file, "--to", "training-folder")
    assert (code, err) == (0, "")
    assert out == "tiny training is written: its README.md says how to start.\n"
    written = {path.name for path in (tmp_path / "tiny training").iterdir()}
    assert written == {"README.md", "data", "job.slurm", "model.py", "project.cnn", "requirements.txt", "train.py"}
    assert run("export", file, "--to", "training-folder")[2].endswith("give the folder another name.\n")
    refused = run("export", file, "--to", "training-folder", "--weights", "w.safetensors")
    assert refused[2].startswith("cnnstudio: What trains elsewhere begins with the weights that the recipe names")


def test_export_refusals(run: Run, file: Path, faulty: Path, tmp_path: Path) -> None:
    for arguments, sentence in (
        ((file, "--to", "weights"), "There are no weights to export"),
        ((faulty, "--to", "python"), "cannot be exported yet"),
        ((file, "--to", "python", "-o", tmp_path), "it is a folder"),
        ((file, "--to", "python", "--weights", "none"), "none cannot be opened: it does not exist."),
    ):
        code, out, err = run("export", *arguments)
        assert (code, out) == (1, "")
        assert sentence in err


# the window


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path | None]]:
    """What would have been opened, and by whom."""
    seen: list[tuple[str, Path | None]] = []
    app, demo = types.ModuleType("app"), types.ModuleType("demo")
    app.run = lambda path: seen.append(("window", path)) or 0  # type: ignore[attr-defined]
    demo.run = lambda path, out, *_: seen.append((str(out), path)) or 0  # type: ignore[attr-defined]
    demo.DemoError = RuntimeError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cnnstudio.ui.app", app)
    monkeypatch.setitem(sys.modules, "cnnstudio.ui.process.demo", demo)
    return seen


def test_without_a_command_the_window_opens(
    run: Run, opened: list[tuple[str, Path | None]], monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert run()[0] == 0
    assert run(file)[0] == 0
    assert run("not there yet.cnn")[0] == 0
    assert opened == [("window", None), ("window", file), ("window", Path("not there yet.cnn"))]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_without_a_display_the_main_job_is_done_without_one(
    run: Run, opened: list[tuple[str, Path | None]], monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert run()[0] == 0
    assert run(file)[0] == 0
    assert opened == [("out", ROOT / "resources" / "examples" / "lenet5.cnn"), ("out", file)]
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    run()
    assert opened[-1] == ("window", None)


def test_a_qt_that_does_not_start_is_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "cnnstudio.ui.app":
                raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.delitem(sys.modules, "cnnstudio.ui.app", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    code, _, err = run()
    assert code == 1
    assert "libEGL.so.1" in err


# what the commands must not import


def in_a_fresh_interpreter(lines: str, folder: Path) -> None:
    code = f"import sys\nfrom cnnstudio.cli import main\n{lines}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_new_check_and_summary_import_neither_torch_nor_qt(tmp_path: Path) -> None:
    in_a_fresh_interpreter(
        "assert main(['new', '--template', 'small-resnet', 'a.cnn']) == 0\n"
        "assert main(['check', 'a.cnn']) == 0\n"
        "assert main(['summary', 'a.cnn']) == 0\n"
        "assert main(['train', 'a.cnn', '--help']) == 0\n"
        "heavy = {name.partition('.')[0] for name in sys.modules} & {'torch', 'torchvision', 'PySide6', 'shiboken6'}\n"
        "assert not heavy, heavy",
        tmp_path,
    )


def test_train_and_export_import_no_qt(file: Path, tmp_path: Path) -> None:
    in_a_fresh_interpreter(
        "assert main(['train', 'tiny.cnn', '--epochs', '1', '--out', 'run']) == 0\n"
        "for kind in ('python', 'weights', 'torchscript', 'pt2'):\n"
        "    assert main(['export', 'tiny.cnn', '--to', kind, '--weights', 'run/best.safetensors']) == 0\n"
        "heavy = {name.partition('.')[0] for name in sys.modules} & {'PySide6', 'shiboken6', 'pyqtgraph'}\n"
        "assert not heavy, heavy",
        tmp_path,
    )


def test_a_project_can_be_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.cnn").write_text(dumps(Project(Graph())))
    code, out, _ = run("summary", "empty.cnn")
    assert code == 1
    assert out.startswith("Block")


def test_a_new_network_may_have_other_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "--template", "lenet5", "--classes", "7", str(tmp_path / "a.cnn")]) == 0
    project = read(tmp_path / "a.cnn")
    assert infer(project.graph).shape(project.graph.outputs[0].name) == Shape(7)
    assert project.recipe.data == "folder"
    assert main(["new", "--template", "lenet5", "--classes", "10", str(tmp_path / "b.cnn")]) == 0
    assert read(tmp_path / "b.cnn").recipe.data == "digits"
    assert main(["new", "--template", "lenet5", "--classes", "0", str(tmp_path / "c.cnn")]) == 1
    assert "--classes must be from 1 to 65,536" in capsys.readouterr().err
