"""Project files that chance has changed, byte by byte and value by value, as text, as a file and from the clipboard."""

from __future__ import annotations

import json
import random
import time
import traceback
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from attacks.outcome import Outcome, watched
from cnnstudio.blocks import BatchNorm2d, Conv2d, Flatten, Input, Linear, Opaque, ReLU
from cnnstudio.blocks.group import Group
from cnnstudio.compiler.diagnostics import diagnose
from cnnstudio.compiler.inference import infer
from cnnstudio.compiler.source import SourceError, source
from cnnstudio.graph import Frame, Graph, Node, Note
from cnnstudio.project import Bookmark, Project, ProjectError, dumps, loads
from cnnstudio.project.recipe import Recipe
from cnnstudio.resources import resource

SLOW = 5.0  # seconds of the processor that one small file may take

_NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, -(2**63), 10**40, 0.5, -0.0, 1e308, -1e308, 5e-324,
    "", " ", "\x00", "a\nb", "..", "/etc/stranger", "stranger://x/y", "\\\\stranger\\share", "<img src='file:///stranger'>",
    "__import__('os').system('stranger')", "{stranger}", "%s%n", "\u202egnp.exe", "class", "None", "self", "nan", "inf",
    "x" * 10_000, [], {}, [[]], {"": {}}, [0] * 1_000, ["input1"] * 50, {"kind": "Conv2d"}, {"kind": "stranger"},
)  # fmt: skip


@cache
def originals() -> tuple[bytes, ...]:
    """Networks in which every part of the format stands at least once."""
    inner = Graph.of([Node("input1", Input()), Node("conv1", Conv2d(4, padding=1), ("input1",))])
    outer = Graph.of([Node("input1", Input()), Node("group1", Group("Inner", inner, 2), ("input1",))])
    whole = Graph.of(
        [
            Node("input1", Input((1, 8, 8))),
            Node("conv1", Conv2d(4), ("input1",), (200.0, 0.0)),
            Node("bn1", BatchNorm2d(), ("conv1",), (400.0, 0.0)),
            Node("relu1", ReLU(), ("bn1",), (600.0, 0.0)),
            Node("group1", Group("Outer", outer, 1, ("group1.repeat",)), ("relu1",), (700.0, 0.0), bypassed=True),
            Node("flip1", Opaque("torch.flip", "", "1 x 8 x 8"), ("group1",), (800.0, 100.0)),
            Node("flatten1", Flatten(), ("group1",), (800.0, 0.0)),
            Node("fc1", Linear(10), ("flatten1",), (1000.0, 0.0)),
        ],
        frames=(Frame("Features", 210, frozenset({"conv1", "bn1"})),),
        notes=(Note("A *note* ![](file:///stranger)", (0.0, 300.0)),),
    )
    recipe = Recipe(data="folder", folder="/etc/stranger", epochs=3)
    drawn = Project(whole, recipe, (Bookmark("Here"),))
    kept = [file.read_bytes() for file in sorted(resource("examples").glob("*.cnn"))]
    return (dumps(drawn).encode(), *sorted(kept, key=len)[:8])


def bytes_changed(text: bytes, chance: random.Random) -> bytes:
    """One to four changes of bytes: turned, cut out, doubled, put in, cut off."""
    data = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        size = chance.choice((1, 1, 2, 8, 64, 512))
        match chance.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = data[at : at + size]
            case 3:
                data[at:at] = chance.randbytes(size)
            case 4:
                data[at:at] = chance.choice((b"{", b"}", b"[", b"]", b'"', b",", b"\x00", b"\\u0000", b"9" * 400, b"-"))
            case _:
                del data[at:]
    return bytes(data)


