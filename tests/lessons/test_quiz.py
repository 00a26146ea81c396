from __future__ import annotations

import re
from fractions import Fraction
from itertools import islice, pairwise

import pytest

from cnnstudio.blocks import BatchNorm2d, Concat, Conv2d, ConvTranspose2d, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.lessons.answers import AnswerError, marked
from cnnstudio.lessons.quiz import DIFFICULTIES, Kind, Question, Quiz, questions
from cnnstudio.lessons.working import steps
from cnnstudio.zoo import NETWORKS, TEMPLATES


def lenet() -> Analysis:
    return infer(TEMPLATES["lenet5"].make(10, (1, 28, 28)))


def chain(size: tuple[int, ...], *blocks: Block) -> Analysis:
    draw = Sketch()
    draw.chain(draw(Input(size)), *blocks)
    return infer(draw.graph())


def ask(analysis: Analysis, kind: Kind, name: str) -> Question:
    for difficulty in DIFFICULTIES:
        for question in islice(questions(analysis, difficulty), 200):
            if (question.kind, question.node.name) == (kind, name):
                return question
    raise AssertionError(f"nobody asks for the {kind} of {name}")


# asking


def test_the_same_seed_asks_the_same_questions() -> None:
    first, again, other = (list(islice(questions(lenet(), "medium", seed), 20)) for seed in (3, 3, 4))
    assert first == again != other


def test_no_question_comes_again_before_all_were_asked() -> None:
    coming = list(islice(questions(lenet(), "hard", 1), 60))
    seen = set()
    for question in coming:
        if (key := (question.kind, question.node.name)) in seen:
            break
        seen.add(key)
    everything = {(question.kind, question.node.name) for question in coming}
    assert seen == everything and len(seen) > 4


def test_two_in_a_row_ask_about_different_nodes() -> None:
    coming = list(islice(questions(lenet(), "medium", 5), 12))
    assert sum(a.node.name == b.node.name for a, b in pairwise(coming)) <= 2


def test_difficulties_differ_and_hard_ones_ask_for_receptive_fields() -> None:
    kinds = {level: {question.kind for question in islice(questions(lenet(), level), 40)} for level in DIFFICULTIES}
    assert "receptive field" not in kinds["easy"] and "shape" in kinds["easy"]
    assert {"receptive field", "stride"} <= kinds["hard"]


def test_what_only_passes_on_is_never_asked_for_its_shape() -> None:
    analysis = chain((3, 8, 8), Conv2d(4, 3, padding=1), ReLU(), BatchNorm2d())
    asked = {(q.kind, q.node.name) for level in DIFFICULTIES for q in islice(questions(analysis, level), 30)}
    assert ("shape", "conv1") in asked and not {("shape", "relu1"), ("shape", "bn1")} & asked
    assert ("parameters", "bn1") in asked


def test_a_network_without_results_has_no_questions() -> None:
    assert not list(questions(infer(Graph())))
    assert not list(questions(chain((3, 8, 8))))
    broken = chain((3, 8, 8), Conv2d(4, 99), ReLU())
    assert Quiz(broken).question is None and not Quiz(broken).is_open


def test_what_gives_the_answer_away_is_concealed() -> None:
    assert ask(lenet(), "shape", "fc2").concealed == {"fc2", "tanh4", "fc3"}


# every answer is right, in every network


@pytest.mark.parametrize("key", ["lenet5", "vgg-small", "small-resnet"])
def test_what_inference_says_is_marked_right(key: str) -> None:
    template = TEMPLATES[key]
    analysis = infer(template.make(10, template.size))
    for level in DIFFICULTIES:
        for question in islice(questions(analysis, level), 60):
            assert marked(question, question.written).is_right
            wrong = " × ".join(str(number + 1) for number in question.answer)
            assert not marked(question, wrong).is_right
            assert question.written in marked(question, wrong).sentence


@pytest.mark.parametrize("key", ["googlenet", "densenet121", "mobilenet_v2", "fractalnet", "vit_b_16"])
def test_large_networks_are_asked_about_too(key: str) -> None:
    network = NETWORKS[key]
    analysis = infer(network.make(10, network.size))
    for level in DIFFICULTIES:
        for question in islice(questions(analysis, level), 12):
            assert marked(question, question.written).is_right


# reading


@pytest.mark.parametrize(
    "text",
    [
        "16x8x8", "16 × 8 × 8", "16, 8, 8", "(16, 8, 8)", "[16,8,8]", "16 8 8", "16*8*8", "16 X 8 X 8", "16 by 8 by 8",
        "1, 16, 8, 8", "N × 16 × 8 × 8", "C=16 H=8 W=8", "16·8·8", " 16×8×8 ",
    ],
)  # fmt: skip
def test_a_shape_may_be_written_in_many_ways(text: str) -> None:
    assert marked(ask(lenet(), "shape", "conv2"), text).is_right


