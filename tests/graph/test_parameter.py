"""Parameters: whatever a person or a file offers comes out as its type, or with a sentence."""

import math
import random
from typing import Annotated, Any, Literal

import pytest

import cnnstudio.blocks  # noqa: F401 - fills BLOCKS
from cnnstudio.blocks import Conv2d, Dropout, Input
from cnnstudio.graph import BLOCKS, Block, Graph, Parameter, ParameterError, parameters
from cnnstudio.graph.parameter import Declaration, Range, declaration, summary


@declaration
class Sample(Declaration):
    """A sample.

    count: how many
    name: what it is
        called, over two lines
    """

    count: Annotated[int, Range(1, 10)] = 1
    name: str = ""
    kind: Literal["a", "b"] = "a"


def test_help_comes_from_the_docstring() -> None:
    assert [parameter.help for parameter in parameters(Sample)] == ["how many", "what it is called, over two lines", ""]
    assert summary(Sample) == "A sample."


@pytest.mark.parametrize(
    ("given", "kept"),
    [(3, 3), (3.0, 3), ((3, 3), 3), ([1, 7], (1, 7)), ((2.0, 3), (2, 3))],
)
def test_pairs_are_brought_to_one_spelling(given: Any, kept: Any) -> None:
    value = Conv2d(8, given).kernel_size
    assert value == kept and type(value) is type(kept)
    assert Conv2d(8, given) == Conv2d(8, kept)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"out_channels": 0}, "out_channels must be from 1 to 65,536, not 0."),
        ({"out_channels": 2.5}, "out_channels must be a whole number, not 2.5."),
        ({"out_channels": True}, "out_channels must be a whole number, not True."),
        ({"out_channels": None}, "out_channels must be a whole number, not None."),
        ({"out_channels": float("nan")}, "out_channels must be a whole number, not nan."),
        ({"kernel_size": (3, 3, 3)}, "kernel_size must be a whole number or a pair of whole numbers, not (3, 3, 3)."),
        ({"kernel_size": (3, 0)}, "kernel_size must be from 1 to 1,024, not (3, 0)."),
        ({"kernel_size": "3"}, "kernel_size must be a whole number or a pair of whole numbers, not '3'."),
        ({"bias": 1}, "bias must be true or false, not 1."),
        (
            {"padding_mode": "none"},
            'padding_mode must be "zeros" or "reflect" or "replicate" or "circular", not \'none\'.',
        ),
        ({"out_channels": 10**5_000}, "a number of thousands of digits"),
        ({"out_channels": "x" * 10_000}, "..."),
    ],
)
def test_what_does_not_fit_gets_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Conv2d(**values)
    assert sentence in str(caught.value) and len(str(caught.value)) < 200


def test_a_long_choice_is_told_in_short() -> None:
    words = Literal["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"]
    with pytest.raises(ParameterError) as caught:
        Parameter("letter", words, "a", "").coerce("z")
    assert str(caught.value) == 'letter must be one of 13 names, "a", "b" … "m", not \'z\'.'


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, math.inf, -math.inf, True, "0.5", None, 10**400])
def test_a_share_is_from_0_to_1(p: Any) -> None:
    with pytest.raises(ParameterError):
        Dropout(p)


@pytest.mark.parametrize("size", [(), (1, 2, 3, 4), (0, 8, 8), 8, "8", (1, None, 3)])
def test_a_size_has_one_to_three_entries(size: Any) -> None:
    with pytest.raises(ParameterError):
        Input(size)
    assert Input((8, 8, 8)).size == (8, 8, 8)


class Hostile:
    """Something that no file can hold, but a caller might pass."""

    def __repr__(self) -> str:
        return "__import__('os')"


HOSTILE: list[Any] = [
    None, True, False, -1, 0, 1, 2**31, 2**63, 10**5_000, -0.0, 0.5, 1e308, -1e308, math.nan, math.inf, "", "same",
    "__import__('os')", "\x00", "é" * 100, b"3", (), (1,), (1, 2), (1, 2, 3), [1, [2]], [[]], {}, {"a": 1},
    {3}, 3j, range(2), Hostile(), Hostile, print, (math.nan, 1), ("1", "2"), (True, True), (10**5_000, 1),
]  # fmt: skip


@pytest.mark.parametrize("made", BLOCKS.values(), ids=list(BLOCKS))
def test_nothing_hostile_gets_in(made: type[Block]) -> None:
    luck = random.Random(made.__name__)
    cases: list[dict[str, Any]] = [{p.name: value} for p in parameters(made) for value in HOSTILE]
    cases += [{p.name: luck.choice(HOSTILE) for p in parameters(made)} for _ in range(50)]
    for values in cases:
        try:
            block = made(**values)
        except ParameterError as error:
            assert str(error).endswith(".") and len(str(error)) < 250
            continue
        free_text = {parameter.name for parameter in parameters(made) if parameter.type in (str, tuple[str, ...])}
        for value in (value for name, value in block.values.items() if name not in free_text):
            entries = value if isinstance(value, tuple) else (value,)
            assert all(type(entry) in (int, float, bool, str, type(None), Graph) for entry in entries)
            assert all(math.isfinite(entry) for entry in entries if isinstance(entry, float))
            assert all(entry.isidentifier() or entry == "" for entry in entries if isinstance(entry, str))
        hash(block)
        block.brief()
