"""The microscope against torch: settings drawn by chance, every number of what comes out; and how soon it repaints.

Promises: of each setting that the program allows torch gives the same numbers, to a few units in the last place of what
was added up, also where its matrix does it; each setting that torch refuses is refused with a sentence. A change of any
setting is on the screen within 16.7 ms. A number on the command line is how many settings to draw; "paint" measures the
panel instead. The tests draw a few hundred.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import get_args

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from cnnstudio.graph import pair
from cnnstudio.insight.calculation import Numbers
from cnnstudio.lessons.microscope import Microscope
from cnnstudio.lessons.microscope_setting import Operation, Setting

SETTINGS = 9_000  # of which more than 5,000 can be
CLOSE = 1e-12  # of the largest number that torch gives, in float64
FRAME = 16.7  # milliseconds


def drawn(count: int, seed: int = 0) -> Iterator[Microscope]:
    """So many microscopes, whatever they hold; those that cannot be are among them."""
    chance, numbers = random.Random(seed), np.random.default_rng(seed)
    operations = get_args(Operation)
    for turn in range(count):
        drawn_pair = lambda low, high: (  # noqa: E731 - one or two numbers
            chance.randint(low, high)
            if chance.random() < 0.6
            else (chance.randint(low, high), chance.randint(low, high))
        )
        groups = chance.choice((1, 1, 1, 2, 3))
        channels = [min(4, groups * chance.randint(1, 2)) for _ in range(2)]
        setting = Setting(
            operation=operations[turn % len(operations)],
            dimensions=chance.choice(("2-D", "2-D", "1-D")),
            kernel_size=drawn_pair(1, 5),
            stride=drawn_pair(1, 4),
            padding=drawn_pair(0, 3) if chance.random() < 0.9 else "same",
            padding_mode=chance.choice(("zeros", "reflect", "symmetric", "replicate", "circular", "valid")),
            dilation=drawn_pair(1, 3),
            output_padding=drawn_pair(0, 2),
            in_channels=channels[0],
            out_channels=channels[1],
            groups=groups,
            bias=chance.random() < 0.5,
            ceil_mode=chance.random() < 0.5,
            count_include_pad=chance.random() < 0.5,
            norm_type=chance.choice((1.0, 2.0, 3.0, 2.5)),
            height=chance.randint(1, 12),
            width=chance.randint(1, 12),
        )
        value = numbers.normal(size=tuple(setting.shape)) * chance.choice((0.1, 1, 10))
        if setting.operation == "LP pooling":
            value = np.abs(value)  # a root of negative sums is NaN in both
        weight = numbers.normal(size=setting.kernel_shape)
        yield Microscope(setting, value, weight, numbers.normal(size=setting.out_channels))


def by_torch(microscope: Microscope) -> Numbers:
    """What torch makes of the same numbers. Raises what torch raises."""
    setting = microscope.setting
    x = torch.from_numpy(microscope.value)[None]
    flat = setting.is_flat

    def both(value: object, unit: int) -> tuple[int, int]:
        down, across = value if isinstance(value, tuple) else (value, value)
        return (unit, int(across)) if flat else (int(down), int(across))  # type: ignore[call-overload]

    size, step, apart = both(setting.kernel_size, 1), both(setting.stride, 1), both(setting.dilation, 1)
    sides = both(setting.padding, 0) if setting.padding != "same" else (0, 0)
    match setting.operation:
        case "cross-correlation" | "convolution":
            found = _convolved(microscope, x, step, apart)
        case "transposed convolution":
            found = _transposed(microscope, x, step, sides, apart)
        case "max pooling":
            found = F.max_pool2d(x, size, step, sides, apart, setting.ceil_mode)
        case "average pooling":
            found = F.avg_pool2d(x, size, step, sides, setting.ceil_mode, setting.count_include_pad)
        case "LP pooling":
            found = F.lp_pool2d(x, setting.norm_type, size, step, setting.ceil_mode)
        case "global average pooling":
            found = F.adaptive_avg_pool2d(x, 1)
        case _:
            found = F.adaptive_max_pool2d(x, 1)
    made: Numbers = found[0].numpy()
    return made


def _convolved(microscope: Microscope, x: Tensor, step: tuple[int, int], apart: tuple[int, int]) -> Tensor:
    setting = microscope.setting
    weight = torch.from_numpy(np.ascontiguousarray(microscope.weight))
    if setting.operation == "convolution":
        weight = weight.flip(-1, -2)
    down, across = weight.shape[-2:]
    if setting.padding_mode == "valid":
        sides = [0, 0, 0, 0]
    elif setting.padding == "same":
        whole = [apart[0] * (down - 1), apart[1] * (across - 1)]
        sides = [whole[1] // 2, whole[1] - whole[1] // 2, whole[0] // 2, whole[0] - whole[0] // 2]
        if step != (1, 1):
            raise RuntimeError('padding "same" is not supported for strided convolutions')
    else:
        up, left = pair(setting.padding)
        up = 0 if setting.is_flat else up
        sides = [left, left, up, up]
    mode = {"zeros": "constant", "valid": "constant"}.get(setting.padding_mode, setting.padding_mode)
    if mode == "symmetric":  # which torch does not know
        left, right, top, bottom = sides
        if max(top, bottom) > x.shape[2] or max(left, right) > x.shape[3]:
            raise RuntimeError("more padding than there is to mirror")
        padded = np.pad(x[0].numpy(), ((0, 0), (top, bottom), (left, right)), mode="symmetric")
        x = torch.from_numpy(padded)[None]
    elif any(sides):
        x = F.pad(x, sides, mode)
    bias = torch.from_numpy(microscope.bias) if setting.bias else None
    return F.conv2d(x, weight, bias, step, 0, apart, setting.groups)


def _transposed(
    microscope: Microscope,
    x: Tensor,
    step: tuple[int, int],
    sides: tuple[int, int],
    apart: tuple[int, int],
) -> Tensor:
    """Torch keeps a transposed kernel as (maps that go in, maps of a group that come out, h, w)."""
    setting = microscope.setting
    down, across = pair(setting.output_padding)
    extra = (0 if setting.is_flat else down, across)
    groups, outs = setting.groups, setting.out_channels // setting.groups
    if setting.padding == "same":
        raise RuntimeError("no transposed convolution knows it")
    weight = torch.from_numpy(np.ascontiguousarray(microscope.weight))
    each = weight.reshape(groups, outs, *weight.shape[1:]).transpose(1, 2).reshape(-1, outs, *weight.shape[2:])
    bias = torch.from_numpy(microscope.bias) if setting.bias else None
    return F.conv_transpose2d(x, each, bias, step, sides, extra, groups, apart)


def difference(microscope: Microscope) -> float | str:
    """How far the program's numbers are from torch's, as a share of the largest; or in words what does not agree."""
    setting = microscope.setting
    try:
        wanted = by_torch(microscope)
    except (RuntimeError, ValueError):
        return 0.0 if microscope.refusal else "torch refuses it, the program does not"
    if setting.padding == "same" and setting.operation not in ("cross-correlation", "convolution"):
        return 0.0 if microscope.refusal or not setting.matters("padding") else "same is let pass"
    if microscope.refusal:
        return f"the program refuses it: {microscope.refusal}"
    if microscope.output.shape != wanted.shape:
        return f"{microscope.output.shape} and not {wanted.shape}"
    largest = max(1e-300, float(np.abs(microscope.value).max() * max(1.0, np.abs(microscope.weight).max())))
    with np.errstate(invalid="ignore"):  # of two that are infinite
        far = float(np.where(microscope.output == wanted, 0.0, np.abs(microscope.output - wanted)).max()) / largest
    for cell in {(0, 0, 0), tuple(length - 1 for length in wanted.shape)}:
        told = microscope.calculation(cell)  # type: ignore[arg-type]
        far = max(far, 0.0 if told.total == wanted[cell] else abs(told.total - float(wanted[cell])) / largest)
    return max(far, _by_matrix(microscope, wanted) / largest)


def _by_matrix(microscope: Microscope, wanted: Numbers) -> float:
    """How far the sum of the matrices times what goes in is from what comes out."""
    channel = len(wanted) - 1
    found = np.zeros(wanted[channel].size)
    for into in microscope.channels_of(channel):
        matrix = microscope.matrix(channel, into)
        if matrix is None:
            return 0.0
        found += matrix @ microscope.value[into].ravel()
    if microscope.setting.is_weighed and microscope.setting.bias:
        found += microscope.bias[channel]
    return float(np.abs(found - wanted[channel].ravel()).max())


def main(count: int) -> None:
    """Draw so many, and print how many agree."""
    wrong, refused, allowed, most = Counter[str](), 0, Counter[str](), 0.0
    for microscope in drawn(count):
        found = difference(microscope)
        if isinstance(found, str) or not found <= CLOSE:  # what is no number, too
            wrong[f"{found}: {microscope.setting.changed_values}"] += 1
            continue
        most = max(most, found)
        if microscope.refusal:
            refused += 1
        else:
            allowed[microscope.setting.operation] += 1
    for words, number in wrong.most_common(10):
        print(number, words)
    print(f"{sum(allowed.values()):,} settings give torch's numbers, {refused:,} are refused by both; {dict(allowed)}")
    print(f"largest difference {most:.1e} of the largest number; {sum(wrong.values())} of {count:,} disagree")
    if wrong:
        sys.exit(1)


def paint() -> None:
    """Change every setting in turn, and print how long this thread computes until the panel is painted."""
    import os

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from cnnstudio.lessons.photograph import photograph
    from cnnstudio.lessons.worked_examples import FILTERS
    from cnnstudio.ui.docking.panel_places import PANELS
    from cnnstudio.ui.document import Document
    from cnnstudio.ui.run import Run
    from cnnstudio.ui.theme import theme

    app = QApplication.instance() or QApplication([])
    theme.install("light")
    document = Document()
    place = next(each for each in PANELS if each.id == "microscope")
    panel = place.make(document, Run(document))
    changes = [
        ("kernel_size", 5), ("stride", 2), ("padding", 2), ("padding_mode", "reflect"), ("dilation", 2),
        ("kernel_size", 3), ("out_channels", 2), ("bias", True), ("operation", "convolution"), ("stride", 1),
        ("operation", "max pooling"), ("ceil_mode", True), ("operation", "average pooling"),
        ("operation", "transposed convolution"), ("operation", "cross-correlation"), ("kernel_size", 9),
    ]  # fmt: skip
    for size, source in (((1000, 210), "numbers"), ((1000, 210), "photograph"), ((1600, 1000), "photograph")):
        panel.resize(*size)
        panel.show()
        if source == "photograph":
            panel.use_source("Photograph")
            assert panel.microscope.value.shape == photograph().shape
        else:
            panel.show_example(0)
        app.processEvents()
        times: dict[str, list[float]] = {}
        for _ in range(5):
            for name, value in changes:
                start = time.process_time()
                panel._edit(name, value)
                app.processEvents()
                app.processEvents()  # what is laid out anew asks to be painted once more
                times.setdefault(f"{name} {value}", []).append((time.process_time() - start) * 1e3)
            for name in FILTERS:
                start = time.process_time()
                panel.use_filter(name)
                app.processEvents()
                app.processEvents()  # what is laid out anew asks to be painted once more
                times.setdefault("filter", []).append((time.process_time() - start) * 1e3)
        medians = {name: statistics.median(each) for name, each in times.items()}
        slowest = max(medians, key=lambda name: medians[name])
        late = sum(each > FRAME for each in medians.values())
        print(
            f"{source} in {size[0]} x {size[1]}: median {statistics.median(medians.values()):.1f} ms, slowest "
            f"{slowest} {medians[slowest]:.1f} ms; {late} of {len(medians)} later than {FRAME} ms"
        )
    panel.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["paint"]:
        paint()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else SETTINGS)
