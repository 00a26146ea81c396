"""A list of declarations: whatever is offered comes out as a tuple of them, or with a sentence that names the entry."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import pytest

from cnnstudio.graph import Declaration, Parameter, ParameterError, declaration, parameters
from cnnstudio.graph.parameter import Fraction, Length, Range


@declaration
class RandomCrop(Declaration):
    """Cut a piece out.

    padding: how far beyond the edge it may reach
    """

    padding: Annotated[int, Range(0, 16)] = 4
    mode: Literal["zeros", "reflect"] = "zeros"


@declaration
class HorizontalFlip(Declaration):
    """Mirror it."""


@declaration
class Choice(Declaration):
    """Do one of several."""

    of: tuple[RandomCrop | HorizontalFlip | Choice, ...] = ()
    share: Fraction = 0.5


@declaration
class Needy(Declaration):
    """Cannot be without its size."""

    size: int


Transforms = Annotated[tuple[RandomCrop | HorizontalFlip | Choice, ...], Length(0, 3)]


@declaration
class Plan(Declaration):
    """A plan.

    transforms: what is done to each image
    """

    transforms: Transforms = ()
    either: tuple[RandomCrop, ...] | None = None
    needy: tuple[Needy, ...] = ()


def parameter(name: str) -> Parameter:
    return next(each for each in parameters(Plan) if each.name == name)


def test_a_parameter_knows_the_declarations_that_its_list_takes() -> None:
    transforms = parameter("transforms")
    assert transforms.entry_types == (RandomCrop, HorizontalFlip, Choice)
    assert transforms.entry_count == Length(0, 3)
    assert transforms.help == "what is done to each image"
    assert transforms.takes == "a list of RandomCrop, HorizontalFlip or Choice"
    assert parameter("either").entry_types == (RandomCrop,)
    assert parameter("either").takes == "a list of RandomCrop or nothing"
    assert [each.entry_types for each in parameters(RandomCrop)] == [(), ()]


@pytest.mark.parametrize(
    "given",
    [
        (RandomCrop(2), HorizontalFlip()),
        [RandomCrop(2), HorizontalFlip()],
        [{"kind": "RandomCrop", "parameters": {"padding": 2}}, {"kind": "HorizontalFlip"}],
        [{"kind": "RandomCrop", "parameters": {"padding": 2.0, "mode": "zeros"}}, HorizontalFlip()],
        [{"parameters": {"padding": 2}, "kind": "RandomCrop"}, {"kind": "HorizontalFlip", "parameters": {}}],
    ],
)
def test_a_list_is_brought_to_one_spelling(given: Any) -> None:
    plan = Plan(given)
    assert type(plan.transforms) is tuple
    assert plan == Plan((RandomCrop(2), HorizontalFlip()))
    assert hash(plan) == hash(Plan((RandomCrop(2), HorizontalFlip())))
    assert plan != Plan((HorizontalFlip(), RandomCrop(2)))
    assert repr(plan.transforms) == "(RandomCrop(padding=2, mode='zeros'), HorizontalFlip())"


def test_what_stands_for_a_declaration_makes_it_again() -> None:
    plan = Plan((Choice((HorizontalFlip(), RandomCrop(1, "reflect")), 0.25), RandomCrop()))
    assert Plan([each.entry for each in plan.transforms]) == plan
    assert HorizontalFlip().entry == {"kind": "HorizontalFlip"}
    assert RandomCrop().entry == {"kind": "RandomCrop", "parameters": {"padding": 4, "mode": "zeros"}}


def test_a_list_may_be_nothing_where_that_is_said() -> None:
    assert Plan(either=None).either is None
    assert Plan(either=[{"kind": "RandomCrop"}]).either == (RandomCrop(),)


def test_a_plan_with_other_transforms_leaves_the_first_alone() -> None:
    plan = Plan((RandomCrop(),))
    assert replace(plan, transforms=(*plan.transforms, HorizontalFlip())).changed_values == {
        "transforms": (RandomCrop(), HorizontalFlip())
    }
    assert plan.transforms == (RandomCrop(),) and Plan().changed_values == {}


CROP = {"kind": "RandomCrop"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (3, "transforms must be a list of RandomCrop, HorizontalFlip or Choice, not 3."),
        ("RandomCrop", "transforms must be a list of RandomCrop, HorizontalFlip or Choice, not 'RandomCrop'."),
        (None, "transforms must be a list of RandomCrop, HorizontalFlip or Choice, not None."),
        ({"kind": "RandomCrop"}, "transforms must be a list of RandomCrop, HorizontalFlip or Choice, not {"),
        ([CROP] * 4, "transforms must have from 0 to 3 entries, not 4."),
        ([CROP, 7], "transforms, entry 2: RandomCrop, HorizontalFlip or Choice is needed, not 7."),
        ([RandomCrop], "transforms, entry 1: RandomCrop, HorizontalFlip or Choice is needed, not <class"),
        ([Needy(1)], "transforms, entry 1: RandomCrop, HorizontalFlip or Choice is needed, not Needy(size=1)."),
        ([{}], "transforms, entry 1: kind is missing."),
        ([CROP, {"kind": 3}], "transforms, entry 2: kind must be RandomCrop, HorizontalFlip or Choice, not 3."),
        ([{"kind": ["RandomCrop"]}], "transforms, entry 1: kind must be RandomCrop, HorizontalFlip or Choice, not ["),
        ([{"kind": "RandomCorp"}], "transforms, entry 1: there is no kind 'RandomCorp' (did you mean RandomCrop?)."),
        ([{"kind": "Needy", "parameters": {"size": 1}}], "transforms, entry 1: there is no kind 'Needy'."),
        ([{"kind": "__class__"}], "transforms, entry 1: there is no kind '__class__'."),
        ([{**CROP, "padding": 4}], "transforms, entry 1: 'padding' is nothing that belongs there."),
        ([{**CROP, 3: 4}], "transforms, entry 1: '3' is nothing that belongs there."),
        ([{**CROP, "parameters": [4]}], "transforms, entry 1 (RandomCrop): parameters must be values by their names,"),
        (
            [CROP, {**CROP, "parameters": {"pading": 1}}],
            "transforms, entry 2 (RandomCrop): there is no parameter 'pading' (did you mean padding?).",
        ),
        (
            [CROP, {**CROP, "parameters": {"padding": 17}}],
            "transforms, entry 2 (RandomCrop): padding must be from 0 to 16, not 17.",
        ),
        (
            [{**CROP, "parameters": {"mode": "__import__('os')"}}],
            'transforms, entry 1 (RandomCrop): mode must be "zeros" or "reflect", not',
        ),
        (
            [{"kind": "Choice", "parameters": {"of": [CROP, {"kind": "Flip"}]}}],
            "transforms, entry 1 (Choice): of, entry 2: there is no kind 'Flip'.",
        ),
        ([{"kind": "x" * 1_000_000}], "transforms, entry 1: there is no kind 'xxx"),
        ([{"x" * 1_000_000: 1}], "transforms, entry 1: 'xxx"),
    ],
)
def test_what_does_not_fit_gets_a_sentence_that_says_which_entry(given: Any, sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Plan(given)
    assert str(caught.value).startswith(sentence)
    assert str(caught.value).endswith(".") and len(str(caught.value)) < 250


def test_what_has_no_default_is_missing_by_name() -> None:
    assert Plan(needy=[{"kind": "Needy", "parameters": {"size": 3}}]).needy == (Needy(3),)
    with pytest.raises(ParameterError, match=r"^needy, entry 1 \(Needy\): size is missing\.$"):
        Plan(needy=[{"kind": "Needy"}])


def test_a_list_without_a_length_ends_somewhere() -> None:
    assert len(Choice((HorizontalFlip(),) * 100).of) == 100
    with pytest.raises(ParameterError, match=r"^of must have from 0 to 100 entries, not 101\.$"):
        Choice((HorizontalFlip(),) * 101)


def test_a_least_length_is_kept() -> None:
    least = Parameter("steps", tuple[RandomCrop, ...], (RandomCrop(),), "", length=Length(1, 2))
    assert least.coerce([RandomCrop(1)]) == (RandomCrop(1),)
    with pytest.raises(ParameterError, match=r"^steps must have from 1 to 2 entries, not 0\.$"):
        least.coerce([])


def test_a_subclass_is_another_kind() -> None:
    @declaration
    class Other(RandomCrop):
        def __repr__(self) -> str:
            return "__import__('os')"

    with pytest.raises(ParameterError, match="transforms, entry 1: RandomCrop"):
        Plan((Other(),))
