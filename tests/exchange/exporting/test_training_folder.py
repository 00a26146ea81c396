"""The folder that trains elsewhere: its text, and that it trains as the program does, alone and in two processes."""

from __future__ import annotations

import ast
import csv
import dataclasses
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cnnstudio.blocks import BatchNorm2d, Conv2d, Dropout, Flatten, GroupNorm, Input, Linear, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting.export import ExportError
from cnnstudio.exchange.exporting.training_folder import readme, write_training_folder
from cnnstudio.exchange.exporting.training_script import Plan, training_script
from cnnstudio.graph import Block, Graph, Shape, Sketch
from cnnstudio.graph.parameter import parameters
from cnnstudio.project import Project, read
from cnnstudio.project.augmentations import (
    AlternatingFlip,
    CutMix,
    MixUp,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    TrivialAugmentWide,
    usual,
)
from cnnstudio.project.datasets import DATASETS
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.build import build
from cnnstudio.training.data.loading import load
from cnnstudio.training.events import EpochEnd, Step
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.runs.metrics_file import read_metrics
from cnnstudio.training.runs.record import new_record, read_record
from cnnstudio.training.torchvision_compat import _SCHEMAS, _extension_loads

GOLDEN = Path(__file__).parent / "golden"
RUFF = ["--isolated", "--line-length", "120", "--target-version", "py310"]
RUN = """
import runpy, sys, warnings
import torch
# torchvision of PyPI beside a CPU build of torch: https://github.com/pytorch/pytorch/issues/122494
library = torch.library.Library("torchvision", "FRAGMENT")
for schema in SCHEMAS:
    library.define(schema)
warnings.filterwarnings("ignore", "Failed to load image Python extension")
for folder in sys.argv[1:]:
    sys.modules.pop("model", None)
    sys.path.insert(0, folder)
    sys.argv = ["train.py"]
    runpy.run_path(folder + "/train.py", run_name="__main__")
    sys.path.remove(folder)
""".replace("SCHEMAS", repr(() if _extension_loads() else _SCHEMAS))


def chained(*blocks: Block) -> Graph:
    draw = Sketch()
    draw.chain(draw(blocks[0]), *blocks[1:])
    return draw.graph()


def network(*norm: Block, size: tuple[int, int, int] = (1, 8, 8), classes: int = 10) -> Graph:
    return chained(Input(size), Conv2d(4, 3), *norm, ReLU(), Flatten(), Linear(classes))


def project(**recipe: Any) -> Project:
    return Project(network(GroupNorm(2)), Recipe(**{"epochs": 2, "device": "cpu", "batch_size": 256, **recipe}))


VARIANTS: dict[str, Project] = {
    "plain": project(),
    "augmented": project(
        augmentations=(RandomCrop(), RandomHorizontalFlip(0.3)),
        optimizer="SGD",
        nesterov=True,
        schedule="cosine",
        weight_decay=0.01,
    ),
    "mixed": project(
        augmentations=(MixUp(0.4),), loss="focal", schedule="warmup-cosine", optimizer="AdamW", accumulation=2
    ),
    "cut": project(
        augmentations=(CutMix(probability=0.6),),
        loss="BCE",
        schedule="multi-step",
        milestones=(1,),
        optimizer="RMSprop",
    ),
    "averaged": project(
        averaging=True, schedule="plateau", class_weights="balanced", optimizer="NAdam", learning_rate=0.0003
    ),
    "by hand": project(
        class_weights="by hand",
        class_weight_list="1, 2, 1, 1, 1, 3, 1, 1, 1, 1",
        label_smoothing=0.1,
        weight_decay=0.1,
        decay_norms=False,
        gradient_clip=0.5,
        schedule="exponential",
        optimizer="Adagrad",
    ),
    "both sides": Project(
        network(BatchNorm2d(), size=(3, 8, 8)),
        Recipe(
            data="shapes",
            validation_share=0.9,
            epochs=3,
            device="cpu",
            batch_size=100,
            augmentations=(RandomCrop(), AlternatingFlip()),
            test_time_mirror=True,
            batchnorm_scale=False,
            averaging=True,
            optimizer="SGD",
        ),
    ),
    "dropped": Project(
        network(BatchNorm2d(), Dropout(0.3)),
        Recipe(epochs=2, device="cpu", batch_size=256, schedule="step", optimizer="SGD"),
    ),
}


EVERYTHING = tuple(kind() for field in parameters(Recipe) for kind in field.entry_types)
TRANSFORMED = project(augmentations=EVERYTHING, validation_share=0.9, epochs=1, batch_size=64)


