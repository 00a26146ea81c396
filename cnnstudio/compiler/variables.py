"""Variables: what a person would call the values in ``forward``.

``x`` flows through chains. Where a value is needed again later, the chain that leaves it runs in ``out``, as
torchvision writes residual blocks; values of branches that live longer take the name of their node, or what the names
of their nodes share.
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from cnnstudio.graph import Graph, NamingError, checked_name


def variables(graph: Graph) -> Mapping[str, str]:
    """Node -> the variable that holds its value in ``forward``. Two values that are alive together never share one."""
    names: dict[str, str] = {}
    busy_until: dict[str, int] = {}
    branches = Counter(node.inputs[0] for node in graph if len(node.inputs) == 1)  # source -> who reads it alone
    for chain, start, end in _lifetimes(graph):
        wanted = _wanted(graph, chain, branches)  # its last is the chain's own name, which nobody else may bear
        name = next(name for name in wanted if busy_until.get(name, -1) <= start)
        busy_until[name] = end
        names.update(dict.fromkeys(chain, name))
    return names


def _lifetimes(graph: Graph) -> Iterator[tuple[list[str], int, int]]:
    """The chains, with the place in the order where each begins and the place where its last value is last read."""
    place = {name: index for index, name in enumerate(graph.order)}
    chain_of: dict[str, list[str]] = {}
    chains: list[list[str]] = []
    for name in graph.order:
        sources = graph[name].inputs
        source = sources[0] if len(sources) == 1 else None
        if source is not None and len(graph.consumers[source]) == 1:
            chain_of[name] = chain_of[source]
            chain_of[name].append(name)
        else:
            chain_of[name] = [name]
            chains.append(chain_of[name])
    for chain in chains:
        first = graph[chain[0]]
        readers = [place[edge.target] for edge in graph.consumers[chain[-1]]]
        yield chain, -1 if first.is_input else place[chain[0]], max(readers, default=len(place))


def _wanted(graph: Graph, chain: list[str], branches: Mapping[str | None, int]) -> list[str]:
    first = graph[chain[0]]
    if first.is_input:
        return ["x"] if len(graph.inputs) == 1 else [chain[0]]
    own = [chain[-1]]
    if hasattr(builtins, chain[-1]) and f"{chain[-1]}_" not in graph:
        own = [f"{chain[-1]}_"]  # slice_, as PEP 8 has it
    if len(first.inputs) > 1:
        return ["x", "out", *own]
    shared = [name for name in _branch_name(chain) if _may_be(name, chain, graph)]
    if branches[first.inputs[0]] == 1:
        return ["out", *shared, *own]
    return [*shared, *own] if len(chain) == 1 or shared else ["out", *own]


def _branch_name(chain: list[str]) -> list[str]:
    """``shortcut`` for shortcut_conv and shortcut_norm; nothing where the names of the chain share no first word."""
    shared = shared_words(chain) if len(chain) > 1 else ""
    return [shared] if shared else []


def shared_words(names: Sequence[str]) -> str:
    """The words with which all of these names begin, or nothing."""
    first, *others = [name.split("_") for name in names]
    count = 0
    while all(words[: count + 1] == first[: count + 1] and count < len(words) for words in [first, *others]):
        count += 1
    return "_".join(first[:count])


def _may_be(name: str, chain: list[str], graph: Graph) -> bool:
    try:
        checked_name(name)
    except NamingError:
        return False
    return name in chain or name not in graph
