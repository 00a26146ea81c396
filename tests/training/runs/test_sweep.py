"""A sweep as a value: which runs it comes to, which cannot be trained, and what its budget leaves."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.blocks import Linear
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import Graph
from cnnstudio.project import Project, from_template
from cnnstudio.project.axes import AxisError, read_axes
from cnnstudio.project.recipe import Recipe
from cnnstudio.training.runs.queue import MOST_ENTRIES, QueueError, QueueFile, new_entry
from cnnstudio.training.runs.sweep import MOST_RUNS, Sweep, SweepError, enqueue, offered

PROJECT = from_template("lenet5")


def sweep(*texts: str, base: Project = PROJECT, **values: object) -> Sweep:
    return Sweep(base, read_axes(base, texts), **values)


def titles(made: Sweep) -> list[str]:
    return [run.title for run in made.plan().runs]


def test_a_grid_has_every_combination_and_says_what_is_particular_about_each() -> None:
    made = sweep("learning_rate=0.1,0.01", "conv1.out_channels=8,16")
    plan = made.plan()
    assert made.size == len(plan.runs) == 4 and plan.sentence == "4 runs, 60 epochs in all."
    assert [run.title for run in plan.runs] == [
        "learning_rate 0.1, conv1.out_channels 8", "learning_rate 0.1, conv1.out_channels 16",
        "learning_rate 0.01, conv1.out_channels 8", "learning_rate 0.01, conv1.out_channels 16",
    ]  # fmt: skip
    last = plan.runs[-1]
    assert (last.project.recipe.learning_rate, last.project.graph["conv1"].block.out_channels) == (0.01, 16)
    assert last.parameters > plan.runs[0].parameters and last.macs > plan.runs[0].macs


def test_combinations_that_train_alike_are_one_run() -> None:
    plan = sweep("optimizer=Adam,SGD", "momentum=0.5,0.9").plan()
    assert [run.title for run in plan.runs] == [
        "optimizer Adam",
        "optimizer SGD, momentum 0.5",
        "optimizer SGD, momentum 0.9",
    ]
    assert plan.alike == 1 and "1 combination comes to the same as another" in plan.sentence


def test_what_cannot_be_trained_is_left_out_and_said() -> None:
    plan = sweep("conv1.kernel_size=5,30,31").plan()
    assert [run.title for run in plan.runs] == ["conv1.kernel_size 5"]
    assert [left.title for left in plan.left_out] == ["conv1.kernel_size 30", "conv1.kernel_size 31"]
    assert "2 combinations cannot be trained, such as conv1.kernel_size 30: " in plan.sentence
    assert plan.left_out[0].sentence in plan.sentence


def test_values_that_a_block_refuses_together_are_left_out(chain: Graph) -> None:
    plan = sweep("conv1.groups=1,3", base=Project(chain)).plan()
    assert len(plan.runs) == 1 and "conv1" in plan.left_out[0].sentence


def test_where_nothing_can_be_trained_the_reason_is_the_refusal(chain: Graph) -> None:
    base = Project(chain.replace("fc1", Linear(3)))
    with pytest.raises(SweepError, match=r"None of these runs can be trained\. .* 10 classes"):
        sweep("seed=1,2", base=base).plan()
    assert len(sweep("fc1.out_features=3,10", base=base).plan().runs) == 1


def test_the_head_of_a_backbone_follows_the_data(tmp_path: Path) -> None:
    base = dataclasses.replace(from_template("transfer"), recipe=Recipe(data="shapes", folder=str(tmp_path)))
    runs = sweep("data=digits,folder", base=base).plan(classes=3).runs
    outputs = [infer(run.project.graph).shape(run.project.graph.outputs[0].name) for run in runs]
    assert [run.title for run in runs] == ["data digits", "data folder"] and outputs == [(10,), (3,)]


def test_a_budget_of_runs_lets_chance_choose_and_keeps_their_order() -> None:
    made = sweep("seed=0..9", runs=4)
    plan = made.plan()
    seeds = [run.project.recipe.seed for run in plan.runs]
    assert len(seeds) == 4 and seeds == sorted(seeds) and seeds != [0, 1, 2, 3] and plan.spare == 6
    assert "The budget is too small for 6 more; chance has chosen." in plan.sentence
    assert plan == sweep("seed=0..9", runs=4).plan(), "the same seed gives the same runs"
    assert titles(made) != titles(dataclasses.replace(made, seed=1))


def test_a_budget_of_epochs_holds_over_all_runs() -> None:
    plan = sweep("epochs=1..5", epochs=7).plan()
    assert 1 <= plan.epochs <= 7 and plan.spare == 5 - len(plan.runs)
    with pytest.raises(SweepError, match="too small for a single run"):
        sweep("epochs=3..5", epochs=2).plan()


def test_a_grid_that_is_far_too_large_needs_a_budget_and_is_never_gone_through() -> None:
    texts = [f"{name}=0..0.9:200" for name in ("momentum", "label_smoothing", "teaching_share")]
    with pytest.raises(SweepError, match=r"These are 8,000,000 runs, and 200 are the most"):
        sweep(*texts)
    plan = sweep("seed=0..99999:200", "batch_size=1..60000:200", runs=3).plan()
    assert len(plan.runs) == 3 and plan.spare == 200 * 200 - 3


def test_chance_draws_between_the_ends_and_repeats_nothing() -> None:
    made = sweep("learning_rate=0.001..0.1", "batch_size=16,32", kind="random", runs=12)
    rates = [run.project.recipe.learning_rate for run in made.plan().runs]
    assert len(set(titles(made))) == made.size == 12
    assert min(rates) >= 0.001 and max(rates) <= 0.1 and len(set(rates)) > 5
    few = sweep("seed=1,2,3", kind="random", runs=50)
    assert few.size == 3 and sorted(titles(few)) == ["seed 1", "seed 2", "seed 3"]
    assert few.plan().alike == 0, "what was drawn before is drawn again, and no combination of its own"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "random"}, "Say how many runs chance is to draw."),
        ({"runs": 0}, "The budget of a sweep is from 1 to 200 runs, not 0."),
        ({"runs": MOST_RUNS + 1}, "not 201."),
        ({"epochs": 0}, "The budget of a sweep is from 1 to 10,000,000 epochs, not 0."),
        ({"axes": ()}, "A sweep varies from 1 to 8 fields, not 0."),
    ],
)
def test_what_can_be_no_sweep_is_refused_in_a_sentence(values: dict[str, object], sentence: str) -> None:
    made = sweep("seed=1,2")
    with pytest.raises(SweepError) as refusal:
        dataclasses.replace(made, **values)
    assert sentence in str(refusal.value)


def test_a_field_that_is_gone_since_is_said() -> None:
    made = sweep("conv1.bias=on,off")
    base = PROJECT.with_graph(PROJECT.graph.rename("conv1", "first"))
    with pytest.raises(SweepError, match=r"nothing to vary that is called 'conv1.bias'"):
        dataclasses.replace(made, base=base)
    with pytest.raises(SweepError, match="A field is varied twice"):
        dataclasses.replace(made, axes=made.axes * 2)


def test_the_selected_blocks_come_first() -> None:
    found = [field.name for field in offered(PROJECT, ["conv2"])]
    assert found[0].startswith("conv2.") and "data" in found and len(found) == len(offered(PROJECT))


def test_about_how_long_it_takes_follows_from_epochs_and_work() -> None:
    plan = sweep("epochs=2,4").plan()
    macs = plan.runs[0].macs
    assert plan.seconds(1.5, macs) == pytest.approx(9.0) and plan.seconds(1.5, macs * 2) == pytest.approx(4.5)


def test_a_sweep_is_queued_under_a_name_of_its_own_all_or_nothing(tmp_path: Path) -> None:
    file, plan = QueueFile(), sweep("seed=1,2").plan()
    assert enqueue(file, plan, "net", ["sweep 1"], tmp_path, is_judged=True) == "sweep 2"
    assert enqueue(file, plan, "net", ["sweep 1"]) == "sweep 3"
    entries = file.read().entries
    assert [entry.title for entry in entries] == ["net: seed 1", "net: seed 2"] * 2
    assert [(entry.sweep, entry.name, entry.is_judged) for entry in entries[1:3]] == [
        ("sweep 2", "net-sweep-2", True), ("sweep 3", "", False),
    ]  # fmt: skip
    assert [entry.opened() for entry in entries[:2]] == [run.project for run in plan.runs]
    other = msgspec.structs.replace(new_entry(PROJECT, "x"), project="")
    others = (msgspec.structs.replace(other, id=str(number)) for number in range(MOST_ENTRIES - 5))
    file.change(lambda queue: queue.added(*others))
    with pytest.raises(QueueError, match="room"):
        enqueue(file, plan, "net")
    assert len(file.read().entries) == MOST_ENTRIES - 1


NUMBERS = st.lists(st.integers(1, 40), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(NUMBERS, NUMBERS, st.sampled_from(["grid", "random"]), st.integers(1, 9), st.integers(0, 5))
def test_every_sweep_is_distinct_runs_within_its_budget(
    kernels: list[int], epochs: list[int], kind: str, runs: int, seed: int
) -> None:
    texts = f"conv1.kernel_size={','.join(map(str, kernels))}", f"epochs={','.join(map(str, epochs))}"
    try:
        made = sweep(*texts, kind=kind, runs=runs, seed=seed)
        plan = made.plan()
    except SweepError as refusal:
        assert "None of these runs can be trained." in str(refusal) and min(kernels) > 17
        return
    assert 1 <= len(plan.runs) <= min(runs, len(set(kernels)) * len(set(epochs)))
    assert len({run.title for run in plan.runs}) == len(plan.runs) == len({run.project for run in plan.runs} or ())
    assert all(f"epochs {run.epochs}" in run.title and run.project.run is None for run in plan.runs)
    if kind == "grid":
        accounted = len(plan.runs) + len(plan.left_out) + plan.alike + plan.spare
        assert accounted == len(set(kernels)) * len(set(epochs))


def test_an_axis_that_cannot_be_read_makes_no_sweep() -> None:
    with pytest.raises(AxisError):
        sweep("conv1.out_channels=none")
