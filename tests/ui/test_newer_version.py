"""Looking for a newer version: by a press alone, on a thread, in sentences, and not where the policy says no."""

from __future__ import annotations

import io
import json
import sys
import urllib.error
from collections.abc import Callable, Iterator
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from cnnstudio import __version__
from cnnstudio.ui import newer_version
from cnnstudio.ui.main_window import MainWindow
from cnnstudio.worker import unheard


def said(version: object) -> Callable[..., Any]:
    return lambda *told, **named: io.BytesIO(json.dumps({"info": {"version": version}}).encode())


def refusing(error: Exception) -> Callable[..., Any]:
    def raised(*told: Any, **named: Any) -> Any:
        raise error

    return raised


@pytest.fixture
def connections() -> Iterator[list[str]]:
    """What tries to reach another computer meanwhile."""
    found: list[str] = []
    is_on = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if is_on and event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
            found.append(f"{event} {arguments}")

    sys.addaudithook(watch)
    yield found
    is_on = False


def test_nobody_is_asked_before_a_person_presses(
    qtbot: QtBot, window: MainWindow, connections: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(request: Any, timeout: float) -> Any:
        asked.append(request.full_url)
        return said("99.1")()

    monkeypatch.setattr("urllib.request.urlopen", answer)
    window.start_page.show()
    qtbot.wait(50)  # whatever the window does by itself
    assert not asked and not connections
    window.commands.run("newer")
    wanted = f"CNN Studio 99.1 is out; this is {__version__}. It is on https://pypi.org/project/cnnstudio."
    qtbot.waitUntil(lambda: wanted in [bar.sentence for bar in window.messages.bars])
    assert asked == [newer_version.ADDRESS] and not connections


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (said(__version__), f"This is the newest version, {__version__}."),
        (said("0.0.9"), "This is the newest version"),
        (said("0.1"), "This is the newest version"),
        (said("0.10.0"), "CNN Studio 0.10.0 is out"),
        (said("1.0\u202e<b>"), "gave no answer that can be read"),
        (said(["1"]), "gave no answer that can be read"),
        (lambda *told, **named: io.BytesIO(b"<html>"), "gave no answer that can be read"),
        (lambda *told, **named: io.BytesIO(b"[" * 100_000), "gave no answer that can be read"),
        (refusing(urllib.error.URLError(OSError(101, "Network is unreachable"))),
         "pypi.org could not be reached (Network is unreachable)."),
        (refusing(TimeoutError("timed out")), "pypi.org could not be reached (timed out)."),
        (refusing(RemoteDisconnected("closed")), "pypi.org could not be reached (closed)."),
        (refusing(urllib.error.HTTPError("", 404, "", None, None)), "pypi.org knows no version of CNN Studio."),  # type: ignore[arg-type]
        (refusing(urllib.error.HTTPError("", 503, "", None, None)), "pypi.org answered 503."),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_comes_back_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[..., Any], sentence: str
) -> None:
    monkeypatch.setattr("urllib.request.urlopen", answer)
    assert sentence in newer_version.asked(unheard).sentence


@pytest.mark.parametrize(
    ("laid_down", "sentence"),
    [
        ("update_check = false", "policy.toml, has switched this off"),
        ("downloads = false", "allows nothing from pypi.org"),
        ('downloads = ["example.org"]', "allows nothing from pypi.org"),
        ("update_check = 3", "cannot be understood"),
    ],
)
def test_a_policy_switches_it_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, laid_down: str, sentence: str
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(laid_down)
    monkeypatch.setenv("CNNSTUDIO_POLICY", str(path))
    monkeypatch.setattr("urllib.request.urlopen", refusing(AssertionError("somebody was asked")))
    assert sentence in newer_version.asked(unheard).sentence
    path.write_text("update_check = true")
    monkeypatch.setattr("urllib.request.urlopen", said("99.0"))
    assert "99.0 is out" in newer_version.asked(unheard).sentence
