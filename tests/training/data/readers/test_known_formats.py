"""The data sets that torchvision knows: found in any layout, or fetched from a server of our own."""

from __future__ import annotations

import bz2
import dataclasses
import functools
import gzip
import hashlib
import http.server
import io
import os
import pickle
import struct
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnstudio.folders import data_folder, shared_data_places_file
from cnnstudio.graph import Shape
from cnnstudio.project.datasets import CIFAR10_MEAN, DATASETS, Archive, Torchvision
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.loading import Data, load
from cnnstudio.training.torchvision_compat import torchvision

RANDOM = np.random.default_rng(0)
GREY = Shape(1, 28, 28)


def pixels(*shape: int) -> np.ndarray:
    return RANDOM.integers(0, 256, shape, dtype=np.uint8)


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    head = struct.pack(">HBB", 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def tar(**files: bytes) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return whole.getvalue()


IMAGES, KEPT = pixels(6, 28, 28), pixels(4, 28, 28)


def mnist_files() -> dict[str, bytes]:
    return {
        "train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES)),
        "train-labels-idx1-ubyte.gz": gzip.compress(idx(np.arange(6, dtype=np.uint8))),
        "t10k-images-idx3-ubyte.gz": gzip.compress(idx(KEPT)),
        "t10k-labels-idx1-ubyte.gz": gzip.compress(idx(np.arange(4, dtype=np.uint8))),
    }


CIFAR_IMAGES = pixels(6, 5, 3_072)


def cifar_files() -> dict[str, bytes]:
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    folder, files = "cifar-10-batches-py", {}
    for name, data in zip(names, CIFAR_IMAGES, strict=True):
        files[f"{folder}/{name}"] = pickle.dumps({"data": data, "labels": [0, 1, 2, 3, 9]})
    return {"cifar-10-python.tar.gz": tar(**files)}


@dataclasses.dataclass
class Server:
    folder: Path
    address: str
    asked: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    stops_after: int = 0  # bytes, once

    def offer(self, monkeypatch: pytest.MonkeyPatch, key: str, files: dict[str, bytes]) -> None:
        """Let a data set have these files, and this server have them."""
        dataset, archives = DATASETS[key], []
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
            archives.append(Archive(name, hashlib.md5(content).hexdigest(), len(content), (self.address + name,)))
        assert isinstance(dataset.origin, Torchvision)
        origin = dataclasses.replace(dataset.origin, files=tuple(archives))
        monkeypatch.setitem(DATASETS, key, dataclasses.replace(dataset, origin=origin))


class Ranges(http.server.SimpleHTTPRequestHandler):
    """Serves files, and the end of a file where it is asked for that."""

    server_of: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        self.server_of.asked.append((self.path[1:], asked))
        path = self.server_of.folder / self.path[1:]
        if not path.exists():
            self.send_error(404)
            return
        content = path.read_bytes()
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if start >= len(content) > 0 and asked:
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        most, self.server_of.stops_after = self.server_of.stops_after, 0
        self.wfile.write(content[start : start + most] if most else content[start:])

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "served"
    folder.mkdir()
    handler = type("Handler", (Ranges,), {})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler)) as served:
        made = Server(folder, f"http://127.0.0.1:{served.server_port}/")
        handler.server_of = made
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield made
        served.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No data sets live on this computer."""
    monkeypatch.delenv("CNNSTUDIO_DATA", raising=False)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))


def read(key: str, size: Shape = GREY, report: Any = None) -> Data:
    return load(Recipe(data=key), size, *([report] if report else []))


def is_mnist(data: Data) -> bool:
    return np.array_equal(data.train_images[:, 0], IMAGES) and np.array_equal(data.validation_images[:, 0], KEPT)


# fetching


@pytest.mark.parametrize("key", ["mnist", "fashion-mnist", "kmnist"])
def test_it_is_fetched_once_with_how_far_it_is(server: Server, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    server.offer(monkeypatch, key, mnist_files())
    said: list[tuple[str, float | None]] = []

    def report(sentence: str, share: float | None) -> bool:
        said.append((sentence, share))
        return True

    data = read(key, report=report)
    assert is_mnist(data) and data.train_labels.tolist() == list(range(6)) and len(data.classes) == 10
    size = len(mnist_files()["t10k-labels-idx1-ubyte.gz"])
    assert (f"Downloading {DATASETS[key].title}: {size} B of {size} B", 1.0) in said
    assert len(server.asked) == 4
    assert is_mnist(read(key)) and len(server.asked) == 4


def test_an_archive_is_unpacked_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.offer(monkeypatch, "cifar10", cifar_files())
    data = read("cifar10", Shape(3, 32, 32))
    assert np.array_equal(data.train_images.numpy(), CIFAR_IMAGES[:5].reshape(25, 3, 32, 32))
    assert data.mean == CIFAR10_MEAN and data.classes[9] == "truck" and data.mirror
    monkeypatch.setattr(tarfile, "open", None)
    assert read("cifar10", Shape(3, 32, 32)).counts == (25, 5)


@pytest.mark.parametrize("after", [1, 2, 3])
def test_it_can_be_cancelled_and_leaves_nothing_half_done(
    server: Server, monkeypatch: pytest.MonkeyPatch, isolated_home: Path, after: int
) -> None:
    server.offer(monkeypatch, "cifar10", cifar_files())
    calls = 0

    def report(sentence: str, share: float | None) -> bool:
        nonlocal calls
        calls += 1
        return calls < after

    with pytest.raises(DataCancelledError, match="cancelled"):
        read("cifar10", Shape(1, 8, 8), report)
    assert not list(isolated_home.rglob(".new-*")) and not list(isolated_home.rglob("*.lock"))
    assert read("cifar10", Shape(1, 8, 8)).counts == (25, 5)


def test_what_has_come_is_gone_on_with(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"cifar-10-python.tar.gz": cifar_files()["cifar-10-python.tar.gz"]}
    server.offer(monkeypatch, "cifar10", files)
    server.stops_after = 5_000
    with pytest.raises(DataError, match="the connection broke off"):
        read("cifar10", Shape(3, 32, 32))
    assert read("cifar10", Shape(3, 32, 32)).counts == (25, 5)
    assert [asked for _, asked in server.asked] == ["", "bytes=5000-"]


@pytest.mark.parametrize("part", [b"something else of before", b"x" * 1_000_000])
def test_what_was_there_before_and_does_not_fit_is_fetched_anew(
    server: Server, monkeypatch: pytest.MonkeyPatch, part: bytes
) -> None:
    server.offer(monkeypatch, "cifar10", cifar_files())
    place = data_folder("cifar10")
    place.mkdir(parents=True)
    (place / "cifar-10-python.tar.gz.part").write_bytes(part)
    assert read("cifar10", Shape(3, 32, 32)).counts == (25, 5)
    assert [asked for _, asked in server.asked] == [f"bytes={len(part)}-", ""]


def test_two_programs_do_not_fetch_the_same(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    server.offer(monkeypatch, "cifar10", cifar_files())
    data_folder("cifar10").mkdir(parents=True)
    with (
        FileLock(data_folder("cifar10") / "cifar-10-python.tar.gz.lock"),
        pytest.raises(DataError, match="CIFAR-10 is being downloaded by another program"),
    ):
        read("cifar10", Shape(3, 32, 32))


def test_a_wrong_file_is_not_believed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.offer(monkeypatch, "mnist", mnist_files())
    (server.folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"<html>Please log in to this network</html>")
    with pytest.raises(DataError, match="not what was asked for"):
        read("mnist")


def test_without_a_network_it_says_which_files_to_put_where(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.offer(monkeypatch, "mnist", mnist_files())
    (server.folder / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError) as caught:
        read("mnist")
    size = len(mnist_files()["t10k-images-idx3-ubyte.gz"])
    host = server.address.split("/")[2]
    assert "MNIST could not be downloaded (404 Not Found). Without a network, put t10k-images-idx3-ubyte.gz (" in str(
        caught.value
    )
    assert f"{size / 1024:.2f} KiB, from {host}) and t10k-labels-idx1-ubyte.gz (" in str(caught.value)
    assert f"into {data_folder('mnist') / 'MNIST' / 'raw'}, or where your data sets live" in str(caught.value)
    assert str(caught.value).endswith("the digits and the shapes need none.")


def test_a_full_disk_is_a_sentence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    server.offer(monkeypatch, "mnist", mnist_files())
    monkeypatch.setattr("cnnstudio.training.data.downloads._copy", full)
    with pytest.raises(DataError, match="the disk is full"):
        read("mnist")


def test_damaged_files_of_our_own_are_removed_and_fetched_again(
    server: Server, monkeypatch: pytest.MonkeyPatch, isolated_home: Path
) -> None:
    server.offer(monkeypatch, "cifar10", cifar_files())
    read("cifar10", Shape(3, 32, 32))
    (batch,) = isolated_home.rglob("data_batch_2")
    batch.write_bytes(batch.read_bytes()[:50])
    with pytest.raises(DataError, match="were damaged and have been removed"):
        read("cifar10", Shape(3, 32, 32))
    assert read("cifar10", Shape(3, 32, 32)).counts == (25, 5) and len(server.asked) == 1, "the archive was whole"


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out", "C:/out", "a\\out"])
def test_an_archive_writes_nowhere_else(
    server: Server, monkeypatch: pytest.MonkeyPatch, isolated_home: Path, name: str
) -> None:
    files = {f"cifar-10-batches-py/{each}": b"x" for each in ("data_batch_1",)} | {name: b"hostile"}
    server.offer(monkeypatch, "cifar10", {"cifar-10-python.tar.gz": tar(**files)})
    with pytest.raises(DataError):
        read("cifar10", Shape(3, 32, 32))
    assert not [path for path in isolated_home.rglob("*") if path.is_file() and path.read_bytes() == b"hostile"]


# what is there already


def write(place: Path, files: dict[str, bytes], unpacked: bool = False) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (place / (name.removesuffix(".gz") if unpacked else name)).write_bytes(
            gzip.decompress(content) if unpacked else content
        )


@pytest.mark.parametrize("inside", ["MNIST/raw", "mnist", "MNIST"])
@pytest.mark.parametrize("unpacked", [True, False])
def test_mnist_is_found_in_every_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, unpacked: bool
) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", f"{tmp_path / 'nowhere'}{os.pathsep}{tmp_path}")
    write(tmp_path / inside, mnist_files(), unpacked)
    assert is_mnist(read("mnist"))


def test_one_data_set_is_not_taken_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    monkeypatch.setattr("cnnstudio.training.data.downloads._copy", _no_network)
    write(tmp_path, mnist_files())
    with pytest.raises(DataError, match="KMNIST could not be downloaded"):
        read("kmnist")


def _no_network(*_: object) -> None:
    raise ConnectionError("no network")


@pytest.mark.parametrize("who", ["person", "everybody"])
def test_a_list_says_where_data_sets_live(tmp_path: Path, isolated_home: Path, who: str) -> None:
    write(tmp_path / "ours" / "MNIST" / "raw", mnist_files())
    file = isolated_home / "data_places.txt" if who == "person" else shared_data_places_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"# the data sets of our school\n\n{tmp_path / 'ours'}\n", encoding="utf-8-sig")
    assert is_mnist(read("mnist"))


@pytest.mark.parametrize("inside", ["", "CIFAR10", "cifar10"])
@pytest.mark.parametrize("kind", ["archive", "py", "bin"])
def test_cifar_is_found_in_every_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, kind: str
) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    (place := tmp_path / inside).mkdir(exist_ok=True)
    content = cifar_files()["cifar-10-python.tar.gz"]
    if kind == "archive":
        (place / "cifar-10-python.tar.gz").write_bytes(content)
    elif kind == "py":
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            archive.extractall(place, filter="data")
    else:
        (place / "cifar-10-batches-bin").mkdir()
        for name, data in zip(
            ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"],
            CIFAR_IMAGES,
            strict=True,
        ):
            rows = np.concatenate([np.array([[0], [1], [2], [3], [9]], np.uint8), data], 1)
            (place / "cifar-10-batches-bin" / f"{name}.bin").write_bytes(rows.tobytes())
    data = read("cifar10", Shape(3, 32, 32))
    assert np.array_equal(data.train_images.numpy(), CIFAR_IMAGES[:5].reshape(25, 3, 32, 32))
    assert data.train_labels[:5].tolist() == [0, 1, 2, 3, 9]


def test_damaged_files_of_others_are_named_and_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    write(tmp_path / "MNIST" / "raw", mnist_files(), unpacked=True)
    damaged = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    damaged.write_bytes(damaged.read_bytes()[:50])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte is damaged: .* It lies in .*raw\."):
        read("mnist")
    assert damaged.exists()


# the formats of the others


@pytest.mark.parametrize("inside", ["EMNIST/raw", "EMNIST/raw/gzip"])
def test_emnist_is_upright_and_its_letters_begin_with_a(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    files = {}
    for half, images in (("train", IMAGES), ("test", KEPT)):
        labels = np.array([1, 26, 5, 6, 7, 8], np.uint8)[: len(images)]
        files[f"emnist-letters-{half}-images-idx3-ubyte.gz"] = gzip.compress(idx(images.transpose(0, 2, 1).copy()))
        files[f"emnist-letters-{half}-labels-idx1-ubyte.gz"] = gzip.compress(idx(labels))
    write(tmp_path / inside, files)
    data = read("emnist-letters")
    assert is_mnist(data) and data.train_labels.tolist()[:2] == [0, 25]
    assert data.classes[0] == "a" and data.classes[25] == "z" and len(data.classes) == 26


def test_both_parts_of_emnist_come_from_one_archive(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for part in ("letters", "balanced", "digits"):
            for half in ("train", "test"):
                labels = np.array([1, 2, 3], np.uint8)
                archive.writestr(
                    f"gzip/emnist-{part}-{half}-images-idx3-ubyte.gz", gzip.compress(idx(pixels(3, 28, 28)))
                )
                archive.writestr(f"gzip/emnist-{part}-{half}-labels-idx1-ubyte.gz", gzip.compress(idx(labels)))
    for key in ("emnist-letters", "emnist-balanced"):
        server.offer(monkeypatch, key, {"gzip.zip": whole.getvalue()})
    assert read("emnist-letters").train_labels.tolist() == [0, 1, 2]
    assert read("emnist-balanced").train_labels.tolist() == [1, 2, 3]
    assert read("emnist-letters").counts == (3, 3) and len(server.asked) == 1
    assert not list(data_folder("emnist").rglob("*digits*"))


def test_qmnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    files = {}
    for half, images in (("train", IMAGES), ("test", KEPT)):
        table = (np.arange(8 * len(images)).reshape(len(images), 8) % 10).astype(">i4")
        files[f"qmnist-{half}-images-idx3-ubyte.gz"] = gzip.compress(idx(images))
        files[f"qmnist-{half}-labels-idx2-int.gz"] = gzip.compress(idx(table, 12))
    write(tmp_path / "QMNIST" / "raw", files)
    data = read("qmnist")
    assert is_mnist(data) and data.train_labels.tolist() == [0, 8, 6, 4, 2, 0]


def test_usps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    values = RANDOM.uniform(-1, 1, (3, 256)).round(6)
    lines = [
        f"{label} " + " ".join(f"{place}:{value:g}" for place, value in enumerate(row, 1)) + " \n"
        for label, row in zip((10, 1, 7), values, strict=True)
    ]
    for name in ("usps.bz2", "usps.t.bz2"):
        (tmp_path / name).write_bytes(bz2.compress("".join(lines).encode()))
    data = read("usps", Shape(1, 16, 16))
    theirs = torchvision().datasets.USPS(str(tmp_path), train=True)
    assert np.array_equal(data.train_images[:, 0].numpy(), theirs.data)
    assert data.train_labels.tolist() == theirs.targets == [9, 0, 6]
    (tmp_path / "usps.t.bz2").write_bytes(bz2.compress(b"1 1:0.5 300:2\n"))
    with pytest.raises(DataError, match=r"usps\.t\.bz2 is damaged in line 1"):
        read("usps", Shape(1, 16, 16))


def mat(**arrays: np.ndarray) -> bytes:
    """Bytes in a file of MATLAB, compressed."""
    made = b"MATLAB 5.0".ljust(124) + struct.pack("<H", 0x0100) + b"IM"

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack("<2I", kind, len(data)) + data + b"\0" * (-len(data) % 8)

    for name, array in arrays.items():
        parts = (
            (6, struct.pack("<2I", 9, 0)),
            (5, struct.pack(f"<{array.ndim}i", *array.shape)),
            (1, name.encode()),
            (2, array.tobytes(order="F")),
        )
        packed = zlib.compress(element(14, b"".join(element(*part) for part in parts)))
        made += struct.pack("<2I", 15, len(packed)) + packed
    return made


def test_svhn_calls_the_zero_ten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    images, labels = pixels(5, 3, 32, 32), np.array([[10], [1], [9], [2], [10]], np.uint8)
    for half in ("train", "test"):
        (tmp_path / f"{half}_32x32.mat").write_bytes(mat(X=images.transpose(2, 3, 1, 0), y=labels))
    data = read("svhn", Shape(3, 32, 32))
    assert np.array_equal(data.train_images.numpy(), images) and data.train_labels.tolist() == [0, 1, 9, 2, 0]


def test_stl10_lies_column_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNSTUDIO_DATA", str(tmp_path))
    (place := tmp_path / "stl10_binary").mkdir()
    images = pixels(3, 3, 96, 96)
    for half in ("train", "test"):
        (place / f"{half}_X.bin").write_bytes(images.transpose(0, 1, 3, 2).tobytes())
        (place / f"{half}_y.bin").write_bytes(bytes([10, 1, 3]))
    data = read("stl10", Shape(3, 96, 96))
    assert np.array_equal(data.train_images.numpy(), images) and data.train_labels.tolist() == [9, 0, 2]
    (place / "test_X.bin").write_bytes(b"x" * 100)
    with pytest.raises(DataError, match=r"test_X\.bin is damaged: its size is no multiple of 27,648 bytes"):
        read("stl10", Shape(3, 96, 96))


def test_names_and_sums_are_those_of_torchvision() -> None:
    datasets = torchvision().datasets
    known = {
        key: {(file.name, file.md5) for file in dataset.origin.files}
        for key, dataset in DATASETS.items()
        if isinstance(dataset.origin, Torchvision)
    }
    for key, name in (("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST"), ("kmnist", "KMNIST")):
        assert known[key] == set(getattr(datasets, name).resources)
    for key, name in (("cifar10", "CIFAR10"), ("cifar100", "CIFAR100"), ("stl10", "STL10")):
        assert known[key] == {(getattr(datasets, name).filename, getattr(datasets, name).tgz_md5)}
    assert known["usps"] == {tuple(each[1:]) for each in datasets.USPS.split_list.values()}
    assert known["svhn"] == {tuple(each[1:]) for name, each in datasets.SVHN.split_list.items() if name != "extra"}
    assert known["flowers102"] == set(datasets.Flowers102._file_dict.values())
    qmnist = datasets.QMNIST.resources
    assert known["qmnist"] == {(url.rpartition("/")[2], md5) for half in ("train", "test") for url, md5 in qmnist[half]}
    pets = datasets.OxfordIIITPet._RESOURCES
    assert known["pets"] == {(url.rpartition("/")[2], md5) for url, md5 in pets}
    url, md5 = datasets.Imagenette._ARCHIVES["160px"]
    assert known["imagenette"] == {(url.rpartition("/")[2], md5)}
    assert known["emnist-letters"] == known["emnist-balanced"] == {("gzip.zip", datasets.EMNIST.md5)}
    assert (
        DATASETS["cifar100"].names is not None
        and tuple(sorted(DATASETS["cifar100"].names)) == DATASETS["cifar100"].names
    )
    assert [name.rstrip("?") for name in datasets.Flowers102.classes] == list(DATASETS["flowers102"].names or ())
