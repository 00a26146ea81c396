"""This machine: what a file asks of a computer that is not here. Only in the process that runs the file.

Many a file moves its network to a GPU without asking whether there is one, or begins with weights from the internet.
A network is the same without either.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from types import TracebackType
from typing import Any
from urllib.parse import urlparse

import torch
from torch import hub, nn
from torch.overrides import TorchFunctionMode

_MOVES = frozenset({"cuda", "xpu", "mps"})  # methods of a tensor


class _Unfetched(dict[str, Any]):
    """The ``state_dict`` of a file that was not fetched."""


class OnThisMachine(TorchFunctionMode):
    """While it is entered, tensors stay on the processor, and weights from the internet stay there.

    ``unfetched`` are the names of the files that would have been fetched.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unfetched: list[str] = []
        self._before: tuple[Any, Any] = hub.load_state_dict_from_url, nn.Module.load_state_dict

    def __enter__(self) -> OnThisMachine:
        _, load = self._before

        def refuse(url: str, *args: Any, **kwargs: Any) -> _Unfetched:
            self.unfetched.append(PurePosixPath(urlparse(str(url)).path).name)
            return _Unfetched()

        def load_what_is_here(module: nn.Module, state: Any, *args: Any, **kwargs: Any) -> Any:
            return None if isinstance(state, _Unfetched) else load(module, state, *args, **kwargs)

        hub.load_state_dict_from_url = refuse
        nn.Module.load_state_dict = load_what_is_here  # type: ignore[method-assign, assignment]
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        hub.load_state_dict_from_url, nn.Module.load_state_dict = self._before  # type: ignore[method-assign]
        super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if str(getattr(func, "__name__", "")) in _MOVES and args:
            return args[0]
        return func(*map(_here, args), **{name: _here(each) for name, each in kwargs.items()})


def _here(value: Any) -> Any:
    """A device that is not here as the processor; all else as it is."""
    if isinstance(value, torch.device) and value.type not in ("cpu", "meta"):
        return torch.device("cpu")
    if isinstance(value, str) and value.partition(":")[0] in _MOVES:
        return "cpu"
    return value
