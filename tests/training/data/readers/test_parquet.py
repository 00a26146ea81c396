"""Parquet as the Hugging Face Hub writes it, in small files of its real format; and what is said without pyarrow."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnnstudio.graph import Shape
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.album import album
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.data.readers.parquet import LACKING
from cnnstudio.worker import unheard

SMALL = Shape(1, 6, 6)


def read(path: Path, size: Shape = SMALL) -> Data:
    return load(Recipe(data="file", folder=str(path)), size)


def picture(value: int, side: int = 6) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (side, side), value).save(buffer, "PNG")
    return buffer.getvalue()


def test_without_pyarrow_it_is_said_what_is_lacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="pip install pyarrow"):
        read(tmp_path / "a.parquet")
    assert LACKING.endswith(".")


class TestWithPyarrow:
    @pytest.fixture(autouse=True)
    def _needs_it(self) -> None:
        pytest.importorskip("pyarrow", reason="an extra")

    @staticmethod
    def write(
        path: Path, images: list[Any], labels: list[Any], names: tuple[str, ...] = (), label: str = "label"
    ) -> Path:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
        table = pa.table({
            "image": pa.array([{"bytes": each, "path": None} for each in images], kind), label: pa.array(labels),
        })  # fmt: skip
        if names:
            features = {"info": {"features": {label: {"names": list(names), "_type": "ClassLabel"}}}}
            table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
        pq.write_table(table, path, row_group_size=3)
        return path

    def test_shards_and_halves_belong_together(self, tmp_path: Path) -> None:
        names = "zero", "one"
        first = self.write(
            tmp_path / "train-00000-of-00002.parquet", [picture(n) for n in range(5)], [0, 1] * 2 + [0], names
        )
        self.write(tmp_path / "train-00001-of-00002.parquet", [picture(n, 12) for n in (5, 6)], [1, 0], names)
        self.write(tmp_path / "validation-00000-of-00001.parquet", [picture(n) for n in (7, 8)], [1, 0], names)
        self.write(tmp_path / "test-00000-of-00001.parquet", [picture(9)], [1], names)
        for chosen in (first, tmp_path):
            data = read(chosen)
            assert data.classes == names and data.counts == (7, 2)
            assert data.train_images[:, 0, 0, 0].tolist() == list(range(7))
            assert data.train_labels.tolist() == [0, 1, 0, 1, 0, 1, 0] and data.validation_labels.tolist() == [1, 0]
            assert any("test-00000-of-00001.parquet" in note for note in data.notes)

    def test_words_are_classes_and_the_data_panel_shows_them(self, tmp_path: Path) -> None:
        words = ["dog", "cat"] * 6
        path = self.write(tmp_path / "pets.parquet", [picture(20 * n, 9) for n in range(12)], words, label="breed")
        self.write(tmp_path / "other.parquet", [picture(1)], ["mouse"])
        data = read(path, Shape(3, 4, 4))
        assert data.classes == ("cat", "dog") and sum(data.counts) == 12 and data.shape == Shape(3, 4, 4)
        found = album(Recipe(data="file", folder=str(path)), unheard)
        assert len(found) == 12 and np.unique(found.pixels[3]).tolist() == [60]

    def test_rows_without_a_picture_are_left_out_and_named(self, tmp_path: Path) -> None:
        images = [picture(0), b"no picture", picture(2), None, picture(4, 200)[:-40], picture(5)]
        self.write(tmp_path / "train.parquet", images, [0, 1, 1, 0, 1, 0])
        self.write(tmp_path / "test.parquet", [b"", picture(7)], [0, 1])
        data = read(tmp_path)
        assert data.train_images[:, 0, 0, 0].tolist() == [0, 2, 5] and data.train_labels.tolist() == [0, 1, 0]
        assert data.validation_images[:, 0, 0, 0].tolist() == [7] and data.validation_labels.tolist() == [1]
        note = next(note for note in data.notes if note.startswith("4 rows without a picture"))
        assert (
            "train.parquet, row 2 (no image)" in note
            and "row 4 (nothing in it)" in note
            and "test.parquet, row 1" in note
        )

    @pytest.mark.parametrize(("label", "said"), [(None, "no label in row 2"), (-1, "labels from -1")])
    def test_rows_without_a_label_are_told(self, tmp_path: Path, label: Any, said: str) -> None:
        path = self.write(tmp_path / "a.parquet", [picture(n) for n in range(3)], [0, label, 1])
        with pytest.raises(DataError, match=said):
            read(path)

    def test_reading_can_be_stopped(self, tmp_path: Path) -> None:
        path = self.write(tmp_path / "a.parquet", [picture(n) for n in range(4)], [0, 1, 0, 1])
        with pytest.raises(DataCancelledError):
            load(Recipe(data="file", folder=str(path)), SMALL, lambda *_: False)

    def test_what_cannot_be_learned_is_refused(self, tmp_path: Path) -> None:
        many = self.write(tmp_path / "many.parquet", [picture(0), picture(1)], [[0, 1], [1]])
        with pytest.raises(DataError, match="one class a picture"):
            read(many)
        (tmp_path / "torn.parquet").write_bytes(many.read_bytes()[:-30])
        with pytest.raises(DataError, match=r"torn\.parquet is damaged"):
            read(tmp_path / "torn.parquet")
        one = self.write(tmp_path / "one.parquet", [picture(0), picture(1)], ["a", "a"])
        with pytest.raises(DataError, match="of one class"):
            read(one)
