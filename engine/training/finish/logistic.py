"""Logistic regression of two classes."""

import torch
from torch import Tensor

_STEPS = 2000
_GRADIENT = 1e-5  # of the mean loss: below it a step changes nothing one could hear of


def fit_logistic(rows: Tensor, positive: Tensor, strength: float) -> tuple[Tensor, float]:
    """The weights under which the rows are most likely, both classes weighing the same.

    Minimises ``strength * sum(share * loss) + |weights|^2 / 2`` as scikit-learn's
    ``LogisticRegression(C=strength, class_weight="balanced")`` does, which the tests compare with,
    by L-BFGS (Liu & Nocedal, 1989). The problem is convex: there is one answer.

    Args:
        rows: float, shape (n, size), standardised.
        positive: bool, shape (n,); both classes must be there.
        strength: how much the rows count against small weights, above 0.

    Returns:
        Weights, float64, shape (size,), and the intercept.
    """
    x, y = rows.double(), positive.double()
    count, share = len(y), float(positive.double().mean())
    shares = torch.where(positive, 0.5 / share, 0.5 / (1 - share))
    weights = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    intercept = torch.zeros((), dtype=torch.float64, requires_grad=True)
    steps = torch.optim.LBFGS(
        [weights, intercept],
        max_iter=_STEPS,
        tolerance_grad=_GRADIENT,
        tolerance_change=0.0,
        line_search_fn="strong_wolfe",
    )

    def loss() -> float:
        steps.zero_grad()
        logits = x @ weights + intercept
        terms = torch.nn.functional.binary_cross_entropy_with_logits(logits, y, shares)
        # Divided by all that weighs, so that the tolerance means the same for any number of rows.
        total = terms + weights.square().sum() / (2 * strength * count)
        total.backward()  # type: ignore[no-untyped-call]
        return float(total.detach())

    steps.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach(), float(intercept.detach())
