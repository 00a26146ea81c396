"""The report: what it says, that nothing in it leads out of it, and that no text of a project is more than text."""

from __future__ import annotations

import dataclasses
import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnstudio.blocks import Conv2d, Flatten, Input, Linear
from cnnstudio.compiler.inference import infer
from cnnstudio.exchange.reporting.contents_page import (
    Drawing,
    Facts,
    Matrix,
    Page,
    Paragraph,
    Pictures,
    Points,
    Section,
    Table,
)
from cnnstudio.exchange.reporting.markup import document
from cnnstudio.exchange.reporting.pixels import MOST, mosaic, picture
from cnnstudio.exchange.reporting.report import ReportError, Trained, page, trained_by, write_html
from cnnstudio.exchange.reporting.verdict import Scores, interval
from cnnstudio.figure.chart import Chart, Series, drawn
from cnnstudio.graph import Graph, Node
from cnnstudio.graph.annotations import Note
from cnnstudio.project import Project
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.folder import Destination
from cnnstudio.training.runs.kept_run import open_kept
from cnnstudio.training.runs.record import Labels, write_labels
from cnnstudio.training.runs.session import Prepared, begin
from cnnstudio.worker import unheard

EVIL = "<script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>\"'&\x00\u202e"
FORBIDDEN = {"script", "iframe", "object", "embed", "link", "base", "form", "a", "video", "audio", "image", "use"}


class Seen(HTMLParser):
    """The tags, the attributes and the words of a page; complains of a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "img"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def stands_alone(text: str) -> Seen:
    """The page as it is read, once it is certain that it fetches nothing and runs nothing."""
    seen = Seen(text)
    assert not FORBIDDEN & set(seen.tags)
    for name, value in seen.attributes:
        assert not name.startswith("on")
        assert name not in ("href", "action", "srcset", "data", "background", "xlink:href")
        assert name != "src" or value.startswith("data:image/png;base64,")
        assert name != "style" or "url" not in value
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style is not None and "@import" not in style[1] and "url(" not in style[1] and "//" not in style[1]
    assert ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'") in seen.attributes
    return seen


def tiny(name: str = "conv1", **recipe: object) -> Project:
    graph = Graph.of(
        (
            Node("input1", Input((1, 8, 8)), (), (0.0, 0.0)),
            Node(name, Conv2d(4), ("input1",), (300.0, 0.0)),
            Node("flatten1", Flatten(), (name,), (600.0, 0.0)),
            Node("linear1", Linear(10), ("flatten1",), (900.0, 0.0)),
        ),
        notes=(Note("A note of mine"),),
    )
    settings = {"data": "digits", "epochs": 2, "batch_size": 256, "learning_rate": 0.01, **recipe}
    return Project(graph, Recipe(**settings))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Prepared]:
    """The folder of a run of two epochs, and what it worked with."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    events = list(begin(tiny(), Destination(folder.parent, folder.name), unheard))
    prepared = next(event for event in events if isinstance(event, Prepared))
    assert prepared.folder is not None
    write_labels(prepared.folder.path, Labels(("best so far",), "Ask the others."))
    return prepared.folder.path, prepared


def test_a_report_has_the_numbers_of_the_summary(run: tuple[Path, Prepared]) -> None:
    project = tiny()
    kept = open_kept(run[0])
    made = page(project, "Digits at school", trained_by(kept))
    text = stands_alone(document(made)).text
    totals = infer(project.graph).acting.totals
    assert totals is not None and kept.record.best is not None and kept.record.best.accuracy is not None
    told = [
        "Digits at school", f"{totals.parameters:,} parameters", f"{totals.macs:,}", "4 × 6 × 6", "3 × 3",
        "1,438 to learn from, 359 to validate with", "CC BY 4.0", "Adam with a learning rate of 0.01",
        "batches of 256 images, for 2 epochs", f"{kept.record.best.accuracy:.1%}", "A note of mine", "best so far",
        "Ask the others.", "Structure of the network", "No test images", "It knows 10 classes and nothing else",
        "conv1: 4 maps of 6 × 6",
    ]  # fmt: skip
    for words in told:
        assert words in text, words
    titles = [section.title for section in made.sections]
    assert titles == [
        "In short", "Network", "Data", "Recipe", "Training", "How good it is", "What it gets wrong", "What it sees",
        "Environment", "What it must not be used for",
    ]  # fmt: skip
    assert len(document(made)) < 1_000_000


def test_the_matrix_is_what_the_network_says(run: tuple[Path, Prepared]) -> None:
    """Against the scores of the module itself, one image after the other."""
    import torch

    prepared = run[1]
    made = page(tiny(), "", Trained(prepared.project, open_kept(run[0]).history, "Its weights.", lambda _: prepared))
    (matrix,) = [block for section in made.sections for block in section.blocks if isinstance(block, Matrix)]
    data = prepared.data
    mean, std = data.mean[0], data.std[0]
    with torch.no_grad():
        told = prepared.module.eval()((data.validation_images.float() / 255 - mean) / std).argmax(1)
    counts = np.zeros((10, 10), int)
    for label, guess in zip(data.validation_labels.tolist(), told.tolist(), strict=True):
        counts[label, guess] += 1
    assert matrix.counts.tolist() == counts.tolist()


