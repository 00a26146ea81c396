"""MNIST and its like: fetched from a server of our own, in the files' real formats."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import io
import pickle
import struct
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnstudio.graph import Shape
from cnnstudio.project.datasets import CIFAR10_MEAN, DATASETS, Torchvision
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data import downloads
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.loading import load
from cnnstudio.training.torchvision_compat import torchvision

GREY, COLOUR = Shape(1, 28, 28), Shape(3, 32, 32)
MNIST = ("mnist", "fashion-mnist")  # those whose files have MNIST's format


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address under which it is served."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{served.server_port}/"
        served.shutdown()
        thread.join()


def idx(array: np.ndarray) -> bytes:
    """The format of http://yann.lecun.com/exdb/mnist, compressed."""
    head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.astype(np.uint8).tobytes())


def reader_of(key: str) -> Any:
    """torchvision's class for a data set."""
    origin = DATASETS[key].origin
    assert isinstance(origin, Torchvision)
    return getattr(torchvision().datasets, origin.name)


@pytest.fixture(params=MNIST)
def mnist(request: pytest.FixtureRequest, server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> str:
    folder, address = server
    reader = reader_of(request.param)
    resources = []
    for half, count in (("train", 30), ("t10k", 20)):
        images = np.random.default_rng(count).integers(0, 256, (count, 28, 28))
        for name, array in (
            (f"{half}-images-idx3-ubyte.gz", images),
            (f"{half}-labels-idx1-ubyte.gz", np.arange(count) % 10),
        ):
            content = idx(array)
            (folder / name).write_bytes(content)
            resources.append((name, hashlib.md5(content).hexdigest()))
    monkeypatch.setattr(reader, "resources", resources)
    monkeypatch.setattr(reader, "mirrors", [address])
    return str(request.param)


@pytest.fixture
def cifar(server: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> str:
    folder, address = server
    reader = torchvision().datasets.CIFAR10
    sums: dict[str, str] = {}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name in [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch", "batches.meta"]:
            random = np.random.default_rng(len(sums))
            batch = {"data": random.integers(0, 256, (10, 3_072), dtype=np.uint8), "labels": list(range(10))}
            content = pickle.dumps({"label_names": list("abcdefghij")} if "meta" in name else batch)
            sums[name] = hashlib.md5(content).hexdigest()
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (folder / reader.filename).write_bytes(archive.getvalue())
    monkeypatch.setattr(reader, "url", address + reader.filename)
    monkeypatch.setattr(reader, "tgz_md5", hashlib.md5(archive.getvalue()).hexdigest())
    monkeypatch.setattr(reader, "train_list", [[f"data_batch_{n}", sums[f"data_batch_{n}"]] for n in range(1, 6)])
    monkeypatch.setattr(reader, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(reader, "meta", reader.meta | {"md5": sums["batches.meta"]})
    return "cifar10"


def recipe(key: str) -> Recipe:
    return Recipe(data=key)


def test_every_data_set_that_is_fetched_is_tried_here() -> None:
    fetched = {key for key, dataset in DATASETS.items() if isinstance(dataset.origin, Torchvision)}
    assert fetched == {*MNIST, "cifar10"}


def test_mnist_is_fetched_once(mnist: str, server: tuple[Path, str]) -> None:
    shares: list[float | None] = []

    def progress(sentence: str, share: float | None) -> bool:
        if sentence.startswith("Downloading"):
            shares.append(share)
        return True

    data = load(recipe(mnist), GREY, progress)
    assert (len(data.train_labels), len(data.validation_labels)) == (30, 20)
    assert data.shape == GREY and len(data.classes) == 10
    expected = np.random.default_rng(20).integers(0, 256, (20, 28, 28))
    assert np.array_equal(data.validation_images[:, 0].numpy(), expected)
    known = [share for share in shares if share is not None]
    assert known == sorted(known) and known[-1] == 1.0
    for file in server[0].iterdir():
        file.unlink()
    assert len(load(recipe(mnist), GREY).train_labels) == 30


def test_cifar_is_fetched_and_normalised_as_everybody_does(cifar: str) -> None:
    data = load(recipe(cifar), COLOUR)
    assert (len(data.train_labels), len(data.validation_labels)) == (50, 10)
    assert data.classes[0] == "airplane" and data.mean == CIFAR10_MEAN and data.mirror
    first = np.random.default_rng(0).integers(0, 256, (10, 3_072), dtype=np.uint8)[0].reshape(3, 32, 32)
    assert np.array_equal(data.train_images[0].numpy(), first)
    assert load(recipe(cifar), GREY).mean != CIFAR10_MEAN


def test_no_network_is_a_sentence(mnist: str, monkeypatch: pytest.MonkeyPatch, isolated_home: Path) -> None:
    reader = reader_of(mnist)
    monkeypatch.setattr(reader, "mirrors", ["http://127.0.0.1:9/", "http://no.such.place.invalid/"])
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        load(recipe(mnist), GREY)
    assert "the digits and the shapes need no network" in str(caught.value)
    assert not list(isolated_home.rglob(".new-*"))


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_download_can_be_cancelled(cifar: str, after: int, isolated_home: Path) -> None:
    calls = 0

    def progress(sentence: str, share: float | None) -> bool:
        nonlocal calls
        calls += 1
        return calls <= after

    with pytest.raises(DataCancelledError, match="cancelled"):
        load(recipe(cifar), Shape(1, 8, 8), progress)
    assert not list(isolated_home.rglob(".new-*"))


def test_a_wrong_file_is_not_believed(mnist: str, server: tuple[Path, str]) -> None:
    (server[0] / "t10k-labels-idx1-ubyte.gz").write_bytes(b"<html>Please log in to this network</html>")
    with pytest.raises(DataError, match="not what was asked for"):
        load(recipe(mnist), GREY)


def test_damaged_files_are_removed_and_fetched_again(mnist: str, isolated_home: Path) -> None:
    load(recipe(mnist), GREY)
    (unpacked,) = isolated_home.rglob("train-images-idx3-ubyte")
    unpacked.write_bytes(unpacked.read_bytes()[:50])
    with pytest.raises(DataError, match="damaged"):
        load(recipe(mnist), GREY)
    assert len(load(recipe(mnist), GREY).train_labels) == 30


def test_a_full_disk_is_a_sentence(mnist: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloads, "_copy", full)
    with pytest.raises(DataError, match="the disk is full"):
        load(recipe(mnist), GREY)
