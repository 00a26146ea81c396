"""Subject: the network that is looked into, with its weights and its images; knows torch only by what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnstudio.compiler.source import Source
from cnnstudio.project import Project
from cnnstudio.training.runs.session import Prepared

if TYPE_CHECKING:
    from torch import nn

    from cnnstudio.training.data.loading import Data


@dataclass(frozen=True, eq=False)
class OwnPicture:
    """A picture that a person brought: bytes (C, H, W) in the size of the network's input, and what it is called."""

    image: NDArray[np.uint8]
    name: str


@dataclass(frozen=True, eq=False)
class LookedAt:
    """The picture that is looked at: bytes (C, H, W), and its class; None where nobody knows, as of an own one."""

    image: NDArray[np.uint8]
    label: str | None
    name: str


@dataclass(frozen=True, eq=False)
class Subject:
    """A network as it is looked into: ``when`` says in a few words which weights these are, ``step`` after which step.

    ``prepared`` is what was built and loaded for it. While a run goes on, its module is the very one that is trained:
    it is looked at on the thread of the run, evaluated, and left as it was.
    """

    prepared: Prepared
    when: str
    step: int = 0
    is_trained: bool = False

    @property
    def project(self) -> Project:
        """The project that the network is of."""
        return self.prepared.project

    @property
    def source(self) -> Source:
        """The text that the module was built from."""
        return self.prepared.source

    @property
    def module(self) -> nn.Module:
        """The built network, on the device where it computes."""
        module: nn.Module = self.prepared.module
        return module

    @property
    def data(self) -> Data:
        """Its images, all or some of them."""
        return self.prepared.data

    def picture(self, choice: int | OwnPicture) -> LookedAt:
        """The validation image of this number, counted round in a circle, or an own picture where it fits the network.

        One that does not, since the network's input was changed meanwhile, gives way to the first validation image.
        """
        return looked_at(self.data, choice)


def looked_at(data: Data, choice: int | OwnPicture) -> LookedAt:
    """The validation image of this number, counted round in a circle, or an own picture where it fits these images.

    One that does not gives way to the first validation image.
    """
    if isinstance(choice, OwnPicture):
        if choice.image.shape == tuple(data.validation_images.shape[1:]):
            return LookedAt(choice.image, None, choice.name)
        choice = 0
    number = choice % len(data.validation_images)
    image: NDArray[np.uint8] = data.validation_images[number].numpy()
    return LookedAt(image, data.classes[int(data.validation_labels[number])], f"Validation image {number + 1:,}")
