"""Action: one thing that a person can do, declared beside what does it, and the question whether it can be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class Condition(Generic[T]):
    """A question about what an action is done to, and the sentence that is said where the answer is no."""

    holds: Callable[[T], bool]
    sentence: str | Callable[[T], str]

    def why_not(self, it: T) -> str:
        """The sentence; empty where the answer is yes."""
        if self.holds(it):
            return ""
        return self.sentence if isinstance(self.sentence, str) else self.sentence(it)

    def __and__(self, other: Condition[T]) -> Condition[T]:
        """Both; the sentence is that of the first of the two that does not hold."""
        return Condition(
            lambda it: self.holds(it) and other.holds(it), lambda it: self.why_not(it) or other.why_not(it)
        )

    def of(self, part: Callable[[S], T]) -> Condition[S]:
        """The same question about a part of something."""
        return Condition(lambda whole: self.holds(part(whole)), lambda whole: self.why_not(part(whole)))


@dataclass(frozen=True)
class Action(Generic[T]):
    """One thing to do to a ``T``: its id, its text, what it does, and how it is reached.

    ``on_canvas`` actions have their shortcut only while the canvas has the keyboard, so that a letter typed into a
    field stays a letter. Several shortcuts are written with | between them. ``checked`` makes it a switch.
    ``enabled`` and ``checked`` are asked after every change, and so is ``title``, where there is one: what stands in
    the menu just now in the place of ``text``; with an empty one it is not there. ``words`` are what other programs
    call it, for the list of commands to find it by. Of those that are ``one_of`` the same, one is checked at a time.
    """

    id: str
    text: str
    run: Callable[[T], object]
    shortcut: str = ""
    icon: str = ""
    enabled: Condition[T] | None = None  # None: always
    checked: Callable[[T], bool] | None = None
    on_canvas: bool = False
    title: Callable[[T], str] | None = None
    words: tuple[str, ...] = ()
    one_of: str = ""


@dataclass(frozen=True)
class Command:
    """An action with what it is done to, which is asked for each time: it may not be made yet."""

    action: Action[Any]
    subject: Callable[[], Any]

    def run(self) -> None:
        """Do it."""
        self.action.run(self.subject())

    def why_not(self) -> str:
        """Why it cannot be done now, in a sentence; empty where it can."""
        return self.action.enabled.why_not(self.subject()) if self.action.enabled is not None else ""

    @property
    def is_checked(self) -> bool:
        """Whether it is a switch that is on."""
        return self.action.checked is not None and self.action.checked(self.subject())

    @property
    def title(self) -> str:
        """What stands in the menu just now; empty where it is not there."""
        return self.action.title(self.subject()) if self.action.title is not None else self.action.text


def done_to(subject: Callable[[], T], *actions: Action[T]) -> Iterable[Command]:
    """These actions, done to this."""
    return (Command(action, subject) for action in actions)
