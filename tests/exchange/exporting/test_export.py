"""Every export runs where this program is not, and says so only after it was compared."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from cnnstudio.blocks import AdaptiveAvgPool2d, Add, Conv2d, Flatten, Input, Linear, Tokens
from cnnstudio.disk import DiskError
from cnnstudio.exchange.exporting import export as module_under_test
from cnnstudio.exchange.exporting.export import export
from cnnstudio.exchange.exporting.exportable import EXTRA, ExportError, Network, Written
from cnnstudio.exchange.exporting.formats import KINDS
from cnnstudio.exchange.exporting.preprocessing import Normalization
from cnnstudio.exchange.exporting.torch_files import VERSIONS
from cnnstudio.graph import BLOCKS, Block, Composite, Graph, Node, Shape, ShapeError, Sketch
from cnnstudio.project.recipe import Recipe
from cnnstudio.worker import Report

HERE = [kind for kind in module_under_test.WRITERS if not KINDS[kind].needs]  # what this process writes alone

ELSEWHERE = """
import sys, warnings
sys.path = [place for place in sys.path if place != {checkout!r}]
class Refuse:
    def find_spec(self, name, path=None, target=None):
        assert not name.startswith("cnnstudio"), name
sys.meta_path.insert(0, Refuse())
import torch
warnings.simplefilter("ignore")
batch, wanted = torch.load("batch.pt", weights_only=True)
with torch.no_grad():
    {code}
    found = network(batch)
assert found.shape == wanted.shape
assert (found - wanted).abs().max() <= 1e-6, (found - wanted).abs().max()
assert not any(name.startswith("cnnstudio") for name in sys.modules)
print("same")
"""


@pytest.fixture
def run_elsewhere(module: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Run code that makes ``network`` in an isolated interpreter without this program; its outputs must be equal."""

    def run(code: str) -> str:
        folder = tmp_path_factory.mktemp("elsewhere")
        batch = torch.randn(5, 1, 12, 12)
        with torch.no_grad():
            torch.save((batch, module(batch)), folder / "batch.pt")
        checkout = str(Path(__file__).parents[3])
        script = folder / "script.py"
        script.write_text(ELSEWHERE.format(checkout=checkout, code=code), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-I", str(script)], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_the_python_file_stands_alone(
    graph: Graph, weights: Path, tmp_path: Path, run_elsewhere: Callable[[str], str]
) -> None:
    path = tmp_path / "net.py"
    exported = export(graph, "python", path, weights)
    assert exported.path == path
    assert exported.difference == 0
    assert exported.sentence == "net.py is written; loaded back, it gives the same outputs."
    said = run_elsewhere(
        f"""
    sys.path.insert(0, {str(tmp_path)!r})
    import net
    network = net.load({str(weights)!r})
    assert not network.training
    assert net.MEAN == (0.25,) and net.STD == (0.5,) and net.CLASSES[2] == 'two "quoted"'
    images = torch.randint(0, 256, (4, 1, 12, 12), dtype=torch.uint8)
    assert torch.allclose(net.prepare(images), (images / 255 - 0.25) / 0.5)
    answers = net.predict(network, images)
    assert len(answers) == 4 and all(label in net.CLASSES and 0.1 <= share <= 1 for label, share in answers)
"""
    )
    assert said == "same\n"


