"""Pages: all that there is to read in the program, and how each is found: cards, networks, the glossary, contents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from cnnstudio.blocks.families import FAMILIES
from cnnstudio.graph import Block
from cnnstudio.lessons import glossary, network_page, theory_card
from cnnstudio.lessons.page_file import PageError, plain, template

CONTENTS, GLOSSARY = "contents", "glossary"


@dataclass(frozen=True)
class Page:
    """Something to read: its key, title, what it stands under in a list, the family of its colour, and other words.

    ``write`` makes its Markdown. Links begin with what they lead to: ``page:`` a key, ``put:`` a block for the canvas,
    ``open:`` a network, ``panel:`` a panel, ``tour:`` the tour, ``https:`` what lies outside the program.
    """

    key: str
    title: str
    under: str
    family: str
    words: str
    write: Callable[[], str]


@cache
def pages() -> dict[str, Page]:
    """Every page by its key, in the order of the contents."""
    made = [Page(CONTENTS, "Contents", "Help", "input", "help start overview manual index tour", _contents)]
    for key in network_page.listed_keys():
        fields = network_page.prose(key)
        names = network_page.of_page(key)
        words = " ".join([*names, *(template(name).title for name in names), "network architecture", fields["Year"]])
        made.append(
            Page(f"network/{key}", fields["Name"], fields["Year"], "input", words, partial(network_page.page, key))
        )
    for key, kind in theory_card.all_cards().items():
        words = f"{kind.__name__} {kind.family} {kind.keywords} block"
        family = FAMILIES[kind.family].title
        made.append(Page(key, kind.title, family, kind.family, words, partial(theory_card.card, kind)))
    every = " ".join(form for each in glossary.words() for form in (each.word, *each.forms))
    made.append(Page(GLOSSARY, "Glossary", "Help", "input", f"words meaning definition {every}", glossary.page))
    return {page.key: page for page in made}


def about(kind: type[Block]) -> str:
    """The key of the page about this kind of block."""
    return f"block/{kind.__name__}"


def _contents() -> str:
    every = pages().values()
    parts = ["# Help", "[Take the tour](tour:) · [Glossary](page:glossary)"]
    parts.append("Press F1 with a block selected to read about it, or search above.")
    parts += ["## Networks, from 1998 on"]
    parts += [" · ".join(_link(page, f" ({page.under})") for page in every if page.key.startswith("network/"))]
    parts += ["## Blocks"]
    for family in FAMILIES.values():
        of_it = [page for page in every if page.key.startswith("block/") and page.family == family.key]
        if of_it:
            parts.append(f"**{plain(family.title)}:** {' · '.join(map(_link, of_it))}")
    return "\n\n".join(parts)


def _link(page: Page, more: str = "") -> str:
    return f"[{plain(page.title)}](page:{page.key}){more}"


__all__ = ["CONTENTS", "GLOSSARY", "Page", "PageError", "about", "pages"]
