"""Digraph: what reads what as networkx has it, whose algorithms do what is off the path of an edit.

networkx takes more than a tenth of a second to import, so whoever asks it imports it there. What an edit asks for (an
order, what is upstream, layers) stays with ``Graph`` and ``layers``: inference lays a network out where a block is one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import networkx as nx

N = TypeVar("N", bound=Hashable)


def digraph(reads: Mapping[N, Iterable[N]]) -> nx.DiGraph:
    """The names in their order, with a wire to each from all that it reads."""
    import networkx as nx

    made = nx.DiGraph()
    made.add_nodes_from(reads)
    made.add_edges_from((source, name) for name, sources in reads.items() for source in sources)
    return made
