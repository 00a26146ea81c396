"""What may be wrong with images: planted faults are found, and the digits as they are raise no alarm."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cnnstudio.project.corrections import Correction
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.album import Album, album
from cnnstudio.training.data.doubts.doubt import Doubt, Kind
from cnnstudio.training.data.doubts.hints import _ranks
from cnnstudio.training.data.doubts.looks import Seen, _hashes, looks
from cnnstudio.training.data.doubts.survey import counted_doubts, search
from cnnstudio.training.data.doubts.wrong_labels import confident
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.roll import Roll, enrol
from cnnstudio.worker import unheard

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def digits() -> Album:
    return album(Recipe(), unheard)


def seeing(images: Callable[[int], Pixels]) -> Callable[[int], Seen]:
    def see(number: int) -> Seen:
        image = images(number)
        return image, image.shape[1], image.shape[2]

    return see


def of(found: tuple[Doubt, ...], kind: Kind) -> list[Doubt]:
    return [doubt for doubt in found if doubt.kind is kind]


def test_the_digits_as_they_are_raise_no_alarm_but_a_few_that_look_like_others(digits: Album) -> None:
    found = search(digits.roll(()), seeing(digits.pixels.__getitem__), 5_000, 0, 1, unheard)
    assert {doubt.kind for doubt in found.found} <= {Kind.LABELS}
    assert sum(len(doubt.numbers) for doubt in found.found) <= 15
    assert found.looked == ("1,797 pictures were looked at.",) and found.broken == {}


def planted(digits: Album, share: float, seed: int) -> tuple[Roll, set[int]]:
    """The digits with so many wrong labels, each any other class."""
    random = np.random.default_rng(seed)
    wrong = random.permutation(len(digits))[: round(share * len(digits))]
    given = digits.given.copy()
    given[wrong] = (given[wrong] + random.integers(1, 10, len(wrong))) % 10
    return enrol(digits.classes, given, digits.apart, {}), set(wrong.tolist())


def test_planted_wrong_labels_are_found_and_what_they_were(digits: Album) -> None:
    roll, wrong = planted(digits, 0.05, 0)
    (doubt,) = of(search(roll, seeing(digits.pixels.__getitem__), None, 0, 1, unheard).found, Kind.LABELS)
    first = doubt.numbers[: len(wrong)]
    assert len(wrong & set(first.tolist())) >= 0.95 * len(wrong)
    assert len(wrong & set(doubt.numbers.tolist())) >= 0.95 * len(doubt.numbers)
    assert doubt.labels is not None
    hit = [n in wrong for n in doubt.numbers.tolist()]
    assert (doubt.labels[hit] == digits.given[doubt.numbers[hit]]).mean() > 0.95


def test_what_a_person_has_looked_at_is_not_doubted_again(digits: Album) -> None:
    few = np.flatnonzero(digits.given < 3)
    roll, _ = planted(digits, 0.05, 1)
    out = [Correction("digits", str(n), left_out=True) for n in range(len(digits)) if n not in set(few.tolist())]
    base = enrol(roll.classes, roll.given, roll.apart, {each.picture: each for each in out})
    (doubt,) = of(search(base, seeing(digits.pixels.__getitem__), None, 0, 1, unheard).found, Kind.LABELS)
    first = int(doubt.numbers[0])
    said = {each.picture: each for each in out}
    said[str(first)] = Correction("digits", str(first), label=roll.classes[roll.given[first]])
    again = search(
        enrol(roll.classes, roll.given, roll.apart, said), seeing(digits.pixels.__getitem__), None, 0, 1, unheard
    )
    assert all(first not in each.numbers for each in of(again.found, Kind.LABELS))


def jpeg(image: Pixels, size: int, quality: int, mirror: bool = False) -> Pixels:
    """A picture (C, H, W) in another size, once compressed."""
    made = Image.fromarray(image.transpose(1, 2, 0) if len(image) == 3 else image[0])
    made = made.resize((size, size), Image.Resampling.BICUBIC)
    if mirror:
        made = made.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    buffer = io.BytesIO()
    made.save(buffer, "JPEG", quality=quality)
    found = np.asarray(Image.open(buffer).convert("RGB" if len(image) == 3 else "L"))
    return found.transpose(2, 0, 1) if found.ndim == 3 else found[None]


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_the_same_picture_in_both_halves_is_found_however_it_was_saved(name: str) -> None:
    found = album(Recipe(data=name), unheard)
    train = np.flatnonzero(~found.apart)[:400]
    kept = np.flatnonzero(found.apart)[:100]
    numbers = np.concatenate((train, kept))
    images = {place: found.pixels[number] for place, number in enumerate(numbers.tolist())}
    twins = {}
    for turn, place in enumerate(range(400, 460)):
        twin = 3 * turn
        side = images[twin].shape[1]
        ways = ((3 * side, 95, False), (2 * side, 60, False), (2 * side, 90, True))
        size, quality, mirror = ways[turn % 3]
        images[place] = jpeg(images[twin], size, quality, mirror)
        twins[place] = twin
    roll = enrol(found.classes, found.given[numbers], np.arange(500) >= 400, {})
    (doubt,) = of(search(roll, seeing(images.__getitem__), None, 0, 1, unheard).found, Kind.SAME)
    assert set(doubt.out.tolist()) == set(twins.values())
    assert {n for n in doubt.numbers.tolist() if n >= 400} == set(twins)


def test_dark_pictures_of_one_class_are_a_hint(digits: Album) -> None:
    def dark(number: int) -> Pixels:
        image = digits.pixels[number]
        return image // 4 if digits.given[number] == 3 else image // 2 + 120

    roll = digits.roll([Correction("digits", str(n), left_out=True) for n in range(600, 1_797)])
    hints = of(search(roll, seeing(dark), None, 0, 1, unheard).found, Kind.HINT)
    assert len(hints) == 1 and hints[0].sentence.startswith("The pictures of 3 are ")
    assert "dark" in hints[0].sentence
    assert (digits.given[hints[0].numbers[:55]] == 3).all()


def test_broken_pictures_are_told_with_why(digits: Album) -> None:
    def see(number: int) -> Seen:
        if number in (4, 9):
            raise DataError(f"{number} is damaged.")
        return digits.pixels[number], 8, 8

    roll = digits.roll([Correction("digits", str(n), left_out=True) for n in range(40, 1_797)])
    found = search(roll, see, None, 0, 1, unheard)
    (doubt,) = of(found.found, Kind.BROKEN)
    assert doubt.numbers.tolist() == [4, 9] and found.broken == {4: "4 is damaged.", 9: "9 is damaged."}
    assert found.looked[1] == "With fewer than 50 pictures nothing is said of labels."


def test_counts_tell_of_few_of_imbalance_and_of_a_network_that_is_too_large() -> None:
    labels = np.repeat([0, 1, 2], [90, 20, 4])
    roll = enrol(("a", "b", "c"), labels, np.zeros(len(labels), bool), {})
    few, uneven, large = counted_doubts(roll, np.arange(len(labels)), 200_000)
    assert few.kind is Kind.CLASSES and "c 4" in few.sentence and few.numbers.tolist() == [110, 111, 112, 113]
    assert uneven.kind is Kind.IMBALANCE and uneven.weighs and "right 79% of the time" in uneven.sentence
    assert large.kind is Kind.FEW and "200,000 weights from 114 pictures" in large.sentence
    even = enrol(("a", "b"), np.arange(400) % 2, np.zeros(400, bool), {})
    assert counted_doubts(even, np.arange(400), 1_000) == []


def test_pictures_that_nobody_could_tell_apart_have_no_doubted_labels() -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (200, 1, 16, 16), dtype=np.uint8)
    roll = enrol(("a", "b"), np.arange(200) % 2, np.arange(200) % 5 == 0, {})
    found = search(roll, seeing(images.__getitem__), None, 0, 1, unheard)
    assert found.found == () and "too few to doubt a label" in found.looked[1]


def test_a_model_that_knows_too_little_doubts_no_label() -> None:
    shapes = album(Recipe(data="shapes"), unheard)
    roll = enrol(shapes.classes, shapes.given[:1500], shapes.apart[:1500], {})
    found = search(roll, seeing(shapes.pixels.__getitem__), None, 0, 1, unheard)
    assert found.found == () and "too few to doubt a label" in found.looked[1]


def test_a_search_can_be_stopped(digits: Album) -> None:
    with pytest.raises(DataCancelledError):
        search(digits.roll(()), seeing(digits.pixels.__getitem__), None, 0, 1, lambda sentence, share: False)


def test_the_confident_joint_is_that_of_the_paper() -> None:
    """Three classes, by hand: a picture counts off the diagonal where it passes the other class's own mean."""
    shares = np.array(
        [[0.9, 0.1, 0.0], [0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.85, 0.1, 0.05], [0.2, 0.2, 0.6], [0.5, 0.3, 0.2]]
    )
    labels = np.array([0, 0, 1, 1, 2, 2])  # means of their own: 0.8, 0.45, 0.4
    wrong, towards = confident(shares, labels)
    assert wrong.tolist() == [3] and towards.tolist() == [0], "0.85 passes 0.8, and 0.5 does not"


