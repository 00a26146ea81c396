"""The whole figure: where things stand, what is written, what a person cannot break, and when there is none."""

from __future__ import annotations

import random
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cnnstudio.blocks import Add, Concat, Conv2d, ConvTranspose2d, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.compiler.inference import infer
from cnnstudio.figure import typesetting
from cnnstudio.figure.composition import MOST, figure
from cnnstudio.figure.inks import WAY
from cnnstudio.figure.marks import Circle, Figure, Line, Polygon, Text
from cnnstudio.figure.options import FigureError, Options
from cnnstudio.figure.svg import svg
from cnnstudio.graph import Graph, Sketch
from cnnstudio.project import from_template
from cnnstudio.zoo import NETWORKS, TEMPLATES

GOLDEN = Path(__file__).parent / "golden" / "lenet5.svg"
Bounds = tuple[float, float, float, float]


def of(graph: Graph, **options: object) -> Figure:
    return figure(infer(graph), Options(**options))  # type: ignore[arg-type]


def u_net() -> Graph:
    draw = Sketch()
    x, kept = draw(Input((1, 64, 64))), []
    for width in (8, 16):
        x = draw(Conv2d(width, 3, padding=1), x)
        kept.append(x)
        x = draw(MaxPool2d(2), x)
    x = draw(Conv2d(32, 3, padding=1), x)
    for width in (16, 8):
        x = draw(ConvTranspose2d(width, 2, 2), x)
        x = draw(Conv2d(width, 3, padding=1), draw(Concat(), kept.pop(), x))
    return draw.graph()


def residual() -> Graph:
    draw = Sketch()
    x = draw(Conv2d(8, 3, padding=1), draw(Input((3, 32, 32))))
    for width, stride in ((8, 1), (16, 2)):
        y = draw.chain(x, Conv2d(width, 3, stride, 1), ReLU(), Conv2d(width, 3, padding=1))
        x = draw.chain(draw(Add(), y, x if stride == 1 else draw(Conv2d(width, 1, stride), x)), ReLU())
    draw.chain(x, Flatten(), Linear(10))
    return draw.graph()


def bounds(made: Figure) -> dict[str, Bounds]:
    """Name -> left, top, right, bottom of its box."""
    found: dict[str, Bounds] = {}
    for name in made.boxes:
        points = [p for mark in made.marks if isinstance(mark, Polygon) and mark.of == name for p in mark.points]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        found[name] = min(xs), min(ys), max(xs), max(ys)
    return found


def labels(made: Figure) -> list[Bounds]:
    """Left, top, right, bottom of what is written, but for the caption and the numbers of repeats."""
    found: list[Bounds] = []
    for mark in made.marks:
        if isinstance(mark, Text) and mark.size < 12 and len(mark.words) < 60:
            wide, (x, y) = typesetting.width(mark.words, mark.size, mark.bold), mark.place
            left = x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[mark.anchor]
            found.append((left + 1, y - mark.size * 0.7, left + wide - 1, y + mark.size * 0.15))
    return found


def lines(made: Figure) -> list[Bounds]:
    """The straight parts of the ways of the data."""
    ways = [mark.points for mark in made.marks if isinstance(mark, Line) and mark.stroke == WAY]
    parts = [part for points in ways for part in pairwise(points)]
    return [(min(a[0], b[0]) - 1, min(a[1], b[1]) - 1, max(a[0], b[0]) + 1, max(a[1], b[1]) + 1) for a, b in parts]


def random_network(seed: int) -> Graph:
    """Convolutions, sums and concatenations that read what they like, joined in the end."""
    chance, draw = random.Random(seed), Sketch()
    made = [draw(Input((8, 32, 32)))]

    def some() -> str:
        return made[-1 - min(int(chance.expovariate(0.7)), len(made) - 1)]

    for _ in range(chance.randint(3, 14)):
        a, b, kind = some(), some(), chance.random()
        if kind < 0.55 or a == b:
            made.append(draw(Conv2d(8, chance.choice([1, 3, 5]), padding="same"), a))
        elif kind < 0.8:
            made.append(draw(Add(), a, b))
        else:
            made.append(draw(Conv2d(8, 1), draw(Concat(), a, b)))
    ends = [node.name for node in draw.graph().outputs]
    if len(ends) > 1:
        draw(Concat(), *ends)
    return draw.graph()


def words(made: Figure) -> list[str]:
    return [mark.words for mark in made.marks if isinstance(mark, Text)]


def overlap(a: Bounds, b: Bounds) -> bool:
    return a[0] < b[2] - 0.1 and b[0] < a[2] - 0.1 and a[1] < b[3] - 0.1 and b[1] < a[3] - 0.1


@pytest.mark.parametrize("direction", ["across", "down"])
@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("key", ["lenet5", "vgg16", "resnet18", "googlenet", "densenet121", "vit_b_16", "swin_t"])
def test_no_two_boxes_overlap_and_all_is_inside(key: str, fold: bool, direction: str) -> None:
    made = of(from_template(key).graph, direction=direction, fold=fold)
    check(made)


@pytest.mark.parametrize("direction", ["across", "down"])
@pytest.mark.parametrize("graph", [u_net(), residual()], ids=["u-net", "residual"])
def test_branches_do_not_overlap_either(graph: Graph, direction: str) -> None:
    check(of(graph, direction=direction))


@pytest.mark.parametrize("direction", ["across", "down"])
@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_wired_can_be_read(seed: int, direction: str) -> None:
    check(of(random_network(seed), direction=direction))


