"""Famous networks: their numbers, and that they open laid out."""

import pytest

from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Shape
from cnnstudio.zoo import TEMPLATES, lenet5, small_resnet


def test_lenet5_has_the_parameters_of_the_notes() -> None:
    totals = infer(lenet5()).totals
    assert totals is not None and totals.parameters == 44_426


def test_small_resnet_has_the_parameters_of_the_notes() -> None:
    analysis = infer(small_resnet())
    assert analysis.totals is not None and analysis.totals.parameters == 2_777_674
    assert analysis.shape("stem") == Shape(64, 32, 32)
    assert [analysis.shape(f"stage{stage}_2") for stage in (1, 2, 3)] == [
        Shape(64, 32, 32),
        Shape(128, 16, 16),
        Shape(256, 8, 8),
    ]


@pytest.mark.parametrize("key", TEMPLATES)
@pytest.mark.parametrize("classes", [2, 10])
def test_templates_are_whole_and_laid_out(key: str, classes: int) -> None:
    template = TEMPLATES[key]
    graph = template.make(classes, template.size)
    analysis = infer(graph)
    assert not analysis.errors
    assert [analysis.shape(node.name) for node in graph.outputs] == [Shape(classes)]
    assert [analysis.shape(node.name) for node in graph.inputs] == [Shape(*template.size)]
    assert len({node.position for node in graph}) == len(graph)
    assert template.title and template.sentence.endswith(".")
