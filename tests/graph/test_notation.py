from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

from cnnstudio.graph import Declaration, Parameter, ParameterError, declaration, parameters
from cnnstudio.graph.notation import entry_at, entry_span, read, stepped, written
from cnnstudio.graph.parameter import Channels, Fraction, Length, NaturalPair, Padding, PositivePair, Range, Sizes


@declaration
class Sample(Declaration):
    channels: Channels = 16
    pair: PositivePair = 3
    natural: NaturalPair = 0
    padding: Padding = 0
    size: Sizes = (1, 28, 28)
    share: Fraction = 0.5
    rate: Annotated[float, Range(1e-8, 100.0)] = 0.002
    mode: Literal["zeros", "reflect"] = "zeros"
    maybe: Annotated[int | None, Range(1, 9)] = None
    text: str = ""
    shares: Annotated[tuple[float, ...] | None, Range(0.0, 1.0), Length(1, 3)] = None


def parameter(name: str) -> Parameter:
    return next(p for p in parameters(Sample) if p.name == name)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("channels", " 64 ", 64),
        ("channels", "1e3", 1000),
        ("pair", "3", 3),
        ("pair", "3x5", (3, 5)),
        ("pair", "3 × 5", (3, 5)),
        ("pair", "3, 5", (3, 5)),
        ("pair", "(3, 5)", (3, 5)),
        ("pair", "3 5", (3, 5)),
        ("pair", "4x4", 4),
        ("padding", "Same", "same"),
        ("padding", "1x2", (1, 2)),
        ("size", "3 × 32 × 32", (3, 32, 32)),
        ("size", "784", (784,)),
        ("share", "0,25", 0.25),
        ("rate", "1e-3", 0.001),
        ("maybe", "", None),
        ("maybe", "4", 4),
        ("text", " as it is ", " as it is "),
        ("shares", "0.5, 0.25", (0.5, 0.25)),
        ("shares", "1", (1.0,)),
        ("shares", "", None),
    ],
)
def test_what_people_type_is_read(name: str, text: str, value: Any) -> None:
    assert read(parameter(name), text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("channels", ""),
        ("channels", "0"),
        ("channels", "3.5"),
        ("channels", "3x3"),
        ("channels", "９" * 5000),
        ("pair", "3x"[:1] + "x5x7"),
        ("pair", "none"),
        ("padding", "-1"),
        ("size", "1 2 3 4"),
        ("share", "1.01"),
        ("share", "nan"),
        ("rate", "1e-"),
        ("rate", "inf"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(name: str, text: str) -> None:
    with pytest.raises(ParameterError, match=rf"^{name} .*\.$") as refusal:
        read(parameter(name), text)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("name", [p.name for p in parameters(Sample)])
def test_what_is_written_is_read_back(name: str) -> None:
    values = {"rate": [0.002, 1e-5, 1.0, 100.0, 0.1 + 0.2], "pair": [3, (3, 5)], "size": [(7,), (1, 2, 3)]}
    for value in values.get(name, [parameter(name).default]):
        assert read(parameter(name), written(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.002, "0.002"), (1e-5, "1e-5"), (1e-3, "0.001"), (1.0, "1"), ((3, 5), "3 × 5"), (None, ""), ("same", "same")],
)
def test_values_are_written_as_people_write_them(value: Any, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    ("name", "value", "steps", "result"),
    [
        ("channels", 16, 1, 17),
        ("channels", 1, -1, 1),
        ("channels", 65_530, 10, 65_536),
        ("rate", 0.002, 1, 0.003),
        ("rate", 0.001, -1, 0.0009),
        ("rate", 0.009, 1, 0.01),
        ("rate", 0.01, 1, 0.02),
        ("share", 0.95, 1, 1.0),
        ("share", 0.0, 1, 0.1),
        ("share", 0.0, -1, 0.0),
        ("padding", "same", 1, 0),
        ("maybe", None, 1, 1),
        ("shares", None, 1, (0.0,)),
        ("mode", "zeros", 0, None),
    ],
)
def test_arrows_step_within_the_range(name: str, value: Any, steps: int, result: Any) -> None:
    if result is None:
        with pytest.raises(ParameterError):
            stepped(parameter(name), value, steps)
    else:
        assert stepped(parameter(name), value, steps) == result


def test_one_entry_of_a_list_is_stepped_alone() -> None:
    assert stepped(parameter("size"), (1, 28, 28), 4, entry=1) == (1, 32, 28)
    assert stepped(parameter("pair"), (3, 5), 1) == (4, 6)


def test_the_cursor_says_which_entry() -> None:
    text = "3 × 28 × 29"
    assert [entry_at(text, at) for at in (0, 1, 4, 6, 9, 11)] == [0, 0, 1, 1, 2, 2]
    assert [text[slice(s, s + n)] for s, n in (entry_span(text, i) for i in range(3))] == ["3", "28", "29"]
