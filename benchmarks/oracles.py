"""Every map against captum 0.9, pytorch-grad-cam 1.5.7 and zennit 0.5.1, and every field against torchlens 2.36.

``python benchmarks/oracles.py FOLDER``, where ``pip install --target FOLDER --no-deps`` has put captum, grad-cam,
ttach, tqdm, opencv-python-headless, scikit-learn, scipy, joblib, threadpoolctl, narwhals, matplotlib, pyparsing,
cycler, kiwisolver, python-dateutil, six, packaging, fonttools, contourpy, cloudpickle, zennit, torchlens and graphviz.
They are no part of this program. ``--only lrp`` and ``--only fields`` need zennit, or torchlens and graphviz, alone.

Each line tells of a method the greatest difference to the other's map, as a share of that map's greatest number, over
three fixed networks, their blocks and classes. Promise: none is above 0.0001. SmoothGrad is asked of pictures with the
same noise. The shares of Grad-CAM++ pass through a division by zero, beside which the millionth that pytorch-grad-cam
adds is much: of it the ranks of all places are compared instead, whose correlation must be above 0.99 everywhere, with
a score a thousand times as large in both.

LRP is compared on networks without Add, for which zennit has no rule unless it is a module. Of receptive fields size,
step and place are compared of every block with a module, of more networks; promise: all are the same.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnnstudio import zoo
from cnnstudio.blocks import AvgPool2d, BatchNorm2d, Conv2d, Flatten, Input, Linear, MaxPool2d, ReLU
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.receptive import receptive_fields
from cnnstudio.compiler.source import Source, source
from cnnstudio.graph import Block, Graph, Sketch
from cnnstudio.insight.attribution.faithfulness import rank_correlation
from cnnstudio.insight.attribution.lrp import ALPHA, BETA, EPSILON
from cnnstudio.insight.attribution.methods import METHODS
from cnnstudio.insight.attribution.question import Question
from cnnstudio.training.build import build
from cnnstudio.training.torchvision_compat import torchvision
from cnnstudio.zoo.resnet import resnet

SIZE = (3, 20, 20)


def _sequence(*blocks: Block) -> Graph:
    """These blocks one after the other, and a head, for colour pictures."""
    draw = Sketch()
    draw.chain(draw(Input(SIZE)), *blocks, Flatten(), Linear(10))
    return draw.graph()


NETWORKS = {
    "LeNet-5": (zoo.lenet5(10, (1, 28, 28)), (1, 28, 28)),
    "small VGG": (zoo.vgg_small(10, (3, 32, 32)), (3, 32, 32)),
    "small ResNet": (zoo.small_resnet(10, (3, 32, 32)), (3, 32, 32)),
}
SEQUENCES = {
    "plain": (_sequence(Conv2d(6, padding=1), ReLU(), MaxPool2d(2), Conv2d(8, 3), ReLU()), SIZE),
    "with BatchNorm and means": (
        _sequence(
            Conv2d(6, padding=1), BatchNorm2d(), ReLU(), AvgPool2d(2), Conv2d(8, 3, bias=False), BatchNorm2d(), ReLU()
        ),
        SIZE,
    ),
    "strided and grouped": (_sequence(Conv2d(8, 5, 2, 2), ReLU(), Conv2d(8, 3, padding=1, groups=4), ReLU()), SIZE),
}
FIELDS = NETWORKS | {
    "ResNet-18": (resnet(18, 10, (3, 224, 224)), (3, 224, 224)),
    **{f"sequence, {name}": each for name, each in SEQUENCES.items()},
}
CAMS = {"grad-cam": "GradCAM", "grad-cam++": "GradCAMPlusPlus", "hires-cam": "HiResCAM", "layer-cam": "LayerCAM"}
MOST, ALIKE, LARGER = 1e-4, 0.99, 1000.0
BLOCKS = 4  # about so many of each network


def lived(module: nn.Module, size: tuple[int, ...]) -> nn.Module:
    """The network with running means as if it had seen pictures: fresh ones would leave its numbers to grow."""
    module.train()
    with torch.no_grad():
        for seed in range(20):
            module(torch.randn(16, *size, generator=torch.Generator().manual_seed(seed)))
    return module.eval()


def marks(key: str, question: Question) -> NDArray[np.float32]:
    """The map that this program makes."""
    method = next(each for each in METHODS if each.key == key)
    found: NDArray[np.float32] = method.mark(question, lambda *_: True).values.numpy()
    return found


def difference(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    """The greatest difference as a share of the other's greatest number."""
    return float(np.abs(ours - theirs).max() / max(1e-12, np.abs(theirs).max()))


