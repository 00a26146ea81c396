"""Backbone: a famous network as one block, cut before its head, to begin from what it has learned already.

It stands here and not among the other blocks because the networks are made of those.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

from cnnstudio.blocks import AdaptiveAvgPool2d, Conv2d, Dropout, FirstToken, Flatten, Input, Linear, TokenMap
from cnnstudio.graph import Composite, Graph, Node, Pen, Remedy, Shape, ShapeError, Sketch, block
from cnnstudio.zoo.carried_weights import carried
from cnnstudio.zoo.networks import NETWORKS
from cnnstudio.zoo.stages import HEAD, in_stages
from cnnstudio.zoo.template import Size

# of our networks, those that torchvision has not, so that nobody has weights for them
OURS = (
    "plain34", "preact_resnet18", "se_resnet50", "senet154", "pyramidnet110", "mobilenet_v1", "xception", "fractalnet",
)  # fmt: skip
MODELS = tuple(name for name in NETWORKS if name not in OURS)
HALVINGS = {"1/4": 2, "1/8": 3, "1/16": 4}

if TYPE_CHECKING:
    Model = str
else:
    Model = Literal[MODELS]


@block
class Backbone(Composite):
    """A famous network without its head, which has learned from a million photos what images are made of.

    What it sees in them, edges, textures and parts, is of use for almost any other images: put a head of your own
    behind it. The recipe says where its weights come from. As long as it is frozen only the head learns, which needs
    few images and little time.

    model: which network, as torchvision calls it
    cut: where it ends: "features" at its last maps, which are a ViT's tokens laid out again, "vector" just before its
        last layer, a fraction at its last maps of that share of the image's height and width
    frozen: leave its weights as they are while training
    """

    family: ClassVar[str] = "pretrained"
    keywords: ClassVar[str] = "pretrained transfer learning fine-tune frozen imagenet feature extractor torchvision"
    title: ClassVar[str] = "Pretrained backbone"

    model: Model = "resnet18"
    cut: Literal["features", "vector", "1/4", "1/8", "1/16"] = "features"
    frozen: bool = True

    @property
    def is_frozen(self) -> bool:
        return self.frozen

    @property
    def class_name(self) -> str:
        words = re.findall(r"\w+", NETWORKS[self.model].title.replace(".", "_"))
        return "".join(word[:1].upper() + word[1:] for word in words)

    def sketch(self, draw: Pen, *inputs: Shape) -> None:
        draw.copy(self.graph(*inputs))

    def graph(self, *inputs: Shape) -> Graph:
        (shape,) = inputs
        title = NETWORKS[self.model].title
        if not shape.is_map or shape.channels != 3:
            ways = (Remedy("Insert a 1×1 convolution to 3 channels", (Conv2d(3, 1),), 0),) if shape.is_map else ()
            raise ShapeError(f"{title} begins with an image in colour, 3 × height × width, not with {shape}.", *ways)
        graph = truncated(self.model, self.cut)
        if graph is None:
            raise ShapeError(
                f"{title} makes tokens of the image at once, so it has no maps of {self.cut} of its height.",
                Remedy("Cut it at its features", (replace(self, cut="features"),)),
            )
        if isinstance(graph.outputs[0].block, TokenMap) and shape[1] != shape[2]:
            patch = NETWORKS[self.model].size[1] // _shapes(graph)[graph.outputs[0].name][1]
            rows = replace(graph.outputs[0].block, height=max(1, shape[1] // patch))
            graph = graph.replace(graph.outputs[0].name, rows)
        return graph.replace(graph.inputs[0].name, Input(tuple(shape)))

    def brief(self) -> str:
        words = [self.model] + ([self.cut] if self.cut != "features" else []) + (["frozen"] if self.frozen else [])
        return " · ".join(words)


def transfer(classes: int = 10, size: Size = (3, 64, 64)) -> Graph:
    """A small frozen MobileNetV3 and a head for these classes, the only part of it that learns.

    It is a MobileNetV2 where a package brings the weights of that one, so that it trains without a connection.
    """
    draw = Sketch()
    model = "mobilenet_v2" if carried("mobilenet_v2") is not None else "mobilenet_v3_small"
    x = draw.chain(draw(Input(size)), Backbone(model), AdaptiveAvgPool2d(1), Flatten())
    draw(Linear(classes), x)
    return in_stages(draw.graph(), {"backbone1": "Backbone", "pool1": HEAD})


def whole(model: str) -> Graph:
    """The network with its head, for the images that it was made for and the thousand classes of ImageNet."""
    template = NETWORKS[model]
    return template.make(1000, template.size)


@lru_cache(maxsize=128)
def truncated(model: str, cut: str) -> Graph | None:
    """The network up to its cut, or None where it has no maps of that size.

    Every one of these networks is a chain of composites, so that each of its nodes is a place to cut.
    """
    graph = whole(model)
    shapes = _shapes(graph)
    kept = list(graph.order)
    while not isinstance(graph[kept.pop()].block, Linear | Conv2d):
        pass  # the layer that gives the scores and what is behind it are left out
    while isinstance(graph[kept[-1]].block, Dropout):
        kept.pop()
    if cut == "vector":
        made = graph.subgraph(kept)
        return made if len(shapes[kept[-1]]) == 1 else _pooled(made)
    if isinstance(graph[kept[-1]].block, FirstToken):
        return _laid_out_again(graph.subgraph(kept[:-1]), cut)
    pool = next((i for i, name in enumerate(kept) if isinstance(graph[name].block, AdaptiveAvgPool2d)), len(kept))
    maps = [name for name in kept[:pool] if shapes[name].is_map and not graph[name].is_input]
    if cut != "features":
        side, halvings = shapes[graph.inputs[0].name][1], HALVINGS[cut]
        # windows without padding leave a little less than half, so halvings are rounded
        maps = [name for name in maps if side / shapes[name][1] < 2 ** (halvings + 0.5)]
    return graph.subgraph(kept[: kept.index(maps[-1]) + 1]) if maps else None


def _laid_out_again(graph: Graph, cut: str) -> Graph | None:
    """A ViT's tokens as a map; None where they are not as many as the cut asks for."""
    end = graph.outputs[0]
    made = graph.add(Node("map", TokenMap(skip=1), (end.name,), (end.position[0] + 268.0, end.position[1])))
    shapes = _shapes(made)
    share = shapes[graph.inputs[0].name][1] / shapes["map"][1]
    return made if cut == "features" or share < 2 ** (HALVINGS[cut] + 0.5) else None


def _shapes(graph: Graph) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {}
    for name in graph.order:
        node = graph[name]
        shapes[name] = node.block.shape(*(shapes[source] for source in node.inputs if source is not None))
    return shapes


def _pooled(graph: Graph) -> Graph:
    """The graph with its last maps made one vector."""
    end = graph.outputs[0]
    (x, y), pool, flatten = end.position, graph.fresh("pool"), graph.fresh("flatten")
    return graph.add(
        Node(pool, AdaptiveAvgPool2d(1), (end.name,), (x + 268.0, y)), Node(flatten, Flatten(), (pool,), (x + 536.0, y))
    )
