"""The exported file says of pictures what the program says: the same bytes of every kind of file, the same answer."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cnnstudio.blocks import (
    Conv2d,
    Dropout,
    Flatten,
    Group,
    Identity,
    Input,
    Linear,
    LogSoftmax,
    ReLU,
    Sigmoid,
    Softmax,
)
from cnnstudio.compiler.ending import Making
from cnnstudio.compiler.source import source
from cnnstudio.exchange.exporting import standalone
from cnnstudio.exchange.exporting.export import ExportError, export
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.graph import Block, Graph, Shape, Sketch
from cnnstudio.project import Project
from cnnstudio.project.augmentations import usual
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load
from cnnstudio.training.loop import fresh, train
from cnnstudio.training.runs.session import prepare
from cnnstudio.training.weights import read
from cnnstudio.worker import unheard

SIDE = 24


def chain(*blocks: Block, size: tuple[int, ...] = (3, 8, 8)) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    return draw.graph()


def exported(graph: Graph, folder: Path, normalization: Normalization | None = None) -> dict[str, Any]:
    """The names of the exported file, as it is imported."""
    export(graph, "python", folder / "net.py", None, normalization)
    names: dict[str, Any] = {"__name__": "net"}
    exec(compile((folder / "net.py").read_text(encoding="utf-8"), "net.py", "exec"), names)
    return names


# probabilities


HEAD = (Conv2d(4, 3), ReLU(), Flatten(), Linear(5))


@pytest.mark.parametrize(
    ("ends", "of"),
    [
        ((), lambda scores: scores.softmax(1)),
        ((Softmax(),), lambda scores: scores.softmax(1)),
        ((Softmax(), Identity(), Dropout()), lambda scores: scores.softmax(1)),
        ((Group("Head", chain(Softmax(), size=(5,))),), lambda scores: scores.softmax(1)),
        ((Group("Head", chain(Softmax(), size=(5,))), Dropout()), lambda scores: scores.softmax(1)),
        ((LogSoftmax(),), lambda scores: scores.softmax(1)),
        ((Sigmoid(),), torch.sigmoid),
        ((Group("Head", chain(Sigmoid(), Flatten(), size=(5,))), Identity()), torch.sigmoid),
    ],
)
def test_predict_gives_the_probabilities_of_what_the_network_ends_in(
    ends: tuple[Block, ...], of: Callable[[torch.Tensor], torch.Tensor], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    names = exported(chain(*HEAD, *ends), tmp_path)
    network = names["Network"]().eval()
    images = torch.randint(0, 256, (6, 3, 8, 8), dtype=torch.uint8)
    with torch.no_grad():
        scores = network.fc1(network.conv1(names["prepare"](images)).relu().flatten(1))
    probabilities, classes = of(scores).max(1)
    answers = names["predict"](network, images)
    assert [label for label, _ in answers] == [str(number) for number in classes.tolist()]
    assert [sure for _, sure in answers] == pytest.approx(probabilities.tolist(), abs=1e-6)


@pytest.mark.parametrize("loss", ["cross-entropy", "focal", "BCE"])
def test_predict_makes_probabilities_as_the_loss_did(loss: str, tmp_path: Path) -> None:
    """Before, a network that had learned each class by itself was read as if its classes excluded each other."""
    normalization = Normalization((0.5,) * 3, (0.5,) * 3, ("a", "b", "c", "d", "e"), loss=loss)
    names = exported(chain(*HEAD), tmp_path, normalization)
    network, images = names["Network"]().eval(), torch.randint(0, 256, (6, 3, 8, 8), dtype=torch.uint8)
    with torch.no_grad():
        scores = network(names["prepare"](images))
    wanted = (scores.sigmoid() if loss == "BCE" else scores.softmax(1)).amax(1)
    assert [sure for _, sure in names["predict"](network, images)] == pytest.approx(wanted.tolist(), abs=1e-6)


def test_predict_asks_both_sides_where_validation_did(tmp_path: Path) -> None:
    normalization = Normalization((0.5,) * 3, (0.5,) * 3, both_sides=True)
    names = exported(chain(*HEAD), tmp_path, normalization)
    network, images = names["Network"]().eval(), torch.randint(0, 256, (6, 3, 8, 8), dtype=torch.uint8)
    with torch.no_grad():
        one, other = (network(names["prepare"](each)) for each in (images, images.flip(3)))
    answers = [sure for _, sure in names["predict"](network, images)]
    assert answers == pytest.approx(((one + other) / 2).softmax(1).amax(1).tolist(), abs=1e-6)
    assert answers != pytest.approx(one.softmax(1).amax(1).tolist(), abs=1e-3)
    assert names["predict"](network, images.flip(3)) == [
        (label, pytest.approx(sure)) for label, sure in names["predict"](network, images)
    ]


def test_what_a_run_leaves_is_exported_as_it_was_trained(tmp_path: Path) -> None:
    """The weights' own file says so: loss and both sides, and no default of whoever exports."""
    graph = chain(Conv2d(4, 3), ReLU(), Flatten(), Linear(10), size=(3, 8, 8))
    recipe = Recipe(
        data="shapes",
        validation_share=0.9,
        epochs=1,
        augmentations=usual(True),
        test_time_mirror=True,
        loss="BCE",
        threads=1,
    )
    made = source(graph)
    list(train(fresh(made, recipe), load(recipe, Shape(3, 8, 8)), recipe, tmp_path, source=made))
    weights = tmp_path / "last.safetensors"
    export(graph, "python", tmp_path / "net.py", weights)
    text = (tmp_path / "net.py").read_text(encoding="utf-8")
    assert "scores(network, images).sigmoid().max(dim=1)" in text and "(network(x) + network(x.flip(3))) / 2" in text
    export(
        graph, "python", tmp_path / "other.py", weights, Normalization((0.1,) * 3, (0.2,) * 3)
    )  # of the images alone
    other = (tmp_path / "other.py").read_text(encoding="utf-8")
    assert "MEAN = (0.1, 0.1, 0.1)" in other and "scores(network, images).sigmoid()" in other
    export(graph, "weights", tmp_path / "taken.safetensors", weights)
    said, taken = (Normalization.from_metadata(read(path)[1]) for path in (weights, tmp_path / "taken.safetensors"))
    assert said == taken and said is not None and (said.loss, said.both_sides) == ("BCE", True)
    prepared = prepare(Project(graph, Recipe(data="shapes", validation_share=0.9)), unheard, weights_file=weights)
    assert prepared.probabilities is Making.SIGMOID, (
        "recalled, it is what it was trained as, whatever the recipe says now"
    )
    assert dataclasses.replace(prepared, loss="").probabilities is Making.SOFTMAX


