"""Keras files as networks: each computes what Keras computed of it, and is made of blocks.

The files and Keras's own answers (on JAX) were made by ``benchmarks/keras_networks.py``; no library is needed to read
them.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from cnnstudio.blocks import BatchNorm2d, ConvTranspose2d, Crop, LayerNorm2d, MaxPool2d, Opaque, Pad
from cnnstudio.compiler.source import source
from cnnstudio.exchange.importing.declarations import ImportRefused
from cnnstudio.exchange.importing.network import Imported
from cnnstudio.exchange.importing.state_dict import carry
from cnnstudio.exchange.importing.translating import hdf5, keras_model
from cnnstudio.exchange.importing.translating.file_kinds import import_translated
from cnnstudio.exchange.importing.translating.keras_import import import_keras
from cnnstudio.graph import Block
from cnnstudio.training.build import build

FILES = Path(__file__).with_name("keras")
NAMES = ("plain", "residual", "mobile", "up", "pools", "norms", "nested", "row")


def ours(imported: Imported) -> nn.Module:
    assert imported.state is not None
    text = source(imported.graph)
    module = build(text.text, text.class_name, 0).eval()
    module.load_state_dict(carry(imported, imported.state).state)
    return module


def blocks(imported: Imported) -> list[Block]:
    return [node.block for node in imported.graph]


@pytest.mark.parametrize("name", NAMES)
def test_an_import_computes_what_keras_computes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("keras", "h5py", "tensorflow"):
        monkeypatch.setitem(sys.modules, library, None)
    imported = import_translated(FILES / f"{name}.keras")
    with np.load(FILES / f"{name}.npz") as told:
        images, wanted = (torch.from_numpy(told[key]) for key in "xy")
    with torch.no_grad():
        found = ours(imported)(images.permute(0, 3, 1, 2).contiguous() if images.dim() == 4 else images)
    found = found.permute(0, 2, 3, 1) if found.dim() == 4 else found
    assert found.shape == wanted.shape
    assert float((found - wanted).abs().max()) <= 1e-5 * max(1.0, float(wanted.abs().max()))


def test_borders_are_where_keras_puts_them() -> None:
    assert Pad(0, 1, 0, 1) in blocks(import_keras(FILES / "mobile.keras")), "the odd row is behind"
    up = blocks(import_keras(FILES / "up.keras"))
    first = next(i for i, each in enumerate(up) if isinstance(each, ConvTranspose2d))
    assert up[first].values["padding"] == 0 and up[first + 1] == Crop(0, 1, 0, 1)
    assert MaxPool2d(3, 2, 1, ceil_mode=True) not in blocks(import_keras(FILES / "pools.keras"))


def test_norms_have_their_own_numbers_and_what_was_frozen_is() -> None:
    norms = [each for each in blocks(import_keras(FILES / "residual.keras")) if isinstance(each, BatchNorm2d)]
    assert (norms[0].momentum, norms[0].eps) == (0.1, 0.002) and (norms[1].momentum, norms[1].eps) == (0.01, 0.001)
    assert LayerNorm2d(0.001) in blocks(import_keras(FILES / "norms.keras"))
    nested = import_keras(FILES / "nested.keras")
    assert any("conv: used in several places with the same numbers" in note for note in nested.notes)
    assert any("not trained in the original, and frozen here" in note for note in nested.notes)
    assert nested.graph["frozen"].block.values["frozen"] is True and len(nested.graph["frozen"].block.body) == 3
    assert nested.parameters == 1343 - 8 + 148, "what has its own numbers in each place counts twice"


def test_a_flatten_reads_height_width_and_channels() -> None:
    kinds = [type(each).__name__ for each in blocks(import_keras(FILES / "plain.keras"))]
    assert kinds[kinds.index("Permute") + 1] == "Flatten"
    assert not any(isinstance(each, Opaque) for each in blocks(import_keras(FILES / "plain.keras")))


def changed(
    path: Path, name: str, change: Callable[[dict[str, Any]], None] = lambda told: None, **members: bytes
) -> Path:
    """A file like one of ours with another description, or other members."""
    with zipfile.ZipFile(FILES / f"{name}.keras") as archive:
        held = {each: archive.read(each) for each in archive.namelist()}
    told = json.loads(held[keras_model.CONFIG])
    change(told)
    held[keras_model.CONFIG] = json.dumps(told).encode()
    held |= {key.replace("_", "."): value for key, value in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in held.items():
            archive.writestr(each, data)
    return path


def layer(told: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in told["config"]["layers"] if each["class_name"] == kind)
    return found


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda told: layer(told, "Dropout").update(class_name="Lambda"), r"dropout\S* \(Lambda\) holds Python code"),
        (
            lambda told: layer(told, "Dense").update(registered_name="my>Dense"),
            r"\(Dense\) is a layer of its maker's own",
        ),
        (lambda told: layer(told, "Dense").update(module="evil"), "is a layer of its maker's own"),
        (lambda told: layer(told, "Dense").update(class_name="LSTM"), r"\(LSTM\) has no block here"),
        (lambda told: layer(told, "Dense")["config"].update(activation="magic"), "an activation that is not known"),
        (lambda told: layer(told, "Conv2D")["config"].update(padding="odd"), "has a border that no block has"),
        (lambda told: layer(told, "Conv2D")["config"].update(data_format="channels_first"), "takes channels first"),
        (lambda told: layer(told, "Conv2D")["config"].update(name="other"), "fewer weights in the file than it needs"),
        (lambda told: layer(told, "MaxPooling2D")["config"].pop("pool_size"), "is not described as Keras describes it"),
        (lambda told: told.update(class_name="Mine"), "Mine is a class of its maker's own"),
        (lambda told: told.update(config=3), "not described as Keras"),
        (
            lambda told: told["config"]["layers"][0]["config"].update(batch_shape=[None, 5, 5]),
            "of what size its images",
        ),
        (lambda told: told["config"]["layers"][0]["config"].update(batch_shape=[None, 9, -1, 3]), "a negative size"),
        (lambda told: told["config"]["layers"][0]["config"].update(batch_shape=[None, 2, 2, 3]), "does not go with"),
    ],
)
def test_what_is_not_understood_names_the_layer_and_its_class(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    def both(told: dict[str, Any]) -> None:
        told["config"].pop("build_input_shape", None)
        change(told)

    with pytest.raises(ImportRefused, match=sentence) as refused:
        import_keras(changed(tmp_path / "net.keras", "plain", both))
    assert str(refused.value).startswith("net.keras cannot be imported. ") and str(refused.value).endswith(".")


def test_a_model_that_gives_nothing_is_a_sentence(tmp_path: Path) -> None:
    path = changed(tmp_path / "net.keras", "residual", lambda told: told["config"].update(output_layers=[]))
    with pytest.raises(ImportRefused, match=r"net\.keras cannot be imported\. It does not say what it gives\."):
        import_keras(path)


def test_images_of_any_size_are_followed_with_a_usual_one(tmp_path: Path) -> None:
    def opened(told: dict[str, Any]) -> None:
        layer(told, "InputLayer")["config"]["batch_shape"] = [None, None, None, 3]

    imported = import_keras(changed(tmp_path / "any.keras", "residual", opened))
    assert imported.notes[0].startswith("any.keras takes images of any size; it was followed with images of 3 × 224")


def test_weights_without_names_are_found_as_the_first_versions_counted_them(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = import_keras(FILES / "residual.keras").state
    monkeypatch.setattr(hdf5._Reader, "_attribute", lambda self, body: None)
    found = import_keras(FILES / "residual.keras").state
    assert wanted is not None and found is not None
    assert all(torch.equal(each, found[name]) for name, each in wanted.items())


def test_damaged_files_are_sentences(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    whole = (FILES / "plain.keras").read_bytes()
    for data in (b"", b"PK", whole[: len(whole) // 2]):
        path.write_bytes(data)
        with pytest.raises(ImportRefused, match="is no file of Keras 3, or it is damaged"):
            import_keras(path)
    with pytest.raises(ImportRefused, match=r"weights in net\.keras cannot be read"):
        import_keras(changed(path, "plain", model_weights_h5=b"\x89HDF\r\n\x1a\n" + bytes(200)))
    with pytest.raises(ImportRefused, match="is a folder"):
        import_keras(tmp_path)


def test_a_member_that_unpacks_to_more_than_allowed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_model, "LARGEST_CONFIG", 1000)
    with pytest.raises(ImportRefused, match="is damaged"):
        import_keras(FILES / "plain.keras")


def test_no_byte_of_the_weights_that_is_turned_round_makes_more_than_a_refusal() -> None:
    with zipfile.ZipFile(FILES / "row.keras") as archive:
        data = archive.read(keras_model.WEIGHTS)
    refused = 0
    for place in range(0, len(data), 67):
        broken = bytearray(data)
        broken[place] ^= 0x5A
        try:
            hdf5.read_hdf5(bytes(broken))
        except hdf5.Unreadable:
            refused += 1
    assert refused


def test_opening_one_runs_nothing_and_opens_nothing_else() -> None:
    path = FILES / "plain.keras"
    import_keras(path)
    opened: list[str] = []
    active = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if active and event in ("open", "exec", "subprocess.Popen", "os.system", "socket.connect", "ctypes.dlopen"):
            opened.append(f"{event} {arguments[0]}")

    sys.addaudithook(watch)
    keras_model.read_keras(path)
    active = False
    assert opened == [f"open {path}"]