def test_a_report_of_an_untrained_network_says_so(tmp_path: Path) -> None:
    made = page(tiny(), "New", None, remark="Changed.")
    text = stands_alone(document(made)).text
    assert "This network is not trained" in text and "Changed." in text and "nothing that it may be used for" in text
    assert "How good it is" not in text
    assert write_html(made, tmp_path / "new.html").startswith("new.html is written")
    assert (tmp_path / "new.html").read_text(encoding="utf-8") == document(made)


def test_a_report_of_a_network_with_a_problem_still_tells_the_rest() -> None:
    project = tiny()
    cut = project.graph.disconnect(project.graph["linear1"].edges[0])
    text = stands_alone(document(page(dataclasses.replace(project, graph=cut), "", None))).text
    assert "A figure needs every shape" in text and "unknown" in text


def test_images_that_are_gone_are_said_and_the_rest_is_told(run: tuple[Path, Prepared]) -> None:
    from cnnstudio.training.data.errors import DataError

    def gone(_: object) -> Prepared:
        raise DataError("The folder is not there any more.")

    kept = open_kept(run[0])
    made = page(tiny(), "", dataclasses.replace(trained_by(kept), prepare=gone))
    text = stands_alone(document(made)).text
    assert "could not be asked again: The folder is not there any more." in text
    assert "Loss" in text and "1,438 to learn from" in text


def test_a_report_that_is_stopped_is_none(run: tuple[Path, Prepared]) -> None:
    with pytest.raises(ReportError, match="nothing was written"):
        page(tiny(), "", trained_by(open_kept(run[0])), lambda *_: False)
    with pytest.raises(ReportError, match="no network"):
        page(Project(), "", None)


def test_whatever_a_person_wrote_is_text_alone() -> None:
    figure = drawn([Chart(EVIL, (Series(EVIL, np.arange(3.0), np.arange(3.0), "#000000"),))], title=EVIL, caption=EVIL)
    blocks = (
        Paragraph(EVIL), Points((EVIL,)), Facts(((EVIL, EVIL),)), Table((EVIL,), ((EVIL,),), total=(EVIL,)),
        Matrix((EVIL,), np.ones((1, 1), int)), Drawing(figure, EVIL),
        Pictures((picture(np.zeros((3, 4, 4), np.uint8), EVIL),)),
    )  # fmt: skip
    text = document(Page(EVIL, EVIL, (Section(EVIL, blocks),)))
    seen = stands_alone(text)
    assert seen.tags.count("img") == 1
    assert "<script>alert(1)</script>" in seen.text and "\x00" not in text and "\u202e" not in text


def test_every_text_of_a_project_comes_through(run: tuple[Path, Prepared]) -> None:
    evil = "<b onclick=x>&amp;"
    project = tiny(folder=evil, data="folder")
    project = dataclasses.replace(
        project,
        graph=Graph.of([project.graph[name] for name in project.graph.order], notes=(Note(evil),)),
    )
    kept = open_kept(run[0])
    prepared = dataclasses.replace(
        run[1], data=dataclasses.replace(run[1].data, classes=tuple(f"{evil}{n}" for n in range(10)), notes=(evil,))
    )
    record = dataclasses.replace(trained_by(kept), project=project, weights=evil, prepare=lambda _: prepared)
    seen = stands_alone(document(page(project, evil, record)))
    assert "b" not in seen.tags and seen.text.count(evil) > 30


def test_pictures_are_small_and_what_they_show(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 255, (3, 8, 8), dtype=np.uint8)
    made = picture(image, "")
    back = np.asarray(Image.open(BytesIO(made.png)))
    assert (made.width, made.height) == (56, 56) and (back[::7, ::7] == image.transpose(1, 2, 0)).all()
    large = picture(np.zeros((1, 600, 300), np.uint8), "")
    assert (large.width, large.height) == (MOST // 2, MOST)
    maps = np.stack([np.full((4, 4), np.nan), np.full((4, 4), 3.0), np.arange(16.0).reshape(4, 4)]).astype(np.float32)
    sheet = np.asarray(Image.open(BytesIO(mosaic(maps, "").png)))
    assert sheet[0, 0] == 127 and sheet[0, 45] == 127 and sheet[0, 85] == 0 and sheet[-1, -1] == 255


def test_a_picture_in_the_page_is_the_picture() -> None:
    made = picture(np.arange(64, dtype=np.uint8).reshape(1, 8, 8), "eight")
    seen = Seen(document(Page("", "", (Section("", (Pictures((made,)),)),))))
    (source,) = [value for name, value in seen.attributes if name == "src"]
    assert b64decode(source.partition(",")[2]) == made.png


@pytest.mark.parametrize(("right", "total"), [(0, 10), (8, 10), (95, 100), (359, 359), (1, 2)])
def test_the_interval_holds_the_shares_from_which_what_was_seen_is_not_too_far_away(right: int, total: int) -> None:
    """By its definition: at its ends, what was seen is 1.96 standard deviations off; or it ends at none or all."""
    for share in interval(right, total):
        off, deviation = abs(right / total - share), (share * (1 - share) / total) ** 0.5
        assert off == pytest.approx(1.959964 * deviation, abs=1e-6) or (share in (0.0, 1.0) and off < 1e-9)


def test_precision_recall_and_f1_follow_from_the_matrix() -> None:
    scored = Scores(("a", "b", "c"), np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))
    assert scored.of(0) == (4, 3, 0.75, 1.0, pytest.approx(6 / 7))
    assert scored.of(1)[2:] == (1.0, pytest.approx(2 / 3), pytest.approx(0.8))
    assert np.isnan(scored.of(2)[2:]).all()