@pytest.mark.parametrize("told", ["", "hinge", "__import__('os')"])
def test_a_loss_that_a_file_only_claims_is_none(told: str) -> None:
    metadata = Normalization((0.5,), (0.5,)).metadata() | {"loss": told, "sides": told}
    assert Normalization.from_metadata(metadata) == Normalization((0.5,), (0.5,))


def test_one_sigmoid_tells_two_classes_apart(tmp_path: Path) -> None:
    normalization = Normalization((0.5,) * 3, (0.5,) * 3, ("cat", "dog"))
    names = exported(chain(Flatten(), Linear(1), Sigmoid()), tmp_path, normalization)
    network = names["Network"]().eval()
    images = torch.randint(0, 256, (40, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        dog = network(names["prepare"](images))[:, 0].tolist()
    answers = names["predict"](network, images)
    assert answers == [("dog" if p >= 0.5 else "cat", pytest.approx(max(p, 1 - p))) for p in dog]
    assert {label for label, _ in answers} == {"cat", "dog"}


def test_one_number_of_any_size_is_no_probability(tmp_path: Path) -> None:
    names = exported(chain(Flatten(), Linear(1)), tmp_path)
    assert "prepare" in names and "predict" not in names and "main" not in names


def test_an_export_that_knows_nothing_of_its_images_says_that_it_guesses(tmp_path: Path) -> None:
    guess = "Nothing is known of its images, so this is a guess"
    assert guess in exported(chain(*HEAD), tmp_path)["prepare"].__doc__
    known = Normalization((0.5,) * 3, (0.5,) * 3)
    assert guess not in exported(chain(*HEAD), tmp_path, known)["prepare"].__doc__


# pictures


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of picture files of every kind, each of another size than the network's images."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    colour = random.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    clear = np.concatenate([colour, random.integers(0, 256, (40, 30, 1), dtype=np.uint8)], 2)
    deep = random.integers(0, 4096, (40, 30)).astype(np.uint16)
    floats = random.uniform(-2, 5_000, (40, 30)).astype(np.float32)
    floats[3, 3], floats[4, 4], floats[5, 5] = np.nan, np.inf, -np.inf
    for name in ("a", "b"):
        place = folder / name
        place.mkdir()
        for turn in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = turn
            Image.fromarray(colour).save(place / f"turned{turn}.jpg", quality=95, exif=exif)
        Image.fromarray(colour).save(place / "plain.png")
        Image.fromarray(colour).save(place / "plain.bmp")
        Image.fromarray(colour).save(place / "lossless.webp", lossless=True)
        Image.fromarray(colour).convert("P").save(place / "palette.gif")
        Image.fromarray(colour).convert("P").save(place / "palette.png", transparency=3)
        Image.fromarray(colour).save(place / "key.png", transparency=tuple(colour[0, 0].tolist()))
        Image.fromarray(clear).save(place / "clear.png")
        Image.fromarray(clear).convert("LA").save(place / "grey_clear.png")
        Image.fromarray(clear).save(place / "clear.webp", lossless=True)
        Image.fromarray(colour).convert("L").save(place / "grey.jpg")
        Image.fromarray(colour).convert("1").save(place / "bits.png")
        Image.fromarray(colour).convert("CMYK").save(place / "print.jpg", quality=95)
        Image.fromarray(colour).convert("CMYK").save(place / "print.tif")
        Image.fromarray(deep).save(place / "deep.png")
        Image.fromarray(deep).save(place / "deep.tif")
        Image.fromarray(deep.astype(np.int32)).save(place / "whole.tif")
        Image.fromarray(deep).save(place / "deep.pgm")
        Image.fromarray(floats).save(place / "float.tif")
        Image.new("RGB", (2_000, 1_500), "navy").save(place / "large.jpg")
    return folder


@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_of_picture_is_read_as_training_did(channels: int, pictures: Path, tmp_path: Path) -> None:
    """Program against exported file in a clean interpreter: equal bytes."""
    size = Shape(channels, SIDE, SIDE + 2)
    data = load(Recipe(data="folder", folder=str(pictures)), size)
    assert data.scale is not None and data.scale[0] < 0
    files = [path for place in sorted(pictures.iterdir()) for path in sorted(place.iterdir())]
    assert len(files) == len(data.train_labels) + len(data.validation_labels)
    graph = chain(Flatten(), Linear(2), size=tuple(size))
    export(graph, "python", tmp_path / "net.py", None, data)
    code = (
        "import sys; sys.path.insert(0, '.'); import net, torch\n"
        "torch.save([net.read(path) for path in sys.argv[1:]], 'read.pt')\n"
        "assert not any(name.startswith('cnnstudio') for name in sys.modules)"
    )
    command = [sys.executable, "-I", "-c", code, *map(str, files)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    read = torch.load(tmp_path / "read.pt", weights_only=True)
    images = {image.numpy().tobytes() for image in (*data.train_images, *data.validation_images)}
    for path, image in zip(files, read, strict=True):
        assert image.shape == tuple(size), path.name
        assert image.contiguous().numpy().tobytes() in images, f"{path.name} is read otherwise"
    assert len({image.contiguous().numpy().tobytes() for image in read}) > 12, "the kinds can be told apart"


@pytest.mark.parametrize("fit", ["pad", "stretch"])
def test_the_exported_network_fits_pictures_as_the_recipe_says(tmp_path: Path, fit: str) -> None:
    for name in ("a", "b"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(2):
            noise = np.random.default_rng(number).integers(0, 256, (20, 50, 4), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / "images" / name / f"{number}.png")
    recipe = Recipe(data="folder", folder=str(tmp_path / "images"), fit=fit, ground="black")
    data = load(recipe, Shape(3, SIDE, SIDE))
    export(chain(Flatten(), Linear(2), size=(3, SIDE, SIDE)), "python", tmp_path / "net.py", None, data)
    namespace: dict[str, Any] = {"__name__": "net"}
    exec(compile((tmp_path / "net.py").read_text(), "net.py", "exec"), namespace)
    read = namespace["read"](str(tmp_path / "images" / "a" / "0.png"))
    assert any(torch.equal(read, image) for image in (*data.train_images, *data.validation_images))
    assert f'fit="{fit}", ground="black")' in (tmp_path / "net.py").read_text()


def test_a_file_that_reads_pictures_otherwise_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_it_is = standalone.source_of_picture_bytes()
    upright = as_it_is.replace("ImageOps.exif_transpose(picture, in_place=True)", "pass")
    assert upright != as_it_is
    monkeypatch.setattr(standalone, "source_of_picture_bytes", lambda: upright)
    with pytest.raises(ExportError, match="a picture that is turned by its camera otherwise, so nothing was written"):
        export(chain(*HEAD), "python", tmp_path / "net.py")
    assert not (tmp_path / "net.py").exists()


def test_the_exported_network_loads_without_pillow(tmp_path: Path) -> None:
    export(chain(*HEAD), "python", tmp_path / "net.py")
    code = (
        "import sys; sys.modules['PIL'] = None; sys.path.insert(0, '.'); import net, torch\n"
        "print(net.predict(net.Network().eval(), torch.zeros(1, 3, 8, 8, dtype=torch.uint8))[0][0])"
    )
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and done.stdout.strip().isdecimal(), done.stderr