def clean_environment(**variables: str) -> dict[str, str]:
    """Without this program on the path of modules."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "CUDA_VISIBLE_DEVICES": "", **variables}


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def assert_same_course(folder: Path, made: Project, tolerance: float = 1e-4) -> None:
    """The numbers of this folder's run are those of a run of the program."""
    text = source(made.graph)
    module = fresh(text, made.recipe)
    data = load(made.recipe, Shape(*made.graph.inputs[0].block.shape()))
    found = iter(rows(folder))
    for event in train(module, data, made.recipe, source=text):
        if not isinstance(event, Step | EpochEnd):
            continue
        row = next(found)
        assert row["kind"] == ("step" if isinstance(event, Step) else "epoch")
        for name, value in dataclasses.asdict(event).items():
            if value is not None and name not in ("seconds", "images_per_second", "validation_top5", "validation_f1"):
                assert float(row[name]) == pytest.approx(float(value), rel=tolerance, abs=tolerance), (name, row)
    assert next(found, None) is None


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every variant, trained by its own script in an interpreter that does not know this program."""
    root = tmp_path_factory.mktemp("elsewhere")
    written = {**VARIANTS, "transformed": TRANSFORMED}
    for name, made in written.items():
        write_training_folder(made, root / name, name)
    command = [sys.executable, "-I", "-W", "error", "-c", RUN, *(str(root / name) for name in written)]
    done = subprocess.run(
        command, cwd=root, env=clean_environment(), check=False, capture_output=True, text=True, timeout=180
    )
    assert (done.returncode, done.stderr) == (0, "")
    return root


@pytest.mark.parametrize("name", VARIANTS)
def test_the_script_trains_as_the_program_does(trained: Path, name: str) -> None:
    assert_same_course(trained / name, VARIANTS[name])


def test_every_augmentation_is_in_the_script(trained: Path) -> None:
    """As a transform of torchvision, where the program's own numbers cannot come."""
    assert [row["kind"] for row in rows(trained / "transformed")] == ["step", "step", "step", "epoch"]
    text = (trained / "transformed" / "train.py").read_text()
    own = {"RandomCrop": "cropped", "RandomHorizontalFlip": "flipped", "AlternatingFlip": "turned"}
    own |= {"MixUp": "mixup", "CutMix": "cutmix"}
    for each in EVERYTHING:
        name = type(each).__name__
        assert f"{own[name]}" in text if name in own else f"v2.{name}(" in text
    assert "torchvision>=0.20" in (trained / "transformed" / "requirements.txt").read_text()
    assert "torchvision" not in (trained / "augmented" / "requirements.txt").read_text()


