"""Zips that anybody may have made."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from cnnstudio.lessons.archive import Archive, ArchiveError, Bounds, packed, trouble_of, unpacked

BOUNDS = Bounds(file=2**20, member=2**20, whole=2**21, members=10)


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return into.getvalue()


def refused(data: bytes, bounds: Bounds = BOUNDS) -> str:
    with pytest.raises(ArchiveError) as caught:
        unpacked(data, bounds)
    return str(caught.value)


def test_what_was_packed_comes_back_and_is_the_same_bytes_each_time() -> None:
    members = {"a.txt": b"one", "folder/b.png": b"\x89PNG two"}
    assert unpacked(packed(members), BOUNDS) == members
    assert packed(members) == packed(dict(members))


def test_names_are_read_where_a_program_does_not_say_that_they_are_utf_8() -> None:
    name = "Bob Ünal_12/work.handin"
    plain = zipfile.ZipInfo("Bob Xxnal_12/work.handin")  # of the same length, and not marked as UTF-8
    data = zipped((plain, b"x")).replace(b"Bob Xxnal", "Bob Ünal".encode())
    assert unpacked(data, BOUNDS) == {name: b"x"}
    old = zipped((plain, b"x")).replace(b"Bob Xxnal", "Bob é nal".encode("cp437"))
    assert [*unpacked(old, BOUNDS)] == ["Bob é nal_12/work.handin"]


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up", "a/../../up", "C:evil", "a\\b", "a//b", "./a", "x" * 300, "a\nb"]
)
def test_a_path_that_leads_elsewhere_is_not_read(name: str) -> None:
    assert trouble_of(name)
    if "\\" not in name:  # which zipfile itself writes otherwise on some systems
        assert "was not read" in refused(zipped((name, b"x")))


def test_a_link_is_not_read() -> None:
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    assert "link" in refused(zipped((info, b"/etc/passwd")))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    data = zipped(("zeros", b"\0" * 2**21))
    assert len(data) < 10_000
    assert "unpacks to" in refused(data, Bounds(2**20, 2**22, 2**23, 10))  # by its ratio
    assert "are allowed" in refused(data)  # by its size
    many = zipped(*((f"{n}", bytes(2**19)) for n in range(6)), method=zipfile.ZIP_STORED)
    assert "unpacks to" in refused(many, Bounds(2**23, 2**20, 2**21, 10))


def test_more_files_than_are_allowed_are_counted_before_the_directory_is_read() -> None:
    assert "20 files" in refused(zipped(*((f"{n}", b"") for n in range(20))))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 2**31, 0, 0)  # a directory of two gigabytes
    assert "are allowed" in refused(end)


def test_the_64_bit_form_is_refused() -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert "64-bit" in refused(end)
    assert "64-bit" in refused(b"PK\x06\x07" + bytes(16) + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 60, 0, 0))


def test_names_that_stand_twice_and_members_that_overlap_are_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zipped(("a", b"1"), ("a", b"2"))
    assert "twice" in refused(twice)
    data = bytearray(zipped(("a", b"first"), ("b", b"secon"), method=zipfile.ZIP_STORED))
    second = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, second + 42, 0)  # b begins where a does
    assert "where another file lies" in refused(bytes(data))


def test_what_is_longer_than_it_says_is_damaged() -> None:
    data = bytearray(zipped(("a", b"x" * 1_000)))
    directory = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, directory + 24, 10)
    assert "damaged" in refused(bytes(data)) or "not as long" in refused(bytes(data))


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", zlib.compress(b"x"), b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_a_sentence(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        Archive(io.BytesIO(data), BOUNDS)


def test_every_truncation_and_every_flipped_byte_is_a_sentence_or_reads() -> None:
    whole = packed({"a.txt": b"hello world" * 20, "b.txt": b"more"})
    for at in range(0, len(whole), 3):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
            try:
                unpacked(damaged, BOUNDS)
            except ArchiveError as error:
                assert str(error)
