"""Conditions: what is asked of a document, whoever acts on it."""

from __future__ import annotations

from cnnstudio.ui.actions.action import Condition
from cnnstudio.ui.document import Document

HAS_NETWORK = Condition[Document](lambda document: len(document.graph) > 0, "There is no network yet.")
HAS_SELECTION = Condition[Document](lambda document: bool(document.selection), "Select a block first.")
CHANGEABLE = Condition[Document](lambda document: not document.is_read_only, lambda document: document.refusal)
