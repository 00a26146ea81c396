from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from cnnstudio import owner
from cnnstudio.owner import Owner, is_gone

HERE = Owner.here()
SAY = "from cnnstudio.owner import Owner; import msgspec, sys; print(msgspec.json.encode(Owner.here()).decode()); "


def changed(one: Owner, **values: object) -> Owner:
    return msgspec.structs.replace(one, **values)


@pytest.fixture(scope="module")
def gone() -> Owner:
    """A process that has ended."""
    done = subprocess.run([sys.executable, "-c", SAY], capture_output=True, check=True)
    return msgspec.json.decode(done.stdout, type=Owner)


@pytest.fixture(scope="module")
def living() -> Iterator[Owner]:
    """Another process that lives as long as these tests."""
    with subprocess.Popen(
        [sys.executable, "-c", SAY + "sys.stdout.flush(); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        yield msgspec.json.decode(process.stdout.readline(), type=Owner)
        process.communicate()


def test_who_lives_and_who_is_gone_is_told_by_the_owner_and_by_its_mark(gone: Owner, living: Owner) -> None:
    assert HERE.is_alive and living.is_alive and not gone.is_alive
    assert not is_gone(HERE.mark) and not is_gone(living.mark) and is_gone(gone.mark)
    assert len(HERE.mark) <= 30


def test_a_process_that_was_given_the_number_of_another_is_not_that_one(living: Owner, gone: Owner) -> None:
    for again in (changed(gone, pid=living.pid), changed(living, started=1.0, birth="")):
        assert not again.is_alive
    assert is_gone(changed(gone, pid=living.pid).mark)


def test_a_clock_that_is_set_makes_nobody_dead(living: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    if not living.birth:
        pytest.skip("this system says no more than the time")
    monkeypatch.setattr(owner, "_started", lambda _: living.started + 3_600)
    assert living.is_alive and not is_gone(living.mark)


@pytest.mark.parametrize("host", ["another-computer", ""])
def test_of_another_computer_nobody_here_can_tell(gone: Owner, host: str) -> None:
    elsewhere = changed(gone, host=host)
    assert elsewhere.is_alive and elsewhere.is_elsewhere and not is_gone(elsewhere.mark.replace(HERE.mark[:8], "0" * 8))
    assert not gone.is_elsewhere and not HERE.is_elsewhere


@pytest.mark.parametrize(
    ("what", "other"), [("_namespace", "pid:[4711]"), ("_machine", "another")], ids=["a container", "a machine"]
)
def test_with_numbers_of_its_own_or_the_name_of_this_one_it_is_another_place(
    gone: Owner, monkeypatch: pytest.MonkeyPatch, what: str, other: str
) -> None:
    if not gone.birth:
        pytest.skip("only Linux has a word for them")
    mark = gone.mark
    monkeypatch.setattr(owner, what, lambda: other)
    assert gone.is_elsewhere and gone.is_alive and not is_gone(mark)


def test_before_the_last_boot_nobody_lives_now() -> None:
    if not HERE.birth:
        pytest.skip("this system says nothing of its boot")
    machine, boot, rest = HERE.birth.split(" ", 2)
    assert not changed(HERE, birth=f"{machine} {boot[::-1]} {rest}").is_alive


def test_without_the_word_of_linux_the_start_tells_them_apart(
    living: Owner, gone: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "_boot", lambda: "")
    monkeypatch.setattr(owner, "_namespace", lambda: "")
    alive, dead = (changed(each, birth="") for each in (living, gone))
    assert alive.is_alive and not dead.is_alive
    assert not is_gone(alive.mark) and is_gone(dead.mark) and is_gone(changed(alive, started=1.0).mark)


@pytest.mark.parametrize("word", ["", "x", "12345678-1-12345678-9", f"{HERE.mark[:8]}-٣-00000000", HERE.mark + "\n"])
def test_what_is_no_mark_belongs_to_nobody_who_is_gone(word: str) -> None:
    assert not is_gone(word)


def test_a_number_that_no_process_can_have_is_gone_and_no_error() -> None:
    assert not changed(HERE, pid=2**40).is_alive
    assert is_gone(f"{HERE.mark[:8]}-9999999999-00000000")
