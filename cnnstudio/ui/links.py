"""Links: an address that stands in somebody's text is shown before anything is opened."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from cnnstudio.ui.widgets.message_bar import Messages

LONGEST = 200  # letters of an address that are shown


def offer_link(messages: Messages, address: str) -> None:
    """Say where this address of the web leads, with a button to open it in the browser."""
    shown = address if len(address) <= LONGEST else f"{address[:LONGEST]}…"
    messages.say(f"The link leads to {shown}", "info", ("Open in the browser", lambda: _open(address)))


def _open(address: str) -> None:
    QDesktopServices.openUrl(QUrl(address))