@pytest.mark.parametrize("name", ["inception3a", "inception5b"])
def test_the_inside_of_a_block_has_a_figure_too(name: str) -> None:
    check(figure(infer(from_template("googlenet").graph).inside(name), Options()))


def check(made: Figure) -> None:
    boxes = bounds(made)
    assert [pair for pair in combinations(boxes, 2) if overlap(boxes[pair[0]], boxes[pair[1]])] == []
    written = labels(made)
    assert [pair for pair in combinations(written, 2) if overlap(pair[0], pair[1])] == []
    in_the_way = [*boxes.values(), *lines(made)]
    assert [label for label in written if any(overlap(label, other) for other in in_the_way)] == []
    for mark in made.marks:
        points = mark.points if isinstance(mark, Polygon | Line) else [getattr(mark, "center", None) or mark.place]
        assert all(0 <= x <= made.width and 0 <= y <= made.height for x, y in points)


@pytest.mark.parametrize("key", [*TEMPLATES, *NETWORKS])
def test_every_famous_network_has_a_figure_that_says_every_shape_it_draws(key: str) -> None:
    made = of(from_template(key).graph)
    assert made.width * made.height < 4_000_000
    shapes = {" × ".join(map(str, fact.shape)) for fact in infer(from_template(key).graph).facts.values()}
    written = {mark.words for mark in made.marks if isinstance(mark, Text) and mark.bold and mark.words[0] != "×"}
    assert written <= shapes
    assert len(written) > 3


def test_a_way_past_other_maps_runs_above_all_of_them() -> None:
    made = of(u_net(), kernels=False)
    boxes = bounds(made)
    ways = [mark for mark in made.marks if isinstance(mark, Line) and len(mark.points) == 6]
    assert len(ways) == 2
    for way in ways:
        height = min(y for _, y in way.points)
        left, right = way.points[2][0], way.points[3][0]
        under = [box for box in boxes.values() if left < (box[0] + box[2]) / 2 < right]
        assert under
        assert all(top > height for _, top, _, _ in under)
    assert ways[0].points[2][1] != ways[1].points[2][1], "two ways never run on one line"


def test_a_sum_is_a_sign_and_a_long_network_runs_in_rows_that_frames_end() -> None:
    made = of(residual())
    assert sum(isinstance(mark, Circle) for mark in made.marks) == 2
    assert words(made).count("+") == 2
    rows = of(from_template("vgg16").graph)
    tops = sorted({round((box[1] + box[3]) / 2) for box in bounds(rows).values()})
    assert len(tops) == 2
    assert [words(rows).count(f"Stage {number}") for number in range(1, 6)] == [1] * 5


def test_the_same_network_gives_the_same_figure() -> None:
    graph = from_template("googlenet").graph
    assert of(graph) == of(from_template("googlenet").graph)
    assert of(Graph.of(reversed(list(graph)), graph.frames)) == of(graph)


def test_golden(request: pytest.FixtureRequest) -> None:
    """``make golden`` writes it anew; open it in a browser to review it."""
    text = svg(of(from_template("lenet5").graph), {})
    if request.config.getoption("--rewrite-golden"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("option", ["labels", "kernels", "legend"])
def test_what_is_switched_off_is_gone(option: str) -> None:
    graph = from_template("lenet5").graph
    assert len(of(graph, **{option: False}).marks) < len(of(graph).marks)


def test_grey_is_grey() -> None:
    made = of(from_template("resnet18").graph, grey=True)
    fills = {mark.fill for mark in made.marks if isinstance(mark, Polygon) and mark.of}
    assert len(fills) > 6
    assert all(fill[1:3] == fill[3:5] == fill[5:7] for fill in fills)


def test_what_is_bypassed_is_not_drawn() -> None:
    graph = from_template("lenet5").graph.bypass(["pool1", "tanh1"])
    made = of(graph)
    assert "pool1" not in made.boxes
    assert words(made).count("Avg pool 2 × 2") == 1
    assert words(made).count("tanh") == 3


# hostile and mistaken


def test_a_frame_called_like_markup_stays_text() -> None:
    graph = from_template("lenet5").graph.frame(["conv1"], '</text><script>"&', 30)
    text = svg(of(graph), {"convolution": "M0 0L1 1"})
    root = ElementTree.fromstring(text)
    assert not [element for element in root.iter() if "script" in element.tag]
    assert any("<script>" in (element.text or "") for element in root.iter())


def test_the_drawing_is_text_and_valid_and_as_large_as_the_figure() -> None:
    made = of(from_template("googlenet").graph)
    root = ElementTree.fromstring(svg(made, {}))
    texts = [element.text for element in root.iter() if element.tag.endswith("}text")]
    assert texts == words(made)
    assert root.get("viewBox") == f"0 0 {made.width:.0f} {made.height:.0f}"


def test_there_is_no_figure_of_nothing_nor_of_what_does_not_fit() -> None:
    with pytest.raises(FigureError, match="no network"):
        of(Graph())
    draw = Sketch()
    draw(Conv2d(4, 9), draw(Input((3, 4, 4))))
    with pytest.raises(FigureError, match="conv1 does not fit"):
        of(draw.graph())
    draw = Sketch()
    draw(Input((3, 4, 4)))
    draw(Conv2d(4))
    with pytest.raises(FigureError, match="conv1 has no shape yet"):
        of(draw.graph())


def test_what_would_be_too_small_to_read_is_refused_with_a_way_out() -> None:
    draw = Sketch()
    x = draw(Input((3, 8, 8)))
    for number in range(MOST + 5):
        x = draw(Conv2d(3 + number % 2, 1), x)
    with pytest.raises(FigureError, match=r"Fold blocks .* or look inside"):
        of(draw.graph())
