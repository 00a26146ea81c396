"""Families: what the blocks are listed and coloured by. A block names the key of its own, which is declared here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """How a family of blocks is called and told apart.

    ``key`` is what its blocks call it and a word to read, ``title`` what the palette writes over them. ``hue`` is in
    degrees, on the screen as on paper; None where it has no colour of its own. ``glyph`` is the name of a Phosphor
    icon, so that colour is never the only sign.
    """

    key: str
    title: str
    hue: int | None
    glyph: str

    @property
    def name(self) -> str:
        """The family in one word, as the heading of a menu and in a legend."""
        return self.key.capitalize()


OWN = Family("group", "Mine", None, "cube")  # what a person made
FAMILIES = {
    family.key: family
    for family in (
        Family("input", "Input", 210, "image"),
        Family("convolution", "Convolution", 222, "grid-four"),
        Family("pooling", "Pooling", 172, "arrows-in"),
        Family("activation", "Activation", 32, "chart-line-up"),
        Family("normalization", "Normalization", 268, "faders"),
        Family("regularization", "Regularization", 10, "dice-five"),
        Family("linear", "Flatten and linear", 338, "share-network"),
        Family("merge", "Joining branches", 145, "git-merge"),
        Family("residual", "Residual", 196, "arrow-bend-up-right"),
        Family("attention", "Attention", 300, "eye"),
        Family("efficient", "Efficient blocks", 120, "lightning"),
        Family("inception", "Inception", 286, "tree-structure"),
        Family("dense", "Dense", 60, "stack"),
        Family("resampling", "Resampling", 84, "frame-corners"),
        Family("arrangement", "Arrangement", 246, "shuffle"),
        Family("transformer", "Transformer", 322, "squares-four"),
        Family("pretrained", "Pretrained", 46, "graduation-cap"),
        Family("opaque", "Opaque", 0, "question"),
        OWN,
    )
}
"""Every family by its key, in the order in which the palette lists them."""
