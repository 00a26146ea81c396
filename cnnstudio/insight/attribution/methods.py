"""Methods: each way to ask why, declared once; what stands in a list, in the help and in a report follows.

Knows no torch: what computes is imported when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.blocks import Conv2d
from cnnstudio.compiler.inference import Analysis
from cnnstudio.graph import Composite, Shape
from cnnstudio.worker import Report

if TYPE_CHECKING:
    from cnnstudio.insight.attribution.question import Marks, Question


@dataclass(frozen=True)
class Method:
    """A way to mark what counts: ``sentence`` says what it does, ``paper`` where it is from.

    ``at_node`` says whether it looks at one node, ``is_signed`` whether it also tells what counts against the class,
    and ``passes`` how many times about it goes through the network, forward and back.
    """

    key: str
    title: str
    sentence: str
    paper: str
    mark: Callable[[Question, Report], Marks]
    at_node: bool = False
    is_signed: bool = False
    passes: int = 1

    @property
    def takes_long(self) -> bool:
        """Whether it is too much to be done between two steps of a run."""
        return self.passes > 4


def _grad_cam(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.cam import grad_cam

    return grad_cam(question, report)


def _grad_cam_plus_plus(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.cam import grad_cam_plus_plus

    return grad_cam_plus_plus(question, report)


def _hires_cam(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.cam import hires_cam

    return hires_cam(question, report)


def _layer_cam(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.cam import layer_cam

    return layer_cam(question, report)


def _occlusion(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.occlusion import occlusion

    return occlusion(question, report)


def _lrp_epsilon(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.lrp import lrp_epsilon

    return lrp_epsilon(question, report)


def _lrp_alpha_beta(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.lrp import lrp_alpha_beta

    return lrp_alpha_beta(question, report)


def _integrated_gradients(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.gradients import integrated_gradients

    return integrated_gradients(question, report)


def _smooth_grad(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.gradients import smooth_grad

    return smooth_grad(question, report)


def _guided_backpropagation(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.gradients import guided_backpropagation

    return guided_backpropagation(question, report)


def _gradient(question: Question, report: Report) -> Marks:
    from cnnstudio.insight.attribution.gradients import gradient

    return gradient(question, report)


METHODS = (
    Method(
        "grad-cam",
        "Grad-CAM",
        "Adds up the maps of a block, each weighed by how much the class's score grows with it on average.",
        "Selvaraju et al. 2017, arxiv.org/abs/1610.02391",
        _grad_cam,
        at_node=True,
    ),
    Method(
        "grad-cam++",
        "Grad-CAM++",
        "Grad-CAM that weighs each place, so that several things of one class are all marked.",
        "Chattopadhay et al. 2018, arxiv.org/abs/1710.11063",
        _grad_cam_plus_plus,
        at_node=True,
    ),
    Method(
        "hires-cam",
        "HiResCAM",
        "Adds up each number of the maps times its own gradient: it marks only places that the score rests on.",
        "Draelos and Carin 2020, arxiv.org/abs/2011.08891",
        _hires_cam,
        at_node=True,
    ),
    Method(
        "layer-cam",
        "Layer-CAM",
        "Adds up each number of the maps times its gradient above zero: also for early blocks, which see finely.",
        "Jiang et al. 2021, doi.org/10.1109/TIP.2021.3089943",
        _layer_cam,
        at_node=True,
    ),
    Method(
        "occlusion",
        "Occlusion",
        "Covers one window of the picture after the other and marks how much the score falls.",
        "Zeiler and Fergus 2014, arxiv.org/abs/1311.2901",
        _occlusion,
        is_signed=True,
        passes=400,
    ),
    Method(
        "integrated-gradients",
        "Integrated gradients",
        "Adds up the gradient on the way from the mean colour to the picture: the marks share out the score's rise.",
        "Sundararajan et al. 2017, arxiv.org/abs/1703.01365",
        _integrated_gradients,
        is_signed=True,
        passes=64,
    ),
    Method(
        "lrp-epsilon",
        "LRP, epsilon rule",
        "Hands the score back from layer to layer: each number gets its share in what it was added to.",
        "Bach et al. 2015, doi.org/10.1371/journal.pone.0130140",
        _lrp_epsilon,
        is_signed=True,
    ),
    Method(
        "lrp-alpha-beta",
        "LRP, alpha-beta rule",
        "As with epsilon, but in convolutions twice what adds to a number less once what takes from it.",
        "Bach et al. 2015, doi.org/10.1371/journal.pone.0130140",
        _lrp_alpha_beta,
        is_signed=True,
    ),
    Method(
        "smooth-grad",
        "SmoothGrad",
        "The mean gradient of the picture with a little noise, drawn 32 times.",
        "Smilkov et al. 2017, arxiv.org/abs/1706.03825",
        _smooth_grad,
        passes=32,
    ),
    Method(
        "guided-backpropagation",
        "Guided backpropagation",
        "The gradient of which each ReLU lets only pass what is above zero: sharp, but much the same for any class.",
        "Springenberg et al. 2015, arxiv.org/abs/1412.6806",
        _guided_backpropagation,
    ),
    Method(
        "gradient",
        "Gradient",
        "How much the score changes with each pixel, up or down.",
        "Simonyan et al. 2014, arxiv.org/abs/1312.6034",
        _gradient,
    ),
)


def place_to_look(analysis: Analysis, wanted: str | None) -> str | None:
    """The node that a method looks at: the one that is ``wanted`` where it gives maps, or the last convolution.

    That is the last block that is a convolution, or is made of blocks, and gives maps of more than one place; without
    any, the last that gives such maps at all. None where none does.
    """
    graph = analysis.graph.acting
    having = [name for name in graph.order if (shape := analysis.shape(name)) is not None and has_places(shape)]
    if wanted in having:
        return wanted
    blocks = [name for name in having if isinstance(graph[name].block, Conv2d | Composite)]
    return blocks[-1] if blocks else having[-1] if having else None


def has_places(shape: Shape) -> bool:
    """Whether what has this shape has numbers for more than one place of the picture."""
    return len(shape) == 2 or (shape.is_map and max(shape.spatial) > 1)
