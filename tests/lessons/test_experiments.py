"""Experiments: what they say is what inference says of the networks that they draw, with the syllabus' own numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from cnnstudio.blocks import Conv2d, SelfAttention
from cnnstudio.compiler.inference import infer
from cnnstudio.graph import BLOCKS
from cnnstudio.lessons.depth_experiment import KINDS, drawn, gradients
from cnnstudio.lessons.experiment import Experiment, Outcome
from cnnstudio.lessons.experiments import EXPERIMENTS, about
from cnnstudio.lessons.family_experiment import FAMILIES
from cnnstudio.lessons.published import PUBLISHED
from cnnstudio.lessons.small_networks import deep, digits, some
from cnnstudio.lessons.staircase_experiment import STEPS, network
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.worker import unheard
from cnnstudio.zoo import NETWORKS

BY_KEY = {experiment.key: experiment for experiment in EXPERIMENTS}


def cells(outcome: Outcome, name: str) -> tuple[str, ...]:
    return next(row.cells for row in outcome.rows if row.name == name)


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: str(each.key))
def test_every_stop_of_every_knob_is_told_or_refused_with_a_sentence(experiment: Experiment) -> None:
    for knob in experiment.knobs:
        assert knob.value in knob.stops and list(knob.stops) == sorted(set(knob.stops))
        for stop in (knob.stops[0], knob.stops[-1]):
            made = experiment.outcome({knob.name: stop})
            assert (made.misfit or made.sentence).endswith(".")
            for row in made.rows:
                assert len(row.cells) == len(made.columns), row.name


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: str(each.key))
def test_the_counts_are_those_of_the_networks_themselves(experiment: Experiment) -> None:
    made = experiment.outcome()
    assert not made.misfit
    if made.titles:  # whose columns are not networks
        return
    for side, parameters in zip(made.sides, cells(made, "Parameters"), strict=True):
        totals = infer(side.graph).totals
        assert totals is not None and parameters == f"{totals.parameters:,}"


def test_two_of_three_by_three_see_as_much_as_one_of_five_by_five() -> None:
    made = BY_KEY["stacks"].outcome({"Channels": 1, "Convolutions": 2})
    assert cells(made, "Parameters") == ("18", "25") and cells(made, "A value sees") == ("5 × 5", "5 × 5")
    assert "18 weights and the large kernel 25: 28% fewer" in made.sentence
    made = BY_KEY["stacks"].outcome({"Channels": 1, "Convolutions": 3})
    assert cells(made, "Parameters") == ("27", "49") and cells(made, "A value sees") == ("7 × 7", "7 × 7")


def test_fully_connected_layers_on_a_picture_are_heavy() -> None:
    made = BY_KEY["connected"].outcome({"Side of the picture": 224, "Filters, or units": 1000})
    assert "150,528,000 weights" in made.sentence and "has 150,528 weights" in made.sentence
    made = BY_KEY["connected"].outcome({"Filters, or units": 64})
    assert cells(made, "Parameters")[0] == "1,792", "of Conv2d(3, 64, 3)"


@pytest.mark.parametrize(("out", "times"), [(64, "7.89"), (128, "8.41"), (72, "8.00")])
def test_depthwise_separable_saves_what_the_channels_that_come_out_allow(out: int, times: str) -> None:
    for into in (64, 512):
        assert (
            f"{times} times fewer" in BY_KEY["separable"].outcome({"Channels in": into, "Channels out": out}).sentence
        )
    made = BY_KEY["separable"].outcome()
    assert made.sides[0].weights == 36_864 and made.sides[1].weights == 576 + 64 * 64


def test_one_by_one_mixes_channels() -> None:
    made = BY_KEY["pointwise"].outcome({"Channels in": 512, "Between": 64})
    assert cells(made, "Parameters")[0] == "32,832" and cells(made, "A value sees")[0] == "1 × 1"


def test_a_field_grows_and_is_framed_where_it_lies() -> None:
    made = BY_KEY["field"].outcome({"Convolutions": 3})
    assert cells(made, "A value sees") == ("7 × 7",)
    assert made.pictures[0].box == (range(45, 52), range(45, 52)), "round the pixel in the middle"
    larger = BY_KEY["field"].outcome({"Convolutions": 13, "Pool after each": 3})
    assert len(larger.pictures[0].box[0]) > 60  # type: ignore[index]


def test_maps_shift_along_and_pools_bear_it() -> None:
    for by in (0, 1, 3, 8):
        made = BY_KEY["shift"].outcome({"Shift": by, "Pool": 8})
        _, moved, pooled, mean = made.rows[0].sizes
        assert "to the last digit" in made.sentence
        assert (by == 0) == (moved == 0) and (by == 0 or mean < pooled < moved)
    assert np.ptp(made.pictures[1].values) > 0


def test_scaling_together_makes_published_networks() -> None:
    made = BY_KEY["scaling"].outcome({"Depth": 110, "Width": 100, "Resolution": 240})
    assert "EfficientNet-B1" in made.sentence and cells(made, "Parameters") == ("5,288,548", "7,794,184")
    made = BY_KEY["scaling"].outcome({"Budget, 2 to the power of": 0})
    assert "over the budget of 1" in made.sentence


def test_a_picture_of_224_has_196_patches_of_16() -> None:
    made = BY_KEY["patches"].outcome()
    assert "= 196 tokens" in made.sentence and cells(made, "Comes out")[0] == "196 × 192"
    assert "are left out" in BY_KEY["patches"].outcome({"Side of the picture": 28, "Patch": 8}).sentence


def test_an_odd_map_is_halved_in_two_ways() -> None:
    made = BY_KEY["downsampling"].outcome({"Side of the map": 7})
    assert (
        cells(made, "Comes out") == ("64 × 3 × 3", "64 × 3 × 3", "64 × 4 × 4")
        and "leaves the last row" in made.sentence
    )


def test_the_head_of_vgg_16_is_heavy_and_does_little() -> None:
    made = BY_KEY["heavy"].outcome({"Network": 1})
    assert "hold 89.4% of its parameters and do 0.8% of its work" in made.sentence
    totals = made.sides[0].totals
    assert totals.parameters == 138_357_544
    assert made.rows[0].sizes[0] + made.rows[0].sizes[1] == pytest.approx(1)


def test_every_step_of_the_staircase_costs_what_was_published() -> None:
    published = [4.09, 4.09, 4.53, 4.42, 2.35, 5.27, 4.64, 4.07, 4.15, 4.15, 4.15, 4.15]  # arXiv:2201.03545, Table 10
    for step, billions in enumerate(published):
        totals = infer(network(step)).totals
        assert totals is not None and totals.macs / 1e9 == pytest.approx(billions, abs=0.006), STEPS[step].title
    ends = [infer(network(step)).totals for step in (0, len(STEPS) - 1)]
    assert [each.parameters for each in ends if each is not None] == [25_557_032, 28_589_128]
    made = BY_KEY["staircase"].outcome({"Step": 4})
    assert cells(made, "Top-1, published") == ("79.51%", "78.28%") and "1.23 points less" in made.sentence
    assert [side.title for side in made.sides] == ["Patches", "Depthwise"]
    assert "blocks differ" in made.sentence


def test_where_the_staircase_costs_other_than_its_table_it_says_so() -> None:
    """The table's 4.46 and 4.49 G: a norm has nothing to multiply, and ConvNeXt-T itself is 4.456 to torchvision."""
    norms, layer, apart = (infer(network(step)).totals for step in (len(STEPS) - 3, len(STEPS) - 2, len(STEPS) - 1))
    assert norms is not None and layer is not None and apart is not None
    assert norms.macs == layer.macs and apart.macs == pytest.approx(PUBLISHED["convnext_tiny"].macs * 1e9, rel=1e-3)
    between = 2 * 2 * (96 * 192 * 28**2 + 192 * 384 * 14**2 + 384 * 768 * 7**2)  # 2 × 2 at stride 2, on half the map
    shortcuts = between // 4  # 1 × 1 at stride 2
    wider = sum((c - c // 2) * (4 * c + 49) * side**2 for c, side in ((192, 28), (384, 14), (768, 7)))
    assert apart.macs - layer.macs == between - shortcuts + wider
    for step in (len(STEPS) - 2, len(STEPS) - 1):
        sentence = BY_KEY["staircase"].outcome({"Step": step}).sentence
        assert "prints 4.46 G" in sentence and "4.15 G stay" in sentence
    assert "prints" not in BY_KEY["staircase"].outcome({"Step": len(STEPS) - 3}).sentence


def test_published_accuracies_are_torchvision_s_and_so_are_the_sizes() -> None:
    models = torchvision().models
    for key, each in PUBLISHED.items():
        weights = {known.name: known for known in models.get_model_weights(key)}
        found = [weights[f"IMAGENET1K_V{n}"].meta for n in (1, 2) if f"IMAGENET1K_V{n}" in weights]
        right = [meta["_metrics"]["ImageNet-1K"]["acc@1"] for meta in found]
        assert [each.first, each.second] == [*right, None][:2], key
        assert (each.parameters, each.macs) == (found[0]["num_params"], found[0]["_ops"]), key
        assert NETWORKS[key].family in FAMILIES


def test_a_family_is_named_among_all_others() -> None:
    made = BY_KEY["families"].outcome({"Weights": 1})
    assert made.curves is not None
    others, own = made.curves.curves
    assert len(others.x) + len(own.x) == len(PUBLISHED) and "ResNet-50" in own.names
    assert made.sides[0].totals.parameters == PUBLISHED["resnet18"].parameters
    row = next(row for row in made.rows if row.name == "ResNet-50")
    assert row.cells == ("80.9%", "25.6 M", "4.09 G")
    assert BY_KEY["families"].outcome().rows[made.rows.index(row)].cells[0] == "76.1%"


def test_each_is_about_blocks_that_there_are() -> None:
    for experiment in EXPERIMENTS:
        assert experiment.blocks and experiment.blocks <= set(BLOCKS), experiment.key
    assert {each.key for each in about(Conv2d)} >= {"stacks", "connected", "separable", "pointwise", "field", "shift"}
    assert [each.key for each in about(SelfAttention)] == ["patches"]


@pytest.mark.parametrize("percent", [50, 100, 150])
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_at_each_layer_is_torch_s(kind: str, percent: int) -> None:
    is_normalised, is_residual = KINDS[kind]
    inputs, weights, end = (torch.tensor(np.stack(each)) for each in drawn(12, percent))
    values = inputs.requires_grad_()
    every = [values]
    for weight in weights:
        made = nn.functional.linear(values, weight)
        made = nn.functional.batch_norm(made, None, None, training=True) if is_normalised else made
        values = made.relu() + values if is_residual else made.relu()
        every.append(values)
    found = [each.norm().item() for each in torch.autograd.grad(values, every, end)]
    assert gradients(12, percent, is_normalised=is_normalised, is_residual=is_residual) == pytest.approx(found)


def test_a_gradient_fades_in_plain_layers_and_goes_round_residual_ones() -> None:
    plain, normal, residual = (gradients(20, 70, is_normalised=a, is_residual=b) for a, b in KINDS.values())
    assert plain[0] / plain[-1] < 0.01 and residual[0] / residual[-1] > 0.5
    small = gradients(20, 30, is_normalised=True, is_residual=False)
    assert small[0] == pytest.approx(normal[0], rel=0.01), "with BatchNorm the size of the weights does not matter"
    made = BY_KEY["depth"].outcome()
    assert [infer(side.graph).totals is not None for side in made.sides] == [True] * 3
    assert infer(made.sides[1].graph).totals == infer(made.sides[2].graph).totals


# what is trained


def test_a_network_is_as_deep_as_it_says_and_a_way_round_costs_nothing() -> None:
    for layers in (2, 5, 6, 20):
        graphs = [deep(layers, is_residual=is_residual) for is_residual in (False, True)]
        assert [sum(isinstance(node.block, Conv2d) for node in graph) for graph in graphs] == [layers, layers]
        plain, residual = (infer(graph).totals for graph in graphs)
        assert plain is not None and plain == residual


@pytest.fixture(scope="module")
def tried() -> Callable[[str], Outcome]:
    """What an experiment comes to in a small setting, once for all tests; its outcomes are checked on the way."""
    small = {
        "degradation": {"Convolutions": 14, "Epochs": 3},
        "normalisation": {"Convolutions": 4, "Epochs": 3},
        "few-pictures": {"Pictures": 40},
    }

    @cache
    def found(key: str) -> Outcome:
        experiment, made = BY_KEY[key], None
        assert experiment.attempt is not None
        for made in experiment.attempt({**experiment.values, **small[key]}, unheard):
            assert made.sentence and all(len(row.cells) == len(made.columns) for row in made.rows)
            assert made.curves is not None and [each.ink for each in made.curves.curves] == list(range(len(made.sides)))
        assert made is not None
        return made

    return found


def sizes(outcome: Outcome, name: str) -> tuple[float, ...]:
    return next(row.sizes for row in outcome.rows if row.name == name)


def test_more_plain_layers_fit_their_own_images_worse_and_residual_ones_do_not(tried: Callable[[str], Outcome]) -> None:
    made = tried("degradation")
    few, plain, residual = sizes(made, "Loss, training")
    assert plain > few + 0.2 and residual < plain - 0.2
    assert sizes(made, "Right, training")[1] < sizes(made, "Right, training")[0], "so it is no overfitting"
    assert "degradation" in made.sentence
    assert made.curves is not None
    ends = [float(each.y[-1]) for each in made.curves.curves]
    assert ends[1] == max(ends)


def test_without_batchnorm_the_same_steps_come_to_nothing(tried: Callable[[str], Outcome]) -> None:
    made = tried("normalisation")
    with_it, without = sizes(made, "Loss, training")
    assert with_it < 1.0 and without > 2.2 and "what guessing costs" in made.sentence


@pytest.mark.whole
def test_augmentation_is_worth_points_where_there_are_forty_pictures(tried: Callable[[str], Outcome]) -> None:
    made = tried("few-pictures")
    same, changed = sizes(made, "Right, validation")
    assert sizes(made, "Right, training")[0] > 0.99 and same < 0.9, "it knows its pictures by heart"
    assert changed > same + 0.02 and "never seen" in made.sentence


@pytest.mark.whole
def test_the_valley_of_the_residual_network_is_the_wider_one() -> None:
    experiment = BY_KEY["landscape"]
    assert experiment.attempt is not None
    made = list(experiment.attempt(experiment.values, unheard))[-1]
    plain, residual = sizes(made, "At most 1 nat")
    assert residual > 1.2 * plain > 0 and "wider and lower" in made.sentence


def test_channels_that_are_worth_little_can_go_and_others_cannot() -> None:
    experiment = BY_KEY["pruning"]
    assert experiment.attempt is not None
    values = {**experiment.values, "Channels": 16, "Epochs": 5}
    made = list(experiment.attempt(values, unheard))[-1]
    worth, _, chance = sizes(made, "Right without 8")
    assert worth > chance + 0.05 and made.curves is not None
    assert [len(each.x) for each in made.curves.curves] == [17] * 3
    assert cells(made, "Parameters left")[0] == f"{made.sides[1].totals.parameters:,}"
    again = list(experiment.attempt({**values, "Taken out, %": 25}, unheard))
    assert len(again) == 1 and again[0].rows[0].name == "Right without 4", "it is not trained twice"


def test_channels_are_weighed_otherwise_for_another_digit() -> None:
    experiment = BY_KEY["gates"]
    assert experiment.attempt is not None
    made = list(experiment.attempt(experiment.values, unheard))[-1]
    assert made.titles == ("Digit 0", "Digit 1") and made.curves is not None
    one, other = (each.y for each in made.curves.curves)
    apart = np.abs(one - other)
    assert apart.max() > 0.3 and one.min() >= 0 and other.max() <= 1 and len(one) == 16
    assert made.rows[0].name == f"Channel {apart.argmax() + 1}", "those that differ most come first"
    again = list(experiment.attempt({**experiment.values, "Another digit": 0}, unheard))
    assert len(again) == 1 and "Choose two digits" in again[0].sentence
    assert again[0].curves is not None and again[0].curves.curves[1].y.tolist() == one.tolist()


def test_a_network_learns_what_is_dark_and_nothing_of_the_digit() -> None:
    experiment = BY_KEY["darkness"]
    assert experiment.attempt is not None
    made = list(experiment.attempt(experiment.values, unheard))[-1]
    own, others = sizes(made, "In the light it learned")
    assert own > 0.9 and others > 0.8, "so that the accuracy looks well"
    own, others = sizes(made, "In the other light")
    assert own < 0.2 and others < 0.2 and len(made.pictures) == 3
    assert made.pictures[0].values.max() < 0.4 * made.pictures[1].values.max()


def test_wrong_labels_are_doubted() -> None:
    experiment = BY_KEY["haste"]
    assert experiment.attempt is not None
    made = list(experiment.attempt({"Wrong labels, %": 5}, unheard))[-1]
    counts = [sizes(made, name)[0] for name in ("Made wrong", "Doubted", "Doubted, and wrong")]
    assert counts[0] == 90 and counts[2] > 0.8 * counts[0] and counts[2] > 0.9 * counts[1]
    assert len(made.pictures) == 3 and made.pictures[0].title.startswith("Labelled ")


def test_forty_pictures_are_four_of_each_class() -> None:
    data = some(digits(), 40)
    assert np.bincount(data.train_labels.numpy()).tolist() == [4] * 10
    assert len(data.validation_labels) == len(digits().validation_labels)


def test_a_landscape_is_drawn_of_both_with_the_same_colours() -> None:
    experiment = BY_KEY["landscape"]
    assert experiment.attempt is not None
    values = {**experiment.values, "Convolutions": 6, "Epochs": 2}
    made = list(experiment.attempt(values, unheard))
    last = made[-1]
    assert len(last.pictures) == 2 and last.pictures[0].ends == last.pictures[1].ends
    assert all(np.isfinite(each.values).all() and each.values.shape == (13, 13) for each in last.pictures)
    assert any(np.isnan(each.pictures[0].values).any() for each in made if each.pictures), "row by row"
    middle = sizes(last, "Loss in the middle")
    assert middle == pytest.approx([10 ** each.values[6, 6] for each in last.pictures])
    stopped = list(experiment.attempt(values, lambda sentence, _: not sentence.startswith("Walking")))
    assert len(stopped[-1].pictures) == 1, "it ends where it is told to"