@pytest.mark.parametrize(
    "text",
    ["2416", "2,416", "2 416", "2.416", "2’416", "2.416k", "2,416 parameters", "5·5·6·16 + 16", "16*(5*5*6 + 1)"],
)
def test_a_count_may_be_written_in_many_ways(text: str) -> None:
    assert marked(ask(lenet(), "parameters", "conv2"), text).is_right


def test_commas_part_thousands_or_sizes_as_they_fit() -> None:
    wide = chain((3, 120, 120), Conv2d(16, 1))
    assert marked(ask(wide, "shape", "conv1"), "16,120,120").is_right
    flat = chain((16, 12, 12), Flatten())
    assert marked(ask(flat, "shape", "flatten1"), "2,304").is_right


def test_one_number_will_do_for_a_square() -> None:
    question = ask(lenet(), "receptive field", "conv2")
    assert marked(question, "14").is_right and marked(question, "14x14 px".replace(" px", "")).is_right
    assert marked(ask(lenet(), "stride", "pool2"), "4 × 4").is_right


def test_a_cost_may_be_rounded_to_three_digits() -> None:
    question = ask(chain((3, 32, 32), Conv2d(17, 3)), "MACs", "conv1")  # 413,100
    assert question.written == "413,100"
    assert marked(question, "413k").sentence == "Right: 413,100, rounded."
    assert not marked(question, "412k").is_right and not marked(question, "410k").is_right
    parameters = ask(chain((3, 32, 32), Conv2d(64, 7)), "parameters", "conv1")
    assert not marked(parameters, "9.47k").is_right


@pytest.mark.parametrize(
    "text", ["", "  ", "many", "16 × 8", "16x8x8x8", "x", "1e400", "9" * 500, "__import__('os')", "2**9999", "(" * 90]
)
def test_what_is_no_answer_is_asked_for_again_and_not_marked(text: str) -> None:
    for question in (ask(lenet(), "shape", "conv2"), ask(lenet(), "parameters", "conv2")):
        if text.startswith("16") and question.kind == "parameters":
            continue
        with pytest.raises(AnswerError, match="for instance"):
            marked(question, text)


def test_what_is_wanted_is_said_in_numbers() -> None:
    with pytest.raises(AnswerError, match="One number is needed, or height × width, for instance 2"):
        marked(ask(lenet(), "stride", "pool2"), "1 × 2 × 3")
    with pytest.raises(AnswerError, match="3 numbers are needed"):
        marked(ask(lenet(), "shape", "conv2"), "16 × 8")


# feedback


def sentence(analysis: Analysis, kind: Kind, name: str, text: str) -> str:
    mark = marked(ask(analysis, kind, name), text)
    assert not mark.is_right
    return mark.sentence


def test_mistakes_that_show_are_named() -> None:
    padded = chain((3, 32, 32), Conv2d(8, 5, padding=2, stride=2), MaxPool2d(3, stride=2))
    assert sentence(padded, "shape", "conv1", "8 × 14 × 14").endswith("That would be right without the padding.")
    assert sentence(padded, "shape", "conv1", "8x32x32").endswith("That would be right with stride 1.")
    assert "order is channels" in sentence(padded, "shape", "conv1", "16 × 16 × 8")
    assert "off by one" in sentence(padded, "shape", "conv1", "8 × 17 × 17")
    assert "one channel, whatever comes in" in sentence(padded, "shape", "conv1", "3 × 16 × 16")
    assert "rounded up, but sizes are rounded down" in sentence(padded, "shape", "pool1", "8 × 8 × 8")
    assert "leaves out the 8 biases" in sentence(padded, "parameters", "conv1", "600")
    assert "for every output channel" in sentence(padded, "parameters", "conv1", "601")
    assert "every channel that comes in" in sentence(padded, "parameters", "conv1", "200")
    assert "Those are the parameters" in sentence(padded, "MACs", "conv1", "608")
    assert "count as one" in sentence(padded, "MACs", "conv1", str(2 * 600 * 256))
    assert "this block alone" in sentence(padded, "receptive field", "pool1", "3")
    assert "strides before it multiply" in sentence(padded, "stride", "pool1", "2")
    unbiased = chain((3, 32, 32), Conv2d(8, 5, bias=False))
    assert "this block has none" in sentence(unbiased, "parameters", "conv1", "608")


def test_a_wrong_answer_without_a_reason_just_says_what_is_right() -> None:
    assert sentence(lenet(), "parameters", "fc1", "7") == "It is 30,840, not 7."


# working


def test_the_working_ends_in_the_answer() -> None:
    analysis = lenet()
    shape, parameters = steps(ask(analysis, "shape", "conv2")), steps(ask(analysis, "parameters", "conv2"))
    assert shape is not None and parameters is not None
    assert shape.rule.startswith("⌊(in + 2P")
    assert shape.lines[0].endswith("= 7 + 1 = 8") and shape.lines[1] == "channels: one for each filter = 16"
    assert parameters.lines == ("parameters: 5 · 5 · 6 · 16 + 16 = 2,416",)


