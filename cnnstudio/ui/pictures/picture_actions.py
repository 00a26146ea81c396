"""Actions on pictures: what is shown taken away as a picture or as a figure."""

from __future__ import annotations

from cnnstudio.ui.actions.action import Action, Condition
from cnnstudio.ui.actions.conditions import HAS_NETWORK, HAS_SELECTION
from cnnstudio.ui.pictures.pictures import Pictures

drawn: Condition[Pictures] = HAS_NETWORK.of(lambda p: p.scene.document)
selected: Condition[Pictures] = HAS_SELECTION.of(lambda p: p.scene.document)

PICTURES: tuple[Action[Pictures], ...] = (
    Action(
        "picture", "Picture of the canvas…", lambda p: p.ask(), "", "image", drawn,
        words=("screenshot", "png", "svg", "pdf"),
    ),
    Action(
        "picture-selection", "Picture of the selection…", lambda p: p.ask(True), "", "image", selected,
        words=("screenshot", "png", "svg", "pdf"),
    ),
    Action("figure", "Paper figure…", lambda p: p.open_figure(), "", "cube", drawn, words=("diagram", "publication")),
    Action(
        "picture-paper", "Pictures are light, for paper",
        lambda p: setattr(p, "on_paper", not p.on_paper), "", "sun-dim",
        checked=lambda p: p.on_paper,
    ),
    Action(
        "copy-picture", "Copy the selection or the canvas as a picture", lambda p: p.copy(), "Ctrl+Shift+C",
        "image", drawn, on_canvas=True, words=("screenshot",),
    ),
)  # fmt: skip