def test_the_hash_of_a_mirror_image_is_the_mirrored_hash() -> None:
    random = np.random.default_rng(1)
    greys = random.integers(0, 256, (5, 32, 32), dtype=np.uint8)
    plain, turned = _hashes(greys), _hashes(np.ascontiguousarray(greys[:, :, ::-1]))
    assert np.bitwise_count(plain[:, 0] ^ turned[:, 1]).max() <= 1
    assert np.bitwise_count(plain[:, 1] ^ turned[:, 0]).max() <= 1
    assert np.bitwise_count(plain[:, 0] ^ plain[:, 1]).min() > 8


def test_equal_values_share_a_rank_and_a_look_has_the_size_it_promises() -> None:
    assert _ranks(np.array([3.0, 1.0, 3.0, 2.0], np.float32)).tolist() == [3.5, 1.0, 3.5, 2.0]
    seen = looks(range(3), seeing(lambda n: np.full((3, 40, 20), 50 * n, np.uint8)), 1, unheard)
    assert seen.smalls.shape == (3, 16, 16, 3) and seen.gradients.shape == (3, 144)
    assert seen.properties["brightness"].tolist() == pytest.approx([0, 50 / 255, 100 / 255])
    assert seen.properties["aspect"].tolist() == [0.5] * 3 and seen.properties["size"].tolist() == [800] * 3
