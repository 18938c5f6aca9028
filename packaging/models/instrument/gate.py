"""The gate of instruments, found when all else is taught: logistic regression on what is heard.

Each trunk has its own, and what both say is added: the mobile trunk's alone lets more singers pass,
but misses more instruments that it does not know.
"""

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from instrument.batches import NOTHING, Windows, importance
from instrument.student import LEAST_DEVIATION, Student

# Of the weights of standardised numbers, and the least deviation of those that are asked.
_MOBILE, _MUSIC = (1e-4, 0.0), (1e-3, LEAST_DEVIATION)
_STEPS = 100


def learn_gate(student: Student, windows: Windows, usable: NDArray[np.bool_]) -> None:
    """Set the student's gates by the usable windows, dry and worn, weighted as in batches.

    What each says has a standard deviation of one over these windows, so that their places can be
    compared with those of other students.
    """
    weight = torch.from_numpy(importance(windows, usable))
    chosen = torch.nonzero(weight)[:, 0].numpy()
    music = torch.from_numpy(windows.labels != NOTHING)[chosen].float().repeat(2)
    share = (weight[chosen] / weight[chosen].sum() / 2).float().repeat(2)
    heard = torch.cat([_heard(student, windows, chosen, version) for version in (0, 1)])
    _set(student.gate, heard, music, share, *_MOBILE)
    said = windows.music[chosen].swapaxes(0, 1).reshape(len(share), -1)
    _set(student.music_gate, torch.from_numpy(said).float(), music, share, *_MUSIC)


@torch.inference_mode()
def _heard(student: Student, windows: Windows, chosen: NDArray[np.int64], version: int) -> Tensor:
    features = torch.from_numpy(windows.features[chosen, version])
    parts = features.split(256)  # type: ignore[no-untyped-call]
    return torch.cat([student.trunk.hear(part.float()) for part in parts])


def _set(
    gate: nn.Linear, heard: Tensor, music: Tensor, share: Tensor, shrinkage: float, least: float
) -> None:
    mean, deviation = heard.mean(0), heard.std(0)
    lively = deviation > least
    scaled = (heard - mean)[:, lively] / deviation[lively]
    found = regression(scaled, music, share, shrinkage)
    with torch.no_grad():
        spread = found(scaled).std()
        gate.weight.zero_()[:, lively] = found.weight / deviation[lively] / spread
        gate.bias.copy_(found.bias / spread - gate.weight @ mean)


def regression(values: Tensor, truth: Tensor, share: Tensor, shrinkage: float) -> nn.Linear:
    """Of least cross-entropy, each row by its share."""
    found = nn.Linear(values.shape[1], 1)
    nn.init.zeros_(found.weight)
    nn.init.zeros_(found.bias)
    optimiser = torch.optim.LBFGS(
        found.parameters(), max_iter=_STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        each = functional.binary_cross_entropy_with_logits(
            found(values)[:, 0], truth, reduction="none"
        )
        total = (each * share).sum() + shrinkage * found.weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    return found
