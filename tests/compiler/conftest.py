"""What the compiler's tests share: golden text, rewritten with ``make golden``."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden(name, text)`` compares ``text`` with golden/name.py.txt."""

    def check(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / f"{name}.py.txt"
        if request.config.getoption("--rewrite-golden"):
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text

    return check
