"""Network tasks: what the student's network must be, looked up by inference; and how well its weights must do."""

from __future__ import annotations

from typing import Annotated, ClassVar

from cnnstudio.graph import BLOCKS, Graph, Shape
from cnnstudio.graph.names import meant, quoted
from cnnstudio.graph.parameter import Fraction, Length, Range
from cnnstudio.lessons.tasks import AnsweredBy, Name, Task, task
from cnnstudio.lessons.work import Verdict, Work, right, wrong

Count = Annotated[int, Range(0, 10**15)]
Pixels = Annotated[int, Range(0, 10**6)]


class NetworkTask(Task):
    """A task that is judged by the network alone, once that is whole."""

    def verdict(self, work: Work) -> Verdict:
        return wrong(work.obstacle) if work.obstacle else self.judged(work)

    def judged(self, work: Work) -> Verdict:
        """What there is to say of a whole network."""
        raise NotImplementedError


@task
class ShapeTask(NetworkTask):
    """A node, or the output, has a certain shape.

    node: the node; empty for the output of the network
    shape: channels, height and width, or as many numbers as it has
    """

    node: Name = ""
    shape: Annotated[tuple[int, ...], Range(1, 65_536), Length(1, 3)] = (1,)

    kind: ClassVar[str] = "shape"
    title: ClassVar[str] = "Shape"

    def judged(self, work: Work) -> Verdict:
        name = self.node or work.analysis.acting.graph.outputs[0].name
        found = work.analysis.acting.shape(name)
        if found is None:
            return wrong(f"There is no node {name} in the network.")
        what = name if self.node else f"the output, {name},"
        if tuple(found) == self.shape:
            return right(f"{what[:1].upper()}{what[1:]} gives {found}." if not self.node else f"{name} gives {found}.")
        if sorted(found) == sorted(self.shape):
            return wrong(
                f"{name} gives {found}: these are the right numbers in another order than channels × height × width."
            )
        return wrong(f"{name} gives {found}; {Shape(*self.shape)} is asked for.")


@task
class ParametersTask(NetworkTask):
    """The network learns no more than so many parameters, or no fewer.

    most: at most so many
    least: at least so many
    frozen: whether those count, too, that are frozen and so stay as they are
    """

    most: Count = 10**15
    least: Count = 0
    frozen: bool = True

    kind: ClassVar[str] = "parameters"
    title: ClassVar[str] = "Parameters"

    def judged(self, work: Work) -> Verdict:
        totals = work.analysis.totals
        if self.frozen or totals is None:
            return _within(totals.parameters if totals else 0, self.least, self.most, "parameters", "The network has")
        learned = totals.parameters - totals.frozen
        return _within(learned, self.least, self.most, "parameters that are not frozen", "The network has")

    def fault(self, work: Work) -> str:
        return _fault(self.least, self.most)


@task
class MacsTask(NetworkTask):
    """The network takes no more than so many multiply-accumulates for one image, or no fewer.

    most: at most so many
    least: at least so many
    """

    most: Count = 10**15
    least: Count = 0

    kind: ClassVar[str] = "macs"
    title: ClassVar[str] = "Multiply-accumulates"

    def judged(self, work: Work) -> Verdict:
        totals = work.analysis.totals
        return _within(totals.macs if totals else 0, self.least, self.most, "multiply-accumulates", "The network takes")

    def fault(self, work: Work) -> str:
        return _fault(self.least, self.most)


@task
class ReceptiveFieldTask(NetworkTask):
    """A value of a node sees so many pixels of the image, along each side.

    node: the node; empty for the output of the network
    least: at least so many pixels
    most: at most so many
    """

    node: Name = ""
    least: Pixels = 0
    most: Pixels = 10**6

    kind: ClassVar[str] = "receptive-field"
    title: ClassVar[str] = "Receptive field"

    def judged(self, work: Work) -> Verdict:
        name = self.node or work.analysis.acting.graph.outputs[0].name
        if name not in work.fields:
            return wrong(f"There is no node {name} in the network.")
        seen = work.fields[name]
        if seen is None:
            return wrong(f"What {name} sees of the image is not known.")
        if min(seen.size) < self.least:
            return wrong(f"{name} sees {seen.written} pixels; at least {self.least} × {self.least} are asked for.")
        if max(seen.size) > self.most:
            return wrong(f"{name} sees {seen.written} pixels; at most {self.most} × {self.most} are allowed.")
        return right(f"{name} sees {seen.written} pixels.")

    def fault(self, work: Work) -> str:
        return _fault(self.least, self.most)


@task
class UsesTask(NetworkTask):
    """The network has a block of a kind, or several; one that is bypassed does not count.

    block: the name of its class, such as Conv2d
    least: at least so many
    """

    block: Name = ""
    least: Annotated[int, Range(1, 10_000)] = 1

    kind: ClassVar[str] = "uses"
    title: ClassVar[str] = "Uses a block"

    def judged(self, work: Work) -> Verdict:
        found = work.blocks.get(self.block, 0)
        if found >= self.least:
            return right(f"The network has {found:,} {self.block}.")
        return wrong(f"The network has {found or 'no'} {self.block}; {self.least:,} or more are asked for.")

    def fault(self, work: Work) -> str:
        return _unknown(self.block)


@task
class AvoidsTask(NetworkTask):
    """The network has no block of a kind, or few; one that is bypassed does not count.

    block: the name of its class, such as Linear
    most: at most so many
    """

    block: Name = ""
    most: Annotated[int, Range(0, 10_000)] = 0

    kind: ClassVar[str] = "avoids"
    title: ClassVar[str] = "Avoids a block"

    def judged(self, work: Work) -> Verdict:
        found = work.blocks.get(self.block, 0)
        if found <= self.most:
            return right(f"The network has {found or 'no'} {self.block}.")
        allowed = f"{self.most:,} at most are allowed" if self.most else "it shall do without"
        return wrong(f"The network has {found:,} {self.block}; {allowed}.")

    def fault(self, work: Work) -> str:
        return _unknown(self.block)


@task
class AccuracyTask(Task):
    """The weights tell so large a share of the lesson's pictures right that are kept apart.

    least: the share, from 0 to 1
    """

    least: Fraction = 0.9

    kind: ClassVar[str] = "accuracy"
    title: ClassVar[str] = "Accuracy"
    answered_by: ClassVar[AnsweredBy] = "weights"

    def verdict(self, work: Work) -> Verdict:
        if work.obstacle:
            return wrong(work.obstacle)
        found = work.measured
        if found.share is None:
            return Verdict(None, found.sentence)
        if found.share >= self.least:
            return right(f"{found.sentence} {self.least:.1%} are asked for.")
        return wrong(f"{found.sentence} {self.least:.1%} are asked for.")


def _within(found: int, least: int, most: int, noun: str, begin: str) -> Verdict:
    if found > most:
        return wrong(f"{begin} {found:,} {noun}; {most:,} are allowed: {found - most:,} too many.")
    if found < least:
        return wrong(f"{begin} {found:,} {noun}; at least {least:,} are asked for.")
    return right(f"{begin} {found:,} {noun}.")


def _fault(least: int, most: int) -> str:
    return f"at least {least:,} and at most {most:,} cannot both be." if least > most else ""


def _unknown(block: str) -> str:
    return "" if block in BLOCKS else f"there is no block {quoted(block)}{meant(block, BLOCKS)}."


def has_node(graph: Graph, name: str) -> bool:
    """Whether a task may name this node: one of the graph, or with "" its output."""
    return not name or name in graph
