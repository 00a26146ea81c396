"""Drawing: random numbers from a generator of one's own, on this thread alone, whatever draws on the others.

Torch has one generator on the CPU for the whole program. Dropout and first weights draw from it, ``manual_seed`` and
``fork_rng`` set it back, and ``torch.export`` does so on its own account: on several threads none of that is safe. So
nobody here draws from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from cnnstudio.training.turn import undisturbed

Operation: TypeAlias = Any  # a torch._ops.OpOverload, which is no public name


class Drawing(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch types only some of it
    """Inside, what draws on the CPU in this thread draws from ``generator``; ``heard`` is called where anything draws.

    ``has_drawn`` says whether that was so by now.
    """

    def __init__(self, generator: torch.Generator, heard: Callable[[], object] = lambda: None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._generator, self._heard, self.has_drawn = generator, heard, False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: or torch loads all of its compiler at the first operation that is heard. See ``leave_uncompiled``."""
        return False

    def __torch_dispatch__(
        self,
        func: Operation,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do what was asked, with the generator where it draws."""
        named = dict(kwargs or {})
        if not _draws(func):
            return func(*args, **named)
        self.has_drawn = True
        self._heard()
        if _place(args, named) != "cpu" or any(isinstance(each, torch.Generator) for each in (*args, *named.values())):
            return func(*args, **named)  # it has one of its own
        asked = _with_generator(func)
        if asked is None:
            with lent(self._generator):
                return func(*args, **named)
        names = [argument.name for argument in func._schema.arguments]
        given = dict(zip(names, args, strict=False)) | named
        return asked(**given | {"generator": self._generator})


def leave_uncompiled() -> None:
    """Keep ``torch.compile``, which is loaded by that, from compiling what hears the operations of a network."""
    dispatch = Drawing.__torch_dispatch__
    if not getattr(dispatch, "_torchdynamo_disable", False):
        Drawing.__torch_dispatch__ = torch.compiler.disable(dispatch)  # type: ignore[method-assign, no-untyped-call]


@contextmanager
def drawing(seed: int | torch.Generator) -> Iterator[Drawing]:
    """Inside, whatever draws on the CPU in this thread draws what ``seed`` gives, or goes on with a generator."""
    generator = seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed)
    with Drawing(generator) as mode:
        yield mode


class Seeded:
    """A network, called again and again in one mode: a call draws what its seed gives, if it draws at all.

    To hear every operation takes time, which counts where they are small: a network whose first call drew nothing
    is called as it is from then on.
    """

    def __init__(self, network: Callable[[Tensor], Tensor]) -> None:
        self._network, self._may_draw = network, True

    def __call__(self, x: Tensor, seed: int) -> Tensor:
        """What the network gives for ``x``."""
        if not self._may_draw:
            return self._network(x)
        with drawing(seed) as mode:
            found = self._network(x)
        self._may_draw = mode.has_drawn
        return found


@contextmanager
def lent(generator: torch.Generator) -> Iterator[None]:
    """Inside, torch's own generator goes on where ``generator`` is, and that then where it is; afterwards as before.

    It is for what can draw from no other.
    """
    with undisturbed:
        before = torch.get_rng_state()
        torch.set_rng_state(generator.get_state())
        try:
            yield
        finally:
            generator.set_state(torch.get_rng_state())
            torch.set_rng_state(before)


def where_it_draws(module: nn.Module, x: Tensor) -> frozenset[str]:
    """The innermost parts of a network that draw when it learns from images ``x``, by their paths; "" is itself.

    ``module`` is called in ``train`` mode: one on the meta device computes nothing by that. Raises what it raises.
    """
    found, path = set[str](), [""]

    def enter(name: str) -> Callable[..., None]:
        return lambda *_: path.append(name)

    def leave(*_: object) -> None:
        path.pop()

    hooks = []
    for name, part in module.named_modules():
        hooks += [part.register_forward_pre_hook(enter(name)), part.register_forward_hook(leave, always_call=True)]
    try:
        with Drawing(torch.Generator(), lambda: found.add(path[-1])), torch.no_grad():
            module.train()(x)
    finally:
        for hook in hooks:
            hook.remove()
    return frozenset(found)


@cache
def _draws(func: Operation) -> bool:
    """Whether this operation may draw random numbers."""
    return torch.Tag.nondeterministic_seeded in func.tags


@cache
def _with_generator(func: Operation) -> Operation | None:
    """The operation, or its sibling, that takes a generator; None where there is none."""
    if any(argument.name == "generator" for argument in func._schema.arguments):
        return func
    for name in func.overloadpacket.overloads():
        other = getattr(func.overloadpacket, name)
        if _arguments(other) == _arguments(func) | {("generator", "Optional[Generator]")}:
            return other
    return None


def _arguments(func: Operation) -> set[tuple[str, str]]:
    return {(argument.name, str(argument.type)) for argument in func._schema.arguments}


def _place(args: Sequence[Any], named: Mapping[str, Any]) -> str:
    """On what kind of device it computes."""
    for each in args:
        if isinstance(each, Tensor):
            return each.device.type
    return torch.device(named.get("device") or torch.get_default_device()).type