def test_the_folder_brought_back_is_a_run(trained: Path) -> None:
    folder = trained / "plain"
    assert read(folder / "project.cnn") == VARIANTS["plain"]
    record, trouble = read_record(folder)
    assert (record.present_state, trouble) == ("done", "")
    assert (record.epochs_done, record.steps_done, record.images) == (2, 12, (1438, 359))
    assert record.structure == new_record(VARIANTS["plain"]).structure
    assert record.best is not None and record.best.epoch == 2
    metrics = read_metrics(folder)
    assert (len(metrics.rows), metrics.trouble) == (14, "")
    text = source(VARIANTS["plain"].graph)
    metadata = weights.load(build(text.text, text.class_name), folder / "best.safetensors")
    assert (metadata["epoch"], json.loads(metadata["classes"])) == ("2", list("0123456789"))
    assert len(json.loads(metadata["mean"])) == 1
    assert (folder / "last.safetensors").exists()
    assert not list(folder.glob("*.part"))


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    made = project(augmentations=(RandomCrop(),), batch_size=240)  # 1,438 images: 238 in the last batch
    write_training_folder(made, tmp_path / "net")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    processes = [
        subprocess.Popen(
            [sys.executable, "train.py"],
            cwd=tmp_path / "net",
            env=clean_environment(
                SLURM_PROCID=str(rank),
                SLURM_NTASKS="2",
                SLURM_LOCALID=str(rank),
                SLURM_JOB_NODELIST="localhost",
                MASTER_PORT=port,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert "2 processes" in said[0][0]
    assert said[1][0] == ""
    assert_same_course(tmp_path / "net", made)


def test_it_learns_from_a_folder_of_images(tmp_path: Path) -> None:
    for number, name in enumerate(("blue", "it's", "red")):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for shade in range(10):
            color = tuple(200 if channel == number else 10 * shade for channel in range(3))
            Image.new("RGB", (12, 10), color).save(tmp_path / "pictures" / name / f"{shade}.png")
    recipe = Recipe(data="folder", folder=str(tmp_path / "pictures"), epochs=2, batch_size=8, device="cpu")
    made = Project(network(GroupNorm(2), size=(3, 8, 8), classes=3), recipe)
    write_training_folder(made, tmp_path / "net")
    command = [sys.executable, "-I", str(tmp_path / "run.py"), "--data", recipe.folder, "--out", str(tmp_path / "out")]
    (tmp_path / "run.py").write_text(
        f"import runpy, sys\nsys.path.insert(0, {str(tmp_path / 'net')!r})\n"
        f"runpy.run_path({str(tmp_path / 'net' / 'train.py')!r}, run_name='__main__')\n"
    )
    done = subprocess.run(command, env=clean_environment(), check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert_same_course(tmp_path / "out", made)
    assert read(tmp_path / "out" / "project.cnn") == made
    again = subprocess.run(command, env=clean_environment(), check=False, capture_output=True, text=True, timeout=60)
    assert again.returncode == 1
    assert "holds a run already. Name another folder with --out." in again.stderr


# the text


def plan(made: Project, **changes: Any) -> Plan:
    names = DATASETS[made.recipe.data].names or ()
    size = Shape(*made.graph.inputs[0].block.shape())
    found = Plan(made.recipe, "Network", size, len(names) or 3, "a net", names, None)
    return dataclasses.replace(found, **changes)


CIFAR = Recipe(
    data="cifar10",
    epochs=200,
    batch_size=128,
    augmentations=(*usual(mirror=True), TrivialAugmentWide(), RandomErasing(), CutMix()),
    optimizer="SGD",
    learning_rate=0.1,
    weight_decay=5e-4,
    decay_norms=False,
    schedule="warmup-cosine",
    label_smoothing=0.1,
    averaging=True,
    precision="auto",
    patience=20,
)


@pytest.mark.parametrize("name", ["train_digits", "train_cifar10"])
def test_the_script_is_what_it_was(name: str, request: pytest.FixtureRequest) -> None:
    """``make golden`` writes it anew, to be read in review."""
    made = project() if name == "train_digits" else Project(network(size=(3, 32, 32)), CIFAR)
    path, text = GOLDEN / f"{name}.py.txt", training_script(plan(made))
    if request.config.getoption("--rewrite-golden", default=False):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def choices() -> list[Project]:
    """Recipes in which every word that a field can have comes."""
    made = []
    for field in parameters(Recipe):
        asked = ({field.name: choice, "class_weight_list": "1," * 10} for choice in field.choices or ())
        made += [Project(network(), Recipe(**each)) for each in asked]
    given = [usual(True), (AlternatingFlip(),), (CutMix(), MixUp(probability=0.2)), *((each,) for each in EVERYTHING)]
    given += [EVERYTHING, (RandomCrop(probability=0.5), RandomHorizontalFlip(1.0))]
    mirrored = {"data": "shapes", "test_time_mirror": True}
    made += [Project(network(size=(3, 32, 32)), Recipe(**mirrored, augmentations=each)) for each in given]
    switches = (
        {"batchnorm_scale": False},
        {"averaging": True},
        {"patience": 2},
        {"gradient_clip": 1.0, "precision": "float16"},
        {"epochs": None},
    )
    made += [Project(network(), Recipe(**each)) for each in switches]
    return made


def test_every_script_would_pass_a_review(tmp_path: Path) -> None:
    plans = [plan(each) for each in choices()] + [plan(choices()[0], frozen=("backbone1",), has_first=True)]
    for number, each in enumerate(plans):
        text = training_script(each)
        assert "#?" not in text
        assert not re.search("@[A-Z_]+@", text)
        (tmp_path / f"train{number}.py").write_text(text, encoding="utf-8")
    assert len({path.read_text() for path in tmp_path.iterdir()}) > 25
    ruff = [sys.executable, "-m", "ruff"]
    chosen = ["--select", "E,F,W,B,UP,RET,C4", "--ignore", "RET505"]
    checked = subprocess.run(
        [*ruff, "check", *chosen, *RUFF, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    formatted = subprocess.run(
        [*ruff, "format", "--diff", *RUFF, str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert formatted.returncode == 0, formatted.stdout


def test_names_come_as_they_are() -> None:
    hostile = ("it's", 'say "hi"', "\\", "\n", '"""', "ü", "@OPTIMIZER@", "#? end", "{x}", "a" * 200)
    text = training_script(plan(project(), classes=hostile, title='@CLASS@" + """'))
    values = {ast.unparse(node.targets[0]): node.value for node in ast.parse(text).body if isinstance(node, ast.Assign)}
    assert ast.literal_eval(values["CLASSES"]) == hostile
    assert ast.literal_eval(values["TITLE"]) == '@CLASS@" + """'


def test_the_readme_has_the_lines_to_type() -> None:
    text = readme(plan(project()))
    for line in ("python train.py", "torchrun --standalone --nproc-per-node 2 train.py", "sbatch job.slurm"):
        assert line in text
    assert "one folder a class" in readme(plan(project(data="folder"), classes=()))
    assert "leaves out the teacher." in readme(plan(project(teacher="runs/big")))


# what cannot be written


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="is there already and not empty"):
        write_training_folder(project(), tmp_path / "net")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="is there already and not empty"):
        write_training_folder(project(), tmp_path / "file")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "mine.txt", "net"]
    (tmp_path / "empty").mkdir()
    assert "README.md" in write_training_folder(project(), tmp_path / "empty").sentence


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (Project(network(classes=7)), "The network tells 7 classes apart and Digits has 10."),
        (Project(chained(Input((1, 8, 8)), Conv2d(4, 3))), "end in a number a class"),
        (Project(network(size=(2, 8, 8))), "grey or in colour|1 channel"),
        (project(class_weights="by hand", class_weight_list="1, many"), "must be 10 numbers, one for each class"),
        (Project(Graph.of([])), "cannot be exported yet"),
    ],
)
def test_what_no_script_can_train_is_refused(made: Project, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=sentence):
        write_training_folder(made, tmp_path / "net")
    assert list(tmp_path.iterdir()) == []
