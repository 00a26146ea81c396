"""Newer version: whether one is out, asked when a person presses, and never otherwise. Nothing is fetched but a number.

Whoever looks after the computer switches it off in policy.toml. Who is asked learns that somebody asked, and no more.
The answer's form: https://docs.pypi.org/api/json
"""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass

from cnnstudio import __version__
from cnnstudio.policy import policy, policy_file
from cnnstudio.ui.task import Jobs
from cnnstudio.ui.widgets.messages import Messages
from cnnstudio.wording import printable
from cnnstudio.worker import Report

ADDRESS = "https://pypi.org/pypi/cnnstudio/json"
HOST = "pypi.org"
ABOUT = "newer version"
_SECONDS = 10.0  # to wait for a server that says nothing
_LARGEST = 2**24  # bytes of an answer


@dataclass(frozen=True)
class Answer:
    """What there is to say, and as which kind of message."""

    sentence: str
    kind: str = "info"


def look_for_newer(jobs: Jobs, messages: Messages) -> None:
    """Ask on a thread, and say among the messages what came of it."""
    jobs.start(
        asked,
        f"Asking {HOST} for the newest version…",
        lambda answer: messages.say(answer.sentence, answer.kind, about=ABOUT),
        about=ABOUT,
    )


def asked(report: Report) -> Answer:
    """Whether a newer version is out; a sentence as well where that cannot be told."""
    laid_down = policy()
    if not laid_down.update_check:
        return Answer(
            f"The policy of this computer, {policy_file().name}, has switched this off. This is {__version__}."
        )
    if refusal := laid_down.refusal(ADDRESS):
        return Answer(f"Nobody was asked: {refusal}. This is {__version__}.", "warning")
    try:
        request = urllib.request.Request(ADDRESS, headers={"User-Agent": "cnnstudio", "Accept": "application/json"})
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            newest = str(json.loads(answer.read(_LARGEST))["info"]["version"])
    except urllib.error.HTTPError as error:
        why = "knows no version of CNN Studio" if error.code == http.HTTPStatus.NOT_FOUND else f"answered {error.code}"
        return Answer(f"{HOST} {why}. This is {__version__}.", "warning")
    except (OSError, http.client.HTTPException) as error:
        cause = getattr(error, "reason", error)
        why = printable(str(getattr(cause, "strerror", None) or cause))[:160].rstrip(".")
        return Answer(f"{HOST} could not be reached ({why}). This is {__version__}.", "warning")
    except (ValueError, LookupError, TypeError, RecursionError):
        return Answer(f"{HOST} gave no answer that can be read. This is {__version__}.", "warning")
    return _compared(newest)


def _compared(newest: str) -> Answer:
    theirs, ours = _numbers(newest), _numbers(__version__)
    if theirs is None or ours is None:
        return Answer(f"{HOST} gave no answer that can be read. This is {__version__}.", "warning")
    if theirs > ours:
        return Answer(f"CNN Studio {newest} is out; this is {__version__}. It is on https://{HOST}/project/cnnstudio.")
    return Answer(f"This is the newest version, {__version__}.", "success")


def _numbers(version: str) -> tuple[int, ...] | None:
    """``0.10.1`` as numbers, without zeros behind; None for what is no plain version."""
    if re.fullmatch(r"\d{1,6}(\.\d{1,6}){0,5}", version) is None:
        return None
    found = [int(each) for each in version.split(".")]
    while found and not found[-1]:
        found.pop()
    return tuple(found)
