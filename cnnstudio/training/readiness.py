"""Readiness: why a project cannot be trained, or taken away, as it is, and the ways out. Whoever says so asks here.

Knows no torch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from cnnstudio.blocks import BatchNorm1d, Input
from cnnstudio.compiler.diagnostics import Diagnostic
from cnnstudio.compiler.inference import Analysis, infer
from cnnstudio.graph import Graph, Shape
from cnnstudio.headroom import headroom, lack
from cnnstudio.project import Project
from cnnstudio.project.augmentations import doubts
from cnnstudio.project.datasets import DATASETS, FILE, FOLDER, TABLE
from cnnstudio.project.recipe import Recipe
from cnnstudio.project.recipe_paths import named
from cnnstudio.training.costs import costs, may_be_elsewhere
from cnnstudio.training.data import room
from cnnstudio.training.needs import lack_of_export, lack_of_look, lack_of_weights, needs, ways
from cnnstudio.training.place import Place, look
from cnnstudio.wording import counted, listed, memory

UNLEARNABLE = ("classes", "wiped-out", "root-of-negatives")  # errors of a network that can be built all the same
_SHARE = 0.8  # of the memory that is free: a run that takes more leaves no room for anybody else
NOTHING_TO_LEARN = "The network has nothing to learn. Add a layer with weights, such as Conv2d or Linear."


@dataclass(frozen=True)
class ProjectFix:
    """A way out: what it does, in words, and the function from project to project that does it.

    One that ``asks`` for a folder of images, or a file of them, is given a project that has it already; one that asks
    for a look changes no project, and says that what it names may be looked at.
    """

    title: str
    apply: Callable[[Project], Project]
    asks: Literal["", "folder", "file", "look"] = ""


@dataclass(frozen=True)
class Concern:
    """What stands in the way of a run, as a sentence, with the ways out; ``blocks`` says whether it could not begin.

    What ``passes`` stands in the way now, and may not later: other programs have the memory.
    """

    sentence: str
    fixes: tuple[ProjectFix, ...] = ()
    blocks: bool = True
    passes: bool = False


def concerns(
    project: Project,
    analysis: Analysis,
    diagnostics: Iterable[Diagnostic],
    images: int | None = None,
    *,
    free: int | None = None,
    seen: Callable[[str], Place] = look,
) -> Iterator[Concern]:
    """Everything that stands in the way of training this project: what makes it impossible first.

    ``diagnostics`` are the findings about its network, ``analysis`` what the network comes to. ``images`` is how many
    there are to train with, where that is known, ``free`` the bytes of memory that are; the computer is asked for none.
    ``seen`` says what is known of a path that the recipe names.
    """
    found = tuple(diagnostics)
    errors = [each for each in found if each.severity == "error"]
    yield from (
        Concern(each.sentence, tuple(_of_network(fix.title, fix.apply) for fix in each.fixes)) for each in errors
    )
    if not errors:
        yield from _of_whole_network(project, analysis.acting, found)
    yield from _of_images(project.recipe, seen)
    yield from _of_loss(project.recipe, seen)
    yield from _of_augmentations(project.recipe)
    if (unasked := unlooked(project, seen)) is not None:
        yield unasked
    if not errors:
        yield from _of_room(project, analysis, images, headroom() if free is None else free)


def obstacle(
    project: Project,
    diagnostics: Iterable[Diagnostic],
    analysis: Analysis | None = None,
    is_for_later: bool = False,
    seen: Callable[[str], Place] = look,
) -> str | None:
    """Why this project cannot be trained as it is, in a sentence, or None where it can.

    ``diagnostics`` are the findings about its network. An error among them comes first; the rest is what no look at the
    network alone can find. What may have passed until then is no obstacle to a run that ``is_for_later``.
    """
    return first_obstacle(concerns(project, analysis or infer(project.graph), diagnostics, seen=seen), is_for_later)


def first_obstacle(found: Iterable[Concern], is_for_later: bool = False) -> str | None:
    """The sentence of the first of these concerns that stands in the way of a run, now or later."""
    return next((each.sentence for each in found if each.blocks and not (is_for_later and each.passes)), None)


def lack_of_training(project: Project, analysis: Analysis, free: int | None = None) -> str:
    """Why there is no room to train it now, in a sentence; empty where there is."""
    return first_obstacle(_of_room(project, analysis, None, headroom() if free is None else free)) or ""


def obstacle_of_network(graph: Graph, diagnostics: Iterable[Diagnostic], training: bool = True) -> str | None:
    """``obstacle`` without a look at the images: why they could not be learned if they were there."""
    errors = (found for found in diagnostics if found.severity == "error")
    if error := next((found for found in errors if training or found.code not in UNLEARNABLE), None):
        return error.sentence
    inputs = len(graph.acting.inputs)
    return several_inputs(inputs) if training and inputs > 1 else None


def obstacle_of_look(
    project: Project,
    diagnostics: Iterable[Diagnostic],
    analysis: Analysis,
    *,
    is_built: bool = False,
    seen: Callable[[str], Place] = look,
) -> str | None:
    """Why nobody can look into the network with one of its images. It need not end in scores for that, nor learn.

    ``is_built`` says that it is in memory already.
    """
    reason, unasked = obstacle_of_network(project.graph, diagnostics), unlooked(project, seen)
    reason = reason or (unasked.sentence if unasked is not None else None)
    reason = reason or next((each.sentence for each in _of_images(project.recipe, seen)), None)
    return reason or lack_of_look(analysis, is_built=is_built) or None


def obstacle_of_export(
    project: Project, diagnostics: Iterable[Diagnostic], analysis: Analysis, kind: str
) -> str | None:
    """Why the network cannot be taken away in this way. It need not learn for that."""
    reason = obstacle_of_network(project.graph, diagnostics, training=False)
    return reason or lack_of_export(analysis, kind) or None


def unlooked(project: Project, seen: Callable[[str], Place]) -> Concern | None:
    """That the project names files or folders which nobody has asked to look at. It hinders no run: that is to ask."""
    words = {"folder": "the folder of images", "weights": "the weights", "teacher": "the teacher"}
    paths = {field: path for field, path in named(project.recipe).items() if seen(path).state == "unasked"}
    if not paths:
        return None
    said = listed([f"{words[field]} {path}" for field, path in paths.items()])
    title = "Look in this folder" if list(paths) == ["folder"] else "Look there"
    other = tuple(fix for fix in OTHER_IMAGES if fix.asks == "folder" and "folder" in paths)
    return Concern(
        f"The project names {said}. Nobody has looked there yet, as a stranger may have written it.",
        (ProjectFix(title, lambda project: project, asks="look"), *other),
        blocks=False,
    )


def several_inputs(count: int) -> str:
    """Why a network with so many inputs cannot be trained, though it can be taken away."""
    return f"The network has {count} inputs, and training gives it one, the image."


def _of_whole_network(project: Project, analysis: Analysis, found: tuple[Diagnostic, ...]) -> Iterator[Concern]:
    """What is wrong with a network without errors: what goes in, what comes out, and what there is to learn."""
    graph, totals = analysis.graph, analysis.totals
    if len(graph.inputs) > 1:
        yield Concern(several_inputs(len(graph.inputs)))
    if totals is None or not graph.inputs:
        return
    size = analysis.facts[graph.inputs[0].name].shape
    if len(size) != 3 or size.channels not in (1, 3):
        yield Concern(
            f"The network's input is {size}; images need channels × height × width, with 1 channel (grey) or 3 "
            "(colour).",
            (_resized(graph, DATASETS[project.recipe.data].shape or _colored(size)),),
        )
    elif project.recipe.normalization(size.channels) is None:
        yield from _of_normalization(project.recipe, size.channels)
    if totals.parameters == totals.frozen:
        yield Concern(NOTHING_TO_LEARN)
    headless = next((each for each in found if each.code == "missing-head"), None)
    if headless is not None:
        yield Concern(headless.sentence, tuple(_of_network(fix.title, fix.apply) for fix in headless.fixes))
    if project.recipe.batch_size == 1:
        alone = next((each.nodes[0] for each in found if each.code == "one-value-a-channel"), None)
        alone = alone or next((node.name for node in analysis.nodes_of(BatchNorm1d)), None)
        if alone is not None:
            sentence = f"{alone} takes a mean over the images of a step, and a step of one image has none."
            yield Concern(sentence, (recipe_fix("Batch size 32", batch_size=32),))


def _of_normalization(recipe: Recipe, channels: int) -> Iterator[Concern]:
    """A mean or a deviation that is said and cannot be used."""
    said = [name for name in ("mean", "std") if getattr(recipe, name) is not None]
    if not said:
        return
    wanted = "1 number" if channels == 1 else f"1 number or {channels}"
    sentence = (
        f"The recipe's mean and std must be {wanted} each, as the images have {counted(channels, 'channel')}."
        if len(said) == 2
        else f"The recipe says {said[0]} and not {'std' if said[0] == 'mean' else 'mean'}; they belong together."
    )
    yield Concern(sentence, (recipe_fix("Let them be found", mean=None, std=None),))


def _of_images(recipe: Recipe, seen: Callable[[str], Place]) -> Iterator[Concern]:
    if not DATASETS[recipe.data].is_own:
        return
    word, whole = _PLACES[recipe.data]
    ways = OTHER_IMAGES if recipe.data == FOLDER else _OTHER_FILES
    if not recipe.folder:
        yield Concern(f"Choose {whole}.", ways)
        return
    place = seen(recipe.folder)
    if place.state == "awaited":
        yield Concern(f"The {word} {recipe.folder} does not answer yet: its disk or its network is slow.", ways)
    elif place.state == "known" and not place.stamp:
        yield Concern(f"There is no {word} {recipe.folder}. Choose {whole}.", ways)


def _of_loss(recipe: Recipe, seen: Callable[[str], Place]) -> Iterator[Concern]:
    """Class weights that do not fit the classes, where those are known, and a teacher that is none."""
    classes = DATASETS[recipe.data].classes
    if recipe.matters("class_weight_list") and classes is not None:
        given = len([piece for piece in recipe.class_weight_list.replace(";", ",").split(",") if piece.strip()])
        if given != classes:
            sentence = f"The class weights by hand are {given:,}, and there must be {classes:,}, one for each class."
            yield Concern(sentence, (recipe_fix("Balance the classes", class_weights="balanced"),))
    if not recipe.teacher:
        return
    place, without = seen(recipe.teacher), recipe_fix("Learn without a teacher", teacher="")
    if place.state == "awaited":
        yield Concern(f"The teacher {recipe.teacher} does not answer yet: its disk or its network is slow.", (without,))
    elif place.state == "known" and not place.has_weights:
        sentence = f"The teacher is to be the folder of a run, and {recipe.teacher} has no weights of one."
        yield Concern(sentence, (without,))


def _of_augmentations(recipe: Recipe) -> Iterator[Concern]:
    """What may make an image one of another class."""
    given = recipe.augmentations
    for place, sentence in doubts(given, DATASETS[recipe.data]):
        others = given[:place] + given[place + 1 :]
        yield Concern(sentence, (recipe_fix("Take it out", augmentations=others),), blocks=False)


def _of_room(project: Project, analysis: Analysis, images: int | None, free: int) -> Iterator[Concern]:
    """What does not fit into memory: an obstacle where more than is free is needed, and a doubt somewhat before.

    The images are no obstacle: they may be in memory already, and whoever reads them says that there is no room.
    """
    recipe, graph = project.recipe, analysis.acting.graph
    takes = costs(analysis, recipe, images)
    if reason := lack_of_weights(analysis, free):
        yield Concern(reason, passes=True)
        return
    if takes is None or recipe.device == "cuda":
        return
    size = analysis.shape(graph.inputs[0].name)
    needed = takes.memory(recipe.batch_size)
    step = min(recipe.batch_size, takes.images or recipe.batch_size)  # no step takes more images than there are
    blocks = takes.memory(step) - takes.data > free and not may_be_elsewhere(recipe)
    has_room = room.is_there(takes.data, free)
    if not has_room and size is not None:
        natural = DATASETS[recipe.data].shape
        smaller = natural if natural is not None and natural.numel < size.numel else _halved(size)
        reading = memory(room.peak(takes.data))
        sentence = f"The images of {size} take {reading} of memory while they are read, and {memory(free)} are free."
        yield Concern(sentence, (_resized(graph, smaller),), blocks=False)
    standing = takes.weights + max(takes.gradients, takes.copies)
    if lacking := lack("Training", standing, free, ways(analysis, needs(analysis))):
        counted = f"That is for the weights, their gradients and copies and for what {recipe.optimizer} remembers."
        yield Concern(f"{lacking} {counted}", (), blocks, passes=True)
    elif needed > _SHARE * free and has_room:
        batch = takes.fitting(int(_SHARE * free))
        sentence = f"Steps of {recipe.batch_size:,} images take about {memory(needed)}, and {memory(free)} are free."
        if batch:
            yield Concern(sentence, (recipe_fix(f"Batch size {batch} fits", batch_size=batch),), blocks, passes=True)
        else:
            more = "Not even steps of one image fit: a smaller Input or fewer channels take less."
            yield Concern(f"{sentence} {more}", (_resized(graph, _halved(size)),), blocks, passes=True)


def recipe_fix(title: str, **values: object) -> ProjectFix:
    """Give fields of the recipe other values."""

    def apply(project: Project) -> Project:
        recipe = dataclasses.replace(project.recipe, **values)  # type: ignore[arg-type] # fields by their names
        return dataclasses.replace(project, recipe=recipe)

    return ProjectFix(title, apply)


OTHER_IMAGES = (
    ProjectFix("Choose a folder…", lambda project: project, asks="folder"),
    recipe_fix("Take the digits for now", data="digits"),
)
"""The ways out where there is nothing to learn from in the folder of images."""
_OTHER_FILES = ProjectFix("Choose a file…", lambda project: project, asks="file"), OTHER_IMAGES[1]
_PLACES = {
    FOLDER: ("folder", "the folder that your images are in"),
    TABLE: ("table", "the table that lists your images"),
    FILE: ("file", "the file that your images are in"),
}
"""What the recipe's folder is called, and as a whole, by its data."""


def _of_network(title: str, apply: Callable[[Graph], Graph]) -> ProjectFix:
    return ProjectFix(title, lambda project: project.with_graph(apply(project.graph)))


def _resized(graph: Graph, size: Shape | None) -> ProjectFix:
    """Give the first Input another size."""
    name, sizes = graph.inputs[0].name, tuple(size or (3, 32, 32))

    def apply(found: Graph) -> Graph:
        return found.replace(name, Input(sizes)) if name in found else found

    return _of_network(f"Make the Input {Shape(*sizes)}", apply)


def _colored(size: Shape) -> Shape:
    return Shape(3, *size[-2:]) if len(size) >= 2 else Shape(3, 32, 32)


def _halved(size: Shape | None) -> Shape | None:
    return Shape(size[0], *(max(1, side // 2) for side in size[1:])) if size is not None else None
