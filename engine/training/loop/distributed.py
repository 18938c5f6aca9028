"""Several processes that train one network together, started by ``torchrun``."""

import os
from collections.abc import Iterable

import torch
import torch.distributed as distributed
from torch import Tensor, nn

from engine.datasets.splits import Indices


class ProcessGroup:
    """This process and the others; alone unless ``torchrun`` says otherwise.

    Each takes every n-th window of a batch; gradients are averaged over all of them after each
    step, so that all hold the same weights.

    Attributes:
        rank: number of this process, 0 for the one that writes.
        size: how many there are.
    """

    def __init__(self, device: torch.device) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self._device = device
        if device.type == "cuda" and device.index is not None:
            torch.cuda.set_device(device)  # what NCCL and new streams go by
        if self.size > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")

    @property
    def first_here(self) -> bool:
        """Whether it is the first on its machine, which counts what the machine has once."""
        return int(os.environ.get("LOCAL_RANK", "0")) == 0

    @property
    def leads(self) -> bool:
        """Whether this process writes the run."""
        return self.rank == 0

    def batches(self, order: Tensor, size: int, *, drop_last: bool = False) -> list[Tensor]:
        """Batches of an epoch; what is left at the end joins the batch before if it is too small.

        Batch normalisation needs two windows in each process, and no process may have none.

        Args:
            order: the windows.
            size: of a batch.
            drop_last: leave what is left at the end out, unless it is all there is.
        """
        batches = list(torch.split(order, size))
        if drop_last and len(batches) > 1 and len(batches[-1]) < size:
            return batches[:-1]
        if len(batches) > 1 and len(batches[-1]) < 2 * self.size:
            batches[-2:] = [torch.cat(batches[-2:])]
        return batches

    def share(self, indices: Tensor) -> Tensor:
        """This process' part of a batch."""
        return indices[self.rank :: self.size]

    def share_of(self, indices: Indices) -> Indices:
        """This process' part of the windows that are judged."""
        return indices[self.rank :: self.size]

    def average_gradients(self, parameters: Iterable[nn.Parameter], weight: float) -> None:
        """Make the gradients those of the whole batch.

        Args:
            parameters: whose gradients to average.
            weight: this process' share of the batch.
        """
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients]) * weight
        distributed.all_reduce(flat)
        place = 0
        for gradient in gradients:
            gradient.copy_(flat[place : place + gradient.numel()].view_as(gradient))
            place += gradient.numel()

    def sum(self, value: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.size > 1:
            value = value.to(self._device, copy=True)
            distributed.all_reduce(value)
        return value

    def sum_known(self, value: float | None) -> float | None:
        """The sum over the processes that know theirs; None: none does."""
        if self.size == 1:
            return value
        mine = [0.0, 0.0] if value is None else [value, 1.0]
        total, known = self.sum(torch.tensor(mine, dtype=torch.float64)).tolist()
        return total if known else None

    def average_statistics(self, network: nn.Module) -> None:
        """Make running means and deviations those of all processes."""
        if self.size > 1:
            for buffer in network.buffers():
                if buffer.is_floating_point():
                    distributed.all_reduce(buffer)
                    buffer /= self.size

    def wait(self) -> None:
        """Until all have come here."""
        if self.size > 1:
            distributed.barrier()

    def part(self) -> None:
        """Leave the group."""
        if self.size > 1 and distributed.is_initialized():
            distributed.destroy_process_group()
