"""Window: the formula against PyTorch over every small case, ceil_mode and transposed convolution included."""

from itertools import product

import torch
from torch import nn

from cnnstudio.graph import Window


def window(kernel: int, stride: int, padding: int, dilation: int = 1, **more: object) -> Window:
    edges = (padding, padding), (padding, padding)
    return Window((kernel, kernel), (stride, stride), edges, (dilation, dilation), **more)  # type: ignore[arg-type]


def torch_size(module: nn.Module, size: int) -> int:
    try:
        with torch.no_grad():
            return int(module(torch.zeros(1, 1, size, size)).shape[-1])
    except RuntimeError:
        return 0


def test_convolution() -> None:
    for size, kernel, stride, padding, dilation in product((1, 4, 7), (1, 2, 3, 5), (1, 2, 3), (0, 1, 3), (1, 2)):
        expected = torch_size(nn.Conv2d(1, 1, kernel, stride, padding, dilation), size)
        found = window(kernel, stride, padding, dilation).size(size, size)[1]
        assert max(found, 0) == expected, (size, kernel, stride, padding, dilation)


def test_pooling_with_and_without_ceil_mode() -> None:
    for size, kernel, stride, ceil_mode in product(range(1, 12), (1, 2, 3, 5), (1, 2, 3, 4), (False, True)):
        for padding in range(kernel // 2 + 1):
            for dilation in (1, 2, 3):
                module = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=ceil_mode)
                found = window(kernel, stride, padding, dilation, ceil_mode=ceil_mode).size(size, size)[0]
                assert max(found, 0) == torch_size(module, size), (size, module)


def test_transposed_convolution() -> None:
    for size, kernel, stride, padding, extra in product((1, 4, 7), (1, 2, 3, 5), (1, 2, 3), (0, 1, 2), (0, 1)):
        if extra >= stride:
            continue
        module = nn.ConvTranspose2d(1, 1, kernel, stride, padding, extra)
        made = window(kernel, stride, padding, transposed=True, output_padding=(extra, extra))
        assert max(made.size(size, size)[0], 0) == torch_size(module, size), (size, module)


def test_rows_and_columns_go_their_own_ways() -> None:
    made = Window((1, 7), (1, 2), ((0, 0), (3, 2)), (1, 1))
    assert made.size(5, 20) == (5, 10)
    assert Window((3, 2), dilation=(2, 4)).extent == (5, 5)
