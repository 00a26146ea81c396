"""Answers: what a person typed, read as kindly as can be, and marked against what inference says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from cnnstudio.compiler.formula import Formula
from cnnstudio.compiler.inference import node_facts
from cnnstudio.graph import Block, Facts, ParameterError, Shape, pair
from cnnstudio.lessons.quiz import Question
from cnnstudio.lessons.working import steps

LONGEST = 120  # letters of an answer
MOST_DIGITS = 18
_POWERS = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "": 1}
_BETWEEN = re.compile(r"\s*(?:[×x*,;·]|\bby\b)\s*|\s+", re.IGNORECASE)


class AnswerError(ValueError):
    """What was typed is no answer to this question, neither right nor wrong; the message is a sentence."""


@dataclass(frozen=True)
class Mark:
    """Whether an answer is right, why not if that can be told, and how the right one comes about."""

    is_right: bool
    sentence: str
    steps: Formula | None


def marked(question: Question, text: str) -> Mark:
    """The mark of an answer. Raises ``AnswerError`` with a sentence where it cannot be read."""
    readings = tuple(read(question, text))
    worked = steps(question)
    if any(_is_right(question, reading) for reading in readings):
        rounded = "" if any(reading == question.answer for reading in readings) else ", rounded"
        return Mark(True, f"Right: {question.written}{rounded}.", worked)
    why = next((sentence for reading in readings for sentence in _misled(question, reading)), "")
    return Mark(False, f"It is {question.written}, not {_shown(readings[0])}.{f' {why}' if why else ''}", worked)


# reading


def read(question: Question, text: str) -> Iterator[tuple[int | Fraction, ...]]:
    """What may have been meant, the likeliest first: 2,416 is a number, or two. Raises ``AnswerError``."""
    found = list(dict.fromkeys(_readings(question, text.strip())))
    if not found:
        raise AnswerError(f"“{text.strip()[:30]}” is not read as {_wanted(question)}, {question.example}.")
    wanted = len(question.answer)
    fitting = [each for each in found if len(each) == wanted]
    if not fitting:
        both = "One number is needed, or height × width" if question.kind in ("receptive field", "stride") else ""
        raise AnswerError(f"{both or f'{_counted(wanted)} needed'}, {question.example}.")
    yield from fitting


def _readings(question: Question, text: str) -> Iterator[tuple[int | Fraction, ...]]:
    if not text or len(text) > LONGEST:
        return
    plain = re.sub(r"[()\[\]{}]", " ", text.replace("\u00a0", " ").replace("\u202f", " ")).strip()
    if question.kind in ("parameters", "MACs"):
        number = _number(plain)
        if number is None:
            number = _sum(text)
        if number is not None:
            yield (number,)
        return
    if len(question.answer) == 1 and (number := _number(plain)) is not None:
        yield (number,)
    pieces = [piece for piece in _BETWEEN.split(re.sub(r"\b[CHWFND]\s*=", " ", plain, flags=re.IGNORECASE)) if piece]
    numbers = [_entry(piece) for piece in pieces]
    if pieces and numbers[0] is None and pieces[0].lower() in ("n", "b", "batch"):
        numbers = numbers[1:]
    if not numbers or any(number is None for number in numbers):
        return
    entries = tuple(number for number in numbers if number is not None)
    yield entries
    if len(entries) == 1 and len(question.answer) == 2 and question.kind != "shape":
        yield entries * 2  # 7 for 7 × 7
    if question.kind == "shape" and len(entries) == len(question.answer) + 1 and entries[0] == 1:
        yield entries[1:]  # a batch of one before it


def _entry(piece: str) -> int | Fraction | None:
    if not re.fullmatch(r"[+-]?\d{1,18}(/\d{1,6})?", piece):
        return None
    try:
        number = Fraction(piece)
    except (ValueError, ZeroDivisionError):
        return None
    return int(number) if number.denominator == 1 else number


def _number(text: str) -> int | Fraction | None:
    """One number: 2416, 2,416, 2 416, 2.416 (as much of Europe writes it), 2.4k, 1.2 M."""
    text = re.sub(r"\s*(parameters?|params?|macs?|pixels?|px)$", "", text.strip(), flags=re.IGNORECASE)
    if re.fullmatch(r"\d{1,3}(?:[ ,.'’]\d{3})+", text):
        return int(re.sub(r"\D", "", text))
    found = re.fullmatch(r"(\d{1,18})(?:[.,](\d{1,9}))?\s*([kKmMgG]?)", text)
    if found is None:
        return None
    whole, rest, unit = found[1], found[2] or "", found[3].lower()
    number = Fraction(int(whole + rest), 10 ** len(rest)) * _POWERS[unit]
    return int(number) if number.denominator == 1 else None


def number_readings(text: str) -> tuple[Fraction, ...]:
    """What may have been meant by a number, the likeliest first: 1.234, or 1,234 as much of Europe writes it.

    2,416, 2.4k, 5·5·6·16 + 16, 0.79, 7/8 and 79 % are read; nothing where it is no number.
    """
    plain = text.replace("\u00a0", " ").replace("\u202f", " ").replace("−", "-").strip()
    if not plain or len(plain) > LONGEST:
        return ()
    found: list[Fraction] = []
    if decimal := re.fullmatch(r"([+-]?\d{1,18})(?:[.,](\d{1,18}))?(?:[eE]([+-]?\d{1,2}))?\s*(%?)", plain):
        whole, rest, power, percent = decimal[1], decimal[2] or "", int(decimal[3] or 0), decimal[4]
        found.append(Fraction(f"{whole}.{rest or 0}") * Fraction(10) ** power / (100 if percent else 1))
    elif re.fullmatch(r"[+-]?\d{1,18}\s*/\s*\d{1,18}", plain) and (bottom := int(plain.split("/")[1])):
        found.append(Fraction(int(plain.split("/")[0]), bottom))
    found += [Fraction(number) for number in (_number(plain), _sum(plain)) if number is not None]
    return tuple(dict.fromkeys(found))


def _sum(text: str) -> int | None:
    """A sum that a person left for the program to work out: 5·5·6·16 + 16."""
    plain = re.sub(r"[×·x]", "*", text.replace("−", "-").replace("^", " ")).replace("\u00a0", " ")
    if not re.fullmatch(r"[\d\s+\-*()]+", plain) or "**" in plain:
        return None
    try:
        return _worked_out(ast.parse(plain.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _worked_out(tree: ast.expr) -> int:
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int):
        return tree.value
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub | ast.Mult):
        left, right = _worked_out(tree.left), _worked_out(tree.right)
        if isinstance(tree.op, ast.Mult):
            return left * right
        return left + right if isinstance(tree.op, ast.Add) else left - right
    raise ValueError("no sum")


def _wanted(question: Question) -> str:
    return "a number" if len(question.answer) == 1 else f"{len(question.answer)} numbers"


def _counted(count: int) -> str:
    return "One number is" if count == 1 else f"{count} numbers are"


def _shown(reading: tuple[int | Fraction, ...]) -> str:
    if len(reading) == 1:
        return f"{reading[0]:,}" if isinstance(reading[0], int) else str(reading[0])
    if len(reading) == 2 and reading[0] == reading[1]:
        return f"{reading[0]} × {reading[1]}"
    return " × ".join(map(str, reading))


# marking


def _is_right(question: Question, reading: tuple[int | Fraction, ...]) -> bool:
    if reading == question.answer:
        return True
    if question.kind != "MACs" or not isinstance(reading[0], int) or reading[0] < 1_000:
        return False
    return _rounded(int(question.answer[0])) == reading[0]  # near enough for a cost


def _rounded(count: int) -> int:
    """A count to three digits."""
    power = int(10 ** max(0, len(str(count)) - 3))
    return (count + power // 2) // power * power


def _misled(question: Question, given: tuple[int | Fraction, ...]) -> Iterator[str]:
    """What may have gone wrong, where the numbers show it; only what is true of the numbers is said."""
    if question.kind == "shape":
        yield from _misled_shape(question, given)
    elif question.kind == "parameters":
        yield from _misled_count(question, int(given[0]))
    elif question.kind == "MACs":
        if given[0] == 2 * question.answer[0]:
            yield "A multiplication and the addition after it count as one."
        elif (facts := _facts(question.node.block, question.into)) and given[0] == facts.parameters:
            yield "Those are the parameters; each is used again at every place of the map."
    elif question.kind == "receptive field":
        window = question.node.block.window(*question.into)
        if window is not None and given == window.extent:
            yield "That is the window of this block alone, but what it looks at has seen more of the image already."
        elif given == tuple(reversed(question.answer)):
            yield "Height comes before width."
    elif question.kind == "stride":
        window = question.node.block.window(*question.into)
        if window is not None and given == window.stride:
            yield "That is the stride of this block alone; the strides before it multiply."


def _misled_shape(question: Question, given: tuple[int | Fraction, ...]) -> Iterator[str]:
    right = question.answer
    if sorted(given) == sorted(right):
        yield "The numbers are right, but the order is channels × height × width."
        return
    for sentence, block in _variants(question.node.block):
        facts = _facts(block, question.into)
        if facts is not None and tuple(facts.shape) == given:
            yield sentence
    if len(right) != 3:
        return
    if given[0] == right[0]:
        near = all(abs(a - b) == 1 for a, b in zip(given[1:], right[1:], strict=True))
        yield "The channels are right; height and width are off by one." if near else "The channels are right."
    elif given[1:] == right[1:]:
        into = question.into[0].channels
        yield "Height and width are right; the channels are not" + (
            ": each filter gives one channel, whatever comes in." if given[0] == into else "."
        )


def _misled_count(question: Question, given: int) -> Iterator[str]:
    weights = question.node.block.weights(*question.into)
    if (bias := weights.get("bias")) is not None:
        if given == question.answer[0] - bias.numel:
            yield f"That leaves out the {bias.numel:,} biases."
            return
        if given == question.answer[0] - bias.numel + 1:
            yield "There is a bias for every output channel, not one for all."
            return
    elif given - question.answer[0] == getattr(question.node.block, "out_channels", 0) > 0:
        yield "That counts a bias, but this block has none."
        return
    facts = _facts(question.node.block, question.into)
    if facts is not None and given == facts.macs:
        yield "Those are the multiply-accumulates; the same weights are used at every place of the map."
    elif (weight := weights.get("weight")) is not None and len(weight) == 4 and question.into[0].channels > 1:
        one = weight.numel // weight[1]
        if given in (one, one + weight[0]):
            yield "Each filter has weights for every channel that comes in."


def _variants(block: Block) -> Iterator[tuple[str, Block]]:
    """The block with one thing forgotten, and the sentence that says which."""
    values = block.values
    if values.get("padding") not in (None, 0, "valid"):
        yield "That would be right without the padding.", _with(block, padding=0)
    if "stride" in values and pair(values["stride"] or 1) != (1, 1):
        yield "That would be right with stride 1.", _with(block, stride=1)
    if "dilation" in values and pair(values["dilation"]) != (1, 1):
        yield "That would be right without the dilation.", _with(block, dilation=1)
    if "ceil_mode" in values:
        is_up = bool(values["ceil_mode"])
        word = "rounded down, but ceil_mode rounds up" if is_up else "rounded up, but sizes are rounded down"
        yield f"That is {word}.", _with(block, ceil_mode=not is_up)


def _with(block: Block, **values: object) -> Block:
    try:
        return type(block)(**{**block.values, **values})
    except ParameterError:
        return block


def _facts(block: Block, into: tuple[Shape, ...]) -> Facts | None:
    found = node_facts(block, into)
    return found if isinstance(found, Facts) else None
