"""A small lesson with a task of every kind, its solution, and works that students hand in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.graph import Graph, Node
from cnnstudio.lessons.file_names import TEXT
from cnnstudio.lessons.handed_in import Attempt, HandedIn
from cnnstudio.lessons.header import joined
from cnnstudio.lessons.lesson_file import LessonFile, made
from cnnstudio.lessons.soundness import right_answers
from cnnstudio.lessons.work import Answer
from cnnstudio.project import Project, dumps
from cnnstudio.project.recipe import Recipe

START = Project(
    Graph.of(
        [
            Node("image", Input((1, 8, 8))),
            Node("conv1", Conv2d(4, 3), ("image",)),
            Node("relu1", ReLU(), ("conv1",)),
            Node("flatten1", Flatten(), ("relu1",)),
            Node("fc1", Linear(10), ("flatten1",)),
        ]
    ),
    Recipe(data="digits"),
)
SOLUTION = Project(
    Graph.of(
        [
            Node("image", Input((1, 8, 8))),
            Node("conv1", Conv2d(8, 3), ("image",)),
            Node("relu1", ReLU(), ("conv1",)),
            Node("pool1", MaxPool2d(2), ("relu1",)),
            Node("flatten1", Flatten(), ("pool1",)),
            Node("fc1", Linear(10), ("flatten1",)),
        ]
    ),
    Recipe(data="digits"),
)
HEADER: dict[str, Any] = {
    "title": "Everything at once",
    "sentence": "A task of every kind.",
    "id": "every-kind-1",
    "start": "start.cnn",
    "solution": "solution.cnn",
    "held_out": "digits",
    "seed": 3,
    "locked": ["image"],
    "palette": ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"],
    "vary": {"channels": [4, 6, 8]},
    "set": {"conv1.out_channels": "channels"},
    "task": [
        {
            "kind": "number", "name": "count", "asks": "How many weights has a kernel of {channels} filters, bias too?",
            "points": 2, "answer": "9 * channels + channels + 70123 - 70123",
            "hints": [{"says": "Each filter is 3 × 3.", "costs": 0.5}, {"says": "A bias each.", "costs": 1}],
            "wrong": [{"answer": "9 * channels", "says": "That leaves out the quokka biases."}],
        },
        {
            "kind": "choice", "name": "why", "asks": "Why does a kernel find an edge anywhere?", "answer": 2,
            "options": ["It is large", "Its weights are shared", "It is trained longer"], "written_reason": True,
            "wrong": [{"answer": 1, "says": "A small wombat kernel does so as well."}],
        },
        {"kind": "predict", "name": "guess", "node": "conv1", "what": "shape"},
        {"kind": "sentence", "name": "tell", "asks": "What does the pooling do?"},
        {"kind": "shape", "name": "ten", "asks": "End in ten scores.", "shape": [10]},
        {"kind": "parameters", "name": "small", "asks": "At most 1,000 parameters.", "most": 1000},
        {"kind": "macs", "name": "cheap", "asks": "At most 4,000 MACs.", "most": 4000},
        {"kind": "receptive-field", "name": "sees", "asks": "See 4 × 4.", "node": "flatten1", "least": 1},
        {"kind": "uses", "name": "pool", "asks": "Pool.", "block": "MaxPool2d"},
        {"kind": "avoids", "name": "notanh", "asks": "No tanh.", "block": "Tanh"},
        {"kind": "accuracy", "name": "good", "asks": "Be good.", "least": 0.5, "points": 5},
        {"kind": "parameters", "name": "platypus", "asks": "Secretly at least 700.", "least": 731, "hidden": True},
    ],
}  # fmt: skip
BODY = """# Everything

First {channels} channels.

[task: count]

Then.

[task: why]
[task: platypus]

<!-- the echidna remark -->
"""


@pytest.fixture
def header() -> dict[str, Any]:
    return copy.deepcopy(HEADER)


@pytest.fixture
def solution() -> Project:
    return SOLUTION


@pytest.fixture
def lesson() -> LessonFile:
    return lesson_of(HEADER, BODY)


def lesson_of(header: dict[str, Any], body: str = BODY, **members: bytes) -> LessonFile:
    files = {
        TEXT: joined(header, body).encode(),
        "start.cnn": dumps(START).encode(),
        "solution.cnn": dumps(SOLUTION).encode(),
    }
    return made(files | {name.replace("__", "."): data for name, data in members.items()})


@pytest.fixture(name="lesson_of")
def lesson_maker() -> Callable[..., LessonFile]:
    return lesson_of


@pytest.fixture
def work(lesson: LessonFile) -> Callable[..., HandedIn]:
    """What a student hands in who knows everything, but for what is said otherwise."""

    def made_of(student: str = "ada", weights: bytes | None = None, **others: Any) -> HandedIn:
        answers = dict(right_answers(lesson.sheet(student), SOLUTION))
        answers |= {"tell": Answer("It keeps the greatest of each window.")}
        plain = HandedIn(lesson.head.id, student, SOLUTION, answers, name=student.title(), weights=weights)
        plain = replace(plain, attempts=(Attempt("guess", answers["guess"]),))
        return replace(plain, **others)

    return made_of


@pytest.fixture(scope="session")
def trained() -> bytes:
    """Weights that tell most digits, as a file of the program would hold them."""
    import json
    import tempfile
    from pathlib import Path

    import torch

    from cnnstudio.compiler.source import source
    from cnnstudio.graph import Shape
    from cnnstudio.training import weights
    from cnnstudio.training.build import build
    from cnnstudio.training.data.loading import load, normalised

    data = load(Recipe(data="digits", seed=3), Shape(1, 8, 8))
    mean, std = (torch.tensor(each).view(-1, 1, 1) for each in (data.mean, data.std))
    images = normalised(data.train_images, mean, std)
    module = build(source(SOLUTION.graph).text, seed=0)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(images), data.train_labels).backward()
        optimizer.step()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "w.safetensors")
        told = {"mean": json.dumps(data.mean), "std": json.dumps(data.std), "classes": json.dumps(data.classes)}
        weights.save(path, module, told)
        return path.read_bytes()
