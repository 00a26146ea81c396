"""Expressions: taken apart and put together again."""

import pytest

from cnnstudio.compiler.source.expressions import annotation, parsed, quoted, written


@pytest.mark.parametrize(
    "text",
    [
        "nn.ReLU()",
        "nn.Conv2d(3, 64, kernel_size=(1, 7), padding='same', bias=False)",
        "nn.LayerNorm((8, 16, 16), eps=1e-06)",
        "nn.Parameter(torch.zeros(1, 64))",
        "nn.Parameter(1e-06 * torch.ones(96, 1, 1))",
        "nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU())",
        "torch.tensor([[-1.0, 0.0], [2.0, -3.5]])",
        "thing",
    ],
)
def test_there_and_back(text: str) -> None:
    made = parsed(text)
    assert written(made.called, made.positional, dict(made.keywords)) == text
    assert len(made.labels) == len(made.positional)


def test_a_plain_call() -> None:
    made = parsed("nn.Conv2d(3, 64, kernel_size=3)")
    assert made.called == "nn.Conv2d"
    assert made.positional == ("3", "64")
    assert made.labels == ("in_channels", "out_channels")
    assert made.keywords == (("kernel_size", "3"),)


def test_other_numbers_share_a_template() -> None:
    first, second = (
        parsed("nn.Parameter(1e-06 * torch.ones(96, 1, 1))"),
        parsed("nn.Parameter(0.1 * torch.ones(8, 1, 1))"),
    )
    assert first.called == second.called
    assert first.positional == ("1e-06", "96", "1", "1")
    assert parsed("nn.Parameter(torch.ones(8))").called != parsed("nn.Parameter(torch.zeros(8))").called


def test_quotes() -> None:
    assert quoted("f('same', mode='zeros')") == 'f("same", mode="zeros")'
    assert quoted("""f('say "no"', 'back\\\\slash')""") == """f('say "no"', 'back\\\\slash')"""


@pytest.mark.parametrize(
    ("literals", "kind"),
    [
        (("1", "2"), "int"),
        (("(1, 7)", "3"), "int | tuple[int, int]"),
        (("2", "None"), "int | None"),
        (("'same'", "1", "(0, 3)"), "int | str | tuple[int, int]"),
        (("-1.5",), "float"),
        (("True", "False"), "bool"),
    ],
)
def test_annotation(literals: tuple[str, ...], kind: str) -> None:
    assert annotation(literals) == kind
