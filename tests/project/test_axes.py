"""Fields of a project by their names, and the values that are typed for them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnstudio.blocks import Conv2d, Flatten, Group, Input, Linear
from cnnstudio.graph import Graph, Node, ParameterError, parameters
from cnnstudio.graph.notation import read
from cnnstudio.project import Project, from_template
from cnnstudio.project.axes import MOST_VALUES, AxisError, Span, applied, field_of, fields, read_axes, read_axis
from cnnstudio.project.recipe import Recipe

PROJECT = from_template("lenet5")
KNOWN = fields(PROJECT)
_BODY = Graph.of((Node("input1", Input()), Node("conv1", Conv2d(4), ("input1",))))
_NESTED = Group("Outer", Graph.of((Node("input1", Input()), Node("group1", Group("Inner", _BODY), ("input1",)))))
GROUPED = Project(
    Graph.of(
        (
            Node("image", Input((1, 8, 8))),
            Node("group1", _NESTED, ("image",)),
            Node("flatten1", Flatten(), ("group1",)),
            Node("fc1", Linear(10), ("flatten1",)),
        )
    )
)


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("learning_rate", "0.1, 0.01,0.001", (0.1, 0.01, 0.001)),
        ("learning_rate", "0,5; 0,25", (0.5, 0.25)),
        ("learning_rate", "0.1, 0.1, 0.1,", (0.1,)),
        ("learning_rate", "0.0001..0.1", (0.0001, 0.000562, 0.00316, 0.0178, 0.1)),
        ("learning_rate", "1e-4 to 1e-1 in 4 steps", (0.0001, 0.001, 0.01, 0.1)),
        ("learning_rate", "0.1–0.5:3", (0.1, 0.3, 0.5)),
        ("learning_rate", "0.1..0.5:3:log", (0.1, 0.224, 0.5)),
        ("learning_rate", "0.001..1:3:lin", (0.001, 0.5, 1.0)),
        ("conv1.out_channels", "16..256:5:log", (16, 32, 64, 128, 256)),
        ("conv1.out_channels", "1..200:3", (1, 100, 200)),
        ("conv1.kernel_size", "3, 5x5, 3x5", (3, 5, (3, 5))),
        ("conv1.kernel_size", "1..4", (1, 2, 3, 4)),
        ("conv1.padding", "same, 1", ("same", 1)),
        ("conv1.bias", "on, off", (True, False)),
        ("epochs", "auto, 5", (None, 5)),
        ("milestones", "5, 8; 3", ((5, 8), (3,))),
        ("mean", "0.5, 0.25; 0.75", ((0.5, 0.25), (0.75,))),
        ("optimizer", "sgd, Adam", ("SGD", "Adam")),
        ("seed", "0..3", (0, 1, 2, 3)),
        ("seed", "0..1:9", (0, 1)),
        ("class_weight_list", "1,2", ("1,2",)),
        ("weights", "torchvision", ("torchvision",)),
    ],
)
def test_values_are_typed_as_in_the_form_several_at_once_or_as_a_range(
    name: str, text: str, values: tuple[Any, ...]
) -> None:
    found = read_axis(field_of(PROJECT, name), text).values
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("name", "text"),
    [("learning_rate", "abc"), ("learning_rate", "1e9"), ("conv1.out_channels", "0"), ("optimizer", "Lion")],
)
def test_a_wrong_value_is_refused_with_the_sentence_of_the_form(name: str, text: str) -> None:
    field = field_of(PROJECT, name)
    with pytest.raises(ParameterError) as of_form:
        read(field.parameter, text)
    with pytest.raises(AxisError) as refusal:
        read_axis(field, text)
    assert str(refusal.value) == str(of_form.value)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("learning_rate", " ", "learning_rate has no values yet"),
        ("learning_rate", "0.1..0.01", "A range goes up: 0.1 is not below 0.01."),
        ("momentum", "0..0.9:4:log", "A log range begins above zero"),
        ("learning_rate", "0.1..0.2:1", "A range has from 2 to 200 steps, not 1."),
        ("learning_rate", "0.1..0.2:" + "9" * 50, "A range has from 2 to 200 steps"),
        ("learning_rate", "0.1..0.2:" + "9" * 5_000, "learning_rate must be a number"),
        ("conv1.out_channels", "1.5..9", "out_channels must be a whole number, not 1.5."),
        ("conv1.kernel_size", "3x5..7", "A range of kernel_size goes from one number to another"),
        ("conv1.out_channels", ",".join(map(str, range(1, 300))), "out_channels has 299 values, and 200 are the most."),
        ("learning_rate", "." * 30_000, "learning_rate must be a number"),
        ("keep_best", "maybe", "keep_best must be true or false, not 'maybe'."),
    ],
)
def test_what_can_be_no_axis_is_refused_in_a_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(AxisError) as refusal:
        read_axis(field_of(PROJECT, name), text)
    assert sentence in str(refusal.value).replace("conv1.", "") and len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("learnin_rate", "did you mean learning_rate?"),
        ("conv1.outchannels", "did you mean out_channels?"),
        ("conv1", "Say what of conv1 is to be varied"),
        ("nothing.at.all", "There is nothing to vary that is called 'nothing.at.all'"),
        ("x" * 9_000, "There is nothing to vary"),
    ],
)
def test_a_name_that_is_none_is_answered_with_the_one_that_was_meant(name: str, sentence: str) -> None:
    with pytest.raises(AxisError) as refusal:
        field_of(PROJECT, name)
    assert sentence in str(refusal.value) and len(str(refusal.value)) < 400


def test_texts_name_a_field_once_and_say_values() -> None:
    assert [axis.name for axis in read_axes(PROJECT, ["seed=1,2", "conv1.bias = on"])] == ["seed", "conv1.bias"]
    with pytest.raises(AxisError, match="says no values"):
        read_axes(PROJECT, ["seed"])
    with pytest.raises(AxisError, match="varied twice"):
        read_axes(PROJECT, ["seed=1", "seed=2"])


def test_every_field_of_the_recipe_and_of_the_blocks_can_be_varied_but_lists_and_texts_of_blocks() -> None:
    known = fields(GROUPED)
    of_recipe = {field.name for field in known.values() if not field.path}
    assert of_recipe == {p.name for p in parameters(Recipe) if not p.entry_types}
    assert known["group1.group1.conv1.out_channels"].value == 4 and "group1.repeat" in known
    assert not {"group1.label", "group1.body", "group1.exposed"} & known.keys()


def test_values_are_put_where_they_belong_in_groups_as_well() -> None:
    made = applied(GROUPED, {"group1.group1.conv1.out_channels": 7, "fc1.bias": False, "seed": 3})
    assert fields(made)["group1.group1.conv1.out_channels"].value == 7
    assert made.graph["fc1"].block == Linear(10, bias=False) and made.recipe.seed == 3
    assert dataclasses.replace(made, recipe=GROUPED.recipe).graph["image"] == GROUPED.graph["image"]
    back = applied(made, {"group1.group1.conv1.out_channels": 4, "fc1.bias": True, "seed": GROUPED.recipe.seed})
    assert back == GROUPED


@settings(max_examples=60, deadline=None)
@given(
    st.floats(1e-8, 99.0), st.floats(1.0000001, 1e6), st.booleans(), st.integers(2, MOST_VALUES), st.floats(0.0, 1.0)
)
@example(0.1, 1.0000001, True, 200, 0.3)
def test_a_range_goes_up_from_end_to_end_and_chance_stays_within(
    low: float, factor: float, is_log: bool, count: int, share: float
) -> None:
    span = Span(low, low * factor, is_log)
    steps = span.steps(count)
    assert steps[0] == low and steps[-1] == low * factor
    assert list(steps) == sorted(steps) and len(steps) == count
    assert low <= span.at(share) <= low * factor


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1_000), st.integers(1, 60_000), st.booleans(), st.integers(2, MOST_VALUES))
def test_a_range_of_whole_numbers_has_whole_numbers(low: int, more: int, is_log: bool, count: int) -> None:
    steps = Span(low, low + more, is_log, is_whole=True).steps(count)
    assert all(type(step) is int for step in steps) and steps[0] == low and steps[-1] == low + more
    assert list(steps) == sorted(set(steps)) and len(steps) <= count


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(KNOWN)), st.text("0123456789.,;:x-elogto aut×\0", max_size=14))
def test_whatever_is_typed_is_values_that_the_field_takes_or_a_sentence(name: str, text: str) -> None:
    field = KNOWN[name]
    try:
        axis = read_axis(field, text)
    except AxisError as refusal:
        assert str(refusal).endswith((".", "?"))
        return
    assert 1 <= len(axis.values) <= MOST_VALUES
    for value in axis.values:
        assert field.parameter.coerce(value) == value
        assert not isinstance(value, float) or math.isfinite(value)
        assert field.said(value)