def values_changed(text: bytes, chance: random.Random) -> bytes:
    """One to four changes of the tree: a value for another, a key for another, an entry gone, doubled or moved."""
    tree = json.loads(text)
    for _ in range(chance.randint(1, 4)):
        places = list(_places(tree))
        holder, key = chance.choice(places)
        match chance.randrange(6):
            case 0 | 1:
                holder[key] = deepcopy(chance.choice(_NASTY))
            case 2:
                other, its = chance.choice(places)
                holder[key] = json.loads(json.dumps(other[its]))
            case 3 if isinstance(holder, dict):
                holder[chance.choice(("kind", "name", "inputs", "parameters", "stranger", ""))] = holder.pop(key)
            case 4 if isinstance(holder, list):
                holder.insert(key, json.loads(json.dumps(holder[key])))
            case _:
                del holder[key]
        if not isinstance(tree, dict) or not tree:
            break
    return json.dumps(tree).encode()


def parameters_changed(text: bytes, chance: random.Random) -> bytes:
    """One or two numbers and words of blocks and recipe that may well be meant so, and wires that lead elsewhere."""
    tree = json.loads(text)
    nodes = tree["nodes"]
    for _ in range(chance.randint(1, 2)):
        node = chance.choice(nodes)
        values = node.get("parameters") or tree.get("recipe") or {}
        if chance.random() < 0.25 or not values:
            node["inputs"] = [chance.choice(nodes)["name"] for _ in range(chance.randint(0, 3))]
            continue
        key = chance.choice([*values])
        values[key] = chance.choice(
            (0, 1, 2, 3, 5, 7, 64, 1_000, 100_000, 2**24, -1, 0.5, [2, 3], [0, 1], "same", True)
        )
    return json.dumps(tree).encode()


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from _places(tree[key])


def mutants(count: int, chance: random.Random) -> Iterator[bytes]:
    """So many of them, changed by bytes, by values and by parameters in turn."""
    for number in range(count):
        text = chance.choice(originals())
        yield (bytes_changed, values_changed, parameters_changed)[number % 3](text, chance)


def put_through(text: bytes) -> str:
    """Read a project, infer, diagnose, write its source and itself; "refused", "drawn" or "built".

    Raises what the program must not raise, and ``AssertionError`` where what was written is not what was read.
    """
    try:
        project = loads(text)
    except ProjectError as error:
        _told(str(error))
        return "refused"
    analysis = infer(project.graph)
    for found in diagnose(analysis):
        _told(found.sentence)
    try:
        kept = dumps(project)
    except ProjectError as error:
        raise AssertionError(f"what was read cannot be written: {error}") from error
    assert loads(kept) == project, "what was written is not what was read"
    try:
        compile(source(project.graph).text, "mutant", "exec")
    except SourceError as error:
        _told(str(error))
        return "drawn"
    return "built"


def _told(sentence: str) -> None:
    assert sentence.strip(), "nothing was said"
    assert "\x00" not in sentence, "a NUL stands in a sentence"
    assert "Traceback" not in sentence and "0x7f" not in sentence, f"no sentence: {sentence[:200]}"
    assert len(sentence) < 4_000, f"a sentence of {len(sentence):,} letters"


def attempt(outcome: Outcome, what: str, text: bytes, try_it: Callable[[bytes], str]) -> None:
    """Put one text through, and note what came of it."""
    with watched() as seen:
        started = time.process_time()
        try:
            word = try_it(text)
        except Exception as error:  # whatever it is, it is a fault
            place = traceback.extract_tb(error.__traceback__)[-1]
            outcome.fault(f"{what}: {type(error).__name__} at {place.name}:{place.lineno}: {str(error)[:200]}")
            return
        seconds = time.process_time() - started
    if seen:
        outcome.fault(f"{what}: {seen[0]}")
    elif seconds > SLOW:
        outcome.fault(f"{what}: it took {seconds:.1f} s of the processor")
    else:
        outcome.answer(word)


def attack(count: int, chance: random.Random) -> Outcome:
    """Read, infer, diagnose and write so many of them."""
    outcome = Outcome()
    for number, text in enumerate(mutants(count, chance)):
        attempt(outcome, f"mutant {number}", text, put_through)
    return outcome
