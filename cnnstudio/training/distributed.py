"""Distributed: several processes that train one network together, each on its share of every batch.

Torch's ``DistributedDataParallel`` takes the mean of their gradients
(https://docs.pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html), over gloo on CPUs and
over NCCL on CUDA; sentences go over gloo. A process alone is a ``Group`` of one that waits for nobody.
"""

from __future__ import annotations

import gc
import hashlib
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from cnnstudio.training.data.loading import Data
from cnnstudio.training.device import Device, TrainingError, evaluated, first_line
from cnnstudio.training.drawing import drawing
from cnnstudio.training.launch import Rank

JOINING = timedelta(minutes=5)  # until all have come
SILENCE = timedelta(minutes=5)  # of another process in the middle of a step
PREPARING = timedelta(hours=12)  # while another one reads or downloads its images
LETTERS = 2_000  # bytes of what one process tells the others
_GONE = ("Connection closed", "Connection reset", "Broken pipe", "Timed out", "Connection refused", "NCCL", "gloo")
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
T = TypeVar("T")


class OthersError(TrainingError):
    """What ended this process lies in another one; the message is a sentence, which the first process says for all."""


class Group:
    """The processes of a run as the loop sees them, from within one of them.

    ``asked`` says whether this one is to stop. They stop together: whenever numbers are summed, votes are as well.
    """

    def __init__(self, rank: Rank, asked: Callable[[], bool] = lambda: False) -> None:
        self.rank = rank
        self._asked = asked
        self._votes = False
        self._patient: distributed.ProcessGroup | None = None
        self._gradients: distributed.ProcessGroup | None = None
        self._wrapped: tuple[tuple[int, ...], nn.Module] | None = None

    @property
    def is_alone(self) -> bool:
        """Whether there is no other process."""
        return self.rank.size == 1

    @property
    def is_stopping(self) -> bool:
        """Whether one of them was asked to stop by the time of the last sum; the same in all of them."""
        return self._asked() if self.is_alone else self._votes

    def together(self, work: Callable[[], T], in_turn: bool = False) -> T:
        """What ``work`` gives here. Where it fails in one process, it raises in all of them.

        ``in_turn`` lets the first process of each computer go before the others, so that it alone downloads.
        """
        if self.is_alone:
            return work()
        made: list[T] = []
        for turn in (True, False) if in_turn else (None,):
            own: Exception | None = None
            if turn is None or turn == (self.rank.local == 0):
                try:
                    made.append(work())
                except Exception as error:
                    own = error
            problems = self._told(first_line(own) if own is not None else "")
            if any(problems):
                if own is not None and self.rank.is_first:
                    raise own
                number = next(number for number, problem in enumerate(problems) if problem)
                title = Rank(number, self.rank.size).title
                raise OthersError(f"In {title}: {problems[number]}") from own
        return made[0]

    def settle(self, module: nn.Module, data: Data, device: Device) -> tuple[str, ...]:
        """Agree with the others on what is trained and where, before the first step; sentences about it.

        Raises ``OthersError`` where they do not agree: they would wait for each other for ever.
        """
        if self.is_alone:
            return ()
        is_cuda = device.torch.type == "cuda"
        if not is_cuda and device.torch.type != "cpu":
            raise OthersError("Several processes train on CPUs or on CUDA devices alone; choose one in the recipe.")
        if len(set(self._told(f"{device.torch.type} {_fingerprint(module, data)}"))) > 1:
            raise OthersError(
                "The processes do not train the same: network, images and device must be the same for all of them."
            )
        if is_cuda:
            card = torch.cuda.get_device_properties(device.torch)
            cards = self._told(f"{socket.gethostname()} {getattr(card, 'uuid', device.torch.index)}")
            if len(set(cards)) < len(cards):
                raise OthersError("Two processes share a CUDA device; start no more of them than there are devices.")
            self._gradients = distributed.new_group(backend="nccl", timeout=SILENCE)
        notes = (f"{self.rank.size} processes train together, each on its share of every batch.",)
        if not any(isinstance(part, _BATCH_NORMS) for part in module.modules()):
            return notes
        if is_cuda:
            nn.SyncBatchNorm.convert_sync_batchnorm(module, self._gradients)  # type: ignore[no-untyped-call]
            return (*notes, "BatchNorm takes its means over the whole batch (SyncBatchNorm).")
        return (
            *notes,
            "On the CPU each process takes BatchNorm's means over its own share of a batch, so that the losses are not "
            "quite those of one process. With GroupNorm they are.",
        )

    def wrapped(self, module: nn.Module, x: Tensor) -> nn.Module:
        """``module`` as a step calls it: gradients are the same in all processes after ``backward``.

        It is wrapped anew where other parameters learn than before. ``x`` are images that it takes.
        """
        if self.is_alone:
            return module
        learning = tuple(id(parameter) for parameter in module.parameters() if parameter.requires_grad)
        if self._wrapped is None or self._wrapped[0] != learning:
            self._wrapped = None
            gc.collect()  # its hooks are on the parameters as long as it lives
            made = DistributedDataParallel(
                module,
                device_ids=[x.device] if x.is_cuda else None,
                process_group=self._gradients,
                find_unused_parameters=_leaves_some_out(module, x),
            )
            self._wrapped = learning, made
        return self._wrapped[1]

    def summed(self, numbers: Tensor) -> Tensor:
        """The sums of these numbers (N,) over all processes."""
        if self.is_alone:
            return numbers
        vote = torch.tensor([float(self._asked())], device=numbers.device, dtype=torch.float64)
        found = torch.cat((numbers.double(), vote))
        distributed.all_reduce(found, group=self._gradients)
        self._votes = bool(found[-1] > 0)
        return found[:-1].to(numbers.dtype)

    def share(self, tensors: Iterable[Tensor]) -> None:
        """Give all processes the first one's numbers in these, such as the running means of BatchNorm."""
        if not self.is_alone:
            for tensor in tensors:
                distributed.broadcast(tensor, 0, group=self._gradients)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Inside, what torch raises when another process is gone becomes ``OthersError``."""
        try:
            yield
        except RuntimeError as error:
            is_gone = isinstance(error, distributed.DistError) or any(word in str(error) for word in _GONE)
            if self.is_alone or not is_gone:
                raise
            raise OthersError(
                "Another process of this training has ended or cannot be reached, so that all of it ends here. "
                "What was kept last is still there."
            ) from error

    def _told(self, sentence: str) -> list[str]:
        """What every process told the others, in the order of their ranks. It waits for those that still prepare."""
        text = sentence.encode(errors="replace")[:LETTERS].ljust(LETTERS, b"\0")
        mine = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        found = [torch.empty_like(mine) for _ in range(self.rank.size)]
        distributed.all_gather(found, mine, group=self._patient)
        return [bytes(each.tolist()).rstrip(b"\0").decode(errors="replace") for each in found]


ALONE = Group(Rank())


@contextmanager
def joined(rank: Rank, asked: Callable[[], bool], joining: timedelta = JOINING) -> Iterator[Group]:
    """The group of all processes of the run while it lasts, once all have come.

    Raises ``OthersError`` where they do not come, and where one of them goes in between.
    """
    group = Group(rank, asked)
    if rank.size == 1:
        yield group
        return
    if not distributed.is_available():
        raise TrainingError("This PyTorch was built without torch.distributed, so that it trains in one process alone.")
    if torch.cuda.is_available():  # srun may show each process a device of its own, and that alone
        torch.cuda.set_device(rank.local if rank.local < torch.cuda.device_count() else 0)
    try:
        store = distributed.TCPStore(  # type: ignore[attr-defined]
            rank.host,
            rank.port,
            None if rank.is_hosted else rank.size,
            is_master=rank.is_first and not rank.is_hosted,
            timeout=joining,
            use_libuv=sys.platform != "win32",  # which the wheels for Windows are built without
        )
        distributed.init_process_group("gloo", store=store, rank=rank.number, world_size=rank.size, timeout=SILENCE)
        group._patient = distributed.new_group(backend="gloo", timeout=PREPARING)
    except (RuntimeError, ValueError) as error:
        place = f"at {rank.host}, port {rank.port}"
        raise OthersError(
            f"The {rank.size} processes of this run did not all come together {place}: {first_line(error)}"
        ) from error
    with group.heard():
        yield group
    distributed.destroy_process_group()


def _fingerprint(module: nn.Module, data: Data) -> str:
    """Something that is the same for the same network and the same images, and hardly for others."""
    digest = hashlib.sha256(repr([(name, tuple(t.shape)) for name, t in module.state_dict().items()]).encode())
    digest.update(repr((data.classes, data.mean, data.std)).encode())
    for labels in (data.train_labels, data.validation_labels):
        digest.update(labels.numpy().tobytes())
    return digest.hexdigest()


def _leaves_some_out(module: nn.Module, x: Tensor) -> bool:
    """Whether some of what learns has no part in what comes out, which DistributedDataParallel must be told."""
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    with evaluated(module), drawing(0):
        gradients = torch.autograd.grad(module(x).sum(), learning, allow_unused=True)
    return any(gradient is None for gradient in gradients)
