"""Downloads: a file fetched once, with how far it is and a way out; what was fetched is kept and gone on with."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from cnnstudio.disk import size_of
from cnnstudio.policy import policy
from cnnstudio.training.data.errors import DataCancelledError, DataError
from cnnstudio.wording import duration, memory
from cnnstudio.worker import Report

PART = ".part"
"""What is behind the name of a file of which not all is there yet."""
_SECONDS = 20.0  # to wait for a server that says nothing
_CHUNK = 1 << 17
_SETTLED = 1.0  # seconds after which a speed can be told


class UnreachableError(DataError):
    """No address gave the file; the message says why in a few words."""


def download(
    addresses: Sequence[str],
    path: Path,
    is_right: Callable[[Path], bool],
    title: str,
    report: Report,
    *,
    size: int = 0,
) -> None:
    """Put what one of the addresses gives at ``path``, once ``is_right``; ``report`` may answer False to cancel.

    What came before it was cancelled or broke off stays beside it and is gone on with (RFC 9110, range requests).
    ``size`` are its bytes, for where a server does not tell. Raises ``UnreachableError``, ``DataError`` where another
    program fetches the same, ``DataCancelledError``, or ``OSError`` of the disk.
    """
    laid_down = policy()
    if refused := [laid_down.refusal(address) for address in addresses]:
        addresses = [address for address, each in zip(addresses, refused, strict=True) if not each]
        if not addresses:
            raise UnreachableError(refused[0])
    part, why = path.with_name(f"{path.name}{PART}"), ""
    with _alone(path, title):
        for address in addresses:
            for _ in range(2):  # once more from the beginning, where what was there before was something else
                begun = size_of(part)
                try:
                    _copy(address, part, _told(title, size, report))
                except urllib.error.HTTPError as error:
                    why = f"{error.code} {error.reason}"
                    if begun and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and is_right(part):
                        why = ""
                except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
                    cause = getattr(error, "reason", error)
                    why = str(getattr(cause, "strerror", None) or cause) or "the connection broke off"
                    break
                except DataCancelledError as error:
                    raise DataCancelledError(
                        f"Downloading {title} was cancelled; what has come is kept for the next time."
                    ) from error
                else:
                    why = "" if is_right(part) else "what came is not what was asked for"
                if not why:
                    part.replace(path)
                    return
                part.unlink(missing_ok=True)
                if not begun:
                    break
    raise UnreachableError(why)


@contextmanager
def _alone(path: Path, title: str) -> Iterator[None]:
    """Nobody else fetches this file within the block; raises ``DataError`` where somebody does already."""
    lock = FileLock(path.with_name(f"{path.name}.lock"), timeout=0)
    try:
        with lock:
            yield
    except Timeout as error:
        raise DataError(
            f"{title[0].upper()}{title[1:]} is being downloaded by another program. Try again then."
        ) from error
    finally:
        with suppress(OSError):
            Path(lock.lock_file).unlink()


def _told(title: str, size: int, report: Report) -> Callable[[int, int, int], bool]:
    """What tells ``report`` how much of how much has come, how fast, and how long it will take."""
    start = time.monotonic()

    def tell(done: int, begun: int, length: int) -> bool:
        whole, seconds = length or size, time.monotonic() - start
        far = memory(done) + (f" of {memory(whole)}" if whole >= done else "")
        share = done / whole if whole >= done > 0 else 0.0
        if seconds >= _SETTLED and done > begun:
            speed = (done - begun) / seconds
            far += f", {memory(round(speed))}/s"
            far += f", {duration((whole - done) / speed)} left" if whole > done else ""
        return report(f"Downloading {title}: {far}", share)

    return tell


def _copy(address: str, part: Path, tell: Callable[[int, int, int], bool]) -> None:
    """Fetch what is lacking in ``part``: bytes so far, those that were there, and all of them go to ``tell``."""
    begun = size_of(part)
    headers = {"User-Agent": "cnnstudio"} | ({"Range": f"bytes={begun}-"} if begun else {})
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            begun = 0
        length, done = int(answer.headers.get("Content-Length") or 0), begun
        length += begun if length else 0
        with part.open("ab" if begun else "wb") as file:
            while block := answer.read(_CHUNK):
                file.write(block)
                done += len(block)
                if not tell(done, begun, length):
                    raise DataCancelledError("cancelled")
        if length and done < length:
            raise ConnectionError("the connection broke off")
