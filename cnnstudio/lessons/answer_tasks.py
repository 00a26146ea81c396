"""Answer tasks: what a student answers in a field: a number, a choice, a prediction, a sentence."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar

from cnnstudio.graph.parameter import Length, Letters, Range
from cnnstudio.lessons.answers import AnswerError, marked, number_readings
from cnnstudio.lessons.quiz import ASKED, Kind, Question, about
from cnnstudio.lessons.tasks import AnsweredBy, Name, Task, Wrong, task
from cnnstudio.lessons.variation import VariationError, worked_out
from cnnstudio.lessons.work import NO_ANSWER, Verdict, Work, missing, right, undecided, wrong

Options = Annotated[tuple[str, ...], Length(0, 12), Letters(2_000)]
Foreseen = Annotated[tuple[Wrong, ...], Length(0, 20)]


@task
class NumberTask(Task):
    """A number, right within a tolerance.

    answer: the number, or a sum of numbers and of names that vary: 9 * channels + 1
    tolerance: how far an answer may lie from it
    unit: what is behind the field, such as pixels
    wrong: answers that are foreseen, each with its own words
    """

    answer: int | float | str = ""
    tolerance: Annotated[float, Range(0.0, 1e12)] = 0.0
    unit: Name = ""
    wrong: Foreseen = ()

    kind: ClassVar[str] = "number"
    title: ClassVar[str] = "Number"
    answered_by: ClassVar[AnsweredBy] = "number"
    secrets: ClassVar[tuple[str, ...]] = ("answer", "tolerance", "wrong")

    @property
    def is_withheld(self) -> bool:
        return self.answer == ""

    def verdict(self, work: Work) -> Verdict:
        given = work.answers.get(self.name, NO_ANSWER).text.strip()
        if not given:
            return missing()
        readings = number_readings(given)
        if not readings:
            return wrong(f"“{given[:30]}” is not read as a number.")
        if self.is_withheld:
            return undecided()
        exact = worked_out(str(self.answer), work.values)
        if any(abs(reading - exact) <= Fraction(str(self.tolerance)) for reading in readings):
            return right(f"Right: {_shown(exact)}{f' {self.unit}' if self.unit else ''}.")
        said = next((each.says for each in self.wrong if _value(each, work) in readings), "")
        return wrong(said or f"{given[:30]} is not right.")

    def fault(self, work: Work) -> str:
        if self.is_withheld:
            return "it has no answer."
        try:
            exact = worked_out(str(self.answer), work.values)
            foreseen = [(each, worked_out(str(each.answer), work.values)) for each in self.wrong]
        except VariationError as error:
            return str(error)
        for each, value in foreseen:
            if abs(value - exact) <= Fraction(str(self.tolerance)):
                return f"{each.answer} is foreseen as wrong, and it is right."
        return ""


@task
class ChoiceTask(Task):
    """One of several options, and perhaps the reason for it.

    options: the options, in the order in which they are shown
    answer: the number of the right one, from 1
    reasons: reasons to choose from; half of the points are for the right one
    reason: the number of the right reason, from 1
    written_reason: whether the reason is written in a sentence, which the teacher reads
    wrong: options that are foreseen, each by its number with its own words
    """

    options: Options = ()
    answer: Annotated[int, Range(0, 12)] = 0
    reasons: Options = ()
    reason: Annotated[int, Range(0, 12)] = 0
    written_reason: bool = False
    wrong: Foreseen = ()

    kind: ClassVar[str] = "choice"
    title: ClassVar[str] = "Choice"
    answered_by: ClassVar[AnsweredBy] = "choice"
    secrets: ClassVar[tuple[str, ...]] = ("answer", "reason", "wrong")

    @property
    def is_withheld(self) -> bool:
        return not self.answer

    def verdict(self, work: Work) -> Verdict:
        given = work.answers.get(self.name, NO_ANSWER)
        if not given.choice:
            return missing()
        if not 1 <= given.choice <= len(self.options):
            return wrong("There is no such option.")
        if self.is_withheld:
            return undecided()
        if given.choice != self.answer:
            said = next((each.says for each in self.wrong if str(each.answer) == str(given.choice)), "")
            return wrong(said or f"Not “{self.options[given.choice - 1]}”.")
        if self.reasons and given.reason.strip() != str(self.reason):
            return wrong("The choice is right; the reason is not." if given.reason else "The reason is missing.", 0.5)
        if self.written_reason and not given.reason.strip():
            return wrong("The choice is right; the reason is missing.", 0.5)
        return right(f"Right: {self.options[self.answer - 1]}")

    def fault(self, work: Work) -> str:
        if len(self.options) < 2:
            return "it has no two options to choose from."
        if not 1 <= self.answer <= len(self.options):
            return f"its answer must be the number of an option, from 1 to {len(self.options)}."
        if self.reasons and not 1 <= self.reason <= len(self.reasons):
            return f"its reason must be the number of one, from 1 to {len(self.reasons)}."
        if any(str(each.answer) == str(self.answer) for each in self.wrong):
            return "the right option is foreseen as wrong."
        return ""


@task
class PredictTask(Task):
    """Predict what a node of the network at the beginning comes to; then it is revealed. The first answer counts.

    node: the node
    what: shape, parameters, MACs, receptive field or stride
    """

    node: Name = ""
    what: Kind = "shape"

    kind: ClassVar[str] = "predict"
    title: ClassVar[str] = "Predict, then reveal"
    answered_by: ClassVar[AnsweredBy] = "prediction"

    def question(self, work: Work) -> Question | None:
        """The question about the network that the student began with; None where it cannot be asked."""
        if self.node not in work.start.graph:
            return None
        return next((each for each in about(work.at_start, self.node) if each.kind == self.what), None)

    def said(self, work: Work) -> str:
        return self.asks or ASKED[self.what].format(self.node)

    def verdict(self, work: Work) -> Verdict:
        given, question = work.answers.get(self.name, NO_ANSWER).text.strip(), self.question(work)
        if not given:
            return missing()
        if question is None:
            return undecided("This cannot be asked of the network.")
        try:
            mark = marked(question, given)
        except AnswerError as error:
            return wrong(str(error))
        return right(mark.sentence) if mark.is_right else wrong(mark.sentence)

    def fault(self, work: Work) -> str:
        if self.node not in work.start.graph:
            return f"the network at the beginning has no node {self.node}."
        return "" if self.question(work) else f"{self.node} cannot be asked for its {self.what}."


@task
class SentenceTask(Task):
    """Explain in a sentence; it is kept for the teacher, who gives the points.

    least: words that it has at least
    """

    least: Annotated[int, Range(1, 500)] = 4

    kind: ClassVar[str] = "sentence"
    title: ClassVar[str] = "Explain in a sentence"
    answered_by: ClassVar[AnsweredBy] = "words"

    def verdict(self, work: Work) -> Verdict:
        given = work.answers.get(self.name, NO_ANSWER).text.strip()
        if not given:
            return missing()
        if len(given.split()) < self.least:
            return wrong(f"That is short: {self.least} words or more are asked for.")
        return undecided("Your teacher reads this.")


def _value(of: Wrong, work: Work) -> Fraction | None:
    try:
        return worked_out(str(of.answer), work.values)
    except VariationError:
        return None


def _shown(number: Fraction) -> str:
    return f"{number.numerator:,}" if number.denominator == 1 else f"{float(number):.6g}"
