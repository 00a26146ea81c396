"""Pickled: the plain values in a file of pickle, told from its opcodes; nothing of it is ever run.

A pickle is a program for a stack machine, and ``pickle.load`` runs whatever that asks for. Here ``pickletools.genops``
takes it apart, and the few opcodes are followed that write numbers, texts, lists, dicts and arrays of NumPy, as
CIFAR's batches hold them (https://www.cs.toronto.edu/~kriz/cifar.html). Whatever else occurs is refused by its name.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnstudio.disk import read, shown
from cnnstudio.training.data.errors import DamagedError, DataError
from cnnstudio.wording import on_a_line

MOST_BYTES = 2**30
_ARRAY = {f"{room}.multiarray _reconstruct" for room in ("numpy.core", "numpy._core")}
_BUFFER = {f"{room}.numeric _frombuffer" for room in ("numpy.core", "numpy._core")}
_TYPES = {"u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "b1"}
_VALUES = {
    "INT", "LONG", "LONG1", "LONG4", "BININT", "BININT1", "BININT2", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES",
    "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}
_MARK = object()


class _Name(NamedTuple):
    """A name of Python that the file speaks of; it is compared, and never looked up."""

    text: str


class _Type:
    """A type of NumPy's, by its word."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.order = "|"

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.word if self.order == "|" else f"{self.order}{self.word}")


class _Array:
    """An array that is being put together."""

    def __init__(self) -> None:
        self.made: NDArray[Any] | None = None


def read_pickled(path: Path) -> Any:
    """The value in a file: numbers, texts, bytes, lists, tuples, dicts and arrays of numbers.

    What Python 2 wrote as a text of bytes is told as ``str`` of Latin-1, as ``pickle.load(file, encoding="latin1")``
    does. Raises ``DamagedError`` for what is no pickle, ``DataError`` for one that holds anything else, ``DiskError``.
    """
    data = read(path, MOST_BYTES)
    try:
        return _plain(_Machine(path).run(data))
    except DataError:
        raise
    except (ValueError, LookupError, TypeError, OverflowError, UnicodeDecodeError) as error:
        raise DamagedError(f"{shown(path)} is damaged: it cannot be read as a batch of images.") from error


class _Machine:
    """The stack of one pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return self.stack.pop()
            if not self.is_value(opcode.name, argument):
                self.step(opcode.name, argument)
        raise ValueError("no end")

    def is_value(self, name: str, argument: Any) -> bool:
        """Put a value on the stack where the opcode says nothing else; whether it does."""
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            self.stack.append(_EMPTY[name]())
        else:
            return name in ("PROTO", "FRAME")
        return True

    def step(self, name: str, argument: Any) -> None:  # noqa: PLR0912 - an opcode a case
        stack = self.stack
        match name:
            case "MARK":
                stack.append(_MARK)
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                stack.append(tuple(self.taken(int(name[-1]))))
            case "TUPLE":
                stack.append(tuple(self.marked()))
            case "LIST":
                stack.append(self.marked())
            case "DICT":
                items = self.marked()
                stack.append(dict(zip(items[::2], items[1::2], strict=True)))
            case "APPEND":
                (value,) = self.taken(1)
                self.top(list).append(value)
            case "APPENDS":
                values = self.marked()
                self.top(list).extend(values)
            case "SETITEM":
                key, value = self.taken(2)
                self.top(dict)[key] = value
            case "SETITEMS":
                items = self.marked()
                self.top(dict).update(zip(items[::2], items[1::2], strict=True))
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self.memo[int(argument)] = stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                stack.append(self.memo[int(argument)])
            case "GLOBAL":
                stack.append(_Name(argument))
            case "STACK_GLOBAL":
                module, word = self.taken(2)
                stack.append(_Name(f"{module} {word}"))
            case "REDUCE":
                function, arguments = self.taken(2)
                stack.append(self.called(function, arguments))
            case "BUILD":
                (state,) = self.taken(1)
                self.build(stack[-1], state)
            case _:
                raise self.refusal(name)

    def taken(self, count: int) -> list[Any]:
        """The last values, off the stack."""
        if len(self.stack) < count or _MARK in self.stack[-count:]:
            raise ValueError("too little on the stack")
        found = self.stack[-count:]
        del self.stack[-count:]
        return found

    def marked(self) -> list[Any]:
        """The values above the last mark, off the stack."""
        place = next((n for n in range(len(self.stack) - 1, -1, -1) if self.stack[n] is _MARK), None)
        if place is None:
            raise ValueError("no mark")
        found = self.stack[place + 1 :]
        del self.stack[place:]
        return found

    def top(self, kind: type) -> Any:
        if not isinstance(self.stack[-1], kind):
            raise TypeError("another value was expected")
        return self.stack[-1]

    def called(self, function: Any, arguments: Any) -> Any:
        """What one of the four functions would give that are known; none is called."""
        text = function.text if isinstance(function, _Name) else ""
        if text in _ARRAY:
            return _Array()
        if text == "numpy dtype" and arguments[0] in _TYPES:
            return _Type(arguments[0])
        if text == "_codecs encode" and arguments[1] in ("latin1", "latin-1"):
            return arguments[0].encode("latin-1")
        if text in _BUFFER:
            data, kind, shape, order = arguments
            made = _Array()
            made.made = self.array(data, kind, shape, order == "F")
            return made
        raise self.refusal(text or "a call")

    def build(self, value: Any, state: Any) -> None:
        if isinstance(value, _Type):
            value.order = state[1] if state[1] in ("<", ">") else "|"
        elif isinstance(value, _Array):
            _, shape, kind, is_fortran, data = state
            value.made = self.array(data, kind, shape, is_fortran)
        else:
            raise self.refusal("an object")

    def array(self, data: Any, kind: Any, shape: Any, is_fortran: bool) -> NDArray[Any]:
        if not isinstance(kind, _Type):
            raise self.refusal("an array of objects")
        data = data.encode("latin-1") if isinstance(data, str) else data
        return np.frombuffer(data, kind.dtype).reshape(shape, order="F" if is_fortran else "C")

    def refusal(self, what: str) -> DataError:
        return DataError(
            f"{shown(self.path)} holds more than numbers and texts ({on_a_line(what)}). It could run a program when "
            "it is opened, so it is not."
        )


def _plain(value: Any) -> Any:
    """The value with the arrays that were put together, and nothing else of this machine in it."""
    if isinstance(value, _Array):
        if value.made is None:
            raise ValueError("an array without numbers")
        return value.made
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if isinstance(key, str | bytes | int)}
    if isinstance(value, _Name | _Type):
        raise TypeError("a name is no value")
    return value
