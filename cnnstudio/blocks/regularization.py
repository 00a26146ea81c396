"""Regularization: make it harder to learn the training images by heart."""

from __future__ import annotations

from typing import ClassVar

from cnnstudio.blocks.phrases import require_map
from cnnstudio.graph import Block, Remedy, Saved, Shape, block
from cnnstudio.graph.parameter import Rate

_STOCHASTIC_DEPTH = '''
class StochasticDepth(nn.Module):
    """Leave out the whole branch for a random share of the samples while training, and scale up the rest."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand([x.shape[0]] + [1] * (x.dim() - 1), device=x.device) >= self.p
        return x * kept / max(1 - self.p, 1e-6)
'''.strip()


@block
class Dropout(Block):
    """While training, set a random share of the numbers to zero and scale up the rest; do nothing in evaluation.

    No unit can then rely on another being there. Srivastava et al. 2014.

    p: share of the numbers that are set to zero
    """

    keywords: ClassVar[str] = "regularisation overfitting"
    is_idle: ClassVar[bool] = True
    is_pointwise: ClassVar[bool] = True

    p: Rate = 0.5

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def saved(self, *inputs: Shape) -> Saved:
        return Saved("nothing", besides=inputs[0].bytes)  # what each number was multiplied by

    def init(self, *inputs: Shape) -> str:
        return f"nn.Dropout({self.p!r})"

    def brief(self) -> str:
        return f"p {self.p:g}"


@block
class Dropout2d(Block):
    """While training, set a random share of the feature maps to zero as a whole; do nothing in evaluation.

    Neighbouring pixels say much the same, so dropping single pixels would hide little.

    p: share of the feature maps that are set to zero
    """

    keywords: ClassVar[str] = "regularisation overfitting spatial channel"
    stem: ClassVar[str] = "dropout"
    is_idle: ClassVar[bool] = True
    is_pointwise: ClassVar[bool] = True

    p: Rate = 0.5

    def shape(self, *inputs: Shape) -> Shape:
        require_map(self, inputs[0], Remedy("Use Dropout", (Dropout(self.p),)))
        return inputs[0]

    def saved(self, *inputs: Shape) -> Saved:
        return Saved("nothing", besides=Shape(inputs[0].channels).bytes)  # what each map was multiplied by

    def init(self, *inputs: Shape) -> str:
        return f"nn.Dropout2d({self.p!r})"

    def brief(self) -> str:
        return f"p {self.p:g}"


@block
class StochasticDepth(Block):
    """While training, leave out the whole branch for a random share of the samples and scale up the rest.

    It stands at the end of a residual branch, before the addition; a deep network then trains as if it were shallow.
    Huang et al. 2016, arXiv:1603.09382.

    p: share of the samples for which the branch is left out
    """

    title: ClassVar[str] = "Stochastic depth"
    keywords: ClassVar[str] = "stochasticdepth drop path droppath regularisation residual"
    stem: ClassVar[str] = "drop"
    definitions: ClassVar[tuple[str, ...]] = (_STOCHASTIC_DEPTH,)
    is_idle: ClassVar[bool] = True
    is_pointwise: ClassVar[bool] = True

    p: Rate = 0.1

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def saved(self, *inputs: Shape) -> Saved:
        return Saved("nothing", besides=1)  # whether this sample was left out

    def init(self, *inputs: Shape) -> str:
        return f"StochasticDepth({self.p!r})"

    def brief(self) -> str:
        return f"p {self.p:g}"


@block
class AlphaDropout(Block):
    """Dropout that keeps mean and variance, made for SELU. Klambauer et al. 2017, arXiv:1706.02515.

    p: share of the numbers that are set to SELU's lowest value
    """

    keywords: ClassVar[str] = "regularisation selu self normalizing"
    stem: ClassVar[str] = "dropout"
    is_idle: ClassVar[bool] = True
    is_pointwise: ClassVar[bool] = True

    p: Rate = 0.5

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def saved(self, *inputs: Shape) -> Saved:
        return Saved("nothing", besides=inputs[0].bytes)

    def init(self, *inputs: Shape) -> str:
        return f"nn.AlphaDropout({self.p!r})"

    def brief(self) -> str:
        return f"p {self.p:g}"
