"""Pages: each block and network has one, and no number in it is another than the program's."""

from __future__ import annotations

import math
import re

import pytest
import torch
from torch import nn

from cnnstudio.blocks import Input
from cnnstudio.blocks.activation import Activation
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import BLOCKS, Block, Graph, Node
from cnnstudio.lessons import glossary, network_page, theory_card
from cnnstudio.lessons.page_file import PageError, entries, example, template, with_numbers
from cnnstudio.lessons.pages import pages
from cnnstudio.resources import resource
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo import NETWORKS
from cnnstudio.zoo.backbone import OURS

TIMELINE = """
LeNet-5, AlexNet, VGG, GoogLeNet, ResNet, Wide ResNet, DenseNet, ResNeXt, SqueezeNet, MobileNet, MobileNetV2,
MobileNetV3, ShuffleNetV2, SENet, EfficientNet, Vision transformer, Swin, ConvNeXt, Xception, FractalNet, PyramidNet
"""
LONG = re.compile(r"\d{1,3}(,\d{3})+")
kinds = pytest.mark.parametrize("kind", BLOCKS.values(), ids=BLOCKS)


def test_every_block_has_a_card_and_every_card_a_block() -> None:
    assert set(entries("blocks")) == set(BLOCKS)


@kinds
def test_a_card_says_when_and_what_people_get_wrong_and_its_numbers_are_those_of_a_network(kind: type[Block]) -> None:
    fields, text = theory_card.prose(kind), theory_card.card(kind)
    assert fields["When"].endswith(".") and fields["Wrong"].endswith(".")
    assert "## When to use it" in text and not re.search(r": (parameters|macs|shape)\}", text)
    if "Example" not in fields:
        assert kind.__name__ == "Opaque"
        return
    block, shapes = example(fields["Example"])
    assert type(block) is kind
    inputs = [Node(f"input{at}", Input(tuple(shape))) for at, shape in enumerate(shapes)]
    found = infer(Graph.of([*inputs, Node("it", block, tuple(node.name for node in inputs))]))
    facts = found.facts["it"]
    assert f"| Comes out | {facts.shape} |" in text.replace("\u00a0", " ")
    assert f"| Parameters | {facts.parameters:,} |" in text


def test_no_long_number_of_a_card_is_written_by_hand() -> None:
    for name, fields in entries("blocks").items():
        for text in (fields["When"], fields["Wrong"]):
            by_hand = [each[0] for each in LONG.finditer(re.sub(r"\{[^}]*\}", "", text)) if each[0] != "1,000"]
            assert not by_hand, f"{name}: let the program compute {by_hand}"


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("Conv2d", ("1,792", "32,832")),
        ("DepthwiseSeparable", ("36,864", "576", "7.89")),
        ("Linear", ("150,528,000",)),
        ("Residual", ("73,984", "230,144")),
        ("Bottleneck", ("70,400",)),
    ],
)
def test_the_numbers_that_a_course_teaches_stand_there(name: str, numbers: tuple[str, ...]) -> None:
    text = theory_card.card(BLOCKS[name])
    assert [number for number in numbers if number not in text] == []


def pointwise() -> list[type[Block]]:
    written = entries("blocks")
    every = [kind for kind in BLOCKS.values() if issubclass(kind, Activation) and kind.is_pointwise]
    return [
        kind for kind in every if "Formula" in written[kind.__name__] and "Σ" not in written[kind.__name__]["Formula"]
    ]


@pytest.mark.parametrize("kind", pointwise(), ids=lambda kind: kind.__name__)
def test_the_formula_of_an_activation_is_what_torch_computes(kind: type[Block]) -> None:
    fields = theory_card.prose(kind)
    block, shapes = example(fields["Example"])
    module = eval(block.init(*shapes) or "", {"nn": nn})
    x = torch.linspace(-7.0, 7.0, 57, dtype=torch.float64)
    expected = module.double().eval()(x).tolist()
    names = {name: getattr(math, name) for name in ("exp", "log", "tanh", "erf", "sqrt")}
    known = names | {"max": max, "min": min, "abs": abs} | block.values
    found = [eval(fields["Formula"], {"__builtins__": {}}, known | {"x": each}) for each in x.tolist()]
    assert found == pytest.approx(expected, abs=1e-9)


def test_the_timeline_is_told_from_1998_on() -> None:
    told = [network_page.prose(key)["Name"] for key in network_page.listed_keys()]
    wanted = [name.strip() for name in TIMELINE.replace("\n", " ").split(",")]
    assert [name for name in wanted if not any(each.startswith(name) for each in told)] == []
    assert told[:2] == ["LeNet-5", "AlexNet"]


@pytest.mark.parametrize("key", network_page.listed_keys())
def test_a_network_s_page_has_its_figure_its_numbers_and_what_was_published(key: str) -> None:
    text, fields = network_page.page(key), network_page.prose(key)
    totals = network_page.analysed(key).totals
    assert totals is not None and f"{totals.parameters:,}" in text
    assert f"(figure:{key})" in text and network_page.drawn(key).marks
    assert "Published" not in fields or re.search(r"arXiv:\d{4}\.\d{4,5}|NIPS|IEEE", fields["Published"])
    assert "Published" in fields or "Source" in fields
    for name in network_page.of_page(key):
        if name in NETWORKS and name not in OURS:
            assert len(torchvision().models.get_model_weights(name)) > 0, f"torchvision publishes no weights for {name}"


def test_every_link_within_the_program_leads_somewhere() -> None:
    every = pages()
    for page in every.values():
        for way, where in re.findall(r"\]\((page|put|open|panel|figure):([^)]*)\)", page.write()):
            if way == "page":
                assert where in every, f"{page.key} leads to {where}"
            elif way == "put":
                assert where in BLOCKS
            elif way == "panel":
                assert where in ("microscope", "experiments")
            else:
                assert template(where)


def test_no_two_pages_are_called_alike_and_all_are_found_by_their_names() -> None:
    titles = [page.title for page in pages().values()]
    assert len(titles) == len(set(titles)) or sorted({each for each in titles if titles.count(each) > 1}) == []
    assert all(page.words for page in pages().values())


def test_a_number_can_be_asked_for_and_a_wrong_question_is_a_sentence() -> None:
    assert with_numbers("It has {Conv2d(64, 3) on 3×32×32: parameters}.") == "It has 1,792."
    assert with_numbers("{lenet5: parameters}") == "44,426"
    for wrong in ("Conv9d(3) on 3×8×8", "Conv2d(3) on 3×8×x", "Conv2d", "Conv2d(__import__('os')) on 3×8×8"):
        with pytest.raises(PageError, match="is no block on shapes"):
            example(wrong)


def test_words_of_the_glossary_are_found_in_a_text_once_each_in_any_form() -> None:
    text = "The Kernels slide with a stride; each kernel has weights, and weight decay pulls at them. Restride."
    found = [(text[start:end], word.word) for start, end, word in glossary.explained(text)]
    assert found == [
        ("Kernels", "kernel"),
        ("stride", "stride"),
        ("weights", "weight"),
        ("weight decay", "weight decay"),
    ]
    assert all(word.meaning.endswith(".") for word in glossary.words())


def test_what_is_written_by_hand_is_read_whole() -> None:
    for path in sorted(resource("pages").rglob("*.md")):
        written = path.read_text(encoding="utf-8")
        headings = re.findall(r"^## (.+)$", written, re.MULTILINE)
        read = entries(*path.relative_to(resource("pages")).parts)
        assert list(read) == headings
        assert all(all(text for text in fields.values()) for fields in read.values())
