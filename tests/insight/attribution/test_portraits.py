"""What a channel looks for: the pictures that excite it, counted once more by hand, and one that is made for it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.compiler.source import source
from cnnstudio.graph import Shape, Sketch
from cnnstudio.insight.activations import TraceError
from cnnstudio.insight.attribution.exciting import SHOWN
from cnnstudio.insight.attribution.maximising import STEPS
from cnnstudio.insight.attribution.painters import PAINTERS, Painter
from cnnstudio.insight.subject import Subject
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.loading import load, normalised
from cnnstudio.training.loop import fresh
from cnnstudio.training.runs.session import Prepared

EXCITING, MAXIMISED = PAINTERS


@pytest.fixture(scope="module")
def subject() -> Subject:
    draw = Sketch()
    draw.chain(draw(Input((1, 8, 8))), Conv2d(4), ReLU(), Flatten(), Linear(10))
    project = Project(draw.graph(), Recipe(data="digits"))
    text = source(project.graph)
    return Subject(Prepared(project, text, fresh(text, project.recipe), load(project.recipe, Shape(1, 8, 8))), "now")


def going_on(*_: object) -> bool:
    return True


def test_the_most_exciting_pictures_are_those_of_the_greatest_numbers(subject: Subject) -> None:
    data = subject.data
    x = normalised(data.validation_images.clone(), torch.tensor(data.mean[0]), torch.tensor(data.std[0]))
    with torch.no_grad():
        value = subject.module.eval().get_submodule(subject.source.paths["conv1"])(x)[:, 2]
    greatest, order = value.flatten(1).amax(1).sort(descending=True)
    found = EXCITING.paint(subject, "conv1", 2, going_on)
    assert len(found.pictures) == SHOWN and found.channels == 4
    for place, each in enumerate(found.pictures):
        assert each.caption.endswith(f"{greatest[place]:.3g}".replace("-", "−"))
    first = found.pictures[0]
    assert np.array_equal(first.picture, data.validation_images[order[0]].numpy())
    assert first.marks is not None and first.marks.shape == (8, 8)
    expected = torch.nn.functional.interpolate(value[order[0]][None, None], (8, 8), mode="bilinear")[0, 0]
    np.testing.assert_allclose(first.marks, expected, rtol=1e-4, atol=1e-5)
    of_class = EXCITING.paint(subject, "fc1", 7, going_on)
    assert of_class.channels == 10 and of_class.pictures[0].marks is None


def test_a_picture_is_made_that_excites_the_channel_more_than_any_of_the_data(subject: Subject) -> None:
    data, told = subject.data, list[float | None]()
    found = MAXIMISED.paint(subject, "fc1", 7, lambda _, share: told.append(share) is None)
    assert len(told) == STEPS and told[-1] == 1
    image = found.pictures[0].picture
    assert image.shape == (1, 8, 8) and image.dtype == np.uint8 and found.pictures[0].caption == "What speaks for 7"
    x = torch.cat([torch.tensor(image)[None], data.validation_images])
    with torch.no_grad():
        given = subject.module(normalised(x, torch.tensor(data.mean[0]), torch.tensor(data.std[0])))[:, 7]
    assert given[0] > given[1:].max()
    again = MAXIMISED.paint(subject, "fc1", 7, going_on)
    assert np.array_equal(again.pictures[0].picture, image)
    stopped = MAXIMISED.paint(subject, "fc1", 7, lambda *_: False)
    assert not np.array_equal(stopped.pictures[0].picture, image)


@pytest.mark.parametrize("painter", PAINTERS, ids=lambda painter: str(painter.key))
def test_looking_changes_nothing_and_a_channel_that_is_not_there_is_told(subject: Subject, painter: Painter) -> None:
    module = subject.module.train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state = torch.get_rng_state()
    painter.paint(subject, "conv1", 0, lambda *_: False)
    with pytest.raises(TraceError, match="relu1 has 4 channels, and no channel 6"):
        painter.paint(subject, "relu1", 5, going_on)
    assert module.training and torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert all(each.grad is None and each.requires_grad for each in module.parameters())
