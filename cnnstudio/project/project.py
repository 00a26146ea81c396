"""Project: a graph, a recipe, corrections of its images and bookmarks, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cnnstudio.blocks.group import followed
from cnnstudio.graph import Graph, Position
from cnnstudio.graph.node import OUT_OF_BOUNDS, is_near
from cnnstudio.project.corrections import MOST_CORRECTIONS, Correction
from cnnstudio.project.datasets import DATASETS, FOLDER
from cnnstudio.project.recipe import LONGEST_PATH, Recipe
from cnnstudio.zoo import NETWORKS, TEMPLATES

LONGEST = 60  # letters of the name of a bookmark
MOST_BOOKMARKS = 9  # a key each
DEEPEST = 20  # groups in groups
MOST_EPOCHS = 10_000_000
ZOOMS = (0.01, 10.0)


class ProjectError(ValueError):
    """A project that cannot be, be read or be written; the message is a sentence that names the place."""


@dataclass(frozen=True)
class Bookmark:
    """A part of the network to come back to.

    ``scope`` is the path of the composites entered, ``center`` what lies in the middle, in scene pixels, and ``zoom``
    how large. Raises ``ProjectError`` for a name or a place that is none.
    """

    name: str
    scope: tuple[str, ...] = ()
    center: Position = (0.0, 0.0)
    zoom: float = 1.0

    def __post_init__(self) -> None:
        name = self.name.strip()
        if not name or len(name) > LONGEST or not name.isprintable():
            raise ProjectError(f"The name of a bookmark is one line of up to {LONGEST} letters that can be read.")
        if len(self.scope) > DEEPEST:
            raise ProjectError(f"Groups may stand in groups {DEEPEST} deep.")
        if not is_near(self.center):
            raise ProjectError(f"The bookmark {name} is nowhere: {OUT_OF_BOUNDS}.")
        if not ZOOMS[0] <= self.zoom <= ZOOMS[1]:
            raise ProjectError(f"The zoom of the bookmark {name} must be from {ZOOMS[0]} to {ZOOMS[1]:g}.")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "center", (float(self.center[0]), float(self.center[1])))
        object.__setattr__(self, "zoom", float(self.zoom))


@dataclass(frozen=True)
class RunReference:
    """The run that a project has its weights from.

    ``folder`` is its name among the person's runs, or a path; ``epoch``, from 1, is that of its best weights, 0 where
    that is not known. Raises ``ProjectError`` for a folder that is none.
    """

    folder: str
    epoch: int = 0

    def __post_init__(self) -> None:
        if not self.folder.strip() or len(self.folder) > LONGEST_PATH or not self.folder.isprintable():
            raise ProjectError(f"The folder of a run is a path of up to {LONGEST_PATH:,} letters that can be read.")
        if not 0 <= self.epoch <= MOST_EPOCHS:
            raise ProjectError(f"The epoch of a run must be from 0 to {MOST_EPOCHS:,}.")


@dataclass(frozen=True)
class Project:
    """What a person works on: the network, how it is trained, where in it to come back to, and what it has learned.

    ``corrections`` are what the person says of single pictures. A value; the file's name is not part of it. Raises
    ``ProjectError`` for too many bookmarks or corrections.
    """

    graph: Graph = field(default_factory=Graph)
    recipe: Recipe = field(default_factory=Recipe)
    bookmarks: tuple[Bookmark, ...] = ()
    run: RunReference | None = None
    corrections: tuple[Correction, ...] = ()

    def __post_init__(self) -> None:
        if len(self.bookmarks) > MOST_BOOKMARKS:
            raise ProjectError(f"There are {MOST_BOOKMARKS} bookmarks at most, not {len(self.bookmarks):,}.")
        if len(self.corrections) > MOST_CORRECTIONS:
            raise ProjectError(
                f"There are {MOST_CORRECTIONS:,} corrections of images at most, not {len(self.corrections):,}."
            )

    def with_graph(self, graph: Graph) -> Project:
        """With this network, and with bookmarks that lead into its blocks under the names that they have there."""
        marks = (
            replace(mark, scope=followed(mark.scope, self.graph, graph)) if mark.scope else mark
            for mark in self.bookmarks
        )
        return replace(self, graph=graph, bookmarks=tuple(marks))


_RECIPES = {
    "lenet5": Recipe(),
    # with Adam the dense head of the small VGG stays at chance
    "vgg-small": Recipe(
        data="shapes", epochs=8, optimizer="SGD", learning_rate=0.02, schedule="one-cycle", weight_decay=5e-4
    ),
    "small-resnet": Recipe(
        data="shapes", epochs=4, optimizer="AdamW", learning_rate=0.001, schedule="one-cycle", weight_decay=0.01
    ),
    # the rate is for the head; a backbone that is unfrozen later learns at a tenth of it
    "transfer": Recipe(
        data="shapes", epochs=6, optimizer="AdamW", learning_rate=0.005, weights="torchvision", backbone_rate=0.1
    ),
}


def from_template(key: str, small: bool = False, classes: int | None = None) -> Project:
    """A new project: a network of ``zoo.TEMPLATES`` or ``zoo.NETWORKS`` and a recipe that suits it.

    ``small`` takes the variant for images of 32 × 32. The classes are those of the recipe's data, or so many: where the
    data has others, the images come from a folder.
    """
    template = TEMPLATES[key] if key in TEMPLATES else NETWORKS[key]
    template = template.small if small else template
    recipe = _RECIPES.get(key) or Recipe(data=template.data)
    if classes is not None and DATASETS[recipe.data].classes not in (None, classes):
        recipe = replace(recipe, data=FOLDER)
    return Project(template.make(classes or template.classes, template.size), recipe)
