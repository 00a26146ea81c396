from __future__ import annotations

import json

import pytest

from cnnstudio.wording import (
    abridged,
    brief,
    counted,
    duration,
    listed,
    memory,
    on_a_line,
    plural,
    printable,
    readable,
    short,
    unbroken,
)


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


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (59.4, "59 s"), (61, "1 min 1 s"), (3599.7, "1 h 0 min"), (7830, "2 h 10 min")]
)
def test_durations_are_written_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_noun_after_a_number() -> None:
    assert [counted(count, "class") for count in (1, 2, 1_000)] == ["1 class", "2 classes", "1,000 classes"]
    assert [plural(count, "channel") for count in (0, 1, 2)] == ["channels", "channel", "channels"]


@pytest.mark.parametrize(("words", "said"), [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")])
def test_words_in_a_row(words: str, said: str) -> None:
    assert listed(list(words)) == said


@pytest.mark.parametrize(("count", "said"), [(2, "0, 1"), (3, "0, 1, 2"), (1_503, "0, 1, 2 and 1,500 more")])
def test_of_many_words_the_first_are_said(count: int, said: str) -> None:
    assert abridged(map(str, range(count)), 3) == said
    assert abridged(map(str, range(count)), 3, "; ") == said.replace(", ", "; ", 2)


def test_what_cannot_be_seen_is_spelled_out() -> None:
    hidden = "".join(map(chr, (0, 7, 13, 27, 127, 0x9B, 0x61C, 0x200B, 0x200E, 0x2028, 0x202E, 0x2066, 0xFEFF, 0xDC80)))
    told = printable(f"a{hidden}b")
    assert told.startswith(r"a\u0000\u0007\u000d\u001b\u007f\u009b") and told.endswith(r"\ufeff\udc80b")
    assert json.loads(f'"{told}"') == f"a{hidden}b"
    seen = "Łódź, 3 × 32 × 32, “x” – 你好,\n\tنام‌ها 👩‍🏫 e\u0301\u00a0"
    assert printable(seen) == seen


def test_somebody_elses_name_stays_on_its_line() -> None:
    assert on_a_line("a\nb\tc") == r"a\nb\tc"
    assert len(on_a_line("x" * 10_000)) == 200 and on_a_line("x" * 10_000).endswith("…")


@pytest.mark.parametrize(
    ("nanoseconds", "said"),
    [
        (250, "250 ns"),
        (999.6, "1.00 µs"),
        (12_340, "12.3 µs"),
        (1_770_000, "1.77 ms"),
        (999_600_000, "1.00 s"),
        (6.1e10, "61.0 s"),
    ],
)
def test_a_short_time_is_said_in_the_unit_that_fits(nanoseconds: float, said: str) -> None:
    assert brief(nanoseconds) == said
