"""Links in the text of a lesson to the microscope and to experiments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cnnstudio.lessons.experiments import EXPERIMENTS
from cnnstudio.lessons.lesson_file import LessonFile
from cnnstudio.lessons.lesson_links import LookError, key_of, links, look
from cnnstudio.lessons.soundness import findings
from cnnstudio.lessons.worked_examples import EXAMPLES


def test_a_link_lays_an_example_with_settings_under_the_microscope() -> None:
    found = look("microscope:strides-8-becomes-3?kernel_size=2x3&stride=1&bias=true&padding=same")
    assert found.panel == "microscope" and EXAMPLES[found.index].title == "Strides: 8 becomes 3"
    assert found.values == {"kernel_size": (2, 3), "stride": 1, "bias": True, "padding": "same"}
    assert look("microscope:").index == 0 and look("microscope:").values == {}


def test_a_link_moves_the_sliders_of_an_experiment() -> None:
    found = look("experiment:field?convolutions=5&pool-after-each=2")
    assert found.panel == "experiments" and EXPERIMENTS[found.index].key == "field"
    assert found.values == {"Convolutions": 5, "Pool after each": 2}
    by_word, percent = look("experiment:heavy?network=resnet-50"), look("experiment:scaling?depth=1.4")
    assert by_word.values == {"Network": 2} and percent.values == {"Depth": 140}


def test_every_example_and_experiment_has_a_link_of_its_own() -> None:
    assert [look(f"microscope:{key_of(each.title)}").index for each in EXAMPLES] == list(range(len(EXAMPLES)))
    assert [look(f"experiment:{each.key}").index for each in EXPERIMENTS] == list(range(len(EXPERIMENTS)))


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://example.org", "leads nowhere"), ("file:///etc/passwd", "leads nowhere"), ("", "leads nowhere"),
        ("microscope:max-poling", "do you mean max-pooling|max-pooling"), ("microscope:?strid=2", "strid"),
        ("microscope:?stride=99", "stride"), ("microscope:?stride=", "stride"), ("experiment:stack", "stacks"),
        ("experiment:stacks?channels=65", "Channels cannot be"), ("experiment:stacks?colour=1", "colour"),
    ],
)  # fmt: skip
def test_a_link_that_leads_nowhere_is_a_sentence(address: str, says: str) -> None:
    with pytest.raises(LookError, match=says):
        look(address)


def test_links_are_found_and_pictures_are_none() -> None:
    text = "![p](a.png) [one](microscope:) and [two](<experiment:stacks?channels=64>)\n[not a\nlink](x)"
    assert list(links(text)) == ["microscope:", "experiment:stacks?channels=64"]


def test_check_finds_a_link_that_leads_nowhere(lesson_of: Callable[..., LessonFile], header: dict[str, Any]) -> None:
    whole = lesson_of(header, "[x](microscope:nothing) [y](experiment:field?convolutions={channels})")
    said = [each.sentence for each in findings(whole) if each.severity == "error"]
    assert len(said) == 1 and "nothing" in said[0]
