"""CIFAR's batches, those of Python read without running them, and the binary ones."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnstudio.training.data.errors import AbsentError, DamagedError, DataError
from cnnstudio.training.data.readers.cifar import cifar_halves, cifar_names
from cnnstudio.training.data.readers.pickled import read_pickled

RANDOM = np.random.default_rng(0)


def batch(count: int = 4) -> np.ndarray:
    return RANDOM.integers(0, 256, (count, 3_072), dtype=np.uint8)


def as_python_2_wrote_it(data: np.ndarray, labels: list[int]) -> bytes:
    """Protocol 2 with texts of bytes, opcode for opcode as the files of 2009 begin and end."""

    def text(value: bytes) -> bytes:
        return (
            b"U" + bytes([len(value)]) + value if len(value) < 256 else b"T" + len(value).to_bytes(4, "little") + value
        )

    shape = b"K" + bytes([len(data)]) + b"M\x00\x0c\x86"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01"
        + shape
        + b"cnumpy\ndtype\nq\x0aU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        + text(data.tobytes())
        + b"tb"
    )
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    items = text(b"batch_label") + text(b"training batch 1 of 5") + text(b"labels") + numbers + text(b"data") + array
    return b"\x80\x02}q\x01(" + items + b"u."


def write_ten(folder: Path, suffix: str = "", protocol: int = 4) -> list[np.ndarray]:
    folder.mkdir(exist_ok=True)
    made = []
    for name in [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]:
        made.append(data := batch())
        labels = [len(made), 0, 9, 3]
        if suffix:
            rows = np.concatenate([np.array(labels, np.uint8)[:, None], data], 1)
            (folder / f"{name}{suffix}").write_bytes(rows.tobytes())
        elif protocol == 2:
            (folder / name).write_bytes(as_python_2_wrote_it(data, labels))
        else:
            (folder / name).write_bytes(pickle.dumps({"data": data, "labels": labels}, protocol))
    return made


def test_what_python_2_wrote_is_what_pickle_reads(tmp_path: Path) -> None:
    written = as_python_2_wrote_it(data := batch(), [1, 2, 3, 4])
    (tmp_path / "batch").write_bytes(written)
    told, found = pickle.loads(written, encoding="latin1"), read_pickled(tmp_path / "batch")
    assert np.array_equal(told["data"], data) and np.array_equal(found["data"], data)
    assert found["labels"] == told["labels"] and found["batch_label"] == told["batch_label"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_pickle(tmp_path: Path, protocol: int) -> None:
    value = {
        "data": np.arange(12, dtype=np.uint8).reshape(3, 4),
        "labels": [1, 2, 300],
        b"names": ("a", "ü", None, True),
    }
    (tmp_path / "batch").write_bytes(pickle.dumps(value, protocol))
    found = read_pickled(tmp_path / "batch")
    assert np.array_equal(found.pop("data"), value.pop("data")) and found == value


@pytest.mark.parametrize(("suffix", "protocol"), [("", 2), ("", 4), ("", 5), (".bin", 0)])
def test_five_batches_to_train_with_and_one_to_validate(tmp_path: Path, suffix: str, protocol: int) -> None:
    made = write_ten(tmp_path, suffix, protocol)
    train, kept = cifar_halves(tmp_path)
    assert train.labels.tolist()[::4] == [1, 2, 3, 4, 5] and kept.labels.tolist() == [6, 0, 9, 3]
    assert np.array_equal(np.concatenate(list(train.images)), np.concatenate(made[:5]).reshape(-1, 3, 32, 32))
    assert np.array_equal(np.concatenate(list(kept.images)), made[5].reshape(-1, 3, 32, 32))


def test_of_a_hundred_classes_the_fine_label_counts(tmp_path: Path) -> None:
    for name in ("train", "test"):
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "b").mkdir(exist_ok=True)
        data = batch(2)
        value = {b"data": data, b"fine_labels": [99, 7], b"coarse_labels": [1, 2]}
        (tmp_path / "a" / name).write_bytes(pickle.dumps(value))
        rows = np.concatenate([np.array([[1, 99], [2, 7]], np.uint8), data], 1)
        (tmp_path / "b" / f"{name}.bin").write_bytes(rows.tobytes())
    (tmp_path / "a" / "meta").write_bytes(pickle.dumps({"fine_label_names": ["apple", "baby"]}))
    (tmp_path / "b" / "fine_label_names.txt").write_text("apple\nbaby\n\n")
    for place in ("a", "b"):
        assert [half.labels.tolist() for half in cifar_halves(tmp_path / place)] == [[99, 7], [99, 7]]
        assert cifar_names(tmp_path / place) == ("apple", "baby")


class Evil:
    def __reduce__(self) -> Any:
        return print, ("owned",)


class Thing:
    pass


@pytest.mark.parametrize("value", [Evil(), {"data": Evil()}, Thing(), np.array([Thing()], object), {1j: 2}])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_what_could_run_is_refused_and_does_not(
    tmp_path: Path, value: object, protocol: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "batch").write_bytes(pickle.dumps(value, protocol))
    with pytest.raises(DataError, match="holds more than numbers and texts"):
        read_pickled(tmp_path / "batch")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "data", [b"", b".", b"\x80\x02", b"}", b"(K", b"\x80\x02}u.", b"h\x05.", b"cnumpy\ndtype\n.", b"0."]
)
def test_what_is_no_pickle_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "batch").write_bytes(data)
    with pytest.raises(DataError, match="batch "):
        read_pickled(tmp_path / "batch")


def test_torn_batches_are_named(tmp_path: Path) -> None:
    write_ten(tmp_path, ".bin")
    (tmp_path / "data_batch_3.bin").write_bytes(b"x" * 4_000)
    with pytest.raises(DamagedError, match=r"data_batch_3\.bin is damaged: its size is no multiple of 3,073 bytes"):
        cifar_halves(tmp_path)
    with pytest.raises(AbsentError, match="holds no batches"):
        cifar_halves(tmp_path / "nowhere")
    write_ten(tmp_path)
    (tmp_path / "data_batch_2").write_bytes(pickle.dumps({"data": batch(3), "labels": [1, 2, 3, 4]}))
    with pytest.raises(DamagedError, match="data_batch_2 is damaged: its images are not 3,072 bytes"):
        list(cifar_halves(tmp_path)[0].images)