def cams(module: nn.Module, text: Source, x: Tensor, target: int) -> dict[str, float]:
    """Each class activation map at some blocks that give maps of more than one place."""
    import pytorch_grad_cam
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    from cnnstudio.insight.cut import cut

    worst: dict[str, float] = defaultdict(float)
    values = {name: cut(module, text, name, x).value for name in text.paths}
    places = [name for name, value in values.items() if value.ndim == 4 and value.shape[-1] > 1]
    last = module.get_submodule(text.paths[[step.node for step in text.steps if step.node in text.paths][-1]])
    for node in dict.fromkeys((*places[:: max(1, len(places) // BLOCKS)], places[-1])):
        for key, name in CAMS.items():
            larger = LARGER if key == "grad-cam++" else 1.0
            with torch.no_grad():
                for parameter in last.parameters():
                    parameter.mul_(larger)
            ours = marks(key, Question(module, text, x, target, node))
            asked = getattr(pytorch_grad_cam, name)(module, [module.get_submodule(text.paths[node])])
            asked.activations_and_grads(x)[0, target].backward()
            kept = asked.activations_and_grads
            values, slopes = kept.activations[0].numpy(), kept.gradients[0].numpy()
            given = asked.get_cam_image(x, None, [ClassifierOutputTarget(target)], values, slopes, eigen_smooth=False)
            kept.release()
            module.zero_grad()
            with torch.no_grad():
                for parameter in last.parameters():
                    parameter.div_(larger)
            theirs = np.maximum(given[0], 0)
            if key == "grad-cam++":
                alike = rank_correlation(ours, theirs)
                worst[key] = max(worst[key], 0.0 if alike is None else 1 - alike)
            elif theirs.max() > 0 or ours.max() > 0:
                worst[key] = max(worst[key], difference(ours, theirs))
    return worst


def of_pixels(module: nn.Module, text: Source, x: Tensor, target: int) -> dict[str, float]:
    """What captum makes of each pixel."""
    from captum.attr import GuidedBackprop, IntegratedGradients, Occlusion, Saliency

    from cnnstudio.insight.attribution.gradients import NOISE, SAMPLES, STEPS
    from cnnstudio.insight.attribution.occlusion import losses

    question = Question(module, text, x, target)
    found: dict[str, float] = {}
    steepest = Saliency(module).attribute(x.clone().requires_grad_(), target)
    found["gradient"] = difference(marks("gradient", question), steepest[0].amax(0).detach().numpy())
    guided = GuidedBackprop(module).attribute(x.clone().requires_grad_(), target)
    ours = marks("guided-backpropagation", question)
    found["guided-backpropagation"] = difference(ours, guided[0].abs().amax(0).detach().numpy())
    way = IntegratedGradients(module).attribute(x, target=target, n_steps=STEPS, method="riemann_middle")
    ours = marks("integrated-gradients", question)
    found["integrated-gradients"] = difference(ours, way[0].sum(0).detach().numpy())
    side, step = x.shape[-1] // 4, x.shape[-1] // 8
    given = Occlusion(module).attribute(
        x, (x.shape[1], side, side), (x.shape[1], step, step), target=target, perturbations_per_eval=8
    )[0, 0]
    starts = range(0, x.shape[-1] - side + 1, step)
    windows = [(top, left, side, side) for top in starts for left in starts]
    total, count = np.zeros(given.shape), np.zeros(given.shape)
    for (top, left, high, wide), loss in zip(windows, losses(question, windows, lambda *_: True).tolist(), strict=True):
        total[top : top + high, left : left + wide] += loss
        count[top : top + high, left : left + wide] += 1
    found["occlusion"] = difference((total / count).astype(np.float32), given.numpy())
    random = torch.Generator().manual_seed(0)
    noise = torch.stack([torch.randn(x.shape[1:], generator=random) for _ in range(SAMPLES)])
    noisy = x + NOISE * float(x.max() - x.min()) * noise
    slopes = Saliency(module).attribute(noisy.requires_grad_(), target, abs=False).mean(0)
    found["smooth-grad"] = difference(marks("smooth-grad", question), slopes.abs().amax(0).detach().numpy())
    return found


def lrp(module: nn.Module, text: Source, x: Tensor, target: int) -> dict[str, float]:
    """What zennit hands back with the same rules: epsilon in all that is linear, or alpha-beta in convolutions."""
    from zennit.composites import LayerMapComposite
    from zennit.rules import AlphaBeta, Epsilon, Norm, Pass
    from zennit.types import Activation, AvgPool, BatchNorm, Convolution, Linear

    found: dict[str, float] = {}
    for key, rules in (
        ("lrp-epsilon", [(Convolution, Epsilon(EPSILON)), (BatchNorm, Epsilon(EPSILON))]),
        ("lrp-alpha-beta", [(Convolution, AlphaBeta(ALPHA, BETA, EPSILON)), (BatchNorm, Pass())]),
    ):
        shared = [(Activation, Pass()), (AvgPool, Norm(EPSILON)), (Linear, Epsilon(EPSILON))]
        leaf = x.clone().requires_grad_()
        with LayerMapComposite([*rules, *shared]).context(module) as changed:
            score = changed(leaf)[0, target]
            (relevance,) = torch.autograd.grad(score, leaf, score.detach())
        found[key] = difference(marks(key, Question(module, text, x, target)), relevance[0].sum(0).numpy())
    return found


def fields(graph: Graph, size: tuple[int, ...]) -> tuple[int, list[str]]:
    """How many fields torchlens and this program both tell exactly, and those of which they say something else."""
    import torchlens

    text, ours = source(graph), receptive_fields(infer(graph))
    module = build(text.text, text.class_name, 0).eval()
    told = torchlens.trace(module, torch.randn(1, *size)).modules
    same, others = 0, list[str]()
    for node, path in text.paths.items():
        mine = ours.get(node)
        (theirs,) = told[path].receptive_field.per_input.values()
        axes = [axis for axis in theirs.axes or () if axis.input_axis > 1]
        if mine is None or mine.status != "exact" or any(axis.kind != "windowed" or not axis.exact for axis in axes):
            continue
        both = [
            (
                (axis.size, axis.jump, axis.center0),
                (mine.size[at], mine.stride[at], mine.offset[at] + (mine.size[at] - 1) / 2),
            )
            for at, axis in enumerate(axes)
        ]
        same += all(one == other for one, other in both)
        others += [f"{node}: torchlens {one}, we {other}" for one, other in both if one != other]
    return same, others


def compare_lrp() -> dict[str, float]:
    """The greatest differences of LRP."""
    worst: dict[str, float] = defaultdict(float)
    for graph, size in SEQUENCES.values():
        text = source(graph)
        module = lived(build(text.text, text.class_name, 11), size)
        x = torch.randn(1, *size, generator=torch.Generator().manual_seed(4))
        for target in (0, 7):
            for key, value in lrp(module, text, x, target).items():
                worst[key] = max(worst[key], value)
    return worst


def compare_fields() -> bool:
    """Print how many fields are the same in each network, and which are not; whether all are."""
    is_same = True
    for name, make in FIELDS.items():
        same, others = fields(*make)
        print(f"{name:24} {same} receptive fields are those of torchlens")
        print("\n".join(others), end="\n" * bool(others))
        is_same &= bool(same) and not others
    return is_same


def main() -> int:
    """Print each method's greatest difference; 1 where one is above the promise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=("lrp", "fields"))
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    sys.path += [str(folder), *(str(each) for each in folder.glob("grad_cam-*"))]
    torchvision()  # pytorch-grad-cam imports it, which fails beside a torch that it was not built for
    warnings.simplefilter("ignore")  # of what the others say about torch
    if asked.only == "fields":
        return 0 if compare_fields() else 1
    handed = compare_lrp()
    for key, value in handed.items():
        print(f"{key:24} differs by {value:.1e} at most")
    if asked.only == "lrp":
        return 0 if max(handed.values()) <= MOST else 1
    worst: dict[str, float] = defaultdict(float)
    for name, (graph, size) in NETWORKS.items():
        text = source(graph)
        module = lived(build(text.text, text.class_name, 11), size)
        x = torch.randn(1, *size, generator=torch.Generator().manual_seed(4))
        for target in (0, 7):
            found = cams(module, text, x, target) | of_pixels(module, text, x, target)
            for key, value in found.items():
                worst[key] = max(worst[key], value)
        print(f"{name}: compared", flush=True)
    unlike = worst.pop("grad-cam++")
    for key, value in worst.items():
        print(f"{key:24} differs by {value:.1e} at most")
    print(f"{'grad-cam++':24} rank correlation {1 - unlike:.4f} at least")
    is_kept = max(*worst.values(), *handed.values()) <= MOST and 1 - unlike >= ALIKE
    # last: from its first trace on torchlens has put functions of its own in the place of torch's, for good
    return 0 if compare_fields() and is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
