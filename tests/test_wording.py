from __future__ import annotations

import pytest

from cnnstudio.wording import counted, memory, readable, short, unbroken


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (938, "938"), (999, "999"), (1_000, "1.00 k"), (86_400, "86.4 k"), (153_600, "154 k"),
     (999_600, "1.00 M"), (1_769_472, "1.77 M"), (11_200_000_000, "11.2 G"), (3_000_000_000_000, "3.00 T")],
)  # fmt: skip
def test_counts_in_short(count: int, text: str) -> None:
    assert short(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (512, "512 B"), (1_024, "1.00 KiB"), (100_352, "98.0 KiB"), (1_048_575, "1.00 MiB"),
     (1_572_864, "1.50 MiB"), (5 * 1_024**4, "5.00 TiB")],
)  # fmt: skip
def test_bytes_in_the_unit_that_fits(count: int, text: str) -> None:
    assert memory(count) == text


def test_words() -> None:
    assert [counted(count, "error") for count in (0, 1, 1_200)] == ["0 errors", "1 error", "1,200 errors"]
    assert [readable(count) for count in (999_999, 1_000_000)] == ["999,999", "1.00 M"]
    assert " " not in unbroken("3 × 32 × 32")
    assert unbroken("height × width") == "height × width"
