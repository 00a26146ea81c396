"""Block entries: the blocks, declared and of one's own, as entries to search."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cnnstudio.blocks.families import OWN
from cnnstudio.graph import BLOCKS, Block
from cnnstudio.project.library import Kept
from cnnstudio.ui.widgets.search import Entry

FIRST = ("input", "convolution", "activation", "pooling", "normalization", "linear", "merge", "residual")


def block_entries(offered: frozenset[str], fits: Callable[[type[Block]], bool] = lambda block: True) -> list[Entry]:
    """The blocks, those aside that do not fit where one is asked for; where some are ``offered``, those alone."""
    families = [*FIRST, *dict.fromkeys(block.family for block in BLOCKS.values())]
    entries = []
    for name, block in sorted(BLOCKS.items(), key=lambda entry: families.index(entry[1].family)):
        if block.is_offered and (not offered or name in offered):
            aside = not fits(block)
            detail = "does not fit yet" if aside else block.family
            words = f"{name} {block.stem} {block.family} {block.keywords}"
            entries.append(Entry(block.title, detail, block.family, block, words, aside))
    return entries


def own_entries(groups: Iterable[Kept]) -> list[Entry]:
    """The blocks of a person's own; calling the value gives the block, as with the others."""
    mine = OWN.title.lower()
    return [
        Entry(kept.label, mine, OWN.key, lambda group=kept.group: group, "mine own group library") for kept in groups
    ]