def test_the_python_file_says_what_a_picture_is(graph: Graph, weights: Path, tmp_path: Path) -> None:
    from PIL import Image

    export(graph, "python", tmp_path / "net.py", weights)
    Image.new("RGB", (40, 30), "red").save(tmp_path / "picture.png")
    done = subprocess.run(
        [sys.executable, "-I", "net.py", str(weights), "picture.png"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert done.stdout.startswith("picture.png: ")
    assert done.stdout.rstrip().endswith("%)")


def test_torchscript_stands_alone(
    graph: Graph, weights: Path, tmp_path: Path, run_elsewhere: Callable[[str], str]
) -> None:
    path = tmp_path / "net.pt"
    assert export(graph, "torchscript", path, weights).difference <= 1e-6
    code = f"""
    extra = {{"normalization.json": ""}}
    network = torch.jit.load({str(path)!r}, _extra_files=extra)
    assert b'"mean": [0.25]' in extra["normalization.json"]"""
    assert run_elsewhere(code) == "same\n"


def test_the_exported_program_stands_alone_and_takes_any_batch(
    graph: Graph, weights: Path, tmp_path: Path, run_elsewhere: Callable[[str], str]
) -> None:
    path = tmp_path / "net.pt2"
    exported = export(graph, "pt2", path, weights)
    assert exported.difference <= 1e-6
    assert "one sample at a time" not in exported.sentence
    code = f"""
    extra = {{"normalization.json": ""}}
    network = torch.export.load({str(path)!r}, extra_files=extra).module()
    assert '"mean": [0.25]' in str(extra["normalization.json"])
    assert network(batch[:1]).shape == (1, 10)"""
    assert run_elsewhere(code) == "same\n"


def test_an_exported_program_holds_no_batch_and_says_who_wrote_it(tmp_path: Path) -> None:
    """Traced with three samples of 2.4 MB each, of a network of 30 weights."""
    draw = Sketch()
    draw.chain(draw(Input((3, 448, 448))), AdaptiveAvgPool2d(1), Flatten(), Linear(10))
    exported = export(draw.graph(), "pt2", path := tmp_path / "net.pt2")
    assert path.stat().st_size < 100_000
    extra = {VERSIONS: "", EXTRA: ""}
    torch.export.load(path, extra_files=extra)
    version = torch.__version__.partition("+")[0]
    assert json.loads(extra[VERSIONS]) == {"written_by": f"PyTorch {version}", "read_by": [f"PyTorch {version}"]}
    assert f"PyTorch {version} wrote it" in exported.sentence
    told = json.loads(extra[EXTRA])
    assert told["inputs"] == [[3, 448, 448]] and "448 x 448 pixels" in told["pictures"]


def test_a_state_dict_is_read_as_numbers_and_carries_what_pictures_need(
    graph: Graph, module: torch.nn.Module, weights: Path, tmp_path: Path, normalization: Normalization
) -> None:
    exported = export(graph, "state-dict", path := tmp_path / "net.pth", weights)
    found = torch.load(path, weights_only=True)
    assert all(torch.equal(found["state_dict"][name], tensor) for name, tensor in module.state_dict().items())
    assert Normalization.from_metadata({k: v for k, v in found.items() if isinstance(v, str)}) == normalization
    assert exported.difference == 0 and "weights_only=True" in exported.sentence


def test_weights_hold_every_tensor_and_what_the_images_need(
    graph: Graph, module: torch.nn.Module, weights: Path, tmp_path: Path, normalization: Normalization
) -> None:
    path = tmp_path / "net.safetensors"
    export(graph, "weights", path, weights)
    with safe_open(str(path), framework="pt") as file:
        assert set(file.keys()) == set(module.state_dict())
        assert Normalization.from_metadata(file.metadata()) == normalization


def test_the_given_normalization_wins_over_that_of_the_weights(graph: Graph, weights: Path, tmp_path: Path) -> None:
    export(graph, "python", tmp_path / "net.py", weights, Normalization((0.0,), (1.0,), tuple("abcdefghij")))
    assert "MEAN = (0.0,)" in (tmp_path / "net.py").read_text()
    assert 'CLASSES = ("a", "b"' in (tmp_path / "net.py").read_text()


@pytest.mark.parametrize("kind", ["python", "torchscript", "pt2"])
def test_a_network_that_was_not_trained_is_exported_too(graph: Graph, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"net{KINDS[kind].suffix}"
    assert export(graph, kind, path).difference <= 1e-6
    assert path.stat().st_size > 500
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_network_with_two_inputs(tmp_path: Path) -> None:
    draw = Sketch()
    left, right = draw(Input((1, 6, 6))), draw(Input((1, 6, 6)))
    draw.chain(draw(Add(), draw(Conv2d(2, 3), left), draw(Conv2d(2, 3), right)), Flatten(), Linear(3))
    for kind in ("python", "torchscript", "pt2"):
        assert export(draw.graph(), kind, tmp_path / f"net{KINDS[kind].suffix}").difference <= 1e-6


# refusals


def refusal(*arguments: object) -> str:
    with pytest.raises(ExportError) as caught:
        export(*arguments)  # type: ignore[arg-type]
    return str(caught.value)


def test_what_cannot_be_exported_is_a_sentence(graph: Graph, weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    assert "no export called 'keras'" in refusal(graph, "keras", path)
    assert "Train the network first" in refusal(graph, "weights", path)
    assert "cannot be exported yet. The network has no input" in refusal(Graph(), "python", path)
    assert "it is a folder" in refusal(graph, "python", tmp_path)
    assert "there is no folder none" in refusal(graph, "python", tmp_path / "none" / "net.py")
    assert not path.exists()


def test_weights_that_do_not_belong_or_are_broken_are_a_sentence(graph: Graph, weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    other = graph.replace("conv1", Conv2d(6, 3, dilation=2))
    assert "conv1.weight" in refusal(other, "python", path, weights)
    assert "none cannot be opened: it does not exist." in refusal(graph, "python", path, tmp_path / "none")
    weights.write_bytes(weights.read_bytes()[:-10])
    assert "damaged" in refusal(graph, "python", path, weights)
    assert not path.exists()


@pytest.mark.parametrize("kind", HERE)
def test_a_full_disk_leaves_the_old_file(
    graph: Graph, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / f"net{KINDS[kind].suffix}"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert refusal(graph, kind, path, weights) == f"{path.name} was not written: the disk is full."
    assert path.read_text() == "old"
    assert sorted(found.name for found in tmp_path.iterdir()) == sorted(["best.safetensors", path.name])


@pytest.mark.parametrize("kind", HERE)
def test_a_file_that_computes_something_else_is_not_kept(
    graph: Graph, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / f"net{KINDS[kind].suffix}"
    write = module_under_test.WRITERS[kind]

    def wrong(network: Network, report: Report) -> Written:
        written = write(network, report)
        return Written(written.data, lambda data: lambda x: written.loaded(data)(x) + 0.01)

    monkeypatch.setitem(module_under_test.WRITERS, kind, wrong)
    assert "the outputs differ by 1.0e-02, so nothing was written" in refusal(graph, kind, path, weights)
    assert not path.exists()


def test_what_the_images_need_survives_strangers() -> None:
    good = Normalization((0.5, 0.25, 0.125), (1.0, 2.0, 3.0), ("a", "ü"))
    assert Normalization.from_metadata(good.metadata()) == good
    for hostile in (
        None,
        {},
        {"mean": "[1]"},
        {**good.metadata(), "mean": "["},
        {**good.metadata(), "mean": "[" * 100_000},
        {**good.metadata(), "mean": "[1, 2]"},
        {**good.metadata(), "mean": '["a", 1, 2]'},
        {**good.metadata(), "mean": "[NaN, 1, 2]"},
        {**good.metadata(), "std": "[0, 1, 2]"},
        {**good.metadata(), "std": f"[{'9' * 400}, 1, 2]"},
        {**good.metadata(), "classes": '{"a": 1}'},
        {**good.metadata(), "classes": "[1]"},
    ):
        assert Normalization.from_metadata(hostile) is None


def test_the_kinds_are_known_without_torch() -> None:
    code = (
        "import sys, cnnstudio.exchange.exporting.formats, cnnstudio.exchange.exporting.preprocessing\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_disk_errors_are_told_as_they_are(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise DiskError(f"{path.name} may only be read.")

    monkeypatch.setattr(module_under_test, "replacing", refuse)
    assert refusal(graph, "python", tmp_path / "net.py") == "net.py may only be read."


@pytest.mark.parametrize("asked", [1, 2])
def test_an_export_that_is_stopped_leaves_what_was_there(graph: Graph, tmp_path: Path, asked: int) -> None:
    path, answers = tmp_path / "net.py", iter([True] * (asked - 1) + [False])
    path.write_text("mine")
    with pytest.raises(ExportError, match=r"stopped, so net\.py was not written"):
        export(graph, "python", path, report=lambda sentence, share: next(answers))
    assert path.read_text() == "mine" and list(tmp_path.iterdir()) == [path]


def test_the_metadata_is_readable(weights: Path) -> None:
    with safe_open(str(weights), framework="pt") as file:
        assert json.loads(file.metadata()["classes"])[3] == "drei ü"


def takes(cls: type[Block], size: tuple[int, int, int], before: list[Block]) -> bool:
    shape = Shape(*size)
    for block in before:
        shape = block.shape(shape)
    try:
        cls().shape(*[shape] * max(1, cls.arity.least))
    except ShapeError:
        return False
    return True


@pytest.mark.parametrize("cls", [cls for cls in BLOCKS.values() if cls is not Input], ids=lambda cls: cls.__name__)
def test_every_block_leaves_in_every_way(cls: type[Block], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    is_whole = request.config.getoption("--whole") or not issubclass(cls, Composite)  # whose parts leave by themselves
    draw = Sketch()
    image, colour = (8, 6, 6), (3, 32, 32)
    ways = ((image, []), (image, [Flatten()]), (image, [Tokens()]), (colour, []))
    size, before = next(way for way in ways if takes(cls, *way))
    x = draw.chain(draw(Input(size)), *before)
    x = draw(cls(), *[x] * max(1, cls.arity.least))
    for kind in ("python", "torchscript", "pt2") if is_whole else ("python", "torchscript"):
        exported = export(draw.graph(), kind, tmp_path / f"net{KINDS[kind].suffix}")
        assert exported.difference <= 1e-6
        assert "one sample at a time" not in exported.sentence


def test_what_is_bypassed_is_not_exported(graph: Graph, tmp_path: Path) -> None:
    name = next(node.name for node in graph if node.block.family == "activation")
    end = graph.outputs[0].name
    spare = graph.add(Node("spare", Add(), (end,))).bypass([name, "spare"])
    assert export(spare, "python", tmp_path / "net.py").difference == 0.0
    assert name not in (tmp_path / "net.py").read_text()


def test_the_weights_that_the_recipe_begins_with_are_exported(graph: Graph, weights: Path, tmp_path: Path) -> None:
    """As the feature maps of the same project show them."""
    exported = export(graph, "weights", tmp_path / "net.safetensors", recipe=Recipe(weights=str(weights)))
    assert exported.sentence.endswith("It begins with the weights of best.safetensors.")
    with safe_open(str(tmp_path / "net.safetensors"), framework="pt") as file, safe_open(str(weights), "pt") as own:
        assert all(torch.equal(file.get_tensor(name), own.get_tensor(name)) for name in own.keys())  # noqa: SIM118
        assert file.metadata()["mean"] == "[0.25]"


def test_what_the_recipe_says_of_the_images_comes_before_its_first_weights_and_behind_those_of_a_run(
    graph: Graph, weights: Path, tmp_path: Path
) -> None:
    for first, trained, mean in (("", None, 0.5), (str(weights), None, 0.5), ("", weights, 0.25)):
        said = export(
            graph, "python", tmp_path / "net.py", trained, recipe=Recipe(weights=first, mean=(0.5,), std=(1,))
        )
        assert "guesses" not in said.sentence and f"MEAN = ({mean},)" in said.path.read_text()


def test_what_did_not_fit_of_the_recipes_weights_is_said(graph: Graph, weights: Path, tmp_path: Path) -> None:
    other = graph.replace("fc1", Linear(3))
    exported = export(other, "torchscript", tmp_path / "net.pt", recipe=Recipe(weights=str(weights)))
    assert "What did not fit begins anew: fc1." in exported.sentence
    with pytest.raises(ExportError, match="belongs to another network: it has"):
        export(other, "torchscript", tmp_path / "net.pt", recipe=Recipe(weights=str(_strange(tmp_path))))


def test_the_weights_of_a_run_come_before_those_it_began_with(graph: Graph, weights: Path, tmp_path: Path) -> None:
    exported = export(
        graph, "weights", tmp_path / "net.safetensors", weights, recipe=Recipe(weights="gone.safetensors")
    )
    assert "begins with" not in exported.sentence


def _strange(folder: Path) -> Path:
    torch.save({"layer.weight": torch.zeros(3)}, folder / "strange.pth")
    return folder / "strange.pth"


def test_weights_mean_the_same_as_in_training(
    graph: Graph, module: torch.nn.Module, weights: Path, tmp_path: Path
) -> None:
    """A .pth with what training scripts wrap round it is read by ``--weights`` as ``train`` and ``import`` read it."""
    state = {f"module._orig_mod.{name}": tensor for name, tensor in module.state_dict().items()}
    torch.save({"net": state, "epoch": 3}, tmp_path / "last.pth")
    export(graph, "weights", tmp_path / "net.safetensors", tmp_path / "last.pth")
    with safe_open(str(tmp_path / "net.safetensors"), framework="pt") as file:
        assert all(torch.equal(file.get_tensor(name), tensor) for name, tensor in module.state_dict().items())
    with pytest.raises(ExportError, match="cnnstudio import --weights translates them"):
        export(graph, "weights", tmp_path / "net.safetensors", _strange(tmp_path))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_not_exported(
    bad: float, graph: Graph, module: torch.nn.Module, tmp_path: Path
) -> None:
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state["conv1.weight"][0, 0, 0, 0] = bad
    save_file(state, tmp_path / "sick.safetensors")
    with pytest.raises(ExportError, match=r"sick\.safetensors is damaged: its conv1\.weight holds what is no number"):
        export(graph, "torchscript", tmp_path / "net.pt", tmp_path / "sick.safetensors")
    assert not (tmp_path / "net.pt").exists()


def test_exports_at_once_wait_for_each_other(graph: Graph, weights: Path, tmp_path: Path) -> None:
    kinds = ("pt2", "torchscript", "pt2")
    with ThreadPoolExecutor(len(kinds)) as pool:
        jobs = [
            pool.submit(export, graph, kind, tmp_path / f"net{number}{KINDS[kind].suffix}", weights)
            for number, kind in enumerate(kinds)
        ]
        assert all(job.result().difference <= 1e-6 for job in jobs)


def test_who_waits_for_another_export_can_stop(graph: Graph, weights: Path, tmp_path: Path) -> None:
    said: list[str] = []

    def report(sentence: str, share: float | None) -> bool:
        said.append(sentence)
        return len(said) < 3

    with module_under_test._exporting, pytest.raises(ExportError, match=r"stopped, so net\.pt2 was not written"):
        export(graph, "pt2", tmp_path / "net.pt2", weights, report=report)
    assert said == ["Waiting for another export to end…"] * 3
    assert not module_under_test._exporting.locked()
