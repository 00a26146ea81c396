"""The register of families: each is declared once, and each has blocks."""

from collections import Counter

import pytest

import cnnstudio.zoo  # noqa: F401 - which declares the block of the pretrained family
from cnnstudio.blocks import Group
from cnnstudio.blocks.families import FAMILIES, OWN, Family
from cnnstudio.graph import BLOCKS


@pytest.mark.parametrize("name", BLOCKS)
def test_the_family_of_every_block_is_declared(name: str) -> None:
    assert BLOCKS[name].family in FAMILIES


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_family_has_blocks(family: Family) -> None:
    assert any(block.family == family.key for block in BLOCKS.values())


def test_no_two_families_look_or_are_called_alike() -> None:
    families = FAMILIES.values()
    for told in (
        [f.title for f in families],
        [f.hue for f in families if f.hue is not None],
        [f.glyph for f in families],
    ):
        assert max(Counter(told).values()) == 1, told


def test_a_hue_is_in_degrees_and_what_a_person_made_has_none() -> None:
    assert all(family.hue in range(360) for family in FAMILIES.values() if family is not OWN)
    assert OWN.hue is None and Group.family == OWN.key


def test_the_palette_begins_where_a_network_does_and_ends_with_a_person_s_own() -> None:
    assert next(iter(FAMILIES)) == "input" and next(reversed(FAMILIES)) == OWN.key


def test_a_family_has_a_word_of_its_own_beside_the_title_over_its_blocks() -> None:
    assert (FAMILIES["merge"].name, FAMILIES["merge"].title) == ("Merge", "Joining branches")
