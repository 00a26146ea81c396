"""State dict file: the tensors of a file from anywhere, read as numbers alone. Nothing in it is run.

What training scripts wrap round a state_dict, and put in front of its names, is found by the names that are looked for:
a compiled model's "_orig_mod.", DataParallel's "module.", "model.", "net.", and whatever key it is kept under.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cnnstudio.disk import DiskError, reason, require_file, shown
from cnnstudio.headroom import ran_out
from cnnstudio.training import weights
from cnnstudio.training.pretrained.computed_weights import computed
from cnnstudio.training.pretrained.strange_tensors import is_stand_in, plain, require_unpacked, why_strange
from cnnstudio.training.runs.folder import BEST, LAST
from cnnstudio.training.weights import WeightsError
from cnnstudio.wording import abridged, on_a_line

_DEEPEST = 8  # wrappers in wrappers
_WRAPPERS = re.compile(r"(?:^|(?<=\.))(?:_orig_mod|module)\.")


@dataclass(frozen=True)
class Fit:
    """The tensors of a file under the names that were looked for, and sentences about how they were found."""

    tensors: dict[str, Tensor]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds: each state_dict in it by the keys that lead to it, and what the file says of itself."""

    states: Mapping[str, dict[str, Tensor]]
    metadata: Mapping[str, str]

    def fitting(self, wanted: Mapping[str, int]) -> Fit:
        """The state_dict that has most of the ``wanted`` names with as many numbers, under these names.

        What nobody looked for keeps its own name, so that it can be said. Raises ``WeightsError`` where one of the
        names has something else than plain numbers: what is sparse, quantized, complex.
        """
        found = [
            (_score(named, wanted), key, named)
            for key, state in self.states.items()
            for named in _namings(computed(state), wanted)
        ]
        best = max(score for score, _, _ in found)
        # an average of the weights is taken only where there is nothing else; of two ways to name, the first
        equal = sorted((each for each in found if each[0] == best), key=lambda each: "ema" in each[1].lower())
        keys = list(dict.fromkeys(key for _, key, _ in equal))
        notes: tuple[str, ...] = ()
        if len(keys) > 1 and best > (0, 0):
            notes = (f"Several of the file's state_dicts fit; {keys[0][:80]} was taken, not {_listed(keys[1:])}.",)
        tensors = equal[0][2]
        if strange := next((name for name in wanted if name in tensors and is_stand_in(tensors[name])), ""):
            raise WeightsError(
                f"{on_a_line(strange, 80)} {why_strange(tensors[strange])}, and only plain tensors of real numbers are "
                "read."
            )
        return Fit({name: tensor for name, tensor in tensors.items() if not is_stand_in(tensor)}, notes)


def read(path: Path) -> Checkpoint:
    """What a file holds: safetensors, or what ``torch.save`` wrote. Raises ``WeightsError`` with a sentence."""
    try:
        if (path / BEST).is_file():
            raise WeightsError(f"{shown(path)} is the folder of a run: the weights are in {BEST} and {LAST} in it.")
        if path.suffix.lower() == ".safetensors":
            tensors, metadata = weights.read(path)
            return Checkpoint({"": {name: plain(tensor) for name, tensor in tensors.items()}}, metadata)
        found = _loaded(path)
        if not isinstance(found, Mapping):
            raise WeightsError(f"{shown(path)} holds no state_dict, names with a tensor each.")
        return Checkpoint(dict(_states(found)) or {"": {}}, {})
    except DiskError as error:
        raise WeightsError(str(error)) from error
    except OSError as error:
        raise WeightsError(f"{shown(path)} cannot be opened: {reason(error)}.") from error
    except MemoryError as error:
        raise WeightsError(f"{shown(path)} takes more memory than this computer has free.") from error


def _loaded(path: Path) -> Any:
    """What ``torch.save`` put into a file. Raises ``WeightsError``, ``DiskError`` or ``OSError``."""
    require_file(path)
    require_unpacked(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # a file that is none of torch's makes it raise errors of many kinds
        if ran_out(error):
            raise MemoryError from error
        raise WeightsError(
            f"{shown(path)} holds more than weights, or is damaged, so it was not opened: a file of that kind can run "
            "a stranger's program. Save the state_dict alone, best as .safetensors."
        ) from error


def _states(found: Mapping[Any, Any], key: str = "", depth: int = 0) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Every mapping of names to tensors in what was loaded, by the keys that lead to it."""
    tensors = {
        name: plain(value) for name, value in found.items() if isinstance(name, str) and isinstance(value, Tensor)
    }
    if tensors:
        yield key, tensors
    for name, value in found.items() if depth < _DEEPEST else ():
        if isinstance(value, Mapping):
            yield from _states(value, f"{key}.{name}".lstrip("."), depth + 1)


# names


def _namings(state: Mapping[str, Tensor], wanted: Mapping[str, int]) -> Iterator[dict[str, Tensor]]:
    """The tensors under the names in which they may have been meant, the likeliest first."""
    plain = {_modern(name): tensor for name, tensor in state.items()}
    bare = {_WRAPPERS.sub("", name): tensor for name, tensor in plain.items()}
    for named in (plain, bare) if len(bare) == len(plain) else (plain,):
        yield _without(named, wanted)


def _without(state: dict[str, Tensor], wanted: Mapping[str, int]) -> dict[str, Tensor]:
    """The tensors without what stands in front of most of the ``wanted`` names, in the file or in the network."""
    extra, lacking = _prefixes(state, wanted), _prefixes(wanted, state)
    prefix, count = _commonest(extra)
    missing, other = _commonest(lacking)
    direct = sum(name in wanted for name in state)
    if count > max(direct, other):
        # what stands elsewhere keeps its name, unless it is one that was found
        inside = {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
        return {name: tensor for name, tensor in state.items() if not name.startswith(prefix)} | inside
    if other > direct:
        return {f"{missing}{name}": tensor for name, tensor in state.items()}
    return state


def _prefixes(names: Mapping[str, object], ends: Mapping[str, object]) -> Counter[str]:
    """What stands in front of one of the ``ends`` in these names, and how often."""
    found: Counter[str] = Counter()
    for name in names:
        place = name.find(".") + 1
        while place:
            if name[place:] in ends:
                found[name[:place]] += 1
            place = name.find(".", place) + 1
    return found


def _commonest(found: Counter[str]) -> tuple[str, int]:
    """The shortest of the commonest, and how often it was found."""
    return min(found.items(), key=lambda each: (-each[1], len(each[0]), each[0])) if found else ("", 0)


def _score(state: Mapping[str, Tensor], wanted: Mapping[str, int]) -> tuple[int, int]:
    """How many of the ``wanted`` are there with as many numbers, and how many at all."""
    there = [name for name in wanted if name in state]
    return sum(state[name].numel() == wanted[name] for name in there), len(there)


def _modern(name: str) -> str:
    """The name in today's spelling: DenseNet's norm1 was norm.1."""
    return re.sub(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)", r"\1", name)


def side_by_side(state: Mapping[str, Tensor], wanted: Mapping[str, int]) -> str:
    """The names of a file and those that were looked for, where none of them fits."""
    return f"it has {_listed(list(state)) or 'no tensor'}, and the network has {_listed(list(wanted)) or 'none'}"


def _listed(names: list[str]) -> str:
    return abridged((name[:80] for name in names), 3)
