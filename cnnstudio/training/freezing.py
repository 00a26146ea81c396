"""Freezing: what of a network a run leaves alone, when it takes it up, and how fast that learns."""

from __future__ import annotations

from typing import Any

from torch import nn

from cnnstudio.compiler.source import Source
from cnnstudio.project.recipe import Recipe

_NORMS = nn.modules.batchnorm._BatchNorm
STEPS = 4  # in which a backbone is taken up, an epoch each


class Backbones:
    """The pretrained blocks of a module that was built from ``source``.

    Which of them are frozen is what the source says: their parameters ask for no gradient. A frozen one is in ``eval``
    mode while the rest trains, so that the statistics of its BatchNorms stay what they are. Where the recipe wants no
    ``batchnorm_scale``, the scale of every BatchNorm asks for no gradient either, until the run ends.
    """

    def __init__(self, module: nn.Module, source: Source | None, recipe: Recipe) -> None:
        self._module = module
        self._recipe = recipe
        found = [module.get_submodule(path) for path in source.backbones] if source is not None else []
        self._all = [one for one in found if any(True for _ in one.parameters())]
        self._frozen = [one for one in self._all if not any(p.requires_grad for p in one.parameters())]
        scales = (
            [] if recipe.batchnorm_scale else [part.weight for part in module.modules() if isinstance(part, _NORMS)]
        )
        self._scales = [scale for scale in scales if scale is not None]
        self._scales_before = [scale.requires_grad for scale in self._scales]
        self._still(True)

    def hold(self, epoch: int) -> None:
        """Freeze what does not learn in this epoch, of a module in ``train`` mode; 0 is outside the run."""
        begin = self._recipe.unfreeze_epoch
        steps = min(max(0, epoch - begin + 1), STEPS) if begin else 0
        for one in self._frozen:
            parts = [part for part in one.children() if any(True for _ in part.parameters())]
            asleep = len(parts) - round(len(parts) * steps / STEPS)
            if steps == 0:
                one.eval()
            for number, part in enumerate(parts):
                part.requires_grad_(number >= asleep)
                if number < asleep:
                    part.eval()
            for parameter in one.parameters(recurse=False):
                parameter.requires_grad_(asleep == 0)
        self._still(epoch > 0)

    def _still(self, is_running: bool) -> None:
        """Let no scale of a BatchNorm learn while the run goes on."""
        for scale, before in zip(self._scales, self._scales_before, strict=True):
            scale.requires_grad_(before and not is_running)

    def groups(self) -> list[dict[str, Any]]:
        """What the optimizer is given: parameters that learn at some time, with the ``factor`` of their rate."""
        slow = {id(parameter) for one in self._all for parameter in one.parameters()}
        later = {id(p) for one in self._frozen for p in one.parameters()} if self._recipe.unfreeze_epoch else set()
        learned = [p for p in self._module.parameters() if p.requires_grad or id(p) in later]
        groups: list[dict[str, Any]] = [
            {"params": [p for p in learned if id(p) not in slow], "factor": 1.0},
            {"params": [p for p in learned if id(p) in slow], "factor": self._recipe.backbone_rate},
        ]
        return [group for group in groups if group["params"]]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of them, in sentences."""
        still = ("BatchNorm keeps its scale, 1 at first, and learns its bias alone.",) if self._scales else ()
        if not self._frozen:
            return still
        count = sum(parameter.numel() for one in self._frozen for parameter in one.parameters())
        begin = self._recipe.unfreeze_epoch
        until = f"until epoch {begin}, then they learn as well, from the end" if begin else "and stay as they are"
        return (f"{count:,} parameters of the backbone are frozen {until}.", *still)