def test_a_receptive_field_is_followed_from_the_image() -> None:
    working = steps(ask(lenet(), "receptive field", "conv2"))
    assert working is not None
    assert working.lines == (
        "at input1: a pixel of the image sees itself = 1",
        "at conv1: 1 + (5 − 1) · 1 = 5",
        "at pool1: 5 + (2 − 1) · 1 = 6",
        "step after pool1: 1 · 2 = 2",
        "at conv2: 6 + (5 − 1) · 2 = 14",
    )


@pytest.mark.parametrize("key", ["small-resnet", "vgg-small"])
def test_every_line_of_every_working_adds_up(key: str) -> None:
    template = TEMPLATES[key]
    analysis = infer(template.make(10, template.size))
    checked = 0
    for question in islice(questions(analysis, "hard"), 60):
        if question.kind not in ("receptive field", "stride"):
            continue
        working = steps(question)
        assert working is not None
        for line in working.lines:
            if found := re.fullmatch(r".*: ([\d+−()· ]+) = (\d+)", line):
                assert eval(found[1].replace("−", "-").replace("·", "*")) == int(found[2])
                checked += 1
        sizes = [line for line in working.lines if not line.startswith("step")]
        if question.kind == "receptive field":
            assert sizes[-1].endswith(f"= {question.answer[0]}")
    assert checked > 10


def test_where_ways_meet_the_path_begins_there() -> None:
    draw = Sketch()
    x = draw(Input((4, 32, 32)))
    both = draw(Concat(), draw(Conv2d(4, 3, padding=1), x), draw(Conv2d(4, 5, padding=2), x))
    draw(Conv2d(2, 3), both)
    working = steps(ask(infer(draw.graph()), "receptive field", "conv3"))
    assert working is not None
    assert working.lines == ("at cat1: over all ways from the image, step 1 = 5", "at conv3: 5 + (3 − 1) · 1 = 7")


def test_oblong_windows_are_worked_out_by_axis() -> None:
    working = steps(ask(chain((3, 32, 32), Conv2d(4, (3, 5))), "receptive field", "conv1"))
    assert working is not None and working.lines[1:] == (
        "at conv1, height: 1 + (3 − 1) · 1 = 3", "at conv1, width: 1 + (5 − 1) · 1 = 5",
    )  # fmt: skip


def test_steps_back_of_a_transposed_convolution_are_fractions() -> None:
    analysis = chain((3, 16, 16), ConvTranspose2d(4, 2, stride=2), Conv2d(4, 3))
    question = ask(analysis, "stride", "conv1")
    assert question.answer == (Fraction(1, 2), Fraction(1, 2)) and question.written == "1/2"
    assert marked(question, "1/2").is_right


# a round


def test_the_score_counts_answers_and_not_skips() -> None:
    quiz = Quiz(lenet(), "easy", 1)
    first = quiz.question
    quiz.close(True)
    quiz.close(True)  # a question is answered once
    assert (quiz.asked, quiz.right, quiz.streak, quiz.is_open) == (1, 1, 1, False)
    assert quiz.go_on() != first and quiz.is_open
    quiz.go_on()
    quiz.close(False)
    assert (quiz.asked, quiz.right, quiz.streak) == (2, 1, 0)


def test_a_question_holds_until_an_edit_changes_its_answer() -> None:
    analysis = lenet()
    quiz = Quiz(analysis, "easy", 1)
    while quiz.question is not None and (quiz.question.kind, quiz.question.node.name) != ("shape", "pool1"):
        quiz.go_on()
    graph = analysis.graph
    assert quiz.still_holds(infer(graph.move({"pool1": (5.0, 5.0)})))
    assert quiz.still_holds(infer(graph.replace("fc3", Linear(3))))
    assert not quiz.still_holds(infer(graph.replace("conv1", Conv2d(6, 3))))
    assert not quiz.still_holds(infer(graph.remove("pool1")))


def test_nothing_is_asked_of_what_is_bypassed() -> None:
    graph = lenet().graph
    conv = next(node.name for node in graph if isinstance(node.block, Conv2d))
    pool = next(node.name for node in graph if node.block.family == "pooling")
    everything = [*islice(questions(infer(graph)), 60)]
    assert {conv, pool} <= {question.node.name for question in everything}
    off = infer(graph.bypass([conv]))
    asked = [question for level in DIFFICULTIES for question in islice(questions(off, level), 60)]
    assert conv not in {question.node.name for question in asked}
    window = next(question for question in asked if (question.kind, question.node.name) == ("receptive field", pool))
    assert window.answer == off.graph[pool].block.window(window.into[0]).kernel
    assert steps(window)
    assert not Quiz(infer(graph)).still_holds(infer(graph.bypass(graph.nodes.keys() - {graph.inputs[0].name})))
