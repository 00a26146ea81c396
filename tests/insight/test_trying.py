"""A picture of one's own: made like the images learned from, told by the network's own ending, and nothing changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.blocks import (
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    FractionalMaxPool2d,
    Input,
    Linear,
    LogSoftmax,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Softmax,
)
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.insight.disturbances import Disturbances, disturbed
from cnnstudio.insight.drawings import Ink, manner, sheet_size
from cnnstudio.insight.subject import OwnPicture, Subject
from cnnstudio.insight.trying import (
    Brought,
    Sheet,
    Trial,
    TryError,
    drawn_back,
    features,
    given,
    neighbours,
    scores,
    swept,
)  # fmt: skip
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataError
from cnnstudio.training.loop import train
from cnnstudio.training.runs.session import prepare
from cnnstudio.worker import unheard

NO = Disturbances()


def small(*ending: Block, size: tuple[int, int, int] = (1, 8, 8)) -> Graph:
    draw = Sketch()
    draw.chain(
        draw(Input(size)), Conv2d(12, padding=1), BatchNorm2d(), ReLU(), MaxPool2d(), Dropout(), Flatten(), Linear(10),
        *ending,
    )  # fmt: skip
    return draw.graph()


def subject_of(graph: Graph, *, some: bool = False, **recipe: object) -> Subject:
    prepared = prepare(Project(graph, Recipe(**({"data": "digits", "device": "cpu"} | recipe))), unheard, some=some)  # type: ignore[arg-type]
    return Subject(prepared, "untrained weights")


@pytest.fixture(scope="module")
def trained() -> Subject:
    """A network that tells nineteen of twenty digits."""
    subject = subject_of(small(), epochs=8, batch_size=64, learning_rate=0.01, seed=1)
    for _ in train(subject.module, subject.data, subject.project.recipe):
        pass
    subject.module.eval()
    return subject


def drawn(image: NDArray[np.uint8], side: int, top: int, left: int, sheet: tuple[int, int]) -> Ink:
    """A picture of the data set (1, H, W) as somebody draws it: ``side`` pixels large, somewhere on the sheet."""
    large = Image.fromarray(image[0]).resize((side, side), Image.Resampling.BICUBIC)
    ink = np.zeros(sheet, np.float32)
    ink[top : top + side, left : left + side] = np.asarray(large, np.float32) / 255
    return ink


def test_digits_drawn_off_centre_are_told_as_well_as_those_of_the_data_set(trained: Subject) -> None:
    """100 validation digits, each drawn in another size at another place: with preparation, and without."""
    data, random, trial = trained.data, np.random.default_rng(3), Trial()
    height, width = sheet_size(*data.shape.spatial)
    right = {True: 0, False: 0}
    images, labels = data.validation_images[:100].numpy(), data.validation_labels[:100].numpy()
    expected = int((scores(trained, given(trained, images)).argmax(1).numpy() == labels).sum())
    for image, label in zip(images, labels, strict=True):
        side = int(random.integers(90, 200))
        top, left = random.integers(0, height - side), random.integers(0, width - side)
        ink = drawn(image, side, int(top), int(left), (height, width))
        for is_prepared in right:
            right[is_prepared] += trial.told(trained, Sheet(ink=ink, is_prepared=is_prepared)).best == label
    assert expected >= 85
    assert abs(right[True] - expected) <= 5
    assert right[False] <= expected - 30


@pytest.mark.parametrize(
    ("ending", "loss", "torchs"),
    [
        ((), "cross-entropy", lambda x: x.softmax(1)),
        ((), "BCE", torch.sigmoid),
        ((LogSoftmax(),), "cross-entropy", torch.exp),
        ((Softmax(),), "cross-entropy", lambda x: x),
        ((Sigmoid(),), "BCE", lambda x: x),
    ],
)
def test_probabilities_are_those_of_the_networks_own_ending(ending: tuple[Block, ...], loss: str, torchs: Any) -> None:
    subject = subject_of(small(*ending), loss=loss)
    told = Trial().told(subject, Sheet(under=5))
    data = subject.data
    x = (data.validation_images[5:6].float() / 255 - data.mean[0]) / data.std[0]
    subject.module.eval()
    with torch.no_grad():
        expected = torchs(subject.module(x))[0]
    assert torch.allclose(torch.from_numpy(told.chances).float(), expected, atol=1e-6)
    assert told.picture.label == data.classes[int(data.validation_labels[5])]


def test_what_is_seen_is_the_tensor_drawn_back(trained: Subject) -> None:
    told = Trial().told(trained, Sheet(under=3))
    assert np.array_equal(told.seen, trained.data.validation_images[3].numpy())
    every = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
    assert np.array_equal(drawn_back(given(trained, every)[0], trained.data), every[0])


def test_nothing_that_is_trained_changes_and_no_chance_is_used_up() -> None:
    draw = Sketch()
    draw.chain(
        draw(Input((1, 9, 9))), Conv2d(4), BatchNorm2d(), FractionalMaxPool2d(), Dropout(), Flatten(),
        Linear(10),
    )  # fmt: skip
    subject = subject_of(draw.graph())
    module = subject.module.train()
    list(module.modules())[2].eval()
    modes = [part.training for part in module.modules()]
    module(given(subject, subject.data.train_images[:4].numpy())).sum().backward()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    slopes = {name: weight.grad.clone() for name, weight in module.named_parameters() if weight.grad is not None}
    needed = [weight.requires_grad for weight in module.parameters()]
    torch.manual_seed(4)
    chance = torch.get_rng_state()
    trial = Trial()
    first = trial.told(subject, Sheet(under=1))
    again = trial.told(subject, Sheet(under=1))
    swept(subject, first.picture.image, NO, "rotation")
    neighbours(subject)
    assert np.array_equal(first.chances, again.chances), "a layer of chance says the same of the same picture"
    assert torch.equal(chance, torch.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(torch.equal(slopes[n], w.grad) for n, w in module.named_parameters() if w.grad is not None)
    assert modes == [part.training for part in module.modules()]
    assert needed == [weight.requires_grad for weight in module.parameters()]
    assert not any(part._forward_pre_hooks or part._forward_hooks for part in module.modules())


def test_the_curve_of_a_disturbance_goes_through_what_the_slider_shows(trained: Subject) -> None:
    image = trained.data.validation_images[0].numpy()
    how = NO.but("blur", 0.06)
    curve = swept(trained, image, how, "shift")
    assert curve is not None and curve.shape == (11, 10)
    at_rest = Trial().told(trained, Sheet(under=OwnPicture(image, "Mine")), how)
    assert np.allclose(curve[5], at_rest.chances, atol=1e-6), "the middle of its range is no shift"
    assert swept(trained, image, how, "shift", lambda *_: False) is None


def test_what_is_nearest_is_found_by_what_enters_the_last_layer(trained: Subject) -> None:
    data = trained.data
    found = neighbours(trained)
    assert found is not None and len(found.numbers) == len(data.train_images) == found.whole
    images = data.validation_images[:3].numpy()
    module = trained.module.eval()
    with torch.no_grad():  # by hand: all layers but the last
        parts = list(module.children())
        value = given(trained, np.concatenate((data.train_images.numpy(), images)))
        for part in parts[:-1]:
            value = part(value)
        value = value.flatten(1)
    apart = torch.cdist(value[-3:], value[:-3])
    for image, row in zip(images, apart, strict=True):
        nearest = found.nearest(features(trained, image[None])[0], 4)
        assert nearest.tolist() == row.argsort()[:4].tolist()
    assert neighbours(trained, lambda *_: False) is None


def test_training_pictures_are_looked_at_within_a_budget(trained: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    length = features(trained, trained.data.train_images[:1].numpy()).shape[1]
    monkeypatch.setattr("cnnstudio.insight.trying.BUDGET", 100 * 4 * length)
    found = neighbours(trained)
    assert found is not None and found.features.nbytes <= 100 * 4 * length
    assert found.sentence == f"among 100 of {len(trained.data.train_images):,}"


@pytest.mark.parametrize("size", [(1, 8, 8), (3, 32, 20), (3, 224, 224)])
def test_a_drawing_and_a_file_fit_any_input(size: tuple[int, int, int], tmp_path: Path) -> None:
    draw = Sketch()
    draw.chain(draw(Input(size)), MaxPool2d(4, stride=4), Flatten(), Linear(10))
    subject = subject_of(draw.graph(), some=True)
    ink = np.zeros(sheet_size(*subject.data.shape.spatial), np.float32)
    ink[30:90, 40:60] = 1.0
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    trial = Trial()
    for sheet in (Sheet(ink=ink), Sheet(ink=ink, is_prepared=False), Sheet(Brought(tmp_path / "red.png", "red.png"))):
        told = trial.told(subject, sheet)
        assert told.seen.shape == told.picture.image.shape == size
        assert told.chances.sum() == pytest.approx(1)


def test_a_file_is_read_as_the_images_of_a_folder_are(tmp_path: Path) -> None:
    from cnnstudio.training.data.picture import SCALE, picture_bytes

    subject = subject_of(small(size=(3, 12, 8)), data="shapes")
    random = np.random.default_rng(0)
    path = tmp_path / "mine.png"
    Image.fromarray(random.integers(0, 255, (31, 47, 3), np.uint8)).save(path)
    told = Trial().told(subject, Sheet(Brought(path, "mine.png")))
    expected = np.frombuffer(picture_bytes(str(path), 3, 12, 8, SCALE), np.uint8).reshape(12, 8, 3).transpose(2, 0, 1)
    assert np.array_equal(told.seen, expected) and not told.is_arranged
    assert told.picture.name == "mine.png" and told.picture.label is None


def test_a_photograph_of_a_sheet_is_told_like_a_drawing(trained: Subject, tmp_path: Path) -> None:
    data = trained.data
    sheet = sheet_size(*data.shape.spatial)
    path, right = tmp_path / "photo.png", 0
    for number in range(20):
        ink = drawn(data.validation_images[number].numpy(), 120, 20, 130, sheet)
        Image.fromarray((230 - 190 * ink).astype(np.uint8)).save(path)  # dark on light
        right += Trial().told(trained, Sheet(Brought(path, "photo.png"))).best == data.validation_labels[number]
    assert right >= 17


def test_what_cannot_be_read_is_a_sentence(trained: Subject, tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("no picture at all")
    with pytest.raises(DataError, match=r"notes\.png cannot be taken as a picture \(no image\)\."):
        Trial().told(trained, Sheet(Brought(path, "notes.png")))
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4))
    with pytest.raises(TryError, match="does not end in a number for each of the 10 classes"):
        Trial().told(subject_of(draw.graph()), Sheet(under=0))


def test_the_manner_of_images_is_read_off_them() -> None:
    random = np.random.default_rng(1)
    images = np.zeros((50, 1, 28, 28), np.uint8)
    for image in images:  # as MNIST: 20 of 28 pixels, the centre of mass in the middle
        image[0, 4:24, 11:17] = 250
    found = manner(images)
    assert found is not None and (found.ground, found.ink) == ((0,), (250,)) and found.by_mass
    assert found.side == pytest.approx(20 / 28) and found.centre == pytest.approx((0.5, 0.5))
    assert manner(random.integers(0, 255, (50, 3, 16, 16), np.uint8)) is None
    assert manner(np.zeros((5, 1, 8, 8), np.uint8)) is None


def test_a_picture_is_moved_both_ways_by_whole_pixels() -> None:
    image = np.arange(2 * 4 * 5, dtype=np.uint8).reshape(2, 4, 5)
    moved = disturbed(image, Disturbances(shift=-0.2, drop=0.5))
    assert np.array_equal(moved[:, 2:, :4], image[:, :2, 1:])
    of_ground = np.concatenate((moved[:, :2].reshape(2, -1), moved[:, 2:, 4:].reshape(2, -1)), axis=1)
    assert (of_ground == of_ground[:, :1]).all()
    up = disturbed(image, Disturbances(drop=-0.25))
    assert np.array_equal(up[:, :3], image[:, 1:]) and disturbed(image, Disturbances()) is image
