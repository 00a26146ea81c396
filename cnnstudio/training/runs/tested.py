"""Tested: with which test pictures a run was tested and when, as its folder keeps it in tests.json. Knows no torch.

A test set says how good a network is as long as nothing was chosen by it. So each time that it is asked is written
down, and the next answer says how often it was asked before.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from cnnstudio.disk import DiskError, read, replacing
from cnnstudio.training.runs.folder import RunFolder
from cnnstudio.wording import counted

LARGEST = 2**20  # bytes of tests.json
MOST = 1_000  # times that are kept, the latest ones
Word = Annotated[str, msgspec.Meta(max_length=400)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """One time: ``when`` (aware of its zone), the folder's ``name``, how many pictures, and the share told right.

    ``epoch`` is that of the weights. ``fingerprint`` tells whether two times it were the same pictures.
    """

    when: Annotated[datetime, msgspec.Meta(tz=True)]
    name: Word
    fingerprint: Word
    pictures: Number
    epoch: Number
    accuracy: float


def read_tests(folder: RunFolder) -> tuple[Tested, ...]:
    """The times that the run was tested, in their order; none where nothing can be read."""
    with suppress(DiskError, msgspec.DecodeError, msgspec.ValidationError, OSError):
        return msgspec.json.decode(read(folder.tests, LARGEST), type=tuple[Tested, ...])
    return ()


def note_test(folder: RunFolder, test: Tested) -> None:
    """Write down that the run was tested. Raises ``DiskError``."""
    kept = (*read_tests(folder), test)[-MOST:]
    with replacing(folder.tests) as temporary:
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))


def now() -> datetime:
    """The moment, in universal time."""
    return datetime.now(UTC)


def told(before: tuple[Tested, ...], fingerprint: str) -> str:
    """How often these pictures were asked before, and what that means."""
    same = [each for each in before if each.fingerprint == fingerprint]
    if not same:
        return "These pictures are asked for the first time, so this is how good it is on what it has not seen."
    return (
        f"These pictures were asked {counted(len(same), 'time')} before, first on {same[0].when:%d %B %Y}: whoever has "
        "changed anything since by what they said must take other pictures to know how good the network is."
    )
