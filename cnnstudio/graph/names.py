"""Names: the one gate through which the name of a node passes, and which name may have been meant.

A name becomes an attribute of an ``nn.Module`` and a variable in ``forward``, so it must be neither Python's nor
torch's. ASCII alone, because Python folds other letters together (PEP 3131).
"""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Container, Mapping
from functools import lru_cache

LONGEST = 60

# what generated source itself calls things
_SOURCE = {"self", "super", "torch", "nn", "F", "x", "out", "range", "forward"}

# what an nn.Module already has; a submodule of that name would replace it (tests compare this with torch)
_MODULE = set(
    """
    T_destination
    add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr
    float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia
    named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
    share_memory state_dict to to_empty train training type xpu zero_grad
    """.split()
)


class NamingError(ValueError):
    """A name that no node may bear; the message is a sentence."""


def checked_name(name: str) -> str:
    """``name`` itself. Raises ``NamingError`` with a sentence that says what is wrong with it."""
    if not isinstance(name, str) or (refusal := _refusal(name)):
        raise NamingError(refusal if isinstance(name, str) else _no_name(str(name)))
    return name


@lru_cache(maxsize=4_096)  # composites call their thousands of nodes by few names
def _refusal(name: str) -> str | None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        return _no_name(name)
    if len(name) > LONGEST:
        return f"The name {name[:20]}… has {len(name)} letters; {LONGEST} are allowed."
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        return f"{name!r} is a word of the Python language; choose another name."
    if name in _SOURCE:
        return f"{name!r} has a meaning of its own in the generated source; choose another name."
    if name in _MODULE:
        return f"{name!r} is something that every PyTorch module already has; choose another name."
    return None


def _no_name(text: str) -> str:
    return f"{text[:LONGEST]!r} is no name: use letters, digits and underscores, and begin with a letter."


def fresh_name(stem: str, taken: Container[str]) -> str:
    """The first of stem1, stem2, ... that is not taken."""
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def meant(wrong: str, known: Mapping[str, object]) -> str:
    """A question after the name that may have been meant, or nothing."""
    close = difflib.get_close_matches(wrong[:60], known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def quoted(text: str) -> str:
    """A text that somebody gave, within a sentence."""
    return repr(text) if len(text) <= 60 else f"{text[:57]!r}…"
