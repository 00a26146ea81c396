"""What an explanation costs beside what it is made of, and occlusion beside one window at a time; in one process.

Promises: Grad-CAM takes at most 1.2 times a forward and backward pass of the same picture. Occlusion of LeNet-5 with
20 × 20 windows is at least 5 times faster than one window at a time, each a call of the network as captum's
``perturbations_per_eval=1`` makes it. Of ResNet-18 at 224 no promise is made on a CPU: one picture fills it already,
and the arithmetic is the same for many at once. Nor would it help enough to compute only what a window changes: the
share of the multiplications that it reaches is printed, layer by layer with the least rectangle round what changes,
and 1 divided by that is the most that could be won.

For a busy computer: ``--windows 4`` covers every sixteenth window alone, and ``--busy`` computes on one thread and
takes the processor's time in place of the clock's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnnstudio import zoo
from cnnstudio.compiler.source import Source, source
from cnnstudio.insight.attribution.cam import grad_cam
from cnnstudio.insight.attribution.occlusion import losses, places
from cnnstudio.insight.attribution.question import Question
from cnnstudio.training.build import build
from cnnstudio.training.device import prepare_thread

NETWORKS = {
    "LeNet-5 at 28": (lambda: zoo.lenet5(10, (1, 28, 28)), (1, 28, 28), "conv2"),
    "ResNet-18 at 224": (lambda: zoo.NETWORKS["resnet18"].make(1000, (3, 224, 224)), (3, 224, 224), None),
}


def alternately(works: list[Callable[[], object]], turns: int, clock: Callable[[], float]) -> list[float]:
    """The least seconds of each, measured in turns, so that what else the computer does meets all of them."""
    least = [float("inf")] * len(works)
    for _ in range(turns):
        for number, work in enumerate(works):
            begun = clock()
            work()
            least[number] = min(least[number], clock() - begun)
    return least


def one_at_a_time(module: nn.Module, x: Tensor, windows: list[tuple[int, int, int, int]], target: int) -> list[float]:
    """The score with each window covered, a call of the network for each."""
    found = []
    with torch.no_grad():
        for top, left, height, width in windows:
            hidden = x.clone()
            hidden[..., top : top + height, left : left + width] = 0
            found.append(float(module(hidden)[0, target]))
    return found


def reached(module: nn.Module, x: Tensor, windows: list[tuple[int, int, int, int]]) -> float:
    """The share of the multiplications whose result a window can change, as a mean over these windows."""
    outputs: dict[nn.Module, Tensor] = {}
    parts = [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
    handles = [part.register_forward_hook(lambda part, _, made: outputs.__setitem__(part, made)) for part in parts]
    needed = total = 0.0
    with torch.no_grad():
        module(x)
        bare = dict(outputs)
        for top, left, height, width in windows:
            hidden = x.clone()
            hidden[..., top : top + height, left : left + width] = 0
            module(hidden)
            for part, made in outputs.items():
                work = made.numel() * part.weight[0].numel()  # type: ignore[operator, index]
                total += work
                changed = (made != bare[part]).reshape(made.shape[1], *(made.shape[2:] or (1, 1))).any(0)
                rows, columns = (torch.nonzero(changed.any(side)).ravel() for side in (1, 0))
                if len(rows):
                    cells = int(rows[-1] - rows[0] + 1) * int(columns[-1] - columns[0] + 1)
                    needed += work * cells / changed.numel()
    for handle in handles:
        handle.remove()
    return needed / total


def last_map(text: Source, question: Question) -> str:
    """The last node of a network that gives maps of more than one place."""
    from cnnstudio.insight.cut import cut

    for step in reversed(text.steps):
        value = cut(question.module, text, step.node, question.x).value
        if value.ndim == 4 and value.shape[-1] > 1:
            return step.node
    raise SystemExit("no maps")


def main() -> None:
    """Print the times and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--windows", type=int, default=1)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--occlusion-turns", type=int, default=1)
    parser.add_argument("--busy", action="store_true")
    given = parser.parse_args()
    prepare_thread()
    clock = time.process_time if given.busy else time.perf_counter
    if given.busy:
        torch.set_num_threads(1)
    print(f"{torch.get_num_threads()} threads, the least of {given.turns} turns")
    for name, (make, size, node) in NETWORKS.items():
        text = source(make())
        module = build(text.text, text.class_name, 0).eval()
        x = torch.randn(1, *size, generator=torch.Generator().manual_seed(0))
        question = Question(module, text, x, 3, "", 32)
        at = Question(module, text, x, 3, node or last_map(text, question), 32)

        def pass_and_back(module: nn.Module = module, x: Tensor = x) -> None:
            leaf = x.clone().requires_grad_()
            torch.autograd.grad(module(leaf)[0, 3], leaf)

        both, cam = alternately([pass_and_back, lambda at=at: grad_cam(at, lambda *_: True)], given.turns, clock)
        print(f"{name}: forward and back {1000 * both:.1f} ms, Grad-CAM {1000 * cam:.1f} ms, {cam / both:.2f} times")
        windows = places(*size[1:])[:: given.windows**2]
        single, batched = alternately(
            [
                lambda module=module, x=x, windows=windows: one_at_a_time(module, x, windows, 3),
                lambda question=question, windows=windows: losses(question, windows, lambda *_: True),
            ],
            given.occlusion_turns,
            clock,
        )
        print(
            f"{name}: {len(windows)} windows one at a time {single:.2f} s, occlusion {batched:.2f} s: "
            f"{single / batched:.1f} times faster"
        )
        share = reached(module, x, places(*size[1:])[::41])
        print(
            f"{name}: a window reaches {share:.0%} of the multiplications: at most {1 / share:.1f} times could be won"
        )


if __name__ == "__main__":
    main()
