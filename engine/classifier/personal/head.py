"""The head that is learned from corrections: a kernel logistic regression over the base's answers.

The base's logits are its prior, so that it learns only where they are wrong and by as much as is
needed; its kernel falls with the distance, so that it changes nothing far from what was corrected.
Sounds whose answers are to stay are learned from as well, with the base's own answers as targets.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from engine.networks.personal import nearness, on_sphere, with_unknown

SHARPNESS = 6.0
REACH = 1e-3  # nearness under which a sound that is to stay needs no point of its own
_STRENGTH = 10.0  # logits by which a shift is expected to differ from 0
_STEPS = 100


@dataclass(frozen=True)
class Taught:
    """Windows and what is to be said of them.

    Attributes:
        embeddings: of the base's network, float32, shape (windows, size).
        logits: of the base, calibrated, shape (windows, labels of the base).
        presence: logit of the base's gate, shape (windows,); 0 where it has none.
        targets: probabilities, shape (windows, all labels).
        present: the presence that is wanted, shape (windows,).
        weights: how much each window counts, shape (windows,).
    """

    embeddings: Tensor
    logits: Tensor
    presence: Tensor
    targets: Tensor
    present: Tensor
    weights: Tensor


@dataclass(frozen=True)
class Head:
    """What :class:`engine.networks.personal.Personal` adds to its base, as tensors.

    Attributes:
        centre: subtracted from embeddings, shape (size,).
        spread: they are multiplied by then, shape (size,).
        points: shape (points, size).
        shifts: of the logits and, last, of the presence, shape (points, labels + 1).
    """

    centre: Tensor
    spread: Tensor
    points: Tensor
    shifts: Tensor


def standard(embeddings: Tensor) -> tuple[Tensor, Tensor]:
    """Centre and inverse deviation of each number of embeddings, (windows, size)."""
    centre, deviation = embeddings.mean(0), embeddings.std(0, correction=0)
    typical = deviation[deviation > 0].median() if (deviation > 0).any() else deviation.new_ones(())
    # A number that hardly ever changes says nothing the one time that it does.
    return centre, 1.0 / deviation.clamp(min=0.1 * float(typical))


def fit(
    taught: Taught,
    centre: Tensor,
    spread: Tensor,
    *,
    several: bool,
    sharpness: float = SHARPNESS,
    strength: float = _STRENGTH,
) -> Head:
    """Learn the shifts; the same every time, in well under a second for some hundred windows.

    Args:
        taught: corrected windows and windows that are to stay.
        centre: see :class:`Head`.
        spread: see :class:`Head`.
        several: whether several labels may be right at once.
        sharpness: of the kernel.
        strength: prior deviation of a shift, in logits.
    """
    places = on_sphere(taught.embeddings.double(), centre.double(), spread.double())
    kernel = nearness(places, places, sharpness)
    kernel = strength**2 * (kernel + 1e-6 * torch.eye(len(kernel), dtype=kernel.dtype))
    root = torch.linalg.cholesky(kernel)
    classes = taught.targets.shape[1]
    # In the coordinates of the root the penalty is the plain sum of squares.
    wanted = torch.zeros(len(kernel), classes + 1, dtype=kernel.dtype, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [wanted], max_iter=_STEPS, tolerance_grad=1e-5, line_search_fn="strong_wolfe"
    )
    prior = with_unknown(taught.logits.double(), classes, several)

    def loss() -> Tensor:
        optimiser.zero_grad()
        wrong = _wrong(taught, prior, root @ wanted, several=several)
        total: Tensor = wrong + 0.5 * wanted.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    shifts = strength**2 * torch.linalg.solve_triangular(root.T, wanted.detach(), upper=True)
    return Head(centre.float(), spread.float(), places.float(), shifts.float())


def _wrong(taught: Taught, prior: Tensor, shifts: Tensor, *, several: bool) -> Tensor:
    """How far the shifted answers are from those that are wanted: cross-entropy, in nats."""
    logits, targets = prior + shifts[:, :-1], taught.targets.double()
    if several:
        each = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        wrong = each.sum(1)
    else:
        wrong = functional.cross_entropy(logits, targets, reduction="none")
    gate = functional.binary_cross_entropy_with_logits(
        taught.presence.double() + shifts[:, -1], taught.present.double(), reduction="none"
    )
    total: Tensor = (taught.weights.double() * (wrong + gate)).sum()
    return total
